"""What a recording by unknown code says of a known model: nothing where nothing differs, and the name of what does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from runs import mutated

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.system import build_family, build_system
from spikebridge.reference.integrate import NEURON, Convention, integrate
from spikebridge.reference.system import System
from spikebridge.reports.proof.residual.at_resets import differences_at_resets
from spikebridge.reports.proof.residual.decision import Decision, Finding, find_out, words_of
from spikebridge.reports.proof.residual.envelope import envelope
from spikebridge.reports.proof.residual.hypothesis import TABLES
from spikebridge.reports.proof.residual.literals import lifted
from spikebridge.reports.proof.residual.propagation import Equations
from spikebridge.reports.proof.residual.tables import tabulated
from spikebridge.reports.proof.residual.trace import NoEvidence, trace_of

HH = Experiment("hodgkin_huxley", step("20 uA/cm2", "0.5 ms"), "5 ms", "0.02 ms")
LIF = Experiment(load("leaky_integrate_and_fire").with_parameters(tau_refrac="2 ms"), step("3 nA", "1 ms"), "40 ms", "0.05 ms")
SYNAPSE = """
name = "alpha_synapse"
title = "A passive cell with an alpha conductance as two states"
equations = '''
dv/dt = (g_L*(E_L - v) + g*(E_s - v) + I_stim)/C : mV
dg/dt = (x - g)/tau : nS
dx/dt = -x/tau : nS
I_stim : pA
'''
[parameters]
C = "200 pF"
g_L = "10 nS"
E_L = "-70 mV"
E_s = "0 mV"
tau = "2 ms"
w = "5 nS"
[initial]
v = "-70 mV"
g = "0 nS"
x = "w"
"""
CALCIUM = """
name = "calcium"
title = "A passive cell with a calcium current, what it lets in, and a potassium current that this opens"
equations = '''
dv/dt = (I_stim - I_Ca - g_K*ca/(ca + K_d)*(v - E_K) - g_L*(v - E_L))/C_m : mV
I_Ca = g_Ca/(1 + exp(-(v + 50*mV)/(6*mV)))*(v - E_Ca) : uA/cm2
dca/dt = -k*I_Ca - r*ca : mM
I_stim : uA/cm2
'''
[parameters]
C_m = "1 uF/cm2"
g_Ca = "0.02 mS/cm2"
E_Ca = "120 mV"
g_K = "0.3 mS/cm2"
E_K = "-90 mV"
g_L = "0.1 mS/cm2"
E_L = "-65 mV"
K_d = "1 mM"
k = "0.02 mM*cm2/uA/ms"
r = "0.05 1/ms"
[initial]
v = "-65 mV"
ca = "0 mM"
"""


def samples(
    experiment: Experiment, model: Model | None = None, scheme: str = "forward_euler", system: System | None = None,
    convention: Convention = NEURON,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    """All states of a run of some model, as a recording would hold them."""
    model = model or experiment.model
    run = integrate(system or build_system(model), scheme, experiment.duration_ms, experiment.dt_ms, experiment.drive, convention)
    states = run.states if run.states.ndim == 2 else run.states[..., 0]
    return run.t_ms, {s: x / model.factor(s) for s, x in zip(model.state_names, states, strict=True)}


def found(experiment: Experiment, model: Model | None = None, alone: bool = False, scheme: str = "forward_euler") -> Finding:
    t_ms, states = samples(experiment, model, scheme)
    return find_out(experiment, t_ms, {experiment.observed: states[experiment.observed]} if alone else states)


def said(finding: Finding) -> str:
    """Of all that explains it, in words."""
    return "; ".join(map(words_of, finding.culprits))


@pytest.mark.parametrize("scheme", ["forward_euler", "exponential_euler", "backward_euler", "rk4"])
@pytest.mark.parametrize("alone", [True, False])
def test_what_a_scheme_leaves_is_no_difference(scheme, alone) -> None:
    """Of right equations; with what would have shown."""
    finding = found(HH, alone=alone, scheme=scheme)
    assert finding.decision is Decision.SAME and not finding.culprits and finding.left < 1, finding
    assert "would show" in finding.because


def test_forward_euler_reads_everything_half_a_step_early() -> None:
    """The factors of all columns are 1: the envelope holds the scheme for what it is."""
    t_ms, states = samples(replace(HH, dt="0.005 ms"))
    family = build_family(HH.model)
    columns = envelope(Equations(family, trace_of(HH, family, t_ms, states)))
    assert columns.factors == pytest.approx(1.0, abs=0.1)


CHANGES = {
    "g_K = 30 mS/cm2 instead of 36 mS/cm2": [('g_K = "36 mS/cm2"', 'g_K = "30 mS/cm2"')],
    "15 mV instead of 10 mV in alpha_n": [("1 - exp(-(v + 55*mV)/(10*mV))", "1 - exp(-(v + 55*mV)/(15*mV))")],
    "dh/dt times 0.33333": [("alpha_h*(1 - h) - beta_h*h", "(alpha_h*(1 - h) - beta_h*h)/3")],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_named(change) -> None:
    """With the value that the samples follow."""
    finding = found(HH, mutated(HH.model, *CHANGES[change]))
    assert finding.decision is Decision.DIFFERENT
    first = words_of(finding.culprits[0])
    assert first == change or first.startswith("dh/dt times 0.333") is change.startswith("dh/dt"), said(finding)


def test_a_change_is_named_from_the_voltage_alone() -> None:
    """The other states follow their equations under it."""
    finding = found(HH, mutated(HH.model, *CHANGES["g_K = 30 mS/cm2 instead of 36 mS/cm2"]), alone=True, scheme="backward_euler")
    assert words_of(finding.culprits[0]) == "g_K = 30 mS/cm2 instead of 36 mS/cm2"
    assert finding.culprits[0].explains > 0.999


def test_what_is_fitted_from_too_far_is_named() -> None:
    """A slope of 22 mV that is 16 mV: the first step towards it goes too far, and comes back only slowly."""
    erisir = replace(load_experiment("erisir"), duration="5 ms")
    model = mutated(erisir.model, ("22.222*mV", "15.555*mV"))
    assert words_of(found(erisir, model, scheme="exponential_euler").culprits[0]) == "15.555 mV instead of 22.222 mV in beta_n"


def test_a_change_of_when_a_hidden_level_is_crossed_is_named() -> None:
    """y resets x, which alone is recorded: where x does not show it, there was none."""
    resonator = replace(load_experiment("resonate_and_fire"), duration="2 ms")
    finding = found(resonator, resonator.model.with_parameters(omega="7 1/ms"), alone=True)
    assert words_of(finding.culprits[0]) == "omega = 7 1/ms instead of 10 1/ms"


def test_calcium_per_area_off_by_ten_is_named() -> None:
    """Ten times as much for the same current, from the voltage alone; what it is made of ties."""
    model = parse_model(CALCIUM, "calcium.toml")
    experiment = Experiment(model, step("2 uA/cm2", "1 ms"), "30 ms", "0.05 ms")
    finding = found(experiment, model.with_parameters(k="0.2 mM*cm2/uA/ms"), alone=True)
    assert "k = 0.2" in said(finding) and finding.decision is Decision.DIFFERENT, said(finding)


def test_two_constants_in_each_others_place_are_named() -> None:
    """g_Na for g_K and g_K for g_Na."""
    model = HH.model
    swapped = model.with_parameters(g_Na=model.parameters["g_K"], g_K=model.parameters["g_Na"])
    assert said(found(HH, swapped)) == "g_Na and g_K in each other's place"


def test_a_forgotten_temperature_is_named() -> None:
    """All gates three times as slow: ten degrees."""
    slow = [(f"alpha_{x}*(1 - {x}) - beta_{x}*{x}", f"(alpha_{x}*(1 - {x}) - beta_{x}*{x})/3") for x in "mhn"]
    finding = found(HH, mutated(HH.model, *slow))
    assert "all rates but that of v times 0.333" in said(finding) and "T = " in said(finding)  # a tie: T is what phi is made of


def test_a_table_of_rates_is_named() -> None:
    """No constant fits NEURON's built-in hh; one entry a millivolt does."""
    family, plain = build_family(HH.model), build_system(HH.model, 1)

    def rates(y, stimulus):
        looked_up = tabulated(family, TABLES[0], y, stimulus, {})
        return tuple(x if new is None else new for x, new in zip(plain.rates(y, stimulus), looked_up, strict=True))

    fine = replace(HH, dt="0.01 ms", duration="4 ms")
    t_ms, states = samples(fine, scheme="rk4", system=replace(plain, rates=rates))
    finding = find_out(fine, t_ms, states)
    assert finding.culprits[0].kind == "table"
    assert said(finding) == "a table with one entry a millivolt for the steady states and time constants of m, h, n"


