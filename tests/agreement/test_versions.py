"""A simulator's upgrade that changed a result is found: what NEURON 8.2.7 gave, checked on the NEURON that is installed.

Version 9 brought back the rate table of the built-in hh that 8.2 did without; its spikes come up to 0.1 ms earlier. A
mechanism that was translated from the definition gives on both what it gave.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spikebridge.reports.formats.check import attention
from spikebridge.reports.proof.verdict import Verdict
from spikebridge.reports.regression.change import Status
from spikebridge.reports.regression.checking import check
from spikebridge.reports.regression.suite import read_suite

pytestmark = pytest.mark.xdist_group("versions")
DATA = Path(__file__).parent.parent / "data" / "neuron_8_2"
EXAMPLE = Path(__file__).parent.parent.parent / "docs" / "example" / "suite.toml"


def test_what_a_new_version_changed_is_found_and_told_with_the_version(tmp_path) -> None:
    """And the result that it left as it was is not blamed."""
    folder = Path(shutil.copytree(DATA, tmp_path / "kept"))
    result = check(read_suite(folder / "suite.toml"))
    own, builtin = sorted(result.results, key=lambda r: len(r.key))
    assert own.key == "neuron/backward_euler" and own.passed and own.change.versions["neuron"][0] == "8.2.7"
    assert builtin.change.status is Status.CHANGED and builtin.verdict is Verdict.OTHER_LIMIT and result.status == 1
    assert "the verdict was: differ only by discretisation; it is now: converge to different limits" in builtin.change.because
    assert (
        "spikes have moved by up to 0.09" in builtin.change.because or "spikes have moved by up to 0.1" in builtin.change.because
    )
    told = [what for who, what in attention(result) if who == "versions"]
    now = own.change.versions["neuron"][1]
    assert f"neuron 8.2.7 became {now}: 1 of 2 results changed: hodgkin_huxley (neuron_hh/backward_euler)" in told
    assert (folder / "baseline/hodgkin_huxley.json").read_bytes() == (DATA / "baseline/hodgkin_huxley.json").read_bytes()


def test_the_example_suite_is_what_it_was_on_whatever_machine_this_is() -> None:
    """Other processors, compilers, Python and numpy round otherwise; none of that is a change."""
    result = check(read_suite(EXAMPLE))
    assert result.status == 0 and not result.written, attention(result)
    assert {r.change.status for r in result.results} == {Status.UNCHANGED} and len(result.results) == 11
