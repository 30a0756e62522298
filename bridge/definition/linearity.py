"""Is an equation linear in a variable, and with which coefficients? Decided on the tree, never by hope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spikebridge.bridge.expressions.decimals import decimal_product, decimal_quotient
from spikebridge.bridge.expressions.expression import (
    Binary,
    Choice,
    Expression,
    Name,
    Negative,
    Node,
    Quantity,
    names,
)

MAX_NODES = 5_000
ONE = Quantity(1.0)
ZERO = Quantity(0.0)
MINUS_ONE = Quantity(-1.0)


class NotLinear(Exception):
    """The expression is not of the form A x + B."""


@dataclass(frozen=True)
class LinearForm:
    """A x + B; neither part mentions x, directly or through a definition."""

    slope: Expression
    offset: Expression


def linear_form(expression: Expression, variable: str, definitions: Mapping[str, Expression]) -> LinearForm | None:
    """``expression`` as A x + B, None where it is not linear in x = ``variable``.

    Parameters
    ----------
    definitions : intermediate symbols; those that depend on x are written out, others stay names
    """
    try:
        return _Former(variable, definitions).form(expression)
    except NotLinear:
        return None


def steady(form: LinearForm | None, variable: str, definitions: Mapping[str, Expression]) -> Expression | None:
    """Where A x + B is zero; None where there is no such form, or A is zero or depends on x after all."""
    if form is None or form.slope == ZERO or depends(form.slope, variable, definitions):
        return None
    return negative(divide(form.offset, form.slope))


def depends(expression: Node, variable: str, definitions: Mapping[str, Expression]) -> bool:
    """Whether the expression mentions the variable, directly or through definitions."""
    seen, open_names = set(), set(names(expression))
    while open_names:
        name = open_names.pop()
        if name == variable:
            return True
        if name in definitions and name not in seen:
            seen.add(name)
            open_names.update(names(definitions[name]))
    return False


class _Former:
    """One search for a linear form; it gives up where definitions written out grow without end."""

    def __init__(self, variable: str, definitions: Mapping[str, Expression]) -> None:
        self.variable, self.definitions, self.budget = variable, definitions, MAX_NODES

    def form(self, node: Expression) -> LinearForm:
        x, definitions = self.variable, self.definitions
        self.budget -= 1
        if self.budget < 0:
            raise NotLinear
        if not depends(node, x, definitions):
            return LinearForm(ZERO, node)
        match node:
            case Name(name):
                return LinearForm(ONE, ZERO) if name == x else self.form(definitions[name])
            case Negative(operand):
                inner = self.form(operand)
                return LinearForm(negative(inner.slope), negative(inner.offset))
            case Binary("+" | "-" as sign, left, right):
                a, b = self.form(left), self.form(right)
                combine = add if sign == "+" else subtract
                return LinearForm(combine(a.slope, b.slope), combine(a.offset, b.offset))
            case Choice(condition, if_true, if_false) if not depends(condition, x, definitions):
                a, b = self.form(if_true), self.form(if_false)
                slope = a.slope if a.slope == b.slope else Choice(condition, a.slope, b.slope)
                return LinearForm(slope, a.offset if a.offset == b.offset else Choice(condition, a.offset, b.offset))
            case Binary("*", left, right) if not depends(left, x, definitions):
                inner = self.form(right)
                return LinearForm(multiply(left, inner.slope), multiply(left, inner.offset))
            case Binary("*", left, right) if not depends(right, x, definitions):
                inner = self.form(left)
                return LinearForm(multiply(inner.slope, right), multiply(inner.offset, right))
            case Binary("/", left, right) if not depends(right, x, definitions):
                inner = self.form(left)
                return LinearForm(divide(inner.slope, right), divide(inner.offset, right))
        raise NotLinear


# building trees without the clutter of zeros and ones -------------------------------------------------


def negative(a: Expression) -> Expression:
    """-a."""
    if isinstance(a, Negative):
        return a.operand
    return Quantity(-a.value, a.unit) if isinstance(a, Quantity) and a.value != 0 else a if a == ZERO else Negative(a)


def add(a: Expression, b: Expression) -> Expression:
    """a + b."""
    if b == ZERO:
        return a
    if isinstance(b, Negative):
        return subtract(a, b.operand)
    if isinstance(a, Quantity) and isinstance(b, Quantity) and a.unit == b.unit:
        return Quantity(a.value + b.value, a.unit)
    return b if a == ZERO else Binary("+", a, b)


def subtract(a: Expression, b: Expression) -> Expression:
    """a - b."""
    if isinstance(b, Quantity) and b.value == 0.0:
        return a
    if isinstance(b, Negative):
        return add(a, b.operand)
    if isinstance(a, Quantity) and isinstance(b, Quantity) and a.unit == b.unit:
        return Quantity(a.value - b.value, a.unit)
    return negative(b) if a == ZERO else Binary("-", a, b)


def multiply(a: Expression, b: Expression) -> Expression:
    """a b."""
    if ZERO in (a, b):
        return ZERO
    if a == ONE or b == ONE:
        return b if a == ONE else a
    if isinstance(a, Quantity) and isinstance(b, Quantity):
        return Quantity(decimal_product(a.value, b.value), a.unit * b.unit)
    if isinstance(b, Negative):
        return negative(multiply(a, b.operand))
    if b == MINUS_ONE or a == MINUS_ONE:
        return negative(a if b == MINUS_ONE else b)
    return Binary("*", a, b)


def divide(a: Expression, b: Expression) -> Expression:
    """a / b."""
    if a == ZERO or b == ONE:
        return a
    if isinstance(a, Quantity) and isinstance(b, Quantity) and b.value:
        return Quantity(decimal_quotient(a.value, b.value), a.unit * b.unit**-1)
    if isinstance(b, Binary) and b.operator == "/" and b.left == ONE:
        return multiply(a, b.right)
    return Binary("/", a, b)
