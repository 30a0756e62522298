"""By how much the number that a claim finds may move without anything having been changed.

Measured on 16 figures of every kind, run once more as on a processor without AVX2, FMA and AVX-512 and with simulators
compiled for one: of 247 numbers 151 were the same to the last digit, and all but one of the others moved by less than 1e-12
of themselves, which is the rounding of exp. The one, the last interval of a train that adapts, moved by 0.018 ms, where its own
integration error is 0.24 ms: for such a number the limit is measured, on demand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.base import Engine, EngineScheme
from spikebridge.bridge.engines.reference_engine import EXACT, ReferenceEngine, exact_solution
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import run_one
from spikebridge.bridge.errors import NotRun
from spikebridge.reports.regression.round_off import shaken_run
from spikebridge.reports.textbook.analysis_kind import AnalysisQuestion
from spikebridge.reports.textbook.claim_measures import Question
from spikebridge.reports.textbook.figure_run import ROUND_OFF, Finding, MadeFigure

_REFERENCE = ReferenceEngine()


@dataclass(frozen=True)
class Limit:
    """What a number may move by, in its unit, and what makes it do so."""

    value: float
    reason: str


def round_off(found: float) -> Limit:
    """What is allowed to every number, and asks for no run."""
    return Limit(ROUND_OFF * max(1.0, abs(found)), "round-off")


def measured(finding: Finding, made: MadeFigure) -> Limit:
    """What this very number may move by; asked for those alone that have moved by more than round-off usually does."""
    question = finding.claim.question
    if question.discrete:
        return Limit(0.0, "what a count may move by")
    if isinstance(question, AnalysisQuestion):
        return _of_analysis(finding, question, made)
    run = made.file.runs[finding.claim.run]
    if finding.engine == EXACT and not run.scheme:
        return _of_solution(question, run.experiment)
    engine = find_engine("reference" if finding.engine == EXACT else finding.engine)
    found = _of_run(question, run.experiment, engine, engine.schemes[finding.scheme])
    return found or Limit(finding.error, "the integrator's own error")


def _of_run(question: Question, experiment: Experiment, engine: Engine, scheme: EngineScheme) -> Limit | None:
    """How far the answers part in runs whose every step is off by what rounding can do; None for an adaptive integrator."""
    try:
        trajectory = shaken_run(experiment, engine, scheme, run_one(experiment, engine, scheme))
    except NotRun:
        return None
    if trajectory is None:
        return None
    copies = zip(np.moveaxis(trajectory.states, -1, 0), trajectory.spike_times_ms, strict=True)
    return Limit(_spread([_answer(question, experiment, *copy) for copy in copies]), "what round-off can have grown to")


def _of_solution(question: Question, experiment: Experiment) -> Limit:
    """How far the answers part where states and spikes are off by the solution's own error."""
    solution = exact_solution(experiment)
    spikes, shifts = np.asarray(solution.spike_times_ms), solution.spike_error_ms * _signs(len(solution.spike_times_ms))
    errors = solution.state_errors[:, None]
    answers = [_answer(question, experiment, solution.states, spikes)]
    if not (np.all(np.isfinite(errors)) and np.isfinite(solution.spike_error_ms)):
        return Limit(np.inf, "the solution's own error")
    answers += [
        _answer(question, experiment, solution.states + sign * errors, spikes + shift) for sign in (1, -1) for shift in shifts
    ]
    return Limit(_spread(answers), "the solution's own error")


def _signs(count: int) -> np.ndarray:
    """All spikes late, all early, and by turns: shape (4, count)."""
    turns = (-1.0) ** np.arange(count)
    return np.stack([np.ones(count), -np.ones(count), turns, -turns])


def _answer(question: Question, experiment: Experiment, states: np.ndarray, spikes_ms: np.ndarray) -> float | None:
    """What a recording with these states, coherent, shape (variables, samples), and these spikes would answer."""
    answer = {"states": states, "spikes_ms": spikes_ms, "raw_ms": spikes_ms, "wall_s": 0.0}
    return question.answer(_REFERENCE.read(experiment, _REFERENCE.schemes[EXACT], answer))


def _spread(answers: Sequence[float | None]) -> float:
    """The furthest from the first; infinite where one has no answer."""
    numbers = [np.inf if answer is None else answer for answer in answers]
    return float(max(abs(number - numbers[0]) for number in numbers)) if np.isfinite(numbers[0]) else np.inf


def _of_analysis(finding: Finding, question: AnalysisQuestion, made: MadeFigure) -> Limit:
    """The bracket in which a threshold was sought, both ends of which are as good; else the error of its runs."""
    width = 2 * question.bracket(made.analyses[finding.claim.run])
    if width or finding.engine == EXACT:
        return Limit(width, "the bracket of the search")
    return Limit(finding.error, "the error of its runs")
