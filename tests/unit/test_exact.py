"""The exact solution against closed forms and against an independent solver."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from spikebridge.bridge.definition.experiment_file import default_experiment
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.system import build_system
from spikebridge.reference.exact import ExactError, solve, spikes_alone
from spikebridge.reference.neurons import hodgkin_huxley, leaky_integrate_and_fire
from spikebridge.reference.stimulus import Step
from spikebridge.reference.system import Event, System


@pytest.mark.parametrize("tau_ref", [0.0, 2.0])
@pytest.mark.parametrize("current", [1.6, 2.0, 5.0])
def test_leaky_integrate_and_fire_spikes_match_the_closed_form(current, tau_ref) -> None:
    """Every spike of a 90 ms step to 1e-9 ms."""
    neuron = leaky_integrate_and_fire.system(tau_ref=tau_ref)
    found = solve(neuron, 100.0, np.array([0.0]), Step(current, 5.0, 95.0)).spike_times_ms
    expected = leaky_integrate_and_fire.spike_times(current, 5.0, 95.0, tau_ref=tau_ref)
    assert len(found) == len(expected) > 1
    print(np.max(np.abs(found - expected)))
    assert found == pytest.approx(np.array(expected), abs=1e-9)


def test_the_closed_form_gives_the_published_rates() -> None:
    """Dayan & Abbott's neuron: 72.13475204 Hz at 2 nA, 13.67262063 Hz at 1.501 nA."""
    for current, rate in ((2.0, 72.13475204), (1.501, 13.67262063), (5.0, 280.36732521)):
        assert 1000 / leaky_integrate_and_fire.time_to_threshold(-65.0, current) == pytest.approx(rate, abs=1e-8)


def test_hodgkin_huxley_agrees_with_an_independent_solver() -> None:
    """scipy's DOP853, split at the stimulus edge, to 1e-8 mV over three spikes."""
    neuron, t = hodgkin_huxley.system(), np.linspace(5.0, 40.0, 351)
    before = solve_ivp(lambda t, y: neuron.rates(tuple(y), 0.0), (0, 5), neuron.initial, "DOP853", rtol=1e-12, atol=1e-13)
    after = solve_ivp(
        lambda t, y: neuron.rates(tuple(y), 10.0), (5, 40), before.y[:, -1], "DOP853", t_eval=t, rtol=1e-12, atol=1e-13
    )
    ours = solve(neuron, 40.0, t, Step(10.0, 5.0)).states
    assert np.abs(ours - after.y).max() < 1e-8


def test_the_stated_spike_error_is_an_upper_bound_below_1e_10() -> None:
    """The looser of two solutions bounds the tighter one."""
    solution = solve(build_system(load("hodgkin_huxley")), 100.0, np.array([0.0]), Step(10.0, 5.0, 95.0))
    assert len(solution.spike_times_ms) == 7
    assert solution.spike_error_ms < 1e-10


def test_published_firing_rate_of_hodgkin_huxley() -> None:
    """E_L = -54.3 mV at 10 uA/cm2: 68.38964 Hz, counted at -40 mV after the transient."""
    model = load("hodgkin_huxley").with_parameters(E_L="-54.3 mV")
    neuron = build_system(model)
    neuron = System(neuron.names, neuron.initial, neuron.rates, event=Event(lambda y: y[0] + 40.0))
    spikes = solve(neuron, 300.0, np.array([0.0]), Step(10.0)).spike_times_ms
    assert 1000 / (spikes[-1] - spikes[-2]) == pytest.approx(68.38964, abs=2e-5)


def test_two_pulses_give_the_published_second_spike() -> None:
    """The relative convention, 150 uA/cm2 in (0, 1) and 50 in (10, 11) ms: spike 2 at 10.9097 ms, peak 1 111.8717 mV."""
    neuron, t = build_system(load("hodgkin_huxley_relative")), np.arange(0, 50, 1e-3)
    solution = solve(neuron, 50.0, t, Step(150.0, 0.0, 1.0) + Step(50.0, 10.0, 11.0))
    assert len(solution.spike_times_ms) == 2
    assert solution.spike_times_ms[1] == pytest.approx(10.9097, abs=5e-5)
    assert solution.states[0, :5000].max() == pytest.approx(111.8717, abs=1e-3)


