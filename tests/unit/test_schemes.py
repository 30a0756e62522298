"""A scheme states its order; here the slope is measured."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.system import build_system
from spikebridge.reference.exact import solve
from spikebridge.reference.integrate import integrate
from spikebridge.reference.schemes import INTEGRATORS, MEMBRANE_LESS, SCHEMES
from spikebridge.reference.stimulus import Step
from spikebridge.reference.system import System

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


@dataclass(frozen=True)
class Slope:
    """What a scheme's order is measured on: the first state at the end, on steps that leave its error above round-off."""

    model: str
    drive: float
    duration_ms: float
    steps_ms: tuple[float, ...]

    @property
    def system(self) -> System:
        return build_system(parse_model(LINEAR_PAIR, "pair.toml") if self.model == "pair" else load(self.model))


# Hodgkin-Huxley past the first spike, with gates steady at the start, so that staggering costs no order
HH = Slope("hodgkin_huxley", 10.0, 8.0, (0.02, 0.01, 0.005, 0.0025))
FOURTH = replace(HH, steps_ms=(0.04, 0.02, 0.01, 0.005))
# for the schemes that have no membrane, two linear states that drive each other
PAIR = replace(HH, model="pair")
# smooth enough for large steps, as the highest orders need: at small ones their errors are lost in round-off
HIGH = Slope("morris_lecar", 100.0, 16.0, (1.0, 0.5, 0.25, 0.125))


def slope_of(scheme: str) -> Slope:
    order = SCHEMES[scheme].order
    return PAIR if scheme in MEMBRANE_LESS else HH if order < 4 else FOURTH if order == 4 else HIGH


@cache
def truth_for(slope: Slope) -> float:
    """The exact first state at the end."""
    end = slope.duration_ms
    return float(solve(slope.system, end, np.array([end]), Step(slope.drive)).states[0, -1])


@pytest.mark.parametrize("name", INTEGRATORS)
def test_the_error_falls_with_the_stated_order(name) -> None:
    """Over three halvings of the step the slope is the order, to a fifth; every error is far above round-off."""
    slope = slope_of(name)
    runs = [integrate(slope.system, name, slope.duration_ms, dt, Step(slope.drive)) for dt in slope.steps_ms]
    errors = [abs(run.states[0, -1] - truth_for(slope)) for run in runs]
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    print(name, errors, slopes)
    assert slopes[-1] == pytest.approx(SCHEMES[name].order, abs=0.2)
    assert min(errors) > 1e-10


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
