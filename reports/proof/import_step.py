"""One step of NEURON on an imported mechanism, from the trees of its definition: the twin of the original file.

The voltage takes an implicit step with the conductance that NEURON measures, a difference quotient over 0.001 mV in which variables that
the solved block has left stand still; then the states take theirs at the new voltage, by the scheme of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.linearity import LinearForm, linear_form
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.expressions.expression import Expression, names
from spikebridge.reference.schemes import NEURON_DELTA_MV

Values = dict[str, Any]
_NEWTON_STEPS = 30
# how nocmodl may have compiled what a file asks for; the first is what it says
COMPILED = {
    "cnexp": ("cnexp", "implicit", "euler"), "cnexp by hand": ("cnexp",), "derivimplicit": ("implicit",), "sparse": ("implicit",),
    "euler": ("euler",), "euler by hand": ("ordered",), "runge": ("runge",), "constant": ("constant",),
}  # fmt: skip


@dataclass(frozen=True)
class ImportStep:
    """Steps of many membranes at once.

    Attributes
    ----------
    model : the mechanism in its patch
    schemes : of each state beside v
    frozen : definitions that a current reads as the solved block left them
    stale : definitions that a rate reads as BREAKPOINT left them
    """

    model: Model
    schemes: Mapping[str, str]
    frozen: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def states(self) -> tuple[str, ...]:
        """Those of the mechanism."""
        return tuple(s for s in self.model.state_names if s != "v")

    # values -------------------------------------------------------------------------------------------

    def value(self, expression: Expression, known: Mapping[str, Any], held: Mapping[str, Any] | None = None) -> np.ndarray:
        """An expression, of the shape of the coherent values of its symbols; definitions have those of ``held`` where they are in it."""
        return np.asarray(evaluate(expression, self.defined([expression], known, held or {}), self.model.coherent))

    def defined(self, expressions: Sequence[Expression], known: Mapping[str, Any], held: Mapping[str, Any]) -> Values:
        """The values of all definitions that expressions need."""
        values = {**known, **held}
        for name in self.model.definitions_for(expressions):
            if name not in held:
                values[name] = evaluate(self.model.regular[name], values, self.model.coherent)
        return values

    def held(self, chosen: Sequence[str], known: Mapping[str, Any]) -> Values:
        """The values of some definitions."""
        wanted = [n for n in chosen if n in self.model.definitions]
        return {n: self.value(self.model.regular[n], known) for n in wanted}

    def initial(self, known: Mapping[str, Any]) -> Values:
        """The states' initial values at a voltage."""
        values = dict(known)
        for _ in self.states:  # one may be made of another
            for state in self.states:
                expression = self.model.initial_expressions[state]
                if all(n in values or n in self.model.definitions for n in names(expression)):
                    values |= {s: values.get(s, np.nan) for s in self.states}
                    values[state] = self.value(expression, values)
        return {s: values.get(s, np.nan) for s in self.states}

    # a step -------------------------------------------------------------------------------------------

    def step(self, known: Mapping[str, Any], dt_ms: float, left: Mapping[str, Any], compiled: str = "") -> Values:
        """v and the states a step later.

        Parameters
        ----------
        known : coherent values of v, states, parameters and the stimulus, shape (membranes,)
        left : values of the frozen definitions as the solved block has left them
        compiled : what cnexp became, where that is another scheme
        """
        moved = {**known, "v": self._voltage(known, dt_ms, left)}
        behind = self.held(self.stale, known)
        return {"v": moved["v"], **self._moved(moved, dt_ms, behind, compiled)}

    def _voltage(self, known: Mapping[str, Any], dt_ms: float, left: Mapping[str, Any]) -> np.ndarray:
        right = self.model.regular["v"]
        rate = self.value(right, known, left)
        beside = self.value(right, {**known, "v": known["v"] + NEURON_DELTA_MV}, left)
        slope = (beside - rate) / NEURON_DELTA_MV
        moved: np.ndarray = known["v"] + rate / (1.0 / dt_ms - slope)
        return moved

    def _moved(self, known: Mapping[str, Any], dt_ms: float, behind: Mapping[str, Any], compiled: str) -> Values:
        new = {s: known[s] for s in self.states}
        groups: dict[str, list[str]] = {}
        for state in self.states:
            scheme = self.schemes.get(state, "constant")
            groups.setdefault(compiled if compiled and scheme == "cnexp" else COMPILED[scheme][0], []).append(state)
        for scheme, states in groups.items():
            new |= _SCHEMES[scheme](self, {**known, **new}, states, dt_ms, behind)
        return new

    @cached_property
    def forms(self) -> dict[str, LinearForm | None]:
        """Each rate as A x + B with definitions as they stand, which is what nocmodl sees."""
        return {s: linear_form(self.model.regular[s], s, {}) for s in self.states}

    def cnexp(self, known: Values, states: Sequence[str], dt_ms: float, behind: Mapping[str, Any]) -> Values:
        """One state after another, each exactly while all else stands still; definitions belong to the state before."""
        known = self.defined([self.model.regular[s] for s in states], known, behind)
        for state in states:
            form = self.forms[state]
            if form is None:
                raise ArithmeticError(f"the rate of {state} is not linear in it")
            a, b = (np.asarray(evaluate(part, known, self.model.coherent)) for part in (form.slope, form.offset))
            with np.errstate(all="ignore"):
                exact = known[state] + (1.0 - np.exp(dt_ms * a)) * (-b / np.where(a == 0, 1.0, a) - known[state])
            known = {**known, state: np.where(a == 0, known[state] + dt_ms * b, exact)}
        return {s: known[s] for s in states}

    def euler(self, known: Values, states: Sequence[str], dt_ms: float, behind: Mapping[str, Any]) -> Values:
        """All at once, from the old state."""
        return {s: known[s] + dt_ms * self.value(self.model.regular[s], known, behind) for s in states}

    def ordered(self, known: Values, states: Sequence[str], dt_ms: float, behind: Mapping[str, Any]) -> Values:
        """One after another; definitions belong to the state before."""
        known = self.defined([self.model.regular[s] for s in states], known, behind)
        for state in states:
            known = {**known, state: known[state] + dt_ms * evaluate(self.model.regular[state], known, self.model.coherent)}
        return {s: known[s] for s in states}

    def runge(self, known: Values, states: Sequence[str], dt_ms: float, behind: Mapping[str, Any]) -> Values:
        """The classical Runge-Kutta method at the new voltage."""

        def slopes(h: float, along: Values) -> Values:
            at = {**known, **{s: known[s] + h * along[s] for s in states}} if along else known
            return {s: self.value(self.model.regular[s], at, behind) for s in states}

        k1 = slopes(0.0, {})
        k2 = slopes(dt_ms / 2, k1)
        k3 = slopes(dt_ms / 2, k2)
        k4 = slopes(dt_ms, k3)
        return {s: known[s] + dt_ms / 6 * (k1[s] + 2 * k2[s] + 2 * k3[s] + k4[s]) for s in states}

    def implicit(self, known: Values, states: Sequence[str], dt_ms: float, behind: Mapping[str, Any]) -> Values:
        """z = x + dt f(z) for all of them, by Newton's method."""
        start = np.array(np.broadcast_arrays(*[known[s] for s in states], known["v"])[:-1], dtype=float)
        z = start.copy()

        def rates(at: np.ndarray) -> np.ndarray:
            here = {**known, **dict(zip(states, at, strict=True))}
            return np.array([np.broadcast_to(self.value(self.model.regular[s], here, behind), z.shape[1:]) for s in states])

        for _ in range(_NEWTON_STEPS):
            change = _newton(rates, start, z, dt_ms)
            z = z - change
            if not np.any(np.abs(change) > 1e-14 * np.abs(z) + 1e-300):
                break
        return dict(zip(states, z, strict=True))

    def constant(self, known: Values, states: Sequence[str], dt_ms: float, behind: Mapping[str, Any]) -> Values:
        """Nothing moves them."""
        return {s: known[s] for s in states}


