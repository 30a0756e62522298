"""Which known arithmetic gives the samples of a recording: a scheme in double or single precision, to what rounding leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.system import build_system
from spikebridge.reference.integrate import Trajectory, integrate
from spikebridge.reference.recording import Recording
from spikebridge.reports.proof.candidates import Candidate, Pair, followed, thinned_candidates, whole
from spikebridge.reports.proof.drift import drift
from spikebridge.reports.proof.foreign_recording import ForeignRecording
from spikebridge.reports.proof.match import Match
from spikebridge.reports.proof.shaken import COPIES, shaken
from spikebridge.reports.proof.translation_proof import MATCH
from spikebridge.reports.proof.written_digits import in_single_precision, resolution

# a run that parts for the round-off that has grown in it parts slowly: by so many times what is allowed in a few samples
_SLOWLY = 100.0
_MOST_SHAKEN = 2  # candidates whose round-off is measured
# of the range: how far single precision may be from double for its own drift to be measured
_NEAR_SINGLE = 1e-2
_COARSE = 1e-6  # of the range: digits that hide whether samples were single precision
_EVEN = 1e-3  # of a step, by which times may be written unevenly


@dataclass(frozen=True)
class Recognised:
    """What made a recording.

    Attributes
    ----------
    single : whether it takes single precision to explain it
    """

    candidate: Candidate
    match: Match
    single: bool = False


def allowance(recording: ForeignRecording) -> float:
    """By how much samples may be off from those of the same arithmetic before round-off has grown, in their unit."""
    return MATCH * float(np.ptp(recording.own_values)) + resolution(recording.own_values)


def evenly_sampled(recording: ForeignRecording) -> bool:
    """Whether a fixed step may have made the samples: they stand at multiples of one."""
    steps = recording.own_ms / recording.dt_ms
    return bool(np.all(np.abs(steps - np.rint(steps)) <= _EVEN * np.maximum(1.0, 1e-3 * steps)))


def recognised(experiment: Experiment, recording: ForeignRecording, pairs: Sequence[Pair], allowed: float) -> Recognised | None:
    """The known arithmetic that the samples are, of candidates as ``followed`` ranks them; None where it is none."""
    if not pairs:
        return None
    if pairs[0][1].parted_ms is None:
        return Recognised(*pairs[0])
    return (
        _in_single(experiment, recording, [candidate for candidate, _ in pairs])
        or _by_grown_round_off(experiment, recording, pairs, allowed)
        or _thinned(experiment, recording, [candidate for candidate, _ in pairs], allowed)
    )


def _by_grown_round_off(
    experiment: Experiment, recording: ForeignRecording, pairs: Sequence[Pair], allowed: float
) -> Recognised | None:
    """Of the candidates that part slowly, one that parts no further than its own round-off may have grown."""
    slow = [pair for pair in pairs if pair[1].at_parting <= _SLOWLY * allowed]
    for pair in slow[:_MOST_SHAKEN]:
        grown = _round_off(experiment, recording, pair[0])
        if grown is not None:
            match = whole(experiment, recording, pair, allowed + grown)
            if match.parted_ms is None:
                return Recognised(pair[0], match)
    return None


def _round_off(experiment: Experiment, recording: ForeignRecording, candidate: Candidate) -> np.ndarray | None:
    """How far copies of the candidate's run part that are shaken by round-off, at the recording's samples; never falling."""
    run = candidate.run(experiment, recording)
    try:
        made = replace(experiment, model=candidate.model).at_dt(recording.dt_ms)
    except DefinitionError:
        return None
    model = candidate.model
    if run is None or len(run.t_ms) != made.steps + 1 or recording.quantity not in model.state_names:
        return None
    states = {s: run.states[i] / model.factor(s) for i, s in enumerate(model.state_names)}
    units = {s: str(model.unit_of(s)) for s in model.state_names}
    own = Recording(
        run.t_ms,
        states,
        units,
        run.spike_times_ms,
        run.raw_spike_times_ms,
        "reference",
        "",
        candidate.scheme.name,
        made.dt_ms,
        0.0,
    )
    copies = _shaken(made, candidate, own)
    if copies is None:
        return None
    observed = _of(made, copies.states[..., 0], recording.quantity)
    parted = np.abs(observed[:, 1:] - observed[:, :1]).max(axis=1)
    return np.interp(recording.own_ms, run.t_ms, np.maximum.accumulate(parted))


def _shaken(experiment: Experiment, candidate: Candidate, own: Recording) -> Trajectory | None:
    neuron = find_engine("neuron")  # whose implicit solver stops short of its equations
    slack = neuron.slack(candidate.model, neuron.schemes["backward_euler"], own.dt_ms)
    try:
        off = shaken(experiment, candidate.scheme, candidate.convention, own, slack)
        system = build_system(candidate.model, 1).copied(COPIES + 1)
        return integrate(
            system, off, experiment.duration_ms, experiment.dt_ms, experiment.seen, candidate.convention, experiment.arrivals
        )
    except (ArithmeticError, ValueError):
        return None


def _in_single(experiment: Experiment, recording: ForeignRecording, candidates: Sequence[Candidate]) -> Recognised | None:
    """A candidate that the recording follows as far as single precision may have taken it; asked where the samples may be such."""
    spread, digits = float(np.ptp(recording.own_values)), resolution(recording.own_values)
    if not in_single_precision(recording.own_values) and digits < _COARSE * spread:
        return None
    spacing = float(np.spacing(np.float32(np.max(np.abs(recording.own_values)))))
    for candidate, match in followed(experiment, recording, candidates, _NEAR_SINGLE * spread)[:4]:
        drifted = _drift(experiment, recording, candidate)
        if drifted is not None:
            held = whole(experiment, recording, (candidate, match), digits + spacing + drifted)
            if held.parted_ms is None:
                return Recognised(candidate, held, single=True)
    return None


def _drift(experiment: Experiment, recording: ForeignRecording, candidate: Candidate) -> np.ndarray | None:
    try:
        made = replace(experiment, model=candidate.model).at_dt(recording.dt_ms)
    except DefinitionError:
        return None
    found = drift(made, candidate.scheme, candidate.convention) if recording.quantity in made.model.state_names else None
    return None if found is None else np.interp(recording.own_ms, made.t_ms, _of(made, found.states, recording.quantity))


def _of(experiment: Experiment, states: np.ndarray, name: str) -> np.ndarray:
    """One state in its unit, shape (samples, ...), of coherent states, shape (variables, samples, ...)."""
    model = experiment.model
    return states[model.state_names.index(name)] / model.factor(name)


def _thinned(
    experiment: Experiment, recording: ForeignRecording, candidates: Sequence[Candidate], allowed: float
) -> Recognised | None:
    """A candidate of which the file holds only some samples."""
    found = followed(experiment, recording, thinned_candidates(candidates), allowed)
    return Recognised(*found[0]) if found and found[0][1].parted_ms is None else None
