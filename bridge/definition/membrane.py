"""The membrane equation taken apart: C dv/dt = I_stim - i, whichever way it was written."""

from __future__ import annotations

from dataclasses import dataclass

from spikebridge.bridge.definition.linearity import ONE, add, depends, divide, linear_form, negative, subtract
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.expressions.expression import Binary, Expression, Negative, Quantity


@dataclass(frozen=True)
class Membrane:
    """Capacitance and total ionic current, outward positive, in the unit of the stimulus."""

    capacitance: Expression
    current: Expression


def membrane(model: Model) -> Membrane:
    """Take the equation of the membrane potential apart.

    Raises
    ------
    TranslationError : there is no membrane potential, or the stimulus does not enter as a current
    """
    if model.voltage is None:
        raise TranslationError(f"{model.name}: there is no membrane potential driven by {STIMULUS}")
    rate = model.regular[model.voltage]
    form = linear_form(rate, STIMULUS, model.regular_definitions)
    if form is None or any(depends(form.slope, s, model.definitions) for s in model.state_names):
        raise TranslationError(f"{model.name}: {STIMULUS} must enter d{model.voltage}/dt as a term with a constant factor")
    slope, offset = form.slope, form.offset
    if isinstance(slope, Quantity) and slope.value == 0.0:
        raise TranslationError(f"{model.name}: {STIMULUS} has no effect on d{model.voltage}/dt")
    if (
        isinstance(slope, Binary)
        and isinstance(offset, Binary)
        and slope.operator == offset.operator == "/"
        and slope.right == offset.right
    ):
        # (rest + k I)/c: the common divisor drops out of the current
        return Membrane(divide(slope.right, slope.left), divide(_negated(offset.left), slope.left))
    return Membrane(divide(ONE, slope), divide(_negated(offset), slope))


def _negated(expression: Expression) -> Expression:
    """-(a - b - c) written b + c - a, positive terms first."""
    terms = [(-sign, term) for sign, term in _terms(expression)]
    ordered = [t for t in terms if t[0] > 0] + [t for t in terms if t[0] < 0]
    sign, total = ordered[0]
    total = total if sign > 0 else negative(total)
    for sign, term in ordered[1:]:
        total = add(total, term) if sign > 0 else subtract(total, term)
    return total


def _terms(node: Expression) -> list[tuple[int, Expression]]:
    match node:
        case Negative(operand):
            return [(-sign, term) for sign, term in _terms(operand)]
        case Binary("+" | "-" as operator, left, right):
            flip = 1 if operator == "+" else -1
            return _terms(left) + [(flip * sign, term) for sign, term in _terms(right)]
    return [(1, node)]
