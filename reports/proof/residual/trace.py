"""A recording of some states, cut into intervals in which nothing jumps: what the other equations are to be solved under."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.system import Family
from spikebridge.reference.time_grid import TimeGrid
from spikebridge.reports.proof.residual.interpolation import interpolated
from spikebridge.reports.proof.residual.jumps_seen import jumps_seen, level_is_recorded
from spikebridge.reports.proof.residual.resolution import Resolution, resolution_of

LONGEST = 8000  # intervals that are looked at, from the start
_STRIDE, _ALL = 4, 2500  # samples an interval spans, unless there are so few that each step can have its own
SUBSTEPS = 2
_EVEN = 1e-3  # of a step, by which samples at one fixed step may be labelled unevenly
_ON_GRID = 1e-6
_NEAR = 1e-6  # of an interval: to look at a stimulus just inside its edges


class NoEvidence(ValueError):
    """The samples cannot be held against the equations; says why."""


@dataclass(frozen=True)
class Trace:
    """Samples of some states as the right-hand side of equations for the others.

    An interval runs from one sample to another one a few steps later; each is looked at in ``stages`` points, ends included.

    Attributes
    ----------
    places : of the recorded states among the model's
    dt_ms : the recording's step
    uniform : whether its samples are a fixed step apart
    start_ms, length_ms : of every interval, shape (intervals,)
    values : of the recorded states at the stages, coherent, shape (recorded, stages, intervals)
    slopes : what each recorded state moved by from sample to sample, per ms, shape (recorded, intervals)
    onward : the intervals that end in a jump: nobody knows how the recorded states went on before it, shape (intervals,)
    drive, late : the stimulus at the stages, and half a step later, coherent, shape (stages, intervals)
    usable : the intervals that nothing disturbs, shape (intervals,)
    noise : of the slopes, by how the samples are written, per ms, shape (recorded, intervals)
    ends : what acts at the end of an interval: rules, and weights of arrivals, by interval
    """

    places: tuple[int, ...]
    dt_ms: float
    uniform: bool
    start_ms: np.ndarray
    length_ms: np.ndarray
    values: np.ndarray
    slopes: np.ndarray
    drive: np.ndarray
    late: np.ndarray
    usable: np.ndarray
    onward: np.ndarray
    noise: np.ndarray
    resolutions: tuple[Resolution, ...]
    ends: Mapping[int, tuple[tuple[int, ...], tuple[float, ...]]] = field(default_factory=dict)

    @property
    def intervals(self) -> int:
        return len(self.start_ms)

    @property
    def stages(self) -> int:
        return self.values.shape[1]

    @cached_property
    def varying(self) -> bool:
        """Whether half a step makes a difference to the stimulus anywhere."""
        return bool(np.any(self.drive[:, self.usable] != self.late[:, self.usable]))


def trace_of(experiment: Experiment, family: Family, t_ms: np.ndarray, recorded: Mapping[str, np.ndarray]) -> Trace:
    """The trace of samples of states by name, in the units of the model, shape (samples,) each, at these times.

    Raises
    ------
    NoEvidence : there are too few samples that nothing disturbs
    """
    model = experiment.model
    places = tuple(sorted(model.state_names.index(name) for name in recorded))
    names = [model.state_names[i] for i in places]
    t, uniform = _even(np.asarray(t_ms, dtype=float))
    if len(places) < len(model.state_names) and t[0] > 0.5 * float(np.median(np.diff(t))):
        raise NoEvidence("it does not begin at 0 ms, where the variables that it does not hold have known values")
    written = tuple(resolution_of(np.asarray(recorded[name], dtype=float)) for name in names)
    y = {i: np.asarray(recorded[name], dtype=float) * model.factor(name) for i, name in zip(places, names, strict=True)}
    cutting = _Cutting(experiment, family, t, uniform, y)
    starts, ends = cutting.intervals
    if np.sum(cutting.usable[starts]) < 20:
        raise NoEvidence("too few of its samples lie between jumps and edges of the stimulus")
    length = t[ends] - t[starts]
    at = t[starts] + length * (np.arange(2 * SUBSTEPS + 1) / (2 * SUBSTEPS))[:, None]
    drive, late = cutting.drive(at, starts, ends)
    steps = ends - starts
    noise = [_noise(r, model.factor(n), starts, ends, steps) / length for r, n in zip(written, names, strict=True)]
    return Trace(
        places, cutting.dt_ms, uniform, t[starts], length, np.array([cutting.values(y[i], at, starts, ends) for i in places]),
        np.array([(y[i][ends] - y[i][starts]) / length for i in places]), drive, late, cutting.usable[starts], cutting.onward(starts),
        np.array(noise), written, cutting.acting(starts, ends),
    )  # fmt: skip


def _even(t: np.ndarray) -> tuple[np.ndarray, bool]:
    """Times of samples, those of one fixed step without what their labels were rounded by; and whether they are such."""
    dt = (t[-1] - t[0]) / (len(t) - 1)
    even = t[0] + dt * np.arange(len(t))
    return (even, True) if np.all(np.abs(t - even) < _EVEN * dt) else (t, False)


def _noise(written: Resolution, factor: float, starts: np.ndarray, ends: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Of a difference between two samples; single precision rounds at every step, a file only once."""
    error = np.maximum(written.error[starts], written.error[ends]) * abs(factor)
    return error * np.sqrt(steps) if written.is_single else error


