"""The resting state, against published values and an independent root finder."""

import numpy as np
import pytest
from scipy.optimize import fsolve

from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.system import build_system
from spikebridge.reference.rest import NoRestError, resting_state


def with_rest(**parameters: str):
    text = load("hodgkin_huxley").text.split("[initial]")[0] + "[initial]\nsteady_state = true\n"
    return parse_model(text, "rest.toml").with_parameters(parameters)


def test_hodgkin_huxley_rests_where_computed_before() -> None:
    """E_L = -54.4 mV: v -64.9997224, m .052934218, h .596111046, n .317681168."""
    found = with_rest(E_L="-54.4 mV").initial_values
    expected = {"v": -64.9997224, "m": 0.052934218, "h": 0.596111046, "n": 0.317681168}
    assert found == pytest.approx(expected, abs=1e-7)


def test_rest_is_exactly_minus_65_for_the_published_leak_potential() -> None:
    """E_L = -54.401079031 mV makes the currents cancel at -65 mV."""
    assert with_rest(E_L="-54.401079031 mV").initial_values["v"] == pytest.approx(-65.0, abs=1e-9)


def test_an_independent_root_finder_agrees() -> None:
    """scipy's fsolve on the same rates, to 1e-10."""
    model = with_rest()
    system = build_system(model)
    root = fsolve(lambda y: system.rates(tuple(map(float, y)), 0.0), [-65.0, 0.05, 0.6, 0.3], xtol=1e-12)
    assert list(model.initial_values.values()) == pytest.approx(list(root), abs=1e-10)
    assert np.max(np.abs(system.rates(system.initial, 0.0))) < 1e-12


def test_what_never_rests_says_so() -> None:
    """y' = 1 has no resting state."""
    with pytest.raises(NoRestError, match="no resting state is reached from there"):
        resting_state(lambda y: np.ones(1), np.zeros(1))


def test_a_rest_that_is_unstable_is_refused() -> None:
    """y' = y - y^3 rests at 0 without staying there; from further off the stable rest at 1 is found."""
    with pytest.raises(NoRestError, match="unstable"):
        resting_state(lambda y: y - y**3, np.zeros(1))
    assert resting_state(lambda y: y - y**3, np.array([0.4])) == pytest.approx([1.0], abs=1e-12)


def test_a_cell_that_fires_by_itself_has_no_rest_to_start_from() -> None:
    """Connor-Stevens without its A current passes its Hopf point at -6.3 uA/cm2, so it fires without a stimulus."""
    with pytest.raises(DefinitionError, match="a cell that fires without stimulus has none"):
        _ = load("connor_stevens").with_parameters({"g_A": "0 mS/cm2"}).initial_values


def test_a_cell_without_rest_starts_from_values_for_all_its_states() -> None:
    """They are complete, so no resting state is asked for; with one of them missing it is."""
    model = load("connor_stevens").with_parameters({"g_A": "0 mS/cm2"})
    given = {"v": "-68 mV", "m": "0.01", "h": "0.9", "n": "0.1", "a": "a_inf", "b": "0.3"}
    found = model.with_initial(given).initial_values
    assert (found["v"], found["h"]) == (-68.0, 0.9) and 0 < found["a"] < 1
    with pytest.raises(DefinitionError, match="no stable resting state is reached"):
        model.with_initial({name: given[name] for name in "vmhna"})


@pytest.mark.parametrize(
    ("regime", "expected"), [("rest_johnston_wu", -62.59143567), ("action_potential_johnston_wu", 43.03513242)]
)
def test_a_rest_far_from_a_start_at_zero_is_reached(regime, expected) -> None:
    """Johnston & Wu's permeabilities from 0 mV: R T/F log((P_K K_out + P_Na Na_out + P_Cl Cl_in)/(P_K K_in + P_Na Na_in + P_Cl Cl_out))."""
    text = load("ghk_membrane").text.replace("[initial]", "[initial]\nsteady_state = true", 1)
    found = parse_model(text, "ghk.toml").with_regime(regime).initial_values["v"]
    assert found == pytest.approx(expected, abs=1e-8)


def test_an_initial_value_beside_the_resting_state_counts() -> None:
    """v is what was asked for, the others keep their resting values."""
    model = with_rest()
    changed = model.with_initial({"v": "-50 mV"}).initial_values
    assert changed["v"] == -50.0
    assert changed["n"] == pytest.approx(model.initial_values["n"], rel=1e-14)
