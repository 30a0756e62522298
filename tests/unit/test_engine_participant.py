"""An engine's ladder of runs, and what it asks for meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from runs import spiking

from spikebridge.bridge.definition.drive import stimulus
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.reference.integrate import NEURON
from spikebridge.reports.proof.engine_participant import EngineParticipant
from spikebridge.reports.proof.entry import Setting

HH, LIF = spiking("hodgkin_huxley", "2 ms"), spiking("leaky_integrate_and_fire", "2 ms")
SMOOTH = replace(HH, stimulus=(stimulus("sine", amplitude="1 uA/cm2", frequency="100 Hz"),))


def participant(engine: str, scheme: str) -> EngineParticipant:
    found = find_engine(engine)
    return EngineParticipant(found, found.schemes[scheme])


@pytest.mark.parametrize(
    ("engine", "scheme", "experiment", "quick", "rungs"),
    [
        ("neuron", "backward_euler", HH, False, [(0.01, 0), (0.005, 0), (0.0025, 0), (0.00125, 0)]),
        ("neuron", "backward_euler", HH, True, [(0.01, 0)]),
        ("neuron", "iteration", HH, False, [(0.01, 0)]),
        ("neuron", "cvode", HH, True, [(0.01, 0), (0.01, 1), (0.01, 2), (0.01, 3)]),
        ("neuron", "cvode", LIF, True, [(0.01, 0), (0.005, 1), (0.0025, 2), (0.00125, 3)]),
        ("neuron", "cvode", SMOOTH, True, [(0.01, 0), (0.005, 1), (0.0025, 2), (0.00125, 3)]),
    ],
)
def test_a_ladder_is_climbed_in_steps_or_in_tolerances(engine, scheme, experiment, quick, rungs) -> None:
    """Fixed steps are halved; tolerances tightened, and steps too where resets or a played stimulus hang on them."""
    runs = participant(engine, scheme).runs(experiment, quick)
    assert [(run.experiment.dt_ms, run.refinement) for run in runs] == rungs
    assert runs[0].experiment is experiment


@pytest.mark.parametrize(
    ("engine", "precision", "quick", "asked"),
    [
        ("reference", Precision.SINGLE, False, [0.01, 0.005, 0.0025, 0.00125]),
        ("reference", Precision.SINGLE, True, []),
        ("reference", Precision.DOUBLE, False, []),
        ("neuron", Precision.SINGLE, False, []),
    ],
)
def test_how_far_round_off_leads_is_asked_of_single_precision_alone(engine, precision, quick, asked) -> None:
    """Of every rung of a ladder that will run, under the scheme's twin."""
    told = []
    experiment = replace(LIF, precision=precision)
    setting = Setting(experiment, None, lambda *of: told.append(of))
    part = participant(engine, "backward_euler")
    part.judging(setting, part.runs(experiment, quick))
    assert told == [("backward_euler", NEURON, dt_ms) for dt_ms in asked]
