"""A number at the start of a run, or why there is none: where an equation divides by zero there, by what."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from spikebridge.bridge.definition.evaluation import evaluate, zero_divisor
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import Expression, Name, names
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.expressions.units import CoherentSystem, Unit


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
