"""A package that brings an engine, as it lies in a folder of installed packages: its module and what its metadata says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOW_TO = ROOT / "docs" / "how-to" / "add-an-engine.md"


def code_of_the_how_to() -> tuple[str, dict[str, str]]:
    """The module that the page shows, and the entry points it declares."""
    text = HOW_TO.read_text()
    (python,), (toml,) = (re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL) for language in ("python", "toml"))
    return python, tomllib.loads(toml)["project"]["entry-points"]["spikebridge.engines"]


def install(folder: Path, module: str, code: str, entry_points: dict[str, str]) -> Path:
    """Lay the package into a folder, which then goes onto Python's path."""
    (folder / f"{module}.py").write_text(code)
    metadata = folder / f"{module}-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module.replace('_', '-')}\nVersion: 0.1\n")
    lines = [f"{name} = {value}" for name, value in entry_points.items()]
    (metadata / "entry_points.txt").write_text("\n".join(["[spikebridge.engines]", *lines, ""]))
    return folder


def python(folder: Path, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Python with the folder's packages installed beside all others."""
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=cwd, env=os.environ | {"PYTHONPATH": path}
    )


def spikebridge(folder: Path, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command line."""
    return python(folder, "-m", "spikebridge", *arguments, cwd=cwd)
