"""The phase plane of two variables: nullclines, vector field, fixed points, and orbits projected onto it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.shown import shown
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.field import Field
from spikebridge.reports.analyses.fixed_point import FixedPoint, fixed_points
from spikebridge.reports.analyses.response import model_of
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Range = tuple[float, float]
_MARKERS = {"stable": "o", "unstable": "s", "saddle": "D"}


@dataclass(frozen=True)
class PhasePlane(Result):
    """What two variables do; all numbers in the model's own units.

    Attributes
    ----------
    x_name, y_name, x_unit, y_unit : the variables on the axes
    x, y : the grid, shapes (columns,) and (rows,)
    dx, dy : rates per ms on it, shape (rows, columns)
    x_nullclines, y_nullclines : pieces on which that variable stands still, each of shape (points, 2)
    fixed_points : inside the picture; only of a model with no other variables
    """

    x_name: str
    y_name: str
    x_unit: str
    y_unit: str
    x: np.ndarray
    y: np.ndarray
    dx: np.ndarray
    dy: np.ndarray
    x_nullclines: tuple[np.ndarray, ...]
    y_nullclines: tuple[np.ndarray, ...]
    fixed_points: tuple[FixedPoint, ...]


def phase_plane(
    model: Model | str, x_range: Range, y_range: Range, x_name: str | None = None, y_name: str | None = None,
    stimulus: float = 0.0, others: Mapping[str, float | str] | None = None, points: int = 241,
) -> PhasePlane:  # fmt: skip
    """Nullclines and vector field of two variables.

    Parameters
    ----------
    x_range, y_range : in the units of the variables
    x_name, y_name : the first two variables by default
    others : what further variables do: a number holds one, ``"steady"`` lets it follow the x variable at once

    Raises
    ------
    DefinitionError : the model is a map, has no second variable, or ``others`` leaves one open
    """
    model = model_of(model)
    field, names = Field(model), model.state_names
    if len(names) < 2:
        raise DefinitionError(f"{model.name}: {names[0]} is its only variable, and a phase plane needs two")
    x_name = x_name or model.observed
    y_name = y_name or next(n for n in names if n != x_name)
    for name in (x_name, y_name):
        if name not in names:
            raise DefinitionError(f"{model.name}: there is no state variable {shown(name)}.{did_you_mean(name, names)}")
    if x_name == y_name:
        raise DefinitionError(f"{model.name}: a phase plane needs two variables, and {x_name} is on both axes")
    i, j = names.index(x_name), names.index(y_name)
    x, y = np.linspace(*x_range, points), np.linspace(*y_range, points)
    states = np.empty((len(names), points, points))
    states[i], states[j] = np.meshgrid(x * field.units[i], y * field.units[j])
    _fill(field, states, (i, j), others or {}, stimulus)
    rates = field(states.reshape(len(names), -1), stimulus * field.unit).reshape(states.shape)
    dx, dy = rates[i] / field.units[i], rates[j] / field.units[j]
    found = fixed_points(model, stimulus) if len(names) == 2 else ()
    inside = tuple(p for p in found if _within(p.state[x_name], x_range) and _within(p.state[y_name], y_range))
    return PhasePlane(
        x_name, y_name, str(model.unit_of(x_name)), str(model.unit_of(y_name)), x, y, dx, dy,
        _zero_lines(x, y, dx), _zero_lines(x, y, dy), inside,
    )  # fmt: skip


def _within(value: float, bounds: Range) -> bool:
    return bounds[0] <= value <= bounds[1]


def _fill(field: Field, states: np.ndarray, on_axes: tuple[int, int], others: Mapping[str, float | str], stimulus: float) -> None:
    """Give every variable that is not on an axis its value, in place; the steady ones by Newton's method."""
    names = field.model.state_names
    rest = [k for k in range(len(names)) if k not in on_axes]
    for k in rest:
        if names[k] not in others:
            raise DefinitionError(
                f"{field.model.name}: {names[k]} is not on an axis; say what it does: others = {{{shown(names[k])}: 'steady'}}, or a number"
            )
        given = others[names[k]]
        states[k] = field.start[k] if given == "steady" else float(given) * field.units[k]
    steady = [k for k in rest if others[names[k]] == "steady"]
    if not steady:
        return
    flat = states.reshape(len(names), -1)
    for _ in range(30):
        rate = field(flat, stimulus * field.unit)[steady]
        jacobian = field.jacobian(flat, stimulus * field.unit)[np.ix_(steady, steady)]
        change = np.linalg.solve(np.moveaxis(jacobian, 2, 0), rate.T[..., None])[..., 0].T
        flat[steady] -= change
        if np.max(np.abs(change) / field.scale[steady][:, None]) < 1e-12:
            break
    states[:] = flat.reshape(states.shape)


def _zero_lines(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, ...]:
    from contourpy import contour_generator  # it comes with matplotlib

    return tuple(np.asarray(line) for line in contour_generator(x, y, z).lines(0.0))


Orbit = Mapping[str, np.ndarray]


def plot_phase_plane(plane: PhasePlane, orbits: Sequence[Orbit] = (), axes: Axes | None = None, arrows: int = 18) -> Figure:
    """Nullclines, arrows of the vector field, fixed points (filled where stable), and orbits given by variable."""
    labels = with_unit(plane.x_name, plane.x_unit), with_unit(plane.y_name, plane.y_unit)
    axes, style = axes_of(axes, *labels)
    every = max(1, len(plane.x) // arrows)
    thin = (slice(None, None, every), slice(None, None, every))
    dx, dy = plane.dx[thin] / np.ptp(plane.x), plane.dy[thin] / np.ptp(plane.y)
    length = np.maximum(np.hypot(dx, dy), 1e-300)
    axes.quiver(plane.x[::every], plane.y[::every], dx / length, dy / length, color="0.75", angles="uv", width=0.002, scale=45)
    for index, (name, lines) in enumerate(((plane.x_name, plane.x_nullclines), (plane.y_name, plane.y_nullclines))):
        for k, line in enumerate(lines):
            axes.plot(line[:, 0], line[:, 1], linewidth=1.3, label=f"{name}-nullcline" if k == 0 else None, **style(index))
    for orbit in orbits:
        axes.plot(orbit[plane.x_name], orbit[plane.y_name], color="0.2", linewidth=0.9)
    for point in plane.fixed_points:
        marker = _MARKERS[point.kind.split()[0].split("-")[0]]
        inside = "black" if point.stable else "white"
        where = (point.state[plane.x_name],), (point.state[plane.y_name],)
        axes.plot(*where, marker, color="black", markerfacecolor=inside, markersize=6)
    axes.set(xlim=(plane.x[0], plane.x[-1]), ylim=(plane.y[0], plane.y[-1]))
    axes.legend(frameon=False, fontsize="small")
    return axes.figure  # type: ignore[return-value]


def plot_projection(orbits: Sequence[Orbit], x_name: str, y_name: str, axes: Axes | None = None) -> Figure:
    """Orbits of any model projected onto two of its variables, a line each."""
    axes, style = axes_of(axes, x_name, y_name)
    for index, orbit in enumerate(orbits):
        axes.plot(orbit[x_name], orbit[y_name], linewidth=1.0, **style(index))
    return axes.figure  # type: ignore[return-value]