def test_what_a_synapse_weighs_is_named_with_its_tie() -> None:
    """Off by e, as where an alpha function's peak is taken for its factor; the initial value of x is the same thing."""
    model = parse_model(SYNAPSE, "alpha_synapse.toml")
    experiment = Experiment(model, (), "20 ms", "0.05 ms")
    finding = found(experiment, model.with_parameters(w=f"{5 * np.e!r} nS"), alone=True)
    assert {c.name for c in finding.culprits} >= {"w", "x at 0 ms"}
    assert float(finding.culprits[0].found.split()[0]) == pytest.approx(5 * np.e, rel=0.03)


def test_exact_ties_are_listed_as_ties() -> None:
    """No recording can part the membrane's resistance from the size of the stimulus."""
    finding = found(LIF, LIF.model.with_parameters(R_m="12 Mohm"))
    assert {"R_m", "I_stim"} <= {c.name for c in finding.culprits} and "so does" in finding.because


@pytest.mark.parametrize(("steps", "word"), [(1, "1 step longer"), (-2, "1 step shorter")])
def test_a_refractory_period_off_by_a_step_is_named(steps, word) -> None:
    """Beyond what simulators count for it: one step less, as Brian2 does, is no difference."""
    wrong = replace(NEURON, refractory_steps=lambda period, dt: NEURON.refractory_steps(period, dt) + steps)
    t_ms, states = samples(LIF, convention=wrong)
    finding = find_out(LIF, t_ms, states)
    assert [c.kind for c in finding.culprits] == ["refractory"] and word in said(finding)


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"v_reset": "-64 mV"}, "reset", "v_reset = -64 mV instead of -65 mV"),
        ({"theta": "-49 mV"}, "threshold", "theta = between -49."),
    ],
)
def test_what_shows_at_resets_alone_is_named(change, kind, words) -> None:
    """It is in no residual."""
    finding = found(LIF, LIF.model.with_parameters(change))
    assert [c.kind for c in finding.culprits] == [kind] and said(finding).startswith(words), said(finding)


