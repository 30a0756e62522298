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
    recording = entry.recording
    assert recording is not None
    simulator = entry.engine.name.split("_")[0]  # brian2_numpy and neuron_hh are the same program as brian2 and neuron
    found = {simulator: recording.version} if entry.engine.module else {}
    found |= {"spikebridge": __version__, "numpy": importlib.metadata.version("numpy")}
    found |= {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    if entry.engine.module:
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
