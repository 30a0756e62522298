"""Signs of life: on a terminal, and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

# a worker that tells of a stage would take an engine; what it tells is told here
CODE = """
from spikebridge.bridge.engines.stages import stage
from spikebridge.reports.commands.console import working
with working():
    stage("neuron", "building mechanism hodgkin_huxley")
    stage("neuron", "running at dt = 0.01 ms")
    stage("exact", "[solving]")
print("done")
"""


def watched(**variables: str) -> tuple[bytes, bytes]:
    """Standard output, and what a terminal on standard error is sent."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", "COLUMNS": "80", **variables}
    process = subprocess.Popen([sys.executable, "-c", CODE], stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    sent = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # nobody has the other end any more
            break
        if not part:
            break
        sent += part
    os.close(ours)
    return process.communicate()[0], sent


def test_a_terminal_is_told_engine_and_stage_and_is_left_as_it_was() -> None:
    """With the time that has passed; the cursor is shown again and the last line is erased."""
    out, sent = watched()
    assert out == b"done\n"
    assert b"running at dt = 0.01 ms" in sent and b"[solving]" in sent and b"0:00:0" in sent
    assert sent.count(b"\x1b[?25h") == sent.count(b"\x1b[?25l") == 1
    assert sent.rstrip().endswith(b"\x1b[2K")


def test_continuous_integration_is_told_nothing() -> None:
    """Not even on a terminal."""
    assert watched(CI="1") == (b"done\n", b"")


def test_a_pipe_is_told_nothing() -> None:
    """Whatever goes on."""
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert (done.stdout, done.stderr) == (b"done\n", b"")
