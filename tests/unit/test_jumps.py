"""Which rule acts when, in fixed steps and exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.bridge.system import build_system, interpret_system
from spikebridge.reference.exact import solve
from spikebridge.reference.integrate import integrate
from spikebridge.reference.jumps import Rules
from spikebridge.reference.stimulus import Step
from spikebridge.reference.system import Event, System

CLOCK = """
name = "clock"
equations = '''
dx/dt = -x/tau  : 1
dclock/dt = 1   : ms
'''
[[event]]
when = "clock > 5.0125*ms"
reset = "x += 1"
[parameters]
tau = "5 ms"
[initial]
x = "0"
clock = "0 ms"
"""


def rising(*events: Event, initial: tuple[float, ...] = (0.0, 0.0), **more: Event) -> System:
    """A ramp of 1 per ms, and a variable that only jumps."""
    return System(("p", "x"), initial, lambda y, u: (1.0, 0.0), others=events, **more)


def counting(level: float, remembers: bool = True) -> Event:
    """Adds one to x where p rises above the level, and leaves p where it is."""
    return Event(lambda y: y[0] - level, lambda y: (y[0], y[1] + 1.0), remembers=remembers)


@pytest.mark.parametrize("build", [build_system, interpret_system])
@pytest.mark.parametrize("neurons", [None, 2])
def test_a_rule_that_leaves_its_level_acts_once_a_crossing(build, neurons) -> None:
    """In the step that crosses, and in none of the 299 after it; exactly, exp(-(20 - 5.0125)/5)."""
    system = build(parse_model(CLOCK, "clock.toml"), neurons)
    x = integrate(system, "rk4", 20.0, 0.05).states[0]
    assert np.count_nonzero(np.diff(x, axis=0) > 0) == (neurons or 1)
    assert x[-1] == pytest.approx(math.exp(-(20 - 5.05) / 5), rel=1e-6)
    exact = solve(system, 20.0, np.array([20.0])).states[0, -1]
    assert exact == pytest.approx(math.exp(-(20 - 5.0125) / 5), rel=1e-12)
    assert exact == pytest.approx(0.0499117, abs=1e-7)


def test_exactly_a_level_that_a_reset_leaves_alone_is_not_crossed_again_by_rounding() -> None:
    """At twenty levels, each of which is found a rounding above or below zero."""
    levels = np.linspace(0.1, 9.9, 20) / 3
    found = solve(rising(*map(counting, levels)), 4.0, np.array([4.0])).states[1, -1]
    assert found == 20.0


def test_a_level_that_is_positive_at_the_start_has_not_crossed() -> None:
    """Not before it has been at or below zero: here never, and there after the first fall of a cosine."""
    above = rising(counting(0.5), initial=(1.0, 0.0))
    cosine = System(("c", "s", "x"), (1.0, 0.0, 0.0), lambda y, u: (-y[1], y[0], 0.0),
                    others=(Event(lambda y: y[0] - 0.5, lambda y: (y[0], y[1], y[2] + 1), remembers=True),))  # fmt: skip
    for system, variable, expected in ((above, 1, 0.0), (cosine, 2, 1.0)):
        assert integrate(system, "rk4", 10.0, 0.01).states[variable, -1] == expected
        assert solve(system, 10.0, np.array([10.0])).states[variable, -1] == expected


def test_a_jump_that_takes_another_rule_above_its_level_sets_it_off() -> None:
    """At once exactly, at the next look in fixed steps, where the first rule does not see it again."""
    second = Event(lambda y: y[1] - 0.5, lambda y: (y[0], y[1] + 10.0), remembers=True)
    system = rising(counting(1.005), second)
    assert solve(system, 1.01, np.array([1.0, 1.01])).states[1].tolist() == [0.0, 11.0]
    x = integrate(system, "rk4", 2.0, 0.01).states[1]
    assert x[[100, 101, 102, -1]].tolist() == [0.0, 1.0, 11.0, 11.0]


def test_a_rule_whose_reset_lowers_its_level_acts_at_every_look_at_which_it_is_above() -> None:
    """Though it was above at the last: its fall between them was its own."""
    system = rising(Event(lambda y: y[0] - 0.5, lambda y: (0.0, y[1] + 1.0)))
    assert integrate(system, "rk4", 10.0, 1.0).states[1].tolist() == list(range(11))


@pytest.mark.parametrize("remembers", [False, True])
def test_a_neuron_that_ends_its_refractory_period_above_its_level_spikes_there_and_then(remembers) -> None:
    """Every 2 ms exactly; in steps, one later: there and then is the end of the first step that it does not rest."""
    spike = Event(lambda y: y[0] - 1.0, lambda y: (2.0, y[1] + 1.0), 2.0, held=(0,), remembers=remembers)
    system = rising(event=spike)
    assert solve(system, 8.0, np.array([8.0])).spike_times_ms == pytest.approx([1.0, 3.0, 5.0, 7.0])
    labels = integrate(system, "forward_euler", 8.0, 0.125).raw_spike_times_ms
    assert labels == pytest.approx([1.125, 3.25, 5.375, 7.5])


def test_all_look_before_any_acts_and_then_they_act_in_turn() -> None:
    """The second acts although the first takes its level down, and sees what the first has left."""
    first = Event(lambda y: y[0] - 1, lambda y: (0.0, 5.0))
    second = Event(lambda y: y[0] - 1, lambda y: (y[0] - 3.0, 2 * y[1]))
    rules = Rules(rising(first, second))
    state = (1.5, 1.0)
    acting = rules.acting(rules.levels(state), [False, False], False)
    assert acting == [True, True]
    assert rules.act(state, acting) == (-3.0, 10.0)


def test_what_a_resting_neuron_sees_is_not_remembered() -> None:
    """Or it would miss the end of its refractory period; other rules do not rest."""
    spike = Event(lambda y: y[0] - 1, lambda y: (0.0, 0.0), 1.0, remembers=True)
    rules = Rules(System(("p", "x"), (np.zeros(2),) * 2, lambda y, u: y, event=spike, others=(counting(1.0),)))
    levels = rules.levels((np.array([2.0, 2.0]), np.zeros(2)))
    seen = rules.remembered(levels, np.array([True, False]))
    assert [x.tolist() for x in seen] == [[False, True], [True, True]]
    acting = rules.acting(levels, seen, np.array([True, False]))
    assert [x.tolist() for x in acting] == [[False, False], [False, False]]


def test_a_population_remembers_for_each_of_its_neurons() -> None:
    """Three ramps of their own steepness cross once each, in steps of their own."""
    three = tuple(np.zeros(3) for _ in range(2))
    system = System(("p", "x"), three, lambda y, u: (u, 0.0 * y[0]), others=(counting(1.005),))
    x = integrate(system, "rk4", 2.0, 0.01, Step(np.array([0.1, 1.0, 2.0]))).states[1]
    assert x[-1].tolist() == [0.0, 1.0, 1.0]
    assert [int(k) for k in np.argmax(x[:, 1:] > 0, axis=0)] == [101, 51]
