"""``spikebridge doctor``."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from spikebridge.bridge.engines.cache import cache_folder
from spikebridge.reports.commands.console import terminal

if TYPE_CHECKING:
    from spikebridge.bridge.engines.base import Engine

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


def examine(as_json: bool) -> int:
    """Print what is there and how to get what is missing; status 3 where an engine cannot run."""
    engines, broken = _known()
    findings = [_python(), *_packages(engines), *_tools(), _cache(), *_engines(engines, broken)]
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


def _known() -> tuple[Mapping[str, Engine], Mapping[str, str]]:
    """All engines, and why others cannot be had; none where a package is missing that spikebridge itself needs."""
    try:
        from spikebridge.bridge.engines.registry import broken_engines, every_engine
    except ImportError:
        return {}, {}
    return every_engine(), broken_engines()


def _packages(engines: Mapping[str, Engine]) -> list[Finding]:
    needed = dict.fromkeys([*_PACKAGES, *(package for engine in engines.values() for package in engine.packages)])
    return [Finding(name, _version(name), True, f"pip install {name}") for name in needed] + [
        Finding(name, _version(name), False, remedy) for name, remedy in _OPTIONAL.items() if name not in needed
    ]


def _engines(engines: Mapping[str, Engine], broken: Mapping[str, str]) -> list[Finding]:
    """Each engine, but not its other settings; those of other packages too, and why one of them cannot be had."""
    found = [_engine(engine) for engine in engines.values() if not engine.variant_of]
    return found + [Finding(f"engine {name}", None, True, reason) for name, reason in broken.items()]


def _engine(engine: Engine) -> Finding:
    missing = [package for package in engine.packages if _version(package) is None]
    return Finding(f"engine {engine.name}", None if missing else engine.about, True, f"pip install {' '.join(missing)}")


def _version(package: str) -> str | None:
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
