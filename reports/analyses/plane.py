"""The phase plane of two variables: nullclines, vector field, fixed points, and orbits projected onto it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.shown import shown
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.defaults import own_range
from spikebridge.reports.analyses.field import Field
from spikebridge.reports.analyses.fixed_point import FixedPoint, fixed_points, resting_points
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.subject import Subject, model_of
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
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
    others : what further variables do: ``"steady"``, or the number that each is held at
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
    others: Mapping[str, float | str]

    def to_frame(self) -> pd.DataFrame:
        """The nullclines, one row a point; the vector field is in ``dx`` and ``dy``."""
        x, y = with_unit(self.x_name, self.x_unit), with_unit(self.y_name, self.y_unit)
        named = ((self.x_name, self.x_nullclines), (self.y_name, self.y_nullclines))
        pieces = [(name, i, *point) for name, lines in named for i, line in enumerate(lines, 1) for point in line]
        columns = list(zip(*pieces, strict=True)) or [()] * 4
        return frame(dict(zip(("nullcline", "piece", x, y), map(list, columns), strict=True)))

    def plot(self, axes: Axes | None = None) -> Figure:
        """Nullclines, arrows and fixed points."""
        return plot_phase_plane(self, axes=axes)


def phase_plane(
    subject: Subject, x_range: Range | None = None, y_range: Range | None = None, x_name: str | None = None, y_name: str | None = None,
    stimulus: float = 0.0, others: Mapping[str, float | str] | None = None, points: int = 241,
) -> PhasePlane:  # fmt: skip
    """Nullclines and vector field of two variables.

    Parameters
    ----------
    x_range, y_range : in the units of the variables; by default where the subject's own experiment and the fixed points take it
    x_name, y_name : by default the observed variable, and the fastest that is slower than it
    stimulus : constant, in the unit in which the model is driven
    others : what further variables do: a number holds one, ``"steady"`` lets it follow the x variable at once; by default those
        faster than y are steady, and those slower are held where the model rests or, where it does not, starts

    Raises
    ------
    DefinitionError : the model is a map, has no second variable, or none of that name

    Examples
    --------
    >>> plane = sb.analyses.phase_plane("fitzhugh_nagumo", points=61)
    >>> plane.x_name, plane.y_name, len(plane.fixed_points)
    ('v', 'w', 1)
    """
    model = model_of(subject)
    field, names = Field(model), model.state_names
    if len(names) < 2:
        raise DefinitionError(f"{model.name}: {names[0]} is its only variable, and a phase plane needs two")
    x_name = x_name or model.observed
    y_name = y_name or _second(field, x_name)
    for name in (x_name, y_name):
        if name not in names:
            raise DefinitionError(f"{model.name}: there is no state variable {shown(name)}.{did_you_mean(name, names)}")
    if x_name == y_name:
        raise DefinitionError(f"{model.name}: a phase plane needs two variables, and {x_name} is on both axes")
    i, j = names.index(x_name), names.index(y_name)
    others = _ruled(field, (i, j), others or {})
    found = fixed_points(model, stimulus) if len(names) == 2 else ()
    x_range, y_range = (
        given or own_range(subject, name, tuple(p.state[name] for p in found))
        for given, name in ((x_range, x_name), (y_range, y_name))
    )  # fmt: skip
    x, y = np.linspace(*x_range, points), np.linspace(*y_range, points)
    states = np.empty((len(names), points, points))
    states[i], states[j] = np.meshgrid(x * field.units[i], y * field.units[j])
    _fill(field, states, (i, j), others, stimulus)
    rates = field(states.reshape(len(names), -1), stimulus * field.unit).reshape(states.shape)
    dx, dy = rates[i] / field.units[i], rates[j] / field.units[j]
    inside = tuple(p for p in found if _within(p.state[x_name], x_range) and _within(p.state[y_name], y_range))
    return PhasePlane(
        x_name, y_name, str(model.unit_of(x_name)), str(model.unit_of(y_name)), x, y, dx, dy,
        _zero_lines(x, y, dx), _zero_lines(x, y, dy), inside, others,
    )  # fmt: skip


def _within(value: float, bounds: Range) -> bool:
    return bounds[0] <= value <= bounds[1]


def _slowness_ms(field: Field) -> np.ndarray:
    """How fast each variable follows while the others stand still, where the model rests or, where it does not, starts."""
    rates = np.abs(np.diag(field.jacobian(_place(field)[:, None], 0.0)[:, :, 0]))
    return 1.0 / np.maximum(rates, 1e-12)


def _place(field: Field) -> np.ndarray:
    """Its lowest fixed point, else the model's start; coherent, shape (variables,)."""
    found = resting_points(field, 0.0, None, None, 301)
    return found[0] if found else field.start


def _second(field: Field, x_name: str) -> str:
    """The fastest variable that is slower than x; the slowest where none is; of two the other."""
    rest = [k for k, name in enumerate(field.model.state_names) if name != x_name]
    if len(rest) == 1 or x_name not in field.model.state_names:
        return field.model.state_names[rest[0]]
    slowness = _slowness_ms(field)
    slower = [k for k in rest if slowness[k] > slowness[field.model.state_names.index(x_name)]]
    return field.model.state_names[min(slower, key=lambda k: slowness[k]) if slower else max(rest, key=lambda k: slowness[k])]


def _ruled(field: Field, on_axes: tuple[int, int], given: Mapping[str, float | str]) -> dict[str, float | str]:
    """What each variable that is not on an axis does: as given, else steady where it is faster than y, else held."""
    names = field.model.state_names
    left = [k for k in range(len(names)) if k not in on_axes and names[k] not in given]
    if not left:
        return dict(given)
    slowness, place = _slowness_ms(field), _place(field) / field.units
    ruled = {names[k]: "steady" if slowness[k] < slowness[on_axes[1]] else float(place[k]) for k in left}
    return {name: {**ruled, **given}[name] for name in names if name in ruled or name in given}


def _fill(field: Field, states: np.ndarray, on_axes: tuple[int, int], others: Mapping[str, float | str], stimulus: float) -> None:
    """Give every variable that is not on an axis its value, in place; the steady ones by Newton's method."""
    names = field.model.state_names
    rest = [k for k in range(len(names)) if k not in on_axes]
    for k in rest:
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
