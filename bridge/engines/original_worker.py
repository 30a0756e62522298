"""NEURON's worker process for .mod files as somebody wrote them: steps from given states, and a run."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from spikebridge.bridge.engines.base import Answer
from spikebridge.bridge.engines.neuron_build import Mechanism, Mechanisms
from spikebridge.bridge.engines.neuron_worker import clean_up, warm_up
from spikebridge.bridge.engines.original_job import OriginalAnswer, OriginalJob, Start
from spikebridge.bridge.errors import NotRun

__all__ = ["clean_up", "execute", "get_ready", "warm_up"]

_HELPER = """\
NEURON {{
    SUFFIX carries_{ion}
    USEION {ion} WRITE i{ion}{valence}
    RANGE amount
}}
PARAMETER {{ amount = 0 (mA/cm2) }}
ASSIGNED {{ i{ion} (mA/cm2) }}
BREAKPOINT {{ i{ion} = amount }}
"""


def get_ready(jobs: Sequence[OriginalJob]) -> None:
    """Begin to build all that is not in the cache."""
    _mechanisms().begin(mechanism for job in jobs for mechanism in _needed(job))


@cache
def _mechanisms() -> Mechanisms:
    return Mechanisms()


def _needed(job: OriginalJob) -> Iterator[Mechanism]:
    yield Mechanism(job.text, job.suffix)
    for ion, _ in job.ions:
        valence = "" if ion in ("na", "k", "ca") else " VALENCE 1"
        yield Mechanism(_HELPER.format(ion=ion, valence=valence), f"carries_{ion}")


def execute(job: OriginalJob) -> Answer:
    """Load what is built, and take the steps and the run."""
    for mechanism in _needed(job):
        _mechanisms().load(mechanism)
    from neuron import h

    h.celsius, h.dt, h.secondorder = job.celsius, job.dt_ms, 0
    h.CVode().active(0)
    steps = [_Membrane(h, job) for _ in job.starts]
    table = _set_table(h, job)
    read = _begin(h, job, steps)
    for _ in range(job.warm):
        h.fadvance()
    before = np.array([membrane.values() for membrane in steps])
    h.fadvance()
    after = np.array([membrane.values() for membrane in steps])
    steps.clear()
    run, run_read = _run(h, job)
    found = OriginalAnswer(before, after, read, run, run_read, table)
    return {"answer": found, "version": importlib.metadata.version("neuron")}


def _set_table(h: Any, job: OriginalJob) -> bool:
    name = f"usetable_{job.suffix}"
    if not hasattr(h, name):
        return False
    setattr(h, name, float(job.table))
    return True


def _begin(h: Any, job: OriginalJob, membranes: Sequence[_Membrane]) -> np.ndarray:
    """Each membrane at its start; INITIAL has run there at its voltage and concentrations, so that what it leaves behind fits; returns what is
    read of ions."""
    for membrane, start in zip(membranes, job.starts, strict=True):
        membrane.set_ions(start)
        membrane.segment.v = start.v_mV
    h.finitialize()
    for membrane, start in zip(membranes, job.starts, strict=True):
        membrane.set_ions(start)
        membrane.set_states(start)
    h.fcurrent()
    return np.array([m.read() for m in membranes])


def _run(h: Any, job: OriginalJob) -> tuple[np.ndarray, np.ndarray]:
    membrane = _Membrane(h, job)
    clamp = h.IClamp(membrane.segment)
    clamp.amp, clamp.delay, clamp.dur = job.clamp[0], job.clamp[1], job.clamp[2] - job.clamp[1]
    membrane.set_ions(job.starts[0])
    h.finitialize(job.starts[0].v_mV)
    membrane.set_ions(job.starts[0], written=False)
    rows, read = [membrane.values()], membrane.read()
    for _ in range(job.steps):
        h.fadvance()
        rows.append(membrane.values())
    return np.array(rows), np.array(read)


class _Membrane:
    """A section of one segment with a leak, the mechanism, and what carries the currents that it reads."""

    def __init__(self, h: Any, job: OriginalJob) -> None:
        self.job = job
        self.section = h.Section()
        self.section.L, self.section.diam, self.section.nseg, self.section.Ra = job.length_um, job.diam_um, 1, 1e9
        self.section.cm = job.cm
        self.section.insert("pas")
        self.segment = self.section(0.5)
        self.segment.pas.g, self.segment.pas.e = job.leak
        if job.point_process:
            self.mechanism = getattr(h, job.suffix)(self.segment)
        else:
            self.section.insert(job.suffix)
            self.mechanism = getattr(self.segment, job.suffix)
        for ion, amount in job.ions:
            self.section.insert(f"carries_{ion}")
            getattr(self.segment, f"carries_{ion}").amount = amount
        for name, value in job.parameters:
            self._set_parameter(h, name, value)

    def _set_parameter(self, h: Any, name: str, value: float) -> None:
        if hasattr(self.mechanism, name):
            setattr(self.mechanism, name, value)
        elif hasattr(h, f"{name}_{self.job.suffix}"):
            setattr(h, f"{name}_{self.job.suffix}", value)
        # else it is set nowhere: a name that is of the file alone

    def set_ions(self, start: Start, written: bool = True) -> None:
        """Concentrations and potentials; ``written`` ones are states, which INITIAL has set."""
        states = () if written else self.job.states
        for name, value in start.ions:
            if name not in states and hasattr(self.segment, name):
                setattr(self.segment, name, value)

    def set_states(self, start: Start) -> None:
        """Each where it lives: in the mechanism, an element of an array, or with the ion."""
        for name, value in start.states:
            owner, bare, index = self._home(name)
            if index is None:
                setattr(owner, bare, value)
            else:
                getattr(owner, bare)[index] = value
            if hasattr(self.segment, name) and hasattr(self.mechanism, name):
                setattr(self.segment, name, value)

    def _home(self, name: str) -> tuple[Any, str, int | None]:
        bare, _, index = name.partition("[")
        owner = self.mechanism if hasattr(self.mechanism, bare) else self.segment
        if not hasattr(owner, bare):
            raise NotRun(f"NEURON shows nothing of {bare}")
        return owner, bare, int(index.rstrip("]")) if index else None

    def values(self) -> list[float]:
        """The voltage and each state."""
        found = [float(self.segment.v)]
        for name in self.job.states:
            owner, bare, index = self._home(name)
            value = getattr(owner, bare)
            found.append(float(value if index is None else value[index]))
        return found

    def read(self) -> list[float]:
        """What the mechanism reads of its ions."""
        return [float(getattr(self.segment, name)) for name in self.job.read]
