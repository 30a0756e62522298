"""What a recording from elsewhere is: the same neuron, and if so under which scheme; or another one.

A single recording has no ladder. But every fixed-step scheme leaves its own error in the samples, so the scheme that
was used can be recognised: run at the recording's own step, it gives the same samples to their last digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.system import build_system
from spikebridge.reference.integrate import BRIAN2, NEURON, integrate
from spikebridge.reference.schemes import INTEGRATORS
from spikebridge.reference.system import System
from spikebridge.reports.metrics.numbers import counted, quantity, short
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.foreign_recording import ForeignRecording, interpolation_error, resolution, signal_of
from spikebridge.reports.proof.suspects import other_regimes
from spikebridge.reports.proof.verdict import Verdict

# samples that two programs compute alike differ by what accumulates of round-off, of the range
_SAME = 1e-7


@dataclass(frozen=True)
class Match:
    """A candidate's distance to the recording.

    Attributes
    ----------
    distance : the largest, beside what ``before_reset`` excuses
    parted_ms : when they first part by more than round-off
    late : by how many of its steps the recording labels its samples too late
    before_reset : whether samples at resets hold the value before
    """

    scheme: str
    regime: str
    distance: float
    parted_ms: float | None
    late: int = 0
    before_reset: bool = False

    @property
    def labels(self) -> str:
        """How the recording's samples are labelled, where that is unlike ours, in words."""
        words = [f", its samples labelled one step {'late' if self.late > 0 else 'early'}"] if self.late else []
        return "".join([*words, ", with the value before the reset at each spike"] if self.before_reset else words)


def judge_foreign(
    experiment: Experiment, recording: ForeignRecording, errors: tuple[Score, np.ndarray], count: tuple[int, int]
) -> tuple[Verdict, str]:
    """The verdict on a recording and one sentence a person can act on.

    Parameters
    ----------
    errors : of the spikes, or of the waveform where there are none, with a limit that allows for the recording's own
        sampling; and the exact waveform it is measured against
    count : spikes found minus expected, and expected
    """
    name = recording.quantity
    unit = recording.units[name]
    error, expected = errors
    sampled = interpolation_error(recording.own_ms, recording.own_values) if len(recording.own_ms) < len(recording.t_ms) else 0.0
    spread = 1e-6 * float(np.ptp(expected)) + sampled + resolution(recording.own_values)
    steps = max(1, round(recording.dt_ms / experiment.dt_ms))
    if _within(error) and _one_step_off(expected, recording[name], steps, spread):
        what = counted(count[1], "spike") + (", each" if count[1] > 1 else "") if error.unit == "ms" else "the waveform is"
        return (
            Verdict.AGREE,
            f"{what} within {quantity(error.value or 0.0, error.unit)} of the exact solution, as far as its samples tell",
        )
    allowed = _SAME * float(np.ptp(recording.own_values)) + resolution(recording.own_values)
    matches = sorted(_candidates(experiment, recording, allowed), key=lambda m: (m.distance > allowed, abs(m.late), m.distance))
    if not matches:
        return Verdict.OTHER_LIMIT, "its samples fit no step of the experiment, and it is off by more than one of its own samples"
    best = matches[0]
    if best.distance > allowed:  # what parted last has most in common with it
        best = max(matches, key=lambda m: (m.parted_ms or 0.0, -m.distance))
    of = f" in the regime {best.regime}" if best.regime else ""
    if best.distance <= allowed and not best.regime:
        return Verdict.DISCRETISATION, (
            f"it is {best.scheme} at dt = {short(recording.dt_ms)} ms of this very model{best.labels}, to {quantity(best.distance, unit)}"
        )
    if best.distance <= allowed:
        return (
            Verdict.OTHER_LIMIT,
            f"it is {best.scheme} at dt = {short(recording.dt_ms)} ms{of}{best.labels}, to {quantity(best.distance, unit)}",
        )
    parted = f" from t = {short(best.parted_ms)} ms on" if best.parted_ms is not None else ""
    return Verdict.OTHER_LIMIT, (
        f"no scheme at dt = {short(recording.dt_ms)} ms gives these samples; the one that follows longest, {best.scheme}{of}{best.labels}, differs{parted} by up to "
        f"{quantity(best.distance, unit)}, where the same arithmetic would leave {quantity(allowed, unit)}"
    )


