"""What Neo reads: Axon's .abf and other amplifiers' files, and Neo's own objects."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.recordings.columns import Column, Table, plain_unit

_READERS = {".abf": "AxonIO", ".wcp": "WinWcpIO", ".edr": "WinEdrIO", ".smr": "Spike2IO"}  # Neo's, by the ends of names
SUFFIXES = tuple(_READERS)
NEEDS = "recordings"


def read(path: Path, names: Sequence[str]) -> list[Table]:
    """A table for each set of times in it.

    Raises
    ------
    DefinitionError : it cannot be read, or ``names`` are given, which it has itself
    ImportError : without Neo
    """
    from neo import io

    if names:
        raise DefinitionError("its channels have names of their own; choose one with :NAME instead of --columns")
    logging.getLogger("neo").setLevel(logging.ERROR)  # it reports what it makes of each header
    block = getattr(io, _READERS[path.suffix.lower()])(str(path)).read_block()
    return tables_of(block)


def is_neo(given: Any) -> bool:
    """Whether this is one of Neo's signals, segments or blocks; Neo itself is not needed to know."""
    return (
        hasattr(given, "segments") or hasattr(given, "analogsignals") or (hasattr(given, "magnitude") and hasattr(given, "times"))
    )


def tables_of(given: Any) -> list[Table]:
    """A table for each set of times in a Neo block, segment or signal; the sweeps of several are told apart by number, ``v/2``."""
    segments = given.segments if hasattr(given, "segments") else [given]
    several = len(segments) > 1
    found: list[tuple[np.ndarray, list[Column]]] = []
    for k, segment in enumerate(segments, 1):
        for signal in getattr(segment, "analogsignals", [segment]):
            t_ms = np.asarray(signal.times.rescale("ms").magnitude, dtype=float)
            same = next((columns for t, columns in found if not several and np.array_equal(t, t_ms)), None)
            if same is None:
                found.append((t_ms, same := []))
            same += _columns(signal, len(t_ms), f"/{k}" if several else "")
    if not found:
        raise DefinitionError("there is no analog signal in it")
    return [Table((Column("t", "ms", t_ms, "t (ms)"), *columns)) for t_ms, columns in found]


def _columns(signal: Any, samples: int, sweep: str) -> list[Column]:
    """Each channel of a signal; its name is the channel's where there are several."""
    values = np.asarray(signal.magnitude).reshape(samples, -1)
    unit = plain_unit(str(signal.units.dimensionality))
    channels = [str(name) for name in getattr(signal, "array_annotations", {}).get("channel_names", [])]
    if len(channels) != values.shape[1]:
        channels = [f"{signal.name or ''}{'' if values.shape[1] == 1 else k}" for k in range(values.shape[1])]
    return [Column(name, unit, values[:, k].astype(float), f"{name}{sweep}") for k, name in enumerate(channels)]
