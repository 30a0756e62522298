"""Who is still there: processes found by a mark in their environment, which children inherit."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def left(mark: str) -> list[int]:
    """Living processes that carry the mark in their environment; of the dead, only an exit status is left."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _marked(entry, mark)]


def _marked(entry: Path, mark: str) -> bool:
    try:
        return mark.encode() in (entry / "environ").read_bytes()
    except OSError:
        return False


def soon(true: Callable[[], object], within_s: float = 30.0) -> bool:
    """Whether it becomes true within a generous while."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return False


def gone(pid: int) -> bool:
    """Whether the process is no more, or only its exit status is left."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