def test_a_short_late_pulse_is_not_stepped_over() -> None:
    """1 ms at 100 ms after rest: an unsplit adaptive solver misses it."""
    neuron = build_system(load("hodgkin_huxley"))
    assert len(solve(neuron, 130.0, np.array([0.0]), Step(50.0, 100.0, 101.0)).spike_times_ms) == 1


def test_a_population_is_solved_like_its_neurons() -> None:
    """Three integrate-and-fire neurons with their own resets and refractory periods."""
    model, currents = load("leaky_integrate_and_fire"), np.array([0.0, 2.0, 3.7])
    together = solve(build_system(model, 3), 60.0, np.arange(0, 60.5, 0.5), Step(currents))
    for j, current in enumerate(currents):
        alone = solve(build_system(model), 60.0, np.arange(0, 60.5, 0.5), Step(float(current)))
        assert together.spike_times_ms[j] == pytest.approx(alone.spike_times_ms, abs=1e-10)
        assert np.abs(together.states[:, :, j] - alone.states).max() < 1e-9


def test_copies_of_a_population_are_solved_like_it() -> None:
    """Two copies of two neurons, four currents: the same states and spikes in another shape."""
    system, t, currents = (
        build_system(load("leaky_integrate_and_fire"), 4),
        np.arange(0, 40.5, 0.5),
        np.array([0.0, 2.0, 3.0, 5.0]),
    )
    flat = solve(system, 40.0, t, Step(currents))
    pairs = build_system(load("leaky_integrate_and_fire"), 2).copied(2)
    found = solve(pairs, 40.0, t, Step(currents.reshape(2, 2)))
    assert np.array_equal(found.states.reshape(flat.states.shape), flat.states)
    trains = [train for copy in found.spike_times_ms for train in copy]
    assert all(np.array_equal(a, b) for a, b in zip(trains, flat.spike_times_ms, strict=True)) and len(trains[-1]) > 2


def test_a_solution_that_explodes_says_when() -> None:
    """y' = y**2 from 1 has no value at t = 1."""
    with pytest.raises(
        ExactError, match=r"at t = 1 ms: the solution may be singular there; dy/dt is [^ ]+e\+\d+ times y per ms$"
    ):
        solve(System(("y",), (1.0,), lambda y, u: (y[0] ** 2,)), 2.0, np.array([0.0]))


def test_a_potential_that_explodes_into_its_threshold_is_followed_there_at_any_time() -> None:
    """AdEx to 0 mV, where v grows e-fold in 1e-10 ms: spikes come 2e-8 ms after those at -10 mV, beyond 500 ms too."""
    trains = []
    for peak in ("0 mV", "-10 mV"):
        experiment = default_experiment(load("adex").with_regime("initial_burst").with_parameters(V_peak=peak))
        trains.append(spikes_alone(build_system(experiment.model), experiment.duration_ms, experiment.drive))
    assert len(trains[0]) == 12 and trains[0][-1] > 500.0
    assert trains[0] == pytest.approx(trains[1], abs=1e-5)  # the difference grows from one spike to the next


DRAWN = """
name = "drawn"
equations = '''
dw/dt = -w/tau + 0.01/ms*g*(v - E) : uA/cm2
db/dt = 1/tau : 1
dv/dt = (g*(E - v) + g*2*mV*exp((v - V_T)/(2*mV)) - w + I_stim)/C : mV
I_stim : uA/cm2
'''
spike = "v > -40*mV"
reset = '''
v = E
w += 0.01*uA/cm2
'''
[[event]]
when = "b > 1"
reset = '''
b -= 1
w = 0.5*w
'''
[parameters]
g = "0.14991180939319299 mS/cm2"
C = "1.95 uF/cm2"
E = "-70 mV"
V_T = "-45 mV"
tau = "5 ms"
[initial]
v = "E"
w = "0 uA/cm2"
b = "0"
"""


