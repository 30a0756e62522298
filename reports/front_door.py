"""What ``import spikebridge`` offers beside ``compare``: running and sweeping by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spikebridge.bridge.definition.experiment import Experiment, load_experiment
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import run_one
from spikebridge.bridge.engines.worker import LIMIT_S
from spikebridge.reference.recording import Recording
from spikebridge.reports.analyses.sweep import Vary
from spikebridge.reports.analyses.sweep import sweep as sweep_points

if TYPE_CHECKING:
    import pandas as pd


def run(
    experiment: Experiment | str, engine: str = "reference", scheme: str | None = None, limit_s: float = LIMIT_S
) -> Recording:
    """Run one experiment on one engine.

    Parameters
    ----------
    experiment : an Experiment, a catalogue name, or the path of a model or experiment file
    engine : reference, brian2, neuron, or another of the registry
    scheme : one of the engine's; its default otherwise
    limit_s : after so many seconds the run is given up

    Raises
    ------
    DefinitionError : the experiment, the engine or the scheme cannot be
    NotRun : the engine cannot run it, and why
    """
    subject, chosen = _experiment(experiment), find_engine(engine)
    return run_one(subject, chosen, find_scheme(chosen, scheme, subject.model), limit_s)


def sweep(
    experiment: Experiment | str, vary: str, engine: str = "reference", scheme: str | None = None, limit_s: float = LIMIT_S
) -> pd.DataFrame:
    """Run one experiment at many values; a DataFrame with one row a value.

    Parameters
    ----------
    experiment : an Experiment, a catalogue name, or the path of a model or experiment file
    vary : a parameter, or a key of the stimulus, and its values: ``"g_Na=50:200:16mS/cm2"``
    engine, scheme, limit_s : as for ``run``

    Raises
    ------
    DefinitionError : the experiment, what is varied, the engine or the scheme cannot be; nothing has run then
    """
    from spikebridge.reports.formats.tables import sweep_table

    subject, chosen, varied = _experiment(experiment), find_engine(engine), Vary.parse(vary)
    points = sweep_points(subject, varied, chosen, find_scheme(chosen, scheme, subject.model), limit_s)
    return sweep_table(varied, points)


def _experiment(given: Experiment | str) -> Experiment:
    return given if isinstance(given, Experiment) else load_experiment(given)
