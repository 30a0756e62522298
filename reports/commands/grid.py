"""``spikebridge compare --all``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bridge.errors import DefinitionError
from bridge.experiment import Experiment, load_experiment
from bridge.model_file import catalogue
from reports.commands.compare import STATUS, schemes_of
from reports.commands.console import advancing, terminal
from reports.files import write_text
from reports.formats.grid import render_grid, render_grid_json
from reports.grid import compare_all


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
    models = list(catalogue())
    with advancing(len(models)) as begin:

        def load(model: str) -> Experiment:
            begin(model)
            return load_experiment(model)

        grid = compare_all(models, engines, schemes_of(schemes), quick, limit_s, load=load)
    if output:
        write_text(Path(output) / "grid.json", render_grid_json(grid) + "\n")
    if as_json:
        print(render_grid_json(grid))
    else:
        console = terminal()
        console.print(render_grid(grid))
    return STATUS[grid.verdict]
