"""Which figures come with spikebridge; nothing of them is read."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def gallery() -> dict[str, Path]:
    """Name and file of every figure that comes with spikebridge."""
    folder = Path(str(resources.files("spikebridge.reports") / "gallery"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}
