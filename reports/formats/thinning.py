"""Fewer samples for display that hide no spike and no peak."""

from __future__ import annotations

import heapq
from itertools import pairwise

import numpy as np

# of a curve's range: an eighth of a pixel on a plot 250 pixels high
TOLERANCE = 1 / 2000
MOST = 2000


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
    lowest, highest = _extremes(y, width)
    starts = np.arange(0, samples, width)
    keep = np.unique(np.concatenate([starts, lowest, highest, starts + width - 1]).clip(max=samples - 1))
    return t[keep], y[keep]


def outline(y: np.ndarray, most: int = MOST, tolerance: float = TOLERANCE) -> np.ndarray:
    """Which samples to keep so that straight lines between them pass every other one closely; ascending.

    Where ``most`` samples are too few even for ten times the tolerance, as for noise, nothing between them can be
    followed: then it is the lowest and the highest of each of ``most / 2`` bins.

    Parameters
    ----------
    y : shape (samples,), evenly spaced; what is not finite stays a gap as long as it is
    tolerance : how far a line may pass a sample, of the curve's range
    """
    finite = np.isfinite(y)
    if not finite.any():
        return np.unique([0, len(y) - 1])
    filled = y if finite.all() else np.interp(np.arange(len(y)), np.flatnonzero(finite), y[finite])
    edges = np.flatnonzero(finite[1:] != finite[:-1])
    ends = np.unique(np.concatenate([[0, len(y) - 1, filled.argmin(), filled.argmax()], edges, edges + 1]))
    allowed = tolerance * float(np.ptp(filled))
    kept, missed = _split(filled, ends, most, allowed)
    if missed <= 10 * allowed:
        return kept
    width = max(1, -(-2 * len(y) // most))
    return np.unique(np.concatenate([ends, *_extremes(filled, width)]).clip(max=len(y) - 1))


def _split(y: np.ndarray, ends: np.ndarray, most: int, allowed: float) -> tuple[np.ndarray, float]:
    """Splits where a line misses most, until none misses more than is allowed or there are enough; what it then misses."""
    kept = [int(k) for k in ends]
    open_ends = [_furthest(y, a, b) for a, b in pairwise(kept)]
    heapq.heapify(open_ends)
    while open_ends and -open_ends[0][0] > allowed and len(kept) < most:
        _, a, k, b = heapq.heappop(open_ends)
        kept.append(k)
        heapq.heappush(open_ends, _furthest(y, a, k))
        heapq.heappush(open_ends, _furthest(y, k, b))
    return np.sort(kept), -open_ends[0][0] if open_ends else 0.0


def _furthest(y: np.ndarray, a: int, b: int) -> tuple[float, int, int, int]:
    """Minus the largest distance from the line between two samples, first end, where that is, last end."""
    if b - a < 2:
        return 0.0, a, a, b
    slope = (y[b] - y[a]) / (b - a)
    away = np.abs(y[a + 1 : b] - y[a] - slope * np.arange(1, b - a))
    k = int(away.argmax())
    return -float(away[k]), a, a + 1 + k, b


def _extremes(y: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each bin of so many samples is lowest and highest."""
    # the last bin is filled up with the last sample
    rows = np.concatenate([y, np.full(-len(y) % width, y[-1])]).reshape(-1, width)
    starts = np.arange(0, len(y), width)
    lowest = np.where(np.isfinite(rows), rows, np.inf).argmin(axis=1)
    highest = np.where(np.isfinite(rows), rows, -np.inf).argmax(axis=1)
    return starts + lowest, starts + highest
