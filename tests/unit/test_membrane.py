"""The membrane equation: capacitance and current, whichever way dv/dt was written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.membrane import membrane
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.model_file import catalogue, load, parse_model
from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.expressions.printing import Printer

PARAMETERS = """
[parameters]
C = "2 uF/cm2"
g = "0.5 mS/cm2"
E = "-60 mV"
tau = "4 ms"
R = "2 kohm*cm2"
G = "0.25 mS/cm2"
"""


def model_of(rate: str, more: str = "", stimulus: str = "I_stim : uA/cm2") -> Model:
    equations = f"dv/dt = {rate} : mV\n{more}\n{stimulus}"
    initial = '[initial]\nv = "-60 mV"\n' + ('u = "0 mV"\n' if "du/dt" in more else "")
    return parse_model(f'name = "example"\nequations = """\n{equations}\n"""\n{PARAMETERS}\n{initial}', "example.toml")


def taken_apart(model: Model) -> tuple[str, str]:
    parts = membrane(model)
    return Printer().text(parts.capacitance), Printer().text(parts.current)


# parts ----------------------------------------------------------------------------------------------

CATALOGUE = {
    "hodgkin_huxley": ("C_m", "I_Na + I_K + I_L"),
    "hodgkin_huxley_relative": ("C_m", "I_Na + I_K + I_l"),
    "leaky_integrate_and_fire": ("tau_m/R_m", "(v - E_L)/R_m"),
}


@pytest.mark.parametrize(("name", "expected"), CATALOGUE.items())
def test_models_of_the_catalogue(name: str, expected: tuple[str, str]) -> None:
    """The capacitance and the outward current are what a physiologist would write."""
    assert taken_apart(load(name)) == expected


WRITTEN = (
    "(I_stim - g*(v - E))/C", "(g*(E - v) + I_stim)/C", "(-g*(v - E) + I_stim)/C", "-(g*(v - E) - I_stim)/C",
    "(E - v + R*I_stim)/tau", "(E - v)/tau + I_stim/C", "I_stim/C", "leak + I_stim/C", "leak - (-I_stim)/C",
    "(I_stim + I_stim*2 - g*v)/C", "R*(I_stim/tau) + leak",
)  # fmt: skip


@pytest.mark.parametrize("rate", WRITTEN)
def test_the_parts_do_not_mention_the_stimulus(rate: str) -> None:
    """Whichever way the equation was written, capacitance and current are free of the stimulus."""
    model = model_of(rate, "leak = (E - v)/tau : mV/ms")
    assert all(STIMULUS not in part for part in taken_apart(model))


def test_positive_terms_come_first() -> None:
    """-(a - b - c) is written b + c - a."""
    model = model_of("(g*E - G*v - g*v + I_stim)/C")
    assert taken_apart(model) == ("C", "G*v + g*v - g*E")


def test_the_stimulus_may_enter_through_definitions() -> None:
    """A definition that holds the stimulus is looked into."""
    model = model_of("total/C", "total = I_stim - ionic : uA/cm2\nionic = g*(v - E) : uA/cm2")
    assert taken_apart(model) == ("C", "ionic")


# numbers --------------------------------------------------------------------------------------------

MODELS = {rate: model_of(rate, "leak = (E - v)/tau : mV/ms") for rate in WRITTEN}
voltages = st.floats(-120, 60)


@settings(max_examples=20, deadline=None)
@given(voltages, st.floats(-50, 50))
@pytest.mark.parametrize("rate", WRITTEN)
def test_capacitance_times_rate_is_stimulus_minus_current(rate: str, v: float, stimulus: float) -> None:
    """C dv/dt = I_stim - i holds to 1e-12 for every way to write the equation."""
    check(MODELS[rate], {"v": v, STIMULUS: stimulus})


@settings(max_examples=30, deadline=None)
@given(voltages, st.lists(st.floats(1e-6, 1), min_size=12, max_size=12), st.floats(-50, 50))
@pytest.mark.parametrize("name", [n for n in catalogue() if load(n).voltage])
def test_the_catalogue_balances(name: str, v: float, gates: list[float], stimulus: float) -> None:
    """C dv/dt = I_stim - i holds for every model of the catalogue in every state."""
    model = load(name)
    others = [s for s in model.state_names if s != model.voltage]
    check(model, {model.voltage: v, STIMULUS: stimulus, **dict(zip(others, gates, strict=False))})


def check(model: Model, state: dict[str, float]) -> None:
    values = dict(model.parameter_values) | {name: np.array([value]) for name, value in state.items()}
    for name in model.ordered_definitions:
        values[name] = evaluate(model.regular[name], values, model.coherent)
    parts = membrane(model)
    capacitance = evaluate(parts.capacitance, values, model.coherent)
    current = evaluate(parts.current, values, model.coherent)
    rate = evaluate(model.regular[model.voltage], values, model.coherent)
    scale = np.abs(capacitance * rate) + np.abs(current) + abs(state[STIMULUS]) + 1e4
    assert np.all(np.abs(capacitance * rate - (state[STIMULUS] - current)) <= 1e-12 * scale)


# refusals -------------------------------------------------------------------------------------------

TERM = "example: I_stim must enter dv/dt as a term with a constant factor"
REFUSED = {
    "undriven": (("(E - v)/tau", "", ""), "example: there is no membrane potential driven by I_stim"),
    "squared": (("(E - v)/tau + I_stim*I_stim*R/C/mV", "", "I_stim : uA/cm2"), TERM),
    "gated": (("(E - v)/tau + I_stim*v/C/mV", "", "I_stim : uA/cm2"), TERM),
    "divisor": (("(E - v)/tau + g*E*g*E/C/I_stim", "", "I_stim : uA/cm2"), TERM),
    "through a state": (("(E - v)/tau + I_stim*factor/C", "factor = u/mV : 1\ndu/dt = -u/tau : mV", "I_stim : uA/cm2"), TERM),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_membrane_is_refused(arguments: tuple[str, str, str], message: str) -> None:
    """Without a voltage driven by a current that simply adds, there is nothing to take apart."""
    with pytest.raises(TranslationError) as caught:
        membrane(model_of(*arguments))
    assert str(caught.value) == message


@pytest.mark.parametrize("rate", ["(E - v)/tau + 0*I_stim/C", "(E - v)/tau + (I_stim - I_stim)/C"])
def test_a_stimulus_without_effect_is_refused(rate: str) -> None:
    """A factor of zero gives no capacitance."""
    with pytest.raises(TranslationError):
        membrane(model_of(rate))
