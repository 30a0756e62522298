"""One mistake at a time: every way in which people get a single equation wrong, tried on a definition's own trees.

An edit has other right-hand sides for some definitions; where it has an unknown number, ``UNKNOWN`` stands for that in them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from spikebridge.bridge.expressions.expression import (
    Binary,
    Call,
    Choice,
    Expression,
    Name,
    Negative,
    Quantity,
    names,
    rebuild,
    substitute,
    walk,
)
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.expressions.units import VOLTAGE_DIMENSION, Unit
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
    """

    relation: Relation
    where: str
    changed: dict[str, Expression]
    what: str = ""
    start: float | None = None
    unit: Unit = field(default_factory=Unit)
    instead: str = ""


def edits(side: Side, target: str) -> Iterator[Edit]:
    """All single changes of the lines that a right-hand side rests on, the likelier first."""
    lines = {n: side.expression(n) for n in reversed(side.uses(target))}
    for family in (_swaps, _signs, _other_symbols, _missing, _shifts, _literals, _parameters, _factors):
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
                if other in (node.id, name) or not _alike(side, other, node.id):
                    continue
                yield Edit(Relation.OTHER_SYMBOL, name, {name: _at(tree, node, Name(other))}, node.id, instead=other)


def _missing(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    """A term, a factor, one arm of a choice that the other one does not have."""
    for name, tree in lines.items():
        for node in walk(tree):
            for rest, part in _parts(node):
                if not isinstance(part, Quantity):
                    yield Edit(Relation.WITHOUT, name, {name: _at(tree, node, rest)}, _words(part))


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
    kind = _kind(side, tree, which)
    return Edit(kind, name, {name: changed}, str(node), side.model.coherent.coherent(node.value, node.unit), node.unit)


def _kind(side: Side, tree: Expression, which: Callable[[object], bool]) -> Relation:
    """What a number does where it stands: an exponent, a slope along v, or just a constant."""
    for node in walk(tree):
        match node:
            case Binary("**", _, right) if which(right):
                return Relation.EXPONENT
            case Binary("/", left, right) if which(right) and side.potential in names(left):
                return Relation.SLOPE if _voltage(right) else Relation.CONSTANT
    return Relation.CONSTANT


def _voltage(node: object) -> bool:
    return isinstance(node, Quantity) and node.unit.dimension == VOLTAGE_DIMENSION


def _parameters(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    """A parameter's value, wherever the lines use it."""
    for parameter in side.parameters:
        users = {n: tree for n, tree in lines.items() if parameter in names(tree)}
        if users:
            changed = {n: substitute(tree, {parameter: Name(UNKNOWN)}) for n, tree in users.items()}
            yield Edit(Relation.CONSTANT, " and ".join(users), changed, parameter, side.default(parameter), side.unit(parameter))


def _factors(side: Side, lines: dict[str, Expression], target: str) -> Iterator[Edit]:
    """A line, or one term of a line, times a number."""
    for name, tree in lines.items():
        yield Edit(Relation.FACTOR, name, {name: Binary("*", Name(UNKNOWN), tree)}, name, 1.0)
        for term in _terms(tree):
            yield Edit(Relation.FACTOR, name, {name: _at(tree, term, Binary("*", Name(UNKNOWN), term))}, _words(term), 1.0)


def _terms(tree: Expression) -> Iterator[Expression]:
    """What a line adds up."""
    for node in walk(tree):
        if isinstance(node, Binary) and node.operator in "+-":
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
