"""NEURON's worker process: the mechanism in one compartment, its stimulus, and the run."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any

import numpy as np

from spikebridge.bridge.engines.base import Answer
from spikebridge.bridge.engines.neuron_build import Mechanism, Mechanisms
from spikebridge.bridge.engines.neuron_job import BuiltinHh, Clamp, NeuronJob, Played
from spikebridge.bridge.engines.stages import stage
from spikebridge.bridge.errors import NotRun


def warm_up() -> None:
    """Import the simulator while the other side still prepares the job."""
    try:
        import neuron  # noqa: F401
    except ImportError as error:
        raise NotRun(f"NEURON cannot be imported ({error}); install it with: pip install neuron") from None


def clean_up() -> None:
    """Nothing is left behind: mechanisms are loaded straight from the cache."""


def get_ready(jobs: Sequence[NeuronJob]) -> None:
    """Begin to build all mechanisms that are not in the cache: runs go on beside the builds of those to come."""
    _mechanisms().begin(_mechanism(job) for job in jobs if job.builtin is None)


@dataclass(frozen=True)
class Program:
    """How the cell, once it is set up, is watched for spikes and run.

    Attributes
    ----------
    watch : given NEURON, the job, the mechanism and its segment; returns what must be kept alive, and the Vector of spike times
    run : given NEURON, the job and the mechanism; returns the seconds that it took
    """

    watch: Callable[[Any, NeuronJob, Any, Any], tuple[Any, Any]]
    run: Callable[[Any, NeuronJob, Any], float]


def execute(job: NeuronJob, program: Program | None = None) -> Answer:
    """Load the mechanism, which is in the cache or being built, and run, by another program than NEURON itself if there is one."""
    fresh = _mechanisms().load(_mechanism(job)) if job.builtin is None else []
    return {**_simulate(job, program or Program(watch, _run)), "version": importlib.metadata.version("neuron"), "built": fresh}


@cache
def _mechanisms() -> Mechanisms:
    return Mechanisms()


def _mechanism(job: NeuronJob) -> Mechanism:
    return Mechanism(job.mod, job.suffix)


def _simulate(job: NeuronJob, program: Program) -> Answer:
    from neuron import h

    section = h.Section(name="cell")
    section.L, section.diam, section.nseg = 10.0, 10.0 / np.pi, 1
    # NEURON gives every section two ends without area: round-off in their voltage flows through the axial resistance
    section.Ra = 1e9
    segment = section(0.5)
    area_um2 = h.area(0.5, sec=section)
    if job.builtin is not None:
        mechanism = _insert_hh(h, section, segment, job.builtin)
    elif job.point_process:
        mechanism = getattr(h, job.suffix)(segment)
    else:
        section.insert(job.suffix)
        mechanism = getattr(segment, job.suffix)
    for name, value in job.parameters if job.builtin is None else ():
        setattr(mechanism, name, value)
    if job.per_area:
        section.cm = job.capacitance
        nanoampere = area_um2 * 1e-8 * 1e3  # from uA/cm2
    else:
        section.cm = job.capacitance * 1e-3 / (area_um2 * 1e-8)  # nF on area
        nanoampere = 1.0
    clamps = [_clamp(h, segment, Clamp(c.amplitude * nanoampere, c.start_ms, c.stop_ms)) for c in job.clamps]
    if job.played is not None:
        clamps.append(_player(h, job, job.played, mechanism, segment, nanoampere))
    states = [getattr(mechanism, f"_ref_{name}") for name, _ in job.states]
    vectors, grid = _record(h, job, [segment._ref_v, *states])
    watching, spikes = program.watch(h, job, mechanism, segment)
    path = _path(h, job, mechanism, segment)
    stage("neuron", f"running, {job.scheme} at dt = {job.dt_ms:g} ms")
    wall_s = program.run(h, job, mechanism)
    del clamps, watching, grid
    samples = job.steps + 1
    times = np.array(spikes.to_python())  # an empty Vector is no array
    return {
        "v": np.array(vectors[0])[:samples],
        "states": [np.array(x)[:samples] for x in vectors[1:]],
        "spikes_ms": times[times < (job.steps + 0.5) * job.dt_ms],
        "path": [np.array(x) for x in path],
        "wall_s": wall_s,
    }


def _path(h: Any, job: NeuronJob, mechanism: Any, segment: Any) -> list[Any]:
    """Vectors of the times of CVODE's own steps and of the state a NetCon watches there; none without both."""
    if job.scheme != "cvode" or job.watched is None:
        return []
    return [h.Vector().record(h._ref_t), h.Vector().record(_watched(job.watched[0], mechanism, segment))]


