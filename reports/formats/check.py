"""The result of a suite in words, for the terminal and as a page's data."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from spikebridge.reports.formats.suite_page import Suite, SuiteCell, SuiteRow
from spikebridge.reports.formats.terminal import STYLES
from spikebridge.reports.formats.wording import sentence as comparison_sentence
from spikebridge.reports.metrics.numbers import counted
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.verdict import FINE, Verdict
from spikebridge.reports.regression.change import Status
from spikebridge.reports.regression.checking import Check, Result

_SHOWN = (Status.CHANGED, Status.REJUDGED)  # what a page of results leads with
_STYLES = {
    Status.UNCHANGED: "bold green",
    Status.CHANGED: "bold red",
    Status.REJUDGED: "bold yellow",
    Status.NEW: "bold yellow",
    Status.GONE: "bold yellow",
    Status.NOT_RUN: "bold magenta",
    Status.NOT_KEPT: "dim",
}


def render_check(check: Check) -> RenderableType:
    """A row a result, what asks for attention, and the whole in a sentence."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("experiment", "engine", "verdict", "since the baseline"):
        table.add_column(column, overflow="fold")
    for result in check.results:
        verdict = Text(str(result.verdict), STYLES[result.verdict] if result.change.status is not Status.GONE else "dim")
        table.add_row(result.case, result.key, verdict, Text(str(result.change.status), _STYLES[result.change.status]))
    notes = [Text(f"{who}: {what}") for who, what in attention(check)]
    return Group(
        table, Text(""), *notes, Text(("\n" if notes else "") + sentence(check), "bold green" if check.status == 0 else "bold")
    )


def attention(check: Check) -> list[tuple[str, str]]:
    """What a person should look at: (who, what), in the order of the results, then what goes with what."""
    new: dict[str, list[str]] = defaultdict(list)
    for result in check.results:
        if result.change.status is Status.NEW:
            new[result.case].append(result.key)
    found = [(case, f"new: there was no baseline for {', '.join(keys)}") for case, keys in new.items()]
    for result in check.results:
        who = f"{result.case} on {result.key}" if result.key != "-" else result.case
        if result.change.status not in (Status.UNCHANGED, Status.NEW, Status.NOT_KEPT):
            done = {Status.CHANGED: "updated: ", Status.GONE: "removed: "}.get(result.change.status, "") if check.updated else ""
            found.append((who, f"{done}{result.change.status}: {result.change.because}"))
        elif not result.accepted:
            found.append((who, f"{result.verdict}: {result.because}"))
    for case, changes in (check.definitions or {}).items():
        if changes:
            more = f"; and {len(changes) - 4} more" if len(changes) > 4 else ""
            found.append((f"{case}, the definition itself", "; ".join(changes[:4]) + more))
    return found + [("versions", line) for line in version_lines(check)]


def version_lines(check: Check) -> list[str]:
    """For every version that is not what it was: how many of the results that it touches have changed, and which."""
    touched: dict[tuple[str, str, str], list[Result]] = defaultdict(list)
    for result in check.results:
        for name, (then, now) in result.change.versions.items():
            touched[name, then, now].append(result)
    lines = []
    for (name, then, now), results in touched.items():
        changed = [f"{r.case} ({r.key})" for r in results if r.change.status is Status.CHANGED]
        which = f": {', '.join(changed[:6])}{f' and {len(changed) - 6} more' if len(changed) > 6 else ''}" if changed else ""
        lines.append(f"{name} {then} became {now}: {len(changed)} of {counted(len(results), 'result')} changed{which}")
    unexplained = [
        r
        for r in check.results
        if r.change.status is Status.CHANGED and not r.change.versions and not (check.definitions or {}).get(r.case)
    ]
    if unexplained:
        names = ", ".join(f"{r.case} ({r.key})" for r in unexplained[:6])
        lines.append(f"no version, platform or definition that is kept has changed with {names}")
    return lines


