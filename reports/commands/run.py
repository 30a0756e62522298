"""``spikebridge run``."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bridge.engines.base import find_scheme
from bridge.engines.registry import find_engine
from bridge.errors import DefinitionError, NotRun
from bridge.running import run_one
from reference.recording import Recording
from reports.commands.changes import changed_experiment
from reports.commands.console import working
from reports.files import write_whole
from reports.numbers import counted

_SUFFIXES = (".csv", ".parquet")


def run_experiment(name: str, engine_name: str, scheme_name: str | None, output: str | None, changes: Mapping[str, Any]) -> int:
    """Run, say what came out, write the samples where asked."""
    engine = find_engine(engine_name)
    path = Path(output) if output else None
    if path:
        _check_kind(path)
    limit_s = changes["limit_s"]
    experiment = changed_experiment(name, *(changes[key] for key in ("settings", "regime", "duration", "dt")))
    scheme = find_scheme(engine, scheme_name, experiment.model)
    with working():
        recording = run_one(experiment, engine, scheme, limit_s)
    spikes = np.asarray(recording.spike_times_ms)
    ran = f"{recording.engine} {recording.version}, {recording.scheme}, dt = {experiment.dt}"
    print(f"{ran}: {counted(len(spikes), 'spike')} in {experiment.duration}")
    if len(spikes):
        shown = ", ".join(f"{t:.6g}" for t in spikes[:20])
        print(f"spike times (ms): {shown}{', ...' if len(spikes) > 20 else ''}")
    if path:
        _write(recording, path)
        print(f"wrote {path}: {len(recording.t_ms)} samples of {', '.join(recording.values)}")
    return 0


def _check_kind(path: Path) -> None:
    """Before anything is run: can such a file be written?"""
    if path.suffix not in _SUFFIXES:
        raise DefinitionError(f"--output: {path.name}: write a .csv or a .parquet file")
    if path.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise NotRun("Parquet files need pyarrow; install it with: pip install 'spikebridge[parquet]', or write a .csv file")


def _write(recording: Recording, path: Path) -> None:
    from reports.tables import recording_table

    table = recording_table(recording)
    save = table.to_csv if path.suffix == ".csv" else table.to_parquet
    write_whole(path, lambda temporary: save(temporary, index=False))
