"""Which code Brian2 runs: what finishes first, the compilation included.

Numpy code starts at once and takes 0.8 us an operation; a module takes 2.5 s to compile and then next to nothing
(benchmarks/cold_builds.py). The choice depends on the jobs alone, not on what is in the cache: the two kinds of code round
differently, and a run that is repeated should give the same bits.
"""

from __future__ import annotations

import shutil
import sysconfig
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from spikebridge.bridge.engines.brian2_job import Brian2Job
from spikebridge.bridge.engines.cache import content_key
from spikebridge.bridge.errors import NotRun

# operations on one number that numpy code does while one module is compiled
A_MODULE = 3_000_000


class CodeChoice:
    """The choice for each job of one worker, judged by all the steps that it has been asked for."""

    def __init__(self) -> None:
        self._steps: Counter[str] = Counter()
        self._runs: Counter[str] = Counter()

    def count(self, jobs: Sequence[Brian2Job]) -> None:
        """Take note of jobs to come: a compilation pays where many runs share it, such as the rungs of a ladder."""
        for job in jobs:
            self._steps[_code(job)] += job.steps
            self._runs[_code(job)] += 1

    def forget(self) -> None:
        """As if nothing had been asked for."""
        self._steps.clear()
        self._runs.clear()

    def of(self, job: Brian2Job) -> tuple[str, str]:
        """``numpy`` or ``cython`` and, where there was a choice, why; NotRun where compiled code is meant and cannot be had."""
        target = job.target
        missing = "" if target == "numpy" else _missing()
        if target == "cython" and missing:
            raise NotRun(f"Brian2's cython code needs {missing}, or use the engine brian2_numpy")
        if target:
            return target, ""
        steps, runs = max(self._steps[_code(job)], job.steps), self._runs[_code(job)]
        first = f", which finishes first at {steps} steps{f' in {runs} runs' if runs > 1 else ''}"
        if steps * job.operations < A_MODULE:
            return "numpy", first
        return ("numpy", f" because compiled code needs {missing}") if missing else ("cython", first)


def _code(job: Brian2Job) -> str:
    """Equal for jobs that run the same code."""
    return content_key([job.method, job.equations, job.update or "", job.refractory or ""])


def _missing() -> str:
    """What a compilation needs and does not find, with how to get it."""
    # some distributions keep Python.h in a package of its own
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return "Python.h; install python3-dev"
    if not (shutil.which("g++") or shutil.which("c++") or shutil.which("clang++")):
        return "a C++ compiler; install g++"
    return ""
