"""The exact solution inside its steps: a polynomial a step, evaluated at the sample times all at once."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from spikebridge.reference.dop853 import STAGES

Vector = Any  # a flat array, or a tuple of floats


@dataclass(frozen=True)
class StepTaken:
    """One step: enough to evaluate the solution anywhere inside it."""

    t: float
    h: float
    y0: np.ndarray
    y1: np.ndarray
    slopes: np.ndarray  # (ALL_STAGES, variables * neurons), filled up to stage 12
    polynomial: np.ndarray | None = None

    @property
    def first_slope(self) -> np.ndarray:
        """The slope where the step starts, shape (variables * neurons,)."""
        slope: np.ndarray = self.slopes[0]
        return slope

    @property
    def last_slope(self) -> np.ndarray:
        """The slope where it ends, of the same shape."""
        slope: np.ndarray = self.slopes[STAGES]
        return slope


class Kept(Protocol):
    """Steps that hold samples, as who has made them keeps them."""

    def keep(self, step: Any) -> None:
        """Keep one more step."""

    def kept(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Of all that were kept: start and size, shape (steps,), state at the start, (steps, n), polynomials, (7, steps, n)."""


def polynomial(h: Any, y0: np.ndarray, y1: np.ndarray, ends: tuple[np.ndarray, np.ndarray], higher: np.ndarray) -> np.ndarray:
    """Coefficients of the dense output, shape (7, *S) for states of shape S.

    Parameters
    ----------
    ends : the slopes at both ends of the step
    higher : the slopes of all stages, weighted with the rows of ``dop853.D``, shape (4, *S)
    """
    rise = y1 - y0
    first = h * ends[0] - rise
    second = 2 * rise - h * (ends[0] + ends[1])
    return np.array([rise, first, second, *(h * higher)])


def evaluated(coefficients: np.ndarray, x: Any) -> np.ndarray:
    """Hairer's nested form of the dense output: x (F0 + (1 - x) (F1 + x (F2 + ...))).

    Parameters
    ----------
    coefficients : shape (7, *S)
    x : place in the step, from 0 to 1, of a shape that broadcasts with S
    """
    value = np.zeros(np.broadcast_shapes(coefficients.shape[1:], np.shape(x)))
    for i, coefficient in enumerate(coefficients[::-1]):
        value += coefficient
        value *= x if i % 2 == 0 else 1 - x
    return value


class Samples:
    """The solution at the times asked for: steps are kept as they come, and evaluated all at once."""

    _AT_ONCE = 4096

    def __init__(self, t: np.ndarray, start: Vector, steps: Kept) -> None:
        self.t, self.start, self.steps = t, start, steps
        self.times: list[float] = t.tolist()
        self.next = bisect_right(self.times, 0.0)
        self.counts: list[int] = [self.next]
        self.corrections: list[tuple[int, Vector]] = []

    def take(self, step: Any, t: float) -> None:
        """Keep a step that ends at ``t``, if it holds samples."""
        if self.next < len(self.times) and self.times[self.next] <= t:
            until = bisect_right(self.times, t, self.next)
            self.steps.keep(step)
            self.counts.append(until - self.next)
            self.next = until

    def correct(self, t: float, y: Vector) -> None:
        """A sample that falls on a reset, up to round-off, holds the value after it."""
        if self.next and t - self.times[self.next - 1] <= 1e-12 * max(t, 1.0):
            self.corrections.append((self.next - 1, y))

    def end(self, y: Vector) -> None:
        """Samples that no step has reached hold the last value: of a reset at the end of the run, up to round-off."""
        self.corrections += [(index, y) for index in range(self.next, len(self.t))]

    def values(self) -> np.ndarray:
        """Shape (variables * neurons, samples)."""
        result = np.full((len(self.t), len(self.start)), np.nan)
        result[: self.counts[0]] = self.start
        if len(self.counts) > 1:
            self._evaluate(result)
        for index, y in self.corrections:
            result[index] = y
        return result.T

    def _evaluate(self, result: np.ndarray) -> None:
        t0, h, y0, polynomials = self.steps.kept()
        owner = np.repeat(np.arange(len(t0)), self.counts[1:])
        first = self.counts[0]
        for low in range(0, len(owner), self._AT_ONCE):
            of = owner[low : low + self._AT_ONCE]
            at = slice(first + low, first + low + len(of))
            x = ((self.t[at] - t0[of]) / h[of])[:, None]
            result[at] = y0.take(of, axis=0) + evaluated(polynomials.take(of, axis=1), x)
