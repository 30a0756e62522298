"""One limit cycle by shooting: Newton's method on the return to the start after one period.

The start stays in the plane through the first guess across the flow there, which fixes the phase (Seydel 2010, Practical
Bifurcation and Stability Analysis, sec. 7.1).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from spikebridge.bridge.definition.model import STIMULUS
from spikebridge.bridge.errors import InputError
from spikebridge.bridge.expressions.quantity import Parameter
from spikebridge.reports.analyses.field import Field
from spikebridge.reports.analyses.response import Bench, Pulse, Response
from spikebridge.reports.analyses.root import scipy_module

FLOW = 1e-11  # relative tolerance of the flow
_NUDGE = 1e-6  # of the scale of a variable, for the derivatives of the flow
_NEWTON = 10
_FAR = 20.0  # scaled; a step of Newton's method that long leads to no cycle


class NoCycleError(InputError, ArithmeticError):
    """No limit cycle is found from the start given; says why."""


class Shooter:
    """Orbits of a model at one value of the field's parameter, which is given in the units of the field."""

    def __init__(self, field: Field, parameter: float) -> None:
        self.field, self.parameter = field, parameter

    def flow(self, starts: np.ndarray, period_ms: float) -> np.ndarray:
        """States after one period, shape (variables, starts).

        Parameters
        ----------
        starts : coherent states, shape (variables, starts)
        """
        return self._solved(starts, period_ms).y[:, -1].reshape(starts.shape)

    def orbit(self, state: np.ndarray, period_ms: float, t_ms: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Times and states, shape (variables, times), of one period: at ``t_ms``, or where the solver's own steps end.

        Parameters
        ----------
        state : coherent, shape (variables,)
        t_ms : shape (times,), from 0 to the period at most
        """
        done = self._solved(state, period_ms, t_ms)
        return done.t, done.y

    def _solved(self, starts: np.ndarray, period_ms: float, t_ms: np.ndarray | None = None) -> Any:
        shape = (self.field.size, -1)
        done = scipy_module("integrate").solve_ivp(
            lambda _, y: self.field(y.reshape(shape), self.parameter).ravel(), (0.0, period_ms), starts.ravel(), method="DOP853",
            rtol=FLOW, atol=0.1 * FLOW, t_eval=t_ms,
        )  # fmt: skip
        if not done.success:
            raise NoCycleError(f"{self.field.model.name}: the orbit cannot be followed: {done.message}")
        return done

    def settled(self, settle_ms: float, dt_ms: float) -> tuple[np.ndarray, float]:
        """A first guess from a run: the state at an upward crossing of the middle of the swing, and the last period.

        Parameters
        ----------
        settle_ms, dt_ms : duration and step of the run

        Returns
        -------
        coherent, shape (variables,), and ms
        """
        field = self.field
        run = self._run(settle_ms, dt_ms)
        table = np.array([run.states[s] for s in field.model.state_names]) * field.units[:, None]
        half = len(run.t_ms) // 2
        swing = table[field.scanned, half:]
        middle = 0.5 * (float(swing.min()) + float(swing.max()))
        up = half + np.flatnonzero((swing[:-1] < middle) & (swing[1:] >= middle))
        if len(up) < 2 or np.ptp(swing) < 1e-4 * field.scale[field.scanned]:
            raise NoCycleError(f"{field.model.name}: it does not oscillate after {settle_ms:g} ms; it may rest there")
        share = (middle - table[field.scanned, up]) / (table[field.scanned, up + 1] - table[field.scanned, up])
        times = run.t_ms[up] + share * dt_ms
        state = table[:, up[-1]] + share[-1] * (table[:, up[-1] + 1] - table[:, up[-1]])
        return state, float(times[-1] - times[-2])

    def _run(self, settle_ms: float, dt_ms: float) -> Response:
        field = self.field
        model, value = field.model, self.parameter / field.unit
        if field.parameter == STIMULUS:
            return Bench(dt_ms=dt_ms).response(model, [Pulse(value)], settle_ms)
        model = model.with_parameters({field.parameter: Parameter(value, model.unit_of(field.parameter))})
        return Bench(dt_ms=dt_ms).response(model, [Pulse(field.stimulus)], settle_ms)

    def returned(self, state: np.ndarray, period_ms: float) -> tuple[np.ndarray, np.ndarray]:
        """The state one period later and the derivatives of that by the state.

        Parameters
        ----------
        state : coherent, shape (variables,)

        Returns
        -------
        arrays of shapes (variables,) and (variables, variables)
        """
        nudges = _NUDGE * self.field.scale
        # column 0 is the orbit itself, then a pair for every variable
        pairs = np.diag(nudges).repeat(2, axis=1) * np.tile([1.0, -1.0], len(state))
        ends = self.flow(state[:, None] + np.column_stack([np.zeros(len(state)), pairs]), period_ms)
        return ends[:, 0], (ends[:, 1::2] - ends[:, 2::2]) / (2 * nudges)

    def closed(self, state: np.ndarray, period_ms: float) -> tuple[np.ndarray, float]:
        """The cycle near that guess: a state on it and its period.

        Parameters
        ----------
        state, period_ms : the guess; the state coherent, shape (variables,)

        Returns
        -------
        coherent, shape (variables,), and ms

        Raises
        ------
        NoCycleError : Newton's method finds none
        """
        field, n = self.field, self.field.size
        speed = field(state[:, None], self.parameter)[:, 0] / field.scale
        scale = np.append(field.scale, 1.0)
        first = np.append(state, period_ms) / scale
        across = np.append(speed / np.linalg.norm(speed), 0.0)
        z, change = first.copy(), np.inf
        for _ in range(_NEWTON):
            there, monodromy = self.returned(z[:n] * field.scale, float(z[n]))
            along = field(there[:, None], self.parameter)[:, 0]
            rows = np.column_stack([monodromy - np.eye(n), along]) * scale / field.scale[:, None]
            missed = np.append(there / field.scale - z[:n], across @ (z - first))
            before = change
            step = np.linalg.solve(np.vstack([rows, across]), -missed)
            z, change = z + step, float(np.max(np.abs(step)))
            if change < 10 * FLOW or (change < 1e4 * FLOW and change > 0.5 * before):
                break
            if not change < _FAR or z[n] <= 0:
                break
        if not change < 1e4 * FLOW:
            raise NoCycleError(f"{field.model.name}: no cycle near this start; let it settle for longer, or take smaller steps")
        return z[:n] * field.scale, float(z[n])
