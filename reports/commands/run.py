"""``spikebridge run``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.elsewhere import choose_engine, plain_name
from spikebridge.bridge.engines.limits import check_memory
from spikebridge.bridge.engines.running import run_one
from spikebridge.reports.commands.changes import ExperimentChanges, chosen_from
from spikebridge.reports.commands.console import tell_memory, working
from spikebridge.reports.formats.table_file import check_table_file, write_table
from spikebridge.reports.metrics.numbers import counted, quantity


def run_experiment(name: str, engine_name: str, scheme_name: str | None, output: str | None, changes: Mapping[str, Any]) -> int:
    """Run, say what came out, write the samples where asked."""
    engine = choose_engine(engine_name)
    path = check_table_file(output, "--output") if output else None
    limit_s = changes["limit_s"]
    experiment = chosen_from(changes, ExperimentChanges).made(name)
    tell_memory(check_memory(experiment))
    scheme = find_scheme(engine, scheme_name, experiment.model)
    with working():
        recording = run_one(experiment, engine, scheme, limit_s)
    if experiment.model.patch:
        print(f"{experiment.model.name} alone in a patch: {experiment.model.patch}")
    spikes = np.asarray(recording.spike_times_ms)
    single = "" if experiment.precision is Precision.DOUBLE else f", {experiment.precision}"
    ran = f"{plain_name(engine)} {recording.version}, {recording.scheme}, dt = {experiment.dt}{single}"
    print(f"{ran}: {counted(len(spikes), 'spike')} in {experiment.duration}")
    if len(spikes):
        shown = ", ".join(f"{t:.6g}" for t in spikes[:20])
        print(f"spike times (ms): {shown}{', ...' if len(spikes) > 20 else ''}")
    if experiment.observed != experiment.model.observed:
        name, samples = experiment.observed, recording[experiment.observed]
        print(
            f"{name}: from {quantity(samples.min(), recording.units[name])} to {quantity(samples.max(), recording.units[name])}"
        )
    if path:
        from spikebridge.reports.formats.tables import recording_table

        write_table(path, recording_table(recording))
        print(f"wrote {path}: {len(recording.t_ms)} samples of {', '.join(recording.values)}")
    return 0
