"""``spikebridge compare --all``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spikebridge.bridge.definition.experiment import Experiment, load_experiment
from spikebridge.bridge.definition.model_file import catalogue
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.commands.compare import STATUS, schemes_of, tell_broken_engines
from spikebridge.reports.commands.console import advancing, command, terminal
from spikebridge.reports.commands.pages import Pages
from spikebridge.reports.commands.table_file import check_table_file, write_formats, write_table
from spikebridge.reports.files import write_text
from spikebridge.reports.formats.grid import render_grid, render_grid_json, suite_of
from spikebridge.reports.formats.junit import grid_junit
from spikebridge.reports.formats.markdown import grid_markdown
from spikebridge.reports.proof.grid import Grid, compare_all


def compare_catalogue(
    engines: Sequence[str],
    schemes: Sequence[str],
    quick: bool,
    output: str | None,
    as_json: bool,
    limit_s: float,
    junit: str | None = None,
    markdown: str | None = None,
    table: str | None = None,
    **changes: object,
) -> int:
    """Compare every model's default experiment, print the matrix; the status is that of the worst cell that could be."""
    table_file = check_table_file(table, "--table") if table else None
    for option, given in changes.items():
        if given:
            option = {"settings": "set", "recordings": "recording"}.get(option, option)
            raise DefinitionError(f"--{option}: not with --all, which runs every model's own experiment")
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
    write_formats(junit, lambda: grid_junit(grid), markdown, lambda: grid_markdown(grid))
    if table_file:
        from spikebridge.reports.formats.tables import grid_table

        write_table(table_file, grid_table(grid))
    if as_json:
        print(render_grid_json(grid))
    else:
        console = terminal()
        console.print(render_grid(grid))
        if index is not None:
            print(f"\nreport: {index}")
    return STATUS[grid.verdict]


def _write(pages: Pages, grid: Grid) -> Path | None:
    """The grid as JSON and as a page, where they are wanted; returns the page."""
    if pages.folder is not None:
        write_text(pages.folder / "grid.json", render_grid_json(grid) + "\n")
    return pages.finish(suite_of(grid, pages.titles, command(), tuple(pages.facts.items())))
