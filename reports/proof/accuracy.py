"""How far a recording is from the exact solution, and what one step hides of it."""

from __future__ import annotations

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.reference.exact import Solution
from spikebridge.reference.recording import Recording
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.metrics.spikes import coincidence_factor, max_spike_shift, spike_count_difference
from spikebridge.reports.metrics.waveform import max_abs_difference, one_step_of_motion, rms_difference


def accuracy(experiment: Experiment, exact: Solution, recording: Recording) -> dict[str, Score]:
    """The spikes and the waveform of the observed signal, by the name of the measure."""
    name, factor = experiment.observed, experiment.model.factor(experiment.observed)
    known = float(exact.state_errors[experiment.observed_index]) / factor
    return accuracy_of(experiment, exact, recording, name, experiment.observed_of(exact.states), known)


def accuracy_of(
    experiment: Experiment, exact: Solution, recording: Recording, name: str, expected: np.ndarray, known: float
) -> dict[str, Score]:
    """The same of any recorded signal.

    Parameters
    ----------
    expected : the signal of the exact solution, in its unit, at the samples of the recording, shape (samples,)
    known : to within what that is known
    """
    found = recording[name]
    spikes, truth = np.asarray(recording.spike_times_ms), np.asarray(exact.spike_times_ms)
    waveform = max_abs_difference(found, expected, recording.units[name])
    limit = one_step_of_motion(expected) + known
    return {
        "spike_count": spike_count_difference(spikes, truth),
        "spike_shift": max_spike_shift(spikes, truth, experiment.dt_ms),
        "max_abs": Score(waveform.value, waveform.unit, limit, "the waveform moves as far in one step"),
        "rms": rms_difference(found, expected, recording.units[name]),
        "coincidence": coincidence_factor(spikes, truth, experiment.duration_ms),
    }


def error_of(found: dict[str, Score], exact: Solution, recording: Recording) -> Score:
    """The measure that counts: of the spikes, or of the waveform where there are none."""
    spiking = len(exact.spike_times_ms) or len(recording.spike_times_ms)
    return found["spike_shift" if spiking else "max_abs"]


def spikes_of(found: dict[str, Score], exact: Solution) -> tuple[int, int]:
    """Spikes found minus spikes of the exact solution, and of the exact solution."""
    return int(found["spike_count"].value or 0), len(exact.spike_times_ms)
