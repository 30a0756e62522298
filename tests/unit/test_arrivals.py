"""Spikes from outside: when they act in fixed steps and exactly, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from definitions import DEFINITIONS

from spikebridge.bridge.definition.drive import stimulus
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import default_experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.engines.reference_engine import exact_solution
from spikebridge.bridge.errors import DefinitionError, TranslationError
from spikebridge.bridge.system import build_system, interpret_system
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.reference.arrivals import Arrivals
from spikebridge.reference.integrate import integrate
from spikebridge.reference.time_grid import TimeGrid

LEAK = """
name = "leak"
equations = "dg/dt = -g/tau : nS"
[[event]]
on = "input"
weight = "nS"
reset = "g += weight"
[parameters]
tau = "3 ms"
[initial]
g = "0 nS"
"""
JUMPS = DEFINITIONS["arriving_jumps"]
CONDUCTANCE = DEFINITIONS["arriving_conductance"]


def model_of(text: str) -> Model:
    return parse_model(text, "m.toml")


def spikes(*times: str, weight: str = "2 nS"):
    return stimulus("spikes", times=list(times), weight=weight)


def test_an_arrival_acts_at_the_nearest_grid_point_and_a_half_goes_down() -> None:
    """Half steps counted from 0: even ones act where their step begins, odd ones at its end; round-off of 12.3 does not matter."""
    arrivals = Arrivals(np.array([0.01, 0.05, 0.06, 0.1, 0.1001, 12.3, 12.35, 12.4]), np.ones(8))
    assert arrivals.half_steps(TimeGrid(200, 0.1)).tolist() == [0, 0, 1, 1, 2, 245, 246, 247]


def test_what_is_on_the_grid_has_its_clock_and_equal_times_keep_their_order() -> None:
    """NEURON's clock adds half steps with their round-off; events at one time it would deliver in an order of its own."""
    grid = TimeGrid(200, 0.1)
    times = Arrivals(np.array([12.3, 12.3, 12.37]), np.ones(3)).on_clock(grid)
    assert times[1] == grid.half_steps_ms[245] != 12.3
    assert times[0] == np.nextafter(times[1], 0.0) and times[2] == 12.37


@pytest.mark.parametrize("build", [build_system, interpret_system])
def test_in_fixed_steps_the_sample_holds_what_arrived_at_its_grid_point(build) -> None:
    """One at 0.3 ms is in the sample there; one at 0.34 ms is not, and then decays for the whole step like one at 0.3 ms."""
    system, e = build(model_of(LEAK)), np.exp(-0.1 / 3)
    late, on = (
        integrate(system, "exponential_euler", 0.5, 0.1, arrivals=Arrivals(np.array([t]), np.array([2.0]))) for t in (0.34, 0.3)
    )
    scale = on.states[0][3]
    assert scale == 2.0 and late.states[0][3] == 0.0
    assert on.states[0][4] == late.states[0][4] == pytest.approx(2.0 * e, rel=1e-14)


def test_the_exact_solution_has_them_at_their_very_times() -> None:
    """A sum of exponentials; the sample at an arrival holds the value after it, at the very end too."""
    times, e = (
        np.array([1.0, 2.0343, 12.3, 20.0]),
        Experiment(model_of(LEAK), spikes("1 ms", "2.0343 ms", "12.3 ms", "20 ms"), "20 ms", "0.1 ms"),
    )
    t = e.t_ms[:, None]
    since = np.where(t >= times - 1e-9, t - times, np.inf)
    assert exact_solution(e).states[0] == pytest.approx(e.arrivals.weights[0] * np.exp(-since / 3).sum(axis=1), abs=1e-14)


def test_a_rule_whose_level_an_arrival_crosses_acts_there_and_then() -> None:
    """In the exact solution each of nine jumps over the level is a spike at its own time."""
    e = default_experiment(model_of(JUMPS))
    assert exact_solution(e).spike_times_ms == pytest.approx(e.arrivals.times_ms, abs=1e-12)


def test_a_spike_without_a_reset_is_seen_where_an_arrival_lifts_it_over_its_level() -> None:
    """At the time of the arrival."""
    text = JUMPS.replace('reset = "v = E_L + 5*mV"\n', "")
    e = Experiment(model_of(text), spikes("8.03 ms", weight="25 mV"), "20 ms", "0.1 ms")
    assert exact_solution(e).spike_times_ms.tolist() == [8.03]


def test_trains_add_up_in_the_order_of_time() -> None:
    """Each with its own weight, as coherent numbers."""
    e = Experiment(model_of(LEAK), spikes("5 ms", "7 ms") + spikes("6 ms", "7 ms", weight="1 pS"), "20 ms")
    assert e.arrivals.times_ms.tolist() == [5.0, 6.0, 7.0, 7.0]
    factor = e.model.coherent.factor(e.model.unit_of("g"))
    assert e.arrivals.weights == pytest.approx(np.array([2.0, 1e-3, 2.0, 1e-3]) * factor)


def test_a_model_that_nothing_reaches_is_silent() -> None:
    """An event without spikes is no error."""
    e = Experiment(model_of(LEAK), (), "5 ms", "0.1 ms")
    assert not e.arrivals and not exact_solution(e).states.any()


