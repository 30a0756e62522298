"""The agreement grid in words, as a matrix for the terminal and as a page's data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from spikebridge.reports.formats.suite_page import Suite, SuiteCell, SuiteRow
from spikebridge.reports.formats.terminal import STYLES
from spikebridge.reports.formats.wording import SHORT
from spikebridge.reports.metrics.numbers import counted, short
from spikebridge.reports.proof.grid import Cell, Grid
from spikebridge.reports.proof.verdict import Verdict

UNSUITED, STEPWISE = "-", "*"
_COLUMN = 7  # characters, at least
_MOST_NAME = 36


def render_grid(grid: Grid, width: int = 100) -> RenderableType:
    """The matrix, in parts where it is wider than ``width`` characters; what its words mean, and what asks for attention."""
    parts = [part for columns in _that_fit(grid, width) for part in (_matrix(grid, columns), Text(""))]
    return Group(*parts, _legend(grid), *_notes(grid), Text(f"\n{grid_sentence(grid)}", "bold"))


def _matrix(grid: Grid, columns: Sequence[tuple[str, str]]) -> Table:
    """Some columns of the grid, beside the models that all parts have."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("model", overflow="fold", width=_names(grid))
    for engine, scheme in columns:
        table.add_column(_head(engine, scheme), min_width=_COLUMN, overflow="fold")
    for model in grid.models:
        table.add_row(Text(model), *(_word(grid.cell(model, *column)) for column in columns))
    return table


def _head(engine: str, scheme: str) -> Text:
    return Text(f"{engine}\n{scheme.replace('_', ' ')}")


def _names(grid: Grid) -> int:
    return min(max(len(name) for name in ("model", *grid.models)), _MOST_NAME)


def _that_fit(grid: Grid, width: int) -> Iterator[list[tuple[str, str]]]:
    """The columns in turn, so many at a time as stand beside the models."""
    part: list[tuple[str, str]] = []
    left = width - _names(grid) - 1
    for column in grid.columns:
        needs = 1 + max(_COLUMN, *(len(word) for word in " ".join(column).replace("_", " ").split()), *(
            len(_word(grid.cell(model, *column)).plain) for model in grid.models
        ))  # fmt: skip
        if part and needs > left:
            yield part
            part, left = [], width - _names(grid) - 1
        part.append(column)
        left -= needs
    yield part


def _word(cell: Cell | None) -> Text:
    if cell is None or not cell.suits:
        return Text(UNSUITED, "dim")
    # the step defect proved it, the whole run could not
    mark = STEPWISE if cell.passed and not cell.matched else ""
    return Text(SHORT[cell.verdict] + mark, STYLES[cell.verdict])


def _legend(grid: Grid) -> Text:
    words = [f"{word}: {verdict}" for verdict, word in SHORT.items() if word != verdict and _count(grid, verdict)]
    marked = any(cell.passed and not cell.matched for cell in grid.cells.values())
    if marked:
        words.append(f"{STEPWISE} proven step by step: whole runs stray by more than 1e-9 of the range")
    if any(not cell.suits for cell in grid.cells.values()):
        words.append(f"{UNSUITED} the scheme does not suit the model")
    return Text("\n".join(words), "dim")


def _notes(grid: Grid) -> list[Text]:
    notes = []
    for cell in grid.cells.values():
        if not cell.fine:
            notes.append(
                Text.assemble(
                    (f"{cell.model} on {cell.engine}/{cell.scheme}: ", "bold"),
                    (str(cell.verdict), STYLES[cell.verdict]),
                    f": {cell.because}",
                )
            )
    for model, cells in _stepwise(grid).items():
        chaotic = [c.horizon_ms for c in cells if c.horizon_ms is not None]
        why = (
            f"round-off alone parts runs by {short(min(chaotic))} ms"
            if chaotic
            else "small defects of NEURON's implicit solver add up"
        )
        notes.append(
            Text(f"{model}: judged step by step under {', '.join(f'{c.engine}/{c.scheme}' for c in cells)}: {why}", "dim")
        )
    for reason, models in _reasons(grid).items():
        shown = ", ".join(models) if len(models) < 8 else f"{', '.join(models[:7])} and {len(models) - 7} more"
        notes.append(Text(f"{reason}: {shown}", "dim"))
    return notes


def _stepwise(grid: Grid) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = defaultdict(list)
    for cell in grid.cells.values():
        if cell.passed and not cell.matched:
            found[cell.model].append(cell)
    return found


def _reasons(grid: Grid) -> dict[str, list[str]]:
    """Why schemes do not suit models: reason to models."""
    found: dict[str, list[str]] = defaultdict(list)
    for cell in grid.cells.values():
        if not cell.suits and cell.model not in found[f"{cell.scheme}: {_general(cell)}"]:
            found[f"{cell.scheme}: {_general(cell)}"].append(cell.model)
    return found


def _general(cell: Cell) -> str:
    """The reason without what is only true of one model."""
    return cell.because.split(";")[0]


def _count(grid: Grid, verdict: Verdict) -> int:
    return sum(cell.suits and cell.verdict == verdict for cell in grid.cells.values())


def grid_sentence(grid: Grid) -> str:
    """How many models and comparisons, what became of them, how many translations are proven."""
    suited = [cell for cell in grid.cells.values() if cell.suits]
    proven = [cell for cell in suited if cell.passed is not None]
    counts = ", ".join(f"{_count(grid, verdict)} {verdict}" for verdict in Verdict if _count(grid, verdict))
    return (
        f"{counted(len(grid.models), 'model')}, {counted(len(suited), 'comparison')}: {counts}. "
        f"{sum(bool(c.passed) for c in proven)} of {len(proven)} translations proven, {sum(bool(c.matched) for c in proven)} over the whole run."
    )


def suite_of(grid: Grid, titles: Mapping[str, str], command: str = "", facts: tuple[tuple[str, str], ...] = ()) -> Suite:
    """The grid as a page's data.

    Parameters
    ----------
    titles : of the models that have a page of their own, at NAME/report.html
    """
    rows = [
        SuiteRow(
            model,
            titles.get(model, ""),
            f"{model}/report.html" if model in titles else None,
            {column: _suite_cell(cell) for column in grid.columns if (cell := grid.cell(model, *column)) is not None},
        )
        for model in grid.models
    ]
    return Suite("every model of the catalogue", rows, grid.columns, command, facts)


def _suite_cell(cell: Cell) -> SuiteCell:
    note = "step by step" if cell.passed and not cell.matched else ""
    return SuiteCell(cell.verdict, cell.because, note, suits=cell.suits)
