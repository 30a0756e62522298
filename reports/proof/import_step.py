"""One step of NEURON on an imported mechanism, from the trees of its definition: the twin of the original file.

The voltage takes an implicit step with the conductance that NEURON measures, a difference quotient over 0.001 mV in which variables that
the solved block has left stand still; then the states take theirs at the new voltage, by the scheme of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from spikebridge.bridge.definition.evaluation import evaluate, evaluator
from spikebridge.bridge.definition.linearity import LinearForm, linear_form
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.expressions.expression import names
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

    @cached_property
    def _functions(self) -> dict[str, Callable[[Mapping[str, Any]], Any]]:
        """Each right-hand side as a function."""
        return {name: evaluator(right, self.model.coherent) for name, right in self.model.regular.items()}

    @cached_property
    def _order(self) -> dict[tuple[str, ...], list[str]]:
        return {}

    def needed(self, wanted: Sequence[str]) -> list[str]:
        """The definitions that right-hand sides need, in order."""
        key = tuple(wanted)
        if key not in self._order:
            self._order[key] = self.model.definitions_for([self.model.regular[name] for name in wanted])
        return self._order[key]

    def values(self, wanted: Sequence[str], known: Mapping[str, Any], held: Mapping[str, Any] | None = None) -> Values:
        """Right-hand sides by name where symbols have these coherent values, and definitions those of ``held`` where they are in it."""
        held = held or {}
        values = self.defined(wanted, known, held)
        return {name: np.asarray(self._functions[name](values)) for name in wanted}

    def defined(self, wanted: Sequence[str], known: Mapping[str, Any], held: Mapping[str, Any]) -> Values:
        """The values of all definitions that right-hand sides need, with what is known."""
        values = {**known, **held}
        for name in self.needed(wanted):
            if name not in held:
                values[name] = self._functions[name](values)
        return values

    def held(self, chosen: Sequence[str], known: Mapping[str, Any]) -> Values:
        """The values of some definitions."""
        return self.values([n for n in chosen if n in self.model.definitions], known)

    @cached_property
    def _standing(self) -> tuple[str, ...]:
        """The definitions that no state of the mechanism moves."""
        states = set(self.states)
        return tuple(
            n for n in self.needed(self.states)
            if not states & {s for d in (n, *self.needed([n])) for s in names(self.model.regular[d])}
        )  # fmt: skip

    def initial(self, known: Mapping[str, Any]) -> Values:
        """The states' initial values at a voltage."""
        values, expressions = dict(known), self.model.initial_expressions
        for _ in self.states:  # one may be made of another
            for state in self.states:
                seen = {**dict.fromkeys(self.states, np.nan), **values}
                definitions = self.model.definitions_for([expressions[state]])
                for name in definitions:
                    seen[name] = self._functions[name](seen)
                values[state] = np.asarray(evaluate(expressions[state], seen, self.model.coherent))
            if not any(np.any(np.isnan(values[s])) for s in self.states):
                break
        return {s: values[s] for s in self.states}

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
        rate = self.values(["v"], known, left)["v"]
        beside = self.values(["v"], {**known, "v": known["v"] + NEURON_DELTA_MV}, left)["v"]
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
        known = self.defined(states, known, behind)
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
        slopes = self.values(states, known, behind)
        return {s: known[s] + dt_ms * slopes[s] for s in states}

    def ordered(self, known: Values, states: Sequence[str], dt_ms: float, behind: Mapping[str, Any]) -> Values:
        """One after another; definitions belong to the state before."""
        known = self.defined(states, known, behind)
        for state in states:
            known = {**known, state: known[state] + dt_ms * self._functions[state](known)}
        return {s: known[s] for s in states}

    def runge(self, known: Values, states: Sequence[str], dt_ms: float, behind: Mapping[str, Any]) -> Values:
        """The classical Runge-Kutta method at the new voltage."""

        def slopes(h: float, along: Values) -> Values:
            at = {**known, **{s: known[s] + h * along[s] for s in states}} if along else known
            return self.values(states, at, behind)

        k1 = slopes(0.0, {})
        k2 = slopes(dt_ms / 2, k1)
        k3 = slopes(dt_ms / 2, k2)
        k4 = slopes(dt_ms, k3)
        return {s: known[s] + dt_ms / 6 * (k1[s] + 2 * k2[s] + 2 * k3[s] + k4[s]) for s in states}

    def implicit(self, known: Values, states: Sequence[str], dt_ms: float, behind: Mapping[str, Any]) -> Values:
        """z = x + dt f(z) for all of them, by Newton's method."""
        start = np.array(np.broadcast_arrays(*[known[s] for s in states], known["v"])[:-1], dtype=float)
        z = start.copy()

        fixed = {**self.held(self._standing, known), **behind}

        def rates(at: np.ndarray) -> np.ndarray:
            found = self.values(states, {**known, **dict(zip(states, at, strict=True))}, fixed)
            return np.array([np.broadcast_to(found[s], at.shape[1:]) for s in states])

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
    """How far z is from z = start + dt f(z), to first order; shapes (states, membranes). All nudged states go in one call."""
    count, nudge = len(z), 1e-6 * np.maximum(np.abs(z), 1e-6)
    shifts = np.eye(count)[:, :, None] * nudge[:, None, :]  # (states, nudged, membranes)
    every = rates(np.concatenate([z[:, None], z[:, None] + shifts, z[:, None] - shifts], axis=1))
    rate, above, below = every[:, 0], every[:, 1 : count + 1], every[:, count + 1 :]
    jacobian = np.eye(count)[:, :, None] - dt_ms * (above - below) / (2 * nudge[None])
    residual = z - start - dt_ms * rate
    found = np.linalg.solve(np.moveaxis(jacobian, (0, 1), (-2, -1)), np.moveaxis(residual, 0, -1)[..., None])
    return np.moveaxis(found[..., 0], -1, 0)


def stimulated(known: Mapping[str, Any], current: Any) -> Values:
    """The same with that stimulus, coherent."""
    return {**known, STIMULUS: current}
