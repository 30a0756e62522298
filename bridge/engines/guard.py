"""The guard of one worker: it starts the worker, ends as the worker ended, and ends it when the process that asked is gone.

A worker cannot be trusted to notice that itself: while native code spins under the interpreter's lock, no thread of it runs.
Its guard runs no foreign code, only this file, in an interpreter of its own that takes 10 ms to start:
``python -I -S guard.py PARENT DESCRIPTOR COMMAND...``. It looks for its parent twice a second, and needs only what POSIX has:
tested on Linux, nothing in it is Linux's own, and macOS has not been tried. Linux's PR_SET_PDEATHSIG would do without a guard,
but there alone, and it fires when the *thread* that started a worker ends.

A worker and the compilers that it starts are one process group, so that one signal reaches them all.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sys
import threading
import time

_LOOK_S = 0.5


def wait_for_the_end_of(parent: int) -> None:
    """Return when that process, which started this one, is gone, however it went."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)


def _guard(parent: int, descriptor: int, command: list[str]) -> None:
    """Start the command and end with it; SIGTERM ends it. ``descriptor`` is the worker's alone."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    worker = os.posix_spawn(command[0], [*command, str(os.getpid())], os.environ, setpgroup=0, setsigmask=[])
    os.close(descriptor)
    # while SIGTERM is blocked: it must come to this thread, whose waiting it ends
    threading.Thread(target=_follow, args=(parent, worker), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: _kill(worker))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    _, status = os.waitpid(worker, 0)
    _kill(worker)  # what it has left behind
    if os.getppid() != parent:
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    _end_like(os.waitstatus_to_exitcode(status))


def _follow(parent: int, worker: int) -> None:
    wait_for_the_end_of(parent)
    _kill(worker)


def _kill(worker: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker, signal.SIGKILL)


def _end_like(code: int) -> None:
    """With the same status, or by the same signal: who asked sees no difference."""
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the dump to read is the worker's
        with contextlib.suppress(OSError):  # of a signal that nobody can handle
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code & 0xFF)


if __name__ == "__main__":
    _guard(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
