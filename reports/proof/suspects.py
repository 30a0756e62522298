"""Where an engine departs, and why: each suspect toggled by itself, and the share of the gap that it explains.

Shares are squared: a suspect that predicts every spike's shift, or every sample's difference, explains 1; one that
predicts nothing, 0. They need not add up, for suspects may predict the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spikebridge.bridge.definition.drive import StimulusPart, stimulus
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import Engine
from spikebridge.bridge.engines.reference_engine import exact_solution, stepped
from spikebridge.bridge.system import build_system
from spikebridge.reference.exact import ExactError, Solution
from spikebridge.reference.recording import Recording
from spikebridge.reports.proof.culprit import Culprit
from spikebridge.reports.proof.culprits import Blamed, find_culprit
from spikebridge.reports.proof.translation_proof import TranslationProof, Twin

_LATE_RESETS = "resets at the ends of steps"
_MOST = 0.5


@dataclass(frozen=True)
class Suspect:
    """One difference that could be behind the gap; ``share`` of the gap that it explains, at most 1."""

    name: str
    share: float


@dataclass(frozen=True)
class Where:
    """Where the gap begins and what is behind it.

    Attributes
    ----------
    first_ms : when the first variable leaves the exact solution by more than it moves in one step
    variable : which one that is
    suspects : the strongest first
    blamed : the one change that would undo the step defects; None where there is none
    """

    first_ms: float | None
    variable: str | None
    suspects: tuple[Suspect, ...]
    blamed: Blamed | None = None

    @property
    def culprit(self) -> str:
        """What is blamed, in words; empty where there is nothing."""
        return str(self.blamed or "")

    @property
    def culprits(self) -> tuple[Culprit, ...]:
        """The same as the list of a comparison has it."""
        return (self.blamed.culprit,) if self.blamed else ()

    @property
    def reason(self) -> str:
        """What a person would want to hear beside the verdict: the culprit, or that resets are most of it; may be empty."""
        share = next((s.share for s in self.suspects if s.name == _LATE_RESETS), 0.0)
        return self.culprit or (f"{_LATE_RESETS} explain {100 * share:.3g} % of it" if share > _MOST else "")


def find_where(
    experiment: Experiment,
    exact: Solution,
    engine: Engine,
    recording: Recording,
    twin: Twin | None,
    proof: TranslationProof | None,
) -> Where:
    """Look for the beginning and the reasons of a gap."""
    first_ms, variable = _first(experiment, exact, recording)
    gap = _gap(experiment, exact, recording.spike_times_ms, _states(experiment, recording))
    suspects = [
        Suspect(name, share)
        for name, spikes, states in _predictions(experiment, exact, engine, recording, twin, proof)
        if (share := _share(gap, _gap(experiment, exact, spikes, states))) is not None
    ]
    blamed = None
    if proof is not None and not proof.passed and twin is not None:
        blamed = find_culprit(experiment, engine, recording, twin)
    return Where(first_ms, variable, tuple(sorted(suspects, key=lambda s: -s.share)), blamed)


def _states(experiment: Experiment, recording: Recording) -> np.ndarray:
    """Recorded states in coherent units, shape (variables, samples)."""
    model = experiment.model
    return np.array([recording[s] * model.factor(s) for s in model.state_names])


def _first(experiment: Experiment, exact: Solution, recording: Recording) -> tuple[float | None, str | None]:
    found: list[tuple[float, str]] = []
    for name, expected, samples in zip(experiment.model.state_names, exact.states, _states(experiment, recording), strict=True):
        limit = float(np.max(np.abs(np.diff(expected)), initial=0.0))
        beyond = np.abs(samples - expected) > limit
        if limit > 0 and beyond.any():
            found.append((float(recording.t_ms[np.argmax(beyond)]), name))
    return min(found, default=(None, None))


def _gap(experiment: Experiment, exact: Solution, spikes: Any, states: np.ndarray) -> np.ndarray:
    """Shifts of the spikes where their numbers agree, else differences of the observed signal, coherent."""
    truth = np.asarray(exact.spike_times_ms)
    times = np.asarray(spikes)
    if len(truth) and len(times) == len(truth):
        return times - truth
    place = experiment.observed_index
    return states[place] - exact.states[place]


def _share(gap: np.ndarray, predicted: np.ndarray) -> float | None:
    """Of the sum of squares; None where the two cannot be compared."""
    total = float(gap @ gap)
    if gap.shape != predicted.shape or total == 0.0:
        return None
    missed = gap - predicted
    return max(0.0, 1.0 - float(missed @ missed) / total)


def _predictions(
    experiment: Experiment,
    exact: Solution,
    engine: Engine,
    recording: Recording,
    twin: Twin | None,
    proof: TranslationProof | None,
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """What each suspect alone would make of the exact solution: (name, spike times, states)."""
    if twin is not None:
        yield f"the scheme at dt = {experiment.dt}", twin.spike_times_ms, twin.states
        late = _resetting_late(experiment, engine)
        if late is not None:
            yield (_LATE_RESETS, *late)
    if experiment.moved_edges:
        moved = _solved(replace(experiment, stimulus=_on_grid(experiment)))
        if moved is not None:
            yield "edges of the stimulus moved to the grid", moved.spike_times_ms, moved.states
    astray = proof is not None and not proof.passed
    if twin is not None and (astray or experiment.precision is Precision.SINGLE):
        single = _in_single_precision(experiment, exact, engine, twin)
        if single is not None:
            yield ("single precision", *single)
    if not astray:
        return
    for name, model in other_regimes(experiment.model):
        other = _solved(replace(experiment, model=model))
        if other is not None:
            yield f"the constants of the regime {name}", other.spike_times_ms, other.states


def _on_grid(experiment: Experiment) -> tuple[StimulusPart, ...]:
    """The stimulus as samples of what every step sees."""
    unit = experiment.model.stimulus_unit
    values = [float(x) / experiment.model.coherent.factor(unit) for x in experiment.seen]
    spikes = (part for part in experiment.stimulus if part not in experiment.currents)
    return (stimulus("samples", interval=experiment.dt, values=values, unit=unit), *spikes)


def _solved(experiment: Experiment) -> Solution | None:
    try:
        return exact_solution(experiment)
    except (ExactError, ArithmeticError):
        return None


def _resetting_late(experiment: Experiment, engine: Engine) -> tuple[np.ndarray, np.ndarray] | None:
    """The experiment by a scheme whose own error is small beside that of resetting at the ends of steps; None where
    nothing resets, or where steps of that length overflow."""
    if not experiment.model.resets or experiment.model.discrete:
        return None
    try:
        run = stepped(experiment, build_system(experiment.model), "rk4", engine.convention)
    except (ArithmeticError, ValueError):
        return None
    return run.spike_times_ms, run.states


def _in_single_precision(
    experiment: Experiment, exact: Solution, engine: Engine, twin: Twin
) -> tuple[np.ndarray, np.ndarray] | None:
    """The exact solution with what single precision alone does to the scheme: the twin's run beside one in the other precision."""
    chosen = experiment.precision is Precision.SINGLE
    system = build_system(experiment.model, dtype=np.float64 if chosen else np.float32)
    try:
        run = stepped(experiment, system, twin.scheme, engine.convention)
    except (ArithmeticError, ValueError):
        return None
    single, double = (twin, run) if chosen else (run, twin)
    spikes, other, truth = (np.asarray(of.spike_times_ms) for of in (single, double, exact))
    same = len(spikes) == len(other) == len(truth)
    return truth + spikes - other if same else spikes, exact.states + single.states - double.states


def other_regimes(model: Model) -> Iterator[tuple[str, Model]]:
    """The model with the parameters of each of its regimes that differ from its own."""
    for name, regime in model.regimes.items():
        other = replace(model, parameters={**model.parameters, **regime.parameters})
        if other.parameter_values != model.parameter_values:
            yield name, other
