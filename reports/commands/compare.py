"""``spikebridge compare``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from spikebridge.bridge.errors import UsageError
from spikebridge.reports.commands.changes import changed_experiment
from spikebridge.reports.commands.console import working
from spikebridge.reports.commands.hand_over import checked_files, hand_over
from spikebridge.reports.formats.terminal import render_terminal
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import Verdict

STATUS = {
    Verdict.AGREE: 0,
    Verdict.DISCRETISATION: 0,
    Verdict.NOT_RUN: 3,
    Verdict.NO_CONVERGENCE: 1,
    Verdict.OTHER_LIMIT: 1,
}
OUTPUT = "spikebridge-output"


def compare_engines(
    name: str, engines: Sequence[str], schemes: Sequence[str], quick: bool, output: str | None, as_json: bool,
    settings: Sequence[str], regime: str | None, duration: str | None, dt: str | None, precision: str | None, limit_s: float,
    observe: str | None = None,
    recordings: Sequence[str] = (), **options: str | None,
) -> int:  # fmt: skip
    """Compare, print, write the report and the files of ``options``; the status says whether the engines agree."""
    files = checked_files(options)
    command = shlex.join(["spikebridge", *sys.argv[1:]])
    with working():
        comparison = compare(
            lambda: changed_experiment(name, settings, regime, duration, dt, precision, observe),
            engines, schemes_of(schemes), quick, limit_s, command, _load_output if output or not as_json else lambda: None,
            recordings=_recordings(recordings),
        )  # fmt: skip
    called = f"{comparison.experiment.name}-{regime}" if regime else comparison.experiment.name
    folder = Path(output) if output else None if as_json else Path(OUTPUT) / called
    page = _load_output().write_report(comparison, folder) if folder else None
    hand_over(comparison, files, as_json, lambda width: render_terminal(comparison, width), page)
    return STATUS[comparison.verdict]


def _load_output() -> ModuleType:
    """matplotlib and the page take half a second to import: done while the simulators run."""
    from spikebridge.reports.formats import output

    return output


def _recordings(given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, equals, source = text.partition("=")
        if not equals or not source:
            raise UsageError(f"--recording: expected NAME=FILE[:COLUMN], found {text!r}")
        if name in found:
            raise UsageError(f"--recording: there are two called {name!r}")
        found[name] = source
    return found


def schemes_of(given: Sequence[str]) -> dict[str, list[str]]:
    """Schemes by engine, from ``ENGINE=NAME`` each."""
    chosen: dict[str, list[str]] = {}
    for text in given:
        engine, equals, scheme = text.partition("=")
        if not equals:
            raise UsageError(f"--scheme: expected ENGINE=NAME, found {text!r}")
        chosen.setdefault(engine, []).append(scheme)
    return chosen
