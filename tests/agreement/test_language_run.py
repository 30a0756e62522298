"""Every feature of the language on every engine: maps, several events, both refractory clamps, resets per area,
concentrations and temperature, voltage clamp."""

from __future__ import annotations

import numpy as np
import pytest
from definitions import DEFINITIONS
from under_test import FULL, PROVEN

from spikebridge.bridge.definition.experiment_file import default_experiment, read_experiment
from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.bridge.engines.features import Feature
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.translation_proof import MATCH
from spikebridge.reports.proof.verdict import Verdict

pytestmark = pytest.mark.xdist_group("language")
ALL = dict.fromkeys(PROVEN, "all")
CLAMPED = """
model = "hodgkin_huxley"
duration = "20 ms"
dt = "0.01 ms"
clamp = "v"
[[stimulus]]
kind = "step"
amplitude = "-65 mV"
stop = "5 ms"
[[stimulus]]
kind = "step"
amplitude = "0 mV"
start = "5 ms"
stop = "15 ms"
[[stimulus]]
kind = "ramp"
first = "-65 mV"
last = "-40 mV"
start = "15 ms"
stop = "20 ms"
"""


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_engine_does_the_arithmetic_of_its_schemes(name, workers) -> None:
    """The step defect is round-off on every engine under every scheme, and whole runs are the same where no chaos parts them."""
    comparison = compare(default_experiment(parse_model(DEFINITIONS[name], name)), PROVEN, ALL, quick=True, runner=workers)
    for entry in comparison.entries:
        assert entry.recording is not None, f"{entry.key}: {entry.reason}"
        if entry.translation is None:
            continue
        assert entry.translation.passed, f"{entry.key}: {entry.because}"
        slack = entry.engine.slack(comparison.experiment.model, entry.scheme, comparison.experiment.dt_ms)
        strays = entry.translation.straying > MATCH and not slack
        assert not strays or entry.translation.horizon_ms is not None, entry.key


def test_simultaneous_events_look_at_the_same_moment_and_act_in_turn(workers) -> None:
    """Both fire although the first takes the second's level down; the second sees what the first has done."""
    comparison = compare(
        default_experiment(parse_model(DEFINITIONS["simultaneous_events"], "x")), PROVEN, quick=True, runner=workers
    )
    for entry in comparison.entries:
        if entry.recording is None:
            assert entry.reason == f"{entry.name} has no {Feature.EVENTS}, which simultaneous_events needs"
            continue
        jump = np.argmax(np.diff(entry.recording["r"])) + 1
        assert entry.recording["q"][jump] == pytest.approx(0.25)
        assert entry.recording["p"][jump] == 0.0
        assert entry.recording["r"][jump] == pytest.approx(2.0)
    assert np.max(np.diff(comparison.exact.states[2])) > 1.9


def test_a_voltage_clamp_records_the_current_it_takes(tmp_path, workers) -> None:
    """At 0 mV the sodium conductance of Hodgkin and Huxley peaks at 29.13675797 mS/cm2, 0.6176127 ms after the step."""
    path = tmp_path / "clamped.toml"
    path.write_text(CLAMPED)
    # the limits of small steps are asked of it at night
    comparison = compare(read_experiment(path), PROVEN, ALL, quick=not FULL, runner=workers)
    for entry in comparison.entries:
        assert entry.verdict in (Verdict.AGREE, Verdict.DISCRETISATION), f"{entry.key}: {entry.because}"
        assert entry.translation is None or entry.translation.passed, f"{entry.key}: {entry.because}"
        recording = entry.recording
        g_Na = 120 * recording["m"] ** 3 * recording["h"]
        within = slice(np.searchsorted(recording.t_ms, 5.05), np.searchsorted(recording.t_ms, 14.9))
        print(entry.key, g_Na[within].max(), recording.t_ms[within][np.argmax(g_Na[within])] - 5)
        coarse = entry.scheme.name in ("forward_euler", "ordered_euler", "implicit_euler", "euler")
        assert g_Na[within].max() == pytest.approx(29.13675797, rel=0.02 if coarse else 2e-3)
        ionic = g_Na * (0 - 50) + 36 * recording["n"] ** 4 * (0 + 77) + 0.3 * (0 + 54.387)
        assert recording["I_clamp"][within] == pytest.approx(ionic[within], rel=1e-9)
