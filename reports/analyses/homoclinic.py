"""Does an orbit that leaves a saddle-node come back to it? Then firing begins there with rate zero."""

from __future__ import annotations

import numpy as np

from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.quantity import Parameter
from spikebridge.reports.analyses.branch import SpecialPoint
from spikebridge.reports.analyses.field import Field
from spikebridge.reports.analyses.response import Bench, Pulse, model_of, starting_at

_LEAVE = 0.05  # of the scale of the variables (10 mV, or 1): how far off the orbit starts
_AWAY, _BACK = 1.0, 0.3  # it has left beyond the one, and is back within the other


def on_circle(
    model: Model | str,
    special: SpecialPoint,
    parameter: str = STIMULUS,
    stimulus: float = 0.0,
    duration_ms: float = 1000.0,
    dt_ms: float = 0.02,
) -> bool:
    """Whether a saddle-node lies on an invariant circle (SNIC), by the orbits that leave it along its null direction.

    On a circle one of them makes a spike and ends at the saddle-node, so that beyond it the period grows without bound
    (Ermentrout 1996, Neural Comput 8:979); off it, both end elsewhere: on another cycle, or another fixed point.

    Parameters
    ----------
    special : a saddle-node of a branch along ``parameter``

    Raises
    ------
    DefinitionError : the point is no saddle-node, or a spike resets the model
    """
    model = model_of(model)
    if special.kind != "saddle-node" or model.resets:
        what = "a spike resets it" if model.resets else f"a {special.kind} point is no saddle-node"
        raise DefinitionError(f"{model.name}: only a saddle-node of a smooth model can lie on a circle; {what}")
    pulses = [Pulse(special.parameter if parameter == STIMULUS else stimulus)]
    if parameter != STIMULUS:
        model = model.with_parameters({parameter: Parameter(special.parameter, model.unit_of(parameter))})
    field = Field(model)
    point = np.array([special.state[name] for name in model.state_names]) * field.units
    away = _null_direction(field, point, pulses[0].amplitude * field.unit)
    return any(_returns(field, point, sign * away, pulses, duration_ms, dt_ms) for sign in (1.0, -1.0))


def _null_direction(field: Field, point: np.ndarray, p: float) -> np.ndarray:
    """The eigenvector of the eigenvalue nearest to 0, its greatest entry one scale of its variable."""
    values, vectors = np.linalg.eig(field.jacobian(point[:, None], p)[:, :, 0])
    direction = vectors[:, np.argmin(np.abs(values))].real
    return direction / np.max(np.abs(direction) / field.scale)


def _returns(field: Field, point: np.ndarray, away: np.ndarray, pulses: list[Pulse], duration_ms: float, dt_ms: float) -> bool:
    start = (point + _LEAVE * away) / field.units
    names = field.model.state_names
    model = starting_at(field.model, {name: float(x) for name, x in zip(names, start, strict=True)})
    run = Bench(dt_ms=dt_ms).response(model, pulses, duration_ms)
    orbit = np.array([run.states[name] for name in names]) * field.units[:, None]
    distance = np.max(np.abs(orbit - point[:, None]) / field.scale[:, None], axis=0)
    return bool(np.max(distance) > _AWAY and distance[-1] < _BACK)
