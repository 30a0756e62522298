"""Tables kept as text, one line a row, so that a diff shows what moved: read, written, and held to what is found now."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.files import write_text

Key = tuple[str, ...]
Row = tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """Of a table: those that say what a row is about, and what was found."""

    key: Sequence[str]
    found: Sequence[str]

    @property
    def header(self) -> Row:
        return (*self.key, *self.found)


def read_table(path: Path, columns: Columns) -> dict[Key, Row]:
    """Each row's findings by what it is about, in the order of the file; nothing where there is no file.

    Raises
    ------
    DefinitionError : the file is no such table
    """
    if not path.exists():
        return {}
    header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"))) or [()]
    if tuple(header) != columns.header or any(len(row) != len(header) for row in rows):
        raise DefinitionError(f"{path}: expected rows of {', '.join(columns.header)}; restore the file, or remove it and update")
    return {tuple(row[: len(columns.key)]): tuple(row[len(columns.key) :]) for row in rows}


def write_table(path: Path, columns: Columns, rows: Mapping[Key, Row]) -> Path:
    """Write it whole; OSError where it cannot be written."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns.header, *((*key, *row) for key, row in rows.items())])
    return write_text(path, text.getvalue())


def numbered(names: Iterable[str]) -> list[str]:
    """The second of the same name becomes ``name (2)``: a key is there once."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def differences(kept: Mapping[Key, Row], now: Mapping[Key, Row], difference: Callable[[Key, Row, Row], str]) -> dict[Key, str]:
    """In words, of every key that is not as it was; ``difference`` of then and now is empty where both say the same."""
    found = {}
    for key in dict.fromkeys((*kept, *now)):
        if key not in now:
            found[key] = f"gone: was {_said(kept[key])}"
        elif key not in kept:
            found[key] = f"new: {_said(now[key])}"
        elif said := difference(key, kept[key], now[key]):
            found[key] = said
    return found


def _said(row: Row) -> str:
    return " ".join(value for value in row if value)


def renewed(kept: Mapping[Key, Row], now: Mapping[Key, Row], moved: Iterable[Key]) -> dict[Key, Row]:
    """What is found now, but for what has not moved: that keeps its digits."""
    changed = set(moved)
    return {key: row if key in changed else kept[key] for key, row in now.items()}
