"""Distances between spike trains against closed forms, other software and what makes a distance."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikebridge.reports.metrics.interval_distances import isi_distance, spike_distance
from spikebridge.reports.metrics.spike_distances import van_rossum_distance, victor_purpura_distance

Q, TAU, DURATION = 0.25, 8.0, 100.0
# multiples of 1/8 ms, so that shifting and scaling by powers of two are exact
times = st.integers(8, 792).map(lambda eighths: eighths / 8)
trains = st.lists(times, max_size=8).map(lambda spikes: np.array(sorted(spikes)))
strict_trains = st.lists(times, max_size=8, unique=True).map(lambda spikes: np.array(sorted(spikes)))

# found, expected, then Victor-Purpura and van Rossum by elephant 1.2.1, ISI and SPIKE by PySpike 0.9.0; times in ms of 100
OTHERS = [
    ([20.25, 26.66, 83.14, 93.13], [54.67, 55.03, 94.58], 5.362500000000001, 2.8188295505702303, 0.40690419841177344, 0.4334812715538682),
    ([21.05, 39.85, 42.34, 46.77, 55.85], [8.35, 22.66, 36.36, 57.77, 65.25, 81.31, 88.33, 90.5], 8.755, 3.7173577771905757, 0.5505203534131764, 0.29618981093798885),
    ([23.87, 28.22, 30.86, 88.26], [14.95, 24.25, 45.92, 84.02], 5.155000000000002, 2.258616022369804, 0.4428320544643647, 0.19207628310841465),
    ([32.92, 36.73, 48.67, 52.52, 54.48, 90.3, 90.32], [2.22, 11.54, 12.91, 48.33, 55.17, 57.97, 67.97], 9.620000000000001, 3.898897894393289, 0.44799452156575376, 0.34404664719635264),
    ([3.45, 11.39, 34.18, 46.63, 54.36, 66.11, 97.97], [4.26, 15.84, 50.04, 51.23, 72.81, 86.8], 7.625, 2.5214317478251105, 0.48225268585005504, 0.29861691964038917),
    ([31.46, 47.83, 70.11, 89.73], [31.46, 47.83, 59.89, 80.4, 81.5], 5.0, 2.0556860401868517, 0.08884835048094039, 0.21248094210497523),
    ([16.65, 51.24, 56.23, 59.71, 68.22, 70.76, 78.82, 95.73, 98.11], [56.23, 59.71, 67.19, 74.95, 90.52, 96.75], 5.8675, 2.179629833608487, 0.3585053835835, 0.19274547316074592),
    ([64.99], [5.69, 14.54, 57.36, 93.68], 4.907499999999999, 2.2056368037132477, 0.317958648759416, 0.1918040689736208),
    ([16.29, 17.0, 32.37, 33.02, 52.1, 54.3, 54.67, 80.7], [5.49, 32.58, 48.35, 53.6, 62.7, 73.86, 79.61], 8.4375, 3.0765268709088707, 0.42092726022340615, 0.20156254533989368),
    ([27.31, 35.61, 61.38, 77.35, 88.08, 90.43, 94.78], [24.97, 66.92, 71.99, 96.56], 6.755, 2.9311566743113815, 0.5075572508823143, 0.20437298051523312),
    ([], [48.16, 69.64], 2.0, 1.4616574112946699, 0.6297494400000001, 0.4340881384270789),
    ([5.14], [54.02], 2.0, 1.4126425232076243, 0.4938803238475407, 0.43288008067696354),
    ([1.23, 19.33, 70.07], [2.94, 11.63, 20.99, 37.96, 55.34, 57.87, 75.23], 6.132500000000003, 2.704085523726716, 0.603416832122161, 0.24618956325270971),
]  # fmt: skip


def vp(found, expected, q=Q):
    return victor_purpura_distance(np.array(found), np.array(expected), q).value


def vr(found, expected, tau=TAU):
    return van_rossum_distance(np.array(found), np.array(expected), tau).value


def isi(found, expected, duration=DURATION):
    return isi_distance(np.array(found), np.array(expected), duration).value


def spike(found, expected, duration=DURATION):
    return spike_distance(np.array(found), np.array(expected), duration).value


ALL = pytest.mark.parametrize("distance", [vp, vr, isi, spike])
METRICS = pytest.mark.parametrize("distance", [vp, vr])


def test_other_software_agrees() -> None:
    """Thirteen random pairs have the distances that elephant and PySpike gave, to 1e-9; elephant's van Rossum is sqrt(2) ours."""
    for found, expected, *others in OTHERS:
        ours = [vp(found, expected), np.sqrt(2) * vr(found, expected), isi(found, expected), spike(found, expected)]
        assert ours == pytest.approx(others, abs=1e-9)


