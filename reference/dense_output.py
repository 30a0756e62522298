"""The exact solution inside its steps: a polynomial a step, evaluated at the sample times all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StepTaken:
    """One accepted step: enough to evaluate the solution anywhere inside it."""

    t: float
    h: float
    y0: np.ndarray
    y1: np.ndarray
    slopes: np.ndarray  # (ALL_STAGES, variables * neurons), filled up to stage 12
    polynomial: np.ndarray | None = None


def evaluated(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Hairer's nested form of the dense output: x (F0 + (1 - x) (F1 + x (F2 + ...))); seven coefficients first."""
    value = np.zeros(np.broadcast_shapes(coefficients.shape[1:], x.shape))
    for i, coefficient in enumerate(coefficients[::-1]):
        value += coefficient
        value *= x if i % 2 == 0 else 1 - x
    return value


class Samples:
    """The solution at the times asked for: steps are kept as they come, and evaluated all at once."""

    _AT_ONCE = 4096

    def __init__(self, t: np.ndarray, start: np.ndarray) -> None:
        self.t, self.start = t, start
        self.next = int(np.searchsorted(t, 0.0, side="right"))
        self.steps: list[tuple[float, float, np.ndarray, np.ndarray]] = []
        self.counts: list[int] = [self.next]
        self.corrections: list[tuple[int, np.ndarray]] = []

    def within(self, t: float) -> bool:
        """Whether a step that ends at ``t`` holds a sample."""
        return self.next < len(self.t) and self.t[self.next] <= t

    def take(self, step: StepTaken, polynomial: np.ndarray, t: float) -> None:
        """Keep a step that ends at ``t`` for the samples it holds."""
        until = int(np.searchsorted(self.t, t, side="right"))
        self.steps.append((step.t, step.h, step.y0, polynomial))
        self.counts.append(until - self.next)
        self.next = until

    def correct(self, t: float, y: np.ndarray) -> None:
        """A sample that falls on a reset, up to round-off, holds the value after it."""
        if self.next and t - self.t[self.next - 1] <= 1e-12 * max(t, 1.0):
            self.corrections.append((self.next - 1, y))

    def end(self, y: np.ndarray) -> None:
        """Samples that no step has reached hold the last value: of a reset at the end of the run, up to round-off."""
        self.corrections += [(index, y) for index in range(self.next, len(self.t))]

    def values(self) -> np.ndarray:
        """Shape (variables * neurons, samples)."""
        result = np.full((len(self.t), len(self.start)), np.nan)
        result[: self.counts[0]] = self.start
        if self.steps:
            self._evaluate(result)
        for index, y in self.corrections:
            result[index] = y
        return result.T

    def _evaluate(self, result: np.ndarray) -> None:
        t0, h = np.array([(t, h) for t, h, _, _ in self.steps]).T
        y0 = np.array([y for _, _, y, _ in self.steps])
        polynomials = np.array([p for _, _, _, p in self.steps])
        owner = np.repeat(np.arange(len(self.steps)), self.counts[1:])
        first = self.counts[0]
        for low in range(0, len(owner), self._AT_ONCE):
            of = owner[low : low + self._AT_ONCE]
            at = slice(first + low, first + low + len(of))
            x = ((self.t[at] - t0[of]) / h[of])[:, None]
            result[at] = y0[of] + evaluated(polynomials[of].swapaxes(0, 1), x)
