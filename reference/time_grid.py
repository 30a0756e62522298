"""The times of a run with a fixed step, made once: the samples, and where in its step each step looks at the stimulus."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spikebridge.reference.stimulus import Stimulus


def step_count(duration_ms: float, dt_ms: float) -> int:
    """Number of steps; ValueError where the duration is not a whole number of them."""
    steps = round(duration_ms / dt_ms)
    if steps < 1 or abs(steps * dt_ms - duration_ms) > 1e-6 * dt_ms * max(1.0, steps * 1e-6):
        raise ValueError(f"{duration_ms:g} ms is not a whole number of steps of {dt_ms:g} ms")
    return steps


@dataclass(frozen=True)
class TimeGrid:
    """So many steps of ``dt_ms`` from t = 0. Its arrays cannot be written to: whoever asks gets the same ones."""

    steps: int
    dt_ms: float

    @classmethod
    def over(cls, duration_ms: float, dt_ms: float) -> TimeGrid:
        """The grid of a run that long; ValueError where that is not a whole number of steps."""
        return cls(step_count(duration_ms, dt_ms), dt_ms)

    @cached_property
    def t_ms(self) -> np.ndarray:
        """The samples, both ends among them, shape (steps + 1,)."""
        return fixed(np.arange(self.steps + 1) * self.dt_ms)

    @cached_property
    def half_steps_ms(self) -> np.ndarray:
        """Middle and end of every step by NEURON's clock, which adds half steps and keeps their round-off, shape (2 steps,)."""
        return fixed(np.add.accumulate(np.full(2 * self.steps, 0.5 * self.dt_ms)))

    @property
    def middles_ms(self) -> np.ndarray:
        """The middle of every step by NEURON's clock, shape (steps,)."""
        return self.half_steps_ms[::2]

    def seen(self, stimulus: Stimulus) -> np.ndarray:
        """The one value of a stimulus that each step sees, in its middle, (steps,) or (steps, *A) for amplitudes of shape A.

        An edge on the grid is exact; one between is moved to the nearer end of its step.
        """
        return stimulus.at(self.middles_ms)


def fixed(values: np.ndarray) -> np.ndarray:
    """The array itself, of any shape, from now on read-only."""
    values.flags.writeable = False
    return values