def _watched(name: str, mechanism: Any, segment: Any) -> Any:
    return segment._ref_v if name == "v" else getattr(mechanism, f"_ref_{name}")


def _insert_hh(h: Any, section: Any, segment: Any, given: BuiltinHh) -> Any:
    section.insert("hh")
    h.celsius = given.celsius
    if hasattr(h, "usetable_hh"):  # NEURON 8.2 has no table
        h.usetable_hh = int(given.table)
    for name, value in given.mechanism.items():
        setattr(segment.hh, name, value)
    for name, value in given.ions.items():
        setattr(section, name, value)
    return segment.hh


def _clamp(h: Any, segment: Any, given: Clamp) -> Any:
    clamp = h.IClamp(segment)
    clamp.amp, clamp.delay, clamp.dur = given.amplitude, given.start_ms, min(given.stop_ms, 1e9) - given.start_ms
    return clamp


def _player(h: Any, job: NeuronJob, played: Played, mechanism: Any, segment: Any, nanoampere: float) -> Any:
    """Given values, played into the mechanism's own stimulus or into an IClamp."""
    clamp = None if job.driven else _clamp(h, segment, Clamp(0.0, 0.0, 1e9))
    target = getattr(mechanism, f"_ref_{job.driven}") if clamp is None else clamp._ref_amp
    when, what = h.Vector(played.t_ms), h.Vector(played.values if clamp is None else played.values * nanoampere)
    what.play(target, when, played.continuous)
    return clamp, when, what


def _record(h: Any, job: NeuronJob, references: list[Any]) -> tuple[list[Any], Any]:
    """Vectors that record every step; under CVODE, interpolated at the same times."""
    grid = h.Vector(np.arange(job.steps + 1) * job.dt_ms) if job.scheme == "cvode" else None
    vectors = []
    for reference in references:
        vector = h.Vector()
        vector.record(reference, grid) if grid is not None else vector.record(reference)
        vectors.append(vector)
    return vectors, grid


def watch(h: Any, job: NeuronJob, mechanism: Any, segment: Any) -> tuple[Any, Any]:
    """The NetCon that notices spikes, if any can be noticed, and the Vector of their times."""
    spikes = h.Vector()
    if job.resets:
        connection = h.NetCon(mechanism, None)
    elif job.watched is not None:
        name, level = job.watched
        connection = h.NetCon(_watched(name, mechanism, segment), None, sec=segment.sec)
        connection.threshold = level
    else:
        return None, spikes
    connection.record(spikes)
    return connection, spikes


def begin(h: Any, job: NeuronJob, mechanism: Any) -> None:
    """Put the cell at its initial state, under its scheme."""
    h.secondorder = 2 if job.scheme == "crank_nicolson" else 0
    h.dt = job.dt_ms
    h.finitialize(job.v_init)
    for name, value in job.states:
        setattr(mechanism, name, value)
    h.fcurrent()
    h.frecord_init()


def _input(h: Any, mechanism: Any, weight: float) -> Any:
    """What hands spikes of one weight on, from nowhere."""
    connection = h.NetCon(None, mechanism)
    connection.delay, connection.weight[0] = 0.0, weight
    return connection


def _run(h: Any, job: NeuronJob, mechanism: Any) -> float:
    inputs = [_input(h, mechanism, spikes.weight) for spikes in job.spikes]
    adaptive = job.scheme == "cvode"
    cvode = h.CVode()
    cvode.active(adaptive)
    if adaptive:
        cvode.atol(job.atol)
        # where a spike resets it goes back to where a line through its step crosses the level, and resets there: keep steps short
        cvode.condition_order(2 if job.resets else 1)
        cvode.maxstep(job.dt_ms if job.resets else 1e9)
    begin(h, job, mechanism)
    if adaptive:
        cvode.re_init()
        h.frecord_init()
    for connection, spikes in zip(inputs, job.spikes, strict=True):
        for when in spikes.t_ms.tolist():
            connection.event(when)
    began = perf_counter()
    if adaptive:
        cvode.solve((job.steps + 0.5) * job.dt_ms)  # past the last sample, or it is not taken
    else:
        for _ in range(job.steps):
            h.fadvance()
        if job.resets:
            h.fadvance()  # what happens at the end of the last step is delivered in the next
    return perf_counter() - began
