"""One step of the exact solution: Dormand-Prince 8(5,3) from a state of any shape, its error, and the solution inside it.

A state is a flat vector here, variables times the elements of the system's arrays. ``plain_step`` takes the same steps of one neuron in
plain floats.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from spikebridge.reference import dop853
from spikebridge.reference.dense_output import StepTaken, evaluated, polynomial
from spikebridge.reference.stimulus import SILENCE, Shape
from spikebridge.reference.system import Event, State, System

_STAGE = [dop853.A[s, :s].copy() for s in range(dop853.ALL_STAGES)]
_NODES = dop853.A.sum(axis=1).tolist()
_ERRORS = np.vstack([dop853.E5, dop853.E3])


class AdaptiveStep:
    """Steps through a stretch of time in which nothing jumps; states and slopes are flat, shape (variables * neurons,), times in ms."""

    def __init__(self, system: System, rtol: float) -> None:
        self.rtol, self.atol = rtol, 1e-2 * rtol
        self.variables = len(system.names)
        self._kept: list[tuple[float, float, np.ndarray, np.ndarray]] = []
        self.enter(system, SILENCE.within(0.0, 1.0))

    def enter(self, system: System, current: Shape) -> None:
        """Go on where these equations hold, and this stimulus, a smooth function of the time in ms."""
        self.system, self.current = system, current

    def state(self, y: np.ndarray) -> State:
        """What a system calls a state, of the flat vector, shape (variables * neurons,)."""
        if self.system.neurons is None:
            return tuple(y.tolist())
        return tuple(y.reshape(self.variables, *self.system.shape))

    def flat(self, values: State) -> np.ndarray:
        """The flat vector, shape (values * neurons,), of a state or of anything else with values for each element of the system's arrays."""
        if self.system.neurons is None:
            return np.array(values, dtype=float)
        return np.array([np.broadcast_to(x, self.system.shape) for x in values], dtype=float).ravel()

    def slope(self, t: float, y: np.ndarray) -> np.ndarray:
        """The slope at (t, y), per ms, in the shape of y; nan where the equations have no value."""
        slope = np.empty_like(y)
        self.rates(t, y, slope)
        return slope

    def rates(self, t: float, y: np.ndarray, into: np.ndarray) -> None:
        """Write the slope at (t, y) into a row of slopes, of the shape of y."""
        try:
            into[:] = self.flat(self.system.rates(self.state(y), self.current(t)))
        except (ArithmeticError, ValueError):  # ValueError: a logarithm of nothing
            into[:] = np.nan

    def attempt(self, t: float, h: float, y: np.ndarray, slope: np.ndarray) -> StepTaken:
        """A step of size h from a state and its slope, both of shape (variables * neurons,); whether it is good enough is for others to say."""
        slopes = np.empty((dop853.ALL_STAGES, len(slope)))
        slopes[0] = slope
        for s in range(1, dop853.STAGES):
            self.rates(t + _NODES[s] * h, y + h * (_STAGE[s] @ slopes[:s]), slopes[s])
        y1 = y + h * (dop853.B @ slopes[: dop853.STAGES])
        self.rates(t + h, y1, slopes[dop853.STAGES])
        return StepTaken(t, h, y, y1, slopes)

    def error(self, step: StepTaken) -> float:
        """Hairer's combination of the two embedded errors, relative to the tolerance, as a root mean square."""
        scale = self.atol + self.rtol * np.maximum(np.abs(step.y0), np.abs(step.y1))
        fifth, third = (_ERRORS @ step.slopes[: dop853.STAGES + 1]) / scale
        fifth, third = float(fifth @ fifth), float(third @ third)
        if fifth == 0.0 and third == 0.0:
            return 0.0
        return step.h * fifth / math.sqrt((fifth + 0.01 * third) * len(scale))

    def inside(self, step: StepTaken, t: float) -> np.ndarray:
        """The solution at a time within the step, shape (variables * neurons,)."""
        if t == step.t + step.h:
            return step.y1
        there: np.ndarray = step.y0 + evaluated(self._polynomial(step), (t - step.t) / step.h)
        return there

    def _polynomial(self, step: StepTaken) -> np.ndarray:
        """Coefficients of the dense output, shape (7, variables * neurons); made when first asked for."""
        if step.polynomial is None:
            slopes, h = step.slopes, step.h
            for s in range(dop853.STAGES + 1, dop853.ALL_STAGES):
                self.rates(step.t + _NODES[s] * h, step.y0 + h * (_STAGE[s] @ slopes[:s]), slopes[s])
            made = polynomial(h, step.y0, step.y1, (step.first_slope, step.last_slope), dop853.D @ slopes)
            object.__setattr__(step, "polynomial", made)  # computed once; the step stays what it was
        assert step.polynomial is not None
        return step.polynomial

    def keep(self, step: StepTaken) -> None:
        """Keep a step for ``kept``."""
        self._kept.append((step.t, step.h, step.y0, self._polynomial(step)))

    def kept(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """As ``dense_output.Kept`` says, shapes too."""
        t, h, y0, polynomials = zip(*self._kept, strict=True)
        return np.array(t), np.array(h), np.array(y0), np.array(polynomials).swapaxes(0, 1)

    def levels(self, rules: Sequence[Event], y: np.ndarray) -> np.ndarray:
        """The level of every rule for every neuron, shape (rules * neurons,)."""
        state = self.state(y)
        return self.flat(tuple(rule.level(state) for rule in rules))

    def level_and_trend(
        self, rules: Sequence[Event], y: np.ndarray, slope: np.ndarray, by_ms: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Each level, and whether it is higher after a moment along the slope, shape (rules * neurons,) each."""
        level = self.levels(rules, y)
        return level, self.levels(rules, self.ahead(y, slope, by_ms)) > level

    def ahead(self, y: np.ndarray, slope: np.ndarray, by_ms: float) -> np.ndarray:
        """The state a moment later, along the slope, in the shape of y."""
        return y + by_ms * slope

    def replaced(self, y: np.ndarray, after: np.ndarray, who: np.ndarray) -> np.ndarray:
        """The state ``y``, and ``after`` for the neurons that ``who``, shape (neurons,), points out."""
        new = y.reshape(self.variables, -1).copy()
        new[:, who] = after.reshape(self.variables, -1)[:, who]
        return new.ravel()

    def may_cross(self, before: np.ndarray, rises: np.ndarray, after: np.ndarray, still_rises: np.ndarray) -> bool:
        """Whether a level, given at both ends of a step with whether it rises there, shape (rules * neurons,) each, can have crossed
        zero upwards inside."""
        return bool(np.any((before <= 0) & ((after > 0) | (rises & ~still_rises))))
