"""What a recording shows at its resets and the residual does not: where it resets from and to, and for how long it rests then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.expressions.expression import Expression, Name, names
from spikebridge.bridge.system import Family
from spikebridge.reference.integrate import BRIAN2, NEURON
from spikebridge.reports.proof.culprit import Culprit
from spikebridge.reports.proof.residual.jumps_seen import jumps_seen
from spikebridge.reports.proof.residual.resolution import resolution_of

_FEWEST = 2  # resets that must agree


@dataclass(frozen=True)
class Resets:
    """The samples of the observed state around the spikes of a recording at one fixed step, in its unit."""

    experiment: Experiment
    family: Family
    values: np.ndarray
    dt_ms: float

    @property
    def steps(self) -> np.ndarray:
        """The sample before each reset, shape (resets,)."""
        model = self.experiment.model
        if model.spike is None or model.spike.reset == () or self.experiment.observed not in dict(model.spike.reset):
            return np.zeros(0, dtype=int)
        place = self.experiment.observed_index
        coherent = {place: self.values * model.factor(self.experiment.observed)}
        found = jumps_seen(self.experiment, self.family, coherent, self.dt_ms)
        return np.array(sorted(k for k, rules in found.items() if 0 in rules), dtype=int)

    @property
    def to(self) -> Expression:
        """What the observed state is reset to."""
        assert self.experiment.model.spike is not None
        return dict(self.experiment.model.spike.reset)[self.experiment.observed]

    @property
    def to_constant(self) -> bool:
        return not set(names(self.to)) - set(self.experiment.model.parameters)

    def alike(self, steps: np.ndarray) -> bool:
        """Whether the samples after all resets, ``steps`` of shape (resets,), are the same."""
        after = self.values[steps + 1]
        return bool(np.ptp(after) <= 1e-9 * np.max(np.abs(after)))

    def a_step_on(self, steps: np.ndarray, value: float) -> bool:
        """Whether the samples after resets, ``steps`` of shape (resets,), may be a few steps of flow away from a value, in a file that
        does not hold every step."""
        after = self.values[steps[steps + 2 < len(self.values)] + 1]
        on = self.values[steps[steps + 2 < len(self.values)] + 2] - after
        return bool(np.any((on != 0) & (np.abs(after - value) <= 2 * np.abs(on))))

    def held(self, k: int) -> int:
        """For how many steps after a reset the state stands still."""
        moving = np.flatnonzero(np.diff(self.values[k + 1 :]) != 0.0)
        return int(moving[0]) if len(moving) else -1  # to the end: nobody knows


def differences_at_resets(experiment: Experiment, family: Family, values: np.ndarray, dt_ms: float) -> list[Culprit]:
    """What differs there: the value that is reset to, the refractory period, the threshold.

    Parameters
    ----------
    values : of the observed state at one fixed step, in its unit, shape (samples,)
    """
    resets = Resets(experiment, family, values, dt_ms)
    steps = resets.steps
    if len(steps) < _FEWEST:
        return []
    return [*_reset_value(resets, steps), *_refractory(resets, steps), *_threshold(resets, steps)]


def _reset_value(resets: Resets, steps: np.ndarray) -> Iterator[Culprit]:
    """Another value after all resets, where the definition has a constant there."""
    model, observed = resets.experiment.model, resets.experiment.observed
    if not resets.to_constant or not resets.alike(steps):
        return
    to, after = resets.to, resets.values[steps + 1]
    unit = model.unit_of(observed)
    expected, found = model.value(to) / model.factor(observed), float(np.mean(after))
    if resets.a_step_on(steps, expected):
        return
    if abs(found - expected) > 2 * float(np.max(resolution_of(resets.values).error)) + 1e-9 * abs(expected):
        yield Culprit("reset", _called(to, f"{observed} after a spike"), _shown(expected, unit), _shown(found, unit), 1.0)


def _refractory(resets: Resets, steps: np.ndarray) -> Iterator[Culprit]:
    """Another number of steps at rest than any simulator counts for the period."""
    model = resets.experiment.model
    assert model.spike is not None
    held = [n for k in steps.tolist() if (n := resets.held(k)) >= 0]
    if len(held) < _FEWEST or len(set(held)) > 1 or model.spike.clamp == "current":
        return
    period = 0.0 if model.spike.refractory is None else model.value(model.spike.refractory)
    if abs(period / resets.dt_ms - round(period / resets.dt_ms)) > 1e-6:
        return  # not of whole steps: everybody rounds it in another way
    known = {convention.refractory_steps(period, resets.dt_ms) for convention in (NEURON, BRIAN2)} if period else {0}
    if held[0] in known:
        return
    near = min(known, key=lambda n: abs(n - held[0]))
    found = period + (held[0] - near) * resets.dt_ms
    name = "refractory period" if model.spike.refractory is None else _called(model.spike.refractory, "refractory period")
    more = held[0] - near
    said = f"{found:.6g} ms, {abs(more)} step{'s' if abs(more) > 1 else ''} {'longer' if more > 0 else 'shorter'}"
    yield Culprit("refractory", name, f"{period:.6g} ms", said, 1.0)


def _threshold(resets: Resets, steps: np.ndarray) -> Iterator[Culprit]:
    """Another level: samples beyond it without a reset, or resets from so far below that no step reaches it."""
    model, observed = resets.experiment.model, resets.experiment.observed
    rule, values = model.spike, resets.values
    assert rule is not None
    steps = steps[steps >= 2]
    if (
        not isinstance(rule.left, Name)
        or rule.left.id != observed
        or set(names(rule.right)) - set(model.parameters)
        or not len(steps)
        or not (resets.to_constant and resets.alike(steps))  # samples at resets may hold the value before
    ):
        return
    level, unit = model.value(rule.right) / model.factor(observed), model.unit_of(observed)
    step, before = values[steps] - values[steps - 1], values[steps - 1] - values[steps - 2]
    # a step grows at most as it grew, twice over, for a scheme that looks ahead
    growth = np.where(before > 0, step / np.where(before > 0, before, 1.0), np.inf)
    reached = values[steps] + 2 * step * np.clip(growth, 1.0, 1e6) ** 2
    low, high = float(np.max(values)), float(np.min(reached))
    rounded = 2 * float(np.max(resolution_of(values).error))
    if low - rounded <= level <= high + rounded or low > high:
        return
    found = f"between {_shown(low, unit)} and {_shown(high, unit)}"
    yield Culprit("threshold", _called(rule.right, "threshold"), _shown(level, unit), found, 1.0)


def _called(expression: Expression, otherwise: str) -> str:
    return expression.id if isinstance(expression, Name) else otherwise


def _shown(value: float, unit: object) -> str:
    return f"{value:.6g} {unit}".removesuffix(" 1")
