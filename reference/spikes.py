"""The one definition of a spike: the interpolated upward crossing of a level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def crossed(before: Any, after: Any) -> Any:
    """Whether a level has gone from at or below zero to above."""
    return (before <= 0) & (after > 0)


def nested(trains: Sequence[np.ndarray], shape: tuple[int, ...]) -> Any:
    """Spike trains as tuples within tuples; the one train for shape ().

    Parameters
    ----------
    trains : spike times in ms, one array of shape (spikes,) an element
    shape : () for one neuron, else (neurons,) or (copies, neurons)
    """
    if not shape:
        return trains[0]
    size = len(trains) // shape[0]
    return tuple(nested(trains[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0]))


def upward_crossings(t_ms: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """Times at which a sampled signal rises through zero.

    A crossing lies between sample k and k + 1 where ``excess[k] <= 0 < excess[k + 1]``. It is placed
    by the cubic through the four samples around it, whose error is of fourth order in the sampling
    step, so that measuring a spike does not limit a fourth-order scheme; next to an end or a gap in
    the sampling, by the straight line.

    Parameters
    ----------
    t_ms : sample times, shape (samples,), increasing
    excess : signal minus level, shape (samples,)

    Returns
    -------
    float64 array of crossing times in ms, increasing
    """
    starts = np.flatnonzero(crossed(excess[:-1], excess[1:]))
    return np.array([_crossing(t_ms, excess, int(k)) for k in starts])


def _crossing(t_ms: np.ndarray, excess: np.ndarray, k: int) -> float:
    t0, t1 = float(t_ms[k]), float(t_ms[k + 1])
    line = t0 + (t1 - t0) * float(excess[k] / (excess[k] - excess[k + 1]))
    if k == 0 or k + 2 >= len(t_ms):
        return line
    s = (t_ms[k - 1 : k + 3] - t0) / (t1 - t0)
    if not np.allclose(s, [-1.0, 0.0, 1.0, 2.0], atol=1e-6):
        return line
    return t0 + (t1 - t0) * _cubic_root(excess[k - 1 : k + 3])


def _cubic_root(f: np.ndarray) -> float:
    """Where in [0, 1] the cubic through f at -1, 0, 1, 2 vanishes; f[1] <= 0 < f[2]. By bisection."""
    a, b, c, d = (float(x) for x in f)

    def cubic(s: float) -> float:
        # Lagrange's form on the nodes -1, 0, 1, 2
        return (
            -a * s * (s - 1) * (s - 2) / 6
            + b * (s + 1) * (s - 1) * (s - 2) / 2
            - c * (s + 1) * s * (s - 2) / 2
            + d * (s + 1) * s * (s - 1) / 6
        )

    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if cubic(middle) > 0:
            high = middle
        else:
            low = middle
    return high
