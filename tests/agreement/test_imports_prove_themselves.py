"""Imported mechanisms beside their original files in NEURON, and the command that imports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spikebridge.bridge.importing.nmodl import import_mod, read_mod
from spikebridge.reports.cli import main
from spikebridge.reports.proof.import_proof import prove_imports

pytestmark = [pytest.mark.xdist_group("imports")]
MODS = Path(__file__).parents[1] / "data" / "mod"
NAMES = ("naf_by_hand", "stale", "kkin", "hidden")


def test_imports_agree_with_their_files_and_a_wrong_one_does_not() -> None:
    """Gates by hand with a table, derivimplicit with what is stale, KINETIC by sparse, and rates in a FUNCTION whose
    exp overflows, which NEURON's cnexp solves implicitly, with a conductance that is 0 by default: to round-off in a step and in a run. The
    same file with another slope in its definition is no proof."""
    found = [read_mod(MODS / f"{name}.mod") for name in NAMES]
    text = found[0].original
    wrong = import_mod(text.replace("0.015*exp", "0.01501*exp"), Path("naf_by_hand.mod"))
    proofs = prove_imports([*found, type(wrong)(**{**vars(wrong), "original": text})])
    assert [p.proven for p in proofs] == [True, True, True, True, False], [p.because for p in proofs]
    assert max(p.step for p in proofs[:4]) < 1e-9 and max(p.run for p in proofs[:4]) < 1e-9
    assert proofs[0].table_mV is not None and proofs[0].table_mV > 0.1 and proofs[1].table_mV is None
    assert proofs[3].compiled == "implicit" and proofs[3].set == {"gbar": "0.001 S/cm2"}
    assert proofs[4].worst == "h" and "differ" in proofs[4].because


def test_import_writes_definitions_and_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One file is written and proven; one is written and not, for NEURON's cnexp of a nonlinear rate leads elsewhere; another is
    refused by line. The status is that of the worst."""
    bad = tmp_path / "bad.mod"
    bad.write_text("NEURON { SUFFIX bad\n POINTER p }\n")
    with pytest.raises(SystemExit) as ended:
        main(["import", str(MODS / "kkin.mod"), str(MODS / "nonlinear.mod"), str(bad), "--to", str(tmp_path / "to"), "--json"])
    good, nonsense, refused = json.loads(capsys.readouterr().out)["files"]
    assert ended.value.code == 2 and refused["refused"] == "bad.mod: line 2: POINTER cannot be imported"
    assert not nonsense["proof"]["proven"] and "that of x is not" in nonsense["proof"]["because"]
    assert good["proof"]["proven"] and good["schemes"]["o"] == "sparse"
    assert (tmp_path / "to" / "kkin.toml").read_text() == read_mod(MODS / "kkin.mod").text
