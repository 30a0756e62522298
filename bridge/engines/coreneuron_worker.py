"""CoreNEURON's worker process: NEURON sets the cell up and hands it over.

The wheel has what it takes: the compiler ``nmodl``, the objects that a library of mechanisms is linked from, and the mechanism of
IClamp, which is not built in there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

from spikebridge.bridge.engines import neuron_build, neuron_worker
from spikebridge.bridge.engines.base import Answer
from spikebridge.bridge.engines.cache import built, content_key
from spikebridge.bridge.engines.neuron_build import Mechanism
from spikebridge.bridge.engines.neuron_job import NeuronJob
from spikebridge.bridge.engines.neuron_worker import Program
from spikebridge.bridge.errors import NotRun, Spent

_GID = 1  # spikes come back by a cell's number
_TELLING = re.compile(r"what\(\):|\berror\b|No such file|not found", re.IGNORECASE)

warm_up, clean_up = neuron_worker.warm_up, neuron_worker.clean_up


def get_ready(jobs: Sequence[NeuronJob]) -> None:
    """Begin to build the mechanisms, for NEURON and for CoreNEURON."""
    neuron_worker.get_ready(jobs)
    for job in jobs:
        _begin(job.mod, job.suffix)


def execute(job: NeuronJob) -> Answer:
    """Load the mechanism in both programs, and run.

    Raises
    ------
    Spent : this process has another library of mechanisms, and CoreNEURON takes one
    """
    library = str(_begin(job.mod, job.suffix).result())
    if os.environ.setdefault("CORENEURONLIB", library) != library:
        raise Spent(job.suffix)
    return neuron_worker.execute(job, Program(_watch, _run))


def _watch(h: Any, job: NeuronJob, mechanism: Any, segment: Any) -> tuple[Any, Any]:
    watch, spikes = neuron_worker.watch(h, job, mechanism, segment)
    if watch is None:
        return watch, spikes
    parallel, spikes, numbers = h.ParallelContext(), h.Vector(), h.Vector()
    parallel.gid_clear()
    parallel.set_gid2node(_GID, int(parallel.id()))
    parallel.cell(_GID, watch)
    parallel.spike_record(-1, spikes, numbers)
    return (watch, numbers), spikes


def _run(h: Any, job: NeuronJob, mechanism: Any) -> float:
    from neuron import coreneuron

    neuron_worker.begin(h, job, mechanism)
    coreneuron.enable = True
    coreneuron.verbose = 0
    parallel = h.ParallelContext()
    parallel.set_maxstep(10)
    began = perf_counter()
    parallel.psolve(job.steps * job.dt_ms)
    return perf_counter() - began


# building ---------------------------------------------------------------------------------------------

_builds: dict[str, Future[Path]] = {}


@cache
def _builder() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1)


def _begin(text: str, suffix: str) -> Future[Path]:
    key = content_key(["coreneuron", Mechanism(text, suffix).key])
    if key not in _builds:
        _builds[key] = _builder().submit(lambda: built("coreneuron", key, lambda folder: _build(text, suffix, folder)) / _LIBRARY)
    return _builds[key]


_LIBRARY = "libcorenrnmech.so"
# of the mechanisms that NEURON has built in: IClamp, and two that CoreNEURON's own objects call
_NEEDED = ("stim", "passive", "pattern")
_OBJECTS = "out/corenrn/build"


def _build(text: str, suffix: str, folder: Path) -> None:
    """Compile a mod file into ``folder/libcorenrnmech.so``; NotRun says who failed and in which words."""
    key = content_key(["coreneuron", "needed", Mechanism("", "").key])
    with neuron_build.workplace(folder) as work:
        # with the times of its files: make finds them made
        shutil.copytree(built("coreneuron", key, _build_needed), work, dirs_exist_ok=True)
        (work / "mods" / f"{suffix}.mod").write_text(text)
        _make(work, "coremech_lib_shared")
        shutil.copy(work / "out" / _LIBRARY, folder / _LIBRARY)


def _build_needed(folder: Path) -> None:
    """What every library has beside the mechanism; it takes most of the time."""
    with neuron_build.workplace(folder) as work:
        (work / "mods").mkdir()
        for name in _NEEDED:
            shutil.copy2(neuron_build.home() / "share" / "modfile" / f"{name}.mod", work / "mods")
        _make(work, *(f"{_OBJECTS}/{name}.o" for name in (*_NEEDED, "enginemech")))
        shutil.copytree(work, folder, dirs_exist_ok=True)


def _make(work: Path, *targets: str) -> None:
    """Have make do that by CoreNEURON's own rules; NotRun says who failed and in which words."""
    home = neuron_build.home()
    make = ["make", f"-j{os.cpu_count()}", "-f", f"{home}/share/coreneuron/nrnivmodl_core_makefile", f"ROOT={home}", "MODS_PATH=mods", "OUTPUT_DIR=out",
            "BUILD_TYPE=SHARED", "NRN_PRCELLSTATE=0", *targets]  # fmt: skip
    done = subprocess.run(make, cwd=work, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=_environment(home))
    if done.returncode:
        raise NotRun(f"a mechanism for CoreNEURON cannot be built: {_complaint(done.stdout + done.stderr)}")


def _environment(home: Path) -> dict[str, str]:
    """nmodl looks for the Python that it solves equations with, and for NEURON's module of that name."""
    from find_libpython import find_libpython

    return {
        **neuron_build.environment(),
        "NMODLHOME": str(home),
        "NMODL_PYLIB": find_libpython() or "",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "CORENRN_PYTHONEXE": sys.executable,
    }


def _complaint(output: str) -> str:
    lines = [" ".join(line.split()) for line in output.splitlines() if line.strip()]
    return next((line for line in lines if _TELLING.search(line)), lines[-1] if lines else "no output")[:300]
