"""Spikes that reach a neuron from outside: when, how heavy, and where a run with a fixed step has them.

An arrival in the first half of a step, its middle included, acts where the step begins, behind the sample there; one in the
second half, the end included, acts at the end, before the rules are looked at and the sample is taken. So it acts at the nearest
grid point, and an exact half goes down. That is what NEURON does with its events; a clock without round-off decides what is on
the grid.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from spikebridge.reference.time_grid import TimeGrid, fixed

_ON_GRID = 1e-6  # of a step: nearer to a grid point or a middle than that is on it


@dataclass(frozen=True)
class Round:
    """At most one arrival a step, of all that act at the same end of their steps.

    Attributes
    ----------
    at_end : whether they act at the end of their steps, or where those begin
    who : the steps that have one, shape (steps,)
    weights : coherent, zero in all other steps, shape (steps,)
    """

    at_end: bool
    who: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Arrivals:
    """Times above 0 ms and coherent weights, shape (arrivals,) each, in the order in which they act."""

    times_ms: np.ndarray = field(default_factory=lambda: np.array([]))
    weights: np.ndarray = field(default_factory=lambda: np.array([]))

    def __bool__(self) -> bool:
        return len(self.times_ms) > 0

    def on_clock(self, grid: TimeGrid) -> np.ndarray:
        """The times by NEURON's clock, shape (arrivals,): what is on the grid, or in the middle of a step, has that clock's
        round-off; and where two are equal the earlier in order is earlier by one rounding."""
        half = np.round(self.times_ms / (0.5 * grid.dt_ms)).astype(int)
        near = np.abs(self.times_ms - 0.5 * grid.dt_ms * half) <= _ON_GRID * grid.dt_ms
        clock = np.append(0.0, grid.half_steps_ms)[np.minimum(half, 2 * grid.steps)]
        times = np.where(near & (half > 0), clock, self.times_ms)
        for k in range(len(times) - 2, -1, -1):
            times[k] = min(times[k], np.nextafter(times[k + 1], -np.inf))
        return fixed(times)

    def on_samples(self, sample_ms: np.ndarray) -> np.ndarray:
        """The times, shape (arrivals,); one that is a sample's up to round-off is that of the sample.

        Parameters
        ----------
        sample_ms : rising, shape (samples,)
        """
        right = np.clip(np.searchsorted(sample_ms, self.times_ms), 1, max(len(sample_ms) - 1, 1))
        left = sample_ms[right - 1]
        right_ms = sample_ms[np.minimum(right, len(sample_ms) - 1)]
        nearest = np.where(self.times_ms - left < right_ms - self.times_ms, left, right_ms)
        same = np.abs(nearest - self.times_ms) <= 1e-12 * np.maximum(self.times_ms, 1.0)
        return np.where(same, nearest, self.times_ms)

    def half_steps(self, grid: TimeGrid) -> np.ndarray:
        """In which half step each arrives, counted from 0, shape (arrivals,)."""
        return np.searchsorted(grid.half_steps_ms, self.on_clock(grid), side="left")

    def by_half_step(self, grid: TimeGrid) -> dict[int, list[float]]:
        """The weights that arrive in each half step, in their order."""
        found: dict[int, list[float]] = {}
        for half, weight in zip(self.half_steps(grid).tolist(), self.weights.tolist(), strict=True):
            found.setdefault(half, []).append(weight)
        return found

    def rounds(self, grid: TimeGrid) -> list[Round]:
        """All arrivals, the first of every step before the second: first those where steps begin, then those at their ends."""
        found: dict[tuple[bool, int], Round] = {}
        for half, weights in self.by_half_step(grid).items():
            for turn, weight in enumerate(weights):
                empty = Round(bool(half % 2), np.zeros(grid.steps, dtype=bool), np.zeros(grid.steps))
                each = found.setdefault((bool(half % 2), turn), empty)
                each.who[half // 2], each.weights[half // 2] = True, weight
        return [found[key] for key in sorted(found)]


NONE = Arrivals()
