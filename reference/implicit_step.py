"""One step of the exact solution where the equations are stiff: Radau IIA of order 13, its error, and the solution inside it.

Elements of a system's arrays do not act on each other, so each has a Jacobian of its own, and they are solved side by side. Newton's
method and the error are those of E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, 2nd ed., Springer 1996, section
IV.8.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spikebridge.reference.dense_output import Vector, evaluated
from spikebridge.reference.radau import radau

# order 13 at the end of a step; inside it a polynomial of degree 7, which has as many coefficients as that of DOP853
METHOD = radau(7)
_NEWTON_STEPS = 12
_MANY, _NO_LONGER = (
    6,
    0.5,
)  # with more steps of Newton's method longer steps do not pay: an error that lets them be as long as they are
_ENOUGH = 0.03  # of the tolerance: what Newton's method may leave
_ROUNDING = 0.3  # of the tolerance: below this, a Newton step that is hardly shorter than the last shows rounding alone
_NUDGE, _SMALL = (
    1e-7,
    1e-6,
)  # of a variable, for a column of the Jacobian; one that is nearer to zero is nudged as if it were that


@dataclass(frozen=True)
class ImplicitStepTaken:
    """One step: states and slopes as who asked for it keeps them, a flat array or a tuple of floats.

    Attributes
    ----------
    error : relative to the tolerance; nan where Newton's method did not find the step
    polynomial : the solution inside it as ``dense_output.evaluated`` has it, shape (7, variables * elements)
    """

    t: float
    h: float
    y0: Vector
    y1: Vector
    first_slope: Vector
    last_slope: Vector
    error: float
    polynomial: np.ndarray


@dataclass(frozen=True)
class Local:
    """The equations near a state: what an implicit step needs to know before its size.

    Attributes
    ----------
    vector, slope_vector : the state and its slope as who asked keeps them
    y, slope : the same as arrays, shapes (variables * elements,)
    jacobian : d(rates)/d(state), shape (elements, variables, variables), per ms
    """

    t: float
    vector: Vector
    slope_vector: Vector
    y: np.ndarray
    slope: np.ndarray
    jacobian: np.ndarray


class ImplicitStep:
    """Steps through a stretch of time in which nothing jumps.

    Parameters
    ----------
    slope : gives the slope at a time and a state, a vector as who asks keeps them; nan where the equations have none
    vector : makes such a vector of a flat array
    variables : how many there are of each element
    """

    def __init__(
        self, slope: Callable[[float, Vector], Vector], vector: Callable[[np.ndarray], Vector], variables: int, rtol: float
    ) -> None:
        self._slope, self._vector, self._variables = slope, vector, variables
        self._rtol, self._atol = rtol, 1e-2 * rtol
        self._local: Local | None = None
        self._known: ImplicitStepTaken | None = None  # whose polynomial tells what to expect of the next one

    def attempt(self, t: float, h: float, y: Vector, slope: Vector) -> ImplicitStepTaken:
        """A step of size h from a state and its slope; whether it is good enough is for others to say."""
        here = self._near(t, y, slope)
        inverses = _inverses(here.jacobian, h)
        z, iterations = self._stages(here, h, self._expected(here, h), inverses)
        if not np.isfinite(z).all():  # it did not go on as before
            z, iterations = self._stages(here, h, np.zeros_like(z), inverses)
        step = self._taken(here, h, z, iterations, inverses)
        if step.error < 1.0:
            self._known = step
        return step

    def part(self, step: ImplicitStepTaken, h: float) -> ImplicitStepTaken:
        """The first part of a step, up to h, by a step of its own."""
        self._known = step
        found = self.attempt(step.t, h, step.y0, step.first_slope)
        self._known = step
        return found

    def inside(self, step: ImplicitStepTaken, t: float) -> Vector:
        """The solution at a time within the step."""
        if t == step.t + step.h:
            return step.y1
        return self._vector(np.asarray(step.y0) + evaluated(step.polynomial, (t - step.t) / step.h))

    def _near(self, t: float, y: Vector, slope: Vector) -> Local:
        """The equations near a state, the Jacobian by differences: Newton's method bears their error."""
        if self._local is not None and self._local.t == t and self._local.vector is y and self._local.slope_vector is slope:
            return self._local
        flat, rate, columns = np.array(y), np.array(slope), []
        parts = flat.reshape(self._variables, -1)
        for i in range(self._variables):
            nudged = parts.copy()
            nudged[i] += _NUDGE * np.maximum(np.abs(parts[i]), _SMALL)
            beside = np.asarray(self._slope(t, self._vector(nudged.ravel())))
            columns.append((beside - rate).reshape(self._variables, -1) / (nudged[i] - parts[i]))
        self._local = Local(t, y, slope, flat, rate, np.array(columns).transpose(2, 1, 0))
        return self._local

    def _expected(self, here: Local, h: float) -> np.ndarray:
        """Where the stages lie if the solution goes on as it did, as distances from the state; nought after a jump. Shape (7, flat)."""
        known = self._known
        if known is None or (known.y1 is not here.vector and known.y0 is not here.vector):
            return np.zeros((METHOD.stages, len(here.y)))
        x = (here.t - known.t + METHOD.nodes * h) / known.h
        away: np.ndarray = np.asarray(known.y0) - here.y + evaluated(known.polynomial[:, None, :], x[:, None])
        return away

    def _stages(self, here: Local, h: float, z: np.ndarray, inverses: np.ndarray) -> tuple[np.ndarray, int]:
        """z = h A rates(y + z) by Newton's method with the Jacobian at the start, and its steps; nan where it does not converge."""
        last = math.nan
        for iteration in range(1, _NEWTON_STEPS + 1):
            along = METHOD.from_stages @ self._by_element(h * (METHOD.matrix @ self._rates(here, h, z)) - z)
            change = self._flat((METHOD.to_stages @ (inverses @ along[..., None])[..., 0]).real)
            z = z + change
            size = self._size(change, np.abs(here.y + z).max(axis=0))
            ratio = size / last
            if size == 0.0 or (ratio < 1.0 and size * ratio < _ENOUGH * (1.0 - ratio)) or (ratio > 0.5 and size < _ROUNDING):
                return z, iteration
            if not (ratio < 2.0 or iteration == 1):
                break
            last = size
        return np.full_like(z, np.nan), _NEWTON_STEPS

    def _rates(self, here: Local, h: float, z: np.ndarray) -> np.ndarray:
        nodes = METHOD.nodes.tolist()
        return np.array([self._slope(here.t + c * h, self._vector(here.y + d)) for c, d in zip(nodes, z, strict=True)])

    def _taken(self, here: Local, h: float, z: np.ndarray, iterations: int, inverses: np.ndarray) -> ImplicitStepTaken:
        end = here.y + z[-1]
        misses = METHOD.eigenvalues[0].real * h * here.slope + METHOD.error @ z
        missed = self._flat((inverses[:, :1].real @ self._by_element(misses[None])[..., None])[..., 0])
        error = self._size(missed, np.maximum(np.abs(here.y), np.abs(end)))
        if iterations > _MANY:
            error = max(error, _NO_LONGER)
        y1 = self._vector(end)
        last = self._slope(here.t + h, y1)
        return ImplicitStepTaken(here.t, h, here.vector, y1, here.slope_vector, last, error, METHOD.nested @ z)

    def _size(self, change: np.ndarray, values: np.ndarray) -> float:
        """Relative to the tolerance, as a root mean square; of shapes (..., flat) and (flat,)."""
        return float(np.sqrt(np.mean((change / (self._atol + self._rtol * values)) ** 2)))

    def _by_element(self, rows: np.ndarray) -> np.ndarray:
        """(rows, variables * elements) as (elements, rows, variables)."""
        return rows.reshape(len(rows), self._variables, -1).transpose(2, 0, 1)

    def _flat(self, by_element: np.ndarray) -> np.ndarray:
        """And back."""
        return by_element.transpose(1, 2, 0).reshape(by_element.shape[1], -1)


def _inverses(jacobian: np.ndarray, h: float) -> np.ndarray:
    """Of ``1 - h eigenvalue jacobian``, shape (elements, eigenvalues, variables, variables); nan where one has none."""
    matrices = np.eye(jacobian.shape[-1]) - h * METHOD.eigenvalues[:, None, None] * jacobian[:, None]
    try:
        return np.linalg.inv(matrices)
    except np.linalg.LinAlgError:
        return np.full_like(matrices, np.nan)
