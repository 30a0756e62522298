"""Limit cycles: period, stability, and branches along a parameter with their folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.branch import range_given
from spikebridge.reports.analyses.cycle_continuation import Continuation, Orbit
from spikebridge.reports.analyses.defaults import usual_current
from spikebridge.reports.analyses.field import Field
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.shooting import NoCycleError, Shooter
from spikebridge.reports.analyses.subject import Subject, model_of
from spikebridge.reports.metrics.extrema import highest
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SAMPLES = 801  # of an orbit


@dataclass(frozen=True)
class Cycle(Result):
    """One limit cycle.

    Attributes
    ----------
    parameter : its value, in its own unit
    period_ms : of the cycle
    start : a state on it, by name, in the units of the model
    multipliers : Floquet multipliers, shape (variables,), the trivial one of 1 first, then by falling modulus
    orbit : one period, by variable, each of shape (samples,); ``t_ms`` among them
    ranges : least and greatest value by variable
    residual : how far, in scaled units, the orbit misses its start after one period; on a branch, the largest relative
        residual of the equations along the orbit
    units : of the variables, by name
    """

    parameter: float
    period_ms: float
    start: Mapping[str, float]
    multipliers: np.ndarray
    orbit: Mapping[str, np.ndarray]
    ranges: Mapping[str, tuple[float, float]]
    residual: float
    units: Mapping[str, str]

    @property
    def stable(self) -> bool:
        """Whether all multipliers but the trivial one lie inside the unit circle."""
        return bool(np.all(np.abs(self.multipliers[1:]) < 1.0))

    @property
    def rate_hz(self) -> float:
        """1000/period."""
        return 1000.0 / self.period_ms

    def to_frame(self) -> pd.DataFrame:
        """The orbit, one row a sample."""
        return frame({with_unit(name, self.units.get(name, "1")): samples for name, samples in self.orbit.items()})

    def plot(self, axes: Axes | None = None) -> Figure:
        """The orbit in the plane of the first two variables; of one variable, against time."""
        x, y = (*self.units, next(iter(self.units)))[:2] if len(self.units) > 1 else ("t_ms", next(iter(self.units)))
        labels = "time (ms)" if x == "t_ms" else with_unit(x, self.units[x]), with_unit(y, self.units[y])
        axes, style = axes_of(axes, *labels)
        axes.plot(self.orbit[x], self.orbit[y], linewidth=1.3, **style(0))
        return axes.figure  # type: ignore[return-value]


@dataclass(frozen=True)
class CycleBranch(Result):
    """Limit cycles along one curve, in its order; ``folds`` are cycles at which it turns back in the parameter.

    Folds are refined, except where a canard explosion leaves nothing to refine; there they are one of the cycles.
    ``ends`` says in words how the curve ends at its first and at its last cycle.
    """

    name: str
    unit: str
    cycles: tuple[Cycle, ...]
    folds: tuple[Cycle, ...]
    units: Mapping[str, str]
    ends: tuple[str, str]

    @property
    def parameter(self) -> np.ndarray:
        """Shape (cycles,)."""
        return np.array([c.parameter for c in self.cycles])

    @property
    def period_ms(self) -> np.ndarray:
        """Shape (cycles,)."""
        return np.array([c.period_ms for c in self.cycles])

    def extremes(self, variable: str) -> tuple[np.ndarray, np.ndarray]:
        """Least and greatest value on each cycle, each of shape (cycles,)."""
        least, greatest = np.transpose([c.ranges[variable] for c in self.cycles])
        return least, greatest

    def to_frame(self) -> pd.DataFrame:
        """One row a cycle."""
        return frame(
            {
                with_unit(self.name, self.unit): self.parameter, "period_ms": self.period_ms,
                "rate_Hz": 1000.0 / self.period_ms, "stable": [c.stable for c in self.cycles],
            }
        )  # fmt: skip

    def plot(self, axes: Axes | None = None) -> Figure:
        """Least and greatest value of the first variable against the parameter."""
        return plot_cycle_branch(self, axes=axes)


def limit_cycle(
    subject: Subject,
    value: float | None = None,
    parameter: str = STIMULUS,
    stimulus: float = 0.0,
    settle_ms: float = 500.0,
    dt_ms: float = 0.02,
) -> Cycle:
    """The stable cycle that the model's own initial values lead to.

    Found by running for ``settle_ms``, then by Newton's method on the return to the start after one period.

    Parameters
    ----------
    value : of the parameter, in its own unit; by default the model's own, of the stimulus the strongest of the subject's experiment

    Raises
    ------
    DefinitionError : the model is a map, or a spike resets it
    NoCycleError : it comes to rest, or does not repeat itself

    Examples
    --------
    >>> cycle = sb.analyses.limit_cycle("fitzhugh_nagumo")
    >>> f"{cycle.period_ms:.2f} ms at {cycle.parameter:g}"
    '39.47 ms at 0.5'
    """
    field = _field(model_of(subject), parameter, stimulus)
    value = _present(subject, field) if value is None else value
    shooter = Shooter(field, value * field.unit)
    state, period = shooter.closed(*shooter.settled(settle_ms, dt_ms))
    there, monodromy = shooter.returned(state, period)
    t_ms, table = shooter.orbit(state, period, np.linspace(0.0, period, _SAMPLES))
    ranges = np.array([[-_greatest(-samples), _greatest(samples)] for samples in table])
    residual = float(np.max(np.abs(there - state) / field.scale))
    return _cycle(field, value, t_ms, table, ranges, monodromy, residual)


def _greatest(samples: np.ndarray) -> float:
    """Of a closed orbit whose last sample is its first, wherever it begins."""
    turned = np.roll(samples[:-1], len(samples) // 2 - int(np.argmax(samples[:-1])))
    return highest(np.arange(len(turned)), turned)[1]


def cycle_branch(
    subject: Subject,
    value: float | None = None,
    low: float | None = None,
    high: float | None = None,
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
    ``longest_ms`` towards a homoclinic orbit, after ``most`` cycles each way, or where no further one is found.

    Parameters
    ----------
    value : where it begins, as for ``limit_cycle``
    low, high : as for ``fixed_point_branches``
    step : along the branch; 10 mV, a tenth of the range, and a fifth of the first period count as one

    Raises
    ------
    DefinitionError, NoCycleError : as for ``limit_cycle``

    Examples
    --------
    >>> branch = sb.analyses.cycle_branch("morris_lecar", 100, 98, 102, most=2)
    >>> branch.to_frame().columns.tolist()
    ['I_stim (uA/cm2)', 'period_ms', 'rate_Hz', 'stable']
    """
    field = _field(model_of(subject), parameter, stimulus)
    value = _present(subject, field) if value is None else value
    low, high = _around(subject, parameter, low, high, value)
    if not low < high or not low <= value <= high:
        raise ValueError(f"the branch begins at {value:g}, which must lie in a rising range; found {low:g} to {high:g}")
    shooter = Shooter(field, value * field.unit)
    state, period = shooter.settled(settle_ms, dt_ms)
    scale = np.concatenate([field.scale, [0.2 * period, 0.1 * (high - low) * field.unit]])
    continuation = Continuation(field, scale)
    first = continuation.first(*shooter.orbit(state, period), value * field.unit)
    if first is None:
        raise NoCycleError(f"{field.model.name}: the cycle at {parameter} = {value:g} cannot be followed")
    bounds = low * field.unit, high * field.unit
    (down, first_end), (up, last_end) = (
        continuation.follow(first, sign, bounds, step, most, longest_ms) for sign in (-1.0, 1.0)
    )  # fmt: skip
    orbits = down[:0:-1] + up
    longest = max(range(len(orbits)), key=lambda k: float(orbits[k].z[-2]))
    orbits[longest] = continuation.refined(orbits[longest])
    cycles = tuple(_cycle_of(continuation, orbit) for orbit in orbits)
    folds = tuple(_cycle_of(continuation, orbit) for orbit in continuation.folds(orbits))
    units = {name: str(field.model.unit_of(name)) for name in field.model.state_names}
    return CycleBranch(parameter, str(field.model.unit_of(parameter)), cycles, folds, units, (first_end, last_end))


