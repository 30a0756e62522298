"""The one definition of a spike: the interpolated upward crossing of a level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def crossings_between_steps(t_ms: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """The same for a signal known at the ends of an integrator's own steps, which are of any size.

    Parameters
    ----------
    t_ms : shape (steps + 1,), not decreasing; of two entries at one time the later one counts
    excess : signal minus level, shape (steps + 1,)
    """
    last = np.append(np.diff(t_ms) > 0, True)
    t, f = t_ms[last], excess[last]
    return np.array([_on_cubic(t, f, int(k)) for k in np.flatnonzero(crossed(f[:-1], f[1:]))])


def _on_cubic(t: np.ndarray, f: np.ndarray, k: int) -> float:
    """Where between t[k] and t[k + 1] the cubic through the four points around vanishes, or that through fewer next to an end."""
    h, around = t[k + 1] - t[k], slice(max(k - 1, 0), k + 3)
    s = (t[around] - t[k]) / h
    through = np.linalg.solve(np.vander(s), f[around])
    return float(t[k] + h * _bisected(lambda x: float(np.polyval(through, x))))


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

    return _bisected(cubic)


def _bisected(rising: Callable[[float], float]) -> float:
    """Where in [0, 1] a function that is not positive at 0 becomes so."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if rising(middle) > 0:
            high = middle
        else:
            low = middle
    return high
