"""What a file of recordings holds: tables, each of columns that were sampled at the same times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikebridge.bridge.errors import DefinitionError

TIMES = ("t", "time", "times")
# "v (mV)", "v [mV]", "v/mV", "v_mV", "v"
_HEAD = re.compile(
    r"^\s*(?P<name>.*?)\s*(?:[(\[]\s*(?P<unit>[^)\]]*)\s*[)\]]|\s/\s?(?P<per>\S+)|/(?P<over>[mun]?[VsSA])|_(?P<suffix>[mu]?[Vs]))?\s*$"
)
LEFT_OUT = "-"  # what a column is called that nobody wants
_KINDS = {"c": "complex numbers", "b": "truth values", "M": "dates", "m": "differences of dates"}
_SPELLED = {
    "seconds": "s", "second": "s", "sec": "s", "msec": "ms", "milliseconds": "ms", "volts": "V", "volt": "V", "millivolts": "mV",
    "amperes": "A", "siemens": "S", "dimensionless": "1", "n/a": "", "a.u.": "", "unknown": "",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, unit : what it is called, and the unit where it says one
    values : its samples, shape (samples,)
    head : how a file writes both
    fault : why its values are no real numbers, for whoever wants them; empty where they are
    """

    name: str
    unit: str
    values: np.ndarray
    head: str
    fault: str = ""

    @classmethod
    def under(cls, head: str, values: Any, fault: str = "") -> Column:
        """The column below such a head, ``v (mV)`` or ``t_ms``."""
        match = _HEAD.match(head)
        assert match is not None  # every text matches
        unit = match["unit"] or match["per"] or match["over"] or match["suffix"] or ""
        array, kind = _real(values)
        return cls(match["name"], plain_unit(unit), array, head, fault or kind)

    @property
    def of_time(self) -> bool:
        return self.name.lower() in TIMES


@dataclass(frozen=True)
class Table:
    """Columns of equal length; a recording has one of times among them."""

    columns: tuple[Column, ...]

    @property
    def time(self) -> Column | None:
        """The first column of times; None without one."""
        return next((column for column in self.columns if column.of_time), None)

    @property
    def others(self) -> tuple[Column, ...]:
        """All but that."""
        return tuple(column for column in self.columns if column is not self.time)


def plain_unit(text: str) -> str:
    """A unit as definitions write it: ``mV`` for the millivolts and ``us`` for the micro signs of others."""
    text = text.strip().replace("\u00b5", "u").replace("\u03bc", "u")
    return _SPELLED.get(text.lower(), text)


def table_under(heads: Sequence[str], values: Sequence[Any]) -> Table:
    """Columns below their heads; those that are called ``-`` are left out."""
    return Table(tuple(Column.under(h, v) for h, v in zip(heads, values, strict=True) if h.strip() != LEFT_OUT))


def heads_of(names: Sequence[str], own: Sequence[str]) -> Sequence[str]:
    """What columns are called: as given, else as the file says. DefinitionError where their numbers differ."""
    if names and len(names) != len(own):
        raise DefinitionError(f"it has {len(own)} columns, but {len(names)} names are given: {', '.join(names)[:80]}")
    return names or own


def _real(values: Any) -> tuple[np.ndarray, str]:
    """An array of real numbers in double precision, shape (samples,); where it is none, what it is instead."""
    array = np.asarray(values)
    if array.dtype.kind in "fiu":
        return np.asarray(array, dtype=float).ravel(), ""
    found = _KINDS.get(array.dtype.kind, "something else")
    return np.full(array.size, np.nan), f"expected real numbers, found {found}"
