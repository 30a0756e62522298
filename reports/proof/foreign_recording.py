"""A recording from elsewhere on an experiment's grid, beside its own samples as they were."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.expressions.expression import Name
from spikebridge.bridge.expressions.units import Unit
from spikebridge.reference.recording import Recording
from spikebridge.reference.spikes import upward_crossings
from spikebridge.reports.proof.samples import Samples

RECORDED = "recorded"  # what a recording has in place of a scheme and of a version


@dataclass(frozen=True)
class ForeignRecording(Recording):
    """A recording on the experiment's grid, with the samples as they were beside it, in the variable's own unit;
    ``tells_spikes`` where the spike rule is about that variable, so that its samples show them."""

    own_ms: np.ndarray = field(default_factory=lambda: np.array([]))
    own_values: np.ndarray = field(default_factory=lambda: np.array([]))
    tells_spikes: bool = True


def foreign_recording(samples: Samples, experiment: Experiment, name: str) -> ForeignRecording:
    """Samples of the observed signal, which cover the experiment, as a recording of that name."""
    model, variable, t_ms = experiment.model, experiment.observed, experiment.t_ms
    unit = model.unit_of(variable)
    values = samples.values * (Unit.parse(samples.unit).si / unit.si)
    dt_ms = float(np.median(np.diff(samples.t_ms)))
    spikes = _spikes(experiment, samples.t_ms, values * model.factor(variable))
    spikes = spikes[spikes <= experiment.duration_ms]
    error = interpolation_error(samples.t_ms, values)
    on_grid = bool(np.all(np.isin(np.round(t_ms / dt_ms, 6) % 1, (0.0, 1.0)))) and len(samples.t_ms) > 1
    notes = (
        f"read from {samples.origin}, sampled every {dt_ms:g} ms",
        "no interpolation" if on_grid else f"interpolated with an error of up to {error:.2g} {unit}",
    )
    inside = samples.t_ms <= experiment.duration_ms * (1 + 1e-9)
    return ForeignRecording(
        t_ms, {variable: resampled(samples.t_ms, values, t_ms)}, {variable: str(unit)}, spikes, spikes, name, RECORDED,
        RECORDED, dt_ms, 0.0, notes, samples.t_ms[inside], values[inside], _tells_spikes(experiment),
    )  # fmt: skip


def _tells_spikes(experiment: Experiment) -> bool:
    spike = experiment.model.spike
    return spike is not None and isinstance(spike.left, Name) and spike.left.id == experiment.observed


def _spikes(experiment: Experiment, t_ms: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Crossings of the model's level where that is about the recorded variable; of a variable that resets, its falls."""
    spike = experiment.model.spike
    if spike is None or not _tells_spikes(experiment):
        return np.array([])
    level = experiment.model.value(spike.right)
    if not spike.reset:
        return upward_crossings(t_ms, values - level)
    falls = np.flatnonzero(np.diff(values) < -0.25 * (level - values.min())) + 1
    return t_ms[falls]


def resampled(t_ms: np.ndarray, values: np.ndarray, at_ms: np.ndarray) -> np.ndarray:
    """Values at other times: exact where they coincide with samples, else by the cubic through the four around."""
    if len(t_ms) < 4:
        return np.interp(at_ms, t_ms, values)
    k = np.clip(np.searchsorted(t_ms, at_ms, side="right") - 1, 1, len(t_ms) - 3)
    nodes = np.stack([k - 1, k, k + 1, k + 2])
    x, y = t_ms[nodes], values[nodes]
    total = np.zeros(len(at_ms))
    for i in range(4):
        weight = np.ones(len(at_ms))
        for j in range(4):
            if j != i:
                weight *= (at_ms - x[j]) / (x[i] - x[j])
        total += weight * y[i]
    return total


def interpolation_error(t_ms: np.ndarray, values: np.ndarray) -> float:
    """A bound on what ``resampled`` misses: leaving out every other sample misses it by sixteen times as much."""
    if len(t_ms) < 9:
        return float(np.ptp(values))
    missed = np.abs(resampled(t_ms[::2], values[::2], t_ms[1::2]) - values[1::2])[2:-2]
    return float(np.max(missed, initial=0.0)) / 8  # twice the sixteenth
