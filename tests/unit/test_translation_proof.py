"""The translation proof finds what is wrong and in which equation, and lets pass what is right."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from runs import REFERENCE, mutated, recording_of, spiking

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.engines.brian2_engine import Brian2Engine
from spikebridge.bridge.engines.neuron_engine import NeuronEngine
from spikebridge.reference.schemes import INTEGRATORS, MEMBRANE_LESS
from spikebridge.reports.proof.translation_proof import TranslationProof, Twin, prove_translation, run_twin

pytestmark = pytest.mark.xdist_group("proofs")

HH, LIF = "hodgkin_huxley", "leaky_integrate_and_fire"
# what is written wrongly, and the variable whose equation it stands in
MUTATIONS = {
    "sign of the leak current": (HH, [("I_Na - I_K - I_L", "I_Na - I_K + I_L")], "v"),
    "a thousandth of the sodium conductance": (HH, [('g_Na = "120 mS/cm2"', 'g_Na = "120.12 mS/cm2"')], "v"),
    "a thousandth of the potassium conductance": (HH, [('g_K = "36 mS/cm2"', 'g_K = "36.036 mS/cm2"')], "v"),
    "a thousandth of the leak": (HH, [('g_L = "0.3 mS/cm2"', 'g_L = "0.3003 mS/cm2"')], "v"),
    # V_L = 10.613 mV counted from rest against 10.7, as some textbooks round it
    "E_L of -54.3 mV": (HH, [('E_L = "-54.387 mV"\n\n[initial]', 'E_L = "-54.3 mV"\n\n[initial]')], "v"),
    "m squared": (HH, [("m**3", "m**2")], "v"),
    "n cubed": (HH, [("n**4", "n**3")], "v"),
    "alpha and beta of m swapped": (HH, [("alpha_m*(1 - m) - beta_m*m", "beta_m*(1 - m) - alpha_m*m")], "m"),
    "alpha and beta of h swapped": (HH, [("alpha_h*(1 - h) - beta_h*h", "beta_h*(1 - h) - alpha_h*h")], "h"),
    "alpha and beta of n swapped": (HH, [("alpha_n*(1 - n) - beta_n*n", "beta_n*(1 - n) - alpha_n*n")], "n"),
    "a rate of h to four digits": (HH, [("alpha_h = 0.07/ms", "alpha_h = 0.07001/ms")], "h"),
    "reset a tenth of a millivolt too high": (LIF, [('v_reset = "-65 mV"', 'v_reset = "-64.9 mV"')], "v"),
    "threshold a millivolt too high": (LIF, [('theta = "-50 mV"', 'theta = "-49 mV"')], "v"),
    "refractory one step more": (LIF, [('tau_refrac = "2 ms"', 'tau_refrac = "2.01 ms"')], "v"),
    "refractory one step less": (LIF, [('tau_refrac = "2 ms"', 'tau_refrac = "1.99 ms"')], "v"),
    "no refractory period": (LIF, [('refractory = "tau_refrac"', "")], "v"),
    "time constant": (LIF, [('tau_m = "10 ms"', 'tau_m = "10.01 ms"')], "v"),
}  # fmt: skip

WITH_MEMBRANE = [scheme for scheme in INTEGRATORS if scheme not in MEMBRANE_LESS]


@cache
def twin(name: str, scheme: str) -> Twin:
    """What the reference should do, made once."""
    found = run_twin(spiking(name), REFERENCE, REFERENCE.schemes[scheme])
    assert found is not None
    return found


def proof(experiment: Experiment, scheme: str, recording) -> TranslationProof:
    return prove_translation(experiment, REFERENCE, REFERENCE.schemes[scheme], recording, twin(experiment.model.name, scheme))


@pytest.mark.parametrize("scheme", WITH_MEMBRANE)
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_wrong_model_fails_and_its_equation_is_named(mutation, scheme) -> None:
    """Judged against the right model, under every scheme."""
    name, changes, variable = MUTATIONS[mutation]
    right = spiking(name)
    wrong = replace(right, model=mutated(right.model, *changes))
    found = proof(right, scheme, recording_of(wrong, scheme))
    print(found.worst, found.step_defect, found.limit)
    assert not found.passed
    assert found.worst == variable
    assert found.step_defect[variable] > 10 * found.limit[variable]


@pytest.mark.parametrize("scheme", WITH_MEMBRANE)
@pytest.mark.parametrize("mutation", [m for m, (name, _, _) in MUTATIONS.items() if name == HH])
def test_the_equation_is_named_at_a_coarse_step_too(mutation, scheme) -> None:
    """At dt = 0.05 ms, where a wrong potential moves the gates further within the step."""
    _, changes, variable = MUTATIONS[mutation]
    right = spiking(HH, "2.5 ms", "0.05 ms")
    wrong = replace(right, model=mutated(right.model, *changes))
    matched = run_twin(right, REFERENCE, REFERENCE.schemes[scheme])
    found = prove_translation(right, REFERENCE, REFERENCE.schemes[scheme], recording_of(wrong, scheme), matched)
    assert (found.passed, found.worst) == (False, variable)


@pytest.mark.parametrize("scheme", WITH_MEMBRANE)
@pytest.mark.parametrize("name", [HH, "hodgkin_huxley_relative", LIF])
def test_the_right_model_passes(name, scheme) -> None:
    """Every step defect within round-off, the whole run within 1e-9 of each variable's range, and it did spike."""
    experiment = spiking(name)
    recording = recording_of(experiment, scheme)
    found = proof(experiment, scheme, recording)
    assert len(recording.spike_times_ms) > 1
    assert found.passed
    for variable, distance in found.max_abs.items():
        assert found.step_defect[variable] <= found.limit[variable]
        assert distance <= 1e-9 * np.ptp(recording[variable])


