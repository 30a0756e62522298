"""Somebody's own program: a script that a person named, run at several steps, each time in a process of its own.

Nothing else is ever run that is not ours or a simulator's: a definition, a suite or a recording cannot name a program.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spikebridge.bridge.engines.elsewhere import ask, python_at
from spikebridge.bridge.engines.limits import memory_limit
from spikebridge.bridge.engines.program_findings import Found, Source
from spikebridge.bridge.engines.program_keeper import Limits, limits_text
from spikebridge.bridge.engines.program_steps import DT, DURATION
from spikebridge.bridge.engines.worker import importable_in, process_environment
from spikebridge.bridge.errors import NotRun, UsageError, expect
from spikebridge.bridge.held import temporary_folder
from spikebridge.bridge.opener import read_text
from spikebridge.bridge.shown import plain, shown

_SUFFIXES = (".py", ".hoc")
_MOST_BYTES = 1_000_000_000  # of what a run leaves
_KEEPER = (
    "import sys; sys.path[:0] = [sys.argv.pop(1)]\n"
    "from spikebridge.bridge.engines.program_keeper import main; main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])"
)
_HOST = (
    "import sys; sys.path[:1] = ['', sys.argv[1]]\n"
    "from spikebridge.bridge.engines.program_host import main; main(sys.argv[2], sys.argv[3], int(sys.argv[4]))"
)
_PASSED = {
    "printed": "it has printed more than {printed:g} MB",
    "processes": "it has started more than {processes} processes",
    "memory": "it takes more than {memory:.2g} GB of memory",
    "seconds": "no end within {seconds:g} s; give more with --limit, or shorten the run",
    "stopped": "it was stopped",
}


@dataclass(frozen=True)
class Program:
    """A script, which of its quantities is meant where that must be said, and the Python that runs it.

    Attributes
    ----------
    name : what it is called in a comparison
    script : absolute; its folder is where it runs
    column : the label of a quantity, such as ``mon.v[0]``; empty for the observed signal
    python : of another environment; empty for this one
    """

    name: str
    script: Path
    column: str = ""
    python: str = ""

    @classmethod
    def parse(cls, name: str, text: object) -> Program:
        """The program ``SCRIPT.py[:COLUMN][@PYTHON]``. UsageError where there is no such script, or no such Python."""
        where = f"--program {plain(name, 40)}"
        expect((str, Path), text, where, 'a script such as "run.py"')
        script, column, python = _parts(str(text))
        path = Path(script).expanduser()
        if path.suffix not in _SUFFIXES:
            raise UsageError(f"{where}: expected SCRIPT.py[:COLUMN][@PYTHON], found {shown(str(text))}")
        if not path.is_file():
            raise UsageError(f"{where}: {shown(script)}: no such file")
        if python:
            python = python_at(where, python)
            ask(where, python, "numpy")
        return cls(name, Path(os.path.abspath(path)), column, python)


def _parts(text: str) -> tuple[str, str, str]:
    """Script, column and Python."""
    if Path(text).is_file():
        return text, "", ""
    script, _, python = text.partition("@") if not Path(text.rpartition("@")[0]).is_file() else text.rpartition("@")
    for suffix in _SUFFIXES:
        head, found, column = script.partition(f"{suffix}:")
        if found:
            return head + suffix, column, python
    return script, "", python


@dataclass(frozen=True)
class ProgramRun:
    """What one run left.

    Attributes
    ----------
    dt_ms : the step that was asked for
    version : Python and the simulators that it imported
    sources : what it recorded, the surest first
    """

    dt_ms: float
    version: str
    sources: tuple[Source, ...]
    wall_s: float = 0.0

    @property
    def print_of_it(self) -> tuple[bytes, ...]:
        """All numbers, bit by bit: two runs that have the same did the same."""
        return tuple(column.values.tobytes() for source in self.sources for column in source.columns)


@dataclass(frozen=True)
class ProgramLadder:
    """A program at smaller and smaller steps, until it shows that it keeps to a step of its own."""

    program: Program
    steps_ms: tuple[float, ...]
    duration_ms: float
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list, compare=False, repr=False)
    _stopped: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)

    def run(self, limit_s: float) -> tuple[ProgramRun, ...] | NotRun:
        """One run a step, coarse to fine; a single one where the next gives the same numbers."""
        found: list[ProgramRun] = []
        for dt_ms in self.steps_ms:
            try:
                made = self._at(dt_ms, limit_s)
            except NotRun as error:
                return NotRun(f"at the finer dt of {dt_ms:g} ms: {error}") if found else error
            if found and made.print_of_it == found[0].print_of_it:
                break
            found.append(made)
        return tuple(found)

    def stop(self) -> None:
        """From any thread: end the run that is under way, and begin no other."""
        self._stopped.set()
        for process in list(self._running):
            process.terminate()

    def _at(self, dt_ms: float, limit_s: float) -> ProgramRun:
        folder, held = temporary_folder("spikebridge-program-")
        limits = Limits(limit_s, memory_limit())
        try:
            answer = self._kept(folder, limits, dt_ms)
            return _read(folder, answer, limits, dt_ms)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(held)

    def _kept(self, folder: Path, limits: Limits, dt_ms: float) -> dict[str, Any]:
        """How the keeper says it ended."""
        python, script = self.program.python or sys.executable, self.program.script
        environment = process_environment(python) | {
            "TMPDIR": str(folder), "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1", "NEURON_MODULE_OPTIONS": "-nogui",
            DT: repr(dt_ms), DURATION: repr(self.duration_ms), "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        keeper = [sys.executable, "-I", "-S", "-c", _KEEPER, importable_in(sys.executable, folder), str(os.getpid())]
        host = [python, "-c", _HOST, importable_in(python, folder), str(script), str(folder)]
        process = subprocess.Popen(
            [*keeper, limits_text(limits), *host], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=script.parent, env=environment, start_new_session=True,
        )  # fmt: skip
        self._running.append(process)
        if self._stopped.is_set():
            process.terminate()
        said, _ = process.communicate()
        self._running.remove(process)
        try:
            answer: dict[str, Any] = json.loads(said)
        except ValueError:
            _end_all_of(folder)
            answer = {"end": "", "status": None, "tail": ""}
        return answer


def _end_all_of(folder: Path) -> None:
    """Kill what has outlived a keeper that was killed: processes that carry the run's folder in their environment."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"TMPDIR={folder}".encode() in (entry / "environ").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)


