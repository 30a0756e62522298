"""Measures of agreement against numbers worked out by hand."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikebridge.reports.metrics.matching import match_in_order, match_spikes
from spikebridge.reports.metrics.spike_table import match_table, spike_table
from spikebridge.reports.metrics.spike_timing import spike_timing
from spikebridge.reports.metrics.spikes import (
    PRECISION_MS,
    coincidence_factor,
    max_spike_shift,
    spike_count_difference,
    spike_shifts,
)
from spikebridge.reports.metrics.waveform import max_abs_difference, one_step_of_motion, rms_difference

TRAIN = np.arange(50.0, 1000.0, 100.0)  # ten spikes in a second: 2 nu Delta = 2 * 0.01/ms * 2 ms = 0.04
trains = st.lists(st.floats(0.0, 1000.0), max_size=12, unique=True).map(lambda times: np.array(sorted(times)))


def test_a_train_agrees_with_itself() -> None:
    """No spike too many, no shift, coincidence factor 1."""
    assert spike_count_difference(TRAIN, TRAIN).value == 0.0
    assert max_spike_shift(TRAIN, TRAIN, 0.01).value == 0.0
    assert coincidence_factor(TRAIN, TRAIN, 1000.0).value == 1.0


def test_a_waveform_agrees_with_itself() -> None:
    """No distance at all, in the unit it is measured in."""
    v = np.sin(np.linspace(0.0, 9.0, 100))
    for measure in (max_abs_difference, rms_difference):
        assert (measure(v, v, "mV").value, measure(v, v, "mV").unit) == (0.0, "mV")


def test_distances_of_waveforms_by_hand() -> None:
    """Apart by 3, 0 and -4: at most 4, in the root of the mean square sqrt(25/3)."""
    found, expected = np.array([4.0, 2.0, -3.0]), np.array([1.0, 2.0, 1.0])
    assert max_abs_difference(found, expected, "mV").value == 4.0
    assert rms_difference(found, expected, "mV").value == pytest.approx(np.sqrt(25 / 3), rel=1e-15)


def test_one_step_of_motion_is_the_steepest_sample() -> None:
    """0, 1, -2, -2: it falls by 3 in one step; a single sample does not move."""
    assert one_step_of_motion(np.array([0.0, 1.0, -2.0, -2.0])) == 3.0
    assert one_step_of_motion(np.array([5.0])) == 0.0


def test_a_late_spike_has_a_positive_shift() -> None:
    """+0.5 ms late and 0.7 ms early: the larger one counts, without its sign."""
    found = np.array([10.5, 19.3])
    assert spike_shifts(found, np.array([10.0, 20.0])) == pytest.approx([0.5, -0.7])
    assert max_spike_shift(found, np.array([10.0, 20.0]), 0.01).value == pytest.approx(0.7)


@pytest.mark.parametrize(("found", "difference"), [(TRAIN[:-1], -1.0), (np.append(TRAIN, 999.0), 1.0), (np.array([]), -10.0)])
def test_another_number_of_spikes_has_no_shift(found, difference) -> None:
    """The count says so, the shift is None with both numbers in its reason, never a small number."""
    assert spike_count_difference(found, TRAIN).value == difference
    shift = max_spike_shift(found, TRAIN, 0.01)
    assert shift.value is None
    assert shift.reason == f"{len(found)} spikes against 10: there is no one-to-one match"
    assert spike_shifts(found, TRAIN) is None


def test_no_spikes_on_either_side_is_no_shift() -> None:
    """Two silent neurons agree."""
    silent = np.array([])
    assert max_spike_shift(silent, silent, 0.01).value == 0.0
    assert coincidence_factor(silent, silent, 100.0).value == 1.0


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # Kistler, Gerstner & van Hemmen 1997, eq. 2.8: (coincident - 0.04 found)/((found + expected)/2)/(1 - 0.04)
        (np.append(TRAIN[:8], TRAIN[8:] + 5.0), (8 - 0.4) / 10 / 0.96),
        (np.append(TRAIN, [20.0, 30.0]), (10 - 0.48) / 11 / 0.96),
        (TRAIN[:5], (5 - 0.2) / 7.5 / 0.96),
        (TRAIN + 50.0, (0 - 0.4) / 10 / 0.96),
        (np.array([]), 0.0),
    ],
    ids=["two of ten off", "two too many", "half of them", "none", "silence"],
)
def test_coincidence_factors_by_hand(found, expected) -> None:
    """Spikes that coincide, less those expected by chance, over the mean number, normalised."""
    assert coincidence_factor(np.sort(found), TRAIN, 1000.0).value == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(("shift", "coincide"), [(PRECISION_MS, True), (-PRECISION_MS, True), (PRECISION_MS + 1e-9, False)])
def test_coincident_means_within_two_milliseconds(shift, coincide) -> None:
    """The border counts, a hair beyond does not."""
    assert (coincidence_factor(TRAIN + shift, TRAIN, 1000.0).value == pytest.approx(1.0)) is coincide


def test_one_spike_cannot_stand_for_two() -> None:
    """One spike between two, a millisecond from each: (1 - 0.008)/1.5/0.992 = 2/3, not more than 1."""
    found = coincidence_factor(np.array([500.0]), np.array([499.0, 501.0]), 1000.0).value
    assert found == pytest.approx((1 - 2 * 0.002 * 2) / 1.5 / (1 - 2 * 0.002 * 2))
    assert coincidence_factor(np.array([499.0, 501.0]), np.array([500.0]), 1000.0).value < 1.0


def test_at_too_high_a_rate_chance_explains_everything() -> None:
    """A spike every 4 ms with 2 ms either side: the factor has no meaning, and says so."""
    dense = np.arange(0.0, 1000.0, 4.0)
    score = coincidence_factor(dense, dense, 1000.0)
    assert score.value is None
    assert score.reason == "the rate is too high for a precision of 2 ms"


@given(trains, trains)
def test_no_pair_of_trains_coincides_more_than_a_train_with_itself(found, expected) -> None:
    """The factor never exceeds 1."""
    value = coincidence_factor(found, expected, 1000.0).value
    assert value is not None
    assert value <= 1.0 + 1e-12


@given(trains, st.floats(-2.0, 2.0))
def test_the_largest_shift_of_a_shifted_train_is_the_shift(train, shift) -> None:
    """Whatever the train."""
    score = max_spike_shift(train + shift, train, 0.01)
    assert score.value == pytest.approx(abs(shift) if len(train) else 0.0, abs=1e-9)


def test_what_is_expected_by_chance_is_what_chance_gives() -> None:
    """Trains at random times have on average the factor 0, within three standard errors, whichever has more spikes."""
    random = np.random.default_rng(2008)
    for spikes in (4, 8, 16):
        pairs = [(random.uniform(0.0, 1000.0, spikes), random.uniform(0.0, 1000.0, 8)) for _ in range(2000)]
        factors = [coincidence_factor(np.sort(found), np.sort(expected), 1000.0).value for found, expected in pairs]
        # spikes so close that they compete for a partner, and windows that reach over the ends, lower it a little
        assert abs(np.mean(factors)) < 3 * np.std(factors) / np.sqrt(len(factors)) + 0.01


# matching ---------------------------------------------------------------------------------------------


def parts(match):
    """Matched pairs, missing and extra times as lists."""
    pairs = list(zip(match.found_ms.tolist(), match.expected_ms.tolist(), strict=True))
    return pairs, match.missing_ms.tolist(), match.extra_ms.tolist()


@pytest.mark.parametrize(
    ("found", "expected", "pairs", "missing", "extra"),
    [
        ([], [], [], [], []),
        ([], [10, 20], [], [10, 20], []),
        ([10, 20], [], [], [], [10, 20]),
        ([10], [10], [(10, 10)], [], []),
        ([90], [10], [(90, 10)], [], []),
        ([11, 19, 30], [10, 20, 30], [(11, 10), (19, 20), (30, 30)], [], []),
        ([10, 30.5], [10, 20, 30], [(10, 10), (30.5, 30)], [20], []),
        ([10, 16, 20, 30], [10, 20, 30], [(10, 10), (20, 20), (30, 30)], [], [16]),
        ([20, 30, 40, 50], [10, 20, 30, 40], [(20, 20), (30, 30), (40, 40)], [10], [50]),
        ([10.5, 10.8, 30.5, 50.5], [10, 30, 50], [(10.5, 10), (30.5, 30), (50.5, 50)], [], [10.8]),
        ([11.8, 14.8, 51.8], [10, 13, 50], [(11.8, 10), (14.8, 13), (51.8, 50)], [], []),
        ([10, 10], [10, 10], [(10, 10), (10, 10)], [], []),
    ],
    ids=["silence", "all missing", "all extra", "one", "one far off", "jitter", "one missing", "one extra", "a swap", "a doublet", "a late burst", "equal times"],
)  # fmt: skip
def test_spikes_find_their_partners(found, expected, pairs, missing, extra) -> None:
    """By least total shift, where half the shorter intervals beside both overlap; the rest is missing or extra."""
    match = match_spikes(np.array(found, float), np.array(expected, float))
    assert parts(match) == (pairs, missing, extra)
    assert match.complete is (not missing and not extra)
    assert match.shifts_ms.tolist() == [f - e for f, e in pairs]
    assert str(match) == f"{len(pairs)} spikes matched, {len(missing)} missing, {len(extra)} extra"


def reach(train):
    """Half the shorter interval beside each of several spikes, written out."""
    return [min(abs(s - t) for t in np.delete(train, k)) / 2 for k, s in enumerate(train)]


several = st.lists(st.integers(0, 200), min_size=2, max_size=5, unique=True).map(lambda times: np.array(sorted(times), float))


@given(several, several)
def test_no_other_matching_is_cheaper(found, expected) -> None:
    """Of all monotone matchings, tried one by one, none has less shift and reach left over; swapping the trains costs the same."""

    def cost(match):
        alone = [np.array(reach(train))[np.isin(train, times, invert=True)].sum() for train, times in match]
        return np.abs(np.subtract(*(times for _, times in match))).sum() + sum(alone)

    sizes = range(min(len(found), len(expected)) + 1)
    every = [
        ((found, np.array(a)), (expected, np.array(b)))
        for k in sizes
        for a in combinations(found, k)
        for b in combinations(expected, k)
    ]
    one, other = match_spikes(found, expected), match_spikes(expected, found)
    chosen = cost(((found, one.found_ms), (expected, one.expected_ms)))
    assert chosen == pytest.approx(min(map(cost, every)), abs=1e-9)
    assert cost(((expected, other.found_ms), (found, other.expected_ms))) == pytest.approx(chosen, abs=1e-9)


@given(trains, trains)
def test_every_spike_is_matched_once_missing_or_extra(found, expected) -> None:
    """Nothing is lost and nothing counted twice, by time as by number."""
    for match in (match_spikes(found, expected), match_in_order(found, expected)):
        assert np.array_equal(np.sort(np.concatenate([match.found_ms, match.extra_ms])), found)
        assert np.array_equal(np.sort(np.concatenate([match.expected_ms, match.missing_ms])), expected)


@given(trains)
def test_a_train_matches_itself(train) -> None:
    """Every spike with itself: no shift, lag, drift or jitter."""
    for match in (match_spikes(train, train), match_in_order(train, train)):
        assert match.complete
        assert np.array_equal(match.shifts_ms, np.zeros(len(train)))
        assert {score.value for score in vars(spike_timing(match)).values()} <= {0.0, None}


def test_a_train_that_slips_is_matched_by_number() -> None:
    """2 % slow over 100 intervals: two whole intervals late at the end, which by time are two missing and two extra spikes."""
    expected = 10.0 * np.arange(1, 101)
    assert not match_spikes(1.02 * expected, expected).complete
    assert spike_timing(match_in_order(1.02 * expected, expected)).drift.value == pytest.approx(0.02, abs=1e-14)
    assert parts(match_in_order(expected[:2], expected[:3])) == ([(10, 10), (20, 20)], [30], [])


# lag, drift and jitter ----------------------------------------------------------------------------------


@given(st.floats(-2.0, 2.0), st.floats(-1e-3, 1e-3))
def test_lag_and_drift_are_told_apart(lag, drift) -> None:
    """Late by a constant and slow by a factor: each is found, and nothing is left."""
    timing = spike_timing(match_spikes(TRAIN + lag + drift * (TRAIN - TRAIN[0]), TRAIN))
    assert timing.lag.value == pytest.approx(lag, abs=1e-11)
    assert timing.drift.value == pytest.approx(drift, abs=1e-13)
    assert timing.jitter.value == pytest.approx(0.0, abs=1e-11)
    assert [score.unit for score in vars(timing).values()] == ["ms", "ms/ms", "ms"]


def test_lag_drift_and_jitter_by_hand() -> None:
    """Shifts 0, 1, 0.5 at 10, 20, 30: mean 0.5, slope (10 * 0.5)/200, residuals -0.25, 0.5, -0.25 with one degree of freedom."""
    timing = spike_timing(match_spikes(np.array([10.0, 21.0, 30.5]), np.array([10.0, 20.0, 30.0])))
    assert timing.lag.value == pytest.approx(0.25)
    assert timing.drift.value == pytest.approx(0.025)
    assert timing.jitter.value == pytest.approx(np.sqrt(0.375))


def test_few_spikes_have_no_drift_or_no_jitter() -> None:
    """None: neither; one: a lag; two: a line goes through them. What is missing is in the reason."""
    silent = spike_timing(match_spikes(np.array([]), TRAIN))
    assert [score.value for score in vars(silent).values()] == [None, None, None]
    assert silent.lag.reason == "0 spikes matched, 10 missing, 0 extra: nothing to measure"
    one = spike_timing(match_spikes(np.array([50.5]), TRAIN))
    assert [score.value for score in vars(one).values()] == [0.5, None, None]
    assert one.lag.reason == "1 spikes matched, 9 missing, 0 extra"
    two = spike_timing(match_spikes(np.array([50.5, 151.5]), TRAIN[:2]))
    assert [two.lag.value, two.drift.value, two.jitter.value] == [pytest.approx(0.5), pytest.approx(0.01), None]


# the table ----------------------------------------------------------------------------------------------


def test_the_table_has_one_row_a_spike_by_time() -> None:
    """Missing spikes have no found time, extra ones no expected time, and neither a shift."""
    table = spike_table(np.array([10.5, 12.0, 30.0]), np.array([10.0, 20.0, 30.0]))
    assert list(table.columns) == ["expected_ms", "found_ms", "shift_ms", "status"]
    assert table["status"].tolist() == ["matched", "extra", "missing", "matched"]
    nan = np.nan
    times = [[10.0, 10.5, 0.5], [nan, 12.0, nan], [20.0, nan, nan], [30.0, 30.0, 0.0]]
    assert np.array_equal(table.iloc[:, :3].to_numpy(float), times, equal_nan=True)


def test_the_table_of_silence_is_empty() -> None:
    """With its columns and number types, so that it can be put below another."""
    table = spike_table(np.array([]), np.array([]))
    assert table.shape == (0, 4)
    assert [dtype.kind for dtype in table.dtypes[:3]] == ["f", "f", "f"]
    assert match_table(match_in_order(TRAIN, TRAIN))["status"].eq("matched").all()
