"""Limit cycles by shooting: period, stability, and branches along a parameter with their folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bridge.errors import DefinitionError
from bridge.model import STIMULUS, Model
from bridge.quantity import Parameter
from reports.analyses.axes import axes_of, with_unit
from reports.analyses.cycle_continuation import Continuation, Orbit
from reports.analyses.field import Field
from reports.analyses.response import Bench, Pulse, model_of
from reports.analyses.root import scipy_module
from reports.analyses.threshold import summit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FINE = 1e-11  # relative tolerance of the flow
_SAMPLES = 801  # of an orbit
_NUDGE = 1e-6  # of the scale of a variable, for the derivatives of the flow
_NEWTON = 10
_SURE = 0.03  # of the root of the tolerance: a scaled step of Newton's method from which one more leaves nothing


class NoCycleError(ArithmeticError):
    """No limit cycle is found from the start given; says why."""


@dataclass(frozen=True)
class Cycle:
    """One limit cycle.

    Attributes
    ----------
    parameter : its value, in its own unit
    period_ms : of the cycle
    start : a state on it, by name, in the units of the model
    multipliers : Floquet multipliers, shape (variables,), the trivial one of 1 first, then by falling modulus
    orbit : one period, by variable, each of shape (samples,); ``t_ms`` among them
    residual : how far, in scaled units, the orbit misses its start after one period; on a branch, the largest relative
        residual of the equations along the orbit
    """

    parameter: float
    period_ms: float
    start: Mapping[str, float]
    multipliers: np.ndarray
    orbit: Mapping[str, np.ndarray]
    residual: float

    @property
    def stable(self) -> bool:
        """Whether all multipliers but the trivial one lie inside the unit circle."""
        return bool(np.all(np.abs(self.multipliers[1:]) < 1.0))

    @property
    def rate_hz(self) -> float:
        """1000/period."""
        return 1000.0 / self.period_ms


@dataclass(frozen=True)
class CycleBranch:
    """Limit cycles along one curve, in its order; ``folds`` are cycles at which it turns back in the parameter.

    Folds are refined, except where a canard explosion leaves nothing to refine; there they are one of the cycles.
    """

    name: str
    unit: str
    cycles: tuple[Cycle, ...]
    folds: tuple[Cycle, ...]
    units: Mapping[str, str]

    @property
    def parameter(self) -> np.ndarray:
        """Shape (cycles,)."""
        return np.array([c.parameter for c in self.cycles])

    @property
    def period_ms(self) -> np.ndarray:
        """Shape (cycles,)."""
        return np.array([c.period_ms for c in self.cycles])

    def extremes(self, variable: str) -> tuple[np.ndarray, np.ndarray]:
        """Least and greatest value on each cycle, each of shape (cycles,), on a quartic through the samples around them."""
        orbits = [(c.orbit["t_ms"], c.orbit[variable]) for c in self.cycles]
        return np.array([-summit(t, -x)[0] for t, x in orbits]), np.array([summit(t, x)[0] for t, x in orbits])

    def table(self) -> pd.DataFrame:
        """One row a cycle."""
        import pandas as pd

        return pd.DataFrame(
            {
                with_unit(self.name, self.unit): self.parameter, "period_ms": self.period_ms,
                "rate_Hz": 1000.0 / self.period_ms, "stable": [c.stable for c in self.cycles],
            }
        )  # fmt: skip


def limit_cycle(
    model: Model | str,
    value: float,
    parameter: str = STIMULUS,
    stimulus: float = 0.0,
    settle_ms: float = 500.0,
    dt_ms: float = 0.02,
) -> Cycle:
    """The stable cycle that the model's own initial values lead to.

    Found by running for ``settle_ms``, then by Newton's method on the return to the start after one period.

    Parameters
    ----------
    value : of the parameter, in its own unit; of the stimulus, by default

    Raises
    ------
    DefinitionError : the model is a map, or a spike resets it
    NoCycleError : it comes to rest, or does not repeat itself
    """
    shooter = _Shooter(_field(model_of(model), parameter, stimulus))
    return shooter.cycle(shooter.newton(shooter.settled(value * shooter.field.unit, settle_ms, dt_ms)))


def cycle_branch(
    model: Model | str,
    value: float,
    low: float,
    high: float,
    parameter: str = STIMULUS,
    stimulus: float = 0.0,
    step: float = 0.3,
    most: int = 600,
    settle_ms: float = 500.0,
    dt_ms: float = 0.02,
    longest_ms: float = 2000.0,
) -> CycleBranch:
    """The branch of cycles through the stable one at ``value``, both ways, past folds.

    It ends where the parameter leaves [low, high], where the cycle shrinks to a Hopf point or its period passes
    ``longest_ms`` towards a homoclinic orbit, or after ``most`` cycles each way.

    Parameters
    ----------
    step : along the branch; 10 mV, a tenth of the range, and a fifth of the first period count as one
    """
    if not low < high or not low <= value <= high:
        raise ValueError(f"the branch begins at {value:g}, which must lie in a rising range; found {low:g} to {high:g}")
    field = _field(model_of(model), parameter, stimulus)
    shooter = _Shooter(field)
    settled = shooter.newton(shooter.settled(value * field.unit, settle_ms, dt_ms)) * shooter.scale
    n, period = field.size, float(settled[-2])
    states = shooter.flow(settled[:n, None], settled[-1], period, np.linspace(0.0, period, _SAMPLES))
    scale = np.concatenate([field.scale, [0.2 * period, 0.1 * (high - low) * field.unit]])
    continuation = Continuation(field, scale)
    first = continuation.first(states, period, float(settled[-1]))
    if first is None:
        raise NoCycleError(f"{field.model.name}: the cycle at {parameter} = {value:g} cannot be followed")
    bounds = low * field.unit, high * field.unit
    ways = [continuation.follow(first, sign, bounds, step, most, longest_ms) for sign in (-1.0, 1.0)]
    orbits = ways[0][:0:-1] + ways[1]
    longest = max(range(len(orbits)), key=lambda k: float(orbits[k].z[-2]))
    orbits[longest] = continuation.refined(orbits[longest])
    cycles = tuple(_cycle_of(continuation, orbit) for orbit in orbits)
    folds = tuple(_cycle_of(continuation, orbit) for orbit in continuation.folds(orbits))
    units = {name: str(field.model.unit_of(name)) for name in field.model.state_names}
    return CycleBranch(parameter, str(field.model.unit_of(parameter)), cycles, folds, units)


def _cycle_of(continuation: Continuation, orbit: Orbit) -> Cycle:
    """The cycle in the units of the model."""
    field, n = continuation.field, continuation.field.size
    period, parameter = (float(x) for x in (orbit.z * continuation.scale)[n:])
    t_ms = np.linspace(0.0, period, _SAMPLES)
    table = orbit.smooth(t_ms / period) * continuation.scale[:n, None]
    samples = {name: table[i] / field.units[i] for i, name in enumerate(field.model.state_names)}
    start = {name: float(values[0]) for name, values in samples.items()}
    found = _multipliers(continuation.monodromy(orbit))
    return Cycle(parameter / field.unit, period, start, found, {"t_ms": t_ms, **samples}, orbit.residual)


def _multipliers(monodromy: np.ndarray) -> np.ndarray:
    """The trivial one first, the others by falling modulus."""
    found = np.linalg.eigvals(monodromy).astype(complex)
    trivial = int(np.argmin(np.abs(found - 1.0)))
    rest = np.delete(found, trivial)
    return np.append(found[trivial], rest[np.argsort(-np.abs(rest))])


def _field(model: Model, parameter: str, stimulus: float) -> Field:
    if model.resets:
        raise DefinitionError(f"{model.name}: a spike resets it, so its orbits jump; take the f-I curve instead of a cycle")
    return Field(model, parameter, stimulus)


class _Shooter:
    """z = (state, period, parameter) in scaled coordinates; a cycle is where the flow over one period returns to the state.

    The start moves along the branch across the flow of the cycle before, which fixes the phase (Seydel 2010, Practical
    Bifurcation and Stability Analysis, sec. 7.1).
    """

    def __init__(self, field: Field, rtol: float = FINE) -> None:
        self.field, self.rtol = field, rtol
        self.pin, self.normal = np.zeros(field.size), np.eye(field.size)[field.scanned]
        self.last: tuple[bytes, tuple[np.ndarray, np.ndarray, np.ndarray]] | None = None
        self.scale = np.concatenate([field.scale, [1.0, field.unit]])

    def hold_phase(self, z: np.ndarray) -> None:
        """Start cycles from now on in the plane through z across the flow there."""
        n = self.field.size
        true = z * self.scale
        speed = self.field(true[:n, None], true[-1])[:, 0] / self.field.scale
        self.pin, self.normal = z[:n].copy(), speed / np.linalg.norm(speed)

    # the flow ---------------------------------------------------------------------------------------

    def flow(self, starts: np.ndarray, p: np.ndarray, period_ms: float, t_ms: np.ndarray | None = None) -> np.ndarray:
        """States after one period, shape (variables, starts); or of the first start at ``t_ms``."""
        shape = starts.shape
        done = scipy_module("integrate").solve_ivp(
            lambda _, y: self.field(y.reshape(shape), p).ravel(), (0.0, period_ms), starts.ravel(), method="DOP853",
            rtol=self.rtol, atol=0.1 * self.rtol, t_eval=t_ms,
        )  # fmt: skip
        if not done.success:
            raise NoCycleError(f"{self.field.model.name}: the orbit cannot be followed: {done.message}")
        table = done.y.reshape(*shape, -1)
        return table[:, 0, :] if t_ms is not None else table[..., -1]

    def settled(self, p: float, settle_ms: float, dt_ms: float) -> np.ndarray:
        """A first guess from a run: a state at an upward crossing of the middle of the swing, and the last period."""
        field = self.field
        model, pulses = field.model, [Pulse(p / field.unit)]
        if field.parameter != STIMULUS:
            there = Parameter(p / field.unit, model.unit_of(field.parameter))
            model, pulses = model.with_parameters({field.parameter: there}), [Pulse(field.stimulus)]
        run = Bench(dt_ms=dt_ms).response(model, pulses, settle_ms)
        table = np.array([run.states[s] for s in model.state_names]) * field.units[:, None]
        half = len(run.t_ms) // 2
        swing = table[field.scanned, half:]
        anchor = 0.5 * (float(swing.min()) + float(swing.max()))
        up = half + np.flatnonzero((swing[:-1] < anchor) & (swing[1:] >= anchor))
        if len(up) < 2 or np.ptp(swing) < 1e-4 * field.scale[field.scanned]:
            raise NoCycleError(f"{model.name}: it does not oscillate after {settle_ms:g} ms; it may rest there")
        share = (anchor - table[field.scanned, up]) / (table[field.scanned, up + 1] - table[field.scanned, up])
        times = run.t_ms[up] + share * dt_ms
        y = table[:, up[-1]] + share[-1] * (table[:, up[-1] + 1] - table[:, up[-1]])
        guess = np.concatenate([y, [times[-1] - times[-2], p]]) / self.scale
        self.hold_phase(guess)
        return guess

    # the equations ----------------------------------------------------------------------------------

    def misses(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How far the orbit misses its start, the derivatives of that by z, and those of the flow by the state."""
        missed, rows, monodromy = self._returned(z)
        n = self.field.size
        phase = np.append(self.normal, [0.0, 0.0])
        return np.append(missed, self.normal @ (z[:n] - self.pin)), np.vstack([rows, phase]), monodromy

    def _returned(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """As ``misses``, without the phase; the last one is kept."""
        key = z.tobytes()
        if self.last is not None and self.last[0] == key:
            return self.last[1]
        field, n = self.field, self.field.size
        true = z * self.scale
        y, period, p = true[:n], float(true[n]), float(true[n + 1])
        nudges = _NUDGE * np.append(field.scale, self.scale[-1])
        # column 0 is the orbit itself, then a pair for every variable and for the parameter
        starts, values = np.repeat(y[:, None], 2 * n + 3, axis=1), np.full(2 * n + 3, p)
        for j in range(n):
            starts[j, 1 + 2 * j] += nudges[j]
            starts[j, 2 + 2 * j] -= nudges[j]
        values[-2:] += np.array([1.0, -1.0]) * nudges[n]
        ends = self.flow(starts, values, period)
        slopes = (ends[:, 1::2] - ends[:, 2::2]) / (2 * nudges)
        along = field(ends[:, :1], p)[:, 0]
        rows = np.column_stack([slopes[:, :n] - np.eye(n), along, slopes[:, n]]) * self.scale / field.scale[:, None]
        found = (ends[:, 0] - y) / field.scale, rows, slopes[:, :n]
        self.last = key, found
        return found

    def newton(self, z: np.ndarray, plane: np.ndarray | None = None, reach: float = 20.0) -> np.ndarray:
        """The cycle on the plane through z across ``plane``, no further away than ``reach``; by default at the parameter of z."""
        plane = np.eye(len(z))[-1] if plane is None else plane
        at, change = z.copy(), np.inf
        for _ in range(_NEWTON):
            missed, slopes, _ = self.misses(at)
            before = change
            step = np.linalg.solve(np.vstack([slopes, plane]), np.append(-missed, plane @ (z - at)))
            at, change = at + step, float(np.max(np.abs(step)))
            # so near, the next step would be the square of this one
            if change < max(_SURE * np.sqrt(self.rtol), 10 * self.rtol) or (change < 1e4 * self.rtol and change > 0.5 * before):
                return at
            if not np.isfinite(change) or np.max(np.abs(at - z)) > reach or at[-2] <= 0:
                break
        if change < 1e4 * self.rtol:
            return at
        raise NoCycleError(f"{self.field.model.name}: no cycle near this start; let it settle for longer, or take smaller steps")

    def cycle(self, z: np.ndarray) -> Cycle:
        field, n = self.field, self.field.size
        true = z * self.scale
        missed, _, monodromy = self.misses(z)
        t_ms = np.linspace(0.0, float(true[n]), _SAMPLES)
        table = self.flow(true[:n, None], true[n + 1], float(true[n]), t_ms)
        orbit = {name: table[i] / field.units[i] for i, name in enumerate(field.model.state_names)}
        start = {name: float(samples[0]) for name, samples in orbit.items()}
        residual = float(np.max(np.abs(missed)))
        return Cycle(
            float(true[-1] / field.unit), float(true[n]), start, _multipliers(monodromy), {"t_ms": t_ms, **orbit}, residual
        )


def _with_neighbours(chosen: np.ndarray) -> np.ndarray:
    """With the cycle before each stretch, so that lines meet."""
    return chosen | np.append(chosen[1:], False)


def plot_cycle_branch(branch: CycleBranch, variable: str | None = None, axes: Axes | None = None) -> Figure:
    """Least and greatest value against the parameter: lines where stable, dashes where not, folds marked; onto the axes of ``plot_branches``, say."""
    variable = variable or next(name for name in branch.cycles[0].orbit if name != "t_ms")
    axes, style = axes_of(axes, with_unit(branch.name, branch.unit), with_unit(variable, branch.units[variable]))
    stable = np.array([c.stable for c in branch.cycles])
    for place, values in enumerate(branch.extremes(variable)):
        for name, line, width in (("stable cycle", "-", 1.6), ("unstable cycle", "--", 0.9)):
            chosen = stable if name == "stable cycle" else ~stable
            label = name if place == 0 and np.any(chosen) else None
            shown = np.where(_with_neighbours(chosen), values, np.nan)
            axes.plot(branch.parameter, shown, line, linewidth=width, color=style(2)["color"], label=label)
    if branch.folds:
        ends = [(c.parameter, x) for c in branch.folds for x in (c.orbit[variable].min(), c.orbit[variable].max())]
        axes.plot(*np.transpose(ends), "s", color=style(2)["color"], markersize=4, label="fold of cycles")
    return axes.figure  # type: ignore[return-value]


def plot_period(branch: CycleBranch, axes: Axes | None = None) -> Figure:
    """Period against the parameter: a line where stable, dashes where not, folds marked."""
    axes, style = axes_of(axes, with_unit(branch.name, branch.unit), "period (ms)")
    stable = np.array([c.stable for c in branch.cycles])
    for chosen, line, width, name in ((stable, "-", 1.6, "stable cycle"), (~stable, "--", 0.9, "unstable cycle")):
        shown = np.where(_with_neighbours(chosen), branch.period_ms, np.nan)
        axes.plot(branch.parameter, shown, line, linewidth=width, color=style(2)["color"], label=name if np.any(chosen) else None)
    if branch.folds:
        folds = [(c.parameter, c.period_ms) for c in branch.folds]
        axes.plot(*np.transpose(folds), "s", color=style(2)["color"], markersize=4, label="fold of cycles")
    return axes.figure  # type: ignore[return-value]
