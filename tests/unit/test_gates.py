"""Gates at v: what NEURON's finitialize(v) leaves behind."""

from __future__ import annotations

import math

import pytest

from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.errors import DefinitionError

HH = load("hodgkin_huxley")


def refusal(make) -> str:
    with pytest.raises(DefinitionError) as error:
        make()
    return str(error.value)


def test_gates_begin_at_the_steady_state_of_the_voltage_given() -> None:
    """n of Hodgkin & Huxley at -70 mV by its formula; the others have no rate left, either."""
    found = HH.with_initial(v="-70 mV", gates="at v").initial_values
    alpha, beta = 0.01 * -15 / (1 - math.exp(1.5)), 0.125 * math.exp(5 / 80)
    assert found["v"] == -70.0 and found["n"] == pytest.approx(alpha / (alpha + beta), rel=1e-14)
    assert found == HH.with_initial({"v": "-70 mV", **{x: f"alpha_{x}/(alpha_{x} + beta_{x})" for x in "mhn"}}).initial_values


def test_a_later_change_of_v_or_of_a_parameter_takes_them_along() -> None:
    """They are expressions, as in a file."""
    at = HH.with_initial(v="-70 mV", gates="at v")
    assert at.with_initial(v="-50 mV").initial_values == HH.with_initial(v="-50 mV", gates="at v").initial_values


def test_what_is_given_stays_and_so_does_what_is_no_gate() -> None:
    """A calcium concentration has a unit: it keeps its initial value, as does the voltage that is not given."""
    model = load("pospischil")
    found = model.with_initial(gates="at v", m="0.5").initial_values
    assert found["m"] == 0.5 and found["Ca"] == model.initial_values["Ca"] and found["v"] == model.initial_values["v"]


def test_a_model_file_and_its_regimes_may_say_it() -> None:
    """In [initial]; v is all that is left to write."""
    text = (
        HH.text[: HH.text.index("[initial]")]
        + '[initial]\nv = "-70 mV"\ngates = "at v"\n[regimes.down.initial]\nv = "-80 mV"\ngates = "at v"\n'
    )
    model = parse_model(text, "hh.toml")
    assert model.initial_values == HH.with_initial(v="-70 mV", gates="at v").initial_values
    assert model.with_regime("down").initial_values == HH.with_initial(v="-80 mV", gates="at v").initial_values


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        ("hodgkin_huxley", {"gates": "at rest"}, "gates: expected \"at v\", found 'at rest'"),
        ("hodgkin_huxley", {"gates": "at v", "steady_state": True}, "gates: in the resting state, steady_state = true, gates rest already; leave one of the two out"),
        ("fitzhugh_nagumo", {"gates": "at v"}, "gates: there is no membrane potential that they could follow; give each a value"),
        ("leaky_integrate_and_fire", {"gates": "at v"}, "gates: there is none, which is a variable without a unit"),
        ("tsodyks_markram", {"gates": "at v"}, "gates: dphi/dt is not linear in phi, or does not depend on it, which leaves its steady state open; give phi a value, too"),
    ],
)  # fmt: skip
def test_where_there_are_no_gates_at_v_it_says_why(model, given, message) -> None:
    """And what to do instead."""
    assert refusal(lambda: load(model).with_initial(given)) == f"{model}: initial: {message}"
