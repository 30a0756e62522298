"""One step of the exact solution: Dormand-Prince 8(5,3) from a state of any shape, its error, and the solution inside it.

A state is a flat vector here, variables times the elements of the system's arrays.
"""

from __future__ import annotations

import math

import numpy as np

from spikebridge.reference import dop853
from spikebridge.reference.dense_output import StepTaken, evaluated
from spikebridge.reference.stimulus import SILENCE, Shape
from spikebridge.reference.system import State, System

_WRITTEN_OUT = 24  # variables of a neuron whose steps are plain arithmetic: with more, arrays are faster
_STAGE = [dop853.A[s, :s].copy() for s in range(dop853.ALL_STAGES)]
_NODES = dop853.A.sum(axis=1).tolist()
_ERRORS = np.vstack([dop853.E5, dop853.E3])


class AdaptiveStep:
    """Steps through a stretch of time in which nothing jumps.

    Attributes
    ----------
    system : whose equations hold there, as they are while neurons rest
    current : the stimulus there, a smooth function of the time in ms
    """

    def __init__(self, system: System, rtol: float) -> None:
        self.system, self.rtol = system, rtol
        self.current: Shape = SILENCE.within(0.0, 1.0)
        self.variables = len(system.names)
        self.atol = 1e-2 * rtol

    def state(self, y: np.ndarray) -> State:
        """What a system calls a state, of the flat vector."""
        if self.system.neurons is None:
            return tuple(y.tolist())
        return tuple(y.reshape(self.variables, *self.system.shape))

    def flat(self, values: State) -> np.ndarray:
        """The flat vector of a state, or of anything else that has a value for each element of the system's arrays."""
        return np.array([np.broadcast_to(x, self.system.shape) for x in values], dtype=float).ravel()

    def rates(self, t: float, y: np.ndarray, into: np.ndarray) -> None:
        """Write the slope at (t, y) into a row of slopes; nan where the equations have no value."""
        try:
            rates = self.system.rates(self.state(y), self.current(t))
        except (ArithmeticError, ValueError):  # ValueError: a logarithm of nothing
            into[:] = np.nan
            return
        into[:] = rates if self.system.neurons is None else self.flat(rates)

    def attempt(self, t: float, h: float, y: np.ndarray, slope: np.ndarray) -> StepTaken:
        """A step of size h from a state and its slope; whether it is good enough is for others to say."""
        if self.system.neurons is None and self.variables <= _WRITTEN_OUT:
            return self._attempt_alone(t, h, y, slope)
        slopes = np.empty((dop853.ALL_STAGES, len(slope)))
        slopes[0] = slope
        for s in range(1, dop853.STAGES):
            self.rates(t + _NODES[s] * h, y + h * (_STAGE[s] @ slopes[:s]), slopes[s])
        y1 = y + h * (dop853.B @ slopes[: dop853.STAGES])
        self.rates(t + h, y1, slopes[dop853.STAGES])
        return StepTaken(t, h, y, y1, slopes)

    def _attempt_alone(self, t: float, h: float, y: np.ndarray, slope: np.ndarray) -> StepTaken:
        slopes = np.empty((dop853.ALL_STAGES, len(slope)))
        slopes[0] = slope
        try:
            y1, found = dop853.written_out(self.variables)(self.system.rates, self.current, t, h, y.tolist(), slope.tolist())
        except (ArithmeticError, ValueError):  # as in rates
            slopes[1:] = np.nan
            return StepTaken(t, h, y, np.full_like(y, np.nan), slopes)
        slopes[: dop853.STAGES + 1] = found
        return StepTaken(t, h, y, np.array(y1), slopes)

    def error(self, step: StepTaken) -> float:
        """Hairer's combination of the two embedded errors, relative to the tolerance, as a root mean square."""
        scale = self.atol + self.rtol * np.maximum(np.abs(step.y0), np.abs(step.y1))
        fifth, third = (_ERRORS @ step.slopes[: dop853.STAGES + 1]) / scale
        fifth, third = float(fifth @ fifth), float(third @ third)
        if fifth == 0.0 and third == 0.0:
            return 0.0
        return step.h * fifth / math.sqrt((fifth + 0.01 * third) * len(scale))

    def inside(self, step: StepTaken, t: np.ndarray) -> np.ndarray:
        """The solution at times within the step, shape (variables * neurons, times)."""
        if len(t) == 1 and t[0] == step.t + step.h:
            return step.y1[:, None]
        x = ((t - step.t) / step.h)[:, None]
        return (step.y0 + evaluated(self.polynomial(step)[:, None, :], x)).T

    def polynomial(self, step: StepTaken) -> np.ndarray:
        """Coefficients of the dense output, shape (7, variables * neurons); made when first asked for."""
        if step.polynomial is not None:
            return step.polynomial
        slopes, h = step.slopes, step.h
        for s in range(dop853.STAGES + 1, dop853.ALL_STAGES):
            self.rates(step.t + _NODES[s] * h, step.y0 + h * (_STAGE[s] @ slopes[:s]), slopes[s])
        rise = step.y1 - step.y0
        first = h * slopes[0] - rise
        second = 2 * rise - h * (slopes[0] + slopes[dop853.STAGES])
        polynomial = np.vstack([rise, first, second, h * (dop853.D @ slopes)])
        object.__setattr__(step, "polynomial", polynomial)  # computed once; the step stays what it was
        return polynomial
