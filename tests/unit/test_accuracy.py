"""How far a recording is from the exact solution."""

from __future__ import annotations

import pytest
from runs import recording_of, spiking

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.reference_engine import exact_solution
from spikebridge.reports.proof.accuracy import accuracy, error_of, spikes_of


def test_spikes_are_what_counts_where_there_are_any() -> None:
    """Else it is the waveform; what one step hides is the limit of either."""
    firing, silent = spiking("hodgkin_huxley", "10 ms"), Experiment("hodgkin_huxley", step("1 uA/cm2"), "5 ms", "0.02 ms")
    for experiment, measure in ((firing, "spike_shift"), (silent, "max_abs")):
        exact, recording = exact_solution(experiment), recording_of(experiment, "forward_euler")
        found = accuracy(experiment, exact, recording)
        assert error_of(found, exact, recording) is found[measure] and found[measure].value > 0
        assert found[measure].limit is not None
        assert spikes_of(found, exact) == (0, len(exact.spike_times_ms))
    assert found["max_abs"].unit == "mV" and found["coincidence"].value == pytest.approx(1.0)


def test_a_missing_spike_is_counted() -> None:
    """Found minus expected; without as many spikes there is no shift."""
    experiment = spiking("leaky_integrate_and_fire", "10.5 ms", "0.5 ms")
    exact, recording = exact_solution(experiment), recording_of(experiment, "rk4")
    found = accuracy(experiment, exact, recording)
    assert spikes_of(found, exact) == (-1, 2) and error_of(found, exact, recording).value is None
