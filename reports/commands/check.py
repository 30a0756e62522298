"""``spikebridge check``."""

from __future__ import annotations

from pathlib import Path

from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.commands.console import advancing, command
from spikebridge.reports.commands.hand_over import checked_files, hand_over
from spikebridge.reports.commands.pages import Pages
from spikebridge.reports.formats.check import check_page, render_check
from spikebridge.reports.regression.checking import check
from spikebridge.reports.regression.suite import SUITE_FILE, Suite, read_suite

_EXAMPLE = 'write one, for example: [[experiment]] with run = "hodgkin_huxley" in the line below it'


def check_suite(
    suite: str | None, baseline: str | None, update: bool, output: str | None, as_json: bool, limit_s: float, **options: str | None
) -> int:  # fmt: skip
    """Run a suite against its baseline, print and write what was found; the status says whether all is as it was."""
    files = checked_files(options)
    found = _suite(suite, baseline)
    pages = Pages(Path(output) if output else None)
    with advancing(len(found.cases)) as begin:
        result = check(found, update, limit_s, begin, lambda case, made, changes: pages.add(case.name, made, changes))
    index = pages.finish(check_page(result, pages.titles, command(), tuple(pages.facts.items())))
    hand_over(result, files, as_json, lambda _: render_check(result), index)
    return result.status


def _suite(given: str | None, baseline: str | None) -> Suite:
    path = Path(given or SUITE_FILE)
    if given is None and not path.is_file():
        raise DefinitionError(f"there is no {SUITE_FILE} in this folder; {_EXAMPLE}")
    return read_suite(path, Path(baseline) if baseline else None)
