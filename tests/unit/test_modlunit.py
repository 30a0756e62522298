"""Units of generated mod files, as NEURON's own checker sees them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest
from definitions import DEFINITIONS

from spikebridge.bridge.definition.model_file import catalogue, load, mechanisms, parse_model
from spikebridge.bridge.translate.nmodl import Nmodl

HOME = Path((found.origin if (found := importlib.util.find_spec("neuron")) else None) or "none").parent / ".data"
CHECKER = HOME / "bin" / "modlunit"
pytestmark = pytest.mark.skipif(not CHECKER.exists(), reason="NEURON is not installed with modlunit")


def check(text: str, folder: Path, program: Path = CHECKER) -> subprocess.CompletedProcess:
    (folder / "mechanism.mod").write_text(text)
    environment = {**os.environ, "NMODLHOME": str(HOME)}
    return subprocess.run([program, "mechanism.mod"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def mechanism(name: str) -> Nmodl:
    return Nmodl(parse_model(DEFINITIONS[name], name) if name in DEFINITIONS else load(name))


@pytest.mark.parametrize("name", [*catalogue(), *mechanisms(), *DEFINITIONS])
def test_every_mod_file_has_consistent_units(name, tmp_path) -> None:
    """Each assignment, each current, each rate."""
    done = check(mechanism(name).text, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [*catalogue(), *mechanisms(), *DEFINITIONS])
def test_every_mod_file_is_translated_without_a_warning(name, tmp_path) -> None:
    """NEURON's translator has nothing to say but that a mechanism is thread safe, and that a map has no place in CVODE."""
    done = check(mechanism(name).text, tmp_path, HOME / "bin" / "nocmodl")
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith(("Translating", "Thread Safe"))]
    assert said == (["Notice: This mechanism cannot be used with CVODE"] if mechanism(name).model.discrete else []), said


def test_the_checker_finds_a_wrong_unit(tmp_path) -> None:
    """Volts in place of millivolts: the check above can fail."""
    text = Nmodl(load("hodgkin_huxley")).text
    wrong = text.replace("E_K = -77 (mV)", "E_K = -77 (mS/cm2)")
    assert wrong != text and check(wrong, tmp_path).returncode != 0
