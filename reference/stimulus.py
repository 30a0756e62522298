"""Stimuli: a current as a function of time that knows its edges.

A stimulus is a sum of rectangles and, later, of smooth parts. Amplitudes carry the unit of the
model they drive; this floor only needs numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Amplitude = Any  # a float, or an array of shape (neurons,)


class StimulusError(ValueError):
    """A stimulus that cannot be: a pulse that ends before it starts, a width that is not positive."""


@dataclass(frozen=True)
class Rectangle:
    """Constant amplitude for ``start_ms <= t < stop_ms``."""

    amplitude: Amplitude
    start_ms: float
    stop_ms: float


class Stimulus:
    """Anything that is a finite sum of rectangles. Right-continuous: on at its start, off at its stop."""

    @property
    def rectangles(self) -> tuple[Rectangle, ...]:
        """The rectangles whose sum this stimulus is."""
        raise NotImplementedError

    @property
    def edges_ms(self) -> tuple[float, ...]:
        """Every time at which the stimulus jumps, sorted, each once; solvers must stop there."""
        edges = {edge for r in self.rectangles for edge in (r.start_ms, r.stop_ms)}
        return tuple(sorted(edge for edge in edges if np.isfinite(edge)))

    def at(self, t_ms: Any, tolerance_ms: float = 0.0) -> np.ndarray:
        """Value at each time; a time less than ``tolerance_ms`` before an edge counts as past it.

        Parameters
        ----------
        t_ms : times, any shape T
        tolerance_ms : the round-off a computed grid time may carry

        Returns
        -------
        float64 array of shape T, or (T, neurons) where an amplitude is an array
        """
        t = np.asarray(t_ms, dtype=float) + tolerance_ms
        shape = np.broadcast_shapes((), *(np.shape(r.amplitude) for r in self.rectangles))
        total = np.zeros(t.shape + shape)
        for r in self.rectangles:
            on = (t >= r.start_ms) & (t < r.stop_ms)
            total += np.multiply.outer(on, np.asarray(r.amplitude, dtype=float))
        return total

    def __add__(self, other: Stimulus) -> Stimulus:
        return Sum((self, other))


@dataclass(frozen=True)
class Step(Stimulus):
    """One rectangle."""

    amplitude: Amplitude
    start_ms: float = 0.0
    stop_ms: float = float("inf")

    def __post_init__(self) -> None:
        if not self.stop_ms > self.start_ms:
            raise StimulusError(f"a step from {self.start_ms:g} ms must stop later than it starts, not at {self.stop_ms:g} ms")

    @property
    def rectangles(self) -> tuple[Rectangle, ...]:
        return (Rectangle(self.amplitude, self.start_ms, self.stop_ms),)


@dataclass(frozen=True)
class Pulses(Stimulus):
    """``count`` equal pulses, the onsets ``period_ms`` apart."""

    amplitude: Amplitude
    start_ms: float
    width_ms: float
    period_ms: float
    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise StimulusError(f"a pulse train needs at least one pulse, not {self.count}")
        if not 0 < self.width_ms <= self.period_ms:
            raise StimulusError(f"pulses {self.width_ms:g} ms wide do not fit a period of {self.period_ms:g} ms")

    @property
    def rectangles(self) -> tuple[Rectangle, ...]:
        onsets = (self.start_ms + k * self.period_ms for k in range(self.count))
        return tuple(Rectangle(self.amplitude, onset, onset + self.width_ms) for onset in onsets)


@dataclass(frozen=True)
class Sum(Stimulus):
    """Several stimuli at once; the empty sum is silence."""

    parts: Sequence[Stimulus] = ()

    @property
    def rectangles(self) -> tuple[Rectangle, ...]:
        return tuple(r for part in self.parts for r in part.rectangles)


SILENCE = Sum(())