@pytest.mark.parametrize("scheme", WITH_MEMBRANE)
def test_a_changed_parameter_of_the_experiment_itself_passes(scheme) -> None:
    """A tenth less sodium conductance, known to both sides, is no fault."""
    experiment = Experiment(load(HH).with_parameters(g_Na="108 mS/cm2"), spiking(HH).stimulus, "10 ms")
    matched = run_twin(experiment, REFERENCE, REFERENCE.schemes[scheme])
    recording = recording_of(experiment, scheme)
    assert prove_translation(experiment, REFERENCE, REFERENCE.schemes[scheme], recording, matched).passed


@pytest.mark.parametrize("digits", [6, 9])
def test_a_conductance_wrong_in_a_late_digit_fails(digits) -> None:
    """g_Na off by one part in a million, and in a thousand million: still far above round-off."""
    right = spiking(HH)
    wrong = replace(right, model=right.model.with_parameters(g_Na=f"{120 * (1 + 10.0**-digits)!r} mS/cm2"))
    found = proof(right, "backward_euler", recording_of(wrong, "backward_euler"))
    assert not found.passed
    assert found.worst == "v"


@pytest.mark.parametrize(
    ("ran", "judged"), [("forward_euler", "exponential_euler"), ("backward_euler", "crank_nicolson"), ("rk2", "rk4")]
)
def test_another_scheme_than_the_one_claimed_fails(ran, judged) -> None:
    """The same neuron, integrated otherwise."""
    assert not proof(spiking(HH), judged, recording_of(spiking(HH), ran)).passed


@pytest.mark.parametrize("variable", ["v", "m", "h", "n"])
def test_one_wrong_sample_of_one_variable_is_found(variable) -> None:
    """A gate or potential nudged by a millionth of its size, once in two thousand steps."""
    recording = recording_of(spiking(HH), "rk4")
    samples = recording[variable].copy()
    samples[777] *= 1 + 1e-6
    found = proof(spiking(HH), "rk4", replace(recording, values={**recording.values, variable: samples}))
    assert not found.passed
    assert found.worst == variable


