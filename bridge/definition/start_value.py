"""A number at the start of a run, or why there is none: where an equation divides by zero there, by what."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from spikebridge.bridge.definition.evaluation import Value, evaluate, zero_divisor
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import Expression, Name, names
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.expressions.units import CoherentSystem, Unit
from spikebridge.bridge.shown import shown
from spikebridge.reference.rest import resting_state


def value_at_start(
    what: str, expression: Expression, known: Mapping[str, Any], coherent: CoherentSystem, unit_of: Callable[[str], Unit]
) -> float:
    """The coherent value of an expression.

    Parameters
    ----------
    what : the model and the name of the expression, which begin the message
    known : the coherent value of every symbol
    unit_of : the unit that a symbol is written in

    Raises
    ------
    DefinitionError : it has none, or none that is finite
    """
    try:
        with np.errstate(all="ignore"):
            value = evaluate(expression, known, coherent)
        why = "" if math.isfinite(value) else f"it is {value}"
    except ArithmeticError as error:
        value, why = math.nan, str(error)
    if not why:
        return float(value)
    divisor = zero_divisor(expression, known, coherent)
    if divisor is not None:
        why = f"it divides by {Printer().text(divisor)}, which is 0{_where(divisor, known, coherent, unit_of)}"
    raise DefinitionError(f"{what} has no value at t = 0: {why}")


def _where(divisor: Expression, known: Mapping[str, Any], coherent: CoherentSystem, unit_of: Callable[[str], Unit]) -> str:
    """At which values of its symbols, where it is not a symbol itself."""
    if isinstance(divisor, Name):
        return ""
    values = [f"{name} = {known[name] / coherent.factor(unit := unit_of(name)):.6g} {unit}" for name in names(divisor)]
    return f" at {', '.join(values)}" if values else ""


def values_by_need(
    wanted: Iterable[str], expressions: Mapping[str, Expression], known: Mapping[str, float],
    number: Callable[[str, Expression, Mapping[str, Any]], float], where: str,
) -> dict[str, float]:  # fmt: skip
    """The coherent values of symbols that rest on each other, each found when it is needed.

    Parameters
    ----------
    number : the value of a symbol's expression, given those of the symbols in it

    Raises
    ------
    DefinitionError : one rests on itself; names the circle
    """
    found: dict[str, float] = dict(known)
    pending: list[str] = []

    def find(name: str) -> None:
        if name in found:
            return
        if name in pending:
            circle = " -> ".join([*pending[pending.index(name) :], name])
            raise DefinitionError(f"{where}: the initial value of {shown(name)} depends on itself: {circle}")
        pending.append(name)
        for needed in names(expressions[name]):
            find(needed)
        found[name] = number(name, expressions[name], found)
        pending.pop()

    for name in wanted:
        find(name)
    return found


def resting_values(
    fixed: Mapping[str, float],
    definitions: Mapping[str, Value],
    rates: Mapping[str, Value],
    start: Mapping[str, float],
    discrete: bool,
) -> dict[str, float]:
    """The stable resting state that is reached from ``start``, coherent.

    Parameters
    ----------
    fixed : values of what is neither state nor definition
    definitions : functions of the values of all symbols, each after those it needs
    rates : of the states, or of a map their next values
    start : where to begin

    Raises
    ------
    NoRestError : none is reached
    """

    def moving(state: np.ndarray) -> np.ndarray:
        known = {**fixed, **dict(zip(rates, state, strict=True))}
        for name, value in definitions.items():
            known[name] = value(known)
        found = np.array([rate(known) for rate in rates.values()], dtype=float)
        return found - state if discrete else found

    with np.errstate(all="ignore"):
        found = resting_state(moving, np.array([start[s] for s in rates]))
    return dict(zip(rates, map(float, found), strict=True))
