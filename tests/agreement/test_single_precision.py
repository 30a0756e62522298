"""Single precision in the simulators: Brian2 obeys in both kinds of code, job by job, and is held to the reference; NEURON has none."""

import json
from dataclasses import replace

import numpy as np
import pytest
from runs import as_neuron, spiking

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines import brian2_worker, registry
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import ENGINES
from spikebridge.bridge.engines.running import Run, Runner
from spikebridge.reports.formats.json_format import render_json
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import FINE, Verdict

pytestmark = pytest.mark.xdist_group("precision")
HH, LIF = "hodgkin_huxley", "leaky_integrate_and_fire"


def single(name: str, duration: str = "10 ms", dt: str = "0.02 ms") -> Experiment:
    if name == "adex":
        return Experiment(load(name), step("1500 pA", "1 ms"), duration, dt, precision="float32")
    return replace(spiking(name, duration, dt), precision=Precision.SINGLE)


@pytest.mark.parametrize("name", ["brian2", "brian2_numpy"])
def test_a_worker_that_stays_takes_every_job_in_its_own_precision(name) -> None:
    """Single between double and double again: each the same to the last bit as before, and the two apart by rounding."""
    engine, experiment = ENGINES[name], single(HH)
    scheme = find_scheme(engine, None, experiment.model)
    double = replace(experiment, precision=Precision.DOUBLE)
    with Runner([engine], stays=True) as runner:
        found = runner.start([Run(e, engine, scheme) for e in (double, experiment, double, experiment)])()
        assert not [o for o in found if not hasattr(o, "values")], found
        again = runner.start([Run(double, engine, scheme)])()
    first, rounded, second, rounded_again = (recording["v"] for recording in found)
    assert np.array_equal(first, second) and np.array_equal(first, again[0]["v"]) and np.array_equal(rounded, rounded_again)
    assert 1e-6 < np.max(np.abs(first - rounded)) < 0.1
    # in volts, as Brian2 keeps it
    assert np.allclose((rounded * 1e-3).astype(np.float32).astype(float), rounded * 1e-3, rtol=1e-15, atol=0)
    assert not np.allclose((first * 1e-3).astype(np.float32).astype(float), first * 1e-3, rtol=1e-15, atol=0)


def test_compiled_code_of_one_precision_is_never_that_of_the_other(tmp_path, monkeypatch) -> None:
    """Each has a folder of its own in the cache."""
    monkeypatch.setenv("SPIKEBRIDGE_CACHE", str(tmp_path))
    monkeypatch.setattr(brian2_worker, "_overlays", {})
    folders = [brian2_worker._overlay(str(precision)).shared for precision in Precision]
    assert len(set(folders)) == 2 and brian2_worker._overlay("float32").shared == folders[1]
    brian2_worker.clean_up()
    assert {path.name for path in (tmp_path / "brian2").iterdir()} == {folder.name for folder in folders}


@pytest.mark.parametrize("name", [HH, LIF, "adex"])
def test_brian2_is_proven_in_single_precision_under_every_scheme(name, workers) -> None:
    """Against the reference in single precision; NEURON's column says why it has none."""
    comparison = compare(single(name), ["brian2_numpy", "neuron"], {"brian2_numpy": "all"}, quick=True, runner=workers)
    *ran, absent = comparison.entries
    assert len(ran) >= 4
    for entry in ran:
        assert entry.translation.passed and entry.verdict in FINE, entry.because
        assert "single precision's round-off" in entry.because
    assert absent.verdict is Verdict.NOT_RUN
    assert absent.reason == "NEURON computes in double precision only; it runs with --precision float64"


def test_a_ladder_in_single_precision_leads_to_the_exact_solution() -> None:
    """Of compiled code; the document says the precision, and how far round-off may have taken each rung."""
    comparison = compare(single(HH, "20 ms", "0.01 ms"), ["brian2"], {"brian2": ["rk4", "exponential_euler"]})
    for entry in comparison.entries:
        assert entry.translation.passed and entry.verdict in FINE and entry.convergence.reaches_exact, entry.because
    document = json.loads(render_json(comparison))
    assert document["experiment"]["precision"] == "float32"
    rounded = document["engines"]["brian2/rk4"]["convergence"]["round_off_ms"]
    assert len(rounded) == 4 and all(0 < r < 0.01 for r in rounded)


def test_a_thousandth_of_a_conductance_is_found_in_single_precision(monkeypatch, workers) -> None:
    """And named."""
    wrong = load(HH).with_parameters(g_Na="120.12 mS/cm2")
    monkeypatch.setitem(registry.ENGINES, "brian2_numpy", as_neuron(registry.ENGINES["brian2_numpy"], wrong))
    entry = compare(single(HH, "10 ms", "0.01 ms"), ["brian2_numpy"], quick=True, runner=workers)["brian2_numpy"]
    assert entry.verdict is Verdict.OTHER_LIMIT
    assert "look at the equation of v" in entry.because and "g_Na = 120.12 instead of 120 mS/cm2 explains" in entry.because
