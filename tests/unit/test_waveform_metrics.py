"""Waveforms with their spikes aligned, and the shape of spikes, against closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import compared

from spikebridge.reference.spikes import upward_crossings
from spikebridge.reports.metrics.matching import SpikeMatch, match_in_order, match_spikes
from spikebridge.reports.metrics.spike_alignment import align_waveform, aligned_max_abs_difference, aligned_rms_difference
from spikebridge.reports.metrics.spike_shape import SpikeShapes, spike_shape_differences, spike_shapes
from spikebridge.reports.metrics.waveform import max_abs_difference, rms_difference

pytestmark = pytest.mark.xdist_group("compared")

STEP = 0.02
T = np.arange(0.0, 100.0 + STEP / 2, STEP)
SPIKES = np.array([15.0, 40.0, 60.0, 78.0])
SIGMA, REST, HEIGHT, DEPTH = 0.5, -65.0, 100.0, 10.0
FULL_WIDTH = 2 * np.sqrt(2 * np.log(2)) * SIGMA  # of a Gaussian at half its height


def bump(t, width=1.0):
    return np.exp(-0.5 * (t / (width * SIGMA)) ** 2)


def neuron(t, spikes=SPIKES, height=HEIGHT, width=1.0, depth=DEPTH):
    """Gaussian spikes from rest, each followed 9 ms later by a Gaussian dip."""
    v = np.full_like(t, REST)
    for spike in spikes:
        v = v + height * bump(t - spike, width) - depth * bump(t - spike - 9.0, 3.0)
    return v


def crossings(v, t=T):
    return upward_crossings(t, v)


def reset_neuron(t, spikes):
    """From 0 at each spike straight up, 1 per ms; a sample at a spike is 0."""
    starts = np.concatenate([[0.0], spikes])
    return t - starts[np.searchsorted(starts - 1e-9, t, side="right") - 1]


@pytest.mark.parametrize("lag", [0.013, 0.5, -0.27])
def test_a_lag_vanishes_when_spikes_are_aligned(lag) -> None:
    """Late by a constant: the plain difference is large, what is left is the error of a cubic through the samples."""
    found, expected = neuron(T - lag), neuron(T)
    match = match_spikes(crossings(found), crossings(expected))
    assert max_abs_difference(found, expected, "mV").value > 1.0
    assert aligned_max_abs_difference(T, found, expected, match, "mV").value < 2e-5
    assert aligned_rms_difference(T, found, expected, match, "mV").value < 1e-5


def test_a_drift_vanishes_when_spikes_are_aligned() -> None:
    """A clock 1 % slow: time between two spikes is warped with them; outside the first and the last it only shifts."""
    found, expected = neuron(T / 1.01), neuron(T)
    match = match_spikes(crossings(found), crossings(expected))
    between = slice(*np.searchsorted(T, match.expected_ms[[0, -1]]))
    aligned = align_waveform(T, found, match)
    assert np.max(np.abs(aligned - expected)[between]) < 2e-5
    assert max_abs_difference(found, expected, "mV").value > 50.0


def test_alignment_keeps_what_is_no_timing() -> None:
    """Late and higher by 3 mV: the 3 mV are left."""
    found, expected = neuron(T - 0.3) + 3.0, neuron(T)
    match = match_spikes(crossings(neuron(T - 0.3)), crossings(expected))
    assert aligned_max_abs_difference(T, found, expected, match, "mV").value == pytest.approx(3.0, abs=1e-4)
    assert aligned_rms_difference(T, found, expected, match, "mV").value == pytest.approx(3.0, abs=1e-4)


def test_resets_are_not_smeared() -> None:
    """A sawtooth that jumps late by 0.7 and 0.95 steps: less than a step of motion is left, a cubic across the jump is far off."""
    expected_spikes = np.array([20.0 + 0.5 * STEP, 55.0 + 0.1 * STEP])
    found_spikes = expected_spikes + np.array([0.7, 0.95]) * STEP
    found, expected = reset_neuron(T, found_spikes), reset_neuron(T, expected_spikes)
    match = match_spikes(found_spikes, expected_spikes)
    assert max_abs_difference(found, expected, "mV").value > 20.0
    assert aligned_max_abs_difference(T, found, expected, match, "mV", resets=True).value < STEP
    assert aligned_max_abs_difference(T, found, expected, match, "mV").value > 1.0


def test_a_reset_on_a_sample_is_behind_it() -> None:
    """A spike labelled a rounding error beside its sample, on either side: the sample has been reset, and nothing is left."""
    for label in (20.0, 20.0 + 1e-12, 20.0 - 1e-12):
        v = reset_neuron(T, np.array([20.0]))
        match = match_spikes(np.array([label]), np.array([20.0]))
        assert aligned_max_abs_difference(T, v, v, match, "mV", resets=True).value < 1e-9


@given(st.lists(st.floats(1.0, 99.0), max_size=6, unique=True), st.booleans())
def test_a_waveform_aligned_with_itself_is_itself(spikes, resets) -> None:
    """To the last digit, whatever its spikes; no difference is left."""
    train, v = np.array(sorted(spikes)), neuron(T[::50])
    match = match_spikes(train, train)
    assert np.array_equal(align_waveform(T[::50], v, match, resets), v)
    for measure in (aligned_max_abs_difference, aligned_rms_difference):
        assert measure(T[::50], v, v, match, "mV").value == 0.0


def test_without_spikes_alignment_changes_nothing() -> None:
    """The differences are the plain ones."""
    found, expected, silent = np.array([1.0, 2.0, 5.0]), np.array([1.0, 4.0, 4.0]), match_spikes(np.array([]), np.array([]))
    t = np.array([0.0, 1.0, 2.0])
    assert aligned_max_abs_difference(t, found, expected, silent, "mV").value == max_abs_difference(found, expected, "mV").value
    assert aligned_rms_difference(t, found, expected, silent, "mV").value == rms_difference(found, expected, "mV").value


def test_with_a_spike_missing_there_is_no_alignment() -> None:
    """The value is None with the numbers in its reason, never a small number."""
    match = match_spikes(SPIKES[1:], SPIKES)
    for measure in (aligned_max_abs_difference, aligned_rms_difference):
        score = measure(T, neuron(T, SPIKES[1:]), neuron(T), match, "mV")
        assert (score.value, score.unit) == (None, "mV")
        assert score.reason == "3 spikes matched, 1 missing, 0 extra: the spikes cannot be brought to coincide"


def test_what_lies_outside_the_recording_is_not_invented() -> None:
    """Late by 2 ms: the last 2 ms of the expected recording have no counterpart, and are NaN; early, the first."""
    late, early = SpikeMatch(SPIKES + 2.0, SPIKES, *[np.array([])] * 2), SpikeMatch(SPIKES - 2.0, SPIKES, *[np.array([])] * 2)
    assert np.array_equal(np.isnan(align_waveform(T, neuron(T), late)), T > 98.0 + STEP / 2)
    assert np.array_equal(np.isnan(align_waveform(T, neuron(T), early)), T < 2.0 - STEP / 2)


def test_recordings_that_no_longer_overlap_have_no_difference() -> None:
    """Samples at 0 and 1 ms, a spike 5 ms late: nothing is left to compare, which is not a difference of 0."""
    match = match_spikes(np.array([5.5]), np.array([0.5]))
    score = aligned_max_abs_difference(np.array([0.0, 1.0]), np.zeros(2), np.zeros(2), match, "mV")
    assert score.value is None
    assert score.reason.endswith("the recordings do not overlap")


def test_interpolation_between_samples_has_fourth_order_error() -> None:
    """Halving the sampling step divides what alignment leaves by 16."""

    def left(step):
        t = np.arange(0.0, 100.0, step)
        match = SpikeMatch(SPIKES + 0.4 * step, SPIKES, *[np.array([])] * 2)
        return np.nanmax(np.abs(align_waveform(t, neuron(t - 0.4 * step), match) - neuron(t)))

    errors = [left(step) for step in (0.1, 0.05, 0.025)]
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(4.0, abs=0.2)


def test_aligned_errors_of_a_real_neuron_are_those_of_its_shape() -> None:
    """Forward Euler on Hodgkin-Huxley: most of the difference is timing, and goes."""
    comparison = compared("hodgkin_huxley")
    recording, exact = comparison["reference/forward_euler"].recording, comparison.exact_trace()
    match = match_in_order(recording.spike_times_ms, np.asarray(comparison.exact.spike_times_ms))
    plain = max_abs_difference(recording["v"], exact, "mV").value
    assert 0 < aligned_max_abs_difference(recording.t_ms, recording["v"], exact, match, "mV").value < plain / 4


def test_shapes_of_gaussian_spikes_in_closed_form() -> None:
    """Peak 35 mV, a Gaussian's full width at half maximum, and a dip of 10 mV below rest."""
    v = neuron(T)
    shapes = spike_shapes(T, v, crossings(v))
    assert shapes.peak == pytest.approx(np.full(4, REST + HEIGHT), abs=1e-5)
    assert shapes.half_width_ms == pytest.approx(np.full(4, FULL_WIDTH), abs=1e-6)
    assert shapes.ahp_depth == pytest.approx(np.full(4, DEPTH), abs=1e-5)


