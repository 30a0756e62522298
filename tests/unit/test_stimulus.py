"""Stimuli: values, edges, sums."""

import numpy as np
import pytest

from spikebridge.reference.stimulus import SILENCE, Pulses, Step, StimulusError


def test_a_step_is_on_from_its_start_and_off_at_its_stop() -> None:
    """Right-continuous: on at 5 ms, off at 95 ms."""
    step = Step(10.0, 5.0, 95.0)
    assert step.at([4.999, 5.0, 94.999, 95.0]).tolist() == [0.0, 10.0, 10.0, 0.0]


def test_a_sum_adds_and_knows_every_edge_once() -> None:
    """Edges of the parts, sorted, without repetition."""
    stimulus = Step(1.0, 0.0, 10.0) + Step(2.0, 5.0, 10.0)
    assert stimulus.edges_ms == (0.0, 5.0, 10.0)
    assert stimulus.at(7.0) == 3.0


def test_a_pulse_train_has_its_count_width_and_period() -> None:
    """Three pulses of 1 ms, 10 ms apart."""
    train = Pulses(4.0, start_ms=2.0, width_ms=1.0, period_ms=10.0, count=3)
    assert train.edges_ms == (2.0, 3.0, 12.0, 13.0, 22.0, 23.0)
    assert train.at(np.array([2.5, 3.5, 12.5, 32.5])).tolist() == [4.0, 0.0, 4.0, 0.0]


def test_silence_is_zero_without_edges() -> None:
    """The empty sum."""
    assert SILENCE.edges_ms == ()
    assert SILENCE.at([0.0, 1.0]).tolist() == [0.0, 0.0]


def test_an_endless_step_has_one_edge() -> None:
    """Infinity is no edge a solver could stop at."""
    assert Step(1.0, 3.0).edges_ms == (3.0,)


def test_amplitudes_may_differ_between_neurons() -> None:
    """An array of amplitudes adds a trailing axis."""
    stimulus = Step(np.array([1.0, 2.0]), 0.0, 1.0)
    assert stimulus.at([0.5, 1.5]).tolist() == [[1.0, 2.0], [0.0, 0.0]]


def test_tolerance_forgives_a_grid_time_its_round_off() -> None:
    """0.1 * 3 exceeds 0.3; a time just below an edge counts as past it when told so."""
    step = Step(1.0, 0.3, 0.6)
    assert step.at(0.3 - 1e-16, tolerance_ms=1e-9) == 1.0
    assert step.at(0.1 * 6, tolerance_ms=1e-9) == 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Step(1.0, 5.0, 5.0), "a step from 5 ms must stop later than it starts, not at 5 ms"),
        (lambda: Pulses(1.0, 0.0, 2.0, 1.0, 3), "pulses 2 ms wide do not fit a period of 1 ms"),
        (lambda: Pulses(1.0, 0.0, 1.0, 2.0, 0), "a pulse train needs at least one pulse, not 0"),
    ],
)
def test_a_stimulus_that_cannot_be_says_why(make, message) -> None:
    """Word for word."""
    with pytest.raises(StimulusError) as error:
        make()
    assert str(error.value) == message


def test_amplitudes_line_up_with_copies_and_units() -> None:
    """Behind the times: a number, one a unit, one a copy, in any order."""
    parts = Step(1.0), Step(np.array([10.0, 20.0])), Step(np.array([[100.0], [200.0], [300.0]]))
    expected = [[111.0, 121.0], [211.0, 221.0], [311.0, 321.0]]
    for a, b, c in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        assert (parts[a] + parts[b] + parts[c]).at([0.0, 1.0]).tolist() == [expected] * 2
        assert (parts[a] + parts[b] + parts[c]).at(0.0).tolist() == expected
