"""Worker processes: an engine's crash, hang or bad exit becomes one failed job, never more.

A worker is a fresh interpreter in an empty folder and a session of its own, under a guard that ends it when the process that
asked is gone. It answers jobs one by one over a socket; jobs that a dead worker left unanswered go to a new one.
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
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from time import monotonic
from typing import Any

from spikebridge.bridge.engines.base import Answer, Job
from spikebridge.bridge.engines.cache import VARIABLE, cache_folder
from spikebridge.bridge.engines.cache_seal import healed
from spikebridge.bridge.engines.guard import wait_for_the_end_of
from spikebridge.bridge.engines.stages import listen, stage
from spikebridge.bridge.errors import BridgeError, NotRun, Spent
from spikebridge.bridge.held import temporary_folder

# a job may build its code first; nothing in the catalogue takes a quarter of this
LIMIT_S = 300.0
# how long a worker may take to tidy up and go
_LEAVE_S = 5.0

STAGE = "stage"  # of a message that is no answer yet
AFRESH = "afresh"  # of one that says that a worker has forgotten what it was asked before

# what a worker imports beside the simulator and numpy; all of it is Python alone
_LENT = ("spikebridge", "filelock", "platformdirs")

_START = (
    "import sys; sys.path[:0] = [sys.argv[3]]\n"
    "from spikebridge.bridge.engines.worker import serve; serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[4]))"
)


class Worker:
    """One worker process for one engine module; a context manager that leaves no process behind.

    A worker that ``stays`` waits for more jobs; any other takes its leave while its last answer is read. ``python`` is that of
    another environment, where it is not this one's.
    """

    def __init__(self, module: str, stays: bool = False, python: str = "") -> None:
        self.module, self.stays = module, stays
        self.python = python or sys.executable
        self.busy = False
        self._held: int | None
        self.folder, self._held = temporary_folder("spikebridge-worker-")
        self.closed = False
        self._called_off = False
        self._lock = threading.Lock()  # between who runs jobs and who interrupts
        self._start()

    @property
    def name(self) -> str:
        """Of the program, for who watches."""
        return self.module.rpartition(".")[2].removesuffix("_worker")

    def _start(self) -> None:
        self.connection, theirs = Pipe()
        self.log = self.folder / "log"
        empty = Path(tempfile.mkdtemp(dir=self.folder))
        descriptor = str(theirs.fileno())
        guard = [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py")), str(os.getpid()), descriptor]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*guard, self.python, "-c", _START, self.module, descriptor, importable_in(self.python, self.folder)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=empty,
                pass_fds=(theirs.fileno(),), start_new_session=True, env=_environment(self.python, self.folder),
            )  # fmt: skip
        theirs.close()

    def run(self, jobs: Sequence[Job], limit_s: float = LIMIT_S) -> Generator[Answer | NotRun, None, None]:
        """The answer to each job, in order; NotRun, with the reason, for a job that failed.

        Who does not read to the end leaves answers on the way, and a worker that waits to be read: it is started anew.
        """
        waiting = deque(jobs)
        if waiting and not self._begins():
            yield from (_Dead("it was interrupted") for _ in waiting)
            return
        if waiting:
            self._send(waiting)
        try:
            yield from self._answers(waiting, limit_s)
        finally:
            if waiting:
                self._restarted()
                self.busy = False

    def _answers(self, waiting: deque[Job], limit_s: float) -> Iterator[Answer | NotRun]:
        while waiting:
            answer = self._receive(limit_s)
            if isinstance(answer, _Fresh) and self._restarted():
                self._send(waiting)
                answer = self._receive(limit_s)
            waiting.popleft()
            if not waiting:
                self._rest()
            stage(self.name, "")
            yield answer
            if isinstance(answer, _Dead) and (waiting or self.stays) and self._restarted() and waiting:
                self._send(waiting)

    def _begins(self) -> bool:
        """Whether jobs may begin: they may have been called off while they were prepared."""
        with self._lock:
            self.busy = self.closed or not self._called_off  # one that is closed says itself why it does not answer
        return self.busy

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
        until = monotonic() + limit_s
        kind: str = STAGE
        content: Any = "starting"
        try:
            while kind == STAGE:
                stage(self.name, content)
                if not self.connection.poll(max(until - monotonic(), 0)):
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
        self.process.terminate()  # the guard, who kills the worker with all that it has started
        try:
            self.process.wait(timeout=_LEAVE_S)
        except subprocess.TimeoutExpired:  # stopped by somebody, say; the worker follows it
            self.process.kill()
            self.process.wait()

    @property
    def idle(self) -> bool:
        """Whether it is there and waits for jobs."""
        return self.stays and not self.busy and not self.closed and self.process.poll() is None

    def starts_over(self) -> bool:
        """Have an idle worker forget what it was asked before; whether it has: one that is gone, or stopped, does not say so."""
        try:
            if self.idle:
                self.connection.send(None)
                while self.connection.poll(_LEAVE_S):
                    if self.connection.recv()[0] == AFRESH:
                        self._called_off = False
                        return True
        except (EOFError, OSError):  # gone in this moment
            pass
        return False

    def interrupt(self) -> None:
        """Kill a worker that still has something to do, from any thread: ``run`` then finds it dead.

        The connection belongs to the thread that runs jobs and is not touched: a descriptor that is closed
        under another thread's hands may by then be somebody else's file.
        """
        with self._lock:
            if self.busy or not (self.stays or self.connection.closed):
                self.closed = True
                self._kill()
            self._called_off = True  # jobs that are still on their way to it

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
        if self._held is not None:
            os.close(self._held)
        self._held = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Dead(NotRun):
    """The worker is gone and cannot answer further jobs."""


class _Fresh(_Dead):
    """The worker is of no use for the next job; a new one is."""


def importable_in(python: str, folder: Path) -> str:
    """Where that Python finds this spikebridge; another environment is lent it, in the folder, without all that is installed beside it."""
    if python == sys.executable:
        return _root()
    lent = folder / "lent"
    if not lent.exists():
        lent.mkdir()
        for name in _LENT:
            (lent / name).symlink_to(Path(importlib.import_module(name).__path__[0]).resolve())
    return str(lent)


def _root() -> str:
    """Where this very spikebridge is imported from: a worker must find the same one, installed or not."""
    return str(Path(sys.modules["spikebridge"].__path__[0]).parent)


def process_environment(python: str) -> dict[str, str]:
    """The variables for a process of that Python: no display, bytecode written, and where packages are only for our own."""
    unwanted = ["DISPLAY", "PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP"]
    if python != sys.executable:
        unwanted += ["PYTHONPATH", "PYTHONHOME", "__PYVENV_LAUNCHER__"]
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    # compilers and console scripts of an environment that was not activated
    environment["PATH"] = f"{Path(python).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return environment


def surroundings_of(python: str) -> tuple[frozenset[tuple[str, str]], str]:
    """What a worker in that Python, "" for this one, would find now: its variables and where the cache is."""
    return frozenset(process_environment(python or sys.executable).items()), str(cache_folder())


def _environment(python: str, folder: Path) -> dict[str, str]:
    """No stray files, one thread."""
    environment = process_environment(python)
    environment |= {"NEURON_MODULE_OPTIONS": "-nogui", "MPLBACKEND": "Agg", "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}
    environment[VARIABLE] = str(cache_folder())  # a worker runs elsewhere, where a relative path means another place
    return environment


# in the worker process --------------------------------------------------------------------------------


def serve(module: str, descriptor: int, guard: int) -> None:
    """Answer jobs until the other side is gone."""
    threading.Thread(target=_follow, args=(guard,), daemon=True).start()
    connection = Connection(descriptor)
    engine = importlib.import_module(module)
    listen(lambda _, what: connection.send((STAGE, what)))
    failure = _attempt(engine.warm_up)
    while True:
        try:
            jobs = connection.recv()
        except EOFError:
            engine.clean_up()
            shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)  # the other side may be gone for good
            os._exit(0)  # taking a simulator down in order costs time and serves nobody
        if jobs is None:
            getattr(engine, "start_over", _nothing)()
            connection.send((AFRESH, None))
            continue
        unready = failure or _attempt(engine.get_ready, jobs)
        for job in jobs:
            connection.send(unready or _answer(engine, job))


def _nothing() -> None:
    """What most engines have to forget."""


def _follow(guard: int) -> None:
    """Go when the guard is gone, with the compilers at work; it goes first only where somebody kills it alone."""
    wait_for_the_end_of(guard)
    os.killpg(0, signal.SIGKILL)


def _attempt(begin: Callable[..., object], *given: object) -> tuple[str, str] | None:
    try:
        begin(*given)
    except Exception as error:
        return "failed", _sentence(error)
    return None


def _answer(engine: Any, job: Job) -> tuple[str, Any]:
    try:
        answer = engine.execute(job)
        notes = healed()
        return "ran", {**answer, "healed": notes} if notes else answer
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
    if "No space left on device" in text and VARIABLE not in text:
        text = (
            f"{text}; what is built is kept in {cache_folder()}: make room there, or set {VARIABLE} to a folder on another disk"
        )
    if isinstance(error, BridgeError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