_SCHEMES: dict[str, Any] = {
    "cnexp": ImportStep.cnexp, "euler": ImportStep.euler, "ordered": ImportStep.ordered, "runge": ImportStep.runge,
    "implicit": ImportStep.implicit, "constant": ImportStep.constant,
}  # fmt: skip


def _newton(rates: Any, start: np.ndarray, z: np.ndarray, dt_ms: float) -> np.ndarray:
    """How far z is from z = start + dt f(z), to first order; shapes (states, membranes)."""
    rate = rates(z)
    jacobian = np.empty((len(z), *z.shape))
    for j in range(len(z)):
        nudge = 1e-6 * np.maximum(np.abs(z[j]), 1e-6)
        beside, under = z.copy(), z.copy()
        beside[j], under[j] = z[j] + nudge, z[j] - nudge
        jacobian[:, j] = -dt_ms * (rates(beside) - rates(under)) / (2 * nudge)
        jacobian[j, j] += 1.0
    residual = z - start - dt_ms * rate
    found = np.linalg.solve(np.moveaxis(jacobian, (0, 1), (-2, -1)), np.moveaxis(residual, 0, -1)[..., None])
    return np.moveaxis(found[..., 0], -1, 0)


def stimulated(known: Mapping[str, Any], current: Any) -> Values:
    """The same with that stimulus, coherent."""
    return {**known, STIMULUS: current}
