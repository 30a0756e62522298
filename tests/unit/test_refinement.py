"""Ladders of runs that part company: how many of the first spikes can be compared."""

import numpy as np
import pytest

from spikebridge.reports.metrics.matching import shared_spikes
from spikebridge.reports.proof.convergence import Ladder, climb
from spikebridge.reports.proof.refinement import followed

TRUTH = np.array([10.0, 20.0, 30.0, 45.0])


@pytest.mark.parametrize(
    ("train", "shared"),
    [
        (TRUTH, 4),
        (TRUTH + 0.4, 4),
        (TRUTH[:2], 2),
        ([10.1, 20.2, 36.0, 45.0], 2),  # nearer to none than half an interval
        ([10.0, 14.9, 20.0, 30.0, 45.0], 1),  # one more in between
        ([4.0, 10.0, 20.0], 0),
        ([], 0),
    ],
)
def test_spikes_are_shared_while_each_lies_within_half_an_interval_of_its_own(train, shared) -> None:
    """Missing, extra and displaced spikes end the comparison where they occur."""
    assert shared_spikes(TRUTH, [TRUTH, np.array(train)]) == shared
    assert shared_spikes(TRUTH, [np.array(train)]) == shared


def test_a_single_spike_is_shared_wherever_it_is() -> None:
    """It has no neighbour to be confused with."""
    assert shared_spikes(np.array([10.0]), [np.array([80.0])]) == 1
    assert shared_spikes(np.array([]), [np.array([])]) == 0


def test_the_last_spikes_before_a_train_is_lost_must_err_in_the_schemes_order() -> None:
    """First order throughout but for the last of eight, which went another way on the coarsest rung; a wrong limit stays in."""
    steps = np.array([0.04, 0.02, 0.01])
    errors = [step * np.arange(1.0, 9.0) for step in steps]
    whole = climb(Ladder(tuple(steps), tuple(errors), "ms", 1e-9), 1)
    assert followed(whole, 1, 8) == 8
    errors[0] = errors[0] + 3.0 * (np.arange(8) == 7)
    lost = climb(Ladder(tuple(steps), tuple(errors), "ms", 1e-9), 1)
    assert followed(lost, 1, 8) == 7 and followed(lost, None, 8) == 8
    wrong = climb(Ladder(tuple(steps), tuple(e + 1.0 for e in errors), "ms", 1e-9), 1)
    assert not climb(Ladder(wrong.ladder.steps, tuple(e[:7] for e in wrong.ladder.errors), "ms", 1e-9), 1).reaches_exact
