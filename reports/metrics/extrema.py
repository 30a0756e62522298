"""Peaks and troughs between samples."""

from __future__ import annotations

import numpy as np

SIDE = 3  # samples on each side of the highest that the interpolating polynomial goes through


def highest(t_ms: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Time and value of the maximum, placed by the polynomial through the highest sample and three on each side.

    Near an end, beside a number that is none, and where the polynomial has no maximum next to the sample, the sample itself.

    Parameters
    ----------
    t_ms, y : shape (samples,), evenly spaced
    """
    top = int(np.argmax(y))
    sample = float(t_ms[top]), float(y[top])
    if top < SIDE or top + SIDE >= len(y):
        return sample
    steps, around = np.arange(-SIDE, SIDE + 1, dtype=float), y[top - SIDE : top + SIDE + 1]
    if not np.all(np.isfinite(around)):
        return sample
    base = float(y[top])
    rise = np.linalg.solve(np.vander(steps), around - base)
    where = [float(root.real) for root in np.roots(np.polyder(rise)) if abs(root.imag) < 1e-9 and abs(root.real) <= 1.0]
    values = [float(np.polyval(rise, s)) for s in where]
    if not values or max(values) < 0:
        return sample
    best = int(np.argmax(values))
    return float(t_ms[top] + where[best] * (t_ms[top + 1] - t_ms[top])), base + values[best]


def lowest(t_ms: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Time and value of the minimum; as ``highest``.

    Parameters
    ----------
    t_ms, y : shape (samples,), evenly spaced
    """
    when, value = highest(t_ms, -y)
    return when, -value
