"""What an experiment may say beside its model, a soma and a spike level, on the engines that run it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Run
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import Verdict

pytestmark = pytest.mark.xdist_group("hard")
PER_AREA = Experiment("hodgkin_huxley", step("20 uA/cm2", "1 ms"), "10 ms", "0.02 ms")
INTO_SOMA = replace(PER_AREA, stimulus=step("20 nA", "1 ms"), soma={"area": "100000 um2"}, spike="v > -40*mV")


@pytest.mark.parametrize("name", ["brian2_numpy", "neuron"])
def test_a_current_into_a_soma_is_the_density_it_makes(name, workers) -> None:
    """20 nA into 100000 um2 are 20 uA/cm2: the same samples to the last bit; and spikes are counted at the level given."""
    engine = find_engine(name)
    scheme = find_scheme(engine, None, PER_AREA.model)
    density, current = workers.start([Run(e, engine, scheme) for e in (PER_AREA, INTO_SOMA)])()
    assert np.array_equal(density["v"], current["v"]) and len(density["v"]) == 501
    (early,), (late,) = current.spike_times_ms, density.spike_times_ms
    assert early < late and np.interp(early, current.t_ms, current["v"]) == pytest.approx(-40.0, abs=0.3)


def test_a_proof_counts_spikes_where_the_experiment_says(workers) -> None:
    """The exact solution too, so that only a step's error is between them."""
    comparison = compare(INTO_SOMA, ["reference", "neuron"], runner=workers)
    assert {e.verdict for e in comparison.entries} <= {Verdict.AGREE, Verdict.DISCRETISATION}
    neuron = comparison["neuron"]
    assert neuron.translation.passed and len(comparison.exact.spike_times_ms) == 1
    assert abs(neuron.accuracy["spike_shift"].value) < 0.1
