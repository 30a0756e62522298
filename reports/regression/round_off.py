"""How far round-off alone takes a run: the same arithmetic in another order, on another machine, by another compiler.

No number is chosen. The translation proof measures what rounding can do to one step of this model; here the reference
runs several times with every step off by up to so much, at random or always to the same side, and what that has grown to by any time is what two
correct runs may differ by at that time. In a chaotic model it grows until nothing can be compared: that time is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import Engine, EngineScheme
from spikebridge.bridge.engines.reference_engine import stepped
from spikebridge.reference.integrate import Trajectory
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import SCHEMES, SchemeError
from spikebridge.reports.proof.drift import drift
from spikebridge.reports.proof.shaken import COPIES, nearby, shaken
from spikebridge.reports.proof.translation_proof import run_twin

# of the range of a variable: beyond it, small no longer means that the runs are the same
_LOST = 1e-3
_LOST_IN_SINGLE = 0.1
_STARTS = (-10, -3, -1, 0, 1, 3, 10)  # in roundings


@dataclass(frozen=True)
class RoundOff:
    """What correct runs of one experiment may differ by.

    Attributes
    ----------
    envelope : of each variable, in its unit, the most that copies have parted around each sample, shape (samples,)
    spikes_ms : of each spike, the most that copies have parted
    until_ms : when the copies no longer compute the same thing; nothing can be said from then on
    """

    envelope: Mapping[str, np.ndarray]
    spikes_ms: np.ndarray
    until_ms: float


def measure_round_off(experiment: Experiment, engine: Engine, scheme: EngineScheme, recording: Recording) -> RoundOff | None:
    """Let the reference run as the engine does, every step off by up to what rounding can do to it.

    In single precision what it has done to the reference's own run says as much. None where the engine has no reference run
    to stand for it, or where none gets to the end.
    """
    if experiment.precision is Precision.SINGLE:
        return _seen_in_single_precision(experiment, engine, scheme, recording)
    run = shaken_run(experiment, engine, scheme, recording)
    if run is None:
        return None
    parted = np.abs(run.states[..., 1:] - run.states[..., :1]).max(axis=2)
    envelope, states = nearby(parted), run.states[..., 0]
    until = _lost(run.t_ms, envelope, states, _LOST)
    return RoundOff(_in_units(experiment, envelope, states), *_spikes(run.spike_times_ms, until))


def _seen_in_single_precision(
    experiment: Experiment, engine: Engine, scheme: EngineScheme, recording: Recording
) -> RoundOff | None:
    model, twin = experiment.model, engine.twin(experiment.model, scheme)
    moved = drift(experiment, twin, engine.convention, _STARTS) if twin else None
    if moved is None:
        return None
    states = np.array([recording[s] * model.factor(s) for s in model.state_names])
    kept = np.isfinite(moved.spikes_ms)
    until = _lost(recording.t_ms, moved.states, states, _LOST_IN_SINGLE)
    if not kept.all():
        until = min(until, float(np.asarray(moved.expected_ms)[np.argmin(kept)]))
    return RoundOff(_in_units(experiment, moved.states, states), moved.spikes_ms[kept], until)


def _lost(t_ms: np.ndarray, envelope: np.ndarray, states: np.ndarray, share: float) -> float:
    """When copies have parted by more than a share of a variable's range."""
    sizes = np.maximum(np.ptp(states, axis=1), 1e-3 * np.abs(states).max(axis=1))
    lost = np.any(envelope > share * sizes[:, None], axis=0) & np.any(envelope > 0, axis=0)
    return float(t_ms[np.argmax(lost)]) if lost.any() else float("inf")


def _in_units(experiment: Experiment, envelope: np.ndarray, states: np.ndarray) -> dict[str, np.ndarray]:
    model = experiment.model
    # what is held or set exactly does not grow, but still carries the rounding of its unit conversion
    floor = 4 * np.finfo(experiment.precision.dtype).eps * np.abs(states).max(axis=1)[:, None]
    return {name: e / model.factor(name) for name, e in zip(model.state_names, envelope + floor, strict=True)}


def shaken_run(experiment: Experiment, engine: Engine, scheme: EngineScheme, recording: Recording) -> Trajectory | None:
    """The reference running as the engine does, and ``COPIES`` beside it with every step off by up to what rounding can do.

    None as for ``measure_round_off``; else states of shape (variables, samples, 1 + COPIES) and as many spike trains.
    """
    try:
        twin = run_twin(experiment, engine, scheme)
        if twin is None:
            return None
        slack = engine.slack(experiment.model, scheme, experiment.dt_ms)
        off = shaken(experiment, SCHEMES[twin.scheme], engine.convention, recording, slack)
        run = stepped(experiment, twin.system(1).copied(COPIES + 1), off, engine.convention)
        # of the one unit
        spikes = tuple(train for (train,) in run.spike_times_ms) if isinstance(run.spike_times_ms, tuple) else run.spike_times_ms
        return replace(run, states=run.states[..., 0], spike_times_ms=spikes)
    except (SchemeError, ArithmeticError, ValueError):
        return None


def _spikes(times: tuple[np.ndarray, ...], until: float) -> tuple[np.ndarray, float]:
    """How far each spike before ``until`` has moved; and until when the copies fire alike."""
    before = [t[t < until] for t in times] if isinstance(times, tuple) else [np.asarray(times)]
    common = min(len(t) for t in before)
    if any(len(t) != common for t in before):
        until = min(float(t[common]) for t in before if len(t) > common)
    stacked = np.stack([t[:common] for t in before])
    return np.abs(stacked - stacked[0]).max(axis=0), until
