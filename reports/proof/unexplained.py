"""What can be said of samples that no known arithmetic gives: the same neuron, another one, or undecided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.reports.metrics.numbers import counted, on_grid, quantity, short
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.candidates import own_candidates, signal_in
from spikebridge.reports.proof.culprit import Culprit
from spikebridge.reports.proof.foreign_recording import ForeignRecording
from spikebridge.reports.proof.match import Match
from spikebridge.reports.proof.residual.decision import Decision, Finding, find_out
from spikebridge.reports.proof.residual.envelope import LOOSE
from spikebridge.reports.proof.verdict import Verdict
from spikebridge.reports.proof.written_digits import resolution

# what an unknown scheme may leave, of what the worst known one of first order does
_TIMES = 3.0
_AROUND_MS = 0.3  # at least
_SHARE = 0.01  # of the samples: fewer may lie beyond it
_OTHER = 10.0  # times the bound, which no consistent scheme reaches in so many samples
Judged = tuple[Verdict, str, tuple[Culprit, ...]]


@dataclass(frozen=True)
class Gap:
    """How far a recording is from the exact solution.

    Attributes
    ----------
    error : of the spikes, or of the waveform where there are none; its limit is what one step, or one sample, hides
    exact : the observed signal of the exact solution, in its unit, shape (samples,)
    spikes : spikes found minus spikes of the exact solution, and of the exact solution
    within_a_step : whether the spikes, and every sample, lie within what the exact solution is a step earlier or later
    """

    error: Score
    exact: np.ndarray
    spikes: tuple[int, int]
    within_a_step: bool


def judge_unexplained(
    experiment: Experiment, recording: ForeignRecording, gap: Gap, best: Match | None, allowed: float
) -> Judged:
    """The verdict, one sentence a person can act on, and what differs where that is known.

    Parameters
    ----------
    best : the candidate that follows longest; None where no fixed step can have made the samples
    allowed : by how much two programs may differ that compute alike, in the observed signal's unit
    """
    found = find_out(experiment, recording.own_ms, recorded_states(experiment, recording))
    follows = _follows(experiment, recording, best, allowed)
    if found.culprits:
        return Verdict.OTHER_LIMIT, f"{follows}; {found.because}", found.culprits
    if gap.within_a_step:
        return Verdict.AGREE, agreement(gap), ()
    off = np.nan_to_num(np.abs(recording[recording.quantity] - gap.exact))
    bound = _left_by_a_scheme(experiment, recording, gap.exact)
    beyond = off > bound
    k = int(np.argmax(np.where(beyond, off / np.maximum(bound, 1e-300), 0.0))) if beyond.any() else int(np.argmax(off))
    said = f"{follows}; {_size(experiment, recording, gap, off, bound, k)}"
    verdict, because = _weighed(found, *(float(np.mean((off > k * bound)[recording.within])) > _SHARE for k in (1.0, _OTHER)))
    if verdict is Verdict.UNDECIDED:
        because = f"{because}; {_what_next(experiment, recording, best)}"
    return verdict, f"{said}; {because}", ()


def _weighed(found: Finding, beyond: bool, far: bool) -> tuple[Verdict, str]:
    """What the equations say of the samples, beside whether the gap is beyond what a scheme could leave, and far beyond it: other
    equations need both, where both can be had. Samples that are nothing like the neuron's leave the equations no scale of their own."""
    if found.decision is Decision.SAME and not beyond:
        return Verdict.DISCRETISATION, f"{found.because}: they are the same, as far as these samples tell"
    if beyond and (found.decision is Decision.DIFFERENT or found.left is None):
        return Verdict.OTHER_LIMIT, f"{found.because}: beyond what a step this long explains"
    if far and found.decision is not Decision.SAME:
        return Verdict.OTHER_LIMIT, f"{found.because}, but not one that goes as far astray"
    return Verdict.UNDECIDED, found.because