def test_peaks_are_found_between_samples() -> None:
    """However the samples fall on the spike: the highest sample alone would be off by up to 2e-2 mV."""
    for offset in np.linspace(0.0, STEP, 7):
        v = neuron(T - offset)
        assert spike_shapes(T, v, crossings(v)).peak == pytest.approx(np.full(4, REST + HEIGHT), abs=3e-5)
        assert spike_shapes(T, v, crossings(v)).half_width_ms == pytest.approx(np.full(4, FULL_WIDTH), abs=1e-6)


def test_heights_and_depths_count_from_the_base() -> None:
    """From -75 mV the half height is -20 mV, which makes the spike wider, and the dip is no longer below."""
    v = neuron(T)
    shapes = spike_shapes(T, v, crossings(v), base=-75.0)
    assert shapes.half_width_ms == pytest.approx(np.full(4, 2 * SIGMA * np.sqrt(2 * np.log(100 / 45))), abs=1e-6)
    assert shapes.ahp_depth == pytest.approx(np.zeros(4), abs=1e-5)


def test_what_the_end_cuts_off_has_no_number() -> None:
    """The recording ends while the last spike falls: its peak is seen, its width and its dip are not."""
    t = T[T < 78.3]
    shapes = spike_shapes(t, neuron(t), crossings(neuron(t), t))
    assert np.isfinite(shapes.peak).all()
    assert np.isnan(shapes.half_width_ms).tolist() == np.isnan(shapes.ahp_depth).tolist() == [False, False, False, True]
    rising = T[T < 77.9]
    assert np.isnan(spike_shapes(rising, neuron(rising), crossings(neuron(rising), rising)).peak).tolist() == [False] * 3 + [True]


