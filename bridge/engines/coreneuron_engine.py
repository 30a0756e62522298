"""CoreNEURON, which comes with NEURON: the same mechanism, translated by another compiler and run by another program.

NEURON sets the cell up and hands it over. The wheel has what it takes: the compiler ``nmodl``, the objects that a library of
mechanisms is linked from, and the mechanism of IClamp, which is not built in there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.engines import neuron_build, neuron_engine
from spikebridge.bridge.engines.base import Answer, EngineScheme, Job
from spikebridge.bridge.engines.cache import built, content_key
from spikebridge.bridge.engines.neuron_build import Mechanism
from spikebridge.bridge.engines.neuron_engine import NeuronEngine, Program
from spikebridge.bridge.errors import NotRun, Spent, TranslationError
from spikebridge.bridge.translate.nmodl import Nmodl

_GID = 1  # spikes come back by a cell's number
_TELLING = re.compile(r"what\(\):|\berror\b|No such file|not found", re.IGNORECASE)


class CoreNeuronEngine(NeuronEngine):
    """NEURON's fixed steps, by CoreNEURON; it has no variable ones.

    What is refused was tried with NEURON 9.0.2. leaky_integrate_and_fire misses a step of the reference's by 5.8e-11 mV, where
    round-off allows 4e-13, and under ``secondorder = 2`` it fires 101 times instead of 5. A step of hindmarsh_rose by
    derivimplicit is 4e-4 away from the implicit midpoint under ``secondorder = 2``, where NEURON's is that, and exact without.
    """

    name = "coreneuron"
    about = "CoreNEURON, NMODL mechanism"
    schemes: Mapping[str, EngineScheme] = {
        name: scheme for name, scheme in NeuronEngine.schemes.items() if name in ("backward_euler", "crank_nicolson")
    }
    module = __name__

    def default_scheme(self, model: Model) -> str:
        return "backward_euler"

    def check(self, model: Model, scheme: EngineScheme) -> None:
        super().check(model, scheme)
        if model.resets:
            raise TranslationError(
                "CoreNEURON acts on crossings at other moments than NEURON; a model that resets is not run on it"
            )
        if scheme.name == "crank_nicolson" and Nmodl(model).method == "derivimplicit":
            raise TranslationError("CoreNEURON's derivimplicit is implicit Euler whatever secondorder is; take backward_euler")

    def prepare(self, experiment: Experiment, scheme: EngineScheme, refinement: int = 0) -> Job:
        job = super().prepare(experiment, scheme, refinement)
        if job["played"] is not None and not job["played"][2]:
            # CoreNEURON stops the process where values are played that are not to be interpolated
            job = {**job, "played": neuron_engine.played(experiment, 1.0, twice=True)}
        # and it notices crossings of a voltage only; those of another variable are found in its samples, as they are for all engines
        return job if job["watched"] and job["watched"][0] == "v" else {**job, "watched": None}


# in the worker process --------------------------------------------------------------------------------

warm_up, clean_up = neuron_engine.warm_up, neuron_engine.clean_up


def get_ready(jobs: Sequence[Job]) -> None:
    """Begin to build the mechanisms, for NEURON and for CoreNEURON."""
    neuron_engine.get_ready(jobs)
    for job in jobs:
        _begin(job["mod"], job["suffix"])


def execute(job: Job) -> Answer:
    """Load the mechanism in both programs, and run.

    Raises
    ------
    Spent : this process has another library of mechanisms, and CoreNEURON takes one
    """
    library = str(_begin(job["mod"], job["suffix"]).result())
    if os.environ.setdefault("CORENEURONLIB", library) != library:
        raise Spent(job["suffix"])
    return neuron_engine.execute(job, Program(_watch, _run))


def _watch(h: Any, job: Job, mechanism: Any, segment: Any) -> tuple[Any, Any]:
    watch, spikes = neuron_engine.watch(h, job, mechanism, segment)
    if watch is None:
        return watch, spikes
    parallel, spikes, numbers = h.ParallelContext(), h.Vector(), h.Vector()
    parallel.gid_clear()
    parallel.set_gid2node(_GID, int(parallel.id()))
    parallel.cell(_GID, watch)
    parallel.spike_record(-1, spikes, numbers)
    return (watch, numbers), spikes


def _run(h: Any, job: Job, mechanism: Any) -> float:
    from neuron import coreneuron

    neuron_engine.begin(h, job, mechanism)
    coreneuron.enable = True
    coreneuron.verbose = 0
    parallel = h.ParallelContext()
    parallel.set_maxstep(10)
    began = perf_counter()
    # what happens at the end of the last step is delivered in the next
    parallel.psolve((job["steps"] + (1 if job["resets"] else 0)) * job["dt_ms"])
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
_NEEDED = ("stim.mod", "passive.mod", "pattern.mod")


def _build(text: str, suffix: str, folder: Path) -> None:
    """Compile a mod file into ``folder/libcorenrnmech.so``; NotRun says who failed and in which words."""
    home = neuron_build.home()
    work = folder / "work"
    (work / "mods").mkdir(parents=True)
    (work / "mods" / f"{suffix}.mod").write_text(text)
    for name in _NEEDED:
        shutil.copy(home / "share" / "modfile" / name, work / "mods")
    make = ["make", f"-j{os.cpu_count()}", "-f", f"{home}/share/coreneuron/nrnivmodl_core_makefile", f"ROOT={home}", "MODS_PATH=mods", "OUTPUT_DIR=out",
            "BUILD_TYPE=SHARED", "NRN_PRCELLSTATE=0", "coremech_lib_shared"]  # fmt: skip
    done = subprocess.run(make, cwd=work, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=_environment(home))
    library = work / "out" / _LIBRARY
    if done.returncode or not library.is_file():
        raise NotRun(f"a mechanism for CoreNEURON cannot be built: {_complaint(done.stdout + done.stderr)}")
    shutil.copy(library, folder / _LIBRARY)
    shutil.rmtree(work)


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
