"""``spikebridge compare``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from spikebridge.bridge.engines.limits import ONE_RUN, WITH_LADDER, check_memory
from spikebridge.bridge.engines.registry import broken_engines
from spikebridge.bridge.engines.running import Runner
from spikebridge.bridge.engines.stages import stage
from spikebridge.bridge.errors import UsageError
from spikebridge.bridge.shown import shown
from spikebridge.reports.commands.changes import ExperimentChanges, chosen_from
from spikebridge.reports.commands.console import command, tell_memory, working
from spikebridge.reports.commands.hand_over import checked_files, hand_over
from spikebridge.reports.files import check_folder
from spikebridge.reports.formats.terminal import render_terminal
from spikebridge.reports.proof.comparison import begin
from spikebridge.reports.proof.taking_part import Choice
from spikebridge.reports.proof.verdict import Verdict

STATUS = {
    Verdict.AGREE: 0,
    Verdict.DISCRETISATION: 0,
    Verdict.UNDECIDED: 4,
    Verdict.NOT_RUN: 3,
    Verdict.NO_CONVERGENCE: 1,
    Verdict.OTHER_LIMIT: 1,
}
OUTPUT = "spikebridge-output"


def compare_engines(
    name: str, engines: Sequence[str], schemes: Sequence[str], quick: bool, recordings: Sequence[str],
    programs: Sequence[str], columns: str | None, limit_s: float, output: str | None, as_json: bool, **options: Any,
) -> int:  # fmt: skip
    """Compare, print, write the report; the status says whether the engines agree.

    ``options`` are those of ``ExperimentChanges``, and files in other formats.
    """
    changes, files = chosen_from(options, ExperimentChanges), checked_files(options)
    choice = Choice(
        tuple(engines),
        schemes_of(schemes),
        named(recordings, "--recording", "FILE[,FILE...][:COLUMN]"),
        quick,
        _columns(columns),
        named(programs, "--program", "SCRIPT.py[:COLUMN][@PYTHON]"),
    )
    draws = bool(output) or not as_json
    if draws:
        check_folder(Path(output or OUTPUT), "--output")
    # simulators are imported while the definition is read, what a report is drawn with while they run
    with working(), Runner(choice.named, limit_s) as runner:
        experiment = changes.made(name)
        tell_memory(check_memory(experiment, ONE_RUN if quick else WITH_LADDER))
        wait = begin(experiment, choice, runner, command())
        if draws:
            _load_output()
        comparison = wait()
        called = f"{comparison.experiment.name}-{changes.regime}" if changes.regime else comparison.experiment.name
        folder = Path(output) if output else Path(OUTPUT) / called
        stage("report", "writing")
        page = _load_output().write_report(comparison, folder) if draws else None
    if not engines:
        tell_broken_engines()
    hand_over(comparison, files, as_json, lambda width: render_terminal(comparison, width), page)
    return STATUS[comparison.verdict]


def _load_output() -> ModuleType:
    """matplotlib and the page take half a second to import: done while the simulators run."""
    from spikebridge.reports.formats import output

    return output


def named(given: Sequence[str], option: str, expected: str) -> dict[str, str]:
    """What was given by name, from ``NAME=...`` each. UsageError where there is no name, or one twice."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, source = text.partition("=")
        if not equals or not source:
            raise UsageError(f"{option}: expected NAME={expected}, found {shown(text)}")
        if name in found:
            raise UsageError(f"{option}: there are two called {shown(name)}")
        found[name] = source
    return found


def _columns(given: str | None) -> tuple[str, ...]:
    """Names of columns from one text, between commas."""
    return tuple(name.strip() for name in given.split(",")) if given else ()


def schemes_of(given: Sequence[str]) -> dict[str, list[str]]:
    """Schemes by engine, from ``ENGINE=NAME`` each."""
    chosen: dict[str, list[str]] = {}
    for text in given:
        engine, equals, scheme = text.partition("=")
        if not equals:
            raise UsageError(f"--scheme: expected ENGINE=NAME, found {shown(text)}; write for example neuron=cvode")
        chosen.setdefault(engine, []).append(scheme)
    return chosen


def tell_broken_engines() -> None:
    """On standard error, a line for each engine of another package that cannot be had, and so took no part."""
    for reason in broken_engines().values():
        print(f"spikebridge: {reason}", file=sys.stderr)
