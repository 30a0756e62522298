"""Figure files of tests: written with changes, and judged."""

from __future__ import annotations

from pathlib import Path

from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Runner
from spikebridge.reports.textbook.figure import FigureFile
from spikebridge.reports.textbook.figure_file import load_figure, read_figure
from spikebridge.reports.textbook.figure_run import MadeFigure, make_figure


def changed(folder: Path, text: str, *replacements: tuple[str, str]) -> Path:
    """A figure file of that text with parts of it replaced, each of which must be there."""
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path = folder / "cell.toml"
    path.write_text(text)
    return path


def judge(figure: FigureFile | Path | str, *engines: str) -> MadeFigure:
    """A figure, that of a file, or the gallery's of that name; exactly and on those engines."""
    if isinstance(figure, str):
        figure = load_figure(figure)
    elif isinstance(figure, Path):
        figure = read_figure(figure)
    chosen = [find_engine(engine) for engine in engines]
    with Runner(chosen) as runner:
        return make_figure(figure, chosen, runner)
