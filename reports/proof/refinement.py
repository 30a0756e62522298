"""The ladder of one scheme: its recordings on finer and finer steps, against the exact solution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.base import EngineScheme
from spikebridge.bridge.system import build_system
from spikebridge.reference.exact import Solution
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import SCHEMES
from spikebridge.reference.spikes import upward_crossings
from spikebridge.reports.metrics.matching import shared_spikes
from spikebridge.reports.metrics.waveform import one_step_of_motion
from spikebridge.reports.proof.convergence import ORDER_TOLERANCE, Convergence, Ladder, climb
from spikebridge.reports.proof.drift import Drift

_TOLERANCE_RATIO = 10.0  # between the rungs of an adaptive integrator's ladder


def _first_order_only(experiment: Experiment, scheme: EngineScheme) -> bool:
    """A reset, an edge of the stimulus or an arriving spike that is moved to the grid makes every scheme a first-order one; and so
    do, for a scheme that has them midway, states that move at t = 0: it takes their initial values for those of mid-step, as it
    does what an arrival sets them to."""
    if experiment.model.resets or experiment.moved_edges or experiment.moved_arrivals:
        return True
    midway = scheme.twin is not None and SCHEMES[scheme.twin].midway
    return midway and (bool(experiment.arrivals) or not _others_rest(experiment))


def _others_rest(experiment: Experiment) -> bool:
    """Whether the variables beside the voltage stand still at t = 0, up to round-off."""
    system = build_system(experiment.model)
    rates = system.rates(system.initial, float(experiment.drive.at(0.0)))
    pairs = [(r, y) for i, (r, y) in enumerate(zip(rates, system.initial, strict=True)) if i != system.voltage]
    return all(abs(r) * experiment.dt_ms <= 1e-12 * max(abs(y), 1.0) for r, y in pairs)


def order_of(experiment: Experiment, scheme: EngineScheme) -> int | None:
    """In which the error falls; a stimulus that varies within a step but is held over it allows a second order at best."""
    if scheme.order is None:
        return None
    if _first_order_only(experiment, scheme):
        return 1
    return scheme.order if experiment.drive.constant_between_edges else min(scheme.order, 2)


def refine(
    experiment: Experiment,
    exact: Solution,
    scheme: EngineScheme,
    recordings: Sequence[Recording],
    drifts: Sequence[Drift | None] = (),
    ratio: float = 2.0,
) -> Convergence:
    """Where the recordings of one scheme on finer and finer steps, or tolerances, lead.

    ``drifts`` are how far round-off may have taken each, where it shows. Where spikes appear or vanish along the ladder, or
    errors do not settle, fewer and fewer of the first spikes are looked at: a chaotic neuron, or one near its threshold, can
    be followed for a while and no longer. ``ratio`` is that of neighbouring steps.
    """
    steps = tuple(r.dt_ms for r in recordings) if scheme.order else tuple(_TOLERANCE_RATIO**-k for k in range(len(recordings)))
    # such errors jump about, or mix two orders: nothing is extrapolated
    uneven = scheme.order is not None and _first_order_only(experiment, scheme)
    order = None if uneven else order_of(experiment, scheme)
    rungs = _Rungs(
        experiment, exact, tuple(recordings), tuple(drifts), steps, "dt_ms" if scheme.order else "tolerance", order, ratio
    )
    return rungs.of_spikes() if rungs.fires else rungs.waveform


@dataclass(frozen=True)
class _Rungs:
    """The recordings of a ladder, each at its step or tolerance; the rest as of ``refine``."""

    experiment: Experiment
    exact: Solution
    recordings: tuple[Recording, ...]
    drifts: tuple[Drift | None, ...]
    steps: tuple[float, ...]
    kind: str
    order: int | None
    ratio: float

    @cached_property
    def truth(self) -> np.ndarray:
        return np.asarray(self.exact.spike_times_ms)

    @cached_property
    def trains(self) -> list[np.ndarray]:
        return [np.asarray(r.spike_times_ms) for r in self.recordings]

    @property
    def fires(self) -> bool:
        """Whether there is any spike to go by."""
        return len(self.truth) > 0 or any(map(len, self.trains))

    @cached_property
    def _of_waveforms(self) -> Ladder:
        place, factor = self.experiment.observed_index, self.experiment.model.factor(self.experiment.observed)
        ladder = _of_waveforms(self.experiment, self.exact, self.steps, self.recordings, self.kind)
        return replace(ladder, round_off=_moved(self.drifts, lambda d: float(d.states[place].max()) / factor))

    @cached_property
    def waveform(self) -> Convergence:
        """Where the whole waveform leads."""
        return climb(self._of_waveforms, self.order, self.ratio)

    @cached_property
    def _between(self) -> Convergence | None:
        return _between_spikes(self.experiment, self.exact, self._of_waveforms, self.recordings)

    @cached_property
    def _noise(self) -> float:
        return _spike_noise(self.experiment, self.exact, self.recordings)

    def of_first(self, count: int | None) -> Convergence:
        """Where the first so many spikes lead, or all."""
        errors = tuple(_errors(train, self.truth, count) for train in self.trains)
        spikes = len(self.truth) if count is None else count
        jitter = _jitter(self.experiment, spikes, self.recordings)
        moved = _moved(self.drifts, lambda d: d.of_first(spikes))
        ladder = Ladder(self.steps, errors, "ms", self._noise, self.kind, jitter, moved)
        bent = _straddling(self.experiment, self.truth[:spikes], [train[:spikes] for train in self.trains])
        return replace(climb(ladder, self.order, self.ratio, bent), waveform=self.waveform, between_spikes=self._between)

    def of_spikes(self) -> Convergence:
        """Where all spikes lead, or as many of the first as can be followed."""
        whole = self.of_first(None)
        if whole.settled:
            return whole
        for count in _fewer(shared_spikes(self.truth, self.trains[-3:])):
            partial = self.of_first(count)
            if partial.settled:
                count = followed(partial, self.order, count)
                ends = [float(train[count]) for train in (self.truth, *self.trains[-3:]) if len(train) > count]
                until_ms = min(ends, default=self.experiment.duration_ms)
                return replace(self.of_first(count), until_ms=until_ms, spikes=count)
        return whole


def _straddling(experiment: Experiment, truth: np.ndarray, trains: Sequence[np.ndarray]) -> np.ndarray | None:
    """Which spikes lie on one side of an edge of the stimulus in the exact solution and on the other on some rung, shape (spikes,):
    until the steps are small enough they err as if there were no edge."""
    same = [train for train in trains if len(train) == len(truth)]
    first, last = (f([truth, *same], axis=0) for f in (np.min, np.max))
    edges = np.asarray(experiment.drive.edges_ms, dtype=float)
    bent = np.any((first[:, None] <= edges) & (edges <= last[:, None]), axis=1)
    return bent if bent.any() else None


def _between_spikes(
    experiment: Experiment, exact: Solution, of_waveforms: Ladder, recordings: Sequence[Recording]
) -> Convergence | None:
    """Where the waveform leads away from the spikes: without the samples between the first and the last that any rung, or the
    exact solution, has of a spike, a step beside them included; None where the numbers of spikes differ, or nothing is left."""
    truth = np.asarray(exact.spike_times_ms)
    trains = [np.asarray(r.spike_times_ms) for r in recordings[-3:]]
    if len(recordings) < 3 or any(len(train) != len(truth) for train in trains):
        return None
    beside = max(experiment.dt_ms, *(r.dt_ms for r in recordings))
    first, last = np.min([truth, *trains], axis=0) - beside, np.max([truth, *trains], axis=0) + beside
    t_ms = experiment.t_ms
    kept = np.searchsorted(first, t_ms, side="right") == np.searchsorted(last, t_ms, side="left")
    if not kept.any():
        return None
    moves = np.abs(np.diff(experiment.observed_of(exact.states)))[kept[1:] & kept[:-1]].max(initial=0.0) / experiment.dt_ms
    jitter = tuple(float(moves) * late_ms for late_ms in _jitter(experiment, len(truth), recordings))
    errors = tuple(None if e is None else e[kept] for e in of_waveforms.errors[-3:])
    return climb(
        replace(
            of_waveforms, steps=of_waveforms.steps[-3:], errors=errors, jitter=jitter[-3:], round_off=of_waveforms.round_off[-3:]
        ),
        None,
    )


def _moved(drifts: Sequence[Drift | None], measured: Callable[[Drift], float]) -> tuple[float, ...]:
    """How far round-off may have moved each rung: no less than a coarser one, that has fewer roundings."""
    found = [float("inf") if drift is None else measured(drift) for drift in drifts]
    return tuple(own if np.isinf(own) else max(x for x in found[: k + 1] if np.isfinite(x)) for k, own in enumerate(found))


def followed(partial: Convergence, order: int | None, count: int) -> int:
    """How many of the first ``count`` spikes still err in the scheme's own order.

    The last ones before a train is lost are not yet in their limit's reach: their errors are those of another way taken.
    At most a quarter is left out, so that what is wrong with a neuron from early on stays in sight.
    """
    tail = [errors for errors in partial.ladder.errors[-3:] if errors is not None]
    if order is None or len(tail) < 3 or partial.ladder.jitter:
        return count
    coarse, fine = np.abs(tail[0] - tail[1]), np.abs(tail[1] - tail[2])
    lost = np.minimum(coarse, fine) <= 2 * partial.ladder.noise + sum(partial.ladder.round_off[-2:])
    own = np.log2(np.maximum(coarse, 1e-300) / np.maximum(fine, 1e-300))
    in_order = lost | (np.abs(own - order) < ORDER_TOLERANCE)
    kept = count
    while kept > max(1, 0.75 * count) and not in_order[kept - 1]:
        kept -= 1
    return kept


def _fewer(shared: int) -> Iterator[int]:
    """All shared spikes, then three quarters of them, half, and so on."""
    for share in (1.0, 0.75, 0.5, 0.375, 0.25, 0.125):
        if int(shared * share):
            yield int(shared * share)


def _errors(train: np.ndarray, truth: np.ndarray, count: int | None) -> np.ndarray | None:
    """Of every spike where the numbers are the same, or of the first ``count``; None where there are not as many."""
    if count is None:
        return train - truth if len(train) == len(truth) else None
    return train[:count] - truth[:count] if shared_spikes(truth[: count + 1], [train]) >= count else None


def _of_waveforms(
    experiment: Experiment, exact: Solution, steps: tuple[float, ...], recordings: Sequence[Recording], kind: str
) -> Ladder:
    name = experiment.observed
    expected, factor = experiment.observed_of(exact.states), experiment.model.factor(name)
    traces = tuple(r[name][:: round((len(r.t_ms) - 1) / experiment.steps)] - expected for r in recordings)
    noise = float(exact.state_errors[experiment.observed_index]) / factor + 1e-12 * float(np.ptp(expected))
    moves = one_step_of_motion(expected) / experiment.dt_ms
    jitter = tuple(moves * late_ms for late_ms in _jitter(experiment, 0, recordings))
    return Ladder(steps, traces, str(experiment.model.unit_of(name)), noise, kind, jitter)


def _jitter(experiment: Experiment, spikes: int, recordings: Sequence[Recording]) -> tuple[float, ...]:
    """How late the last event may be on each rung, in ms: each reset, and each edge off the grid, costs up to a step."""
    resets = spikes if experiment.model.resets else 0
    if not resets and not experiment.moved_edges:
        return ()
    # an edge between the points of a coarse grid may lie on a finer one
    edges = [len(experiment.at_dt(r.dt_ms).moved_edges) if experiment.moved_edges else 0 for r in recordings]
    return tuple((resets + moved) * r.dt_ms for r, moved in zip(recordings, edges, strict=True))


def _spike_noise(experiment: Experiment, exact: Solution, recordings: Sequence[Recording]) -> float:
    """What a spike time cannot be known better than: the exact solution's own error, the clock's round-off
    and, where the finest recording has no finer samples, what placing a crossing between them costs."""
    noise = exact.spike_error_ms + 1e-12 * experiment.duration_ms
    event = build_system(experiment.model, neurons=1).event
    if recordings[-1].dt_ms < experiment.dt_ms or event is None or event.reset is not None:
        return noise
    placed = upward_crossings(exact.t_ms, np.asarray(event.level(tuple(exact.states))))
    truth = np.asarray(exact.spike_times_ms)
    return noise + (float(np.max(np.abs(placed - truth), initial=0.0)) if len(placed) == len(truth) else experiment.dt_ms)