def test_elephant_agrees() -> None:
    """So it does where it is installed, on trains drawn now."""
    try:
        import neo
        import quantities as pq
        from elephant.spike_train_dissimilarity import van_rossum_distance as elephants_vr
        from elephant.spike_train_dissimilarity import victor_purpura_distance as elephants_vp
    except Exception as reason:  # elephant imports mpi4py where there is one, which fails as it likes without MPI
        pytest.skip(f"elephant: {reason}")
    for seed in range(12):
        random = np.random.default_rng(seed)
        found, expected = (np.sort(random.uniform(0, DURATION, random.integers(1, 12))) for _ in range(2))
        both = [neo.SpikeTrain(train * pq.ms, t_stop=DURATION * pq.ms) for train in (found, expected)]
        assert vp(found, expected) == pytest.approx(elephants_vp(both, Q / pq.ms)[0, 1], abs=1e-9)
        assert np.sqrt(2) * vr(found, expected) == pytest.approx(elephants_vr(both, TAU * pq.ms)[0, 1], abs=1e-9)


def test_pyspike_agrees() -> None:
    """So it does where it is installed, on trains drawn now."""
    pyspike = pytest.importorskip("pyspike")
    for seed in range(12):
        random = np.random.default_rng(seed)
        found, expected = (np.sort(random.uniform(0, DURATION, random.integers(0, 12))) for _ in range(2))
        both = [pyspike.SpikeTrain(train, [0.0, DURATION]) for train in (found, expected)]
        assert isi(found, expected) == pytest.approx(pyspike.isi_distance(*both), abs=1e-9)
        assert spike(found, expected) == pytest.approx(pyspike.spike_distance(*both), abs=1e-9)


def test_spiky_agrees() -> None:
    """The numbers of SPIKY, its authors' own program, that PySpike keeps in its tests."""
    one, other = np.arange(100.0, 1201.0, 100.0), np.arange(100.0, 1201.0, 110.0)
    assert isi(one, other, 1300.0) == pytest.approx(1 / 11, abs=1e-15)
    assert spike(one, other, 1300.0) == pytest.approx(0.211058782487353908, abs=1e-15)
    assert spike([0.0, 2.0, 5.0, 8.0], [0.0, 1.0, 5.0, 9.0], 10.0) == pytest.approx(0.186309523809523814, abs=1e-15)


@pytest.mark.parametrize(
    ("q", "distance"),
    [(0.0, 1.0), (0.1, 0.2 + 0.4 + 1.0), (0.25, 0.5 + 1.0 + 1.0), (0.75, 1.5 + 2.0 + 1.0), (10.0, 5.0), (np.inf, 5.0)],
)
def test_victor_purpura_by_hand(q, distance) -> None:
    """10, 20, 30 into 12, 24: shifts of 2 and 4 and a spike left out, each shift until leaving out and putting in costs less."""
    assert vp([10.0, 20.0, 30.0], [12.0, 24.0], q) == pytest.approx(distance, abs=1e-15)


def test_victor_purpura_at_infinite_cost_counts_the_spikes_without_twin() -> None:
    """Equal times need no shift and stay."""
    assert vp([10.0, 20.0, 30.0], [10.0, 21.0, 30.0], np.inf) == 2.0


@given(trains, trains)
def test_van_rossum_is_the_double_sum_over_spikes(found, expected) -> None:
    """2 D^2 is the sum over all pairs of events of sign times sign times exp(-|dt|/tau)."""
    events = np.concatenate([found, expected])
    signs = np.repeat([1.0, -1.0], [len(found), len(expected)])
    double = signs @ np.exp(-np.abs(events[:, None] - events) / TAU) @ signs
    assert 2 * vr(found, expected) ** 2 == pytest.approx(double, abs=1e-12)


