"""Every metric of one recording against the exact solution, each with its unit and its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.reference.exact import Solution
from spikebridge.reference.recording import Recording
from spikebridge.reports.metrics.interval_distances import isi_distance, spike_distance
from spikebridge.reports.metrics.matching import SpikeMatch, match_in_order, match_spikes
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.metrics.spike_alignment import aligned_max_abs_difference, aligned_rms_difference
from spikebridge.reports.metrics.spike_distances import van_rossum_distance, victor_purpura_distance
from spikebridge.reports.metrics.spike_shape import spike_shape_differences, spike_shapes
from spikebridge.reports.metrics.spike_timing import spike_timing
from spikebridge.reports.proof.foreign_recording import ForeignRecording, common

_REASONS = {
    "isi_distance": "how much the intervals differ, as a share, over time",
    "spike_distance": "how much the nearest spikes differ, of the intervals, over time",
}
MOST_SPIKES = 500  # distances compare every spike with every other


def matched(recording: Recording, exact: Solution) -> SpikeMatch:
    """Spikes paired with those of the exact solution while it was recorded: one by one where there are as many, else the nearest."""
    exact, recording = common(exact, recording)
    found, expected = np.asarray(recording.spike_times_ms), np.asarray(exact.spike_times_ms)
    return (match_in_order if len(found) == len(expected) else match_spikes)(found, expected)


def measures(experiment: Experiment, exact: Solution, recording: Recording) -> dict[str, Score]:
    """All metrics by name; none about spikes where neither has any.

    The cost of Victor and Purpura and the time constant of van Rossum follow from the shortest interval of the exact
    solution: a shift by a quarter of it costs as much as a spike that is missing.
    """
    if isinstance(recording, ForeignRecording) and recording.quantity != experiment.observed:
        return {}
    found = _measures(experiment, *common(exact, recording))
    return {name: replace(score, reason=score.reason or _REASONS.get(name, "")) for name, score in found}


def _measures(experiment: Experiment, exact: Solution, recording: Recording) -> Iterator[tuple[str, Score]]:
    found, expected = np.asarray(recording.spike_times_ms), np.asarray(exact.spike_times_ms)
    if (not len(found) and not len(expected)) or max(len(found), len(expected)) > MOST_SPIKES:
        return
    match = matched(recording, exact)
    timing = spike_timing(match)
    raw = np.asarray(recording.raw_spike_times_ms)
    if len(raw) == len(found) > 0:
        why = "mean of the engine's own labels minus the crossings, which alone are judged"
        yield "label_lag", Score(float(np.mean(raw - found)), "ms", None, why)
    yield from (("lag", timing.lag), ("drift", timing.drift), ("jitter", timing.jitter))
    quarter = float(np.min(np.diff(expected))) / 4 if len(expected) > 1 else experiment.duration_ms / 4
    yield "victor_purpura", victor_purpura_distance(found, expected, 2 / quarter)
    yield "van_rossum", van_rossum_distance(found, expected, quarter)
    yield "isi_distance", isi_distance(found, expected, experiment.duration_ms)
    yield "spike_distance", spike_distance(found, expected, experiment.duration_ms)
    name, resets = experiment.observed, experiment.model.resets
    unit, truth = recording.units[name], experiment.observed_of(exact.states)
    samples = recording[name]
    yield "aligned_max_abs", aligned_max_abs_difference(recording.t_ms, samples, truth, match, unit, resets)
    yield "aligned_rms", aligned_rms_difference(recording.t_ms, samples, truth, match, unit, resets)
    if not resets and len(found) == len(expected):
        shapes = [spike_shapes(recording.t_ms, v, spikes) for v, spikes in ((samples, found), (truth, expected))]
        yield from spike_shape_differences(shapes[0], shapes[1], unit).items()
