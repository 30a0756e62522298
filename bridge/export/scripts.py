"""The scripts of an experiment, one an engine."""

from __future__ import annotations

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import Engine, EngineScheme, check_precision
from spikebridge.bridge.engines.brian2_engine import Brian2Engine
from spikebridge.bridge.engines.neuron_engine import NeuronEngine
from spikebridge.bridge.engines.reference_engine import ReferenceEngine
from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.export.brian2_script import Brian2Script
from spikebridge.bridge.export.neuron_script import NeuronScript
from spikebridge.bridge.export.numpy_script import NumpyScript


def script_files(experiment: Experiment, engine: Engine, scheme: EngineScheme) -> dict[str, str]:
    """Names and contents of the files that do, without spikebridge, what the engine does.

    Raises
    ------
    TranslationError : the engine or its script cannot express the experiment, and why
    """
    engine.check(experiment.model, scheme)
    check_precision(engine, scheme, experiment)
    if experiment.precision is Precision.SINGLE and not isinstance(engine, Brian2Engine):
        raise TranslationError("a numpy script computes in double precision only, in Python's own floats")
    if type(engine) is ReferenceEngine:
        return NumpyScript(experiment, scheme).files
    if isinstance(engine, Brian2Engine):
        return Brian2Script(experiment, scheme, engine.name, engine.target).files
    if type(engine) is NeuronEngine:
        return NeuronScript(experiment, scheme).files
    raise TranslationError("there is no script for this engine; its model is no translation of the definition")
