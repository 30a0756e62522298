"""Markdown for the summary of a CI job or a comment on a pull request: the sentence, a table, then the reasons."""

from __future__ import annotations

import re

from spikebridge.reports.formats.check import attention, sentence
from spikebridge.reports.formats.grid import SHORT, grid_sentence
from spikebridge.reports.formats.wording import cells
from spikebridge.reports.formats.wording import sentence as comparison_sentence
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.grid import Grid
from spikebridge.reports.proof.verdict import Verdict
from spikebridge.reports.regression.change import Status
from spikebridge.reports.regression.checking import Check, Result

# a job summary holds 1 MiB, a comment 65,536 characters
MOST_CHARACTERS = 60_000
_SIGNS = {
    Verdict.AGREE: "✅",
    Verdict.DISCRETISATION: "✅",
    Verdict.UNDECIDED: "❓",
    Verdict.NOT_RUN: "🚫",
    Verdict.NO_CONVERGENCE: "❌",
    Verdict.OTHER_LIMIT: "❌",
}
_COLUMNS = ("translation", "spikes", "max spike shift", "max error", "observed order", "limit gap")


def comparison_markdown(comparison: Comparison) -> str:
    """A comparison: verdict, a row an engine, why."""
    columns = [c for c in _COLUMNS if not (comparison.quick and c in ("observed order", "limit gap"))]
    rows = []
    for entry in comparison.entries:
        measured = cells(comparison, entry)
        name = f"{entry.name} {entry.scheme.name}"
        rows.append([name, f"{_SIGNS[entry.verdict]} {entry.verdict}", *(measured.get(c, "-") for c in columns)])
    why = [f"* **{escaped(e.key)}**: {escaped(e.because)}" for e in comparison.entries]
    head = f"### {_SIGNS[comparison.verdict]} {escaped(comparison.experiment.model.title)}: {comparison.verdict}"
    told = "; ".join(f"{k}: {v}" for k, v in comparison.experiment.described())
    return _within(
        [
            head,
            "",
            escaped(comparison_sentence(comparison)),
            "",
            *_table(["engine", "verdict", *columns], rows),
            "",
            *why,
            "",
            escaped(told),
        ]
    )


def check_markdown(check: Check) -> str:
    """A suite: the sentence, what asks for attention, and the table of everything folded in."""
    rows = [[r.case, r.key, f"{_sign(r)} {r.verdict}", f"{_status_sign(r)} {r.change.status}"] for r in check.results]
    notes = [f"* **{escaped(who)}**: {escaped(what)}" for who, what in attention(check)]
    head = f"### {'✅' if check.status == 0 else '❌'} spikebridge, {escaped(check.suite.name)}"
    body = [
        "<details><summary>All results</summary>",
        "",
        *_table(["experiment", "engine", "verdict", "since the baseline"], rows),
        "",
        "</details>",
    ]
    return _within([head, "", escaped(sentence(check)), "", *notes, "", *body])


def grid_markdown(grid: Grid) -> str:
    """The matrix of all models, folded, with what asks for attention before it."""
    columns = [f"{engine} {scheme}" for engine, scheme in grid.columns]
    rows = []
    for model in grid.models:
        cells = [grid.cell(model, *column) for column in grid.columns]
        rows.append([model, *("·" if c is None or not c.suits else f"{_SIGNS[c.verdict]} {SHORT[c.verdict]}" for c in cells)])
    notes = [
        f"* **{escaped(f'{c.model} on {c.engine}/{c.scheme}')}**: {c.verdict}: {escaped(c.because)}"
        for c in grid.cells.values()
        if not c.fine
    ]
    head = f"### {_SIGNS[grid.verdict]} spikebridge, {len(grid.models)} models: {grid.verdict}"
    body = ["<details><summary>All models</summary>", "", *_table(["model", *columns], rows), "", "</details>"]
    return _within([head, "", escaped(grid_sentence(grid)), "", *notes, "", *body])


def _sign(result: Result) -> str:
    if result.change.status is Status.GONE:
        return "❔"
    return "✅" if result.ran and result.accepted else _SIGNS[result.verdict]


def _status_sign(result: Result) -> str:
    """Whether it is what it was, whatever its verdict."""
    return "✅" if result.unchanged else "🚫" if not result.ran else "❌"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = [[escaped(cell) for cell in head], ["---"] * len(head), *([escaped(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def escaped(text: str) -> str:
    """Text that stays text: no markup, no tags, one line. Units keep their slash, names their underscore."""
    line = " ".join(text.split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # a # or @ could be a heading, a reference or a mention; an underscore within a word is only itself
    return re.sub(r"[\\`*\[\]|~#@]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\\g<0>", line)


def _within(lines: list[str]) -> str:
    text, left = "", MOST_CHARACTERS
    for i, line in enumerate(lines):
        if len(line) + 1 > left:
            return f"{text}\n({len(lines) - i} more lines)\n"
        text += line + "\n"
        left -= len(line) + 1
    return text


WRITERS = {Comparison: comparison_markdown, Grid: grid_markdown, Check: check_markdown}
