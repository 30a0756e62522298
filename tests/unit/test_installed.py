"""One installed name: the wheel beside a project that owns `reports`, `bridge` and `reference`; no module under two names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from inspect import signature
from pathlib import Path

import pytest

import spikebridge as sb
from spikebridge.bridge.engines.worker import Worker

pytestmark = pytest.mark.xdist_group("installed")

ROOT = Path(__file__).resolve().parents[2]
OFFERED = (
    "DefinitionError Experiment InputError Mechanism Model NotRun UsageError __version__ analyses catalogue compare compose diff figure load "
    "load_experiment load_mechanism mechanisms pulses record run step stimulus sweep"
)
HEAVY = {"brian2", "neuron", "pandas", "matplotlib", "scipy"}
PROJECT_TEST = """
import bridge, reference, reports

def test_the_projects_own_packages_are_imported():
    assert (bridge.OWN, reference.OWN, reports.OWN) == ("bridge", "reference", "reports")

def test_spikebridge_compares_beside_them(compare_neurons):
    assert compare_neurons("passive_membrane", "reference", quick=True).verdict == "agree"
"""
# every module, from wherever it is, and the files that more than one of them is made of
TWICE = """
import importlib, pkgutil, sys
from collections import Counter
from pathlib import Path
import spikebridge
for found in pkgutil.walk_packages(spikebridge.__path__, "spikebridge."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
files = Counter(str(Path(m.__file__).resolve()) for m in list(sys.modules.values()) if getattr(m, "__file__", None))
assert sum(name.startswith("spikebridge.") for name in sys.modules) > 150
print(sorted(file for file, count in files.items() if count > 1 and "spikebridge" in file), spikebridge.__file__)
"""
WORKER = """
import sys
from pathlib import Path
def warm_up(): ...
def get_ready(jobs): ...
def clean_up(): ...
def execute(job):
    names = [name for name in sys.modules if name.split(".")[0] in ("bridge", "reference", "reports")]
    return {"second names": names, "home": str(Path(sys.modules["spikebridge"].__file__).parent)}
"""

CONSUMER = """
import spikebridge as sb

model = sb.load("hodgkin_huxley").with_parameters(g_Na="100 mS/cm2")
experiment = sb.Experiment(model, sb.step("10 uA/cm2", "5 ms"), duration="50 ms")
reveal_type(sb.run(experiment, "neuron"))
reveal_type(sb.compare(experiment, ["reference"]))
sb.run(experiment, scheme=3)
sb.ladder
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What the command prints; it must succeed."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run([*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution and the wheel of this tree."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def fresh(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The Python of a fresh environment with the wheel installed; dependencies are lent from this one, by a path that
    brings no editable install with it."""
    home = tmp_path_factory.mktemp("fresh") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=dist)
    python = home / "bin" / "python"
    (wheel,) = dist.glob("*.whl")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=dist)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that owns all three names."""
    for name in ("bridge", "reference", "reports"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"OWN = {name!r}\n")
    (tmp_path / "test_project.py").write_text(PROJECT_TEST)
    return tmp_path


def test_the_wheel_holds_one_package_with_its_data(dist) -> None:
    """Nothing beside `spikebridge` reaches a user's environment; models, figures and page templates do."""
    (wheel,) = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"spikebridge"}
    for part in (
        "bridge/models/adex.toml",
        "bridge/mechanisms/m_current.toml",
        "reports/gallery/two_pulses.toml",
        "reports/formats/page/",
        "reference/exact.py",
        "py.typed",
    ):
        assert any(name.startswith(f"spikebridge/{part}") for name in names), part


def test_the_source_distribution_builds_the_same_wheel(dist, tmp_path) -> None:
    """Links and all."""
    (source,) = dist.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "again", cwd=tree)
    again, first = (zipfile.ZipFile(next(folder.glob("*.whl"))) for folder in (tmp_path / "again", dist))
    assert sorted(i.CRC for i in again.infolist()) == sorted(i.CRC for i in first.infolist())
    assert again.namelist() == first.namelist()


def test_a_project_with_the_same_folder_names_runs_its_tests(fresh, project) -> None:
    """Under `python -m pytest`, where its root is on the path, with our plugin installed."""
    assert "2 passed" in run(fresh, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project)


def test_the_plain_pytest_of_that_project_finds_its_own_packages(fresh, project) -> None:
    """Where nothing but the test's own folder is put on the path."""
    plain = "import sys; sys.path.pop(0); import pytest; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider']))"
    assert "2 passed" in run(fresh, "-c", plain, cwd=project)


def test_the_command_line_works_from_a_wheel(fresh, project) -> None:
    """As a command and as a module, in a folder with the same names."""
    assert "hodgkin_huxley" in run(fresh.parent / "spikebridge", "models", cwd=project)
    assert run(fresh, "-m", "spikebridge", "--version", cwd=project).strip() == f"spikebridge, version {sb.__version__}"


