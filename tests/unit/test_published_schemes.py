"""Steps of published scripts: what they share with the reference's own, their order, and that they are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.system import build_system
from spikebridge.reference.exact import solve
from spikebridge.reference.integrate import integrate
from spikebridge.reference.published_schemes import PUBLISHED, together
from spikebridge.reference.schemes import SchemeError, forward_euler

EXPERIMENT = Experiment("hodgkin_huxley", step("20 uA/cm2", "0 ms"), "2 ms", "0.02 ms")
SYSTEM = build_system(EXPERIMENT.model)
NONLINEAR = tuple(name for name in PUBLISHED if name != "linear_exact")


def states(scheme, dt_ms: float = 0.02, system=SYSTEM) -> np.ndarray:
    return integrate(system, scheme, 2.0, dt_ms, EXPERIMENT.drive).states


@pytest.mark.parametrize("name", NONLINEAR)
def test_errors_fall_with_the_stated_order_at_least(name) -> None:
    """Towards the exact solution, so each is consistent; those that leap over gates at rest gain one."""
    exact = solve(SYSTEM, 2.0, np.arange(21) * 0.1, EXPERIMENT.drive).states
    errors = [np.abs(states(PUBLISHED[name], dt)[:, :: round(0.1 / dt)] - exact).max() for dt in (0.01, 0.005)]
    assert PUBLISHED[name].order - 0.2 < np.log2(errors[0] / errors[1]) < 2.2


def test_parts_make_the_schemes_that_have_names_already() -> None:
    """Euler for both from the old state is Euler; the voltage first makes ordered Euler and NEURON's default."""
    assert np.array_equal(
        together(forward_euler, forward_euler, SYSTEM, SYSTEM.initial, 1.0, 0.1), forward_euler(SYSTEM, SYSTEM.initial, 1.0, 0.1)
    )
    for published, own in (("voltage_first_euler", "ordered_euler"), ("voltage_first_implicit", "backward_euler")):
        assert np.max(np.abs(states(PUBLISHED[published]) - states(own))) < 1e-11


def test_what_a_function_hides_is_solved_implicitly() -> None:
    """A gate that decays at one rate takes a step of backward Euler, x/(1 + k dt)."""
    model = Experiment("izhikevich", (), "2 ms", "0.1 ms").model
    system = build_system(model)
    y = PUBLISHED["implicit_one_by_one"].step(system, system.initial, 0.0, 0.1)
    u = model.value(model.parameters["a"]) * 0.1
    assert y[1] == pytest.approx((system.initial[1] + u * 0.2 * y[0]) / (1 + u), rel=1e-12)


def test_half_steps_are_two_of_the_voltage_and_one_of_the_rest() -> None:
    """v twice by half a step, then u at the new v, as Izhikevich (2003) has it."""
    system = build_system(Experiment("izhikevich", (), "2 ms", "1 ms").model)
    v, u = system.initial
    for _ in range(2):
        v += 0.5 * (0.04 * v**2 + 5 * v + 140 - u + 10)
    u += 0.02 * (0.2 * v - u)
    assert PUBLISHED["half_steps"].step(system, system.initial, 10.0, 1.0) == pytest.approx((v, u), rel=1e-13)


def test_a_linear_system_is_solved_at_once() -> None:
    """However long the step; an equation that is not linear is refused."""
    experiment = Experiment("passive_membrane", step("100 pA", "0 ms"), "2 ms", "1 ms")
    system = build_system(experiment.model)
    exact = solve(system, 2.0, np.array([0.0, 1.0, 2.0]), experiment.drive)
    assert integrate(system, PUBLISHED["linear_exact"], 2.0, 1.0, experiment.drive).states == pytest.approx(
        exact.states, rel=1e-11
    )
    with pytest.raises(SchemeError, match="linear_exact is for linear equations"):
        PUBLISHED["linear_exact"].check(SYSTEM)
