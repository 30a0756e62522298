"""``spikebridge compare --all``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bridge.errors import DefinitionError
from bridge.experiment import Experiment, load_experiment
from bridge.model_file import catalogue
from reference.version import __version__
from reports.commands.compare import STATUS, schemes_of
from reports.commands.console import advancing, terminal
from reports.comparison import Comparison
from reports.files import write_text
from reports.formats.grid import render_grid, render_grid_json, suite_of
from reports.formats.html import render_page
from reports.formats.page_data import page_data
from reports.formats.suite_page import render_suite
from reports.grid import Grid, compare_all


@dataclass
class _Pages:
    """Each model's page, written as soon as its comparison is known, and the index of all; nothing without a folder."""

    folder: Path | None
    titles: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=lambda: {"spikebridge": __version__})

    def add(self, model: str, comparison: Comparison) -> None:
        """Write one page; what the index needs of the comparison is all that is kept."""
        if self.folder is None:
            return
        write_text(self.folder / model / "report.html", render_page(page_data(comparison)))
        self.titles[model] = comparison.experiment.model.title
        self.facts |= {e.engine.name: e.recording.version for e in comparison.entries if e.recording is not None}
        self.facts["platform"] = comparison.platform

    def finish(self, grid: Grid) -> Path | None:
        """The index, written."""
        if self.folder is None:
            return None
        write_text(self.folder / "grid.json", render_grid_json(grid) + "\n")
        command = shlex.join(["spikebridge", *sys.argv[1:]])
        suite = suite_of(grid, self.titles, command, tuple(self.facts.items()))
        return write_text(self.folder / "index.html", render_suite(suite))


def compare_catalogue(
    engines: Sequence[str],
    schemes: Sequence[str],
    quick: bool,
    output: str | None,
    as_json: bool,
    limit_s: float,
    **changes: object,
) -> int:
    """Compare every model's default experiment, print the matrix; the status is that of the worst cell that could be."""
    for option, given in changes.items():
        if given:
            option = {"settings": "set", "recordings": "recording"}.get(option, option)
            raise DefinitionError(f"--{option}: not with --all, which runs every model's own experiment")
    pages = _Pages(Path(output) if output else None)
    models = list(catalogue())
    with advancing(len(models)) as begin:

        def load(model: str) -> Experiment:
            begin(model)
            return load_experiment(model)

        grid = compare_all(models, engines, schemes_of(schemes), quick, limit_s, load=load, report=pages.add)
    index = pages.finish(grid)
    if as_json:
        print(render_grid_json(grid))
    else:
        console = terminal()
        console.print(render_grid(grid))
        if index is not None:
            print(f"\nreport: {index}")
    return STATUS[grid.verdict]
