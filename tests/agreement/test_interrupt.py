"""Ctrl-C, whenever it comes: status 130, no process left, no file half-written, no temporary folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.xdist_group("interrupt"),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find processes"),
]
SUITE = "engines = ['reference', 'brian2_numpy', 'neuron']\n" + "".join(
    f"[[experiment]]\nrun = '{name}'\n" for name in ("hodgkin_huxley", "adex", "izhikevich", "morris_lecar", "fitzhugh_nagumo")
)


def left(mark: str) -> list[int]:
    """Processes that carry the mark in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environ = (entry / "environ").read_bytes()
            except OSError:
                continue
            if mark.encode() in environ:
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("after_s", [0.7, 2.0, 5.0])
@pytest.mark.parametrize(
    "command", [("check", "suite.toml", "--output", "out"), ("compare", "hodgkin_huxley", "--output", "out")]
)
def test_an_interruption_leaves_nothing_behind(tmp_path, command, after_s) -> None:
    """While simulators are imported, while mechanisms are built, while experiments run."""
    (tmp_path / "suite.toml").write_text(SUITE)
    (tmp_path / "tmp").mkdir()
    mark = f"interrupt-{uuid.uuid4().hex}"
    environment = os.environ | {"MARK": mark, "TMPDIR": str(tmp_path / "tmp"), "SPIKEBRIDGE_CACHE": str(tmp_path / "cache")}
    process = subprocess.Popen(
        [sys.executable, "-c", "from spikebridge.reports.cli import main; main()", *command],
        cwd=tmp_path, env=environment | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # a shell lets what it starts in the background ignore Ctrl-C, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    until = time.monotonic() + 5
    while left(mark) and time.monotonic() < until:
        time.sleep(0.1)
    assert left(mark) == []
    files = [path for folder in ("out", "baseline") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert not [path for path in files if path.name.startswith(".")]
    for path in files:
        if path.suffix == ".json":
            json.loads(path.read_text())
        if path.suffix == ".html":
            assert path.read_text().rstrip().endswith("</html>")
    assert [p.name for p in (tmp_path / "tmp").iterdir()] == []
