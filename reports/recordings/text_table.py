"""Text: columns between commas, semicolons, tabs or spaces, with decimal points or commas, with or without a row of names."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.opener import read_bytes
from spikebridge.bridge.shown import shown
from spikebridge.reports.recordings.columns import LEFT_OUT, Column, Table

SUFFIXES = (".csv", ".txt", ".dat", ".tsv", ".asc")
NEEDS = ""
MAX_BYTES = 200_000_000
_COMMENTS = ("#", "%", "//")
_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?\Z")
_NAN = re.compile(r"[+-]?(nan|inf|infinity)?\Z", re.IGNORECASE)
_WORD = re.compile(r"[^\s(\[]+(?:\s*[(\[][^)\]]*[)\]])?")  # a name, perhaps with its unit in brackets
_LOOKS = 20  # rows that are looked at to see how a file is written


@dataclass(frozen=True)
class _Manner:
    """How a file is written: what parts its columns (empty for spaces), and its decimal sign."""

    separator: str
    decimal: str

    def fields(self, line: str) -> list[str]:
        parts = line.split(self.separator) if self.separator else line.split()
        return [part.strip().strip('"') for part in parts]

    def heads(self, line: str) -> list[str]:
        return self.fields(line) if self.separator else _WORD.findall(line)

    def is_data(self, line: str) -> bool:
        return all(_number_in(self.decimal).match(field) or _NAN.match(field) for field in self.fields(line))


def read(path: Path, names: Sequence[str]) -> list[Table]:
    """The one table of a text file.

    Parameters
    ----------
    names : of its columns, in place of those that the file gives them, where it gives any

    Raises
    ------
    DefinitionError : it is no table; the line is named
    """
    lines = [line.strip() for line in _text(path).splitlines()]
    rows = [(k, line) for k, line in enumerate(lines, 1) if line and not line.startswith(_COMMENTS)]
    if not rows:
        raise DefinitionError("there are no rows in it")
    manner = _manner([line for _, line in rows[1 : _LOOKS + 1]] or [rows[0][1]])
    first, has_head = rows[0], not manner.is_data(rows[0][1])
    data = rows[1:] if has_head else rows
    if not data:
        raise DefinitionError("there are no rows below its names")
    found = _columns(data, manner)
    own = manner.heads(first[1]) if has_head else _heads_in_comment(lines[: first[0]], manner, len(found))
    heads = _heads(list(names), own, len(found))
    columns = [Column.under(head, values, fault) for head, (values, fault) in zip(heads, found, strict=True)]
    return [Table(tuple(column for column in columns if column.name != LEFT_OUT))]


def _text(path: Path) -> str:
    """All of a file, unpacked where it ends in .gz; DefinitionError where it is too large or cannot be read."""
    content = read_bytes(path, MAX_BYTES, "a recording")
    if path.suffix.lower() == ".gz":
        with gzip.open(io.BytesIO(content)) as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise DefinitionError(f"unpacked it has more than {MAX_BYTES / 1e6:g} MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # of older programs; what is not a number is refused below


def _manner(lines: Sequence[str]) -> _Manner:
    separator = _separator(lines)
    fields = [field for line in lines for field in _Manner(separator, ".").fields(line)]
    commas = separator != "," and any(map(_COMMA.match, fields)) and not any("." in f for f in fields if _POINT.match(f))
    return _Manner(separator, "," if commas else ".")


def _separator(lines: Sequence[str]) -> str:
    for sign in (";", "\t"):
        if all(sign in line for line in lines):
            return sign
    spaced = [line.split() for line in lines]
    if all(len(fields) > 1 and all(_COMMA.match(f) or _POINT.match(f) for f in fields) for fields in spaced):
        return ""
    return "," if any("," in line for line in lines) else ""


def _number_in(decimal: str) -> re.Pattern[str]:
    return re.compile(_POINT.pattern.replace(r"\.", "," if decimal == "," else r"\."))


def _columns(rows: Sequence[tuple[int, str]], manner: _Manner) -> list[tuple[np.ndarray, str]]:
    """Every column's values, and why they are no numbers where they are not."""
    text = "\n".join(line for _, line in rows)
    if manner.decimal == ",":
        text = text.replace(",", ".")
    try:
        table = np.loadtxt(io.StringIO(text), delimiter=manner.separator or None, comments=None, ndmin=2)
        return [(column, "") for column in table.T]
    except ValueError:  # a column that is no number is no fault where nobody wants it
        return _columns_one_by_one(rows, manner)


def _columns_one_by_one(rows: Sequence[tuple[int, str]], manner: _Manner) -> list[tuple[np.ndarray, str]]:
    fields = [manner.fields(line) for _, line in rows]
    width = len(fields[0])
    for (line, _), found in zip(rows, fields, strict=True):
        if len(found) != width:
            raise DefinitionError(f"line {line}: expected {width} columns as in the first row, found {len(found)}")
    lines = [line for line, _ in rows]
    return [_column(column, lines, manner.decimal) for column in zip(*fields, strict=True)]


def _column(fields: Sequence[str], lines: Sequence[int], decimal: str) -> tuple[np.ndarray, str]:
    number = _number_in(decimal)
    for line, field in zip(lines, fields, strict=True):
        if not number.match(field) and (not field or not _NAN.match(field)):
            found = f"{shown(field, 40)} is not a real number" if field else "there is nothing"
            return np.full(len(fields), np.nan), f"line {line}: {found}; times and values must be numbers in every row"
    return np.array([float(field.replace(decimal, ".")) for field in fields]), ""


def _heads_in_comment(lines: Sequence[str], manner: _Manner, width: int) -> list[str]:
    """Names in the last comment above the first row, as numpy.savetxt writes them; none where their number differs."""
    for line in reversed(lines):
        if line.startswith(_COMMENTS):
            text = line.lstrip("#%/ ")
            found = [heads for heads in (manner.heads(text), _WORD.findall(text), text.split(",")) if len(heads) == width]
            return [head.strip() for head in found[0]] if found else []
    return []


def _heads(given: list[str], own: list[str], width: int) -> list[str]:
    """What columns are called: as given, else as the file says, else times first where there are two."""
    heads = given or own
    if heads and len(heads) != width:
        raise DefinitionError(f"there are {width} columns, but {len(heads)} names: {', '.join(heads)[:80]}")
    if heads:
        return heads
    if width == 2:
        return ["t", ""]
    raise DefinitionError(f'its {width} columns have no names; give them with --columns "t (ms),v (mV),..."')
