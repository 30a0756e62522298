"""The definition of a spike."""

import numpy as np
import pytest

from spikebridge.reference.spikes import crossings_between_steps, upward_crossings


def test_a_sine_crosses_upward_once_a_period() -> None:
    """sin(t - 0.3) rises through zero at 0.3 + 2 pi k."""
    t = np.arange(0, 20, 0.01)
    found = upward_crossings(t, np.sin(t - 0.3))
    assert found == pytest.approx(0.3 + 2 * np.pi * np.arange(4), abs=1e-9)


def test_placing_a_crossing_has_fourth_order_error() -> None:
    """Halving the sampling step divides the error by 16."""

    def worst(dt: float) -> float:
        grids = (np.arange(start, 3, dt) for start in np.linspace(0, dt, 11))
        return max(abs(upward_crossings(t, np.exp(t) - 2.0)[0] - np.log(2.0)) for t in grids)

    errors = [worst(dt) for dt in (0.2, 0.1, 0.05)]
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert slopes == pytest.approx(4.0, abs=0.3)


def test_a_touch_is_no_crossing_and_a_start_above_is_none() -> None:
    """Only a sample at or below zero followed by one above it counts."""
    t = np.arange(5.0)
    assert len(upward_crossings(t, np.array([-1.0, 0.0, -1.0, -2.0, -1.0]))) == 0
    assert len(upward_crossings(t, np.array([1.0, 2.0, 1.0, 2.0, 1.0]))) == 0


def test_at_an_end_the_straight_line_is_used() -> None:
    """With no sample before, the crossing lies on the chord."""
    assert upward_crossings(np.array([0.0, 1.0, 2.0]), np.array([-1.0, 3.0, 5.0])) == pytest.approx([0.25])


def test_between_steps_of_any_size_the_cubic_is_exact_for_cubics() -> None:
    """(t - 1.3)^3 + 2 (t - 1.3) from irregular points, one of them recorded twice; next to an end it has fewer points."""
    t = np.array([0.0, 0.2, 0.9, 1.0, 1.0, 1.75, 1.8])
    f = (t - 1.3) ** 3 + 2 * (t - 1.3)
    f[3] = 7.0  # before a jump: the later one counts
    assert crossings_between_steps(t, f) == pytest.approx([1.3], abs=1e-14)
    assert crossings_between_steps(np.array([0.0, 0.5]), np.array([-1.0, 3.0])) == pytest.approx([0.125])
