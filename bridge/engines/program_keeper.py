"""The keeper of one run of somebody's program: it starts it, holds it to its limits, and leaves none of its processes behind.

``python -I -S -c ... PARENT LIMITS COMMAND...`` prints one JSON line on how it ended and what it printed last. Whatever the program starts,
in whatever session, is the keeper's own to end: where the system has it (Linux), orphans become its children.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

_LOOK_S = 0.1
_TAIL = 4000  # bytes of what is printed that are kept
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_ROUNDS = 500


@dataclass(frozen=True)
class Limits:
    """What one run may take: seconds, bytes of memory of all its processes, printed bytes, processes."""

    seconds: float
    memory: float
    printed: float = 50e6
    processes: int = 64


@dataclass
class Watched:
    """A program under way: the pipe it prints into, how much it has printed, and the end of that."""

    pid: int
    pipe: int
    printed: int = 0
    tail: bytes = b""
    status: int | None = None

    def read(self) -> None:
        """Take what it has printed, for no longer than a look."""
        until = time.monotonic() + _LOOK_S
        while time.monotonic() < until and select.select([self.pipe], [], [], 0.0)[0]:
            chunk = os.read(self.pipe, 1 << 20)
            if not chunk:
                break
            self.printed += len(chunk)
            self.tail = (self.tail + chunk)[-_TAIL:]

    def reap(self) -> None:
        """Of it and of all that has become the keeper's."""
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self.pid:
                    self.status = os.waitstatus_to_exitcode(found[1])


def main(parent: int, limits: str, command: list[str]) -> None:
    """Run the command; print how it ended."""
    allowed, stopped = Limits(**json.loads(limits)), list[int]()
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    _adopt_orphans()
    watched = _started(command, allowed)
    end, began = "", time.monotonic()
    while not end and watched.status is None:
        select.select([watched.pipe], [], [], _LOOK_S)
        watched.read()
        watched.reap()
        if stopped or os.getppid() != parent:
            end = "stopped"
        elif watched.status is None:
            end = _beyond(watched, allowed, time.monotonic() - began)
        time.sleep(0.002)
    _end_all(watched)
    watched.read()
    if os.getppid() != parent:
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    print(json.dumps({"end": end, "status": watched.status, "tail": watched.tail.decode(errors="replace")}), flush=True)


def _adopt_orphans() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def _started(command: list[str], allowed: Limits) -> Watched:
    """The program in a process group of its own; limits that the system knows are inherited."""
    most = int(allowed.memory)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    read, write = os.pipe()
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_DUP2, write, 2),
    ]  # fmt: skip
    pid = os.posix_spawn(command[0], [*command, str(os.getpid())], os.environ, setpgroup=0, file_actions=actions)
    os.close(write)
    return Watched(pid, read)


def _beyond(watched: Watched, allowed: Limits, lasted: float) -> str:
    """The limit that it has passed; none for one that keeps to all."""
    if lasted > allowed.seconds:
        return "seconds"
    if watched.printed > allowed.printed:
        return "printed"
    family = _family()
    if len(family) > allowed.processes:
        return "processes"
    return "memory" if sum(map(_resident, family)) > allowed.memory else ""


def _family() -> list[int]:
    """All that the keeper has started or adopted, and what those have; one process group where the system does not list processes."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, _listed()):
        with contextlib.suppress(OSError, IndexError, ValueError):
            parent = int(Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(name))
    found, waiting = list[int](), [os.getpid()]
    while waiting:
        own = children.get(waiting.pop(), [])
        found += own
        waiting += own
    return found


def _listed() -> list[str]:
    try:
        return os.listdir("/proc")
    except OSError:
        return []


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds now."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def _end_all(watched: Watched) -> None:
    """Kill its group at once, then whatever has left it: all are stopped first, so that none multiplies meanwhile."""
    with contextlib.suppress(OSError):
        os.killpg(watched.pid, signal.SIGKILL)
    for _ in range(_ROUNDS):
        watched.reap()
        family = _family()
        if not family and watched.status is not None:
            return
        for sent in (signal.SIGSTOP, signal.SIGKILL):
            for pid in family:
                with contextlib.suppress(OSError):
                    os.kill(pid, sent)
        time.sleep(0.005)


def limits_text(limits: Limits) -> str:
    """As ``main`` takes them."""
    return json.dumps(asdict(limits))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