@pytest.mark.parametrize(
    "name", ["leaky_integrate_and_fire", "quadratic_integrate_and_fire", "theta_neuron", "izhikevich", "adex"]
)
@pytest.mark.parametrize("scheme", ["forward_euler", "rk4"])
def test_resets_as_they_are_defined_are_no_difference(name, scheme) -> None:
    """However the next step would have gone on beyond the level."""
    experiment = replace(load_experiment(name), duration="60 ms" if name != "quadratic_integrate_and_fire" else "50 ms")
    values = samples(experiment, scheme=scheme)[1][experiment.observed]
    assert differences_at_resets(experiment, build_family(experiment.model), values, experiment.dt_ms) == []


def test_nothing_is_named_on_no_evidence() -> None:
    """Neither of noise, nor of a recording that changes at every sample, nor of a map."""
    t_ms, states = samples(HH)
    noisy = {"v": states["v"] + 1e-2 * np.random.default_rng(1).standard_normal(len(t_ms))}
    assert not find_out(HH, t_ms, noisy).culprits
    assert find_out(HH, t_ms[:10], {"v": states["v"][:10]}).decision is Decision.UNDECIDED
    rulkov = Experiment("rulkov", (), "20 ms", "1 ms")
    assert find_out(rulkov, rulkov.t_ms, {"x": np.zeros(21)}).decision is Decision.UNDECIDED


def test_too_few_samples_are_no_evidence() -> None:
    """Said in words."""
    t_ms, states = samples(HH)
    with pytest.raises(NoEvidence, match="too few of its samples"):
        trace_of(HH, build_family(HH.model), t_ms[:10], {"v": states["v"][:10]})


@pytest.mark.parametrize("name", ["hodgkin_huxley", "pospischil", "izhikevich"])
def test_lifted_numbers_leave_the_rates_as_they_are(name) -> None:
    """To round-off; and a number that is changed is changed wherever it stands in its equation."""
    model = load(name)
    family = build_family(lifted(model).model)
    y = tuple(np.array([x, 1.1 * x + 0.01]) for x in model.initial_values.values())
    for a, b in zip(family.rates(y, np.zeros(1), {}), build_system(model, 2).rates(y, np.zeros(1)), strict=True):
        assert a == pytest.approx(b, rel=1e-12, abs=1e-15)
    if name == "hodgkin_huxley":
        assert {"0.1 1/mV/ms in alpha_m", "40 mV in alpha_m", "10 mV in alpha_m"} <= {
            str(x) for x in lifted(model).literals.values()
        }
