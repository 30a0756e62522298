"""Samples from elsewhere on an experiment's grid."""

from __future__ import annotations

import numpy as np
import pytest

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.reports.proof.foreign_recording import foreign_recording, interpolation_error, resampled
from spikebridge.reports.proof.samples import Samples


def test_resampling_is_exact_on_samples_and_of_fourth_order_between() -> None:
    """Halving the interval divides the error by sixteen; its bound holds."""
    for f in (np.sin, lambda t: np.exp(-t / 7)):
        errors, bounds = [], []
        for h in (0.4, 0.2):
            t = np.arange(0, 20.0, h)
            middle = t[2:-3] + h / 2
            errors.append(np.max(np.abs(resampled(t, f(t), middle) - f(middle))))
            bounds.append(interpolation_error(t, f(t)))
            assert np.array_equal(resampled(t, f(t), t), f(t))
        assert errors[0] / errors[1] == pytest.approx(16, rel=0.15)
        assert all(e <= b for e, b in zip(errors, bounds, strict=True))


def test_a_recording_keeps_its_own_samples_beside_those_on_the_grid() -> None:
    """In the variable's unit; its spikes are the crossings of the model's level; a note says how it was interpolated."""
    experiment = Experiment("hodgkin_huxley", (), "10 ms", "0.1 ms")
    t_ms = np.arange(0.0, 12.05, 0.2)
    samples = Samples(t_ms, 0.06 * np.sin(t_ms - 1), "V", "v", "a test")
    recording = foreign_recording(samples, experiment, "lab")
    assert len(recording.t_ms) == 101 and recording.units == {"v": "mV"} and recording.engine == "lab"
    assert recording.own_ms[-1] == pytest.approx(10.0) and recording.own_values == pytest.approx(
        60.0 * np.sin(recording.own_ms - 1)
    )
    assert recording["v"] == pytest.approx(60.0 * np.sin(recording.t_ms - 1), abs=0.01)
    assert recording.spike_times_ms == pytest.approx([1.0, 1.0 + 2 * np.pi], abs=0.01)
    assert recording.notes[1].startswith("interpolated with an error of up to 0.00")
