"""Why frozen results were made anew, when, and what moved: a record that grows with every update."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.files import write_text
from tests.frozen.moved import FOLDER, Looked

FILE = "reasons.md"
_TITLE = "# Why frozen results were made anew\n"
# of a kind: more are counted, the frozen files themselves have every one
_MOST = 8


def checked_reason(given: str) -> str:
    """The reason in one line; DefinitionError where there is none."""
    reason = " ".join(given.split())
    if not reason:
        raise DefinitionError('a reason is missing; say why results move: make frozen-update WHY="..."')
    return reason


def record(reason: str, looked: Sequence[Looked], folder: Path = FOLDER, today: date | None = None) -> Path:
    """Add the reason with its date and what moved."""
    path = folder / FILE
    before = path.read_text(encoding="utf-8") if path.exists() else _TITLE
    lines = [line for each in looked if each.moved for line in _lines(each)]
    return write_text(path, "\n".join([before, f"## {today or date.today()}: {reason}\n", *lines, ""]))


def _lines(looked: Looked) -> Iterator[str]:
    moved = [each for each in looked.moved if each.ran]
    yield f"* {looked.kind}: {looked.sentence}"
    yield from (f"  * {each}" for each in moved[:_MOST])
    if len(moved) > _MOST:
        yield f"  * and {len(moved) - _MOST} more"