def test_between_grid_points_is_said() -> None:
    """How many, in what a reader needs to repeat the experiment."""
    e = Experiment(model_of(LEAK), spikes("1 ms", "2.04 ms", "2.05 ms"), "5 ms", "0.1 ms")
    assert dict(e.described())["arrivals moved to the grid in fixed steps"] == "2"
    assert dict(e.described())["stimulus"] == "spikes of 2 nS at 1 ms, 2.04 ms, 2.05 ms"
    assert replace(e, dt="0.01 ms").moved_arrivals == 0


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (spikes("5 ms", "5 ms"), "stimulus 1: times: expected increasing times, but '5 ms' is not after 5 ms, the time before it"),
        (spikes("0 ms"), "stimulus 1: times: expected increasing times, but '0 ms' is not later than 0 ms, where the run begins"),
        (spikes("-1 ms"), "stimulus 1: times: expected increasing times, but '-1 ms' is not later than 0 ms, where the run begins"),
        (spikes("21 ms"), "stimulus 1: times: '21 ms' is after the end of the run, 20 ms"),
        (spikes("5 mV"), "stimulus 1: times: expected a time such as \"10 ms\", found '5 mV'"),
        (spikes("5 ms", weight="2 mV"), "stimulus 1: weight: spikes at leak weigh in nS, but '2 mV' is not"),
        (spikes("5 ms", weight="2"), "stimulus 1: weight: spikes at leak weigh in nS, but '2' is not"),
        (stimulus("spikes", times="5 ms", weight="2 nS"),
         "stimulus 1: times: expected a list of times such as [\"5 ms\", \"12.3 ms\"], found '5 ms'"),
    ],
)  # fmt: skip
def test_a_train_that_does_not_fit_is_refused_in_one_line(parts, message) -> None:
    """Times out of order or out of the run, a weight in another unit."""
    with pytest.raises(DefinitionError) as error:
        Experiment(model_of(LEAK), parts, "20 ms", "0.1 ms")
    assert str(error.value) == f"leak: {message}"


def test_a_model_without_such_an_event_cannot_be_reached() -> None:
    """And it is said what it needs."""
    with pytest.raises(DefinitionError) as error:
        Experiment(load("hodgkin_huxley"), spikes("5 ms"), "20 ms")
    assert str(error.value) == (
        "hodgkin_huxley: stimulus 1: hodgkin_huxley has no event that arriving spikes set off; "
        'give it one, [[event]] with on = "input"'
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('on = "input"', 'on = "spike"', "m.toml: event 1: on: expected \"input\", found 'spike'"),
        ('weight = "nS"\n', "", "m.toml: event 1: the key 'weight' is missing"),
        ('weight = "nS"', 'weight = "nT5x"', "m.toml: event 1: weight: 'nT' is not a unit"),
        ('weight = "nS"', 'weight = "mV"', "m.toml: event on \"input\": reset of g: cannot add 'g', which is uS, and 'weight', which is mV"),
        ('reset = "g += weight"', 'reset = "h += weight"', "m.toml: event 1: reset of h: 'h' is used but never defined"),
        ('reset = "g += weight"', 'reset = "tau = 1*ms"', "m.toml: event on \"input\": reset: 'tau' is not a state variable"),
        ('reset = "g += weight"', 'reset = ""', "m.toml: event 1: reset: expected an assignment; an event that changes nothing is none"),
        ("tau = ", 'weight = "1"\ntau = ', "m.toml: event 1: the model defines 'weight', which is what an arriving spike brings; rename it"),
        ("[parameters]", '[[event]]\non = "input"\nweight = "nS"\nreset = "g = weight"\n[parameters]',
         "m.toml: event 2: on: there is another event with on = \"input\"; one model has one"),
    ],
)  # fmt: skip
def test_an_event_that_says_something_else_is_refused_in_one_line(old, new, message) -> None:
    """With the file, the event and what was expected."""
    with pytest.raises(DefinitionError) as error:
        model_of(LEAK.replace(old, new))
    assert str(error.value).startswith(message) and "\n" not in str(error.value)


def test_what_rests_in_a_refractory_period_cannot_be_reached() -> None:
    """What a spike does to it then is open."""
    with pytest.raises(DefinitionError, match=r'^m\.toml: event on "input": v rests in the refractory period, and .*"current"$'):
        model_of(JUMPS.replace("[[event]]", 'refractory = "2 ms"\n[[event]]', 1))


def test_neuron_watches_again_where_an_arrival_may_lift_a_level_between_two_looks() -> None:
    """One rule is told of its own fall; several cannot be, and that is refused."""
    assert "net_send(0, 1)" in Nmodl(model_of(JUMPS)).text.partition("flag == 2")[2]
    assert "net_send(0, 1)" not in Nmodl(model_of(CONDUCTANCE)).text.partition("flag == 2")[2]
    two = JUMPS.replace("[[event]]", '[[event]]\nwhen = "v > 0*mV"\nreset = "v = E_L"\n[[event]]', 1)
    with pytest.raises(TranslationError, match="WATCH misses a level that an arriving spike lifts again"):
        _ = Nmodl(model_of(two)).text
