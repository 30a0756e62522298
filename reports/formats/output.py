"""A comparison written to a folder: the page, the JSON document, the figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spikebridge.reports.files import text_writer, write_together
from spikebridge.reports.formats.comparison_plot import comparison_figure
from spikebridge.reports.formats.html import render_page
from spikebridge.reports.formats.json_format import render_json
from spikebridge.reports.formats.page_data import page_data
from spikebridge.reports.proof.comparison import Comparison

FIGURES = ("comparison.png", "comparison.svg")


def write_report(comparison: Comparison, folder: Path, changes: Sequence[str] = ()) -> Path:
    """Write everything into ``folder``, or nothing; returns the page. OSError where it cannot be written.

    Parameters
    ----------
    changes : since a baseline, in words: the page leads with them
    """
    figure = comparison_figure(comparison)

    def draw(path: Path) -> None:
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)

    page = folder / "report.html"
    texts = {
        folder / "comparison.json": render_json(comparison) + "\n",
        page: render_page(page_data(comparison, FIGURES, changes)),
    }
    write_together({folder / name: draw for name in FIGURES} | {path: text_writer(text) for path, text in texts.items()})
    return page
