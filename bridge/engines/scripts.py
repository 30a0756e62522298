"""The scripts of an experiment, one an engine."""

from __future__ import annotations

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.base import Engine, EngineScheme, check_precision


def script_files(experiment: Experiment, engine: Engine, scheme: EngineScheme) -> dict[str, str]:
    """Names and contents of the files that do, without spikebridge, what the engine does.

    Raises
    ------
    TranslationError : the engine or its script cannot express the experiment, and why
    """
    engine.check(experiment.model, scheme)
    check_precision(engine, scheme, experiment)
    return engine.script(experiment, scheme)
