"""Fewer samples, and nothing to see is lost."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reports.thinning import thin

signals = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).normal(size=5003))


@given(signals, st.integers(1, 500))
def test_lowest_highest_first_and_last_samples_stay(y, bins) -> None:
    """With their times, in order, and only samples there were."""
    t = np.arange(len(y)) * 0.01
    few_t, few_y = thin(t, y, bins)
    index = np.round(few_t / 0.01).astype(int)
    assert np.array_equal(y[index], few_y)
    assert np.all(np.diff(index) > 0)
    assert (few_y.min(), few_y.max()) == (y.min(), y.max())
    assert (index[0], index[-1]) == (0, len(y) - 1)


def test_there_are_at_most_four_samples_a_bin() -> None:
    """100,000 samples become some 4,000."""
    y = np.random.default_rng(1).normal(size=100_001)
    assert len(thin(np.arange(100_001.0), y, 1000)[0]) <= 4 * 1001


@given(st.integers(0, 100_000))
def test_no_spike_is_hidden(where) -> None:
    """One sample high, anywhere among 100,001."""
    y = np.full(100_001, -65.0)
    y[where] = 40.0
    t, few = thin(np.arange(100_001.0), y)
    assert t[few == 40.0] == [where]


def test_short_signals_stay_as_they_are() -> None:
    """Nothing is thinned that fits."""
    t = np.arange(4000.0)
    assert thin(t, t)[0] is t


def test_undefined_samples_do_not_hide_the_others() -> None:
    """Not a number in every bin: lowest and highest of the rest stay, below nought and above."""
    for offset in (-65.0, 65.0):
        y = np.random.default_rng(3).normal(size=20_011) + offset
        y[7::20] = np.nan
        few = thin(np.arange(20_011.0), y)[1]
        assert (np.nanmin(few), np.nanmax(few)) == (np.nanmin(y), np.nanmax(y))
