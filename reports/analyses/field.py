"""The vector field of a model: its rates as a function of arrays of states, with derivatives.

Numbers are coherent inside; a state is an array of shape (variables, ...).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from spikebridge.bridge.definition.linearity import depends
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.shown import shown
from spikebridge.bridge.system import build_rates, build_system

_NUDGE = 1e-3  # of the scale of a variable, for differences of sixth order
_WEIGHTS = ((1, 3.0 / 4.0), (2, -3.0 / 20.0), (3, 1.0 / 60.0))  # central differences (Fornberg 1988, Math Comp 51:699)


@dataclass(frozen=True)
class Field:
    """dy/dt = rates(y, p), where p is the stimulus or one parameter while the stimulus stands still.

    Attributes
    ----------
    parameter : what p is
    stimulus : the stimulus beside it, in its own unit; not used where p is the stimulus itself
    """

    model: Model
    parameter: str = STIMULUS
    stimulus: float = 0.0

    def __post_init__(self) -> None:
        model = self.model
        if model.discrete:
            raise DefinitionError(f"{model.name}: a map has no vector field; iterate it instead")
        if self.parameter != STIMULUS and self.parameter not in model.parameters:
            known = (*model.parameters, STIMULUS)
            raise DefinitionError(
                f"{model.name}: there is no parameter {shown(self.parameter)}.{did_you_mean(self.parameter, known)}"
            )

    @cached_property
    def _raw(self) -> Callable[[Any, Any], Any]:
        if self.parameter == STIMULUS:
            return build_system(self.model, neurons=1).rates
        of_parameter = build_rates(self.model, self.parameter)
        stimulus = self.stimulus * self.model.factor(STIMULUS)
        return lambda y, p: of_parameter(y, stimulus, p)

    @property
    def size(self) -> int:
        """How many variables there are."""
        return len(self.model.state_names)

    @cached_property
    def units(self) -> np.ndarray:
        """Coherent value per unit of every variable, shape (variables,)."""
        return np.array([self.model.factor(name) for name in self.model.state_names])

    @cached_property
    def unit(self) -> float:
        """Coherent value per unit of p."""
        return self.model.factor(self.parameter)

    @property
    def present(self) -> float:
        """The value of p in the model, coherent; of the stimulus, none."""
        return 0.0 if self.parameter == STIMULUS else self.model.parameter_values[self.parameter]

    @cached_property
    def start(self) -> np.ndarray:
        """The model's initial state, coherent, shape (variables,)."""
        return np.array([self.model.initial_values[name] for name in self.model.state_names])

    @cached_property
    def scale(self) -> np.ndarray:
        """What counts as one step of each variable: 10 mV of a voltage, else 1, coherent, shape (variables,)."""
        volts = [str(self.model.unit_of(s)).endswith("V") for s in self.model.state_names]
        return np.where(volts, 10.0, 1.0) * self.units

    @cached_property
    def scanned(self) -> int:
        """The variable that fixed points are sought along."""
        return self.model.state_names.index(scanned_name(self.model))

    @cached_property
    def others(self) -> list[int]:
        """All variables but that one."""
        return [i for i in range(self.size) if i != self.scanned]

    def __call__(self, y: np.ndarray, p: Any) -> np.ndarray:
        """Rates per ms, in the shape of ``y``.

        Parameters
        ----------
        y : coherent states, shape (variables, ...)
        p : coherent, a number or of the shape of one variable
        """
        y = np.asarray(y, dtype=float)
        states = y[:, None] if y.ndim == 1 else y
        found = np.empty(states.shape)
        with np.errstate(all="ignore"):
            for i, rate in enumerate(self._raw(tuple(states), np.asarray(p, dtype=float))):
                found[i] = rate
        return found.reshape(y.shape)

    def jacobian(self, y: np.ndarray, p: Any) -> np.ndarray:
        """Derivatives of the rates by the variables, shape (variables, variables, ...), differences of sixth order.

        Parameters
        ----------
        y : coherent states, shape (variables, ...)
        p : coherent, a number or of the shape of one variable
        """
        return np.stack([self._derivative(y, p, j) for j in range(self.size)], axis=1)

    def _derivative(self, y: np.ndarray, p: Any, j: int) -> np.ndarray:
        """By variable j; over a share of its value where more leaves the equations' domain, as a concentration near zero does."""
        found = self._difference(y, p, j, _NUDGE * self.scale[j])
        small = _NUDGE * np.abs(np.asarray(y, dtype=float)[j])
        if np.all(np.isfinite(found)) or not np.any(small < _NUDGE * self.scale[j]):
            return found
        with np.errstate(all="ignore"):  # a variable at zero has no share
            return np.where(np.all(np.isfinite(found), axis=0), found, self._difference(y, p, j, small))

    def _difference(self, y: np.ndarray, p: Any, j: int, size: Any) -> np.ndarray:
        nudge = np.zeros(np.shape(y))
        nudge[j] = size
        slopes = [w * (self(y + k * nudge, p) - self(y - k * nudge, p)) for k, w in _WEIGHTS]
        return np.sum(slopes, axis=0) / size

    def linearised(self, y: np.ndarray, p: float, size: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rates, their derivatives by the variables and by p, at one state.

        Returns
        -------
        arrays of shapes (variables,), (variables, variables), (variables,)

        Parameters
        ----------
        y : coherent, shape (variables,)
        p, size : coherent; ``size`` is a large change of p
        """
        z, sizes = np.append(y, p), _NUDGE * np.append(self.scale, size)
        rates, slopes = self._around(z, sizes)
        outside = ~np.all(np.isfinite(slopes), axis=0)
        if outside.any():  # as in ``jacobian``
            rates, slopes = self._around(z, np.where(outside & (z != 0.0), _NUDGE * np.abs(z), sizes))
        return rates, slopes[:, : self.size], slopes[:, self.size]

    def _around(self, z: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rates at a state with its parameter, and their derivatives by differences of those sizes."""
        n = self.size
        moved = [z] + [
            z + k * sign * sizes[j] * unit for j, unit in enumerate(np.eye(n + 1)) for k, _ in _WEIGHTS for sign in (1, -1)
        ]
        table = np.array(moved).T
        rates = self(table[:n], table[n])
        differences = (rates[:, 1::2] - rates[:, 2::2]).reshape(n, n + 1, len(_WEIGHTS))
        return rates[:, 0], differences @ np.array([w for _, w in _WEIGHTS]) / sizes


def scanned_name(model: Model) -> str:
    """The variable that fixed points are sought along: the membrane potential, else the first that the stimulus drives."""
    if model.voltage:
        return model.voltage
    driven = (e for e in model.states if depends(e.expression, STIMULUS, model.definitions))
    return model.state_names[model.states.index(next(driven, model.states[0]))]


def held_steady(field: Field, held: np.ndarray, p: Any, guess: np.ndarray | None = None, tries: int = 200) -> np.ndarray:
    """Where all variables but the scanned one come to rest while that one is held, for many values at once.

    Linearly implicit Euler steps that lengthen while they change little, as in ``reference.rest``.

    Parameters
    ----------
    held : coherent values of the scanned variable, shape (points,)
    p : the parameter, a number or shape (points,)
    guess : states to start from, shape (variables, points); the model's initial state by default

    Returns
    -------
    states of shape (variables, points); nan where they do not come to rest
    """
    held = np.asarray(held, dtype=float)
    y = np.repeat(field.start[:, None], len(held), axis=1) if guess is None else np.array(guess, dtype=float)
    y[field.scanned] = held
    rows = field.others
    if not rows:
        return y
    dt = np.full(len(held), 0.1)
    scale = field.scale[rows][:, None]
    for _ in range(tries):
        rate = field(y, p)[rows]
        jacobian = field.jacobian(y, p)[np.ix_(rows, rows)]
        matrix = np.eye(len(rows)) / dt[:, None, None] - np.moveaxis(jacobian, 2, 0)
        change = _solved(matrix, rate.T).T
        moved = np.max(np.abs(change) / np.maximum(np.abs(y[rows]), scale), axis=0)
        y[rows] += change
        if np.all((dt > 1e7) & (moved < 1e-13) | ~np.isfinite(moved)):
            break
        dt = np.minimum(dt * np.where(moved < 0.1, 4.0, 0.7), 1e9)
    y[:, ~((dt > 1e3) & (moved < 1e-9))] = np.nan
    return y


def _solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    good = np.all(np.isfinite(matrix), axis=(1, 2)) & np.all(np.isfinite(right), axis=1)
    result = np.full(right.shape, np.nan)
    try:
        result[good] = np.linalg.solve(matrix[good], right[good][..., None])[..., 0]
    except np.linalg.LinAlgError:
        return np.full(right.shape, np.nan)
    return result
