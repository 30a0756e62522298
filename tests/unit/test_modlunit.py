"""Units of generated mod files, as NEURON's own checker sees them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from bridge.model_file import catalogue, load
from bridge.translate.nmodl import Nmodl

HOME = Path((found.origin if (found := importlib.util.find_spec("neuron")) else None) or "none").parent / ".data"
CHECKER = HOME / "bin" / "modlunit"
pytestmark = pytest.mark.skipif(not CHECKER.exists(), reason="NEURON is not installed with modlunit")


def check(text: str, folder: Path) -> subprocess.CompletedProcess:
    (folder / "mechanism.mod").write_text(text)
    environment = {**os.environ, "NMODLHOME": str(HOME)}
    return subprocess.run([CHECKER, "mechanism.mod"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", catalogue())
def test_every_mod_file_has_consistent_units(name, tmp_path) -> None:
    """Each assignment, each current, each rate."""
    done = check(Nmodl(load(name)).text, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_checker_finds_a_wrong_unit(tmp_path) -> None:
    """Volts in place of millivolts: the check above can fail."""
    text = Nmodl(load("hodgkin_huxley")).text
    wrong = text.replace("E_K = -77 (mV)", "E_K = -77 (mS/cm2)")
    assert wrong != text and check(wrong, tmp_path).returncode != 0
