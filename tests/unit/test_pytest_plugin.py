"""Experiments as tests: collected, run, held to their baseline.

Pytest is started as a user would start it where that is the point, with several processes or with nothing loaded; elsewhere a
session inside this process does the same without loading everything again.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from _pytest.pytester import Pytester

# what a session in this process finds loaded, for it forgets what it has loaded itself
from spikebridge.reports import front_door  # noqa: F401
from spikebridge.reports.formats import check as check_formats  # noqa: F401
from spikebridge.reports.formats import output  # noqa: F401
from spikebridge.reports.regression import checking  # noqa: F401

EXPERIMENT = """
model = "fitzhugh_nagumo"
duration = "20 ms"
dt = "0.05 ms"
[parameters]
b = "0.8"
[[stimulus]]
kind = "step"
amplitude = "0.5"
"""
SETTINGS = "[pytest]\nspikebridge_engines = reference\n"


pytest_plugins = ("pytester",)
PLAIN = ("-p", "no:cacheprovider", "-p", "no:randomly")


@pytest.fixture
def project(pytester: Pytester) -> Path:
    (pytester.path / "cell.experiment.toml").write_text(EXPERIMENT)
    (pytester.path / "pytest.ini").write_text(SETTINGS)
    return pytester.path


@pytest.fixture
def session(project, pytester: Pytester, monkeypatch):
    """A session of pytest in that folder and in this process, as (status, output)."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # what is started here is no part of the run that starts it

    def run(*arguments: str) -> tuple[int, str]:
        done = pytester.runpytest_inprocess(*PLAIN, *arguments)
        return int(done.ret), done.stdout.str() + done.stderr.str()

    return run


def pytest_run(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", *PLAIN, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_a_file_is_a_test(project) -> None:
    """Under the name of the experiment; without a baseline the engines are only held to each other."""
    status, out = pytest_run(project, "-v")
    assert status == 0 and "cell.experiment.toml::cell PASSED" in out and "1 passed" in out
    assert not (project / "baseline").exists()


def test_a_baseline_is_kept_and_held_to(project, session) -> None:
    """The first run writes it and fails; a changed parameter fails with the reason and a page; an update passes."""
    (project / "pytest.ini").write_text(SETTINGS + "spikebridge_baseline = kept\n")
    (project / "deep").mkdir()
    (project / "cell.experiment.toml").rename(project / "deep/cell.experiment.toml")
    status, out = session()
    assert status == 1 and "The baseline of cell was written to" in out and (project / "kept/deep/cell.json").is_file()
    (project / "deep/cell.experiment.toml").write_text(EXPERIMENT.replace('"0.8"', '"0.8008"'))
    status, out = session()
    assert status == 1 and "Traceback" not in out and "pytest_plugin.py" not in out
    assert "cell on reference/rk4: changed: " in out and "cell, the definition itself: b: 0.8 became 0.8008" in out
    page = next(line for line in out.splitlines() if line.startswith("report: ")).removeprefix("report: ")
    assert Path(page).is_file() and Path(page).is_relative_to(project / "spikebridge-reports")
    assert session("--spikebridge-update")[0] == 0 and session()[0] == 0


def test_workers_of_xdist_share_the_files(project, session) -> None:
    """Each takes some; all have their own baseline, which one process finds where several have written it."""
    (project / "pytest.ini").write_text(SETTINGS + "spikebridge_baseline = kept\n")
    for i in range(3):
        (project / f"cell{i}.experiment.toml").write_text(EXPERIMENT)
    assert pytest_run(project, "-n", "2")[0] == 1
    status, out = session()
    assert status == 0 and "4 passed" in out and len(list((project / "kept").iterdir())) == 4


def test_a_mistake_in_a_file_fails_that_test_with_a_line(project, session) -> None:
    """No traceback; the others run."""
    (project / "bad.experiment.toml").write_text(EXPERIMENT.replace("duration", "duratoin"))
    status, out = session()
    assert status == 1 and "1 failed, 1 passed" in out and "Traceback" not in out
    assert "bad.experiment.toml: unknown key 'duratoin'. Did you mean 'duration'?" in out


def test_the_fixture_compares_and_fails_with_the_reason(project, session) -> None:
    """A verdict that is expected passes, as does an engine that agrees."""
    (project / "test_port.py").write_text(
        """
def test_agrees(compare_neurons):
    comparison = compare_neurons("cell.experiment.toml", "reference", quick=True)
    assert comparison["reference"].accuracy["spike_count"].value == 0

def test_recording(compare_neurons):
    compare_neurons("cell.experiment.toml", "reference", quick=True, recordings={"lab": "wrong.csv"})

def test_expected(compare_neurons):
    compare_neurons("cell.experiment.toml", "reference", quick=True, recordings={"lab": "wrong.csv"}, expect="converge to different limits")
"""
    )
    rows = "\n".join(f"{t / 10},{t % 7 / 1.37:.6f}" for t in range(101))
    (project / "wrong.csv").write_text(f"t (ms),v\n{rows}\n")
    status, out = session("test_port.py")
    assert status == 1 and "1 failed, 2 passed" in out
    assert "lab computes another neuron." in out and "lab: converge to different limits: " in out and "report: " in out


def test_nothing_heavy_is_loaded_before_a_test_runs(project) -> None:
    """Collection is as light as without the plugin."""
    heavy = [
        "numpy",
        "pandas",
        "matplotlib",
        "brian2",
        "neuron",
        "sympy",
        "spikebridge.bridge",
        "spikebridge.reports.proof.comparison",
    ]
    (project / "conftest.py").write_text(
        f"import sys\ndef pytest_collection_finish(session):\n    assert not (set(sys.modules) & set({heavy!r}))\n"
        "    print('collected lightly', len(session.items))\n"
    )
    status, out = pytest_run(project, "--collect-only", "-s")
    assert status == 0 and "collected lightly 1" in out
