"""Which parameters a mechanism for NEURON is built with."""

from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.experiment import make_experiment


def test_rest_may_exist_only_for_other_parameters_than_the_file_has() -> None:
    """At its own E_L the pacemaker bursts; at -61 mV it rests, and such a run can be prepared."""
    table = {"model": "butera", "duration": "1 ms", "parameters": {"E_L": "-61 mV"}}
    experiment = make_experiment({**table, "initial": {"steady_state": True, "v": "-55 mV"}}, "test", "rest")
    engine = find_engine("neuron")
    assert engine.prepare(experiment, find_scheme(engine, None, experiment.model))
