"""Worker processes: an engine's crash, hang or bad exit becomes one failed job, never more.

A worker is a fresh interpreter in an empty folder and a session of its own. It answers jobs one by one
over a socket; jobs that a dead worker left unanswered go to a new one.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from spikebridge.bridge.engines.base import Answer, Job
from spikebridge.bridge.engines.cache import VARIABLE, cache_folder
from spikebridge.bridge.errors import BridgeError, NotRun, Spent

# a job may build its code first; nothing in the catalogue takes a quarter of this
LIMIT_S = 300.0
# how long a worker may take to tidy up and go
_LEAVE_S = 5.0

_START = "import sys; sys.path[:0] = [sys.argv[3]]\nfrom spikebridge.bridge.engines.worker import serve; serve(sys.argv[1], int(sys.argv[2]))"


class Worker:
    """One worker process for one engine module; a context manager that leaves no process behind.

    A worker that ``stays`` waits for more jobs; any other takes its leave while its last answer is read.
    """

    def __init__(self, module: str, stays: bool = False) -> None:
        self.module, self.stays = module, stays
        self.busy = False
        self.folder = Path(tempfile.mkdtemp(prefix="spikebridge-"))
        self.closed = False
        self._lock = threading.Lock()  # between who runs jobs and who interrupts
        self._start()

    def _start(self) -> None:
        self.connection, theirs = Pipe()
        self.log = self.folder / "log"
        empty = Path(tempfile.mkdtemp(dir=self.folder))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _START, self.module, str(theirs.fileno()), _root()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=empty,
                pass_fds=(theirs.fileno(),), start_new_session=True, env=_environment(self.folder),
            )  # fmt: skip
        theirs.close()

    def run(self, jobs: Sequence[Job], limit_s: float = LIMIT_S) -> Iterator[Answer | NotRun]:
        """The answer to each job, in order; NotRun, with the reason, for a job that failed."""
        waiting = deque(jobs)
        if waiting:
            self.busy = True
            self._send(waiting)
        while waiting:
            answer = self._receive(limit_s)
            if isinstance(answer, _Fresh) and self._restarted():
                self._send(waiting)
                answer = self._receive(limit_s)
            waiting.popleft()
            if not waiting:
                self._rest()
            yield answer
            if isinstance(answer, _Dead) and (waiting or self.stays) and self._restarted() and waiting:
                self._send(waiting)

    def _rest(self) -> None:
        with self._lock:
            self.busy = False
            if not self.stays:
                self.connection.close()

    def _restarted(self) -> bool:
        with self._lock:
            if not self.closed:
                self._stop()
                self._start()
            return not self.closed

    def _send(self, jobs: Sequence[Job]) -> None:
        # a worker that is dead already shows in _receive, which knows why
        with contextlib.suppress(OSError):
            self.connection.send(list(jobs))

    def _receive(self, limit_s: float) -> Answer | NotRun:
        try:
            if not self.connection.poll(limit_s):
                self._stop()
                return _Dead(f"no answer within {limit_s:g} s")
            kind, content = self.connection.recv()
        except (EOFError, OSError):
            return _Dead(self._cause_of_death())
        if kind == "spent":
            return _Fresh(f"the worker process cannot take {content} beside what it has loaded")
        return NotRun(content) if kind == "failed" else content

    def _cause_of_death(self) -> str:
        self.process.wait()
        code = self.process.returncode
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        last = f": {lines[-1].strip()[:200]}" if lines else ""
        if code < 0:
            return f"the worker process was killed by {signal.Signals(-code).name}{last}"
        return f"the worker process ended with status {code}{last}"

    def _stop(self) -> None:
        self._kill()
        self.connection.close()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def interrupt(self) -> None:
        """Kill a worker that still has something to do, from any thread: ``run`` then finds it dead.

        The connection belongs to the thread that runs jobs and is not touched: a descriptor that is closed
        under another thread's hands may by then be somebody else's file.
        """
        with self._lock:
            if self.busy or not (self.stays or self.connection.closed):
                self.closed = True
                self._kill()

    def close(self) -> None:
        """End the worker, gently where it has nothing left to do; returns when it is gone."""
        idle = not self.busy and (self.stays or self.connection.closed) and not self.closed
        self.closed = True
        if idle:
            self.connection.close()
        if idle:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=_LEAVE_S)
        self._stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Dead(NotRun):
    """The worker is gone and cannot answer further jobs."""


class _Fresh(_Dead):
    """The worker is of no use for the next job; a new one is."""


def _root() -> str:
    """Where this very spikebridge is imported from: a worker must find the same one, installed or not."""
    return str(Path(sys.modules["spikebridge"].__path__[0]).parent)


def _environment(folder: Path) -> dict[str, str]:
    """No display, no stray files, bytecode written, one thread."""
    environment = dict(os.environ)
    for name in ("DISPLAY", "PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP"):
        environment.pop(name, None)
    environment |= {"NEURON_MODULE_OPTIONS": "-nogui", "MPLBACKEND": "Agg", "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}
    environment[VARIABLE] = str(cache_folder())  # a worker runs elsewhere, where a relative path means another place
    # compilers and console scripts of an environment that was not activated
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return environment


# in the worker process --------------------------------------------------------------------------------


def serve(module: str, descriptor: int) -> None:
    """Answer jobs until the other side is gone."""
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    connection = Connection(descriptor)
    engine = importlib.import_module(module)
    failure = _attempt(engine.warm_up)
    while True:
        try:
            jobs = connection.recv()
        except EOFError:
            engine.clean_up()
            os._exit(0)  # taking a simulator down in order costs time and serves nobody
        unready = failure or _attempt(engine.get_ready, jobs)
        for job in jobs:
            connection.send(unready or _answer(engine, job))


def _follow(parent: int) -> None:
    """Go when the process that asked is gone, however it went, with the compilers at work and all temporary files."""
    while os.getppid() == parent:
        time.sleep(1.0)
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _attempt(begin: Callable[..., object], *given: object) -> tuple[str, str] | None:
    try:
        begin(*given)
    except Exception as error:
        return "failed", _sentence(error)
    return None


def _answer(engine: Any, job: Job) -> tuple[str, Any]:
    try:
        return "ran", engine.execute(job)
    except Spent as spent:
        return "spent", str(spent)
    except Exception as error:
        return "failed", _sentence(error)


def _sentence(error: Exception) -> str:
    """One line that says what happened; the type's name only where the text needs it.

    Brian2 wraps errors in one that says where the object was made; the cause says what is wrong.
    """
    while isinstance(error.__cause__, Exception) and not isinstance(error, BridgeError):
        error = error.__cause__
    text = " ".join(str(error).split())[:500]
    if isinstance(error, BridgeError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
