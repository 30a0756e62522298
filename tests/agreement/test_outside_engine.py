"""An engine of another package, the one that docs/how-to/add-an-engine.md shows: it takes part everywhere without another line."""

from __future__ import annotations

import json

import pytest
from outside import ROOT, code_of_the_how_to, install, python, spikebridge

pytestmark = pytest.mark.xdist_group("outside")
LIF = "leaky_integrate_and_fire"
LISTS = f"""
import json, sys
sys.path[:0] = [{str(ROOT / "tests")!r}, {str(ROOT / "tests" / "agreement")!r}]
from spikebridge.reports.proof.taking_part import taking_part
import test_grid, test_mutations, test_random_definitions, under_test
print(json.dumps({{
    "compare": [engine.name for engine in taking_part((), {{}})], "grid": under_test.EVERYWHERE, "spine": under_test.SPINE,
    "random definitions": test_random_definitions.PROVEN, "mutations": test_mutations.SIMULATORS,
}}))
assert "scipy" not in sys.modules, "it is imported where it runs"
"""
PROVEN = f"""
import sys
sys.path[:0] = [{str(ROOT / "tests")!r}, {str(ROOT / "tests" / "agreement")!r}]
import pytest, test_grid, test_mutations
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.engines.running import Runner
test_mutations.SIMULATORS = ["lsoda"]
with Runner([find_engine("lsoda")], stays=True) as runner:
    for name in ("leaky_integrate_and_fire", "fitzhugh_nagumo", "rulkov"):
        comparison = test_grid.compared(test_grid.shortened(load_experiment(name)), ("lsoda",), False, runner)
        test_grid.check(comparison)
        print(name, comparison["lsoda"].verdict)
    for mutation in test_mutations.MUTATIONS:
        with pytest.MonkeyPatch.context() as monkeypatch:
            test_mutations.test_a_simulator_that_runs_another_model_is_found_out(mutation, monkeypatch, runner)
"""


@pytest.fixture(scope="module")
def lsoda(tmp_path_factory):
    """A folder in which the how-to's package is installed."""
    code, entry_points = code_of_the_how_to()
    return install(tmp_path_factory.mktemp("lsoda"), "spikebridge_lsoda", code, entry_points)


def test_it_is_compared_in_a_worker_of_its_own(lsoda, tmp_path) -> None:
    """Its verdict rests on its ladder of tolerances, as CVODE's does; there is no translation to prove."""
    done = spikebridge(lsoda, "compare", LIF, "--engine", "lsoda", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["engines"]["lsoda"]
    assert found["verdict"] == "agree" and "of the exact solution at this tolerance" in found["because"]
    assert found["translation"] is None and len(found["convergence"]["tolerance"]) == 4
    assert found["convergence"]["limit_difference_ms"] < 1e-5


def test_what_it_cannot_express_it_says_by_name(lsoda, tmp_path) -> None:
    """It is not run."""
    done = spikebridge(lsoda, "compare", "rulkov", "--engine", "lsoda", "--json", cwd=tmp_path)
    assert done.returncode == 3
    assert json.loads(done.stdout)["engines"]["lsoda"]["reason"] == "lsoda has no maps, which rulkov needs"


def test_doctor_knows_it(lsoda) -> None:
    """And that its package is there."""
    findings = {f["what"]: f for f in json.loads(spikebridge(lsoda, "doctor", "--json").stdout)["findings"]}
    assert findings["engine lsoda"]["found"] == "LSODA, of scipy" and findings["scipy"]["needed"]


def test_every_list_of_engines_has_it(lsoda) -> None:
    """Those of `compare`, of the grid, of random definitions and mutations; none of them is loaded for being listed."""
    done = python(lsoda, "-c", LISTS)
    assert done.returncode == 0, done.stderr
    lists = json.loads(done.stdout)
    assert len(lists) == 5 and all("lsoda" in names and "neuron" in names for names in lists.values()), lists


def test_the_grid_and_the_mutations_run_on_it(lsoda, tmp_path) -> None:
    """The tests' own: right models agree, a map is named as what it lacks, every mutated model is found out."""
    done = python(lsoda, "-c", PROVEN, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[:3] == [f"{LIF} agree", "fitzhugh_nagumo agree", "rulkov not run"]


def test_nothing_is_loaded_before_it_is_asked_for(tmp_path) -> None:
    """`import spikebridge`, `--help` and another engine by name do without; a default comparison does not."""
    package = install(tmp_path, "loud_engine", 'raise ValueError("loaded")', {"loud": "loud_engine:ENGINE"})
    assert python(package, "-c", "import sys, spikebridge; assert 'loud_engine' not in sys.modules").returncode == 0
    assert spikebridge(package, "compare", "--help").stderr == ""
    named = spikebridge(package, "compare", LIF, "--quick", "--engine", "reference", "--json")
    assert (named.returncode, named.stderr) == (0, "")


def test_a_broken_one_is_told_in_one_line(tmp_path) -> None:
    """By `doctor`, by whoever asks for it by name, and by a comparison that it would have taken part in."""
    package = install(tmp_path, "loud_engine", 'raise ValueError("this is\\nno engine")', {"loud": "loud_engine:ENGINE"})
    why = "the engine 'loud' of loud-engine 0.1 cannot be loaded: ValueError: this is no engine"
    named = spikebridge(package, "compare", LIF, "--engine", "reference", "--engine", "loud", "--json")
    assert (named.returncode, named.stdout, named.stderr) == (3, "", f"spikebridge: {why}\n")
    unasked = spikebridge(package, "compare", LIF, "--quick", "--json")
    assert (unasked.returncode, unasked.stderr) == (0, f"spikebridge: {why}\n")
    assert list(json.loads(unasked.stdout)["engines"]) == ["reference", "brian2", "neuron"]
    doctor = spikebridge(package, "doctor", "--json")
    finding = next(f for f in json.loads(doctor.stdout)["findings"] if f["what"] == "engine loud")
    assert doctor.returncode == 3 and finding["remedy"] == why and not finding["found"]
