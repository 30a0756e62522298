"""Making a figure: its runs exactly and on the engines, each claim judged on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spikebridge.bridge.engines.base import Engine, EngineScheme, find_scheme
from spikebridge.bridge.engines.limits import within
from spikebridge.bridge.engines.reference_engine import EXACT, ReferenceEngine, exact_solution
from spikebridge.bridge.engines.running import Outcome, Run, Runner, at_hand
from spikebridge.bridge.engines.worker import LIMIT_S
from spikebridge.bridge.errors import DefinitionError, NotRun, expect_names
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import EXACT as STEPLESS
from spikebridge.reports.proof.refinement import order_of
from spikebridge.reports.proof.taking_part import taking_part
from spikebridge.reports.result import Result
from spikebridge.reports.textbook.analysis_kind import AnalysisQuestion
from spikebridge.reports.textbook.analysis_run import Attempt, attempt, exactly
from spikebridge.reports.textbook.claim_measures import Question
from spikebridge.reports.textbook.claims import Claim
from spikebridge.reports.textbook.figure import FigureFile, FigureRun
from spikebridge.reports.textbook.figure_file import load_figure

_REFERENCE = ReferenceEngine()
# how much more than its leading term an error may be, for the terms behind it (Roache 1997, Annu Rev Fluid Mech 29:123)
SAFETY = 1.25
# two solvers that do the same arithmetic in another order; the same limit on a whole run as in comparisons of translations
ROUND_OFF = 1e-9
NOTHING_THERE = "there is no such spike, interval or point"


@dataclass(frozen=True)
class Finding:
    """One claim on one engine.

    Attributes
    ----------
    found : what the run gives; None where it has no such spike, or did not run
    error : of the run's own integration, measured by halving its step; 0 for the exact solution
    reason : why it did not run, or was not asked to
    asked : False where the figure says that engines do not run this
    """

    engine: str
    scheme: str
    claim: Claim
    found: float | None
    error: float = 0.0
    reason: str = ""
    asked: bool = True
    ran: bool = True

    @property
    def allowed(self) -> float:
        return self.claim.tolerance + self.error

    @property
    def passed(self) -> bool | None:
        """None where there is nothing to judge."""
        if not self.ran or not self.asked or not self.claim.decides:
            return None
        # a difference of exactly the tolerance is none, whatever its last bit
        slack = 1e-9 * self.claim.tolerance + 4e-16 * abs(self.claim.expected)
        return self.found is not None and abs(self.found - self.claim.expected) <= self.allowed + slack


@dataclass(frozen=True, eq=False)
class MadeFigure(Result):
    """A figure with everything that was found; ``exact`` holds what is drawn, by the name of the run,
    ``spike_error_ms`` how sure its spikes are, ``analyses`` their exact results."""

    file: FigureFile
    exact: Mapping[str, Recording]
    spike_error_ms: Mapping[str, float]
    findings: tuple[Finding, ...]
    engines: tuple[str, ...]
    analyses: Mapping[str, Any] = field(default_factory=dict)

    def summary(self) -> list[tuple[str, str]]:
        judged = [f for f in self.findings if f.passed is not None]
        held = f"{sum(bool(f.passed) for f in judged)} of {len(judged)} claims hold"
        return [("name", self.file.name), ("title", self.file.title), ("engines", ", ".join(self.engines)), ("found", held)]

    @property
    def status(self) -> int:
        """0 all claims pass, 1 one fails, 3 an engine did not run."""
        judged = [f for f in self.findings if f.claim.decides]
        if any(f.passed is False for f in judged):
            return 1
        return 3 if any(not f.ran for f in judged) else 0


def figure(name: str | Path, engines: Sequence[str] = (), limit_s: float = LIMIT_S) -> MadeFigure:
    """Make a textbook figure and hold every engine to what it claims.

    Parameters
    ----------
    name : one of the gallery, or the path of a figure file
    engines : reference, brian2 and neuron without any
    limit_s : after so many seconds an engine's run is given up

    Raises
    ------
    DefinitionError : the figure or an engine cannot be
    ExactError : a run has no exact solution to judge by

    Examples
    --------
    >>> made = sb.figure("lif_constant", ["reference"])
    >>> made.status
    0
    """
    expect_names(engines, "engines")
    file, chosen = load_figure(name), taking_part(engines, {})
    with Runner(chosen, limit_s, stays=True) as runner:
        return make_figure(file, chosen, runner)


def make_figure(file: FigureFile, engines: Sequence[Engine[Any]], runner: Runner) -> MadeFigure:
    """Run everything that the figure shows or claims.

    Raises
    ------
    DefinitionError : a run cannot be
    ExactError, DivergenceError : a run has no exact solution
    """
    pairs = [(engine, run) for engine in engines for run in file.claimed if not run.exact_only]
    plans = [_runs(file, engine, run) for engine, run in pairs]
    wait = runner.start([run for plan in plans if isinstance(plan, list) for run in plan])
    exact, uncertainty = {}, {}
    for run in file.runs.values():
        with within(runner.limit_s, f"{file.name}: the exact solution of {run.name}"):
            exact[run.name], uncertainty[run.name] = truth(run)
    answers = iter(wait())
    outcomes: dict[tuple[str, str], tuple[Sequence[Run] | str, list[Outcome]]] = {}
    for (engine, run), plan in zip(pairs, plans, strict=True):
        outcomes[engine.name, run.name] = plan, [next(answers) for _ in plan] if isinstance(plan, list) else []
    with at_hand(runner):
        results, attempts = _analysed(file, engines, runner.limit_s)
    findings: list[Finding] = []
    for claim in file.claims:
        if claim.run in results:
            findings.append(_exact_finding(claim, EXACT, claim.question.answer(results[claim.run])))
            findings += [_analysis_finding(claim, attempts[engine.name, claim.run]) for engine in engines]
            continue
        recording = exact[claim.run]
        findings.append(_exact_finding(claim, recording.scheme, claim.question.answer(recording)))
        findings += [_finding(claim, engine, file.runs[claim.run], outcomes) for engine in engines]
    return MadeFigure(file, exact, uncertainty, tuple(findings), tuple(engine.name for engine in engines), results)


def _analysed(
    file: FigureFile, engines: Sequence[Engine[Any]], limit_s: float
) -> tuple[dict[str, Any], dict[tuple[str, str], Attempt]]:
    """Every analysis exactly, and those that claims are about on the engines."""
    claimed = {claim.run for claim in file.claims}
    results = {}
    for name, analysis in file.analyses.items():
        with within(limit_s, f"{file.name}: the analysis {name}"):
            results[name] = exactly(analysis)
    for claim in file.claims:
        if claim.run in results and claim.decides:
            _check_bracket(claim, results[claim.run])
    attempts = {
        (engine.name, name): attempt(analysis, engine, file.schemes.get(engine.name), results[name])
        for name, analysis in file.analyses.items()
        if name in claimed
        for engine in engines
    }
    return results, attempts


def _check_bracket(claim: Claim, result: Any) -> None:
    """DefinitionError where a threshold is sought less narrowly than it is claimed: the middle of a wide bracket is no threshold."""
    question = claim.question
    half = question.bracket(result) if isinstance(question, AnalysisQuestion) else 0.0
    if isinstance(question, AnalysisQuestion) and half > claim.tolerance:
        raise DefinitionError(
            f"{question.analysis.where}: tolerance: the threshold is only known within {half:.2g} {claim.unit}, "
            f"and a claim about it allows {claim.tolerance:.2g}; give a smaller tolerance, or ends of the search nearer to it"
        )


def _exact_finding(claim: Claim, scheme: str, found: float | None) -> Finding:
    return Finding(EXACT, scheme, claim, found, reason=NOTHING_THERE if found is None else "")


def _analysis_finding(claim: Claim, made: Attempt) -> Finding:
    if not made.results:
        return Finding(made.engine, made.scheme, claim, None, reason=made.reason, asked=made.asked, ran=not made.asked)
    answers = [answer for answer in map(claim.question.answer, made.results) if answer is not None]
    if len(answers) < len(made.results):
        return Finding(made.engine, made.scheme, claim, None, reason=NOTHING_THERE)
    if claim.question.discrete:
        return _counted(made.engine, made.scheme, claim, answers)
    return Finding(made.engine, made.scheme, claim, answers[0], _analysis_error(claim, made, answers))


def _counted(engine: str, scheme: str, claim: Claim, answers: Sequence[float]) -> Finding:
    """A claim about a count holds at the step and at half of it, or not at all: the one further off is judged."""
    worst = max(answers, key=lambda answer: abs(answer - claim.expected))
    steps = " at the step and ".join(f"{answer:g}" for answer in answers)
    return Finding(
        engine, scheme, claim, worst, reason="" if len(set(answers)) == 1 else f"{steps} at half of it; take a shorter one"
    )


def _analysis_error(claim: Claim, made: Attempt, answers: Sequence[float]) -> float:
    """As for a run; a threshold may lie anywhere in its bracket, and the two may be as much further apart."""
    question = claim.question
    if not isinstance(question, AnalysisQuestion):
        raise TypeError(f"a claim about {claim.run} asks a run")
    brackets = [question.bracket(result) for result in made.results]
    if len(answers) == 1:
        return ROUND_OFF * max(1.0, abs(claim.expected)) + brackets[0]
    apart = abs(answers[0] - answers[1]) + sum(brackets)
    return SAFETY * (_share(made.order) * apart + brackets[0] + question.wait(answers[0]))


def truth(run: FigureRun) -> tuple[Recording, float]:
    """What is drawn and judged first: the exact solution and how sure its spikes are, or the scheme a run is about."""
    experiment = run.experiment
    if run.scheme:
        scheme = find_scheme(_REFERENCE, run.scheme, experiment.model)
        answer = _REFERENCE.execute(_REFERENCE.prepare(experiment, scheme))
        return _REFERENCE.read(experiment, scheme, answer), 0.0
    solution = exact_solution(experiment)
    spikes = solution.spike_times_ms
    answer = {"states": solution.states, "spikes_ms": spikes, "raw_ms": spikes, "wall_s": solution.wall_s}
    return _REFERENCE.read(experiment, _REFERENCE.schemes[EXACT], answer), solution.spike_error_ms


def _runs(file: FigureFile, engine: Engine[Any], run: FigureRun) -> list[Run] | str:
    """At the step given and at half of it; text where the engine has no such scheme."""
    experiment = run.experiment
    if run.scheme:
        twin = find_scheme(_REFERENCE, run.scheme, experiment.model).name
        same = [s for s in engine.schemes.values() if engine.twin(experiment.model, s) == twin]
        return [Run(experiment, engine, same[0])] if same else f"{engine.name} has no scheme that does what {twin} does"
    scheme = find_scheme(engine, file.schemes.get(engine.name), experiment.model)
    if scheme.order == STEPLESS:
        return [Run(experiment, engine, scheme)]
    if scheme.order is None:
        return [Run(experiment, engine, scheme), Run(experiment.at_dt(experiment.dt_ms / 2), engine, scheme, 1)]
    return [Run(experiment, engine, scheme), Run(experiment.at_dt(experiment.dt_ms / 2), engine, scheme)]


def _finding(claim: Claim, engine: Engine[Any], run: FigureRun, outcomes: Mapping[Any, Any]) -> Finding:
    if run.exact_only:
        return Finding(engine.name, "", claim, None, reason=run.exact_only, asked=False)
    plan, answers = outcomes[engine.name, run.name]
    if isinstance(plan, str):
        return Finding(engine.name, "", claim, None, reason=plan, asked=False)
    failed = next((answer for answer in answers if isinstance(answer, NotRun)), None)
    scheme = plan[0].scheme
    if failed is not None:
        return Finding(engine.name, scheme.name, claim, None, reason=str(failed), ran=False)
    recordings = [answer for answer in answers if isinstance(answer, Recording)]
    found = claim.question.answer(recordings[0])
    if found is None:
        return Finding(engine.name, scheme.name, claim, None, reason=NOTHING_THERE)
    if len(recordings) == 1:
        return Finding(engine.name, scheme.name, claim, found, ROUND_OFF * max(1.0, abs(claim.expected)))
    finer = claim.question.answer(recordings[1])
    if finer is None:
        return Finding(
            engine.name, scheme.name, claim, None, reason=f"there is one at dt = {run.experiment.dt}, none at half of it"
        )
    if claim.question.discrete:
        return _counted(engine.name, scheme.name, claim, (found, finer))
    return Finding(engine.name, scheme.name, claim, found, _error(claim, plan[0], scheme, recordings[0], (found, finer)))


def _error(claim: Claim, run: Run, scheme: EngineScheme, recording: Recording, answers: tuple[float, float]) -> float:
    """How far the coarser of two runs is from its limit: their difference by the order of the scheme, and waits for the grid."""
    order = order_of(run.experiment, scheme)
    wait = 0.0
    if run.experiment.model.resets and isinstance(claim.question, Question):
        wait = claim.question.wait(answers[0], recording)
    return float(SAFETY * (_share(order) * np.abs(answers[0] - answers[1]) + wait))


def _share(order: int | None) -> float:
    """An error by its difference to that at half the step; a tenth of a tolerance where there is no step."""
    return 1.0 / (1.0 - 2.0**-order) if order else 1.0 / (1.0 - 0.1)
