"""Which spike of one train is which spike of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SpikeMatch:
    """Two trains, spike by spike; all times in ms, increasing.

    Attributes
    ----------
    found_ms, expected_ms : times of the matched spikes in either train, shape (matched,)
    missing_ms : times of the spikes expected and not found, shape (missing,)
    extra_ms : times of the spikes found and not expected, shape (extra,)
    """

    found_ms: np.ndarray
    expected_ms: np.ndarray
    missing_ms: np.ndarray
    extra_ms: np.ndarray

    @property
    def shifts_ms(self) -> np.ndarray:
        """Lag of each matched spike, positive when late, shape (matched,)."""
        return self.found_ms - self.expected_ms

    @property
    def complete(self) -> bool:
        """Whether every spike of either train has its partner."""
        return not len(self.missing_ms) and not len(self.extra_ms)

    def __str__(self) -> str:
        return f"{len(self.found_ms)} spikes matched, {len(self.missing_ms)} missing, {len(self.extra_ms)} extra"


def shared_spikes(truth: np.ndarray, trains: Sequence[np.ndarray]) -> int:
    """How many of the first spikes all trains share with the truth, each within half an interval of its own.

    Parameters
    ----------
    truth : spike times in ms, shape (spikes,)
    trains : the same of several recordings
    """
    for i, when in enumerate(truth):
        neighbours = [abs(float(truth[k]) - float(when)) for k in (i - 1, i + 1) if 0 <= k < len(truth)]
        window = 0.5 * min(neighbours, default=np.inf)
        if any(len(train) <= i or abs(float(train[i]) - float(when)) > window for train in trains):
            return i
    return len(truth)


def match_spikes(found_ms: np.ndarray, expected_ms: np.ndarray) -> SpikeMatch:
    """Match each spike with the one it most likely is, by time.

    A spike reaches half the shorter of the intervals beside it in its own train. Two spikes can be one
    where their reaches overlap, so the window is the mean of two interspike intervals; the matching is the
    monotone one with the least sum of all shifts and of the reaches of the spikes left without a partner.
    This is the cheapest edit of Victor & Purpura 1996, J Neurophysiol 76:1310, with the price of leaving a
    spike out set by the train instead of by hand. A spike alone in its train has no interval and finds a
    partner at any distance.

    A train whose lag grows past half an interval is matched to the nearer neighbours, with a missing and an
    extra spike where it slips; ``match_in_order`` keeps count instead.

    Parameters
    ----------
    found_ms, expected_ms : spike times in ms, increasing, shapes (found,) and (expected,)
    """
    found, expected = np.asarray(found_ms, float), np.asarray(expected_ms, float)
    both = np.concatenate([found, expected])
    # trains of one instant have no extent: any positive one does
    extent = float(np.ptp(both)) or 1.0 if len(both) else 1.0
    window = 0.5 * (_shorter_interval(found, extent)[:, None] + _shorter_interval(expected, extent))
    return _matched(found, expected, *best_pairs(window - np.abs(found[:, None] - expected)))


def match_in_order(found_ms: np.ndarray, expected_ms: np.ndarray) -> SpikeMatch:
    """Match by number, first with first; what one train has more at its end is missing or extra.

    For a neuron that fires steadily but at a slightly different rate, however large the lag becomes.

    Parameters
    ----------
    found_ms, expected_ms : spike times in ms, increasing, shapes (found,) and (expected,)
    """
    found, expected = np.asarray(found_ms, float), np.asarray(expected_ms, float)
    number = np.arange(min(len(found), len(expected)))
    return _matched(found, expected, number, number)


def best_pairs(worth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The monotone pairing of the greatest sum of worth.

    By the recursion of Sellers 1974, SIAM J Appl Math 26:787, which Victor & Purpura use.

    Parameters
    ----------
    worth : of pairing row i with column j, shape (rows, columns); a pair worth nothing is never made

    Returns
    -------
    Rows and columns of the pairs, both increasing, shape (pairs,)
    """
    rows, columns = worth.shape
    best = np.zeros((rows + 1, columns + 1))
    for i in range(rows):
        best[i + 1, 1:] = np.maximum.accumulate(np.maximum(best[i, 1:], best[i, :-1] + worth[i]))
    pairs, i, j = [], rows, columns
    while i and j:
        if worth[i - 1, j - 1] > 0 and best[i, j] == best[i - 1, j - 1] + worth[i - 1, j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif best[i, j] == best[i - 1, j]:
            i -= 1
        else:
            j -= 1
    paired = np.array(pairs[::-1], int).reshape(-1, 2)
    return paired[:, 0], paired[:, 1]


def _matched(found: np.ndarray, expected: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> SpikeMatch:
    return SpikeMatch(found[rows], expected[columns], np.delete(expected, columns), np.delete(found, rows))


def _shorter_interval(train: np.ndarray, extent_ms: float) -> np.ndarray:
    """Of the two intervals beside each spike; equal times count as one spike, one alone has all there is."""
    times, where = np.unique(train, return_inverse=True)
    if len(times) < 2:
        return np.full(len(train), 2 * extent_ms)
    intervals = np.diff(times)
    return np.minimum(np.append(intervals, np.inf), np.insert(intervals, 0, np.inf))[where]
