"""What commands print at a width of 80 characters: every line fits, and nothing of it is cut."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType

from spikebridge.bridge.definition.catalogue import catalogue
from spikebridge.bridge.engines.registry import ENGINES
from spikebridge.reports.cli import cli
from spikebridge.reports.commands.console import terminal
from spikebridge.reports.formats.grid import render_grid
from spikebridge.reports.proof.grid import Cell, Grid
from spikebridge.reports.proof.verdict import Verdict

NAMES = ("reference", "brian2", "neuron", "neuron_hh_notable")
COLUMNS = tuple((name, scheme) for name in NAMES for scheme in ENGINES[name].schemes)


def printed(shown: RenderableType, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(shown)
    return out.getvalue()


def whole_grid() -> Grid:
    """Every model of the catalogue by every scheme, each verdict somewhere."""
    verdicts, models = [*Verdict], tuple(catalogue())
    cells = {
        (model, *column): Cell(model, *column, verdicts[(i + j) % len(verdicts)], "because", passed=True, straying=1.0)
        for i, model in enumerate(models)
        for j, column in enumerate(COLUMNS)
    }
    return Grid(models, COLUMNS, cells, True)


@pytest.mark.parametrize("width", [80, 120])
def test_the_grid_of_all_models_fits(width) -> None:
    """In parts where it is too wide, with every model in each and every engine and scheme in one; no word is broken."""
    text = printed(render_grid(whole_grid(), width), width)
    assert max(map(len, text.splitlines())) <= width and "…" not in text
    rows = [line for line in text.splitlines() if line.split()[:1] == ["hodgkin_huxley"] and " on " not in line]
    assert len(rows) == sum(line.startswith("model ") for line in text.splitlines()) > 1
    assert sum(row.count("*") for row in rows) == len(COLUMNS)


@pytest.mark.parametrize("command", [["models"], ["doctor"], ["diff", "hodgkin_huxley", "wang_buzsaki"]])
def test_tables_of_commands_fit(command, monkeypatch, capsys) -> None:
    """In a pipe that is told 80."""
    monkeypatch.setenv("COLUMNS", "80")
    cli.main(command, standalone_mode=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines and max(map(len, lines)) <= 80 and not any("…" in line for line in lines)


@pytest.mark.parametrize(("told", "width"), [("80", 80), ("", 100), ("0", 100), ("wide", 100), ("9" * 30, 100)])
def test_a_pipe_is_as_wide_as_it_is_told(told, width, monkeypatch) -> None:
    """And 100 characters where that is nothing."""
    monkeypatch.setenv("COLUMNS", told)
    assert terminal().width == width
