"""What a result was computed with: versions, platform, compiler."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
from functools import cache

from spikebridge.reference.version import __version__
from spikebridge.reports.proof.entry import Entry


def environment(entry: Entry) -> dict[str, str]:
    """What could change an engine's result without the definition changing, by name."""
    recording, engine = entry.recording, entry.engine
    assert recording is not None
    simulator = engine if engine is not None and engine.module else None
    found = {simulator.variant_of or simulator.name: recording.version} if simulator else {}
    found |= {"spikebridge": __version__, "numpy": importlib.metadata.version("numpy")}
    found |= {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    if simulator:
        found["compiler"] = compiler()
    return found


@cache
def compiler() -> str:
    """The C++ compiler's own first line; both simulators compile with it."""
    program = shutil.which("g++") or shutil.which("c++")
    if program is None:
        return "none"
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return said.splitlines()[0] if said else "unknown"