def test_van_rossum_keeps_its_digits_for_close_trains() -> None:
    """Two spikes 1e-12 ms apart: D^2 = 1 - exp(-dt/tau), which the double sum loses to cancellation."""
    late = 10.0 + 2.0**-40
    assert vr([late], [10.0]) == pytest.approx(np.sqrt(-np.expm1(-(2.0**-40) / TAU)), rel=1e-12)


def test_isi_and_spike_distance_by_hand() -> None:
    """Spikes at 5 and 6 of 10: intervals 5 and 6 up to 6, 5 and 4 behind, either spike 1 from the other throughout."""
    assert isi([5.0], [6.0], 10.0) == pytest.approx((6 / 6 + 4 / 5) / 10, abs=1e-15)
    assert spike([5.0], [6.0], 10.0) == pytest.approx((6 * 2 / 11 + 4 * 2 / 9) / 10, abs=1e-15)


def test_spike_distance_is_linear_between_spikes_by_hand() -> None:
    """2, 6 and 3, 6 of 8: S = 7/24.5 up to 2, falls to 6.25/24.5 at 3 and to 0 at 6, where it stays."""
    assert spike([2.0, 6.0], [3.0, 6.0], 8.0) == pytest.approx((14 + 6.625 + 3 * 3.125) / 24.5 / 8, abs=1e-15)


@ALL
@given(train=trains)
def test_a_train_is_at_no_distance_from_itself(distance, train) -> None:
    """Exactly 0, silent trains, single spikes and equal times included, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert distance(train, train) == 0.0


@ALL
@given(one=trains, other=trains)
def test_distance_is_symmetric_and_not_negative(distance, one, other) -> None:
    """Whichever train is called the expected one."""
    assert distance(one, other) == pytest.approx(distance(other, one), abs=1e-12)
    assert distance(one, other) >= 0.0


@METRICS
@given(one=trains, other=trains, third=trains)
def test_the_triangle_inequality_holds(distance, one, other, third) -> None:
    """No detour is shorter."""
    assert distance(one, third) <= distance(one, other) + distance(other, third) + 1e-12


@METRICS
@given(one=trains, other=trains, eighths=st.integers(-8000, 8000))
def test_shifting_both_trains_changes_nothing(distance, one, other, eighths) -> None:
    """The distances have no origin of time."""
    assert distance(one + eighths / 8, other + eighths / 8) == pytest.approx(distance(one, other), abs=1e-12)


@pytest.mark.parametrize("distance", [isi, spike])
@given(one=trains, other=trains)
def test_isi_and_spike_distance_know_no_scale_and_no_direction_of_time(distance, one, other) -> None:
    """Running the recording twice as slowly or backwards changes nothing; both lie between 0 and 1."""
    value = distance(one, other)
    assert distance(2 * one, 2 * other, 2 * DURATION) == pytest.approx(value, abs=1e-12)
    assert distance(DURATION - one[::-1], DURATION - other[::-1]) == pytest.approx(value, abs=1e-12)
    assert value <= 1.0


@given(strict_trains, strict_trains)
def test_unequal_numbers_are_always_at_a_distance(one, other) -> None:
    """At least the difference for Victor & Purpura, more than 0 for the others; the ISI-distance may be 0, but says so."""
    if len(one) == len(other):
        return
    assert vp(one, other) >= abs(len(one) - len(other))
    assert vr(one, other) > 0.1
    assert spike(one, other) > 0.0
    for measure in (isi_distance, spike_distance):
        assert measure(one, other, DURATION).reason == f"{len(one)} spikes against {len(other)}"


def test_the_isi_distance_alone_cannot_tell_numbers_apart() -> None:
    """One spike in the middle has the intervals of two at the quarters; the SPIKE-distance sees that they are elsewhere."""
    one, two = np.array([50.0]), np.array([25.0, 75.0])
    assert isi_distance(one, two, DURATION).value == 0.0
    assert isi_distance(one, two, DURATION).reason == "1 spikes against 2"
    assert spike(one, two) == pytest.approx(0.5)


def test_a_parameter_without_meaning_is_refused() -> None:
    """A negative cost, a time constant of zero or without end, or one that is no number."""
    for q in (-1.0, np.nan):
        with pytest.raises(ValueError, match="must not be negative"):
            vp([1.0], [2.0], q)
    for tau in (0.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="positive and finite"):
            vr([1.0], [2.0], tau)
