"""A recording from elsewhere on an experiment's grid, beside its own samples as they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.base import recorded
from spikebridge.bridge.expressions.expression import Name
from spikebridge.bridge.expressions.units import Unit
from spikebridge.reference.exact import Solution
from spikebridge.reference.recording import Recording
from spikebridge.reference.spikes import upward_crossings
from spikebridge.reports.proof.samples import Samples

RECORDED = "recorded"  # what a recording has in place of a scheme and of a version


@dataclass(frozen=True)
class ForeignRecording(Recording):
    """A recording on the experiment's grid, with the samples as they were beside it.

    On the grid there is no number where it was not recorded.

    Attributes
    ----------
    own_ms, own_values : the samples of ``quantity`` as they were, in its own unit
    tells_spikes : where the spike rule is about that quantity, so that its samples show them
    quantity : the state or definition of the model that the verdict is about
    others : the samples, as they were, of everything else that was recorded of the model, in its own units
    remarks : what was taken for granted in reading it
    """

    own_ms: np.ndarray = field(default_factory=lambda: np.array([]))
    own_values: np.ndarray = field(default_factory=lambda: np.array([]))
    tells_spikes: bool = True
    quantity: str = ""
    others: Mapping[str, np.ndarray] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def within(self) -> np.ndarray:
        """Which points of the grid it covers, shape (grid,)."""
        return np.isfinite(self[self.quantity])

    @property
    def partial(self) -> bool:
        """Whether there is more of the experiment than of it."""
        return not bool(np.all(self.within))

    @property
    def span(self) -> str:
        """From when to when it lasts within the experiment, in words."""
        return f"from {self.own_ms[0]:g} to {self.own_ms[-1]:g} ms"


def foreign_recording(samples: Samples, experiment: Experiment, name: str) -> ForeignRecording:
    """Samples that have times in common with the experiment, as a recording of that name."""
    model, variable, t_ms = experiment.model, samples.quantity or experiment.observed, experiment.t_ms
    own, last = samples.t_ms, experiment.duration_ms
    inside = (own >= -1e-9 * last) & (own <= last * (1 + 1e-9))
    given = {variable: (samples.values, samples.unit), **samples.others}
    columns = {q: values * (Unit.parse(unit).si / model.unit_of(q).si) for q, (values, unit) in given.items()}
    values = columns.pop(variable)
    dt_ms = float(np.median(np.diff(own)))
    tells = _tells_spikes(experiment, variable)
    spikes = _spikes(experiment, own, values * model.factor(variable)) if tells else np.array([])
    spikes = spikes[(spikes >= 0) & (spikes <= last)]
    error = interpolation_error(own, values)
    on_grid = bool(np.all(np.isin(np.round(t_ms / dt_ms, 6) % 1, (0.0, 1.0))))
    unit = str(model.unit_of(variable))
    notes = (
        f"read from {samples.origin}, sampled every {dt_ms:g} ms",
        "no interpolation" if on_grid else f"interpolated with an error of up to {error:.2g} {unit}",
        *samples.remarks,
    )
    covered = (t_ms >= own[0] - 1e-9 * last) & (t_ms <= own[-1] + 1e-9 * last)
    unseen = np.full(len(t_ms), np.nan)
    on = {q: np.where(covered, resampled(own, x, t_ms), np.nan) for q, x in {variable: values, **columns}.items()}
    on.setdefault(experiment.observed, unseen)
    return ForeignRecording(
        t_ms, on, {q: str(model.unit_of(q)) for q in on}, spikes, spikes, name, RECORDED, RECORDED, dt_ms, 0.0, notes,
        own[inside], values[inside], tells, variable, {q: x[inside] for q, x in columns.items()}, samples.remarks,
        experiment=experiment,
    )  # fmt: skip


def common(exact: Solution, recording: Recording) -> tuple[Solution, Recording]:
    """The exact solution and the recording where both are: as they are, but for a recording from elsewhere that covers a part."""
    if not isinstance(recording, ForeignRecording) or not recording.partial:
        return exact, recording
    on, (first, last) = recording.within, (recording.own_ms[0], recording.own_ms[-1])
    times = np.asarray(exact.spike_times_ms)
    shorter = replace(
        exact, t_ms=exact.t_ms[on], states=exact.states[:, on], spike_times_ms=times[(times >= first) & (times <= last)],
        gap=None if exact.gap is None else exact.gap[on],
    )  # fmt: skip
    return shorter, replace(recording, t_ms=recording.t_ms[on], values={q: x[on] for q, x in recording.values.items()})


def signal_of(experiment: Experiment, states: np.ndarray, name: str) -> np.ndarray:
    """A state or a definition in its unit, shape (samples,), of coherent states on the experiment's grid, (variables, samples)."""
    model = experiment.model
    if name in model.state_names:
        return states[model.state_names.index(name)] / model.factor(name)
    return recorded(experiment, dict(zip(model.state_names, states, strict=True)), [name])[name]


def _tells_spikes(experiment: Experiment, variable: str) -> bool:
    spike = experiment.model.spike
    return spike is not None and isinstance(spike.left, Name) and spike.left.id == variable


def _spikes(experiment: Experiment, t_ms: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Crossings of the model's level where that is about the recorded variable; of a variable that resets, its falls."""
    spike = experiment.model.spike
    assert spike is not None
    level = experiment.model.value(spike.right)
    if not spike.reset:
        return upward_crossings(t_ms, values - level)
    falls = np.flatnonzero(np.diff(values) < -0.25 * (level - values.min())) + 1
    return t_ms[falls]


def resampled(t_ms: np.ndarray, values: np.ndarray, at_ms: np.ndarray) -> np.ndarray:
    """Values at other times: exact where they coincide with samples, else by the cubic through the four around.

    Parameters
    ----------
    t_ms, values : shape (samples,), times rising
    at_ms : shape (times,)

    Returns
    -------
    shape (times,), in the unit of the values
    """
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
    """A bound on what ``resampled`` misses: leaving out every other sample misses it by sixteen times as much.

    Parameters
    ----------
    t_ms, values : shape (samples,), times rising
    """
    if len(t_ms) < 9:
        return float(np.ptp(values))
    missed = np.abs(resampled(t_ms[::2], values[::2], t_ms[1::2]) - values[1::2])[2:-2]
    return float(np.max(missed, initial=0.0)) / 8  # twice the sixteenth
