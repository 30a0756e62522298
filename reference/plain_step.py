"""One step of the exact solution for one neuron in plain floats: what ``adaptive_step`` does, several times as fast.

A state is a tuple of floats here. The arithmetic of a step is in ``dop853_source``.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from spikebridge.reference.dense_output import polynomial
from spikebridge.reference.dop853 import STAGES, D
from spikebridge.reference.dop853_source import DENSE_STAGES, KEPT_STAGES, written_out
from spikebridge.reference.stimulus import SILENCE, Constant, Shape
from spikebridge.reference.system import Event, System

MOST_VARIABLES = 24  # with more, arrays are faster
Floats = tuple[float, ...]


class PlainStepTaken(NamedTuple):
    """One step: enough to evaluate the solution anywhere inside it."""

    t: float
    h: float
    y0: Floats
    y1: Floats
    slopes: tuple[Floats, ...]  # at KEPT_STAGES
    error: float

    @property
    def first_slope(self) -> Floats:
        """The slope where the step starts."""
        return self.slopes[0]

    @property
    def last_slope(self) -> Floats:
        """The slope where it ends."""
        return self.slopes[-1]


class PlainStep:
    """Steps through a stretch of time in which nothing jumps; a method does what it does in ``AdaptiveStep``."""

    def __init__(self, system: System, rtol: float) -> None:
        self.rtol, self.atol = rtol, 1e-2 * rtol
        self.variables = len(system.names)
        self._nowhere = (math.nan,) * self.variables
        self._rows = bytearray()
        self._packed = struct.Struct(f"{_row_length(self.variables)}d").pack
        self._looked_into: tuple[PlainStepTaken, list[Floats]] | None = None  # the last step looked into, and its polynomial
        self.enter(system, SILENCE.within(0.0, 1.0))

    def enter(self, system: System, current: Shape) -> None:
        """Go on where these equations hold, and this stimulus, a smooth function of the time in ms."""
        self._rates = system.rates
        # in Python's own floats, which all arithmetic with it then stays in
        self._current: Any = float(current.value) if isinstance(current, Constant) else lambda t: float(current(t))
        self._written = written_out(self.variables, isinstance(current, Constant))

    def state(self, y: Floats) -> Floats:
        """A state is what a system calls one."""
        return y

    def flat(self, values: Sequence[Any]) -> Floats:
        """A state in Python's own floats."""
        return tuple(map(float, values))

    def slope(self, t: float, y: Floats) -> Floats:
        """The slope at (t, y); nan where the equations have no value."""
        try:
            return self.flat(self._rates(y, self._current(t) if callable(self._current) else self._current))
        except (ArithmeticError, ValueError):  # ValueError: a logarithm of nothing
            return self._nowhere

    def attempt(self, t: float, h: float, y: Floats, slope: Floats) -> PlainStepTaken:
        """A step of size h from a state and its slope; whether it is good enough is for others to say."""
        try:
            end, slopes, error = self._written.step(self._rates, self._current, t, h, y, slope, self.atol, self.rtol)
        except (ArithmeticError, ValueError):  # as in slope
            slopes = (slope, *[self._nowhere] * (len(KEPT_STAGES) - 1))
            return PlainStepTaken(t, h, y, self._nowhere, slopes, math.nan)
        return PlainStepTaken(t, h, y, end, slopes, error)

    def error(self, step: PlainStepTaken) -> float:
        """The error of a step, relative to the tolerance."""
        return step.error

    def inside(self, step: PlainStepTaken, t: float) -> Floats:
        """The solution at a time within the step."""
        if t == step.t + step.h:
            return step.y1
        if self._looked_into is None or self._looked_into[0] is not step:
            coefficients = _polynomials(self.variables, np.array(self._row(step)))[3][:, 0]
            self._looked_into = step, list(zip(*coefficients.tolist(), strict=True))
        x = (t - step.t) / step.h
        w = 1 - x
        # the nested form of ``dense_output.evaluated``
        return tuple(
            [y + ((((((g * x + f) * w + e) * x + d) * w + c) * x + b) * w + a) * x
             for y, (a, b, c, d, e, f, g) in zip(step.y0, self._looked_into[1], strict=True)]
        )  # fmt: skip

    def _row(self, step: PlainStepTaken) -> Sequence[float]:
        """The numbers that the dense output of a step is made of."""
        t, h, y0, y1, slopes, _ = step
        try:
            return self._written.row(self._rates, self._current, t, h, y0, y1, slopes)  # type: ignore[no-any-return]
        except (ArithmeticError, ValueError):
            later = self._nowhere * (len(DENSE_STAGES) - len(KEPT_STAGES))
            return (t, h, *y0, *y1, *(x for slope in slopes for x in slope), *later)

    def keep(self, step: PlainStepTaken) -> None:
        """Keep a step for ``kept``."""
        self._rows += self._packed(*self._row(step))

    def kept(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """As ``dense_output.Kept`` says, shapes too."""
        return _polynomials(self.variables, np.frombuffer(self._rows))

    def levels(self, rules: Sequence[Event], y: Floats) -> Sequence[float]:
        """The level of every rule."""
        return [rule.level(y) for rule in rules]

    def level_and_trend(
        self, rules: Sequence[Event], y: Floats, slope: Floats, by_ms: float
    ) -> tuple[Sequence[float], Sequence[bool]]:
        """Each level, and whether it is higher after a moment along the slope."""
        later = self._written.ahead(y, slope, by_ms)
        levels, rising = [], []
        for rule in rules:
            level = rule.level(y)
            levels.append(level)
            rising.append(rule.level(later) > level)
        return levels, rising

    def ahead(self, y: Floats, slope: Floats, by_ms: float) -> Floats:
        """The state a moment later, along the slope."""
        return self._written.ahead(y, slope, by_ms)  # type: ignore[no-any-return]

    def replaced(self, y: Floats, after: Floats, who: np.ndarray) -> Floats:
        """The state ``after``, for it is the one neuron that anything happens to; ``who`` has the shape (1,)."""
        return after

    def may_cross(
        self, before: Sequence[float], rises: Sequence[bool], after: Sequence[float], still_rises: Sequence[bool]
    ) -> bool:
        """Whether a level, given at both ends of a step with whether it rises there, can have crossed zero upwards inside."""
        may = False
        for low, rose, high, rising in zip(before, rises, after, still_rises, strict=True):
            may = may or (low <= 0 and (high > 0 or (rose and not rising)))
        return may


def _row_length(variables: int) -> int:
    """How many numbers ``row`` lists: a time, a size, two states, slopes."""
    return 2 + (2 + len(DENSE_STAGES)) * variables


def _polynomials(variables: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What ``Kept.kept`` gives, of numbers that ``row`` has listed; in sums whose order is the same on every machine."""
    table = rows.reshape(-1, _row_length(variables))
    t, h = table[:, 0], table[:, 1]
    y0, y1, *slopes = table[:, 2:].reshape(len(table), -1, variables).swapaxes(0, 1)
    weighted = (D[:, stage, None, None] * slope for stage, slope in zip(DENSE_STAGES, slopes, strict=True))
    higher = sum(weighted, np.zeros((len(D), *y0.shape)))
    ends = slopes[0], slopes[DENSE_STAGES.index(STAGES)]
    return t, h, y0, polynomial(h[:, None], y0, y1, ends, higher)
