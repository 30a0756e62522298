"""Ctrl-C, whenever it comes: status 130, no process left, no file half-written, no temporary folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import left, soon

pytestmark = [
    pytest.mark.xdist_group("interrupt"),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find processes"),
]
SUITE = "engines = ['reference', 'brian2_numpy', 'neuron']\n" + "".join(
    f"[[experiment]]\nrun = '{name}'\n" for name in ("hodgkin_huxley", "adex", "izhikevich", "morris_lecar", "fitzhugh_nagumo")
)


def compiles(mark: str, folder: Path) -> bool:
    """Whether a C++ compiler is at work."""
    return any(name(pid) == "cc1plus" for pid in left(mark))


def name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


MOMENTS: dict[str, Callable[[str, Path], object]] = {
    "simulators are imported": lambda mark, folder: len(left(mark)) > 2,
    "mechanisms are built": compiles,
    "experiments run": lambda mark, folder: list(folder.glob("cache/neuron/*/libnrnmech.so")),
    "results are written": lambda mark, folder: list(folder.glob("out/**/*.*")),
}


COMPARE = ("compare", "hodgkin_huxley", "--output", "out")
CHECK = ("check", "suite.toml", "--output", "out")


@pytest.mark.parametrize(
    ("moment", "command"),
    [
        ("simulators are imported", COMPARE),
        ("mechanisms are built", COMPARE),
        ("experiments run", CHECK),
        ("results are written", (*COMPARE, "--quick", "--engine", "reference")),
        ("results are written", ("check", "quick.toml", "--output", "out")),
    ],
    ids=lambda case: case if isinstance(case, str) else case[0],
)
def test_an_interruption_leaves_nothing_behind(tmp_path, moment, command) -> None:
    """While simulators are imported, while mechanisms are built, while experiments run, while results are written."""
    (tmp_path / "quick.toml").write_text(SUITE.replace(", 'brian2_numpy', 'neuron'", ""))
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
    assert soon(lambda: MOMENTS[moment](mark, tmp_path), 120)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert soon(lambda: not left(mark)), left(mark)
    files = [path for folder in ("out", "baseline") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert not [path for path in files if path.name.startswith(".")]
    for path in files:
        if path.suffix == ".json":
            json.loads(path.read_text())
        if path.suffix == ".html":
            assert path.read_text().rstrip().endswith("</html>")
    assert [p.name for p in (tmp_path / "tmp").iterdir()] == []
