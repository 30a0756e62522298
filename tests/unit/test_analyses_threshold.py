"""Thresholds of Hodgkin-Huxley against converged values (8th-order adaptive solution), at steps that keep the tests short."""

import numpy as np
import pytest

from spikebridge.bridge.definition.model_file import load
from spikebridge.reports.analyses import PulsePair, Search, displacement_threshold, excursion, refractoriness, strength_duration

HH = load("hodgkin_huxley").with_regime("rounded")


def test_a_shorter_pulse_must_be_stronger() -> None:
    """.5, 1 and 10 ms: 13.279815, 6.921375 and 2.240976 uA/cm2."""
    curve = strength_duration(HH, [0.5, 1.0, 10.0], 3.0, 2.0, window_ms=15.0, tolerance=1e-5, dt_ms=0.025)
    assert curve.amplitude == pytest.approx([13.279815, 6.921375, 2.240976], rel=2e-5)
    assert curve.charge[0] == pytest.approx(6.64, abs=0.01)
    assert list(curve.to_frame().columns)[1:] == ["amplitude (uA/cm2)", "uncertainty (uA/cm2)", "charge (uA/cm2 ms)"]


def test_the_chronaxie_lies_where_the_threshold_is_twice_the_rheobase() -> None:
    """Of an integrator with time constant tau and rheobase 1 it is tau ln 2 (Lapicque 1907)."""
    from spikebridge.reports.analyses.threshold import StrengthDuration

    width = np.geomspace(0.01, 200.0, 400)
    curve = StrengthDuration(width, 1.0 / (1.0 - np.exp(-width / 10.0)), 0 * width, "nA")
    assert curve.chronaxie_ms == pytest.approx(10.0 * np.log(2.0), rel=1e-3)


def test_after_a_spike_the_threshold_is_raised_and_then_lowered() -> None:
    """Ratio 3.496795 at 10 ms and .852034 at 20 ms, .5 ms pulses, the first twice its threshold of 13.279815."""
    found = refractoriness(HH, [10.0, 20.0], PulsePair(0.5, window_ms=10.0), Search(16.0, tolerance=1e-4), dt_ms=0.025)
    assert found.single.value == pytest.approx(13.279815, rel=1e-4)
    assert found.ratio == pytest.approx([3.496795, 0.852034], rel=5e-4)
    assert list(found.to_frame().columns) == ["delay_ms", "amplitude (uA/cm2)", "ratio"]


def test_no_second_pulse_fires_at_once() -> None:
    """3 ms after the onset of 10 uA/cm2 for 2 ms not even 2000 uA/cm2 makes a second crossing."""
    found = refractoriness(HH, [3.0], PulsePair(2.0, 10.0, window_ms=8.0), Search(20.0, tolerance=1e-2), dt_ms=0.01)
    assert np.isnan(found.amplitude[0])


def test_a_release_from_a_negative_hold_makes_a_spike() -> None:
    """Anode break, 10 mV below rest: peak 109.9528 mV above -65 mV at 4.9242 ms."""
    found = excursion("hodgkin_huxley", -10.0, settled=True, duration_ms=8.0)
    assert found.peak + 65.0 == pytest.approx(109.9528, abs=2e-4)
    assert found.peak_ms == pytest.approx(4.9242, abs=2e-5)


def test_a_shock_of_fifteen_millivolts_makes_a_spike() -> None:
    """Membrane action potential at 6.3 degC: 105.4149 mV above rest at 1.15934 ms; all or none from 6.5 mV on."""
    found = excursion("hodgkin_huxley", 15.0, duration_ms=4.0)
    assert (found.peak + 65.0, found.peak_ms) == pytest.approx((105.4149, 1.15934), abs=2e-4)
    threshold = displacement_threshold("hodgkin_huxley", 7.0, 6.0, duration_ms=12.0, tolerance=1e-3, dt_ms=0.02, level=-15.0)
    assert threshold.value == pytest.approx(6.502, abs=2e-3) and threshold.unit == "mV"