def sentence(check: Check) -> str:
    """The whole in a sentence, with what to do."""
    counts = Counter(result.change.status for result in check.results)
    total = len(check.results)
    if check.status == 0 and check.suite.baseline is None:
        return f"No engine disagrees: {counted(total, 'result')}."
    if check.status == 0 and not check.updated:
        said = f"All {total} results are what they were, and no engine disagrees." if total > 1 else "The result is what it was."
        return said + _rejudged(counts)
    disagree, unsure = _refused(check)
    if check.suite.baseline is None and not counts[Status.NOT_RUN]:
        parts = [f"{disagree} disagrees with the exact solution"] * bool(disagree) + [f"{unsure} undecided"] * bool(unsure)
        return f"Of {counted(total, 'result')} {', '.join(parts)}."
    parts = [f"{counts[status]} {status}" for status in Status if counts[status]]
    said = (
        f"{counted(total, 'result')}: {', '.join(parts)}."
        + (f" {counted(disagree, 'disagreement')} between engines." if disagree else "")
        + (f" {unsure} undecided." if unsure else "")
    )
    if check.updated:
        return f"{said} {_written(check)}"
    if counts[Status.NOT_RUN]:
        return f"{said} What did not run never passes."
    if counts[Status.CHANGED] or counts[Status.GONE]:
        return f"{said} If that is as it should be: spikebridge check --update."
    return f"{said} {_written(check)} Look at it, keep it with your files, and run again." if check.written else said


def _refused(check: Check) -> tuple[int, int]:
    """How many ran and disagree, and how many are undecided, that the suite does not expect."""
    refused = [result.verdict for result in check.results if not result.accepted and result.ran]
    unsure = refused.count(Verdict.UNDECIDED)
    return len(refused) - unsure, unsure


def _rejudged(counts: Counter[Status]) -> str:
    """What to do where only the verdicts' rules are others."""
    number = counts[Status.REJUDGED]
    return f" {counted(number, 'verdict')} by new rules: spikebridge check --update keeps them." if number else ""


def _written(check: Check) -> str:
    if not check.written:
        return "The baseline is as it was."
    return f"The baseline of {', '.join(check.written)} was written to {check.suite.baseline}."


def failure_text(check: Check) -> str:
    """Everything a person needs to act on, as plain lines: for a test that failed."""
    return "\n".join([sentence(check), *(f"  {who}: {what}" for who, what in attention(check))])


def comparison_failure(comparison: Comparison, expect: str | None = None) -> str:
    """Why a comparison is no success, as plain lines; empty where it is one."""
    bad = [entry for entry in comparison.entries if entry.verdict not in (*FINE, expect)]
    if not bad:
        return ""
    return "\n".join([comparison_sentence(comparison), *(f"  {e.key}: {e.verdict}: {e.because}" for e in bad)])


def check_page(check: Check, titles: Mapping[str, str], command: str = "", facts: tuple[tuple[str, str], ...] = ()) -> Suite:
    """The result as a page's data: a row each experiment, a column each engine and scheme.

    What is only in the baseline is no result of this suite; it is named below the table.

    Parameters
    ----------
    titles : of the experiments that have a page of their own, at NAME/report.html
    """
    gone = [r for r in check.results if r.change.status is Status.GONE]
    here = [r for r in check.results if r.change.status is not Status.GONE]
    rows = [
        SuiteRow(
            case.name,
            titles.get(case.name, ""),
            f"{case.name}/report.html" if case.name in titles else None,
            {_column(r): _page_cell(r) for r in here if r.case == case.name},
        )
        for case in check.suite.cases
    ]
    left = ", ".join(r.case if r.key == "-" else f"{r.case} on {r.key}" for r in gone)
    more = (("only in the baseline", left),) if left else ()
    engines = list(dict.fromkeys(r.key.partition("/")[0] for r in here))
    columns = sorted(dict.fromkeys(map(_column, here)), key=lambda column: engines.index(column[0]))
    changed = any(r.change.status in _SHOWN for r in here) or any((check.definitions or {}).values())
    return Suite(check.suite.name, rows, columns, command, (*facts, *more), attention(check) if changed else ())


def _column(result: Result) -> tuple[str, str]:
    engine, _, scheme = result.key.partition("/")
    return engine, scheme


def _page_cell(result: Result) -> SuiteCell:
    """A result that did not run has no status beside its verdict; a change tells why it is one."""
    change, status = result.change, result.change.status
    told = status not in (Status.NOT_RUN, Status.NOT_KEPT)
    because = f"{result.because}; {change.because}" if status in _SHOWN else result.because
    return SuiteCell(result.verdict, because, "expected" if _expected(result) else "", str(status) if told else "")


def _expected(result: Result) -> bool:
    """Whether it is a disagreement that the suite knows of."""
    return result.accepted and result.verdict not in FINE