@pytest.mark.parametrize("variable", ["v", "n"])
def test_a_wrong_initial_value_is_found(variable) -> None:
    """The run is another one from the first sample on, though every step of it is right."""
    right = spiking(HH)
    value = "-64.999 mV" if variable == "v" else "0.318"
    wrong = replace(right, model=right.model.with_initial({variable: value}))
    found = proof(right, "rk4", recording_of(wrong, "rk4"))
    assert not found.passed
    start = right.model.initial_values[variable]
    assert found.step_defect[variable] == pytest.approx(abs(wrong.model.initial_values[variable] - start), rel=1e-6)


def test_a_sample_that_is_no_number_fails() -> None:
    """Not a number is infinitely far from one."""
    recording = recording_of(spiking(HH), "rk4")
    samples = recording["h"].copy()
    samples[500] = np.nan
    found = proof(spiking(HH), "rk4", replace(recording, values={**recording.values, "h": samples}))
    assert not found.passed
    assert found.step_defect["h"] == np.inf


def test_a_stimulus_a_step_late_fails_in_the_voltage() -> None:
    """1.01 ms instead of 1 ms: only one step of v is wrong."""
    right = spiking(HH)
    late = replace(right, stimulus=(replace(right.stimulus[0], values=(("amplitude", "20 uA/cm2"), ("start", "1.01 ms"))),))
    found = proof(right, "forward_euler", recording_of(late, "forward_euler"))
    assert not found.passed
    assert found.worst == "v"
    assert found.step_defect["v"] == pytest.approx(20 * 0.01)  # I dt / C_m


@pytest.mark.parametrize("other", [NeuronEngine(), Brian2Engine("brian2", "cython")])
def test_refractory_steps_are_counted_as_the_judged_simulator_counts(other) -> None:
    """What Brian2 does is wrong for NEURON, and the other way round: one step of rest."""
    experiment = spiking(LIF)
    other_scheme = next(s for s in other.schemes.values() if s.twin in ("exponential_euler", "backward_euler"))
    scheme = REFERENCE.schemes[other_scheme.twin]
    matched = run_twin(experiment, other, other_scheme)
    recording = recording_of(experiment, scheme.name)
    found = prove_translation(experiment, other, other_scheme, recording, matched)
    assert found.passed is (other.convention is REFERENCE.convention)


def test_an_adaptive_integrator_has_no_twin() -> None:
    """Nothing to prove for CVODE and the exact solution."""
    assert run_twin(spiking(HH), NeuronEngine(), NeuronEngine.schemes["cvode"]) is None
    assert run_twin(spiking(HH), REFERENCE, REFERENCE.schemes["exact"]) is None


@pytest.mark.parametrize(
    ("changes", "against"),
    [
        ({}, "the hand-written hodgkin_huxley"),
        ({"g_K": "30 mS/cm2"}, "the hand-written hodgkin_huxley"),
        ({"E_Na": "55 mV"}, "the definition evaluated node by node"),
    ],
)
def test_the_proof_says_what_it_compared_with(changes, against) -> None:
    """The hand-written neuron where it can have these parameters."""
    experiment = Experiment(load(HH).with_parameters(**changes), spiking(HH).stimulus, "1 ms")
    assert run_twin(experiment, REFERENCE, REFERENCE.schemes["rk4"]).against == against


def test_a_user_file_of_a_catalogue_name_is_not_taken_for_the_catalogue_model() -> None:
    """Its equations may differ: it is judged by its own definition."""
    experiment = Experiment(mutated(load(HH)), spiking(HH).stimulus, "1 ms")
    assert run_twin(experiment, REFERENCE, REFERENCE.schemes["rk4"]).against == "the definition evaluated node by node"


def test_units_go_with_the_numbers() -> None:
    """Each variable's own."""
    found = proof(spiking(HH), "rk4", recording_of(spiking(HH), "rk4"))
    assert {name: found.units[name] for name in found.limit} == {"v": "mV", "m": "1", "h": "1", "n": "1"}
