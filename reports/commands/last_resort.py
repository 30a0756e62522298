"""What the command line does with streams that are closed or narrow, and with a fault nobody foresaw."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

from spikebridge.bridge.shown import plain
from spikebridge.reference.version import __version__

FAULT = 70  # of sysexits.h: an internal software error


def open_streams() -> None:
    """Streams that were closed lead nowhere, lest the next file opened takes their place; characters they have not are escaped."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if not _is_open(number):
            # the lowest number that is free is this one
            os.open(os.devnull, os.O_RDONLY if name == "stdin" else os.O_WRONLY)
            setattr(sys, name, open(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def fault(error: Exception) -> str:
    """One line on a fault of ours: what it is, what to report, and where the trace of it was written."""
    what = plain(f"{type(error).__name__}: {_said(error)}", 300)
    return f"a fault of spikebridge itself, not of what it was given: {what}; please report it with {_written(error)}"


def _said(error: Exception) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _written(error: Exception) -> str:
    """Where the trace stands; the command that was typed stands above it."""
    about = [f"spikebridge {__version__}, Python {sys.version}", " ".join(map(ascii, sys.argv))]
    trace = "".join(traceback.format_exception(error, limit=-200))
    try:
        handle, name = tempfile.mkstemp(prefix="spikebridge-fault-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join([*about, trace]))
    except OSError:
        return "the command that was typed"
    return str(Path(name))
