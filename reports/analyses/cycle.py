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
from reports.analyses.field import Field
from reports.analyses.response import Bench, Pulse, model_of
from reports.analyses.root import root, scipy_module
from reports.analyses.threshold import summit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FINE, ROUGH = 1e-11, 1e-9  # relative tolerances of the flow: of single cycles and folds, and along a branch
_NUDGE = 1e-6  # of the scale of a variable, for the derivatives of the flow
_NEWTON = 10


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
    residual : how far, in scaled units, the orbit misses its start after one period
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

    Folds are refined, except where a canard explosion puts them out of Newton's reach; there they are the last cycle before.
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
    step: float = 0.2,
    most: int = 60,
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
    field = _field(model_of(model), parameter, stimulus)
    shooter = _Shooter(field, ROUGH)
    first = shooter.newton(shooter.settled(value * field.unit, settle_ms, dt_ms))
    shooter.rescale(first, (high - low) * field.unit)
    shooter.hold_phase(first)
    bounds = low * field.unit, high * field.unit
    ways = [shooter.follow(first, sign, bounds, step, most, longest_ms) for sign in (-1.0, 1.0)]
    back, forth = (way[0] for way in ways)
    points = back[:0:-1] + forth
    cycles = tuple(shooter.cycle(z) for z in points)
    shooter.rtol, shooter.last = FINE, None
    folds = tuple(shooter.cycle(z) for way in ways for z in way[1])
    units = {name: str(field.model.unit_of(name)) for name in field.model.state_names}
    return CycleBranch(parameter, str(field.model.unit_of(parameter)), cycles, folds, units)


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

    def rescale(self, z: np.ndarray, width: float) -> None:
        """Make one step count a fifth of the period and a tenth of the range of the parameter; z is kept."""
        true = z * self.scale
        self.scale = np.concatenate([self.field.scale, [0.2 * true[-2], 0.1 * width]])
        z[:] = true / self.scale

    def hold_phase(self, z: np.ndarray) -> None:
        """Start cycles from now on in the plane through z across the flow there."""
        n = self.field.size
        true = z * self.scale
        speed = self.field(true[:n, None], true[-1])[:, 0] / self.field.scale
        self.pin, self.normal, self.last = z[:n].copy(), speed / np.linalg.norm(speed), None

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
        missed = (ends[:, 0] - y) / field.scale
        phase = np.append(self.normal, [0.0, 0.0])
        found = np.append(missed, self.normal @ (z[:n] - self.pin)), np.vstack([rows, phase]), slopes[:, :n]
        self.last = key, found
        return found

    def newton(self, z: np.ndarray, plane: np.ndarray | None = None) -> np.ndarray:
        """The cycle on the plane through z across ``plane``; by default at the parameter of z."""
        plane = np.eye(len(z))[-1] if plane is None else plane
        at, change = z.copy(), np.inf
        for _ in range(_NEWTON):
            missed, slopes, _ = self.misses(at)
            before = change
            step = np.linalg.solve(np.vstack([slopes, plane]), np.append(-missed, plane @ (z - at)))
            at, change = at + step, float(np.max(np.abs(step)))
            if change < 10 * self.rtol or (change < 1e4 * self.rtol and change > 0.5 * before):
                return at
            if not np.isfinite(change) or change > 20.0 or at[-2] <= 0:
                break
        if change < 1e4 * self.rtol:
            return at
        raise NoCycleError(f"{self.field.model.name}: no cycle near this start; let it settle for longer, or take smaller steps")

    def cycle(self, z: np.ndarray) -> Cycle:
        field, n = self.field, self.field.size
        true = z * self.scale
        missed, _, monodromy = self.misses(z)
        found = np.linalg.eigvals(monodromy).astype(complex)
        trivial = int(np.argmin(np.abs(found - 1.0)))
        rest = np.delete(found, trivial)
        multipliers = np.append(found[trivial], rest[np.argsort(-np.abs(rest))])
        t_ms = np.linspace(0.0, float(true[n]), 801)
        table = self.flow(true[:n, None], true[n + 1], float(true[n]), t_ms)
        orbit = {name: table[i] / field.units[i] for i, name in enumerate(field.model.state_names)}
        start = {name: float(samples[0]) for name, samples in orbit.items()}
        residual = float(np.max(np.abs(missed)))
        return Cycle(float(true[-1] / field.unit), float(true[n]), start, multipliers, {"t_ms": t_ms, **orbit}, residual)

    # the branch -------------------------------------------------------------------------------------

    def tangent(self, z: np.ndarray, like: np.ndarray) -> np.ndarray:
        """The unit tangent of the branch that points the way of ``like``."""
        direction = np.linalg.svd(self.misses(z)[1])[2][-1]
        return direction if direction @ like > 0 else -direction

    def follow(
        self, first: np.ndarray, sign: float, bounds: tuple[float, float], step: float, most: int, longest_ms: float
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Cycles and folds one way along the branch."""
        like = np.zeros(len(first))
        like[-1] = sign
        self.hold_phase(first)
        z, tangent, h = first, self.tangent(first, like), step
        points, folds = [first], []
        while len(points) < most and h > 1e-3 * step:
            try:
                self.hold_phase(z)
                new = self.newton(z + h * tangent, tangent)
                turned = self.tangent(new, tangent)
            except (NoCycleError, np.linalg.LinAlgError):
                h *= 0.5
                continue
            # a cycle further off than the step lies on another branch, or is this one run through several times
            if np.linalg.norm(new - z) > 1.5 * h or (turned @ tangent < 0.9 and h > 1e-2 * step):
                h *= 0.5
                continue
            if turned[-1] * tangent[-1] < 0:
                folds.append(self._fold(z, tangent, new))
                self.hold_phase(new)
            z, tangent, h = new, turned, min(1.5 * h, step)
            points.append(z)
            true = z * self.scale
            if not bounds[0] <= true[-1] <= bounds[1] or true[-2] > longest_ms or self._shrunk(z):
                break
        return points, folds

    def _fold(self, z: np.ndarray, tangent: np.ndarray, new: np.ndarray) -> np.ndarray:
        """The cycle between z and the next at which the parameter turns; the more extreme of them where it is out of reach."""

        def turning(h: float) -> float:
            return float(self.tangent(self.newton(z + h * tangent, tangent), tangent)[-1])

        length = float((new - z) @ tangent)
        rough, self.rtol = self.rtol, FINE
        self.hold_phase(z)
        try:
            return self.newton(z + root(turning, 0.0, length, 1e-6 * length) * tangent, tangent)
        except (NoCycleError, ValueError):
            return max(z, new, key=lambda y: y[-1] * np.sign(tangent[-1]))
        finally:
            self.rtol = rough

    def _shrunk(self, z: np.ndarray) -> bool:
        """Whether the speed at the start says that hardly anything is left of the swing."""
        true = z * self.scale
        n = self.field.size
        speed = np.abs(self.field(true[:n, None], true[-1])[:, 0]) / self.field.scale
        return bool(np.max(speed) * true[n] < 0.05)


def plot_cycle_branch(branch: CycleBranch, variable: str | None = None, axes: Axes | None = None) -> Figure:
    """Least and greatest value against the parameter: filled where stable; onto the axes of ``plot_branches``, say."""
    variable = variable or next(name for name in branch.cycles[0].orbit if name != "t_ms")
    axes, style = axes_of(axes, with_unit(branch.name, branch.unit), with_unit(variable, branch.units[variable]))
    stable = np.array([c.stable for c in branch.cycles])
    for values in branch.extremes(variable):
        for chosen, fill in ((stable, "full"), (~stable, "none")):
            axes.plot(
                branch.parameter[chosen],
                values[chosen],
                "o",
                markersize=3.5,
                color=style(2)["color"],
                fillstyle=fill,  # type: ignore[arg-type]
            )
    return axes.figure  # type: ignore[return-value]


def plot_period(branch: CycleBranch, axes: Axes | None = None) -> Figure:
    """Period against the parameter: a line where stable, dashes where not, folds marked."""
    axes, style = axes_of(axes, with_unit(branch.name, branch.unit), "period (ms)")
    stable = np.array([c.stable for c in branch.cycles])
    for chosen, line in ((stable, "-"), (~stable, "--")):
        axes.plot(branch.parameter, np.where(chosen, branch.period_ms, np.nan), line, marker=".", color=style(0)["color"])
    axes.plot([c.parameter for c in branch.folds], [c.period_ms for c in branch.folds], "s", color=style(1)["color"])
    return axes.figure  # type: ignore[return-value]
