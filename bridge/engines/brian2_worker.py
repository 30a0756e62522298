"""Brian2's worker process: which code a job runs as, and the modules that compiling it has left in the cache."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from types import ModuleType

import numpy as np

from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import Answer
from spikebridge.bridge.engines.brian2_algebra import for_good, quicken
from spikebridge.bridge.engines.brian2_choice import CodeChoice
from spikebridge.bridge.engines.brian2_job import Brian2Job
from spikebridge.bridge.engines.brian2_simulation import simulate
from spikebridge.bridge.engines.cache import Overlay, compiler_identity, content_key
from spikebridge.bridge.errors import NotRun


def warm_up() -> None:
    """Import the simulator while the other side still prepares the job."""
    # Brian2 imports pylab and its tests for its users' convenience and does without; a worker draws nothing and tests nothing
    sys.modules["pylab"] = None  # type: ignore[assignment]
    sys.modules["brian2.tests"] = _Absent("brian2.tests")
    try:
        with for_good():
            import brian2  # noqa: F401
    except ImportError as error:
        raise NotRun(f"Brian2 cannot be imported ({error}); install it with: pip install brian2") from None
    quicken()


class _Absent(ModuleType):
    """In the place of a module from which names are imported that nobody uses."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):  # what only a real module has
            raise AttributeError(name)


def get_ready(jobs: Sequence[Brian2Job]) -> None:
    """Take note of what is to come: the choice of code depends on it."""
    _choice.count(jobs)


def start_over() -> None:
    """Forget the jobs there were: the next one's code is chosen as in a new process."""
    _choice.forget()


def execute(job: Brian2Job) -> Answer:
    """Run one job; what it compiles is shared with later runs, by content, when the run is over."""
    code, why = _choice.of(job)
    if code == "numpy":
        return {**simulate(job, None), "why": why, "built": []}
    overlay = _overlay(job.precision)
    try:
        answer = simulate(job, overlay.folder)
    except Exception as error:
        if "C99" not in str(error.__cause__ or error):
            raise
        # how Brian2 puts it when the program it compiles as a test comes to nothing
        raise NotRun("Brian2 tried the C++ compiler and it compiled nothing; see what it says: g++ --version") from None
    return {**answer, "why": why, "built": overlay.publish("*.so")}


_choice = CodeChoice()


_overlays: dict[str, Overlay] = {}  # of this worker, by precision


def _overlay(precision: str) -> Overlay:
    """Compiled modules of this interpreter, these versions and one precision; Brian2 names them by the hash of their code."""
    import brian2
    import Cython

    if precision not in _overlays:
        parts = [
            brian2.__version__,
            Cython.__version__,
            np.__version__,
            sys.version,
            platform.platform(),
            compiler_identity("g++"),
        ]
        # their code says their types too, but that the two stay apart does not hang on it
        _overlays[precision] = Overlay("brian2", content_key(parts if precision == Precision.DOUBLE else [*parts, precision]))
    return _overlays[precision]


def clean_up() -> None:
    """Remove this worker's private copies of the cache."""
    for overlay in _overlays.values():
        overlay.close()
