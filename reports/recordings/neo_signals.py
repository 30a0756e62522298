"""What Neo reads: Axon's .abf and other amplifiers' files, and Neo's own objects; and a recording of ours as such objects."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spikebridge.bridge.engines.limits import within
from spikebridge.bridge.errors import DefinitionError, UsageError
from spikebridge.bridge.opener import check_file
from spikebridge.reference.recording import Recording
from spikebridge.reports.recordings.columns import MAX_BYTES, Column, Table, check_samples, plain_unit

_READERS = {".abf": "AxonIO", ".wcp": "WinWcpIO", ".edr": "WinEdrIO", ".smr": "Spike2IO"}  # Neo's, by the ends of names
SUFFIXES = tuple(_READERS)
NEEDS = "recordings"
_READS_S = 60.0  # counts in a damaged header send Neo round and round


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
    with within(_READS_S, "reading it"):
        reader = getattr(io, _READERS[path.suffix.lower()])(str(check_file(path, MAX_BYTES, "a recording")))
        check_samples(_samples_in(reader))
        return tables_of(reader.read_block())


def _samples_in(reader: Any) -> int:
    """How many a file says it holds: sweeps that overlap are counted each."""
    return sum(
        reader.get_signal_size(block, segment, stream) * reader.signal_channels_count(stream)
        for block in range(reader.block_count())
        for segment in range(reader.segment_count(block))
        for stream in range(reader.signal_streams_count())
    )


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


def block_of(recording: Recording) -> Any:
    """A Neo Block of one segment: an AnalogSignal a variable, with a channel a neuron, and a SpikeTrain a neuron.

    Raises
    ------
    UsageError : without Neo; says how to install it
    """
    try:
        import neo
        import quantities as pq
    except ImportError:
        raise UsageError(f"to_neo needs Neo; install it with: pip install 'spikebridge[{NEEDS}]'") from None
    how = {"engine": recording.engine, "version": recording.version, "scheme": recording.scheme}
    segment = neo.Segment(name=recording.experiment.name if recording.experiment is not None else recording.engine, **how)
    for name, samples in recording.values.items():
        unit, said = _quantity_of(recording.units[name])
        values = np.reshape(samples, (len(recording.t_ms), -1))
        segment.analogsignals.append(
            neo.AnalogSignal(
                values, unit, t_start=recording.t_ms[0] * pq.ms, sampling_period=recording.dt_ms * pq.ms, name=name, **said
            )
        )
    trains = recording.spike_times_ms if isinstance(recording.spike_times_ms, tuple) else (recording.spike_times_ms,)
    for times in trains:
        segment.spiketrains.append(neo.SpikeTrain(times, recording.t_ms[-1], "ms", t_start=recording.t_ms[0], name="spikes"))
    block = neo.Block(name=segment.name, **how)
    block.segments.append(segment)
    return block


def _quantity_of(unit: str) -> tuple[Any, dict[str, str]]:
    """The unit as Neo's quantities know it; one that they do not know stands in an annotation."""
    import quantities as pq

    try:
        return pq.Quantity(1.0, re.sub(r"(?<=[A-Za-z])(-?\d)", r"**\1", unit) if unit != "1" else "dimensionless").units, {}
    except LookupError:
        return pq.dimensionless, {"unit": unit}
