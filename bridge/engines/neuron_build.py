"""NEURON mechanisms in the worker process: built once by content, loaded once by name."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from spikebridge.bridge.cache import built, compiler_identity, content_key
from spikebridge.bridge.errors import NotRun, Spent

_TELLING = re.compile(r"error\b|Assertion|Illegal|not found", re.IGNORECASE)
_LOADED: dict[str, str] = {}  # library of each mechanism


def load_mechanism(text: str, suffix: str, version: str) -> list[str]:
    """Have the mechanism in this process, from the cache where it has been built; returns the keys of what was built now.

    Raises
    ------
    NotRun : it cannot be built
    Spent : this process has another mechanism of that name
    """
    key = content_key([text, version, sys.version, platform.platform(), compiler_identity("g++"), os.environ.get("CXX", "")])
    fresh: list[str] = []

    def build(folder: Path) -> None:
        fresh.append(key)
        build_mechanism(text, suffix, folder)

    _load(str(built("neuron", key, build) / "libnrnmech.so"), suffix)
    return fresh


def _load(library: str, suffix: str) -> None:
    """NEURON keeps a mechanism's name for as long as it lives: another one of that name needs a fresh process."""
    from neuron import h

    if _LOADED.get(suffix, library) != library:
        raise Spent(suffix)
    if suffix not in _LOADED:
        h.nrn_load_dll(library)
        _LOADED[suffix] = library


def build_mechanism(text: str, suffix: str, folder: Path) -> None:
    """Compile a mod file into ``folder/libnrnmech.so``; NotRun names the missing tool or the compiler's words."""
    for tool, package in (("make", "make"), ("g++", "g++"), ("perl", "perl")):
        if shutil.which(tool) is None:
            raise NotRun(f"nrnivmodl needs {tool}; install it, on Debian with: apt install {package}")
    program = shutil.which("nrnivmodl")
    if program is None:
        raise NotRun("nrnivmodl is not installed; it comes with: pip install neuron")
    work = folder / "work"
    work.mkdir()
    (work / f"{suffix}.mod").write_text(text)
    done = subprocess.run([program, f"{suffix}.mod"], cwd=work, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    libraries = [*work.rglob("libnrnmech.so"), *work.rglob("libnrnmech.dylib")]
    if done.returncode or not libraries:
        raise NotRun(f"nrnivmodl failed: {_complaint(done.stdout + done.stderr)}")
    shutil.copy(libraries[0], folder / "libnrnmech.so")
    shutil.copy(work / f"{suffix}.mod", folder)
    shutil.rmtree(work)


def _complaint(output: str) -> str:
    """The line of a failed build that says most."""
    lines = [" ".join(line.split()) for line in output.splitlines() if line.strip()]
    # NEURON's own advice, and the traceback of its script, mention errors without saying which
    telling = [
        line for line in lines if _TELLING.search(line) and not line.startswith(("NOTE", "Traceback", "subprocess", "raise"))
    ]
    return (telling or lines or ["no output"])[0][:300]
