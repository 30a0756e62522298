"""What an analysis is asked about: a catalogue name, the path of a model or experiment file, a Model or an Experiment."""

from __future__ import annotations

from pathlib import Path

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import default_experiment, is_experiment, read_experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.errors import DefinitionError, expect

Subject = Model | Experiment | str | Path


def model_of(subject: Subject) -> Model:
    """The model that is meant.

    Raises
    ------
    DefinitionError : there is none of that name, or an experiment clamps its voltage
    """
    if isinstance(subject, Model):
        return subject
    if isinstance(subject, Experiment):
        return _free(subject)
    expect((str, Path), subject, "subject", "the name or path of a model, a Model or an Experiment")
    read = _read(subject)
    return _free(read) if isinstance(read, Experiment) else read


def experiment_of(subject: Subject) -> Experiment:
    """The experiment that is meant; of a model the one its file carries, else a silent one of 100 ms."""
    given = subject if isinstance(subject, Model | Experiment) else _read(subject)
    if isinstance(given, Experiment):
        return given
    return default_experiment(given) if given.experiment else Experiment(given)


def step_ms(subject: Subject, dt_ms: float | None) -> float:
    """The step given, else that of the experiment that is meant, in ms."""
    return experiment_of(subject).dt_ms if dt_ms is None else dt_ms


def _read(subject: str | Path) -> Model | Experiment:
    path = Path(subject)
    if path.suffix == ".toml" and is_experiment(path):
        return read_experiment(path)
    return load(subject)


def _free(experiment: Experiment) -> Model:
    if experiment.clamp:
        raise DefinitionError(f"{experiment.name}: its experiment clamps {experiment.clamp}; give the model alone")
    return experiment.model
