"""What is known of symbolic values before a run: their size, numbers, conditions, and the definitions that they need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import (
    Binary,
    Call,
    Choice,
    Compare,
    Condition,
    Expression,
    Logic,
    Name,
    Negative,
    Not,
    Quantity,
    children,
    names,
    substitute,
)

MAX_SIZE = 4_000
LOCAL = "#"  # in the inner name of what is no symbol of the whole file


@dataclass
class Definition:
    """What was assigned: by which name it is called in the file, in which block and line, and its value."""

    name: str
    expression: Expression
    block: str
    line: int


@dataclass
class Frame:
    """Where execution is: inner names of local ones by scope, the block, and the inner name of what it returns."""

    scopes: list[dict[str, str]]
    block: str
    returns: str = ""


def shown_name(key: str) -> str:
    """A variable as the file calls it, an element of an array with its number."""
    bare = key.rstrip("'")
    name, _, rest = bare.partition(LOCAL)
    index = rest.partition("[")[2] or name.partition("[")[2]
    name = name.partition("[")[0]
    return f"{name}_{index.rstrip(']')}" if index else name


def size(node: object) -> int:
    """How many parts an expression has; counting ends above the most that is allowed."""
    count, waiting = 0, [node]
    while waiting and count <= MAX_SIZE:
        count += 1
        waiting.extend(children(waiting.pop()))  # type: ignore[arg-type]
    return count


def plain_value(node: object) -> float | None:
    """The value of what is made of numbers alone; None for anything else."""
    match node:
        case Quantity(value):
            return value
        case Negative(operand):
            inner = plain_value(operand)
            return None if inner is None else -inner
        case Binary(operator, left, right):
            a, b = plain_value(left), plain_value(right)
            if a is None or b is None:
                return None
            try:
                return (
                    {"+": a + b, "-": a - b, "*": a * b}[operator]
                    if operator in "+-*"
                    else a / b
                    if operator == "/"
                    else float(a**b)
                )
            except (ArithmeticError, TypeError, ValueError):
                return None
    return None


def tidied(node: Binary) -> Expression:
    """The same without factors of one and summands of nought; whole numbers are added and multiplied."""
    a, b = plain_value(node.left), plain_value(node.right)
    if a is not None and b is not None and a == int(a) and b == int(b) and node.operator in "+-*":
        value = plain_value(node)
        return Quantity(value) if value is not None and value >= 0 else Negative(Quantity(-(value or 0.0)))
    match node:
        case Binary("*", Quantity(1.0), other) | Binary("*", other, Quantity(1.0)) | Binary("/", other, Quantity(1.0)):
            return other
        case Binary("+", Quantity(0.0), other) | Binary("+" | "-", other, Quantity(0.0)):
            return other
        case Binary("*", Negative(Quantity(1.0)), other):
            return Negative(other)
        case Binary("+", left, Negative(right)):
            return Binary("-", left, right)
    return node


def at_zero_step(node: Expression) -> Expression:
    """The expression where dt is 0, without what vanishes with it."""
    match node:
        case Name("dt"):
            return Quantity(0.0)
        case Negative(operand):
            inner = at_zero_step(operand)
            return inner if inner == Quantity(0.0) else Negative(inner)
        case Call(function, argument):
            inner = at_zero_step(argument)
            return Quantity(1.0) if function == "exp" and inner == Quantity(0.0) else Call(function, inner)
        case Choice(condition, if_true, if_false):
            a, b = at_zero_step(if_true), at_zero_step(if_false)
            return a if a == b else Choice(condition, a, b)
        case Binary("*" | "/" as operator, left, right):
            a, b = at_zero_step(left), at_zero_step(right)
            return (
                Quantity(0.0)
                if a == Quantity(0.0) or (operator == "*" and b == Quantity(0.0))
                else tidied(Binary(operator, a, b))
            )
        case Binary(operator, left, right):
            return tidied(Binary(operator, at_zero_step(left), at_zero_step(right)))
    return node


def whole(node: object) -> int | None:
    """A number known before the run, as C makes an index of it; None otherwise."""
    value = plain_value(node)
    return None if value is None or abs(value) > 1e6 else int(value)


def settled(condition: Condition) -> bool | None:
    """Whether a condition of numbers alone holds; None where it depends on something."""
    match condition:
        case Compare(operator, left, right):
            a, b = plain_value(left), plain_value(right)
            if a is None or b is None:
                return None
            return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator]
        case Not(operand):
            inner = settled(operand)
            return None if inner is None else not inner
        case Logic(operator, left, right):
            x, y = settled(left), settled(right)
            if operator == "and":
                return False if x is False or y is False else (True if x and y else None)
            return True if x or y else (False if x is False and y is False else None)
    return None


def reached(expressions: Iterable[Expression], definitions: Mapping[str, Definition]) -> dict[str, None]:
    """All names that expressions need, definitions written out; in no order of meaning."""
    found: dict[str, None] = {}
    waiting = list(expressions)
    while waiting:
        for name in names(waiting.pop()):
            if name not in found:
                found[name] = None
                if name in definitions:
                    waiting.append(definitions[name].expression)
    return found


def written_out(node: Expression, definitions: Mapping[str, Definition], which: Callable[[str], bool]) -> Expression:
    """The expression with some definitions in place of their names."""
    for _ in range(60):
        chosen = {n: definitions[n].expression for n in names(node) if n in definitions and which(n)}
        if not chosen:
            return node
        node = substitute(node, chosen)
        if size(node) > MAX_SIZE:
            raise DefinitionError("what is written out has too many parts")
    return node


def in_order(definitions: Mapping[str, Definition], needed: Iterable[str]) -> Iterator[str]:
    """Those definitions that are needed, as they were made: each after what it is made of."""
    wanted = set(needed)
    return (name for name in definitions if name in wanted)
