"""Fewer samples, and nothing to see is lost."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spikebridge.reports.formats.thinning import TOLERANCE, outline, thin

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


def between(y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """What straight lines between the kept samples say of all."""
    return np.interp(np.arange(len(y)), at, y[at])


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_an_outline_passes_every_sample_closely(seed) -> None:
    """A spiking trace with noise a hundredth of a pixel high: within a two-thousandth of the range, extremes exactly."""
    random = np.random.default_rng(seed)
    t = np.arange(20_001) * 0.01
    peaks = random.uniform(0, 200, 8)
    y = -65 + sum(100 * np.exp(-(((t - peak) / 0.4) ** 2)) for peak in peaks) + random.normal(size=len(t)) * 0.004
    at = outline(y)
    assert len(at) <= 2000
    assert np.max(np.abs(between(y, at) - y)) <= TOLERANCE * np.ptp(y) * (1 + 1e-9)
    assert (y[at].min(), y[at].max()) == (y.min(), y.max())
    assert (at[0], at[-1]) == (0, len(y) - 1)


def test_an_outline_of_little_is_short() -> None:
    """Two samples for a line, a handful for a step, no more than there are."""
    assert list(outline(np.linspace(0, 1, 10_001))) == [0, 10_000]
    assert list(outline(np.repeat([0.0, 1.0, 0.0], 1000))) == [0, 999, 1000, 1999, 2000, 2999]
    assert list(outline(np.zeros(5))) == [0, 4]
    assert list(outline(np.array([1.0]))) == [0]


@settings(max_examples=25)
@given(st.integers(0, 50_000), st.floats(-50, 50).filter(lambda x: abs(x) > 8))
def test_no_residual_peak_is_hidden_in_noise(where, height) -> None:
    """One sample out of noise that no line can follow: the sample itself, at its time; and the noise as wide as it is."""
    y = np.random.default_rng(7).normal(size=50_001)
    y[where] = height
    at = outline(y)
    assert len(at) <= 2010
    assert where in at
    pixels = np.minimum(np.arange(len(y)) // 50, 999)
    for extreme in (np.maximum, np.minimum):
        full, few = np.full(1000, -extreme(-np.inf, np.inf)), np.full(1000, -extreme(-np.inf, np.inf))
        extreme.at(full, pixels, y)
        extreme.at(few, pixels[at], y[at])
        # a bin may lie across two pixels: then the extreme is in the next
        beside = extreme(extreme(few, np.roll(few, 1)), np.roll(few, -1))
        assert np.all(extreme(beside, full) == beside)


def test_gaps_stay_gaps() -> None:
    """As long as they are, with what stands at their edges; nothing at all is a gap from end to end."""
    y = np.sin(np.arange(5000) / 100)
    y[1000:1500] = np.nan
    y[3000] = np.inf
    at = outline(y)
    assert {999, 1000, 1499, 1500, 2999, 3000, 3001} <= set(at)
    assert not any(1000 < k < 1499 and np.isfinite(y[k]) for k in at)
    assert list(outline(np.full(10, np.nan))) == [0, 9]
