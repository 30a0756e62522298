"""Implicit steps and the choice of them: order, closed forms, published solutions of stiff problems, events inside."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.system import build_system
from spikebridge.reference.arrivals import NONE
from spikebridge.reference.exact import _Solver, solve, spikes_alone
from spikebridge.reference.implicit_step import ImplicitStep
from spikebridge.reference.stimulus import SILENCE, Step
from spikebridge.reference.system import Event, System


def test_the_order_is_13_at_the_end_of_a_step_and_8_inside() -> None:
    """A rotation, by steps of 3 to 1.2 rad: the slopes of the errors."""

    def turned(t):
        return np.array([np.cos(t), np.sin(t)])

    def errors(steps: int) -> tuple[float, float]:
        method, y, t, h, inside = (
            ImplicitStep(lambda t, y: np.array([-y[1], y[0]]), lambda y: y, 2, 1e-15),
            turned(0.0),
            0.0,
            24.0 / steps,
            0.0,
        )
        for _ in range(steps):
            step = method.attempt(t, h, y, np.array([-y[1], y[0]]))
            inside = max(
                inside, *(np.abs(method.inside(step, t + x * h) - turned(t + x * h)).max() for x in (0.1, 0.3, 0.5, 0.7))
            )
            y, t = step.y1, t + h
        return float(np.abs(y - turned(24.0)).max()), inside

    counts = np.array([8, 12, 16, 20])
    found = np.log([errors(n) for n in counts])
    slopes = -np.diff(found, axis=0) / np.diff(np.log(counts))[:, None]
    print(slopes)
    assert slopes[-1] == pytest.approx([13.0, 8.0], abs=0.25)


@pytest.mark.parametrize("neurons", [None, 3])
def test_a_stiff_linear_system_follows_its_closed_form(neurons) -> None:
    """x' = -1e6 (x - y) - y, y' = -y from x = 2, y = 1: exp(-t) + exp(-1e6 t), alone and as one of three with other rates."""
    fast = 1e6 if neurons is None else np.array([1e6, 3e3, 0.5])
    start = (2.0, 1.0) if neurons is None else (np.full(3, 2.0), np.ones(3))
    system = System(("x", "y"), start, lambda y, u: (-fast * (y[0] - y[1]) - y[1], -y[1]))
    t = np.array([0.0, 1e-6, 2e-6, 1e-3, 0.5, 1.0, 4.0])
    solution = solve(system, 5.0, t)
    expected = np.exp(-t)[:, None] + np.exp(-np.atleast_1d(fast) * t[:, None])
    assert np.abs(solution.states[0].reshape(len(t), -1) - expected).max() < 3e-12
    assert solution.state_errors.max() < 1e-9


def test_van_der_pol_s_oscillator_is_where_the_test_set_has_it() -> None:
    """mu = 1e6 at t = 2, Test Set for Initial Value Problem Solvers (Mazzia & Magherini 2008), II-24, to all of its digits."""
    system = System(("x", "y"), (2.0, 0.0), lambda y, u: (y[1], 1e6 * ((1 - y[0] ** 2) * y[1] - y[0])))
    found = solve(system, 2.0, np.array([2.0]))
    assert found.states[:, 0] == pytest.approx([1.706167732170469, -0.8928097010248125], abs=1e-12)
    assert found.state_errors.max() < 1e-10


def test_a_forced_fast_variable_follows_its_closed_form() -> None:
    """Prothero & Robinson 1974: x' = -1e6 (x - cos t) - sin t is cos t, whatever the rate."""
    system = System(("x", "c", "s"), (1.0, 1.0, 0.0), lambda y, u: (-1e6 * (y[0] - y[1]) - y[2], -y[2], y[1]))
    t = np.linspace(0.0, 20.0, 201)
    assert np.abs(solve(system, 20.0, t).states[0] - np.cos(t)).max() < 1e-11


def test_events_act_in_stiff_stretches() -> None:
    """A ramp resets itself at 1 and x to 0.5, and x is back on it within 1e-3 ms: spikes at every whole millisecond."""
    ramp = Event(lambda y: y[0] - 1.0, lambda y: (0.0, 0.5))
    system = System(("ramp", "x"), (0.0, 0.5), lambda y, u: (1.0, -1e5 * (y[1] - y[0]) + 1.0), event=ramp)
    solver, t = _Solver(system, SILENCE, 1e-13, NONE), np.linspace(0.0, 4.5, 451)
    states, (spikes,) = solver.run(4.5, t)
    assert spikes == pytest.approx(np.arange(1.0, 5.0), abs=1e-11)
    between = t[1:] % 1.0 > 5e-3
    assert states[1, 1:, 0][between] == pytest.approx(t[1:][between] % 1.0, abs=1e-11)
    assert any(solver.step._kept)


def test_what_is_not_stiff_is_solved_by_explicit_steps_alone() -> None:
    """Hodgkin-Huxley's axon, to the last bit."""
    solver = _Solver(build_system(load("hodgkin_huxley")), Step(10.0, 5.0), 1e-13, NONE)
    solver.run(40.0, np.linspace(0.0, 40.0, 401))
    assert not solver.step.stiff and not any(solver.step._kept)


RHO_200 = load("mainen_sejnowski").with_parameters(rho="200")


def test_the_stiff_axon_of_mainen_and_sejnowski() -> None:
    """rho 200, 0.1 nA from 5 ms: crossings of 0 mV at 42.52293, 45.95871 and 49.12128 ms, as LSODA has them."""
    solution = solve(build_system(RHO_200), 50.0, np.array([0.0]), Step(0.1, 5.0))
    assert solution.spike_times_ms == pytest.approx([42.52293, 45.95871, 49.12128], abs=5e-6)
    assert solution.spike_error_ms < 1e-9


def test_an_implicit_solver_that_is_not_ours_agrees() -> None:
    """scipy's LSODA at rtol 1e-11, split at the edge of the stimulus: all variables of that axon after its first spike."""
    system = build_system(RHO_200)
    states = system.initial
    for current, start, stop in ((0.0, 0.0, 5.0), (0.1, 5.0, 43.0)):
        solved = solve_ivp(
            lambda t, y, current=current: system.rates(tuple(y.tolist()), current),
            (start, stop),
            states,
            "LSODA",
            rtol=1e-11,
            atol=1e-13,
        )
        states = solved.y[:, -1]
    ours = solve(system, 43.0, np.array([43.0]), Step(0.1, 5.0)).states[:, 0]
    print(np.abs(ours - states))
    assert ours == pytest.approx(states, rel=1e-6, abs=1e-9)
    assert len(spikes_alone(system, 43.0, Step(0.1, 5.0))) == 1
