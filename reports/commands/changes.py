"""Changes to an experiment, as the command line gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from spikebridge.bridge.definition.experiment import Experiment, load_experiment, time_of
from spikebridge.bridge.definition.precision import read_precision
from spikebridge.bridge.errors import UsageError
from spikebridge.bridge.shown import shown

_Options = TypeVar("_Options")


@dataclass(frozen=True)
class ExperimentChanges:
    """What is changed of an experiment: parameters (``NAME=VALUE UNIT``), regime, duration, step, precision, and the
    signal it is about."""

    settings: Sequence[str] = ()
    regime: str | None = None
    duration: str | None = None
    dt: str | None = None
    precision: str | None = None
    observe: str | None = None

    def made(self, name: str) -> Experiment:
        """The experiment of that name or file with the changes; DefinitionError or UsageError where it or one of them cannot be."""
        experiment = load_experiment(name, self.regime)
        model = experiment.model
        for setting in self.settings:
            key, equals, value = setting.partition("=")
            if not equals:
                raise UsageError(f'--set: expected NAME="VALUE UNIT", found {shown(setting)}')
            model = model.with_parameters({key.strip(): value.strip().strip("\"'")})
        # all are checked together, so they change together
        return replace(
            experiment,
            model=model,
            duration=time_of(self.duration, f"{experiment.name}: duration") if self.duration else experiment.duration,
            dt=time_of(self.dt, f"{experiment.name}: dt") if self.dt else experiment.dt,
            observed=self.observe or experiment.observed,
            precision=read_precision(self.precision, "--precision") if self.precision else experiment.precision,
        )


def chosen_from(options: Mapping[str, Any], kind: type[_Options]) -> _Options:
    """A dataclass of options out of all options of a command, by their names; those a command does not have keep their default."""
    return kind(**{field.name: options[field.name] for field in fields(kind) if field.name in options})  # type: ignore[arg-type]
