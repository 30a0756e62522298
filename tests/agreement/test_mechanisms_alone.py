"""A mechanism on its own, in its patch of membrane: the same on every engine."""

from __future__ import annotations

import pytest

from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import mechanisms
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import Verdict

pytestmark = pytest.mark.xdist_group("mechanisms")
ENGINES = ("reference", "brian2_numpy", "neuron")


@pytest.mark.parametrize("name", mechanisms())
def test_every_engine_runs_it_and_its_translation_is_proven(name, workers) -> None:
    """Each of the catalogue, with nothing but the patch around it."""
    experiment = load_experiment(name)
    assert experiment.model.patch and experiment.model.state_names[0] == "v"
    comparison = compare(experiment, ENGINES, quick=True, runner=workers)
    assert comparison.verdict in (Verdict.AGREE, Verdict.DISCRETISATION), [e.because for e in comparison.entries]
    assert all(entry.translation.passed for entry in comparison.entries)