def _read(folder: Path, answer: dict[str, Any], limits: Limits, dt_ms: float) -> ProgramRun:
    """What the run left in the folder; NotRun says in one line why there is nothing."""
    if answer["end"]:
        told = _PASSED[answer["end"]].format(
            printed=limits.printed / 1e6, processes=limits.processes, memory=limits.memory / 1e9, seconds=limits.seconds
        )
        raise NotRun(told)
    try:
        found = json.loads(read_text(folder / "found.json", 10_000_000, "what a program left"))
        fault = found["fault"]
        made = ProgramRun(dt_ms, plain(str(found["version"]), 80), tuple(_sources(folder / "found.npz", found["sources"])))
    except Exception:
        raise NotRun(f"{_ended(answer['status'])} before there was anything to read{_last(answer)}") from None
    if fault:
        raise NotRun(f"{fault}{_last(answer) if '.hoc' in fault else ''}")
    return made


def _sources(path: Path, listed: list[dict[str, Any]]) -> Iterator[Source]:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError("more than any recording")
    with np.load(path, allow_pickle=False) as arrays:
        for source in listed:
            columns = (Found(c["name"], c["label"], c["unit"], arrays[c["key"]]) for c in source["columns"])
            yield Source(str(source["kind"]), tuple(columns))


def _ended(status: int | None) -> str:
    if status is None:
        return "its processes were ended"
    if status < 0:
        return f"it was killed by {signal.Signals(-status).name}"
    return f"it ended itself with status {status}"


def _last(answer: dict[str, Any]) -> str:
    lines = [line for line in answer["tail"].splitlines() if line.strip()]
    return f"; it printed last: {plain(lines[-1].strip(), 200)}" if lines else ""
