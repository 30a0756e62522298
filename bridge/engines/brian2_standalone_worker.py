"""The worker process of Brian2's C++ standalone mode: a program written, compiled and run for each job."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from spikebridge.bridge.engines import brian2_worker
from spikebridge.bridge.engines.base import Answer
from spikebridge.bridge.engines.brian2_job import Brian2Job
from spikebridge.bridge.engines.brian2_simulation import WITHOUT_SYMBOLS, looks_of, neuron_group
from spikebridge.bridge.engines.cache import content_key
from spikebridge.bridge.errors import NotRun


def get_ready(jobs: Sequence[Brian2Job]) -> None:
    """One program after another: the next may be a change of the last."""


def clean_up() -> None:
    """Programs lie in the worker's temporary folder and go with it."""


warm_up = brian2_worker.warm_up


def execute(job: Brian2Job) -> Answer:
    """Write the program, compile what is new in it, run it, read what it has written."""
    import brian2 as b2

    for tool in ("make", "g++"):
        if shutil.which(tool) is None:
            raise NotRun(f"Brian2's standalone code needs {tool}, or use the engine brian2_numpy")
    b2.device.reinit()
    b2.set_device("cpp_standalone", build_on_run=False)
    _prefer(job.precision)
    b2.start_scope()
    clock = b2.Clock(dt=job.dt_ms * b2.ms, name="clock")
    group, _ = neuron_group(job, clock)
    looks_of(job, group, clock)
    trace, *spikes = monitors = _monitors(job, group, clock)
    b2.Network([group, *monitors]).run(job.steps * job.dt_ms * b2.ms, namespace={})
    b2.device.build(directory=str(_folder(job)), compile=True, run=False, debug=False, with_output=False)
    began = perf_counter()
    b2.device.run(str(_folder(job)), with_output=False, run_args=[])
    wall_s = perf_counter() - began
    return {**_recorded(job, group, trace, spikes), "wall_s": wall_s, "version": b2.__version__,
            "ran_as": "a C++ standalone program", "why": "", "built": []}  # fmt: skip


def _prefer(precision: str) -> None:
    import brian2 as b2

    b2.BrianLogger.suppress_name("resolution_conflict")
    b2.prefs.core.default_float_dtype = np.dtype(precision).type
    b2.prefs.devices.cpp_standalone.extra_make_args_unix = [f"-j{os.cpu_count()}"]
    flags = b2.prefs.codegen.cpp.extra_compile_args_gcc
    if WITHOUT_SYMBOLS not in flags:
        b2.prefs.codegen.cpp.extra_compile_args_gcc = [*flags, WITHOUT_SYMBOLS]


def _folder(job: Brian2Job) -> Path:
    """One for all steps and stimuli of the same equations: make compiles what includes their sizes, which is half."""
    return Path(os.environ["TMPDIR"]) / content_key([job.method, job.equations, job.update or "", job.precision])


def _monitors(job: Brian2Job, group: Any, clock: Any) -> list[Any]:
    """Of all states at the start of every step, and at every spike before its reset; nothing of Python is called in a step."""
    from brian2 import SpikeMonitor, StateMonitor

    trace = StateMonitor(group, job.states, record=True, clock=clock, when="start", name="trace")
    return [trace, *([SpikeMonitor(group, variables=job.spike_variables, name="spikes")] if job.threshold else [])]


def _recorded(job: Brian2Job, group: Any, trace: Any, spikes: Sequence[Any]) -> Answer:
    final = [group.variables[name].get_value() for name in job.states]
    samples = [np.append(trace.variables[name].get_value().T[0], last) for name, last in zip(job.states, final, strict=True)]
    times = spikes[0].variables["t"].get_value() if spikes else np.array([])
    at = [spikes[0].variables[name].get_value() for name in job.spike_variables]
    return {
        "states": np.array(samples, dtype=float),
        "spikes_ms": np.asarray(times, dtype=float) / 1e-3,
        "at_spikes": np.array(at, dtype=float).reshape(len(at), len(times)),
    }
