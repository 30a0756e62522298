"""What a living process is still making, told from what a killed one has left: by a lock on it, which ends with its process.

flock is advisory: nobody is kept from reading or writing, and what is locked may be renamed or removed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_MINUTE_S = 60.0
_STALE_S = 3600.0  # where a file system has no such locks, what is older than this is nobody's


def hold(path: Path) -> int:
    """Mark a file or folder as this process's own until the descriptor that is returned is closed, or the process is gone."""
    descriptor = os.open(path, os.O_RDONLY)
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def abandoned(path: Path) -> bool:
    """Whether nobody holds it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False  # gone already, or somebody else's
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    except OSError:
        return time.time() - os.fstat(descriptor).st_mtime > _STALE_S
    finally:
        os.close(descriptor)


def temporary_folder(prefix: str) -> tuple[Path, int]:
    """A new folder for temporary files, and what holds it; those that processes killed over a minute ago have left go.

    A minute, since the place belongs to everybody: nobody can be alone in it between making a folder and holding it.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _MINUTE_S and abandoned(left):
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    return folder, hold(folder)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """While one process makes and holds something new in a folder, or sweeps it, no other does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
