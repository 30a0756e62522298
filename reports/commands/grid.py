"""``spikebridge compare --all``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import catalogue
from spikebridge.bridge.errors import UsageError
from spikebridge.reports.commands.compare import STATUS, schemes_of, tell_broken_engines
from spikebridge.reports.commands.console import advancing, command
from spikebridge.reports.commands.hand_over import checked_files, hand_over
from spikebridge.reports.commands.pages import Pages
from spikebridge.reports.files import write_text
from spikebridge.reports.formats.grid import render_grid, suite_of
from spikebridge.reports.formats.registry import FORMATS, JSON
from spikebridge.reports.proof.grid import Grid, compare_all


def compare_catalogue(
    engines: Sequence[str],
    schemes: Sequence[str],
    quick: bool,
    output: str | None,
    as_json: bool,
    limit_s: float,
    **options: Any,
) -> int:
    """Compare every model's default experiment, print the matrix; the status is that of the worst cell that could be."""
    files = checked_files(options)
    for option, given in options.items():
        if given and option not in FORMATS:
            option = {"settings": "set", "recordings": "recording", "programs": "program"}.get(option, option)
            raise UsageError(f"--{option}: not with --all, which runs every model's own experiment")
    pages = Pages(Path(output) if output else None)
    models = list(catalogue())
    with advancing(len(models)) as begin:

        def load(model: str) -> Experiment:
            begin(model)
            return load_experiment(model)

        grid = compare_all(models, engines, schemes_of(schemes), quick, limit_s, load=load, report=pages.add)
    if not engines:
        tell_broken_engines()
    index = _write(pages, grid)
    hand_over(grid, files, as_json, lambda width: render_grid(grid, width), index)
    return STATUS[grid.verdict]


def _write(pages: Pages, grid: Grid) -> Path | None:
    """The grid as JSON and as a page, where they are wanted; returns the page."""
    if pages.folder is not None:
        write_text(pages.folder / "grid.json", JSON.made(grid) + "\n")
    return pages.finish(suite_of(grid, pages.titles, command(), tuple(pages.facts.items())))