@dataclass(frozen=True)
class _Cutting:
    """Where the intervals begin and end."""

    experiment: Experiment
    family: Family
    t: np.ndarray
    uniform: bool
    y: Mapping[int, np.ndarray]

    @cached_property
    def dt_ms(self) -> float:
        return float(np.median(np.diff(self.t)))

    @cached_property
    def steps(self) -> int:
        return len(self.t) - 1

    @cached_property
    def jumps(self) -> dict[int, list[int]]:
        return jumps_seen(self.experiment, self.family, self.y, self.dt_ms)

    @cached_property
    def edges(self) -> list[tuple[int, bool]]:
        """The edges of the stimulus inside: the sample at one, or before it, and whether it is at one."""
        t, found = self.t, []
        for edge in self.experiment.drive.edges_ms:
            if t[0] < edge < t[-1]:
                k = int(np.searchsorted(t, edge, side="right")) - 1
                near = k if edge - t[k] <= t[k + 1] - edge else k + 1
                on_grid = abs(t[near] - edge) < max(_ON_GRID * self.dt_ms, 1e-9)
                found.append((near if on_grid else k, on_grid))
        return [(k, on_grid) for k, on_grid in found if 0 < k < self.steps]

    @cached_property
    def arriving(self) -> dict[int, list[float]]:
        """Weights that arrive, by the sample nearest to each."""
        found: dict[int, list[float]] = {}
        arrivals = self.experiment.arrivals
        if not arrivals:
            return found
        grid = TimeGrid(self.steps, self.dt_ms)
        for half, weights in arrivals.by_half_step(grid).items():
            found.setdefault((half + 1) // 2, []).extend(weights)
        return {k: weights for k, weights in found.items() if 0 < k <= self.steps}

    @cached_property
    def gaps(self) -> set[int]:
        """Steps across which no polynomial reaches: those that jump, and those with an edge inside."""
        return {*self.jumps, *(k for k, on_grid in self.edges if not on_grid)}

    @cached_property
    def usable(self) -> np.ndarray:
        """The steps that nothing disturbs, shape (steps,)."""
        good = np.ones(self.steps, dtype=bool)
        for k in self.jumps:
            good[max(0, k - 1) : k + 2 + self._resting(k)] = False
        for k in self.arriving:
            good[max(0, k - 1) : k + 1] = False
        at_edges = good.copy()
        for k, on_grid in self.edges:
            at_edges[max(0, k - 2) : k + (2 if on_grid else 3)] = False
        # where the stimulus changes at every step or two, nothing would be left
        return at_edges if np.sum(at_edges) > 0.25 * self.steps else good

    def _held(self, k: int) -> int:
        """For how many steps after a reset the first recorded variable stands still."""
        still = next(iter(self.y.values()))[k + 1 :]
        moving = np.flatnonzero(np.diff(still) != 0.0)
        return int(moving[0]) if len(moving) else len(still) - 1

    def _resting(self, k: int) -> int:
        """For how many steps after a reset it rests, by the model or by the recording, whichever is longer."""
        spike = self.experiment.model.spike
        if spike is None or spike.refractory is None or 0 not in self.jumps[k]:
            return 0
        period = self.experiment.model.value(spike.refractory)
        return max(int(period / self.dt_ms + 0.5), self._held(k)) + 1

    @cached_property
    def pieces(self) -> list[tuple[int, int]]:
        """First and last sample of every stretch in which the recorded states are smooth."""
        ends = {(k, k + 1) for k in self.gaps} | {(k, k) for k, on_grid in self.edges if on_grid}
        ends |= {(k, k) for k in self.arriving if k < self.steps}
        # a refractory period ends with a kink
        resting = {k + 1 + self._held(k) for k in self.jumps if self._resting(k)}
        ends |= {(k, k) for k in resting if k < self.steps}
        last, found = 0, []
        for end, begin in sorted(ends):
            if end >= last:
                found.append((last, end))
            last = max(begin, last)
        return [*found, (last, self.steps)]

    @cached_property
    def intervals(self) -> tuple[np.ndarray, np.ndarray]:
        """First and last sample of every interval."""
        stride = _STRIDE if self.steps > _ALL else 1
        cuts = {0, self.steps, *(k for piece in self.pieces for k in piece)}
        cuts |= set((np.flatnonzero(np.diff(self.usable)) + 1).tolist())
        nodes = list(self._nodes(sorted(cuts), stride))[: LONGEST + 1]
        return np.array(nodes[:-1]), np.array(nodes[1:])

    @staticmethod
    def _nodes(cuts: list[int], stride: int) -> Iterator[int]:
        for first, last in pairwise(cuts):
            yield from range(first, last, stride)
        yield cuts[-1]

    def values(self, y: np.ndarray, at: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """One recorded state at the stages: across an edge inside a step straight, after a sample that is to be reset flat."""
        pieces = self.pieces
        firsts = np.array([first for first, _ in pieces])
        owner = np.broadcast_to(np.searchsorted(firsts, starts, side="right") - 1, at.shape)
        found = interpolated(self.t, y, pieces, owner, at)
        for n in np.flatnonzero(np.isin(starts, list(self.gaps))):
            k, end = int(starts[n]), int(ends[n])
            slope = 0.0 if k in self.jumps else (y[end] - y[k]) / (self.t[end] - self.t[k])
            found[:, n] = y[end] + (at[:, n] - self.t[end]) * slope
            if k in self.jumps and not self.before_reset:
                found[:, n] = y[k]
        return found

    @cached_property
    def before_reset(self) -> bool:
        """Whether the samples at which the recording resets hold the value before that, as those of NEURON's WATCH do.

        Then the next sample is a step away from the reset, and no two are alike; else all are the value that is reset to.
        """
        model, at = self.experiment.model, sorted(k for k, rules in self.jumps.items() if 0 in rules)
        rule = model.spike
        if rule is None or not at or not level_is_recorded(model, rule, self.y):
            return False
        y = tuple(self.y.get(i, np.full(len(self.t), model.initial_values[s])) for i, s in enumerate(model.state_names))
        with np.errstate(all="ignore"):
            level = np.broadcast_to(self.family.level(0, y, {}), self.t.shape)
        after = next(iter(self.y.values()))[np.array(at) + 1]
        alike = len(at) > 1 and float(np.ptp(after)) <= 1e-9 * float(np.max(np.abs(after)))
        return bool(np.mean(level[at] > 0) > 0.5) and not alike

    def onward(self, starts: np.ndarray) -> np.ndarray:
        """The intervals that end in a reset, shape (intervals,)."""
        return np.isin(starts, list(self.jumps)) & (not self.before_reset)

    def drive(self, at: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The stimulus at the stages and half a step later, each from inside of its interval where an edge is near."""
        first, last = self.t[starts], self.t[ends]
        inside = np.clip(at, first + _NEAR * (last - first), last - _NEAR * (last - first))
        drive = self.experiment.drive
        now, late = (np.asarray(drive.at(np.clip(x, 0.0, None)), dtype=float) for x in (inside, inside + 0.5 * self.dt_ms))
        if drive.constant_between_edges:
            return now, now
        return now, np.where(self.usable[starts], late, now)

    def acting(self, starts: np.ndarray, ends: np.ndarray) -> dict[int, tuple[tuple[int, ...], tuple[float, ...]]]:
        """What acts at the end of which interval: rules, weights."""
        found: dict[int, tuple[tuple[int, ...], tuple[float, ...]]] = {}
        for n, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            rules, weights = self.jumps.get(end if self.before_reset else start, []), self.arriving.get(end, [])
            if rules or weights:
                found[n] = (tuple(rules), tuple(weights))
        return found
