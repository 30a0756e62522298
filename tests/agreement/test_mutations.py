"""A translation gone wrong is found out in the simulators themselves: each runs a mutated model, judged against the right one.

A scheme of fixed steps is found out step by step, and the equation is named; an adaptive integrator by its limit.
"""

from dataclasses import replace

import pytest
from runs import as_neuron, mutated, spiking
from under_test import SIMULATORS

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines import registry
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.reports.proof.comparison import Comparison, compare
from spikebridge.reports.proof.verdict import Verdict

HH, LIF = "hodgkin_huxley", "leaky_integrate_and_fire"
LASTING = {HH: "10 ms", LIF: "20 ms"}  # what a reset leaves behind shows in the next spike
# what is written wrongly, and the variable whose equation it stands in
MUTATIONS = {
    "sign of the leak current": (HH, [("I_Na - I_K - I_L", "I_Na - I_K + I_L")], "v"),
    "a thousandth of the sodium conductance": (HH, [('g_Na = "120 mS/cm2"', 'g_Na = "120.12 mS/cm2"')], "v"),
    # V_L = 10.613 mV counted from rest against 10.7, as some textbooks round it
    "E_L of -54.3 mV": (HH, [('E_L = "-54.387 mV"\n\n[initial]', 'E_L = "-54.3 mV"\n\n[initial]')], "v"),
    "alpha and beta of h swapped": (HH, [("alpha_h*(1 - h) - beta_h*h", "beta_h*(1 - h) - alpha_h*h")], "h"),
    "reset a tenth of a millivolt too high": (LIF, [('v_reset = "-65 mV"', 'v_reset = "-64.9 mV"')], "v"),
    "refractory one step more": (LIF, [('tau_refrac = "2 ms"', 'tau_refrac = "2.01 ms"')], "v"),
}  # fmt: skip

pytestmark = pytest.mark.xdist_group("mutations")


def judged(experiment: Experiment, changes, monkeypatch, workers, quick: bool = True) -> Comparison:
    """A comparison in which all simulators run the mutated model under the right one's name, by their default schemes."""
    wrong = mutated(experiment.model, *changes)
    for simulator in SIMULATORS:
        monkeypatch.setitem(registry.ENGINES, simulator, as_neuron(find_engine(simulator), wrong))
    return compare(experiment, SIMULATORS, quick=quick, runner=workers)


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_simulator_that_runs_another_model_is_found_out(mutation, monkeypatch, workers) -> None:
    """Each of them: never agreement, and the sentence names the equation."""
    name, changes, variable = MUTATIONS[mutation]
    comparison = judged(spiking(name, LASTING[name]), changes, monkeypatch, workers)
    for key in SIMULATORS:
        entry = comparison[key]
        print(key, entry.because)
        assert entry.recording is not None, entry.reason
        assert entry.verdict is Verdict.OTHER_LIMIT
        if entry.scheme.twin is None:
            assert entry.convergence.difference > entry.convergence.uncertainty
        else:
            assert f"look at the equation of {variable};" in entry.because
    assert comparison.verdict is Verdict.OTHER_LIMIT


def test_a_simulator_that_runs_the_right_model_is_not(monkeypatch, workers) -> None:
    """The same detour with nothing changed: the proof passes."""
    comparison = judged(spiking(LIF, "10 ms"), [], monkeypatch, workers)
    for key in SIMULATORS:
        proof = comparison[key].translation
        assert proof is None or proof.passed, comparison[key].because
        assert comparison[key].verdict in (Verdict.AGREE, Verdict.DISCRETISATION)


def test_the_ladder_points_at_the_other_limit(monkeypatch, workers) -> None:
    """With the ladder, E_L = -54.3 mV shows as another limit in every simulator, and v is named."""
    changes = MUTATIONS["E_L of -54.3 mV"][1]
    comparison = judged(replace(spiking(HH, "10 ms"), dt="0.02 ms"), changes, monkeypatch, workers, quick=False)
    for key in SIMULATORS:
        entry = comparison[key]
        assert entry.verdict is Verdict.OTHER_LIMIT
        assert entry.because.startswith("the limit of small steps is ")
        assert entry.scheme.twin is None or "look at the equation of v," in entry.because
        assert entry.convergence.difference > 10 * entry.convergence.uncertainty
