"""Linear equations for states, solved symbolically: LINEAR blocks, and the steady state of a kinetic scheme.

Each step of the elimination becomes a definition, so that nothing grows: the numbers are those of Gauss's method, state by state. A
chain of states stays a chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from spikebridge.bridge.definition.linearity import ZERO, add, divide, linear_form, multiply, negative, subtract
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import Expression

Bind = Callable[[Expression], Expression]
_MOST = 40  # states of one system


@dataclass
class _Row:
    """sum of coefficient * state = right."""

    coefficients: dict[str, Expression]
    right: Expression


def solved(
    zero: Iterable[Expression], states: Iterable[str], definitions: Mapping[str, Expression], bind: Bind
) -> dict[str, Expression]:
    """The states for which all of ``zero`` vanish.

    Parameters
    ----------
    zero : as many expressions as states, linear in them
    bind : gives an expression a name

    Raises
    ------
    DefinitionError : they are not linear, or do not determine the states
    """
    states = list(states)
    rows = [_row(expression, states, definitions) for expression in zero]
    if len(rows) != len(states) or len(states) > _MOST:
        raise DefinitionError(f"{len(rows)} equations for {len(states)} states cannot be solved")
    order: list[tuple[str, _Row]] = []
    for state in states:
        pivot = min((r for r in rows if state in r.coefficients), key=lambda r: len(r.coefficients), default=None)
        if pivot is None:
            raise DefinitionError(f"the equations do not determine {state}")
        rows.remove(pivot)
        rows = [_eliminated(row, pivot, state, bind) for row in rows]
        order.append((state, pivot))
    return _back(order, bind)


def _row(expression: Expression, states: Iterable[str], definitions: Mapping[str, Expression]) -> _Row:
    coefficients, rest = {}, expression
    for state in states:
        form = linear_form(rest, state, definitions)
        if form is None:
            raise DefinitionError(f"an equation is not linear in {state}")
        if form.slope != ZERO:
            coefficients[state] = form.slope
        rest = form.offset
    return _Row(coefficients, negative(rest))


def _eliminated(row: _Row, pivot: _Row, state: str, bind: Bind) -> _Row:
    """The row without the state, by subtraction of the pivot."""
    if state not in row.coefficients:
        return row
    factor = bind(divide(row.coefficients[state], pivot.coefficients[state]))
    left = {s: c for s, c in row.coefficients.items() if s != state}
    for other, coefficient in pivot.coefficients.items():
        if other != state:
            left[other] = bind(subtract(left.get(other, ZERO), multiply(factor, coefficient)))
    return _Row(left, bind(subtract(row.right, multiply(factor, pivot.right))))


def _back(order: list[tuple[str, _Row]], bind: Bind) -> dict[str, Expression]:
    """The states one by one from the last row upwards."""
    found: dict[str, Expression] = {}
    for state, row in reversed(order):
        total = row.right
        for other, coefficient in row.coefficients.items():
            if other != state:
                total = add(total, negative(multiply(coefficient, found[other])))
        found[state] = bind(divide(total, row.coefficients[state]))
    return found
