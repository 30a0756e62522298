"""Many comparisons as one page: models by engine and scheme, a word in each cell, a link to each model's own page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from spikebridge.reports.formats.html import environment, mark, policy_hash, script_of, style_of, trusted
from spikebridge.reports.formats.wording import SHORT, listed
from spikebridge.reports.metrics.numbers import counted
from spikebridge.reports.proof.verdict import FINE, Verdict, worst

UNCHANGED, CHANGED = "unchanged", "changed"
_WRONG = (Verdict.OTHER_LIMIT, Verdict.NO_CONVERGENCE)
_MOST_NAMED = 6  # models in one sentence

Column = tuple[str, str]  # engine, scheme


@dataclass(frozen=True)
class SuiteCell:
    """What became of one model on one engine under one scheme.

    Attributes
    ----------
    because : one sentence
    note : a word on how it was judged, told by a star and below the table
    status : against a baseline, such as unchanged, changed or new, shown unless unchanged; empty without one
    suits : False where scheme and model do not go together; such a cell is not counted
    """

    verdict: Verdict
    because: str = ""
    note: str = ""
    status: str = ""
    suits: bool = True


@dataclass(frozen=True)
class SuiteRow:
    """One model: its cells by engine and scheme, and the page its name leads to, relative to this one."""

    name: str
    title: str
    link: str | None
    cells: Mapping[Column, SuiteCell]


@dataclass(frozen=True)
class Suite:
    """Everything on the page; ``columns`` in the order of the table, ``facts`` as pairs of name and value, ``changes`` as pairs of
    who is no longer what it was, and how."""

    title: str
    rows: Sequence[SuiteRow]
    columns: Sequence[Column]
    command: str = ""
    facts: Sequence[tuple[str, str]] = ()
    changes: Sequence[tuple[str, str]] = ()

    @property
    def cells(self) -> list[SuiteCell]:
        """Those that count."""
        return [cell for row in self.rows for cell in row.cells.values() if cell.suits]

    @property
    def verdict(self) -> Verdict:
        return worst(cell.verdict for cell in self.cells) if self.cells else Verdict.NOT_RUN


def render_suite(suite: Suite) -> str:
    """The page as text; every string of ``suite`` comes out as text, every link stays below the page's folder."""
    script = script_of("suite.js")
    return environment().get_template("suite.html.j2").render(
        suite=suite,
        sentence=suite_sentence(suite),
        counts=_counts(suite),
        statuses=Counter(cell.status for cell in suite.cells if cell.status).most_common(),
        engines=_engines(suite.columns),
        rows=[_row(row, suite.columns) for row in suite.rows],
        notes=[_note(row.name, column, cell) for row in suite.rows for column, cell in row.cells.items() if _asks(cell)],
        words=[(mark(verdict).symbol, short if short == verdict else f"{short}: {verdict}") for verdict, short in SHORT.items()],
        noted="; ".join(dict.fromkeys(cell.note for cell in suite.cells if cell.note)),
        css=style_of("common.css", "scroll.css", "suite.css"),
        script=trusted(script),
        script_hash=policy_hash(script),
    )  # fmt: skip


def suite_sentence(suite: Suite) -> str:
    """The whole in one sentence, or two where a baseline says more."""
    wrong = _rows_with(suite, _WRONG)
    counts = Counter(cell.verdict for cell in suite.cells)
    total, absent = len(suite.cells), counts[Verdict.NOT_RUN]
    models = counted(len(suite.rows), "model")
    if not total or absent == total:
        text = "Nothing ran."
    elif wrong:
        text = f"{len(wrong)} of {models} {'is' if len(wrong) == 1 else 'are'} not the same neuron everywhere: {_named(wrong)}."
    elif unsure := _rows_with(suite, (Verdict.UNDECIDED,)):
        text = f"{len(unsure)} of {models} may or may not be the same neuron everywhere: {_named(unsure)}."
    else:
        shown = counts[Verdict.DISCRETISATION]
        step = f"; {shown} of {counted(total, 'comparison')} still show integration error" if shown else ""
        text = f"{_who_ran(suite)} the same neuron on every engine that ran{step}."
    missing = f" {counted(absent, 'comparison')} did not run." if absent and absent != total else ""
    baseline = _against_baseline(suite)
    if any(cell.status == CHANGED for cell in suite.cells):  # that is what whoever reads it has come for
        return f"{baseline} {text}{missing}".strip()
    return f"{text}{missing} {baseline}".strip()


def _rows_with(suite: Suite, verdicts: Sequence[Verdict]) -> list[str]:
    """The models with one of them somewhere."""
    return [row.name for row in suite.rows if any(c.suits and c.verdict in verdicts for c in row.cells.values())]


def _who_ran(suite: Suite) -> str:
    """A model that ran nowhere agrees with nobody."""
    ran = sum(any(c.suits and c.verdict is not Verdict.NOT_RUN for c in row.cells.values()) for row in suite.rows)
    those = " that ran" if ran < len(suite.rows) else ""
    if ran == 1:
        return f"The model{those} is"
    return f"{'The' if those else 'All'} {ran} models{those} are"


def _against_baseline(suite: Suite) -> str:
    known = Counter(cell.status for cell in suite.cells if cell.status)
    if not known:
        return ""
    others = ", ".join(f"{number} {status}" for status, number in known.most_common() if status != UNCHANGED)
    return f"Against the baseline: {others}." if others else "Nothing has changed against the baseline."


def _named(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMED:
        return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"
    return listed(names)


def _counts(suite: Suite) -> list[dict[str, Any]]:
    found = Counter(cell.verdict for cell in suite.cells)
    return [{"verdict": verdict, "number": found[verdict], "mark": mark(verdict)} for verdict in Verdict if found[verdict]]


def _engines(columns: Iterable[Column]) -> list[tuple[str, int]]:
    """Engines as heads over their schemes: name and number of columns; an engine may come twice."""
    heads: list[tuple[str, int]] = []
    for engine, _ in columns:
        if heads and heads[-1][0] == engine:
            heads[-1] = (engine, heads[-1][1] + 1)
        else:
            heads.append((engine, 1))
    return heads


def _row(row: SuiteRow, columns: Sequence[Column]) -> dict[str, Any]:
    verdicts = [cell.verdict for cell in row.cells.values() if cell.suits]
    return {
        "name": row.name,
        "title": row.title,
        "link": _link(row),
        "verdict": worst(verdicts) if verdicts else Verdict.NOT_RUN,
        "cells": [_cell(row.cells.get(column)) for column in columns],
        "statuses": sorted({cell.status for cell in row.cells.values() if cell.status}),
    }


def _link(row: SuiteRow) -> str | None:
    return None if row.link is None else "./" + quote(row.link)


def _cell(cell: SuiteCell | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    heard = "; ".join(filter(None, (cell.because, cell.note, cell.status)))
    return {
        "cell": cell,
        "mark": mark(cell.verdict),
        "word": SHORT[cell.verdict],
        "changed": _told(cell),
        "heard": heard,
        "said": f"{cell.verdict}: {heard}" if heard else str(cell.verdict),
    }


def _told(cell: SuiteCell) -> bool:
    """Whether its status is said beside its verdict."""
    return cell.status not in ("", UNCHANGED)


def _asks(cell: SuiteCell) -> bool:
    """Whether a reader should look at it."""
    fine = cell.verdict in FINE
    return cell.suits and (not fine or _told(cell))


def _note(name: str, column: Column, cell: SuiteCell) -> dict[str, Any]:
    return {"model": name, "where": " ".join(column), "cell": cell, "mark": mark(cell.verdict), "changed": _told(cell)}
