"""Samples between samples: polynomials that never reach across a break."""

from __future__ import annotations

import numpy as np

_NODES = 6


def interpolated(t: np.ndarray, y: np.ndarray, pieces: list[tuple[int, int]], owner: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The samples y, shape (samples,), at other times, each by the polynomial through the six samples around it.

    Parameters
    ----------
    t : times of the samples, increasing
    pieces : first and last sample of every stretch without a break; fewer than six samples make a polynomial of lower degree
    owner : which piece each time belongs to, shape ``at.shape``
    at : times, any shape
    """
    first, last = np.array(pieces).T
    result = np.empty(at.shape)
    sizes = np.minimum(last - first + 1, _NODES)
    for size in np.unique(sizes):
        here = sizes[owner] == size
        x, low, high = at[here], first[owner[here]], last[owner[here]]
        start = np.clip(np.searchsorted(t, x) - size // 2, low, high - size + 1)
        result[here] = _lagrange(t, y, start, size, x)
    return result


def _lagrange(t: np.ndarray, y: np.ndarray, start: np.ndarray, size: int, x: np.ndarray) -> np.ndarray:
    nodes = start[:, None] + np.arange(size)
    times, total = t[nodes], np.zeros(len(x))
    for i in range(size):
        weight = np.ones(len(x))
        for j in range(size):
            if j != i:
                weight *= (x - times[:, j]) / (times[:, i] - times[:, j])
        total += weight * y[nodes[:, i]]
    return total