def _within(score: Score) -> bool:
    return score.value is not None and score.limit is not None and score.value <= score.limit


def _one_step_off(expected: np.ndarray, found: np.ndarray, steps: int, more: float) -> bool:
    """Whether every sample there is lies between what the exact solution is up to so many steps earlier and later."""
    near = np.stack([np.roll(expected, k) for k in range(-steps, steps + 1)])
    low, high = near.min(axis=0) - more, near.max(axis=0) + more
    inside = slice(steps, len(expected) - steps)
    return bool(np.all(((found >= low) & (found <= high) | np.isnan(found))[inside]))


def _candidates(experiment: Experiment, recording: ForeignRecording, allowed: float) -> Iterator[Match]:
    for regime, model in (("", experiment.model), *other_regimes(experiment.model)):
        system = build_system(model)
        for scheme in INTEGRATORS:
            for convention in (NEURON, BRIAN2) if model.resets else (NEURON,):
                try:
                    run = integrate(
                        system, scheme, experiment.duration_ms, recording.dt_ms, experiment.drive, convention, experiment.arrivals
                    )
                except (ArithmeticError, ValueError):
                    continue
                resets = run.raw_spike_times_ms - convention.raw_shift_steps * recording.dt_ms if model.resets else np.array([])
                values = _signal(experiment, model, recording, run.states)
                for late in (0, 1, -1):
                    reached = _reached(experiment, recording, system, run.states, late)
                    expected = run.t_ms + late * recording.dt_ms, values
                    yield _match(recording, expected, (resets, reached), allowed, scheme, regime, late)


def _signal(experiment: Experiment, model: Model, recording: ForeignRecording, states: np.ndarray) -> np.ndarray:
    """What the recording is of, as a run of its step has it, shape (samples,)."""
    if recording.quantity in model.state_names:
        return signal_of(experiment, states, recording.quantity)
    return signal_of(replace(experiment, model=model).at_dt(recording.dt_ms), states, recording.quantity)


def _reached(experiment: Experiment, recording: ForeignRecording, system: System, states: np.ndarray, late: int) -> np.ndarray:
    """Whether each own sample has reached the level that sets a spike off, as only a value before a reset has."""
    if system.event is None or recording.quantity not in experiment.model.state_names:
        return np.zeros(len(recording.own_ms), dtype=bool)
    places = np.clip(np.rint(recording.own_ms / recording.dt_ms).astype(int) - late, 0, states.shape[1] - 1)
    y = states[:, places].copy()
    factor = experiment.model.factor(recording.quantity)
    y[experiment.model.state_names.index(recording.quantity)] = recording.own_values * factor
    return np.broadcast_to(np.asarray(system.event.level(tuple(y))) > -1e-9 * abs(factor), recording.own_ms.shape)


def _match(
    recording: ForeignRecording, expected: tuple[np.ndarray, np.ndarray], resets: tuple[np.ndarray, np.ndarray], allowed: float,
    scheme: str, regime: str, late: int,
) -> Match:  # fmt: skip
    """The recording beside the samples ``expected``, (times, values).

    Parameters
    ----------
    resets : when the samples reset, and which own samples may be values before a reset, see ``_reached``
    """
    t_ms, dt_ms = recording.own_ms, recording.dt_ms
    inside = (t_ms > expected[0][0] - 0.5 * dt_ms) & (t_ms < expected[0][-1] + 0.5 * dt_ms)
    signed = np.where(inside, recording.own_values - np.interp(t_ms, *expected), 0.0)
    times, reached = resets
    at_reset = np.isin(np.rint(t_ms / dt_ms), np.rint(times / dt_ms) + late) & (signed > allowed) & reached
    gap = np.where(at_reset, 0.0, np.abs(signed))
    parted = gap > allowed
    when = float(t_ms[np.argmax(parted)]) if parted.any() else None
    return Match(scheme, regime, float(gap.max()), when, late, bool(at_reset.any()))
