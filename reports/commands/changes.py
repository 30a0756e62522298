"""Changes to an experiment, as the command line gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spikebridge.bridge.definition.experiment import Experiment, load_experiment, time_of
from spikebridge.bridge.definition.precision import read_precision
from spikebridge.bridge.errors import UsageError


def changed_experiment(
    name: str, settings: Sequence[str], regime: str | None, duration: str | None, dt: str | None, precision: str | None = None,
    observe: str | None = None,
) -> Experiment:  # fmt: skip
    """The experiment of that name or file with parameters, duration, step, precision and the signal it is about changed."""
    experiment = load_experiment(name, regime)
    model = experiment.model
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f'--set: expected NAME="VALUE UNIT", found {setting!r}')
        model = model.with_parameters({key.strip(): value.strip().strip("\"'")})
    # all are checked together, so they change together
    return replace(
        experiment,
        model=model,
        duration=time_of(duration, f"{experiment.name}: duration") if duration else experiment.duration,
        dt=time_of(dt, f"{experiment.name}: dt") if dt else experiment.dt,
        observed=observe or experiment.observed,
        precision=read_precision(precision, "--precision") if precision else experiment.precision,
    )