def test_the_python_of_the_readme_runs_from_a_wheel(fresh, tmp_path) -> None:
    """In a fresh environment and an empty folder, where a plot, a table and a verdict come of it."""
    (script,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.DOTALL | re.MULTILINE)
    assert "site-packages" in run(fresh, "-c", script + "\nprint(sb.__file__)", cwd=tmp_path)
    assert (tmp_path / "comparison.png").stat().st_size > 10_000


def test_a_strict_checker_sees_the_types_of_the_installed_package(fresh, tmp_path) -> None:
    """What `run` and `compare` give, an argument of a wrong type and a name that is not there; nothing else is amiss."""
    (tmp_path / "consumer.py").write_text(CONSUMER)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, "--python-executable", fresh, "consumer.py"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"MYPYPATH": ""}).stdout
    assert [re.sub(r"consumer.py:\d+: |  \[.*", "", line) for line in said.splitlines()] == [
        'note: Revealed type is "spikebridge.reference.recording.Recording"',
        'note: Revealed type is "spikebridge.reports.front_door.Comparison"',
        'error: Argument "scheme" to "run" has incompatible type "int"; expected "str | None"',
        'error: Module has no attribute "ladder"',
        "Found 2 errors in 1 file (checked 1 source file)",
    ]


@pytest.mark.parametrize("installed", ["from a wheel", "from the root"])
def test_no_module_loads_under_two_names(installed, fresh) -> None:
    """Not even when every module is imported."""
    python, folder = (fresh, fresh.parent) if installed == "from a wheel" else (sys.executable, ROOT)
    twice, home = run(python, "-c", TWICE, cwd=folder).strip().rsplit("] ", 1)
    assert twice == "["
    assert ("site-packages" in home) == (installed == "from a wheel")


def test_the_folders_refuse_to_be_imported_by_themselves() -> None:
    """From the root, where Python would find them, the message says what to write; elsewhere they are not there."""
    done = subprocess.run([sys.executable, "-c", "import bridge"], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.endswith("ImportError: this folder is imported as spikebridge.bridge; write: import spikebridge as sb\n")
    done = subprocess.run([sys.executable, "-c", "import bridge"], cwd=ROOT.parent, capture_output=True, text=True)
    assert "No module named 'bridge'" in done.stderr


def test_a_worker_loads_the_same_spikebridge_once(tmp_path, monkeypatch) -> None:
    """The one that asks, and no floor beside it."""
    (tmp_path / "looking_engine.py").write_text(WORKER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Worker("looking_engine") as worker:
        (answer,) = worker.run([{}], 60.0)
    assert answer == {"second names": [], "home": str(Path(sb.__file__).parent)}


def test_these_tests_load_no_module_under_two_names() -> None:
    """Whatever ran before in this process: no file of the tree is behind two modules."""
    seen: dict[Path, str] = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and name != "__main__" and Path(file).resolve().is_relative_to(ROOT) and ".venv" not in file:
            other = seen.setdefault(Path(file).resolve(), name)
            assert other == name, f"{file} is {other} and {name}"
    assert any(name.startswith("spikebridge") for name in seen.values())


def test_the_front_door_shows_exactly_what_there_is() -> None:
    """Every name `dir` shows is there, and no other public name."""
    assert dir(sb) == OFFERED.split()
    for name in dir(sb):
        assert getattr(sb, name) is not None
    with pytest.raises(AttributeError, match="module 'spikebridge' has no attribute 'ladder'"):
        sb.ladder


def test_the_front_door_is_light() -> None:
    """Importing it, and looking up everything but `figure`, loads no simulator, pandas, matplotlib or scipy."""
    code = (
        f"import sys, spikebridge as sb; [getattr(sb, n) for n in dir(sb) if n != 'figure']; print({HEAVY!r} & set(sys.modules))"
    )
    assert run(sys.executable, "-c", code, cwd=ROOT.parent).strip() == "set()"


def test_what_the_front_door_offers_does_it() -> None:
    """Running, sweeping, a figure and a comparison with its table and plot by name, on the reference."""
    experiment = sb.Experiment("leaky_integrate_and_fire", sb.step("2 nA"), duration="30 ms", dt="0.05 ms")
    spikes = sb.run(experiment).spike_times_ms
    assert len(spikes) > 1
    assert sb.run(experiment, scheme="exact").spike_times_ms == pytest.approx(spikes, abs=0.05)
    table = sb.sweep(experiment, "amplitude=1:3:3nA")
    assert list(table["spikes"]) == sorted(table["spikes"]) and table["spikes"].iloc[-1] > len(spikes)
    assert sb.figure("lif_constant", ["reference"]).status == 0
    comparison = sb.compare(experiment, ["reference"], quick=True)
    assert list(comparison.table()["verdict"]) == [str(comparison.verdict)] == ["agree"]
    assert comparison.plot().get_suptitle() == experiment.model.title
    assert list(signature(sb.compare).parameters)[:3] == ["experiment", "engines", "schemes"]
