"""Figures written to a folder: pictures, the data drawn, the claims, and one page for all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from spikebridge.reports.files import text_writer, write_text, write_together
from spikebridge.reports.formats.curves import Curve
from spikebridge.reports.formats.figure import claim_rows, figures_json
from spikebridge.reports.formats.gallery_page import render_gallery
from spikebridge.reports.formats.sheet import draw
from spikebridge.reports.textbook.figure import FigureFile, Panel
from spikebridge.reports.textbook.figure_run import MadeFigure

PAGE, DATA = "index.html", "gallery.json"


def file_names(file: FigureFile) -> list[str]:
    """Of everything that is written for a figure."""
    tables = ["", *(f"_{analysis}" for analysis in file.analyses), "_claims"]
    return [f"{file.name}{end}" for end in (".png", ".svg", *(f"{table}.csv" for table in tables))]


def write_figure(made: MadeFigure, folder: Path) -> Path:
    """NAME.png, NAME.svg, NAME.csv, NAME_ANALYSIS.csv of each analysis and NAME_claims.csv; returns the PNG. OSError where they cannot be written."""
    name = made.file.name
    figure, drawn = draw(made)
    svg = {"metadata": {"Date": None, "Title": made.file.title}}
    tables = {"": _drawn_table(drawn)}
    for analysis, result in made.analyses.items():
        here = made.file.analyses[analysis]
        tables[f"_{analysis}"] = here.kind.table(result, here)
    tables["_claims"] = pd.DataFrame(claim_rows(made))
    picture = folder / f"{name}.png"
    write_together(
        {
            folder / f"{name}.svg": lambda path: figure.savefig(path, **svg),  # type: ignore[arg-type]
            **{folder / f"{name}{end}.csv": text_writer(table.to_csv(index=False)) for end, table in tables.items()},
            picture: lambda path: figure.savefig(path, dpi=150),
        }
    )
    return picture


def _drawn_table(drawn: Sequence[tuple[Panel, Sequence[Curve]]]) -> pd.DataFrame:
    """One row a point."""
    parts = [
        pd.DataFrame(
            {
                "panel": i, "kind": panel.kind, "run": curve.run, "curve": curve.label, "x_label": curve.x_label,
                "y_label": curve.y_label, "x": curve.x, "y": curve.y,
            }
        )
        for i, (panel, shown) in enumerate(drawn, 1)
        for curve in shown
        if len(curve.x)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def write_gallery(figures: Sequence[MadeFigure], folder: Path) -> Path:
    """The page with all figures, beside their pictures, and every claim as JSON; returns the page."""
    write_text(folder / DATA, figures_json(figures))
    return write_text(folder / PAGE, render_gallery(figures))
