"""A translation gone wrong is found out in the simulators themselves: each runs a mutated model, judged against the right one."""

from dataclasses import replace

import pytest
from runs import as_neuron, mutated, spiking

from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.engines import registry
from spikebridge.reports.proof.comparison import Comparison, compare
from spikebridge.reports.proof.verdict import Verdict

HH, LIF = "hodgkin_huxley", "leaky_integrate_and_fire"
SIMULATORS = {"neuron": "backward_euler", "brian2_numpy": "exponential_euler"}
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


def judged(name: str, changes, monkeypatch, workers) -> Comparison:
    """A quick comparison in which both simulators run the mutated model under the right one's name."""
    wrong = mutated(load(name), *changes)
    for simulator in SIMULATORS:
        monkeypatch.setitem(registry.ENGINES, simulator, as_neuron(registry.ENGINES[simulator], wrong))
    return compare(spiking(name, "10 ms"), list(SIMULATORS), SIMULATORS, quick=True, runner=workers)


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_simulator_that_runs_another_model_is_found_out(mutation, monkeypatch, workers) -> None:
    """NEURON and Brian2 both: never agreement, and the sentence names the equation."""
    name, changes, variable = MUTATIONS[mutation]
    comparison = judged(name, changes, monkeypatch, workers)
    for key in SIMULATORS:
        entry = comparison[key]
        print(key, entry.because)
        assert entry.recording is not None, entry.reason
        assert entry.verdict is Verdict.OTHER_LIMIT
        assert f"look at the equation of {variable};" in entry.because
    assert comparison.verdict is Verdict.OTHER_LIMIT


def test_a_simulator_that_runs_the_right_model_is_not(monkeypatch, workers) -> None:
    """The same detour with nothing changed: the proof passes."""
    comparison = judged(LIF, [], monkeypatch, workers)
    for key in SIMULATORS:
        assert comparison[key].translation.passed, comparison[key].because
        assert comparison[key].verdict in (Verdict.AGREE, Verdict.DISCRETISATION)


def test_the_ladder_points_at_the_other_limit(monkeypatch, workers) -> None:
    """With the ladder, E_L = -54.3 mV shows as another limit in both simulators, and v is named."""
    wrong = mutated(load(HH), *MUTATIONS["E_L of -54.3 mV"][1])
    for simulator in SIMULATORS:
        monkeypatch.setitem(registry.ENGINES, simulator, as_neuron(registry.ENGINES[simulator], wrong))
    comparison = compare(replace(spiking(HH, "10 ms"), dt="0.02 ms"), list(SIMULATORS), SIMULATORS, runner=workers)
    for key in SIMULATORS:
        entry = comparison[key]
        assert entry.verdict is Verdict.OTHER_LIMIT
        assert entry.because.startswith("the limit of small steps is ")
        assert "look at the equation of v," in entry.because
        assert entry.convergence.difference > 10 * entry.convergence.uncertainty
