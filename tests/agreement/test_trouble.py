"""Engines in trouble: one row says not run and why, the rest of the report stands, the status is 3."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from spikebridge.reports.cli import main

pytestmark = pytest.mark.xdist_group("trouble")
Compare = Callable[..., tuple[int, dict, Path]]


@pytest.fixture
def compare(tmp_path, monkeypatch, capfd) -> Compare:
    """Runs the command in that environment, with an empty cache of its own; returns status, document and report folder."""

    def run(*arguments: str, **environment: str) -> tuple[int, dict, Path]:
        for name, value in {"SPIKEBRIDGE_CACHE": str(tmp_path / "cache"), **environment}.items():
            monkeypatch.setenv(name, value)
        engines = [word for engine in arguments if not engine.startswith("-") for word in ("--engine", engine)]
        options = [word for word in arguments if word.startswith("-")]
        with pytest.raises(SystemExit) as ended:
            main(["compare", "hodgkin_huxley", "--quick", "--json", "--duration", "20 ms", "--output", str(tmp_path / "report"),
                  "--engine", "reference", *engines, *options])  # fmt: skip
        return ended.value.code, json.loads(capfd.readouterr().out), tmp_path / "report"

    return run


def check_the_rest(document: dict, report: Path) -> None:
    """The reference ran and the page is whole."""
    assert document["engines"]["reference"]["status"] == "ran"
    assert document["verdict"] == "not run"
    assert (report / "report.html").read_text().rstrip().endswith("</html>")


def test_a_compiler_that_fails(compare, tmp_path) -> None:
    """A g++ first on PATH that exits 1: its own words are the reason."""
    fake = tmp_path / "bin" / "g++"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'fatal error: no room left on the moon' >&2\nexit 1\n")
    fake.chmod(0o755)
    # NEURON's makefile takes the compiler from CXX where it is set
    status, document, report = compare("neuron", CXX=str(fake))
    assert status == 3
    neuron = document["engines"]["neuron"]
    assert (neuron["status"], neuron["verdict"], neuron["translation"]) == ("not run", "not run", None)
    words = "a mechanism for NEURON cannot be built, the compiler failed: fatal error: no room left on the moon"
    assert neuron["reason"] == words
    check_the_rest(document, report)


def test_a_missing_simulator(compare, tmp_path) -> None:
    """A neuron that cannot be imported: how to install it."""
    hidden = tmp_path / "hidden" / "neuron"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError('not here')\n")
    status, document, report = compare("neuron", PYTHONPATH=str(hidden.parent))
    assert status == 3
    assert document["engines"]["neuron"]["reason"] == "NEURON cannot be imported (not here); install it with: pip install neuron"
    check_the_rest(document, report)


def test_an_engine_that_takes_too_long(compare, tmp_path) -> None:
    """A limit that 40,000 steps of Brian2's numpy code, a third of a millisecond each at least, cannot keep."""
    status, document, report = compare("brian2_numpy", "--limit=4", "--dt=0.0005 ms")
    assert status == 3
    assert document["engines"]["brian2_numpy"]["reason"] == "no answer within 4 s"
    check_the_rest(document, report)


def test_a_cache_that_cannot_be_written(compare, tmp_path) -> None:
    """A file where the folder should be: what to set."""
    (tmp_path / "file").write_text("")
    status, document, report = compare("neuron", SPIKEBRIDGE_CACHE=str(tmp_path / "file"))
    assert status == 3
    assert document["engines"]["neuron"]["reason"].endswith("set SPIKEBRIDGE_CACHE to a folder that can be written")
    check_the_rest(document, report)


def test_a_missing_tool_is_named_with_its_package(compare, tmp_path) -> None:
    """No make on PATH."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("g++", "sh", "uname", "dirname", "env"):
        found = next((p / name for p in map(Path, os.environ["PATH"].split(os.pathsep)) if (p / name).exists()), None)
        if found:
            (tools / name).symlink_to(found)
    status, document, _ = compare("neuron", PATH=str(tools))
    assert status == 3
    reason = document["engines"]["neuron"]["reason"]
    assert reason == "a mechanism for NEURON is built with make; install it, on Debian with: apt install make"


FAKE_NEURON = """
import os, signal, threading, time
def kill():
    time.sleep(0.2)
    os.kill(os.getpid(), signal.{signal})
threading.Thread(target=kill).start()
time.sleep(60)
"""


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV"])
def test_an_engine_that_dies(compare, tmp_path, name) -> None:
    """In the middle of its work, by a signal: which one, and nothing else is lost."""
    hidden = tmp_path / "hidden" / "neuron"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text(FAKE_NEURON.replace("{signal}", name))
    status, document, report = compare("neuron", PYTHONPATH=str(hidden.parent))
    assert status == 3
    assert document["engines"]["neuron"]["reason"] == f"the worker process was killed by {name}"
    check_the_rest(document, report)


def test_brian2s_compiler_that_fails(compare, tmp_path) -> None:
    """The row says that it was the compiler, not where an object was made."""
    fake = tmp_path / "bin" / "g++"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    (fake.parent / "gcc").symlink_to(fake)
    path = f"{fake.parent}{os.pathsep}{os.environ['PATH']}"
    status, document, report = compare("brian2_cython", PATH=path, CC=str(fake), CXX=str(fake))
    assert status == 3
    reason = document["engines"]["brian2_cython"]["reason"]
    assert "compiler" in reason and "g++" in reason and "Object was created here" not in reason
    check_the_rest(document, report)
