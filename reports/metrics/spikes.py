"""How well two spike trains agree."""

from __future__ import annotations

import numpy as np

from spikebridge.reports.metrics.score import Score

# Kistler, Gerstner & van Hemmen 1997, Neural Comput 9:1015, use +-2 ms
PRECISION_MS = 2.0


def spike_count_difference(found_ms: np.ndarray, expected_ms: np.ndarray) -> Score:
    """Spikes found minus spikes expected.

    Parameters
    ----------
    found_ms, expected_ms : spike times, rising, shapes (spikes found,) and (spikes expected,)
    """
    return Score(float(len(found_ms) - len(expected_ms)), "spikes", 0.0, "the same neuron fires as often")


def spike_shifts(found_ms: np.ndarray, expected_ms: np.ndarray) -> np.ndarray | None:
    """Lag of each spike in ms, positive when late; None where the trains differ in number.

    Parameters
    ----------
    found_ms, expected_ms : spike times, rising, shapes (spikes found,) and (spikes expected,)

    Returns
    -------
    shape (spikes,), in ms
    """
    if len(found_ms) != len(expected_ms):
        return None
    return np.asarray(found_ms) - np.asarray(expected_ms)


def max_spike_shift(found_ms: np.ndarray, expected_ms: np.ndarray, limit_ms: float) -> Score:
    """The largest lag or lead; without meaning where a spike is missing or extra.

    Parameters
    ----------
    found_ms, expected_ms : spike times, rising, shapes (spikes found,) and (spikes expected,)
    limit_ms : the resolution of the recording, one step
    """
    shifts = spike_shifts(found_ms, expected_ms)
    if shifts is None:
        return Score(None, "ms", limit_ms, f"{len(found_ms)} spikes against {len(expected_ms)}: there is no one-to-one match")
    return Score(float(np.max(np.abs(shifts), initial=0.0)), "ms", limit_ms, "a spike is known to one step")


def coincidence_factor(
    found_ms: np.ndarray, expected_ms: np.ndarray, duration_ms: float, precision_ms: float = PRECISION_MS
) -> Score:
    """Coincident spikes beyond chance: 1 for equal trains, 0 for chance.

    Kistler, Gerstner & van Hemmen 1997, Neural Comput 9:1015, eq. 2.8; Jolivet et al. 2008, J Neurosci
    Methods 169:417. Each spike of either train counts once.

    Gamma = (N_coinc - <N_coinc>)/((N_found + N_expected)/2)/(1 - 2 nu Delta). By chance <N_coinc> = 2 nu Delta N
    spikes coincide, where nu is the rate of one train and N the number of the other, whichever is which. In the
    norm nu is the rate expected; with that of the train found, the factor differs where the numbers differ.

    Parameters
    ----------
    found_ms, expected_ms : spike times, rising, shapes (spikes found,) and (spikes expected,)
    precision_ms : how far apart spikes may be that coincide
    """
    a, b = np.asarray(found_ms), np.asarray(expected_ms)
    if len(a) == 0 and len(b) == 0:
        return Score(1.0, "1", 1.0, "neither train has a spike")
    rate = len(b) / duration_ms
    by_chance = 2 * rate * precision_ms * len(a)
    norm = 1 - 2 * rate * precision_ms
    if norm <= 0:
        return Score(None, "1", 1.0, f"the rate is too high for a precision of {precision_ms:g} ms")
    coincident = _coincidences(a, b, precision_ms)
    return Score(float((coincident - by_chance) / (0.5 * (len(a) + len(b))) / norm), "1", 1.0, f"within {precision_ms:g} ms")


def _coincidences(a: np.ndarray, b: np.ndarray, precision_ms: float) -> int:
    """Pairs, each spike in one at most; both trains increase, so taking the earliest partner makes as many as can be."""
    i = j = found = 0
    while i < len(a) and j < len(b):
        if abs(a[i] - b[j]) <= precision_ms:
            found, i, j = found + 1, i + 1, j + 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return found
