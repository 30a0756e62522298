"""An engine in another environment's Python: ``neuron=/other/venv/bin/python``, so that two versions compare at once.

That Python needs the simulator and numpy; the worker there is this very spikebridge, which is lent to it. A person names such an
engine; a file cannot, because it would name a program to be run.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.base import Answer, Engine, EngineScheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.worker import process_environment
from spikebridge.bridge.errors import UsageError, expect
from spikebridge.reference.recording import Recording

OLDEST_PYTHON = (3, 11)
OLDEST_NUMPY = (1, 26)  # the first that reads what numpy 2 writes
_ASK_S = 60.0
# any Python understands this, so that the too old ones can be told
_QUESTION = """
import json, sys
def version(package):
    try:
        from importlib.metadata import version
        return version(package)
    except Exception:
        return None
print(json.dumps([list(sys.version_info[:3]), version("numpy"), version(sys.argv[1])]))
"""


@dataclass(frozen=True)
class Elsewhere:
    """An engine whose worker runs in another Python; in all else the engine it is made of.

    Attributes
    ----------
    name : the engine's, with the simulator's version there: ``neuron@8.2.7``
    python : the path of that Python
    surroundings : what else a reader should know of the place
    """

    engine: Engine
    name: str
    python: str
    surroundings: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def read(self, experiment: Experiment, scheme: EngineScheme, answer: Answer) -> Recording:
        recording = self.engine.read(experiment, scheme, answer)
        return replace(recording, engine=self.name, notes=(*recording.notes, self.surroundings))


def choose_engine(text: str) -> Engine:
    """The engine that a person named: ``NAME``, or ``NAME=PYTHON`` for one in another environment.

    Raises
    ------
    UsageError : there is no such engine, it has no process of its own, or that Python cannot run it
    """
    expect(str, text, "engine", 'a name such as "neuron"')
    name, equals, path = text.partition("=")
    engine = find_engine(name)
    if not equals:
        return engine
    if engine.module and not engine.packages:
        raise UsageError(f"--engine {text}: {name} does not say which package it needs there")
    if not engine.module:
        raise UsageError(f"--engine {text}: {name} runs in spikebridge's own Python; brian2 and neuron can run in another")
    python = python_at(f"--engine {text}", path)
    version, surroundings = ask(f"--engine {text}", python, engine.packages[0])
    return cast(Engine, Elsewhere(engine, f"{name}@{version}", python, surroundings))


def plain_name(engine: Engine) -> str:
    """The registry's name of an engine, wherever it runs."""
    return engine.engine.name if isinstance(engine, Elsewhere) else engine.name


def told_apart(engines: Sequence[Engine]) -> list[Engine]:
    """Each engine once; those of one version in several places are numbered from the second on."""
    met: dict[str, list[Engine]] = {}
    for engine in engines:
        same = met.setdefault(engine.name, [])
        if not any(engine.python == other.python for other in same):
            same.append(_numbered(engine, len(same) + 1))
    return [engine for same in met.values() for engine in same]


def _numbered(engine: Engine, place: int) -> Engine:
    if place == 1 or not isinstance(engine, Elsewhere):
        return engine
    return cast(Engine, replace(engine, name=f"{engine.name}#{place}"))


# asking that Python ---------------------------------------------------------------------------------------


def python_at(where: str, path: str) -> str:
    """The path as given: a virtual environment's Python is a link, and knows its place by where it was called.

    UsageError, beginning with ``where``, for what is no file.
    """
    file = Path(path).expanduser()
    if file.is_dir():
        raise UsageError(f"{where}: {file} is a folder; expected its Python, such as {file / 'bin' / 'python'}")
    if not file.is_file():
        raise UsageError(f"{where}: {file} is no file; expected the Python of an environment")
    return os.path.abspath(file)


@cache
def ask(where: str, python: str, package: str) -> tuple[str, str]:
    """The version of the package there, and what else is; UsageError where a worker could not run."""
    found, numpy, version = _answer(where, python, package)
    said = ".".join(map(str, found))
    if tuple(found) < OLDEST_PYTHON:
        raise UsageError(f"{where}: this is Python {said}; expected {_dotted(OLDEST_PYTHON)} or later")
    for name, there in ((package, version), ("numpy", numpy)):
        if there is None:
            raise UsageError(f"{where}: {name} is not installed there; install it with: {python} -m pip install {name}")
    assert version is not None and numpy is not None
    if tuple(map(int, numpy.split(".")[:2])) < OLDEST_NUMPY:
        raise UsageError(f"{where}: numpy {numpy} is there; expected {_dotted(OLDEST_NUMPY)} or later")
    return version, f"in {python}: Python {said}, numpy {numpy}"


def _answer(where: str, python: str, package: str) -> tuple[list[int], str | None, str | None]:
    try:
        done = subprocess.run(
            [python, "-c", _QUESTION, package], capture_output=True, text=True, timeout=_ASK_S, stdin=subprocess.DEVNULL,
            env=process_environment(python),
        )  # fmt: skip
        version, numpy, simulator = json.loads(done.stdout.splitlines()[-1])
        return list(version), numpy, simulator
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError, TypeError):
        raise UsageError(f"{where}: {python} is no Python; it does not answer as one") from None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
