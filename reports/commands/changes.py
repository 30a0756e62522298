"""Changes to an experiment, as the command line gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from spikebridge.bridge.definition.experiment import Experiment, load_experiment
from spikebridge.bridge.definition.precision import read_precision
from spikebridge.bridge.errors import DefinitionError

_Options = TypeVar("_Options")


@dataclass(frozen=True)
class ExperimentChanges:
    """What is changed of an experiment: parameters (``NAME=VALUE UNIT``), regime, duration, step and precision."""

    settings: Sequence[str] = ()
    regime: str | None = None
    duration: str | None = None
    dt: str | None = None
    precision: str | None = None

    def made(self, name: str) -> Experiment:
        """The experiment of that name or file with the changes; DefinitionError where it or one of them cannot be."""
        experiment = load_experiment(name, self.regime)
        model = experiment.model
        for setting in self.settings:
            key, equals, value = setting.partition("=")
            if not equals:
                raise DefinitionError(f'--set: expected NAME="VALUE UNIT", found {setting!r}')
            model = model.with_parameters({key.strip(): value.strip().strip("\"'")})
        # duration and dt are checked together, so they change together
        changed = replace(experiment, model=model, duration=self.duration or experiment.duration, dt=self.dt or experiment.dt)
        return replace(changed, precision=read_precision(self.precision, "--precision")) if self.precision else changed


def chosen_from(options: Mapping[str, Any], kind: type[_Options]) -> _Options:
    """A dataclass of options out of all options of a command, by their names; those a command does not have keep their default."""
    return kind(**{field.name: options[field.name] for field in fields(kind) if field.name in options})  # type: ignore[arg-type]