def test_the_solution_is_the_same_whichever_samples_are_asked_for() -> None:
    """Events every 5 ms, on samples or not, and spikes between: what was asked for among other times, and alone."""
    system, drive = build_system(parse_model(DRAWN, "drawn.toml")), Step(9.0) + Step(3.47, 2.0, 9.0)
    t = np.arange(801) * 0.025
    whole = solve(system, 20.0, t, drive)
    assert len(whole.spike_times_ms) == 2
    for some in (slice(0, None, 40), slice(200, None, 200), slice(3, None, 7)):
        apart = np.abs(solve(system, 20.0, t[some], drive).states - whole.states[:, some])
        assert np.all(apart <= whole.state_errors[:, None] + 1e-12)


def test_a_sample_at_a_reset_holds_the_value_after_it() -> None:
    """Whichever side of it rounding puts the sample, the last one too: ramps that reach their level at every fifth, sixth ... sample."""
    t, sides = np.arange(201) * 0.05, set()
    for slope in (0.3, 0.37, 0.7, 1.1):
        for every in (5, 6, 7, 8, 10, 13, 20, 25, 40):
            ramp = Event(lambda y, top=slope * 0.05 * every: y[0] - top, lambda y: (0.0,))
            found = solve(System(("x",), (0.0,), lambda y, u, slope=slope: (slope,), event=ramp), 10.0, t)
            at = np.arange(every, 201, every)[: len(found.spike_times_ms)]
            assert np.abs(found.states[0, at]).max() < 1e-11, (slope, every)
            sides |= set(np.sign(t[at] - found.spike_times_ms))
    assert sides == {-1.0, 0.0, 1.0}


def test_two_crossings_within_one_step_are_both_seen() -> None:
    """A slow sine sampled by large steps still shows each upward crossing."""
    neuron = System(("x", "y"), (0.0, 1.0), lambda s, u: (s[1], -s[0]), event=Event(lambda s: s[0] - 0.999))
    spikes = solve(neuron, 20.0, np.array([0.0])).spike_times_ms
    assert spikes == pytest.approx(np.arcsin(0.999) + 2 * np.pi * np.arange(3), abs=1e-9)


CASCADE = """
name = "cascade"
equations = '''
dv/dt = (E - v + R*I_stim)/tau : mV
dw/dt = -w/tau : mV
I_stim : nA
'''
spike = "v > theta"
reset = '''
v = E
w += 2*mV
'''
[[event]]
when = "w > w_max"
reset = "w = w_after"
[[event]]
when = "w > -1*mV"
reset = "w = w_back"
[parameters]
E = "-65 mV"
R = "10 Mohm"
tau = "10 ms"
theta = "-50 mV"
w_max = "3 mV"
w_after = "3 mV"
w_back = "0 mV"
[initial]
v = "E"
w = "0 mV"
"""


def cascade(**changes: str) -> System:
    model = parse_model(CASCADE, "cascade.toml").with_parameters(changes)
    return build_system(model)


def test_an_event_that_a_reset_sets_off_acts_at_once() -> None:
    """The jump of w takes it above its own level: after every spike it is at most w_max."""
    system = cascade()
    t = np.linspace(0, 100, 2001)
    exact = solve(system, 100.0, t, Step(3.0))
    assert len(exact.spike_times_ms) > 10
    assert 2.9 < exact.states[1].max() <= 3.0 + 1e-9
    # from w = 0 the second event is above its level from the start, and has nothing to cross
    assert exact.states[1].min() >= 0.0


ENDLESS = """
name = "endless"
equations = '''
dp/dt = 1/ms : 1
dq/dt = 0/ms : 1
'''
[[event]]
when = "p > 1"
reset = '''
p = 0
q = 2
'''
[[event]]
when = "q > 1"
reset = '''
q = 0
p = 2
'''
[initial]
p = "0"
q = "0"
"""


def test_events_that_set_each_other_off_without_end_are_named() -> None:
    """Each takes the other above its level."""
    with pytest.raises(ExactError, match=r"^events set each other off without end at t = 1 ms$"):
        solve(build_system(parse_model(ENDLESS, "endless.toml")), 5.0, np.array([0.0]))
