"""No worker outlives the process that started it, whatever the worker does and however that process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from spikebridge.bridge.engines.worker import Worker
from tests.processes import gone, left, soon

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find processes")
BUSY = """
import ctypes, subprocess, time
def warm_up(): pass
def get_ready(jobs): pass
def clean_up(): pass
def execute(job):
    child = subprocess.Popen(["sleep", "600"]) if job["do"] == "compile" else None
    open(job["file"], "w").close()
    match job["do"]:
        case "idle": return {}
        case "python": time.sleep(600)
        case "native": ctypes.PyDLL(None).sleep(600)  # PyDLL keeps the interpreter's lock
        case "compile": child.wait()
"""
PARENT = """
import os, sys, threading, time
from spikebridge.bridge.engines.worker import Worker
def work(do):
    with Worker("busy_engine", stays=True) as worker:
        list(worker.run([{"do": do, "file": os.path.join(sys.argv[1], do)}]))
        time.sleep(600)
for do in sys.argv[2:-1]:
    threading.Thread(target=work, args=(do,), daemon=True).start()
if sys.argv[-1] == "return":
    while len(os.listdir(sys.argv[1])) < len(sys.argv) - 3:
        time.sleep(0.01)
    os._exit(0)
work(sys.argv[-1])
"""
DOINGS = ("idle", "python", "compile", "native")  # the main thread's is the last, and the one that an interruption meets
COUNT = 2 * len(DOINGS) + 2  # each worker with its guard, the compiler, and the parent


@pytest.mark.parametrize("ending", ["SIGKILL", "SIGTERM", "SIGINT", "returns"])
def test_nothing_outlives_the_process_that_started_it(tmp_path, ending) -> None:
    """Workers that idle, run Python, wait for a compiler or are in native code under the interpreter's lock: all are gone,
    with their children and temporary files, after their parent is killed, is interrupted, or ends without a word to them."""
    (tmp_path / "busy_engine.py").write_text(BUSY)
    begun, temporary, mark = tmp_path / "begun", tmp_path / "tmp", f"guard-{uuid.uuid4().hex}"
    begun.mkdir()
    temporary.mkdir()
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2] / "src")])
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(begun), *DOINGS, *(["return"] if ending == "returns" else [])], stderr=subprocess.DEVNULL,
        env={**os.environ, "MARK": mark, "TMPDIR": str(temporary), "PYTHONPATH": path},
        # a shell lets what it starts in the background ignore Ctrl-C, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    if ending != "returns":
        assert soon(lambda: len(list(begun.iterdir())) == len(DOINGS) and len(left(mark)) == COUNT), left(mark)
        parent.send_signal(signal.Signals[ending])
    parent.wait(timeout=30)
    assert soon(lambda: not left(mark)), [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left(mark)]
    assert soon(lambda: not list(temporary.iterdir()))


def test_a_worker_whose_guard_is_killed_is_gone_too(tmp_path, monkeypatch) -> None:
    """The two watch each other."""
    (tmp_path / "busy_engine.py").write_text(BUSY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    mark = f"guard-{uuid.uuid4().hex}"
    monkeypatch.setenv("MARK", mark)
    with Worker("busy_engine", stays=True) as worker:
        (answer,) = worker.run([{"do": "idle", "file": str(tmp_path / "idle")}], 30.0)
        assert answer == {} and len(left(mark)) == 2
        worker.process.kill()
        assert soon(lambda: gone(worker.process.pid) and not left(mark))


POOL = """
import sys, time
from spikebridge.reports.textbook.figure_file import load_figure
from spikebridge.reports.textbook.figure_pool import make_figures
from spikebridge.bridge.engines.registry import find_engine
def finish(made, path=sys.argv[1]):
    open(path + made.file.name, "w").close()
    time.sleep(600)
files = [load_figure(name) for name in ("lif_constant", "lif_two_inputs")]
make_figures(files, [find_engine("reference")], 100.0, print, print, print, finish, 2)
"""


def test_the_processes_that_make_figures_end_with_their_owner(tmp_path) -> None:
    """When it is killed; those of the pool's library would wait for work for ever."""
    mark, begun = f"guard-{uuid.uuid4().hex}", tmp_path / "begun"
    begun.mkdir()
    owner = subprocess.Popen(
        [sys.executable, "-c", POOL, f"{begun}{os.sep}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "MARK": mark, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )  # fmt: skip
    assert soon(lambda: len(list(begun.iterdir())) == 2)
    owner.kill()
    owner.wait(timeout=30)
    assert soon(lambda: not left(mark))