def _present(subject: Subject, field: Field) -> float:
    """The value at which a cycle is looked for where none is given, in the parameter's own unit."""
    return usual_current(subject) if field.parameter == STIMULUS else field.present / field.unit


def _around(subject: Subject, parameter: str, low: float | None, high: float | None, value: float) -> tuple[float, float]:
    """The ends as given; else the usual ones, the value within."""
    if low is not None and high is not None:
        return low, high
    usual = range_given(subject, parameter, None, None)
    return min(usual[0], value) if low is None else low, max(usual[1], value) if high is None else high


def _cycle_of(continuation: Continuation, orbit: Orbit) -> Cycle:
    """The cycle in the units of the model."""
    field, n = continuation.field, continuation.field.size
    scale = continuation.scale[:n, None]
    period, parameter = (float(x) for x in (orbit.z * continuation.scale)[n:])
    t_ms = np.linspace(0.0, period, _SAMPLES)
    table, ranges = orbit.smooth(t_ms / period) * scale, orbit.ranges() * scale
    return _cycle(field, parameter / field.unit, t_ms, table, ranges, continuation.monodromy(orbit), orbit.residual)


def _cycle(
    field: Field, value: float, t_ms: np.ndarray, table: np.ndarray, ranges: np.ndarray, monodromy: np.ndarray, residual: float
) -> Cycle:
    """From coherent values; ``table`` has shape (variables, times) and ``ranges`` (variables, 2)."""
    names, units = field.model.state_names, field.units
    orbit = {"t_ms": t_ms, **{name: table[i] / units[i] for i, name in enumerate(names)}}
    start = {name: float(orbit[name][0]) for name in names}
    extremes = {name: (float(ranges[i, 0] / units[i]), float(ranges[i, 1] / units[i])) for i, name in enumerate(names)}
    named = {name: str(field.model.unit_of(name)) for name in names}
    return Cycle(value, float(t_ms[-1]), start, _multipliers(monodromy), orbit, extremes, residual, named)


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
        ends = [(c.parameter, x) for c in branch.folds for x in c.ranges[variable]]
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
