"""Changes to an experiment, as the command line gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from spikebridge.bridge.definition.experiment import Experiment, time_of
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.precision import read_precision
from spikebridge.bridge.definition.setting import Setting, find_setting, require_unit
from spikebridge.bridge.errors import DefinitionError, UsageError
from spikebridge.bridge.shown import shown

_Options = TypeVar("_Options")


@dataclass(frozen=True)
class ExperimentChanges:
    """What is changed of an experiment: parameters, initial values and its stimulus (``NAME=VALUE UNIT``), regime, duration, step,
    precision, and the signal it is about."""

    settings: Sequence[str] = ()
    regime: str | None = None
    duration: str | None = None
    dt: str | None = None
    precision: str | None = None
    observe: str | None = None

    def made(self, name: str) -> Experiment:
        """The experiment of that name or file with the changes; DefinitionError or UsageError where it or one of them cannot be."""
        experiment = load_experiment(name, self.regime)
        model, stimulus = experiment.model, experiment.stimulus
        for text in self.settings:
            setting, value = _setting(experiment, text)
            model, stimulus = setting.put(model, stimulus, value)
        # all are checked together, so they change together
        return replace(
            experiment,
            model=model,
            stimulus=stimulus,
            duration=time_of(self.duration, f"{experiment.name}: duration") if self.duration else experiment.duration,
            dt=time_of(self.dt, f"{experiment.name}: dt") if self.dt else experiment.dt,
            observed=self.observe or experiment.observed,
            precision=read_precision(self.precision, "--precision") if self.precision else experiment.precision,
        )


def _setting(experiment: Experiment, text: str) -> tuple[Setting, str]:
    """What a ``NAME=VALUE UNIT`` is about, and its value."""
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f'--set: expected NAME="VALUE UNIT", found {shown(text)}')
    name, value = name.strip(), value.strip().strip("\"'")
    setting = find_setting(experiment, name, "--set")
    try:
        require_unit(experiment, setting, name, value)
    except DefinitionError as error:
        raise UsageError(f"--set: {error}") from None
    return setting, value


def chosen_from(options: Mapping[str, Any], kind: type[_Options]) -> _Options:
    """A dataclass of options out of all options of a command, by their names; those a command does not have keep their default."""
    return kind(**{field.name: options[field.name] for field in fields(kind) if field.name in options})  # type: ignore[arg-type]
