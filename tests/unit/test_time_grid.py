"""The times of a fixed-step run."""

import numpy as np
import pytest

from spikebridge.reference.integrate import integrate
from spikebridge.reference.stimulus import Pulses, Step
from spikebridge.reference.system import System
from spikebridge.reference.time_grid import TimeGrid, step_count

GRID = TimeGrid.over(10.0, 0.1)


def test_a_duration_is_a_whole_number_of_steps() -> None:
    """Up to the round-off of the division; another one is refused in words."""
    assert step_count(100.0, 0.01) == 10_000
    with pytest.raises(ValueError, match=r"^100 ms is not a whole number of steps of 0.03 ms$"):
        TimeGrid.over(100.0, 0.03)


def test_samples_and_middles_have_their_places() -> None:
    """Both ends are samples; every step has one middle, by a clock that adds half steps."""
    assert GRID.t_ms.shape == (101,) and GRID.t_ms[-1] == 100 * 0.1
    assert GRID.half_steps_ms.shape == (200,) and GRID.middles_ms.shape == (100,)
    clock, halves = 0.0, []
    for _ in range(200):
        clock += 0.05
        halves.append(clock)
    assert GRID.half_steps_ms.tolist() == halves and GRID.middles_ms.tolist() == halves[::2]


def test_the_arrays_are_made_once_and_cannot_be_changed() -> None:
    """Whoever asks gets the same ones."""
    assert GRID.t_ms is GRID.t_ms
    for array in (GRID.t_ms, GRID.half_steps_ms, GRID.middles_ms):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_an_edge_between_points_moves_to_the_nearer_one() -> None:
    """A step sees what is there in its middle."""
    seen = GRID.seen(Step(1.0, 1.04, 2.06))
    assert np.flatnonzero(np.diff(seen)).tolist() == [9, 20]


def test_a_run_takes_the_stimulus_or_what_its_steps_see_of_it() -> None:
    """To the same bits; values that do not fit its steps are refused."""
    system = System(names=("v",), initial=(0.0,), rates=lambda y, stimulus: (stimulus - y[0],))
    stimulus = Pulses(1.0, 1.0, 0.5, 2.0, 3)
    whole, sampled = (integrate(system, "rk4", 10.0, 0.1, given) for given in (stimulus, GRID.seen(stimulus)))
    assert np.array_equal(whole.states, sampled.states) and whole.states.max() > 0.3
    with pytest.raises(ValueError, match="50 values of the stimulus do not fit 100 steps"):
        integrate(system, "rk4", 10.0, 0.1, GRID.seen(stimulus)[:50])
