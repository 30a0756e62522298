"""Fewer samples for display that hide no spike and no peak."""

from __future__ import annotations

import numpy as np


def thin(t: np.ndarray, y: np.ndarray, bins: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """At most four samples a bin: the first, the lowest, the highest, the last.

    Parameters
    ----------
    t, y : shape (samples,)
    bins : about as many as there are pixels
    """
    samples = len(t)
    width = samples // bins
    if width <= 4:
        return t, y
    # the last bin is filled up with the last sample
    rows = np.concatenate([y, np.full(-samples % width, y[-1])]).reshape(-1, width)
    starts = np.arange(0, samples, width)
    lowest = np.where(np.isfinite(rows), rows, np.inf).argmin(axis=1)
    highest = np.where(np.isfinite(rows), rows, -np.inf).argmax(axis=1)
    keep = np.unique(np.concatenate([starts, starts + lowest, starts + highest, starts + width - 1]).clip(max=samples - 1))
    return t[keep], y[keep]