def test_shapes_of_a_waveform_do_not_differ_from_themselves() -> None:
    """No difference at all, in the units of each."""
    shapes = spike_shapes(T, neuron(T), crossings(neuron(T)))
    scores = spike_shape_differences(shapes, shapes, "mV")
    assert {name: (score.value, score.unit) for name, score in scores.items()} == {
        "spike_peak": (0.0, "mV"), "spike_half_width": (0.0, "ms"), "ahp_depth": (0.0, "mV"),
    }  # fmt: skip
    assert scores["spike_peak"].reason == "over 4 spikes"


def test_the_largest_difference_of_shape_counts() -> None:
    """2 mV higher, 10 % wider and a dip less deep by 1 mV: as much, whenever the spikes are."""
    found, expected = neuron(T, SPIKES + 3.0, HEIGHT + 2.0, 1.1, DEPTH - 1.0), neuron(T)
    shapes = [spike_shapes(T, v, crossings(v)) for v in (found, expected)]
    scores = spike_shape_differences(*shapes, "mV")
    assert scores["spike_peak"].value == pytest.approx(2.0, abs=1e-5)
    assert scores["spike_half_width"].value == pytest.approx(0.1 * FULL_WIDTH, abs=1e-6)
    assert scores["ahp_depth"].value == pytest.approx(1.0, abs=1e-5)


def test_shapes_of_unequal_numbers_have_no_difference() -> None:
    """None with both numbers in the reason, never a small number; without any spike there is no difference."""
    three, four, none = (spike_shapes(T, neuron(T, s), crossings(neuron(T, s))) for s in (SPIKES[1:], SPIKES, []))
    for score in spike_shape_differences(three, four, "mV").values():
        assert score.value is None
        assert score.reason == "3 spikes against 4: there is no one-to-one match"
    assert [score.value for score in spike_shape_differences(none, none, "mV").values()] == [0.0, 0.0, 0.0]


def test_a_measure_one_recording_does_not_show() -> None:
    """Left out for the last spike, which the end may cut off; elsewhere there is no difference to speak of."""
    full, nan = np.array([1.0, 2.0, 3.0]), np.nan
    shapes = [SpikeShapes(full, full, full), SpikeShapes(full + 1, np.array([1.0, nan, 3.0]), np.array([1.0, 2.5, nan]))]
    scores = spike_shape_differences(*shapes, "mV")
    assert [score.value for score in scores.values()] == [1.0, None, 0.5]
    assert scores["spike_half_width"].reason == "a spike shows it in one recording only"
    assert scores["ahp_depth"].reason == "over 2 spikes"
    unseen = SpikeShapes(full[:1], np.array([nan]), np.array([nan]))
    assert spike_shape_differences(unseen, unseen, "mV")["ahp_depth"].reason == "no spike shows it"
