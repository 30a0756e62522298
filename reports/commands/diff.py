"""``spikebridge diff``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spikebridge.bridge.errors import UsageError
from spikebridge.bridge.shown import shown
from spikebridge.reports.commands.console import terminal
from spikebridge.reports.files import check_folder, write_text
from spikebridge.reports.formats.difference import PAGE, difference_json, difference_page, render_difference
from spikebridge.reports.proof.equivalence.difference import diff
from spikebridge.reports.proof.equivalence.whole_run import run_both


def diff_definitions(a: str, b: str, names: Sequence[str], run: bool, output: str | None, as_json: bool) -> int:
    """Hold two definitions against each other; 0 the same, 1 they differ, 4 they have nothing in common to compare."""
    if output:
        check_folder(Path(output), "--output")
    found = diff(a, b, _told(names))
    runs = run_both(found) if run else None
    page = write_text(Path(output) / PAGE, difference_page(found, runs)) if output else None
    if as_json:
        print(difference_json(found, runs))
    else:
        terminal().print(render_difference(found, runs))
        if page:
            print(f"\npage: {page}")
    return 0 if found.same else 1 if found.comparable else 4


def _told(given: Sequence[str]) -> dict[str, str]:
    told: dict[str, str] = {}
    for text in given:
        this, equals, that = text.partition("=")
        if not equals or not this or not that:
            raise UsageError(f"--map: expected THIS=THAT, a symbol of each definition, found {shown(text)}")
        told[this] = that
    return told
