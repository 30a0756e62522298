"""Branches of fixed points along a parameter, by pseudo-arclength continuation, and the points where they change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.model import STIMULUS
from spikebridge.bridge.errors import NoAnswer
from spikebridge.bridge.expressions.quantity import Parameter
from spikebridge.reports.analyses.defaults import range_of
from spikebridge.reports.analyses.diagram import Branch, Branches, SpecialPoint, SpecialPoints
from spikebridge.reports.analyses.field import Field
from spikebridge.reports.analyses.fixed_point import eigenvalues_at, frequency_of, resting_points
from spikebridge.reports.analyses.root import root
from spikebridge.reports.analyses.subject import Subject, model_of

if TYPE_CHECKING:
    pass

_NEWTON = 12
_CLOSE = 1e-11  # of a scaled step at which Newton's method has arrived
_ENOUGH = 1e-7  # where round-off lets it get no closer


def fixed_point_branches(
    subject: Subject, low: float | None = None, high: float | None = None, parameter: str = STIMULUS, stimulus: float = 0.0,
    v_low: float | None = None, v_high: float | None = None, step: float = 0.1, most: int = 4000,
) -> Branches:  # fmt: skip
    """All branches of fixed points that start at either end of a range of the stimulus or of a parameter.

    Parameters
    ----------
    low, high : the range, in the parameter's own unit; by default of the stimulus from 0 to beyond where rest gains or loses
        stability, of a parameter from half its value to 1.5 times it
    parameter : what varies; the stimulus by default, which is then what ``stimulus`` says no more
    v_low, v_high : where the ends of branches are sought, see ``fixed_points``
    step : along the branch, where 10 mV, a gate from 0 to 1, and a tenth of the range count as one
    most : points a branch

    Raises
    ------
    DefinitionError : the model is a map, or has no such parameter
    NoAnswer : the range is empty, or no branch reaches either of its ends

    Examples
    --------
    >>> (branch,) = sb.analyses.fixed_point_branches("fitzhugh_nagumo")
    >>> [(point.kind, round(point.parameter, 4)) for point in branch.special]
    [('Hopf', 0.3313), ('Hopf', 1.4187)]
    """
    low, high = range_given(subject, parameter, low, high)
    field = Field(model_of(subject), parameter, stimulus)
    ends = (low * field.unit, high * field.unit)
    starts = [(y, p) for p in ends for y in _ends(field, p, v_low, v_high)]
    follower = _Follower(field, ends, step)
    branches: list[Branch] = []
    seen: list[np.ndarray] = []
    for y, p in starts:
        z = follower.scaled(y, p)
        if any(np.max(np.abs(z - other)) < 1e-4 for other in seen):
            continue
        points = follower.follow(z, 1.0 if p == ends[0] else -1.0, most)
        seen += [points[0][0], points[-1][0]]
        branches.append(follower.branch(points))
    if not branches:
        raise NoAnswer(f"{field.model.name}: there is no fixed point at either end of the range of {parameter}; widen it")
    return _once(branches, follower)


def range_given(subject: Subject, parameter: str, low: float | None, high: float | None) -> tuple[float, float]:
    """The range of a parameter, its ends as given or by default; NoAnswer where it is empty."""
    if low is None or high is None:
        usual = range_of(subject, parameter)
        low, high = usual[0] if low is None else low, usual[1] if high is None else high
    if not high > low:
        raise NoAnswer(f"the range of {parameter} from {low:g} to {high:g} is empty")
    return low, high


def _once(branches: list[Branch], follower: _Follower) -> Branches:
    """Each special point on one branch only: where ``most`` ends a branch, another from its other end may run over it."""
    field = follower.field
    seen: list[tuple[str, np.ndarray]] = []
    kept = []
    for branch in branches:
        special = []
        for point in branch.special:
            y = np.array([point.state[name] for name in field.model.state_names]) * field.units
            z = follower.scaled(y, point.parameter * field.unit)
            if all(kind != point.kind or np.max(np.abs(z - other)) > 1e-5 for kind, other in seen):
                special.append(point)
                seen.append((point.kind, z))
        kept.append(replace(branch, special=tuple(special)))
    return Branches(kept)


def _ends(field: Field, p: float, v_low: float | None, v_high: float | None) -> list[np.ndarray]:
    if field.parameter == STIMULUS:
        return resting_points(field, p, v_low, v_high, 1801)
    unit = field.model.unit_of(field.parameter)
    there = field.model.with_parameters({field.parameter: Parameter(p / field.unit, unit)})
    plain = Field(there)
    return resting_points(plain, field.stimulus * plain.unit, v_low, v_high, 1801)


Point = tuple[np.ndarray, np.ndarray]  # scaled state and parameter, unit tangent


class _Follower:
    """Pseudo-arclength continuation (Keller 1977) of rates(y, p) = 0 in scaled coordinates z = (y, p)."""

    def __init__(self, field: Field, ends: tuple[float, float], step: float) -> None:
        self.field, self.ends, self.step = field, ends, step
        self.size = 0.1 * (ends[1] - ends[0])
        self.scale = np.append(field.scale, self.size)

    def scaled(self, y: np.ndarray, p: float) -> np.ndarray:
        return np.append(y, p) / self.scale

    def linearised(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rates and their derivatives by z; each rate by the size of its own derivatives.

        Parameters
        ----------
        z : state and parameter, scaled, shape (variables + 1,)

        Returns
        -------
        arrays of shapes (variables,) and (variables, variables + 1)
        """
        y, p = (z * self.scale)[:-1], float(z[-1] * self.scale[-1])
        rates, by_y, by_p = self.field.linearised(y, p, self.size)
        slopes = np.column_stack([by_y, by_p]) * self.scale
        size = np.max(np.abs(slopes), axis=1)
        size = np.where(size > 0, size, 1.0)
        return rates / size, slopes / size[:, None]

    def tangent(self, z: np.ndarray, like: np.ndarray) -> np.ndarray:
        """The unit tangent of the branch that points the way of ``like``.

        Parameters
        ----------
        z, like : scaled, shape (variables + 1,)

        Returns
        -------
        shape (variables + 1,)
        """
        _, slopes = self.linearised(z)
        direction = np.linalg.svd(slopes)[2][-1]
        return direction if direction @ like > 0 else -direction

    def corrected(self, z: np.ndarray, plane: np.ndarray) -> np.ndarray | None:
        """The point of the branch on the plane through z across ``plane``; None where Newton's method finds none.

        Parameters
        ----------
        z, plane : scaled, shape (variables + 1,)
        """
        at = z.copy()
        for _ in range(_NEWTON):
            rates, slopes = self.linearised(at)
            try:
                change = np.linalg.solve(np.vstack([slopes, plane]), np.append(-rates, plane @ (z - at)))
            except np.linalg.LinAlgError:
                return None
            at = at + change
            if not np.all(np.isfinite(at)):
                return None
            if np.max(np.abs(change)) < _CLOSE:
                return at
        return at if np.max(np.abs(change)) < _ENOUGH else None

    def beyond(self, point: Point, distance: float) -> np.ndarray | None:
        """The point of the branch that far along the tangent."""
        return self.corrected(point[0] + distance * point[1], point[1])

    def follow(self, start: np.ndarray, towards: float, most: int) -> list[Point]:
        """Points until the parameter leaves its range, the steps get too short, or there are enough."""
        like = np.zeros(len(start))
        like[-1] = towards
        point = (start, self.tangent(start, like))
        points, step = [point], self.step
        low, high = (end / self.scale[-1] for end in self.ends)
        while len(points) < most and step > 1e-7:
            z = self.beyond(point, step)
            turned = None if z is None else self.tangent(z, point[1])
            if z is None or turned is None or turned @ point[1] < 0.97 or np.max(np.abs(z - point[0])) > 2 * step:
                step *= 0.5
                continue
            if not low - 1e-12 <= z[-1] <= high + 1e-12:
                points.append(self._at_end(point, z, low if z[-1] < low else high))
                break
            point = (z, turned)
            points.append(point)
            step = min(step * 1.4, self.step)
        return points

    def _at_end(self, point: Point, beyond: np.ndarray, end: float) -> Point:
        share = (end - point[0][-1]) / (beyond[-1] - point[0][-1])
        guess = point[0] + share * (beyond - point[0])
        across = np.zeros(len(guess))
        across[-1] = 1.0
        z = self.corrected(guess, across)
        return (guess if z is None else z), point[1]

    def branch(self, points: list[Point]) -> Branch:
        field = self.field
        table = np.array([z * self.scale for z, _ in points]).T
        eigenvalues = np.array([self.eigenvalues(z) for z, _ in points])
        special = tuple(s for k in range(len(points) - 1) for s in self._between(points[k], points[k + 1]))
        states = {name: table[i] / field.units[i] for i, name in enumerate(field.model.state_names)}
        unit = str(field.model.unit_of(field.parameter))
        units = {name: str(field.model.unit_of(name)) for name in states}
        return Branch(field.parameter, unit, table[-1] / field.unit, states, eigenvalues, special, units)

    def eigenvalues(self, z: np.ndarray) -> np.ndarray:
        y = z * self.scale
        return eigenvalues_at(self.field, y[:-1], float(y[-1]))

    def _between(self, a: Point, b: Point) -> list[SpecialPoint]:
        """Folds and Hopf points between two neighbours, each refined along the arc."""
        length = float((b[0] - a[0]) @ a[1])
        if length <= 0:
            return []
        found = []
        if a[1][-1] * b[1][-1] < 0:
            found.append(self._refined("saddle-node", a, length, lambda z: float(self.tangent(z, a[1])[-1])))
        ends = [_pair(self.eigenvalues(z)) for z in (a[0], b[0])]
        if all(x is not None for x in ends) and ends[0] * ends[1] < 0:  # type: ignore[operator]
            found.append(self._refined("Hopf", a, length, lambda z: _pair(self.eigenvalues(z)) or 0.0))
        return [special for special in found if special is not None]

    def _refined(self, kind: str, a: Point, length: float, test: Callable[[np.ndarray], float]) -> SpecialPoint | None:
        def at(distance: float) -> np.ndarray:
            z = self.beyond(a, distance)
            return a[0] + distance * a[1] if z is None else z

        try:
            z = at(root(lambda s: test(at(s)), 0.0, length))
        except ValueError:  # no change of sign after all, at the ends of the refined interval
            return None
        eigenvalues = self.eigenvalues(z)
        if kind == "Hopf" and np.min(np.abs(eigenvalues.real)) > 1e-6 * np.max(np.abs(eigenvalues)):
            return None  # two real eigenvalues met and parted
        y, names = z * self.scale, self.field.model.state_names
        state = {name: float(x) for name, x in zip(names, y[:-1] / self.field.units, strict=True)}
        frequency = _axis_frequency_hz(eigenvalues) if kind == "Hopf" else 0.0
        return SpecialPoint(kind, float(y[-1] / self.field.unit), state, frequency)


def _pair(eigenvalues: np.ndarray) -> float | None:
    """The real part of the complex pair nearest to the imaginary axis; None where there is no pair."""
    turning = [x for x in eigenvalues if abs(x.imag) > 1e-9 * abs(x)]
    return float(min(turning, key=lambda x: abs(x.real)).real) if turning else None


def _axis_frequency_hz(eigenvalues: np.ndarray) -> float:
    nearest = min((x for x in eigenvalues if x.imag), key=lambda x: abs(x.real), default=0j)
    return frequency_of(np.array([nearest, nearest.conjugate()])) if nearest else 0.0


def special_points(branches: Sequence[Branch] | Subject) -> SpecialPoints:
    """Hopf points and saddle-nodes of all branches, by rising parameter.

    Parameters
    ----------
    branches : or a subject, of which the branches along the stimulus are taken

    Examples
    --------
    >>> [(point.kind, round(point.frequency_hz, 1)) for point in sb.analyses.special_points("fitzhugh_nagumo")]
    [('Hopf', 43.8), ('Hopf', 43.8)]
    """
    known = isinstance(branches, Sequence) and not isinstance(branches, str)
    return SpecialPoints.of(branches if known else fixed_point_branches(branches))  # type: ignore[arg-type]
