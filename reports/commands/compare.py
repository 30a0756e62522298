"""``spikebridge compare``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from spikebridge.bridge.engines.registry import broken_engines
from spikebridge.bridge.engines.running import Runner
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.commands.changes import ExperimentChanges, chosen_from
from spikebridge.reports.commands.console import command, terminal, working
from spikebridge.reports.commands.table_file import check_table_file, write_formats, write_table
from spikebridge.reports.formats.json_format import render_json
from spikebridge.reports.formats.junit import comparison_junit
from spikebridge.reports.formats.markdown import comparison_markdown
from spikebridge.reports.formats.terminal import render_terminal
from spikebridge.reports.proof.comparison import Comparison, begin
from spikebridge.reports.proof.taking_part import Choice
from spikebridge.reports.proof.verdict import Verdict

STATUS = {
    Verdict.AGREE: 0,
    Verdict.DISCRETISATION: 0,
    Verdict.NOT_RUN: 3,
    Verdict.NO_CONVERGENCE: 1,
    Verdict.OTHER_LIMIT: 1,
}
OUTPUT = "spikebridge-output"


@dataclass(frozen=True)
class Written:
    """What is written of a comparison beside what is printed: a report, XML, Markdown, a table."""

    output: str | None = None
    as_json: bool = False
    junit: str | None = None
    markdown: str | None = None
    table: str | None = None

    def folder(self, comparison: str) -> Path:
        """Where the report of a comparison goes that is called so."""
        return Path(self.output) if self.output else Path(OUTPUT) / comparison

    @property
    def report(self) -> bool:
        """Whether a report is wanted: beside JSON only where its place is given."""
        return bool(self.output) or not self.as_json


def compare_engines(
    name: str, engines: Sequence[str], schemes: Sequence[str], quick: bool, recordings: Sequence[str], limit_s: float,
    **options: Any,
) -> int:  # fmt: skip
    """Compare, print, write the report; the status says whether the engines agree.

    ``options`` are those of ``ExperimentChanges`` and of ``Written``.
    """
    changes, written = chosen_from(options, ExperimentChanges), chosen_from(options, Written)
    table = check_table_file(written.table, "--table") if written.table else None
    choice = Choice(tuple(engines), schemes_of(schemes), _recordings(recordings), quick)
    # simulators are imported while the definition is read, what a report is drawn with while they run
    with working(), Runner(choice.named, limit_s) as runner:
        wait = begin(changes.made(name), choice, runner, command())
        if written.report:
            _load_output()
        comparison = wait()
    if not engines:
        tell_broken_engines()
    called = f"{comparison.experiment.name}-{changes.regime}" if changes.regime else comparison.experiment.name
    return _told(comparison, called, written, table)


def _told(comparison: Comparison, called: str, written: Written, table: Path | None) -> int:
    """Print and write what is wanted."""
    page = _load_output().write_report(comparison, written.folder(called)) if written.report else None
    write_formats(written.junit, lambda: comparison_junit(comparison), written.markdown, lambda: comparison_markdown(comparison))
    if table:
        from spikebridge.reports.formats.tables import measures_table

        write_table(table, measures_table(comparison))
    if written.as_json:
        print(render_json(comparison))
    else:
        console = terminal()
        console.print(render_terminal(comparison, console.width))
        print(f"\nreport: {page}")
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
            raise DefinitionError(f"--recording: expected NAME=FILE[:COLUMN], found {text!r}")
        if name in found:
            raise DefinitionError(f"--recording: there are two called {name!r}")
        found[name] = source
    return found


def schemes_of(given: Sequence[str]) -> dict[str, list[str]]:
    """Schemes by engine, from ``ENGINE=NAME`` each."""
    chosen: dict[str, list[str]] = {}
    for text in given:
        engine, equals, scheme = text.partition("=")
        if not equals:
            raise DefinitionError(f"--scheme: expected ENGINE=NAME, found {text!r}")
        chosen.setdefault(engine, []).append(scheme)
    return chosen


def tell_broken_engines() -> None:
    """On standard error, a line for each engine of another package that cannot be had, and so took no part."""
    for reason in broken_engines().values():
        print(f"spikebridge: {reason}", file=sys.stderr)
