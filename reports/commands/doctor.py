"""``spikebridge doctor``."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from spikebridge.bridge.engines.cache import cache_folder
from spikebridge.reports.commands.console import terminal

_PACKAGES = ("numpy", "pandas", "matplotlib", "pint")  # and those of the engines
_OPTIONAL = {
    "pyarrow": "Parquet files: pip install 'spikebridge[parquet]'",
    "scipy": "fixed points, bifurcations and impedance, in analyses and figures: pip install 'spikebridge[analyses]'",
}
_TOOLS = {
    "make": "to build NEURON mechanisms; Debian: apt install make; macOS: xcode-select --install",
    "g++": "to build NEURON mechanisms and Brian2's cython code; Debian: apt install g++; macOS: xcode-select --install",
}
# NEURON's own way to build the mechanisms of exported scripts
_FOR_SCRIPTS = {
    "nrnivmodl": "for exported NEURON scripts; comes with: pip install neuron",
    "perl": "for nrnivmodl; Debian: apt install perl",
}


@dataclass(frozen=True)
class Finding:
    """One thing looked for; ``needed`` where an engine cannot run without it."""

    what: str
    found: str | None
    needed: bool
    remedy: str = ""


def examine(as_json: bool, packages: Sequence[str], engines: Sequence[Finding]) -> int:
    """Print what is there and how to get what is missing; status 3 where an engine cannot run.

    Parameters
    ----------
    packages : what the engines need
    engines : what was found of them
    """
    findings = [_python(), *_packages(packages), *_tools(), _cache(), *engines]
    healthy = all(f.found for f in findings if f.needed)
    if as_json:
        print(json.dumps({"schema": 1, "healthy": healthy, "findings": [asdict(f) for f in findings]}, indent=2))
        return 0 if healthy else 3
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "found", "how to get it"):
        table.add_column(heading, overflow="fold")
    for f in findings:
        mark = Text(f.found, "green") if f.found else Text("missing", "bold red" if f.needed else "yellow")
        table.add_row(Text(f.what), mark, Text("" if f.found else f.remedy))
    terminal().print(table)
    print("all engines can run" if healthy else "some engines cannot run")
    return 0 if healthy else 3


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("Python", version if supported else None, True, f"found {version}; Python 3.11, 3.12 or 3.13 is needed")


def _packages(of_engines: Sequence[str]) -> list[Finding]:
    needed = dict.fromkeys([*_PACKAGES, *of_engines])
    return [Finding(name, version_of(name), True, f"pip install {name}") for name in needed] + [
        Finding(name, version_of(name), False, remedy) for name, remedy in _OPTIONAL.items() if name not in needed
    ]


def version_of(package: str) -> str | None:
    """The version of an installed package; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _tools() -> list[Finding]:
    beside = str(Path(sys.executable).parent)
    path = f"{beside}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return [
        Finding(name, shutil.which(name, path=path), needed, remedy)
        for tools, needed in ((_TOOLS, True), (_FOR_SCRIPTS, False))
        for name, remedy in tools.items()
    ]


def _cache() -> Finding:
    folder = cache_folder()
    there = next(p for p in (folder, *folder.parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            writable = True
    except OSError:
        writable = False
    return Finding(
        "cache",
        str(folder) if writable else None,
        True,
        f"{folder} cannot be written; set SPIKEBRIDGE_CACHE to a folder that can",
    )
