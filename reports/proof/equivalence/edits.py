"""One mistake at a time: every way in which people get a single equation wrong, tried on a definition's own trees.

An edit has other right-hand sides for some definitions; where it has an unknown number, ``UNKNOWN`` stands for that in them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import combinations

from spikebridge.bridge.expressions.expression import (
    Binary,
    Call,
    Choice,
    Compare,
    Expression,
    Name,
    Negative,
    Node,
    Quantity,
    children,
    names,
    rebuild,
    substitute,
    walk,
)
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.expressions.units import VOLTAGE_DIMENSION, Unit
from spikebridge.reports.proof.equivalence.sampling import CELSIUS, KELVIN
from spikebridge.reports.proof.equivalence.sides import Side

UNKNOWN = "unknown_number"


class Relation(StrEnum):
    """What one equation is to another; words of reports and JSON."""

    SAME = "same"
    SIGN = "opposite sign"
    SWAPPED = "swapped"
    INSTANTANEOUS = "instantaneous for dynamic"
    TEMPERATURE = "a temperature factor"
    WITHOUT = "a part is missing"
    OTHER_SYMBOL = "another symbol"
    EXPONENT = "another exponent"
    SHIFTED = "shifted along v"
    SLOPE = "another slope along v"
    LEVEL = "another level"
    CONSTANT = "another constant"
    FACTOR = "times a constant"
    UNITS = "other units"
    NONE = "no simple relation"


@dataclass(frozen=True)
class Edit:
    """One change of one side.

    Attributes
    ----------
    relation : what kind of mistake it is
    where : the definition or state whose line it is in
    changed : right-hand sides by name, in place of the side's own
    what : the part that is changed, as text
    instead : the symbol that takes its place
    start : the unknown number as it is on this side, coherent; None where there is nothing to be found
    unit : of that number, as written
    part : the expression that is changed or taken away, where that says what kind of mistake it is
    sign : 1 where a larger number shifts as a larger v would, -1 where as a smaller one
    """

    relation: Relation
    where: str
    changed: dict[str, Expression]
    what: str = ""
    start: float | None = None
    unit: Unit = field(default_factory=Unit)
    instead: str = ""
    part: Expression | None = None
    sign: int = 0


def edits(side: Side, target: str) -> Iterator[Edit]:
    """All single changes of the lines that a right-hand side rests on, the likelier first."""
    lines = {n: side.expression(n) for n in reversed(side.uses(target))}
    for family in (_swaps, _signs, _other_symbols, _missing, _shifts, _literals, _parameters, _temperatures, _factors):
        yield from family(side, lines, target)


# without a number -----------------------------------------------------------------------------------


def _swaps(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    """Two definitions in each other's place: opening and closing rates, one gate's steady state and another's."""
    mine = [n for n in lines if n != target]
    for i, one in enumerate(mine):
        for other in [n for n in side.definitions if n not in mine[: i + 1] and _alike(side, n, one)]:
            if one in side.uses(other) or other in side.uses(one):
                continue
            changed = {one: side.expression(other), other: side.expression(one)}
            yield Edit(Relation.SWAPPED, one, changed, one, instead=other)
    for name, tree in lines.items():
        yield from _swaps_within(side, name, tree)


def _swaps_within(side: Side, name: str, tree: Expression) -> Iterator[Edit]:
    """Two symbols in each other's place in one line, or in one term of it."""
    for node in walk(tree):
        if not isinstance(node, Binary) or (node is not tree and not _sum(node)):
            continue
        for one, other in combinations(names(node), 2):
            if _alike(side, one, other) and any(
                one in role and other in role for role in (side.states, side.definitions, side.parameters)
            ):
                turned = substitute(node, {one: Name(other), other: Name(one)})
                yield Edit(Relation.SWAPPED, name, {name: _at(tree, node, turned)}, one, instead=other, part=tree)


