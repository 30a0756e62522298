"""A scheme states its order; here the slope is measured."""

from functools import cache

import numpy as np
import pytest

from spikebridge.bridge.model_file import load, parse_model
from spikebridge.bridge.system import build_system
from spikebridge.reference.exact import solve
from spikebridge.reference.integrate import integrate
from spikebridge.reference.schemes import INTEGRATORS, MEMBRANE_LESS, SCHEMES
from spikebridge.reference.stimulus import Step

DRIVE = Step(10.0)
DURATION_MS = 8.0  # past the first spike


LINEAR_PAIR = (
    """
name = "pair"
equations = """
    + '''"""
dx/dt = (y - x)/ms + I_stim*0/ms : 1
dy/dt = (-x - 0.1*y)/(2*ms)      : 1
I_stim : 1
"""
[initial]
x = "1"
y = "0"
'''
)


def neuron_for(scheme: str):
    """Hodgkin-Huxley with gates steady at the start, so that staggering costs no order; for the schemes that have no
    membrane, two linear states that drive each other."""
    return build_system(parse_model(LINEAR_PAIR, "pair.toml") if scheme in MEMBRANE_LESS else load("hodgkin_huxley"))


@cache
def truth_for(scheme: str) -> float:
    """The exact first state at the end."""
    return float(solve(neuron_for(scheme), DURATION_MS, np.array([DURATION_MS]), DRIVE).states[0, -1])


@pytest.mark.parametrize("name", INTEGRATORS)
def test_the_error_falls_with_the_stated_order(name) -> None:
    """Over three halvings of the step the slope is the order, to a fifth."""
    neuron, truth = neuron_for(name), truth_for(name)
    steps = (0.02, 0.01, 0.005, 0.0025) if SCHEMES[name].order < 4 else (0.04, 0.02, 0.01, 0.005)
    errors = [abs(integrate(neuron, name, DURATION_MS, dt, DRIVE).states[0, -1] - truth) for dt in steps]
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    print(name, errors, slopes)
    assert slopes[-1] == pytest.approx(SCHEMES[name].order, abs=0.2)


@pytest.mark.parametrize("name", [s for s in INTEGRATORS if s not in MEMBRANE_LESS])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_population_does_what_each_neuron_does(name, dtype) -> None:
    """Three neurons with three currents, against three runs of one."""
    model, currents = load("hodgkin_huxley"), np.array([0.0, 7.0, 12.0])
    together = integrate(build_system(model, 3, dtype), name, 20.0, 0.01, Step(currents.astype(dtype)))
    alone = [integrate(build_system(model), name, 20.0, 0.01, Step(float(i))) for i in currents]
    tolerance = 1e-9 if dtype is np.float64 else 2.0
    assert together.states.dtype == dtype
    for j, run in enumerate(alone):
        assert np.abs(together.states[:, :, j] - run.states)[0].max() < tolerance
        assert len(together.spike_times_ms[j]) == len(run.spike_times_ms)


def test_ordered_euler_uses_what_it_has_just_computed() -> None:
    """As a script does that changes v and then u: the second variable follows the new first one, stimulus and all."""
    system = build_system(load("izhikevich"))
    v, u, dt = -65.0, -13.0, 0.25
    state = (v, u)
    for _ in range(40):
        state = SCHEMES["ordered_euler"].step(system, state, 10.0, dt)
        v = v + dt * (0.04 * v**2 + 5 * v + 140 - u + 10.0)
        u = u + dt * 0.02 * (0.2 * v - u)
        assert state == (pytest.approx(v, rel=1e-12), pytest.approx(u, rel=1e-12))
        if v > 30:
            break
    assert v > 30
