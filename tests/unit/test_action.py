"""The action for GitHub, as far as it runs here: its script, and that every input and file it names is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github/actions/check"
WORKFLOWS = ROOT / ".github/workflows"
SUITE = '[[experiment]]\nrun = "passive_membrane"\nengines = ["reference"]\n'


def supported() -> list[str]:
    """The Pythons that the package says it runs on, oldest first."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    return [found[0] for c in classifiers if (found := re.search(r"3\.\d+$", c))]


@pytest.fixture
def check(tmp_path):
    """Runs the action's script in an empty repository; returns its status, the step's output and the job's summary."""

    def script() -> tuple[int, str, str]:
        command = tmp_path / "bin"
        command.mkdir(exist_ok=True)
        (command / "spikebridge").write_text(
            f'#!/bin/sh\nexec {sys.executable} -c "from spikebridge.reports.cli import main; main()" "$@"\n'
        )
        (command / "spikebridge").chmod(0o755)
        environment = os.environ | {
            "PATH": f"{command}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src"), "SUITE": "suite.toml", "BASELINE": "", "OUTPUT": "out",
            "GITHUB_OUTPUT": str(tmp_path / "step"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        }  # fmt: skip
        done = subprocess.run(
            ["bash", ACTION / "check.sh"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )
        read = [(tmp_path / name).read_text() if (tmp_path / name).exists() else "" for name in ("step", "summary")]
        return done.returncode, read[0], read[1]

    return script


def test_the_script_passes_status_summary_and_reports_on(check, tmp_path) -> None:
    """A first run fails with its summary; a second passes; a mistake in the suite has a status of its own."""
    (tmp_path / "suite.toml").write_text(SUITE)
    status, step, summary = check()
    assert (status, step) == (1, "status=1\n") and "1 new" in summary
    assert (tmp_path / "out/junit.xml").is_file() and (tmp_path / "baseline/passive_membrane.json").is_file()
    status, step, summary = check()
    assert (status, step.splitlines()[-1]) == (0, "status=0") and "✅ spikebridge, suite" in summary
    (tmp_path / "suite.toml").write_text("[[experiment]]")
    assert check()[0] == 2


def test_what_the_action_and_the_workflow_name_is_there() -> None:
    """Scripts, inputs, the suite, and versions within or around those of this package."""
    action, workflow = (ACTION / "action.yml").read_text(), (WORKFLOWS / "agreement.yml").read_text()
    for script in re.findall(r"\$GITHUB_ACTION_PATH/(\S+?)\"", action):
        assert (ACTION / script).is_file()
    inputs = set(re.findall(r"^  (\w+):\n    description", action, flags=re.M)) - {"status"}
    assert set(re.findall(r"inputs\.(\w+)", action)) == inputs
    given = workflow.split("with:")[-1]
    assert set(re.findall(r"^ {10}(\w+):", given, flags=re.M)) <= inputs
    suite = re.search(r"suite: (\S+)", given)[1]
    assert (ROOT / suite).is_file() and (ROOT / suite).parent.joinpath("baseline").is_dir()
    assert set(re.findall(r'python: "([\d.]+)"', workflow)) == set(supported())


def test_the_projects_own_workflows_run_all_there_is() -> None:
    """The tests by `.ci/run` on every supported Python; lint; by night what `make help` calls a night's work. What they run exists."""
    jobs = {name: yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text())["jobs"] for name in ("tests", "nightly")}
    tests, nightly = jobs["tests"]["tests"], jobs["nightly"]["nightly"]
    assert tests["strategy"]["matrix"]["python"] == supported()
    assert tests["steps"][-1]["run"] == ".ci/run" and os.access(ROOT / ".ci/run", os.X_OK)
    assert jobs["tests"]["lint"]["steps"][-1]["run"] == "make lint"
    targets = [work.split()[0] for work in nightly["strategy"]["matrix"]["work"]]
    assert targets == ["agreement", "fuzz", "faults", "frozen"] and nightly["steps"][-1]["run"] == "make ${{ matrix.work }}"
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{target}: setup$", makefile, flags=re.M) for target in [*targets, "lint"])
