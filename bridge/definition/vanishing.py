"""Slopes that are zero. x' = A x + B has a solution over a step that divides by A; where A = 0 it is x + dt B.

Brian2's exponential_euler and NEURON's cnexp write the first form unless x does not appear in its own equation. So an equation
whose slope is zero whatever the state, as a decay rate of zero makes it, is written without its x.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.linearity import ZERO, LinearForm, linear_form
from spikebridge.bridge.expressions.expression import Binary, Choice, Expression, Name, Negative, Quantity, names
from spikebridge.bridge.expressions.units import CoherentSystem, Unit

_PER_MS = Unit.parse("1/ms")


def constants(
    parameters: Mapping[str, float], definitions: Mapping[str, Expression], coherent: CoherentSystem
) -> dict[str, float]:
    """The values of parameters, and of the definitions that are made of them alone; each definition comes after those it needs."""
    known = dict(parameters)
    for name, expression in definitions.items():
        value = _constant(expression, known, coherent)
        known |= {} if value is None else {name: value}
    return known


@dataclass(frozen=True)
class Zeros:
    """What is zero whatever the state, given the coherent values of ``constants``; ``definitions`` are written out."""

    constants: Mapping[str, float]
    definitions: Mapping[str, Expression]
    coherent: CoherentSystem

    def has(self, node: Expression) -> bool:
        """Whether the expression is zero for every state and stimulus."""
        value = _constant(node, self.constants, self.coherent)
        if value is not None:
            return value == 0.0
        match node:
            case Name(name):
                return name in self.definitions and self.has(self.definitions[name])
            case Negative(operand):
                return self.has(operand)
            case Binary("*", left, right):
                return self.has(left) or self.has(right)
            case Binary("/", left, _):
                return self.has(left)
            case Binary("+" | "-", left, right) | Choice(_, left, right):
                return self.has(left) and self.has(right)
        return False


def _constant(node: Expression, known: Mapping[str, float], coherent: CoherentSystem) -> float | None:
    """The value of what is made of known names alone; None for others, and where there is no value."""
    if any(name not in known for name in names(node)):
        return None
    try:
        with np.errstate(all="ignore"):
            value = float(evaluate(node, known, coherent))
    except (ArithmeticError, ValueError):
        return None
    return value if np.isfinite(value) else None


def without_zero_slopes(rates: Mapping[str, tuple[Expression, Unit]], zeros: Zeros) -> dict[str, Expression]:
    """New right-hand sides of the variables whose slope is zero, without those variables.

    Parameters
    ----------
    rates : right-hand side and unit of each variable
    """
    changed: dict[str, Expression] = {}
    for name, (rate, unit) in rates.items():
        # with definitions written out, and as they stand, which is what cnexp sees
        forms = (linear_form(rate, name, definitions) for definitions in (zeros.definitions, {}))
        found = next((form for form in forms if form and form.slope != ZERO and zeros.has(form.slope)), None)
        if found is not None:
            changed[name] = Quantity(0.0, unit * _PER_MS) if found.offset == ZERO else found.offset
    return changed


def flat(forms: Mapping[str, LinearForm | None], values: Mapping[str, float], coherent: CoherentSystem) -> tuple[str, ...]:
    """The variables whose slope, not zero by itself, is so where the symbols have these coherent values."""
    slopes = {name: form.slope for name, form in forms.items() if form and form.slope != ZERO}
    return tuple(name for name, slope in slopes.items() if _constant(slope, values, coherent) == 0.0)
