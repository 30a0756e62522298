"""Rates, intervals, adaptation and bursts of trains whose answers are known by hand."""

import numpy as np
import pytest

from spikebridge.reports.analyses import (
    adaptation,
    bursts,
    instantaneous_rate,
    interval_histogram,
    mean_rate_hz,
    return_map,
    steady_rate_hz,
)

TRAIN = np.array([1.0, 11.0, 31.0, 71.0])


def test_the_steady_rate_is_that_of_the_last_interval() -> None:
    """40 ms, and none after a transient that leaves one spike."""
    assert steady_rate_hz(TRAIN) == 25.0
    assert steady_rate_hz(TRAIN, 30.0) == 25.0
    assert steady_rate_hz(TRAIN, 60.0) == 0.0 == steady_rate_hz(np.array([]))


def test_the_mean_rate_counts_in_a_half_open_window() -> None:
    """The spike at its end belongs to the next."""
    assert mean_rate_hz(TRAIN, 0.0, 100.0) == 40.0
    assert mean_rate_hz(TRAIN, 1.0, 11.0) == 100.0
    with pytest.raises(ValueError, match="a rate needs a window that stops after 5 ms, not at 5 ms"):
        mean_rate_hz(TRAIN, 5.0, 5.0)


def test_intervals_one_by_one_in_bins_and_in_pairs() -> None:
    """10, 20 and 40 ms."""
    assert instantaneous_rate(TRAIN).rate_hz.tolist() == [100.0, 50.0, 25.0]
    histogram = interval_histogram(TRAIN, 10.0)
    assert histogram.count.tolist() == [0, 1, 1, 0, 1] and histogram.start_ms.tolist() == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert (histogram.density_per_ms * 10.0).sum() == pytest.approx(1.0)
    assert return_map(TRAIN).to_frame().to_numpy().tolist() == [[10.0, 20.0], [20.0, 40.0]]
    assert not len(interval_histogram(np.array([]), 1.0).count.nonzero()[0])
    with pytest.raises(ValueError, match="bins wider than 0 ms"):
        interval_histogram(TRAIN, 0.0)


def test_adaptation_compares_the_rates_at_both_ends() -> None:
    """Doubling intervals: a quarter of the rate, index 1/3; 1 - 1/e of the way of the 75 Hz is reached on the first 50."""
    found = adaptation(TRAIN)
    assert (found.first_hz, found.last_hz, found.ratio) == (100.0, 25.0, 0.25)
    assert found.index == pytest.approx(1 / 3)
    assert found.settling_ms == pytest.approx(20.0 * (1 - np.exp(-1.0)) * 75.0 / 50.0)
    with pytest.raises(ValueError, match="at least three spikes, not 2"):
        adaptation(TRAIN[:2])
    assert np.isnan(adaptation(np.array([0.0, 5.0, 10.0])).settling_ms)


def test_long_intervals_part_bursts() -> None:
    """Three bursts of 2, 3 and 1."""
    found = bursts(np.array([0.0, 2.0, 50.0, 52.0, 54.0, 110.0]), gap_ms=10.0)
    assert found.spikes.tolist() == [2, 3, 1] and found.periods_ms.tolist() == [50.0, 60.0] and found.period_ms == 60.0
    assert found.whole.spikes.tolist() == [3] and len(bursts(np.array([]), 10.0)) == 0
    assert found.to_frame()["stop_ms"].tolist() == [2.0, 54.0, 110.0]


def test_a_train_is_a_row_of_times_in_order() -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="must not decrease"):
        steady_rate_hz(np.array([2.0, 1.0]))
    with pytest.raises(ValueError, match="shape \\(2, 2\\)"):
        steady_rate_hz(np.zeros((2, 2)))
