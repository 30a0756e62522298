"""Wall time of ``spikebridge compare hodgkin_huxley --quick``, warm, against hand-written scripts.

The scripts do the same Brian2 and NEURON runs in one process each, with their code already compiled.
Both sides alternate, so that a machine changing its speed changes both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent / "by_hand"
BIN = Path(sys.executable).parent
ROUNDS = 7


def build(folder: Path) -> Path:
    """Compile the hand-written mechanism."""
    (folder / "hh.mod").write_text((HERE / "hh.mod").read_text())
    subprocess.run([BIN / "nrnivmodl", "hh.mod"], cwd=folder, check=True, capture_output=True)
    return next(folder.rglob("libnrnmech.*"))


def seconds(command: list[str], folder: Path) -> float:
    """Wall time of one process."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "PYTHONDONTWRITEBYTECODE")}
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)
    return time.perf_counter() - began


def main() -> None:
    """Warm both up, then time them in turn and print medians and the ratio, pair by pair."""
    with tempfile.TemporaryDirectory() as name:
        library = build(Path(name))
        folder = Path(name) / "empty"  # NEURON loads mechanisms it finds where it starts
        folder.mkdir()
        ours = [str(BIN / "spikebridge"), "compare", "hodgkin_huxley", "--quick"]
        brian2 = [sys.executable, str(HERE / "brian2_script.py")]
        neuron = [sys.executable, str(HERE / "neuron_script.py"), str(library)]
        for command in (ours, brian2, neuron):
            seconds(command, folder)
        rows = [(seconds(ours, folder), seconds(brian2, folder), seconds(neuron, folder)) for _ in range(ROUNDS)]
    ratios = [a / (b + n) for a, b, n in rows]
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    print(f"spikebridge compare --quick {medians[0]:.2f} s; by hand: Brian2 {medians[1]:.2f} s + NEURON {medians[2]:.2f} s")
    print(f"ratio, median of {ROUNDS} pairs: {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
