"""Measures of agreement against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.metrics.spikes import (
    PRECISION_MS,
    coincidence_factor,
    max_spike_shift,
    spike_count_difference,
    spike_shifts,
)
from reports.metrics.waveform import max_abs_difference, one_step_of_motion, rms_difference

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