def _signs(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    for name, tree in lines.items():
        yield Edit(Relation.SIGN, name, {name: Negative(tree)}, name)
        for node in walk(tree):
            match node:
                case Binary("+" | "-" as sign, left, right):
                    turned = Binary("-" if sign == "+" else "+", left, right)
                    yield Edit(Relation.SIGN, name, {name: _at(tree, node, turned)}, "a term")
                case Negative(operand):
                    yield Edit(Relation.SIGN, name, {name: _at(tree, node, operand)}, "a term")


def _other_symbols(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    """A symbol where another one of its unit belongs: E_K for E_Na, h for m."""
    for name, tree in lines.items():
        for node in [n for n in walk(tree) if isinstance(n, Name)]:
            for other in (*side.inputs, *side.definitions):
                if other in (node.id, name) or not _alike(side, other, node.id) or _rests(side, node.id, other):
                    continue
                yield Edit(Relation.OTHER_SYMBOL, name, {name: _at(tree, node, Name(other))}, node.id, instead=other)


def _rests(side: Side, name: str, other: str) -> bool:
    """Whether a symbol is made of another: what is made of it is what differs then, not the symbol."""
    return name in side.definitions and other in names(side.expression(name))


def _missing(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    """A term, a factor, one arm of a choice that the other one does not have."""
    for name, tree in lines.items():
        for node in walk(tree):
            for rest, part in _parts(node):
                if isinstance(node, Choice):
                    yield Edit(Relation.WITHOUT, name, {name: _at(tree, node, rest)}, _words(node))
                elif not isinstance(part, Quantity) or (_sum(node) and not _voltage(part)):
                    yield Edit(Relation.WITHOUT, name, {name: _at(tree, node, rest)}, _words(part), part=part)
            if isinstance(node, Name) and not side.plain(node.id):  # who leaves it out leaves out the number that it is
                one = Quantity(1.0, side.unit(node.id))
                yield Edit(Relation.WITHOUT, name, {name: _at(tree, node, one)}, node.id, part=node)


def _sum(node: object) -> bool:
    return isinstance(node, Binary) and node.operator in "+-"


def _parts(node: object) -> Iterator[tuple[Expression, Expression]]:
    """What is left of a node without one of its parts, and that part."""
    match node:
        case Binary("+" | "-" as sign, left, right):
            yield left, right
            yield (Negative(right) if sign == "-" else right), left
        case Binary("*", left, right):
            yield left, right
            yield right, left
        case Binary("/", left, right):
            yield left, right
            yield Binary("/", Quantity(1.0), right), left
        case Binary("**", base, _):
            yield base, node.right
        case Choice(_, first, second):
            yield first, second
            yield second, first
        case Call(_, argument):
            yield argument, node


# with a number to be found --------------------------------------------------------------------------


def _shifts(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    """The potential moved: in all lines but the target's own, or in one of them."""
    v = side.potential
    if v is None:
        return
    moved: dict[str, Expression] = {v: Binary("+", Name(v), Name(UNKNOWN))}
    with_v = {n: substitute(tree, moved) for n, tree in lines.items() if v in names(tree)}
    gates = {n: tree for n, tree in with_v.items() if n != target}
    groups = [gates] if len(gates) > 1 else []
    for changed in (*groups, *({n: tree} for n, tree in with_v.items())):
        yield Edit(Relation.SHIFTED, " and ".join(changed), changed, "", 0.0, side.unit(v))


def _literals(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    """A number: each one by itself, and where the same stands several times in a line, all of them."""
    for name, tree in lines.items():
        found = [n for n in walk(tree) if isinstance(n, Quantity)]
        for node in found:
            yield _literal(side, name, tree, node, partial(operator.is_, node))
        for node in dict.fromkeys(n for n in found if found.count(n) > 1):
            yield _literal(side, name, tree, node, partial(operator.eq, node))


def _literal(side: Side, name: str, tree: Expression, node: Quantity, which: Callable[[object], bool]) -> Edit:
    changed = rebuild(tree, lambda n: Name(UNKNOWN) if which(n) else None)
    above = _above(tree, which)
    kind, sign = _kind(side, above, which)
    part = next((n for n in reversed(above) if isinstance(n, Call) or (isinstance(n, Binary) and n.operator == "**")), None)
    start = side.model.coherent.coherent(node.value, node.unit)
    return Edit(kind, name, {name: changed}, str(node), start, node.unit, part=part, sign=sign)


def _kind(side: Side, above: list[Node], which: Callable[[object], bool]) -> tuple[Relation, int]:
    """What a number does where it stands: an exponent, a level, a slope or a shift along v, or just a constant."""
    v = side.potential
    for node in above:
        match node:
            case Binary("**", _, right) if which(right):
                return Relation.EXPONENT, 0
            case Compare():
                return Relation.LEVEL, 0
            case Binary("/", left, right) if which(right) and v in names(left):
                return Relation.SLOPE if _voltage(right) else Relation.CONSTANT, 0
            case Binary("+" | "-" as sign, left, right) if _voltage(right if which(right) else left if which(left) else None):
                turns = _turn(right if which(left) else left, v)
                if turns:
                    return Relation.SHIFTED, turns * (-1 if sign == "-" else 1)
    return Relation.CONSTANT, 0


def _above(tree: Node, which: Callable[[object], bool]) -> list[Node]:
    """The nodes that the first such number stands in, the outermost first."""
    for child in children(tree):
        if which(child):
            return [tree]
        if found := _above(child, which):
            return [tree, *found]
    return []


def _turn(node: Expression, v: str | None) -> int:
    """1 where a sum goes up with v as it is, -1 where it goes down with it, else 0."""
    match node:
        case Name(name):
            return int(name == v)
        case Negative(operand):
            return -_turn(operand, v)
        case Binary("+", left, right):
            return _turn(left, v) + _turn(right, v)
        case Binary("-", left, right):
            return _turn(left, v) - _turn(right, v)
    return 0


def _voltage(node: object) -> bool:
    return isinstance(node, Quantity) and node.unit.dimension == VOLTAGE_DIMENSION


def _parameters(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    """A parameter's value, wherever the lines use it."""
    for parameter in side.parameters:
        users = {n: tree for n, tree in lines.items() if parameter in names(tree)}
        if users:
            changed = {n: substitute(tree, {parameter: Name(UNKNOWN)}) for n, tree in users.items()}
            yield Edit(Relation.CONSTANT, " and ".join(users), changed, parameter, side.default(parameter), side.unit(parameter))


def _temperatures(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    """A temperature that is read, where the other one has a number."""
    for name in side.reads:
        kelvin = side.unit(name).dimension == KELVIN
        users = {n: tree for n, tree in lines.items() if name in names(tree)}
        if users and (kelvin or name == CELSIUS):
            changed = {n: substitute(tree, {name: Name(UNKNOWN)}) for n, tree in users.items()}
            start = 298.15 if kelvin else 25.0
            yield Edit(Relation.TEMPERATURE, " and ".join(users), changed, name, start, side.unit(name))


def _factors(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    """A line, or one term of a line, times a number."""
    for name, tree in lines.items():
        yield Edit(Relation.FACTOR, name, {name: Binary("*", Name(UNKNOWN), tree)}, name, 1.0)
        for term in _terms(tree):
            yield Edit(Relation.FACTOR, name, {name: _at(tree, term, Binary("*", Name(UNKNOWN), term))}, _words(term), 1.0)


def _terms(tree: Expression) -> Iterator[Expression]:
    """What a line adds up."""
    for node in walk(tree):
        if isinstance(node, Binary) and _sum(node):
            yield from (n for n in (node.left, node.right) if not isinstance(n, Quantity))


# trees ----------------------------------------------------------------------------------------------


def _at(tree: Expression, place: object, new: Expression) -> Expression:
    """The tree with another node in one place."""
    found: Expression = rebuild(tree, lambda node: new if node is place else None)
    return found


def _alike(side: Side, one: str, other: str) -> bool:
    return side.unit(one).dimension == side.unit(other).dimension


def _words(node: Expression) -> str:
    return Printer().text(node)
