"""An engine in another environment's Python: what it is called, what it is lent, and why it cannot be."""

import sys
import venv
from pathlib import Path

import pytest

from spikebridge.bridge.engines.elsewhere import Elsewhere, choose_engine, plain_name, told_apart
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.worker import Worker
from spikebridge.bridge.errors import UsageError
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.taking_part import taking_part


def environment(folder: Path, **versions: str) -> Path:
    """The Python of a new environment, whose packages are names and versions only."""
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    for name, version in versions.items():
        (packages / f"{name}-{version}.dist-info").mkdir()
        (packages / f"{name}-{version}.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
    return folder / "bin" / "python"


def program(path: Path, says: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def test_it_is_called_by_the_version_that_is_there(tmp_path) -> None:
    """Whatever version is here; in all else it is the engine."""
    python = environment(tmp_path / "other", neuron="8.2.99", numpy="2.1.0")
    engine = choose_engine(f"neuron={python}")
    assert (engine.name, engine.python, plain_name(engine)) == ("neuron@8.2.99", str(python), "neuron")
    assert engine.schemes is find_engine("neuron").schemes and choose_engine("neuron") is find_engine("neuron")


def test_environments_of_one_version_are_numbered(tmp_path) -> None:
    """One that is named twice takes part once."""
    pythons = [environment(tmp_path / name, neuron="9.0.0", numpy="2.1.0") for name in ("a", "b")]
    texts = ["neuron", *(f"neuron={python}" for python in pythons), f"neuron={tmp_path}/b/../b/bin/python"]
    engines = told_apart([choose_engine(text) for text in texts])
    assert [engine.name for engine in engines] == ["neuron", "neuron@9.0.0", "neuron@9.0.0#2"]
    assert [engine.python for engine in engines if isinstance(engine, Elsewhere)] == [str(python) for python in pythons]


def test_nothing_that_is_installed_here_reaches_a_worker_there(tmp_path, monkeypatch) -> None:
    """An environment without numpy has none, also where PYTHONPATH names ours: what is compared is what is there."""
    monkeypatch.setenv("PYTHONPATH", next(path for path in sys.path if path.endswith("site-packages")))
    with Worker("spikebridge.bridge.engines.neuron_engine", python=str(environment(tmp_path / "bare"))) as worker:
        (answer,) = worker.run([{}], 60.0)
    assert str(answer) == "the worker process ended with status 1: ModuleNotFoundError: No module named 'numpy'"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda p: p / "nowhere", "is no file; expected the Python of an environment"),
        (lambda p: p, "is a folder; expected its Python, such as {}/bin/python"),
        (lambda p: (p / "text").write_text("x") and p / "text", "is no Python; it does not answer as one"),
        (lambda p: program(p / "cat", "meow"), "is no Python; it does not answer as one"),
        (lambda p: program(p / "old", '[[3, 9, 2], "1.26.4", "8.2.7"]'), "this is Python 3.9.2; expected 3.11 or later"),
        (lambda p: program(p / "old_numpy", '[[3, 11, 2], "1.25.2", "8.2.7"]'), "numpy 1.25.2 is there; expected 1.26 or later"),
        (lambda p: environment(p / "bare"), "neuron is not installed there; install it with: {} -m pip install neuron"),
        (lambda p: environment(p / "half", neuron="9.0.1"), "numpy is not installed there; install it with: {} -m pip install numpy"),
    ],
    ids=["no file", "folder", "no program", "no Python", "old Python", "old numpy", "no simulator", "no numpy"],
)  # fmt: skip
def test_what_cannot_run_it_is_refused_in_one_line(tmp_path, made, reason) -> None:
    """With what was expected, before anything runs."""
    path = made(tmp_path)
    with pytest.raises(UsageError) as refused:
        compare("hodgkin_huxley", [f"neuron={path}"])
    assert str(refused.value).startswith(f"--engine neuron={path}: ") and str(refused.value).endswith(reason.format(path))


def test_what_has_no_process_of_its_own_has_no_other_python() -> None:
    """The reference is spikebridge itself."""
    with pytest.raises(UsageError, match="reference runs in spikebridge's own Python"):
        choose_engine(f"reference={sys.executable}")


def test_a_file_cannot_name_a_program() -> None:
    """What suites and figure files name is looked up in the registry alone."""
    with pytest.raises(UsageError, match="by --engine only"):
        find_engine(f"neuron={sys.executable}")


def test_a_scheme_holds_in_every_environment_unless_one_has_its_own(tmp_path) -> None:
    """A scheme for a version that does not take part is refused, with those that do."""
    python = environment(tmp_path / "other", neuron="8.2.99", numpy="2.1.0")
    engines = [f"neuron={python}"]
    for schemes in ({"neuron": "all"}, {"neuron@8.2.99": "cvode"}):
        assert [engine.name for engine in taking_part(engines, schemes, choose_engine)] == ["neuron@8.2.99"]
    with pytest.raises(UsageError, match=r"for neuron@9, which does not take part; there are neuron, neuron@8\.2\.99"):
        taking_part(engines, {"neuron@9": "all"}, choose_engine)