def recorded_states(experiment: Experiment, recording: ForeignRecording) -> dict[str, np.ndarray]:
    """The samples of states, as they were, by name, shape (samples,) each."""
    columns = {**recording.others, recording.quantity: recording.own_values}
    return {name: np.asarray(columns[name], dtype=float) for name in experiment.model.state_names if name in columns}


def _follows(experiment: Experiment, recording: ForeignRecording, best: Match | None, allowed: float) -> str:
    if best is None:
        return "its samples do not lie on multiples of one step, so no fixed step made them"
    unit, of = recording.units[recording.quantity], f" in the regime {best.regime}" if best.regime else ""
    parted = f" from t = {on_grid(best.parted_ms, recording.dt_ms)} ms on" if best.parted_ms is not None else ""
    return (
        f"no scheme at dt = {short(recording.dt_ms)} ms gives these samples; the one that follows longest, {best.scheme}{of}{best.labels}, "
        f"differs{parted} by up to {quantity(best.distance, unit)}, where the same arithmetic would leave {quantity(allowed, unit)}"
    )


def _size(
    experiment: Experiment, recording: ForeignRecording, gap: Gap, off: np.ndarray, bound: np.ndarray, k: int
) -> str:  # fmt: skip
    """The gap beside what a consistent scheme could leave there."""
    unit, (difference, expected) = recording.units[recording.quantity], gap.spikes
    counts = f"{counted(expected + difference, 'spike')} instead of {expected}, and " if difference else ""
    could = quantity(float(bound[k]), unit) if np.isfinite(bound[k]) else "any amount"
    return (
        f"{counts}{quantity(float(off[k]), unit)} off the exact solution at {short(float(experiment.t_ms[k]))} ms, where the error of a "
        f"consistent scheme at that step could leave {could}"
    )


def _what_next(experiment: Experiment, recording: ForeignRecording, best: Match | None) -> str:
    if best is None:
        return f"record at a tenth of the tolerance, or at a fixed step, and give both: --recording {recording.engine}=FILE,FILE"
    half = f"{recording.dt_ms / 2:.4g} ms"
    return f"record at half the step, {half}, and give both: --recording {recording.engine}=FILE,FILE"


def _left_by_a_scheme(experiment: Experiment, recording: ForeignRecording, exact: np.ndarray) -> np.ndarray:
    """How far the error of a consistent scheme could take each sample on the grid: so many times that of the worst known scheme
    of first order at the recording's step, as far around as spikes may be moved; and a loose tolerance of an adaptive one."""
    errors, trains = np.zeros(len(exact)), list[np.ndarray]()
    for candidate in own_candidates(experiment):
        run = candidate.run(experiment, recording) if candidate.scheme.order == 1 else None
        if run is not None:
            errors = np.maximum(
                errors, np.abs(np.interp(experiment.t_ms, run.t_ms, signal_in(experiment, recording, candidate, run)) - exact)
            )
            trains.append(np.asarray(run.spike_times_ms))
    around_ms = max(_AROUND_MS, 2.0 * recording.dt_ms, _TIMES * _moved(trains))
    around = max(1, round(around_ms / experiment.dt_ms))
    padded = np.pad(errors, around, mode="edge")
    widest = np.lib.stride_tricks.sliding_window_view(padded, 2 * around + 1).max(axis=1)
    return _TIMES * widest + LOOSE * float(np.max(np.abs(exact), initial=0.0)) + resolution(recording.own_values)


def _moved(trains: list[np.ndarray]) -> float:
    """How far known schemes move a spike among themselves, in ms, as far as all of them have as many."""
    count = min(map(len, trains), default=0)
    return float(np.max(np.ptp([train[:count] for train in trains], axis=0), initial=0.0)) if count else 0.0


def agreement(gap: Gap) -> str:
    """Of samples that are within a step of the exact solution."""
    count, error = gap.spikes[1], gap.error
    what = counted(count, "spike") + (", each" if count > 1 else "") if error.unit == "ms" else "the waveform is"
    return f"{what} within {quantity(error.value or 0.0, error.unit)} of the exact solution, as far as its samples tell"
