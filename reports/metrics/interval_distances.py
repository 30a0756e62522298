"""Distances between spike trains that need no time scale: the ISI-distance and the SPIKE-distance.

Both average a profile over the recording. At its ends the intervals are not known: as in PySpike 0.9 the
interval that reaches over an end is the time to that end, but no less than the interval next to it, and a
silent train has a spike at either end.
"""

from __future__ import annotations

import numpy as np

from spikebridge.reports.metrics.score import Score


def isi_distance(found_ms: np.ndarray, expected_ms: np.ndarray, duration_ms: float) -> Score:
    """Mean of ``|x - y|/max(x, y)`` over the recording, x and y being the interspike intervals around each moment.

    From 0 to below 1. It compares local rates, not times: regular trains of equal rate have distance 0 whatever
    their phase, and short trains may have it though they differ in number, which the reason then says. Kreuz
    et al. 2007, J Neurosci Methods 165:151.

    Parameters
    ----------
    found_ms, expected_ms : spike times in ms, increasing, within the recording, shapes (found,) and (expected,)
    duration_ms : length of the recording, which starts at 0
    """
    edges, middles = _pieces(found_ms, expected_ms, duration_ms)
    x, y = (np.diff(train)[_piece(train, middles)] for train in _trains(found_ms, expected_ms, duration_ms))
    profile = np.abs(x - y) / np.maximum(x, y)
    return Score(float(np.diff(edges) @ profile / duration_ms), "1", None, _numbers(found_ms, expected_ms))


def spike_distance(found_ms: np.ndarray, expected_ms: np.ndarray, duration_ms: float) -> Score:
    """Mean over the recording of how far the spikes around each moment are from those of the other train.

    S = (S_1 x_2 + S_2 x_1)/(2 <x>^2), where x_n is the interspike interval of train n around t, <x> their mean,
    and S_n = (d_P (t_F - t) + d_F (t - t_P))/x_n weighs the distances d of its previous and following spike to
    the nearest spike of the other train; before the first and behind the last spike there is one such
    distance. S is linear between spikes, so the mean is exact. Kreuz et al. 2013, J Neurophysiol 109:1457.

    Parameters
    ----------
    found_ms, expected_ms : spike times in ms, increasing, within the recording, shapes (found,) and (expected,)
    duration_ms : length of the recording, which starts at 0
    """
    edges, middles = _pieces(found_ms, expected_ms, duration_ms)
    one, two = _trains(found_ms, expected_ms, duration_ms)
    x, y = np.diff(one)[_piece(one, middles)], np.diff(two)[_piece(two, middles)]
    far_one = _far(one, _distances(one, two, len(found_ms)), edges, middles)
    far_two = _far(two, _distances(two, one, len(expected_ms)), edges, middles)
    profile = (far_one * y + far_two * x) / (0.5 * (x + y) ** 2)
    return Score(float(np.diff(edges) @ profile.mean(axis=0) / duration_ms), "1", None, _numbers(found_ms, expected_ms))


def _numbers(found_ms: np.ndarray, expected_ms: np.ndarray) -> str:
    return "" if len(found_ms) == len(expected_ms) else f"{len(found_ms)} spikes against {len(expected_ms)}"


def _pieces(found_ms: np.ndarray, expected_ms: np.ndarray, duration_ms: float) -> tuple[np.ndarray, np.ndarray]:
    """The moments between which neither train has a spike, and their midpoints."""
    edges = np.unique(np.concatenate([[0.0, duration_ms], found_ms, expected_ms]))
    return edges, 0.5 * (edges[:-1] + edges[1:])


def _trains(found_ms: np.ndarray, expected_ms: np.ndarray, duration_ms: float) -> tuple[np.ndarray, np.ndarray]:
    return _with_ends(np.asarray(found_ms, float), duration_ms), _with_ends(np.asarray(expected_ms, float), duration_ms)


def _with_ends(train: np.ndarray, duration_ms: float) -> np.ndarray:
    """The train with a spike at or beyond either end of the recording, shape (spikes + 2,)."""
    if not len(train):
        return np.array([0.0, duration_ms])
    first, last = (train[1] - train[0], train[-1] - train[-2]) if len(train) > 1 else (0.0, 0.0)
    return np.concatenate([[min(0.0, train[0] - first)], train, [max(duration_ms, train[-1] + last)]])


def _piece(train: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """The interval of the train in which each moment lies."""
    return np.searchsorted(train, middles) - 1


def _distances(train: np.ndarray, other: np.ndarray, spikes: int) -> np.ndarray:
    """From each spike of a train with ends to the nearest of the other; an end is as far as the spike next to it."""
    after = np.clip(np.searchsorted(other, train), 1, len(other) - 1)
    nearest = np.minimum(np.abs(train - other[after - 1]), np.abs(other[after] - train))
    if spikes:
        nearest[0], nearest[-1] = nearest[1], nearest[-2]
    return nearest


def _far(train: np.ndarray, distances: np.ndarray, edges: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """S_n of one train at the beginning and at the end of each piece, shape (2, pieces)."""
    k = _piece(train, middles)
    before, after, t = train[k], train[k + 1], np.stack([edges[:-1], edges[1:]])
    return (distances[k] * (after - t) + distances[k + 1] * (t - before)) / (after - before)
