"""Slopes of zero: written out where they are zero for good, refused or solved otherwise where they are so at the start."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.linearity import ZERO
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.bridge.engines.base import recorded
from spikebridge.bridge.engines.brian2_simulation import Recorder
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.errors import NotRun
from spikebridge.bridge.system import build_population, build_rates, build_system
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.reference.integrate import integrate
from spikebridge.reference.schemes import SCHEMES
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.culprits import _tabulated
from spikebridge.reports.proof.verdict import Verdict

TEXT = '''name = "zeros"
equations = """
dv/dt = (I_stim - I_L)/C_m : mV
I_L = g_L*(v - E_L) : uA/cm2
dca/dt = k*(v - E_L) - r*ca : mM
dn/dt = -r*n : 1
dtime/dt = 1 : ms
I_stim : uA/cm2
"""
[parameters]
C_m = "1 uF/cm2"
g_L = "0 mS/cm2"
E_L = "-65 mV"
k = "1e-5 mM/mV/ms"
r = "0 1/ms"
[initial]
v = "-65 mV"
ca = "1e-4 mM"
n = "0.5"
time = "0 ms"
'''
ZEROS = parse_model(TEXT, "zeros.toml")
DECAYS = ZEROS.with_parameters(g_L="0.1 mS/cm2", r="0.5 1/ms")


def starts_flat(rest: str = "0.1/ms - s*x/ms") -> Model:
    more = f"ds/dt = -s/(5*ms) : 1\ndx/dt = {rest} : 1\nI_stim"
    return parse_model(
        TEXT.replace("I_stim : ", f"{more} : ").replace("[initial]", '[initial]\ns = "0"\nx = "0.25"'), "flat.toml"
    )


def test_an_equation_whose_slope_is_zero_is_written_without_its_variable() -> None:
    """Directly or through a definition; a slope that is not zero is left as it was written."""
    assert all(form is not None and form.slope == ZERO for form in (*ZEROS.linear.values(), *ZEROS.frozen.values()))
    lines = Brian2Equations(ZEROS).equations.splitlines()
    assert [" ".join(line.split()) for line in lines if line.startswith(("dv", "dca", "dn"))] == [
        "dv/dt = (I_stim + g_L*E_L)/C_m : volt", "dca/dt = k*(v - E_L) : mole/meter**3", "dn/dt = 0/ms : 1",
    ]  # fmt: skip
    assert "n' = 0 (/ms)" in Nmodl(ZEROS).text and Nmodl(ZEROS).method == "cnexp"
    assert DECAYS.regular == {e.name: e.expression for e in DECAYS.equations}


def test_every_engine_takes_the_limit_of_the_exponential_step() -> None:
    """A leak and a decay of zero, and a variable that is a clock: agreement to round-off under every scheme."""
    experiment = Experiment(ZEROS, step("1 uA/cm2", "0.5 ms"), "2 ms", "0.1 ms")
    engines = ["reference", "brian2", "neuron"]
    for entry in compare(experiment, engines, dict.fromkeys(engines, "all"), quick=True).entries:
        assert entry.verdict is Verdict.AGREE, f"{entry.key}: {entry.because or entry.reason}"
        assert entry.recording["ca"][-1] == pytest.approx(1e-4 + 1e-5 * 1.5**2 / 2, abs=2e-6)


@pytest.mark.parametrize("scheme", ["exponential_euler", "backward_euler"])
def test_neurons_with_and_without_a_slope_make_one_population(scheme) -> None:
    """Each as it is alone, to round-off, whichever comes first."""
    drive = step("1 uA/cm2", "0.5 ms")
    alone = [
        integrate(build_system(model), scheme, 2.0, 0.1, Experiment(model, drive, "2 ms", "0.1 ms").drive)
        for model in (ZEROS, DECAYS)
    ]
    for order in (1, -1):
        models = [ZEROS, DECAYS][::order]
        both = integrate(build_population(models), scheme, 2.0, 0.1, Experiment(ZEROS, drive, "2 ms", "0.1 ms").drive)
        for place, run in enumerate(alone[::order]):
            assert np.allclose(both.states[..., place], run.states, rtol=1e-13, atol=1e-13)


def test_a_parameter_that_is_varied_counts_though_it_is_zero() -> None:
    """The rates as a function of it, over a model in which it is zero."""
    rates = build_rates(ZEROS, "r")
    state = tuple(np.array([x]) for x in build_system(ZEROS).initial)
    assert rates(state, 0.0, np.array([0.5]))[2] == pytest.approx(-0.25)


def test_a_slope_that_begins_at_zero_is_not_divided_by() -> None:
    """NEURON solves the equation implicitly, and the reference with it; Brian2 takes another scheme."""
    model = starts_flat()
    assert model.flat_at_start == ("x",) and model.frozen["x"] is None
    assert Nmodl(model).method == "derivimplicit" and build_system(model).relax is None
    assert find_engine("brian2").default_scheme(model) == "rk4"
    assert find_engine("brian2").default_scheme(model.with_initial({"s": "1"})) == "exponential_euler"


def test_a_run_that_divided_by_a_slope_says_by_which() -> None:
    """The equation's name, instead of the advice to take a smaller step."""
    experiment = Experiment(starts_flat(), (), "0.2 ms", "0.1 ms")
    states = {s: np.full(3, x) for s, x in experiment.model.initial_values.items()}
    states["x"][1:] = np.nan
    with pytest.raises(
        NotRun,
        match=r"^the solution left the numbers at t = 0.1 ms \(x\); the slope of dx/dt is zero there, and an exponential step",
    ):
        recorded(experiment, states)


def test_a_clock_beside_gates_has_no_table() -> None:
    """A table of rates is about gates; a variable without a slope moves as it does without one."""
    system = build_system(replace(DECAYS, initial=DECAYS.initial), 1)
    tabulated = _tabulated(system)
    ahead = SCHEMES["backward_euler"].step(tabulated, system.initial, 0.0, 0.1)
    assert ahead[3] == pytest.approx(0.1) and np.all(np.isfinite(ahead))


def test_compiled_code_that_divides_by_zero_leaves_no_numbers() -> None:
    """As numpy code does by itself; what came before is kept, and the reader says which slope it was."""
    value = np.array([0.5])
    variables = {"x": SimpleNamespace(get_value=lambda: value)}
    recorder = Recorder(
        SimpleNamespace(states=("x",), steps=3, dt_ms=0.1, spike_variables=()), SimpleNamespace(variables=variables)
    )
    recorder.keep()
    recorder.break_off()
    assert np.array_equal(recorder.answer()["states"], [[0.5, np.nan, np.nan, np.nan]], equal_nan=True)
