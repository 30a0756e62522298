"""``spikebridge figure``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from spikebridge.bridge.errors import BridgeError, NotRun, UsageError
from spikebridge.reports.commands.console import advancing, terminal
from spikebridge.reports.files import check_folder
from spikebridge.reports.formats.figure import figures_json, render_figure
from spikebridge.reports.formats.gallery_output import file_names, write_figure, write_gallery
from spikebridge.reports.proof.taking_part import taking_part
from spikebridge.reports.textbook.figure import FigureFile
from spikebridge.reports.textbook.figure_file import load_figure
from spikebridge.reports.textbook.figure_pool import make_figures
from spikebridge.reports.textbook.figure_run import MadeFigure
from spikebridge.reports.textbook.gallery_files import gallery

OUTPUT = Path("spikebridge-output") / "gallery"


def make_gallery(
    names: Sequence[str], everything: bool, engines: Sequence[str], output: str | None, as_json: bool, limit_s: float
) -> int:
    """Make figures, judge their claims, print and write them; the status is that of the worst figure."""
    if not names and not everything:
        return _list(as_json)
    files = [load_figure(name) for name in (gallery() if everything else names)]
    _check_names(files)
    chosen = taking_part(engines, {})
    folder = Path(output) if output else None if as_json else OUTPUT
    console = terminal()
    if folder is not None:
        check_folder(folder, "--output").mkdir(parents=True, exist_ok=True)

    def finish(made: MadeFigure) -> Path | None:
        return write_figure(made, folder) if folder is not None else None

    def done(made: MadeFigure, picture: object) -> None:
        if not as_json:
            console.print(render_figure(made, console.width))
            print(f"figure: {picture}\n")

    failures: list[BridgeError] = []
    with advancing(len(files)) as begin:
        figures = make_figures(files, chosen, limit_s, begin, done, failures.append, finish)
    if failures and len(files) == 1:
        raise failures[0]
    for failure in failures:
        print(f"spikebridge: not made: {failure}", file=sys.stderr)
    if everything and folder is not None:
        page = write_gallery(figures, folder)
        if not as_json:
            print(f"gallery: {page}")
    if as_json:
        print(figures_json(figures))
    return _status(figures, failures)


def _check_names(files: Sequence[FigureFile]) -> None:
    """UsageError where two figures would write one file; some disks do not tell names apart by their case."""
    taken: dict[str, str] = {}
    for file in files:
        for name in file_names(file):
            if name.lower() in taken:
                raise UsageError(f"{file.name}.toml: {name} is written for {taken[name.lower()]} as well; rename one of the two")
            taken[name.lower()] = file.name


def _status(figures: Sequence[MadeFigure], failures: Sequence[BridgeError]) -> int:
    """A figure that cannot be made, a failed claim, an engine that did not run: the worst, in this order."""
    found = {made.status for made in figures} | {3 if isinstance(failure, NotRun) else 2 for failure in failures}
    return next((status for status in (2, 1, 3) if status in found), 0)


def _list(as_json: bool) -> int:
    if as_json:
        raise UsageError("figure: name one, or give --all")
    console = terminal()
    for name in gallery():
        console.print(Text(f"{name}: {load_figure(name).title}"))
    return 0
