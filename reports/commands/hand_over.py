"""How a command ends: the files that were asked for, then one JSON document or the terminal's view and where the page is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import RenderableType

from spikebridge.reports.commands.console import terminal
from spikebridge.reports.formats.registry import FILES, FORMATS, JSON
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.grid import Grid
from spikebridge.reports.regression.checking import Check


def checked_files(options: Mapping[str, str | None]) -> dict[str, Path]:
    """Format and path of the files that were asked for; raises before anything is run where one cannot be written."""
    return {each.name: each.check(given, f"--{each.name}") for each in FILES if (given := options.get(each.name))}


def hand_over(
    result: Comparison | Grid | Check, files: Mapping[str, Path], as_json: bool, shown: Callable[[int], RenderableType],
    page: Path | None,
) -> None:  # fmt: skip
    """Write the files, then print; ``shown`` is what the terminal shows, by its width in characters."""
    for name, path in files.items():
        FORMATS[name].write(result, path)
    if as_json:
        print(JSON.made(result))
        return
    console = terminal()
    console.print(shown(console.width))
    if page is not None:
        print(f"\nreport: {page}")
