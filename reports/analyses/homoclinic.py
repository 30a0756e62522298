"""Does an orbit that leaves a saddle-node come back to it? Then firing begins there with rate zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.model import STIMULUS
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.quantity import Parameter
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.branch import fixed_point_branches
from spikebridge.reports.analyses.diagram import SpecialPoint
from spikebridge.reports.analyses.field import Field
from spikebridge.reports.analyses.response import Bench, Pulse, Response, starting_at
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.subject import Subject, model_of
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEAVE = 0.05  # of the scale of the variables (10 mV, or 1): how far off the orbit starts
_AWAY, _BACK = 1.0, 0.3  # it has left beyond the one, and is back within the other


@dataclass(frozen=True)
class Circle(Result):
    """Whether a saddle-node lies on an invariant circle; true where it does.

    Attributes
    ----------
    lies_on_one : the answer
    special : the saddle-node
    orbits : the two that leave it along its null direction, in ``units``
    """

    lies_on_one: bool
    special: SpecialPoint
    orbits: tuple[Response, Response]
    units: Mapping[str, str]

    def __bool__(self) -> bool:
        return self.lies_on_one

    def to_frame(self) -> pd.DataFrame:
        """The two orbits, one row a sample."""
        number = np.repeat([1, 2], [len(orbit.t_ms) for orbit in self.orbits])
        columns = {with_unit(s, unit): np.concatenate([o.states[s] for o in self.orbits]) for s, unit in self.units.items()}
        return frame({"orbit": number, "t_ms": np.concatenate([orbit.t_ms for orbit in self.orbits]), **columns})

    def plot(self, axes: Axes | None = None) -> Figure:
        """The two orbits in the plane of the first two variables, or against time, and the saddle-node."""
        shown = list(self.units)[:2]
        labels = ["time (ms)"] * (len(shown) < 2) + [with_unit(name, self.units[name]) for name in shown]
        axes, style = axes_of(axes, *labels)
        for index, orbit in enumerate(self.orbits):
            path = [orbit.t_ms] * (len(shown) < 2) + [orbit.states[name] for name in shown]
            axes.plot(*path, linewidth=1.1, label=f"orbit {index + 1} that leaves it", **style(index))
        at = [0.0] * (len(shown) < 2) + [self.special.state[name] for name in shown]
        axes.plot(at[:1], at[1:], "D", color="black", markersize=5, label="saddle-node")
        axes.legend(frameon=False, fontsize="small")
        return axes.figure  # type: ignore[return-value]


def on_circle(
    subject: Subject,
    special: SpecialPoint | None = None,
    parameter: str = STIMULUS,
    stimulus: float = 0.0,
    duration_ms: float = 1000.0,
    dt_ms: float = 0.02,
) -> Circle:
    """Whether a saddle-node lies on an invariant circle (SNIC), by the orbits that leave it along its null direction.

    On a circle one of them makes a spike and ends at the saddle-node, so that beyond it the period grows without bound
    (Ermentrout 1996, Neural Comput 8:979); off it, both end elsewhere: on another cycle, or another fixed point.

    Parameters
    ----------
    special : a saddle-node of a branch along ``parameter``; by default the last of its usual range, at which rest is lost

    Raises
    ------
    DefinitionError : the point is no saddle-node, there is none, or a spike resets the model

    Examples
    --------
    >>> bool(sb.analyses.on_circle(sb.load("morris_lecar").with_regime("snic"), dt_ms=0.05))
    True
    """
    model = model_of(subject)
    special = special or _last(subject, parameter, stimulus)
    if special.kind != "saddle-node" or model.resets:
        what = "a spike resets it" if model.resets else f"a {special.kind} point is no saddle-node"
        raise DefinitionError(f"{model.name}: only a saddle-node of a smooth model can lie on a circle; {what}")
    pulses = [Pulse(special.parameter if parameter == STIMULUS else stimulus)]
    if parameter != STIMULUS:
        model = model.with_parameters({parameter: Parameter(special.parameter, model.unit_of(parameter))})
    field = Field(model)
    point = np.array([special.state[name] for name in model.state_names]) * field.units
    away = _null_direction(field, point, pulses[0].amplitude * field.unit)
    up, down = (_orbit(field, point + sign * _LEAVE * away, pulses, duration_ms, dt_ms) for sign in (1.0, -1.0))
    units = {name: str(model.unit_of(name)) for name in model.state_names}
    return Circle(any(_returns(field, point, orbit) for orbit in (up, down)), special, (up, down), units)


def _last(subject: Subject, parameter: str, stimulus: float) -> SpecialPoint:
    branches = fixed_point_branches(subject, parameter=parameter, stimulus=stimulus)
    nodes = [point for branch in branches for point in branch.of_kind("saddle-node")]
    if not nodes:
        name, (low, high) = model_of(subject).name, (f(b.parameter) for f, b in ((np.min, branches[0]), (np.max, branches[0])))
        raise DefinitionError(f"{name}: there is no saddle-node along {parameter} from {low:g} to {high:g}")
    return max(nodes, key=lambda point: point.parameter)


def _null_direction(field: Field, point: np.ndarray, p: float) -> np.ndarray:
    """The eigenvector of the eigenvalue nearest to 0, its greatest entry one scale of its variable."""
    values, vectors = np.linalg.eig(field.jacobian(point[:, None], p)[:, :, 0])
    direction = vectors[:, np.argmin(np.abs(values))].real
    return direction / np.max(np.abs(direction) / field.scale)


def _orbit(field: Field, start: np.ndarray, pulses: list[Pulse], duration_ms: float, dt_ms: float) -> Response:
    """From a coherent state, shape (variables,)."""
    named = zip(field.model.state_names, start / field.units, strict=True)
    model = starting_at(field.model, {name: float(x) for name, x in named})
    return Bench(dt_ms=dt_ms).response(model, pulses, duration_ms)


def _returns(field: Field, point: np.ndarray, run: Response) -> bool:
    orbit = np.array([run.states[name] for name in field.model.state_names]) * field.units[:, None]
    distance = np.max(np.abs(orbit - point[:, None]) / field.scale[:, None], axis=0)
    return bool(np.max(distance) > _AWAY and distance[-1] < _BACK)
