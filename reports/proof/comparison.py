"""A comparison: one experiment on several engines, side by side, and what was measured between them."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import experiment_of
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.precision import read_precision
from spikebridge.bridge.engines.limits import within
from spikebridge.bridge.engines.reference_engine import exact_solution
from spikebridge.bridge.engines.running import Runner
from spikebridge.bridge.engines.stages import stage
from spikebridge.bridge.engines.warm import SESSION
from spikebridge.bridge.engines.worker import LIMIT_S
from spikebridge.bridge.errors import expect_names
from spikebridge.bridge.shown import plain, shown
from spikebridge.reference.exact import Solution
from spikebridge.reference.recording import Recording
from spikebridge.reference.upstairs import Shown
from spikebridge.reports.proof.drift import drift
from spikebridge.reports.proof.entry import Entry, Participant, Setting
from spikebridge.reports.proof.measures import matched, measures
from spikebridge.reports.proof.program_participant import ProgramParticipant
from spikebridge.reports.proof.taking_part import Choice
from spikebridge.reports.proof.verdict import Verdict, worst

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """Everything measured between those who take part, on one experiment."""

    experiment: Experiment
    exact: Solution
    entries: tuple[Entry, ...]
    quick: bool
    command: str = ""

    @property
    def verdict(self) -> Verdict:
        return worst(entry.verdict for entry in self.entries)

    def __repr__(self) -> str:
        each = "; ".join(f"{e.key}: {e.verdict}" for e in self.entries)
        return f"<Comparison of {plain(self.experiment.name, 60)}: {plain(each, 350)}>"

    def __getitem__(self, key: str) -> Entry:
        for entry in self.entries:
            if entry.key == key:
                return entry
        raise KeyError(f"{shown(key)} does not take part; there are {', '.join(e.key for e in self.entries)}")

    @property
    def platform(self) -> str:
        return f"{platform.system()} {platform.machine()}, Python {'.'.join(map(str, sys.version_info[:3]))}"

    def exact_trace(self) -> np.ndarray:
        """The observed signal of the exact solution, in its unit, shape (samples,)."""
        return self.experiment.observed_of(self.exact.states)

    def spikes(self, key: str) -> pd.DataFrame:
        """One row a spike of an engine: expected, found, shift, and whether it is matched, missing or extra."""
        from spikebridge.reports.metrics.spike_table import match_table

        return match_table(matched(self._recording(key), self.exact))

    def measures(self, key: str) -> pd.DataFrame:
        """One row a metric of an engine: value, unit, reason."""
        import pandas as pd

        found = measures(self.experiment, self.exact, self._recording(key))
        rows = {name: {"value": s.value, "unit": s.unit, "reason": s.reason} for name, s in found.items()}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "unit", "reason"])

    def _recording(self, key: str) -> Recording:
        recording = self[key].recording
        if recording is None:
            raise KeyError(f"{shown(key)} did not run: {self[key].reason}")
        return recording


def compare(
    experiment: Experiment | Model | Path | str,
    engines: Sequence[str] = (),
    schemes: Mapping[str, str | Sequence[str]] | None = None,
    quick: bool = False,
    limit_s: float = LIMIT_S,
    command: str = "",
    runner: Runner | None = None,
    recordings: Mapping[str, Any] | None = None,
    precision: str | None = None,
    columns: Sequence[str] = (),
    programs: Mapping[str, Any] | None = None,
) -> Comparison:
    """Run one experiment on several engines, prove and judge.

    Parameters
    ----------
    experiment : an Experiment, a Model that carries one, a catalogue name, or the path of a file
    engines : names; by default those that say so of themselves, such as reference, brian2 and neuron.
        ``"neuron=/other/venv/bin/python"`` runs in that Python, under the name of its version, as in ``neuron@8.2.7``
    schemes : for an engine, a scheme, several, or ``"all"``; the engine's default otherwise. What is given for ``neuron`` holds
        in other environments too, unless there is something for ``neuron@8.2.7``
    quick : leave out the convergence ladder of fixed steps; adaptive integrators have no other proof
    limit_s : after so long an engine's run is given up
    command : how to repeat this, for the report
    runner : with the engines' workers, where there is one already; ``limit_s`` is then its own
    recordings : samples from elsewhere by name: ``FILE[,FILE...][:column]``, Samples, or a Neo block, segment or signal; each takes part
        like an engine. Several files, or a list, are of the same experiment at different steps, and are judged by where they lead
    precision : ``"float32"`` for single precision, instead of the experiment's own; engines that have none are not run
    programs : somebody's own scripts by name, ``SCRIPT.py[:COLUMN][@PYTHON]``: each is run, at smaller and smaller steps, in a process
        of its own, and takes part like an engine
    columns : what the columns of the recordings' files are called, ``("t (ms)", "v (mV)")``, where those do not say so themselves

    Raises
    ------
    DefinitionError : the experiment or a recording cannot be
    UsageError : there is no such engine or scheme
    NotRun : an engine that another package brings cannot be had
    ExactError : there is no exact solution to judge by

    Examples
    --------
    >>> experiment = sb.Experiment("leaky_integrate_and_fire", sb.step("2 nA", "5 ms"), duration="40 ms")
    >>> sb.compare(experiment, ["reference"], quick=True)
    <Comparison of leaky_integrate_and_fire: reference: agree>
    """
    expect_names(engines, "engines")
    choice = Choice(tuple(engines), schemes or {}, recordings or {}, quick, tuple(columns), programs or {})
    # simulators are imported while the definition is read
    with nullcontext(runner) if runner else Runner(choice.named, limit_s, session=SESSION) as workers:
        made = experiment_of(experiment)
        if precision is not None:
            made = replace(made, precision=read_precision(precision, "precision"))
        return begin(made, choice, workers, command)()


def begin(experiment: Experiment, choice: Choice, runner: Runner, command: str = "") -> Callable[[], Comparison]:
    """Begin to compare; the returned function waits for the engines, and judges. What else is to be done is best done between.

    Raises
    ------
    DefinitionError : a recording cannot be
    UsageError : there is no such scheme
    ExactError : there is no exact solution to judge by
    NotRun : it is not found within the runner's limit
    """
    participants = choice.participants(experiment)
    ladders = [each.runs(experiment, choice.quick) for each in participants]
    wait = runner.start([run for ladder in ladders for run in ladder])
    programs = {
        p.name: runner.start_ladder(p.ladder(experiment, choice.quick)) for p in participants if isinstance(p, ProgramParticipant)
    }
    with within(runner.limit_s, "the exact solution"):
        stage("exact", "solving")
        exact = exact_solution(experiment)
    # those under one scheme share what was measured
    of_one = cache(lambda scheme, convention, dt_ms: drift(experiment.at_dt(dt_ms), scheme, convention))
    setting = Setting(experiment, exact, of_one)
    stage("exact", "running each engine's scheme on the reference")
    judges = [each.judging(setting, ladder) for each, ladder in zip(participants, ladders, strict=True)]

    stage("exact", "")

    def finish() -> Comparison:
        outcomes = iter(wait())
        found = [
            [programs[each.name]()] if each.name in programs else [next(outcomes) for _ in ladder]
            for each, ladder in zip(participants, ladders, strict=True)
        ]
        entries = []
        for judge, key, each in zip(judges, _keys(participants), found, strict=True):
            stage("proof", f"of {key}")
            # a run that blew up says so in its verdict
            with within(runner.limit_s, f"the proof of {key}"), np.errstate(all="ignore"):
                entries.append(judge(key, each))
        return Comparison(experiment, exact, tuple(entries), choice.quick, command)

    return finish


def _keys(participants: Sequence[Participant]) -> list[str]:
    names = [each.name for each in participants]
    return [e.name if names.count(e.name) == 1 else f"{e.name}/{e.scheme.name}" for e in participants]
