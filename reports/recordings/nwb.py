"""Neurodata Without Borders: the time series of an .nwb file, which is HDF5, with h5py.

Of each series the schema gives ``data`` with its unit and conversion, and either ``timestamps`` in seconds or a ``starting_time`` with
its rate (https://nwb-schema.readthedocs.io, TimeSeries). pynwb reads the same and a hundred times as much; h5py is a tenth of its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.recordings.columns import Column, Table, plain_unit

SUFFIXES = (".nwb",)
NEEDS = "recordings"
MAX_SAMPLES = 50_000_000


def read(path: Path, names: Sequence[str]) -> list[Table]:
    """A table for each set of times; columns are called as their series, and by its path where that is needed.

    Raises
    ------
    DefinitionError : it holds no time series of numbers, or ``names`` are given, which it has itself
    ImportError : without h5py
    """
    import h5py

    if names:
        raise DefinitionError("its series have names of their own; choose one with :NAME instead of --columns")
    found: list[tuple[np.ndarray, list[Column]]] = []
    with h5py.File(path, "r") as file:
        for place, series in _series(file, h5py.Group):
            times, column = _times(series), _column(place, series)
            same = next((columns for t, columns in found if np.array_equal(t, times)), None)
            if same is None:
                found.append((times, same := []))
            same.append(column)
    if not found:
        raise DefinitionError("there is no time series with one channel in it")
    return [Table((Column("t", "s", times, "t (s)"), *columns)) for times, columns in found]


def _series(file: Any, group: type) -> list[tuple[str, Any]]:
    """Every series of one channel, with its path."""
    series: list[tuple[str, Any]] = []

    def visit(path: str, item: Any) -> None:
        if isinstance(item, group) and "data" in item and ("timestamps" in item or "starting_time" in item):  # type: ignore[operator]
            shape = item["data"].shape  # type: ignore[index]
            if shape and shape[0] <= MAX_SAMPLES and all(n == 1 for n in shape[1:]):
                series.append((path, item))

    file.visititems(visit)
    return series


def _times(series: Any) -> np.ndarray:
    if "timestamps" in series:
        return np.asarray(series["timestamps"][()], dtype=float)
    start = series["starting_time"]
    # dividing keeps a rate such as 40000 Hz on its grid
    return float(start[()]) + np.arange(series["data"].shape[0]) / float(start.attrs["rate"])


def _column(place: str, series: Any) -> Column:
    data = series["data"]
    unit = data.attrs.get("unit", "")
    unit = unit.decode() if isinstance(unit, bytes) else str(unit)
    raw = Column.under(place, data[()])
    values = raw.values * float(data.attrs.get("conversion", 1.0)) + float(data.attrs.get("offset", 0.0))
    return Column(place.rpartition("/")[2], plain_unit(unit), values, place, raw.fault)
