"""The equations of one neuron rewritten for plain floats."""

from __future__ import annotations

import numpy as np
import pytest

from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.system import build_system

SEVERE = """
name = "severe"
equations = '''
dv/dt = (a*exprel(v/b) - 1/(1 + exp(v/b)) + k)/tau : 1
k = c**3/exp(-c) : 1
never = log(c - c) : 1
'''
[parameters]
a = "1"
b = "1"
c = "2"
tau = "1 ms"
[initial]
v = "0"
"""


@pytest.mark.parametrize("name", ["adex", "chay_keizer", "huguenard_mccormick", "mainen_sejnowski", "matsuoka", "thalamic_relay"])
def test_rewritten_rates_are_the_same_floats(name) -> None:
    """To the last bit, at states around the initial one and in a strong stimulus."""
    system = build_system(load(name))
    assert system.fast.rates is not system.rates
    random = np.random.default_rng(1)
    for _ in range(20):
        state = tuple((np.array(system.initial) * random.uniform(0.5, 1.5, len(system.names))).tolist())
        assert system.fast.rates(state, 3.7) == system.rates(state, 3.7)


@pytest.mark.parametrize("v", [0.0, 1e-300, 30.0, 1e5, -1e5])
def test_where_exp_overflows_and_exprel_has_its_limit_the_rewritten_rates_agree(v) -> None:
    """What C's functions would raise at is answered as before: by infinity, and by one."""
    system = build_system(parse_model(SEVERE, "severe.toml"))
    assert system.fast.rates((v,), 0.0) == system.rates((v,), 0.0)


def test_a_system_in_a_refractory_period_has_rates_of_its_own() -> None:
    """Made of the fast ones where it was made of the fast system, and never replaced by them."""
    system = build_system(load("leaky_integrate_and_fire"))
    resting = system.fast.hold(True)
    assert resting.fast is resting
    assert system.hold(True).fast.rates(system.initial, 1.0) == (0.0,) != system.rates(system.initial, 1.0)
