"""A folder of pages: one each comparison, written as it is known, and an index of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from spikebridge.reference.version import __version__
from spikebridge.reports.commands.console import command
from spikebridge.reports.files import check_folder, write_text
from spikebridge.reports.formats.html import render_page
from spikebridge.reports.formats.page_data import page_data
from spikebridge.reports.formats.suite_page import Suite, render_suite
from spikebridge.reports.proof.comparison import Comparison


@dataclass
class Pages:
    """Nothing is written where there is no folder; what the index needs of the comparisons is all that is kept of them.

    Attributes
    ----------
    titles : of those that have a page, at NAME/report.html
    facts : what they were computed with
    """

    folder: Path | None
    titles: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=lambda: {"spikebridge": __version__})

    def __post_init__(self) -> None:
        if self.folder is not None:
            check_folder(self.folder, "--output")

    def add(self, name: str, comparison: Comparison, changes: Sequence[str] = ()) -> None:
        """Write one page, which leads with what has changed."""
        if self.folder is None:
            return
        told = comparison if comparison.command else replace(comparison, command=command())
        write_text(self.folder / name / "report.html", render_page(page_data(told, changes=changes)))
        self.titles[name] = comparison.experiment.model.title
        self.facts |= {e.name: e.recording.version for e in comparison.entries if e.recording is not None}
        self.facts["platform"] = comparison.platform

    def finish(self, suite: Suite) -> Path | None:
        """Write the index; returns it."""
        return None if self.folder is None else write_text(self.folder / "index.html", render_suite(suite))
