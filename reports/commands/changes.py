"""Changes to an experiment, as the command line gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spikebridge.bridge.definition.experiment import Experiment, load_experiment
from spikebridge.bridge.definition.precision import read_precision
from spikebridge.bridge.errors import DefinitionError


def changed_experiment(
    name: str, settings: Sequence[str], regime: str | None, duration: str | None, dt: str | None, precision: str | None = None
) -> Experiment:
    """The experiment of that name or file with parameters, duration, step and precision changed."""
    experiment = load_experiment(name, regime)
    model = experiment.model
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise DefinitionError(f'--set: expected NAME="VALUE UNIT", found {setting!r}')
        model = model.with_parameters({key.strip(): value.strip().strip("\"'")})
    # duration and dt are checked together, so they change together
    changed = replace(experiment, model=model, duration=duration or experiment.duration, dt=dt or experiment.dt)
    return replace(changed, precision=read_precision(precision, "--precision")) if precision else changed
