"""What every claim of every figure finds on every engine: one table a figure."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from spikebridge.bridge.engines.worker import LIMIT_S
from spikebridge.bridge.errors import BridgeError, NotRun
from spikebridge.reports.formats.figure import by_claim, claim_words, state
from spikebridge.reports.metrics.numbers import quantity
from spikebridge.reports.proof.taking_part import taking_part
from spikebridge.reports.textbook.figure_file import gallery, load_figure
from spikebridge.reports.textbook.figure_pool import make_figures
from spikebridge.reports.textbook.figure_run import Finding, MadeFigure
from tests.frozen.claim_limits import measured, round_off
from tests.frozen.moved import FOLDER, Begin, Looked, Moved, Tell
from tests.frozen.table import Columns, Key, Row, differences, numbered, read_table, renewed, write_table

KIND = "claims"
COLUMNS = Columns(("claim", "engine"), ("scheme", "found", "unit", "state"))
DIGITS = 10
_NOT_RUN = "not run"


def path_of(figure: str, folder: Path = FOLDER) -> Path:
    """The table of a figure."""
    return folder / KIND / f"{figure}.csv"


def look(
    figures: Collection[str] | None, update: bool, tell: Tell, begin: Begin = lambda name: None, folder: Path = FOLDER
) -> Looked:
    """Make these figures, or the whole gallery, on the engines that figures have; ``update`` writes what moved."""
    names = [name for name in gallery() if figures is None or name in figures]
    moved: list[Moved] = []
    compared = [0]

    def note(found: Collection[Moved]) -> None:
        for each in found:
            tell(each)
        moved.extend(found)

    def done(made: MadeFigure, finished: object) -> None:
        compared[0] += len(made.findings)
        note(held(made, update, folder))

    def left(error: BridgeError) -> None:
        note([Moved("not made", str(error), ran=not isinstance(error, NotRun))])

    make_figures([load_figure(name) for name in names], taking_part((), {}), LIMIT_S, begin, done, left)
    if figures is None:
        note(_gone(folder, update))
    return Looked(KIND, compared[0], tuple(moved))


def _gone(folder: Path, update: bool) -> list[Moved]:
    """Tables of figures that the gallery no longer has; an update removes them."""
    gone = [path for path in sorted((folder / KIND).glob("*.csv")) if path.stem not in gallery()]
    for path in gone if update else ():
        path.unlink()
    return [Moved(path.stem, "gone: it is frozen but no longer in the gallery") for path in gone]


def held(made: MadeFigure, update: bool, folder: Path = FOLDER) -> list[Moved]:
    """What moved in a figure; where it is to be updated, the table is written, but for what did not run."""
    findings = keyed(made)
    now = {key: row_of(finding) for key, finding in findings.items()}
    kept = read_table(path_of(made.file.name, folder), COLUMNS)
    changes = differences(kept, now, lambda key, then, row: difference(then, row, findings[key], made))
    idle = {key for key in changes if key in now and now[key][-1] == _NOT_RUN}
    if update and changes.keys() - idle:
        rows = {key: row for key, row in now.items() if key not in idle or key in kept}
        write_table(path_of(made.file.name, folder), COLUMNS, renewed(kept, rows, changes.keys() - idle))
    return [
        Moved(f"{made.file.name}, {claim}, {engine}", text, ran=(claim, engine) not in idle)
        for (claim, engine), text in changes.items()
    ]


def keyed(made: MadeFigure) -> dict[Key, Finding]:
    """The findings, by the words of their claim and their engine."""
    claims = by_claim(made)
    words = numbered(claim_words(made.file, claim) for claim, _ in claims)
    return {(word, engine): f for word, (_, found) in zip(words, claims, strict=True) for engine, f in found.items()}


def row_of(finding: Finding) -> Row:
    """What is kept of a finding."""
    found = "" if finding.found is None else f"{finding.found:.{DIGITS}g}"
    return (finding.scheme, found, finding.claim.unit if found else "", state(finding))


def difference(then: Row, now: Row, finding: Finding, made: MadeFigure) -> str:
    """What moved, by how much and against which limit; empty where nothing did."""
    if then[-1] != now[-1] or then[0] != now[0] or bool(then[1]) != bool(now[1]):
        return f"was {_said(then)}, is {_said(now)}{f': {finding.reason}' if finding.reason else ''}"
    moved = _moved(then[1], finding, made) if now[1] else ""
    return f"was {_said(then)}, is {_said(now)}: {moved}" if moved else ""


def _moved(then: str, finding: Finding, made: MadeFigure) -> str:
    assert finding.found is not None
    by = abs(finding.found - float(then))
    written = 0.5 * 10.0 ** (1 - DIGITS) * abs(finding.found)  # half of the last digit kept, at most
    if by <= written or (not finding.claim.question.discrete and by <= round_off(finding.found).value + written):
        return ""
    limit = measured(finding, made)
    if by <= limit.value + written:
        return ""
    unit = finding.claim.unit
    return f"moved by {quantity(by, unit)}, where {limit.reason} is {quantity(limit.value, unit)}"


def _said(row: Row) -> str:
    scheme, found, unit, word = row
    return " ".join(
        part for part in (found, "" if unit == "1" else unit, f"({scheme}, {word})" if scheme else f"({word})") if part
    )
