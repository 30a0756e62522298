"""What a recording from elsewhere is: the same neuron, and if so under which scheme; another one; or undecided.

A single recording has no ladder. But every fixed-step scheme leaves its own error in the samples, so the scheme that
was used can be recognised: run at the recording's own step, it gives the same samples to round-off. One that is recognised
only with another constant is another neuron. What no known arithmetic gives may be either.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.reports.metrics.numbers import counted, quantity, short
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.candidates import Pair, followed, own_candidates, regime_candidates, whole
from spikebridge.reports.proof.foreign_recording import ForeignRecording, interpolation_error
from spikebridge.reports.proof.one_constant import constant_that_explains
from spikebridge.reports.proof.recognition import Recognised, allowance, evenly_sampled, recognised
from spikebridge.reports.proof.unexplained import Gap, Judged, agreement, judge_unexplained
from spikebridge.reports.proof.verdict import Verdict
from spikebridge.reports.proof.written_digits import resolution

_ROUNDED = 1e-6  # of the range


def judge_foreign(
    experiment: Experiment, recording: ForeignRecording, errors: tuple[Score, np.ndarray], count: tuple[int, int]
) -> Judged:
    """The verdict on a recording, one sentence a person can act on, and what differs where that is known.

    Parameters
    ----------
    errors : of the spikes, or of the waveform where there are none, with a limit that allows for the recording's own
        sampling; and the exact waveform it is measured against, shape (samples,)
    count : spikes found minus expected, and expected
    """
    gap, allowed = gap_of(experiment, recording, errors, count), allowance(recording)
    if not evenly_sampled(recording):
        return judge_unexplained(experiment, recording, gap, None, allowed)
    own = followed(experiment, recording, own_candidates(experiment), allowed)
    others = followed(experiment, recording, regime_candidates(experiment), allowed)
    known = _known(experiment, recording, gap, own, others)
    if known is not None:
        return known
    best = max([*own, *others], key=lambda pair: pair[1].parted_ms or 0.0, default=None)
    match = None if best is None else whole(experiment, recording, best, allowed)
    return judge_unexplained(experiment, recording, gap, match, allowed)


def gap_of(experiment: Experiment, recording: ForeignRecording, errors: tuple[Score, np.ndarray], count: tuple[int, int]) -> Gap:
    """How far a recording is from the exact solution.

    Parameters
    ----------
    errors, count : as of ``judge_foreign``, the waveform of shape (samples,)
    """
    return Gap(errors[0], errors[1], count, _within_a_step(experiment, recording, *errors))


def judge_known(experiment: Experiment, recording: ForeignRecording, gap: Gap) -> Judged | None:
    """What the samples are, where a known arithmetic gives them, be it with other constants; None where none does."""
    if not evenly_sampled(recording):
        return None
    allowed = allowance(recording)
    own, others = (
        followed(experiment, recording, of(experiment), allowed) for of in (own_candidates, regime_candidates)
    )  # fmt: skip
    return _known(experiment, recording, gap, own, others)


def _known(
    experiment: Experiment, recording: ForeignRecording, gap: Gap, own: Sequence[Pair], others: Sequence[Pair]
) -> Judged | None:
    allowed = allowance(recording)
    known = recognised(experiment, recording, own, allowed)
    if known is not None:
        return (*_same(experiment, recording, known, gap), ())
    if others and others[0][1].parted_ms is None:
        return Verdict.OTHER_LIMIT, f"it is {_made(experiment, recording, Recognised(*others[0]))}", ()
    found = constant_that_explains(experiment, recording, own, allowed)
    return None if found is None else found.judged(experiment, recording, gap)


def _same(experiment: Experiment, recording: ForeignRecording, known: Recognised, gap: Gap) -> tuple[Verdict, str]:
    what = f"it is {_made(experiment, recording, known)}"
    if gap.within_a_step:
        return Verdict.AGREE, f"{agreement(gap)}; {what}"
    return Verdict.DISCRETISATION, what


def _made(experiment: Experiment, recording: ForeignRecording, known: Recognised) -> str:
    """By which scheme on which neuron, in words."""
    match, unit = known.match, recording.units[recording.quantity]
    of = f" in the regime {match.regime}" if match.regime else " of this very model"
    single = " in single precision" if known.single else ""
    dt = short(known.candidate.step_ms(recording))
    return (
        f"{match.scheme} at dt = {dt} ms{single}{of}{match.labels}{_rests(recording, known)}, to {quantity(match.distance, unit)}"
    )


def _rests(recording: ForeignRecording, known: Recognised) -> str:
    """How long it rests after a spike, where simulators count differently, in words."""
    spike, dt_ms = known.candidate.model.spike, known.candidate.step_ms(recording)
    if spike is None or spike.refractory is None or not len(recording.spike_times_ms):
        return ""
    steps = known.candidate.convention.refractory_steps(known.candidate.model.value(spike.refractory), dt_ms)
    return f", at rest for {counted(steps, 'step')} after a spike" if steps else ""


def _within_a_step(experiment: Experiment, recording: ForeignRecording, error: Score, expected: np.ndarray) -> bool:
    """Whether the error that counts, and every sample, is within what the exact solution moves in one step thereabouts."""
    if error.value is None or error.limit is None or error.value > error.limit:
        return False
    interpolated = len(recording.own_ms) < len(recording.t_ms)
    sampled = interpolation_error(recording.own_ms, recording.own_values) if interpolated else 0.0
    more = _ROUNDED * float(np.ptp(expected)) + sampled + resolution(recording.own_values)
    steps = max(1, round(recording.dt_ms / experiment.dt_ms))
    return _one_step_off(expected, recording[recording.quantity], steps, more)


def _one_step_off(expected: np.ndarray, found: np.ndarray, steps: int, more: float) -> bool:
    """Whether every sample lies between what the exact solution is up to so many steps earlier and later, beside what it moves
    in as many thereabouts: at a turning point it stands still."""
    around = np.stack([np.roll(expected, k) for k in range(-steps, steps + 1)])
    low, high = around.min(axis=0), around.max(axis=0)
    moves = np.abs(expected[steps:] - expected[:-steps])
    padded = np.pad(moves, (steps, 2 * steps), mode="edge")
    moved = np.lib.stride_tricks.sliding_window_view(padded, 2 * steps + 1).max(axis=1)[: len(expected)]
    inside = slice(steps, len(expected) - steps)
    beyond = np.maximum(low - found, found - high)
    return bool(np.all((beyond <= moved + more)[inside] | np.isnan(found[inside])))
