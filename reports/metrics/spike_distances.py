"""Distances between spike trains that have a time scale: Victor & Purpura's and van Rossum's. Both are metrics."""

from __future__ import annotations

import numpy as np

from spikebridge.reports.metrics.matching import best_pairs
from spikebridge.reports.metrics.score import Score


def victor_purpura_distance(found_ms: np.ndarray, expected_ms: np.ndarray, cost_per_ms: float) -> Score:
    """The least cost of editing one train into the other, D_spike[q].

    Putting in or leaving out a spike costs 1, shifting one by dt costs ``q |dt|``: at q = 0 the distance is the
    difference in number, at q = inf the number of spikes without partner at the same time. Victor &
    Purpura 1996, J Neurophysiol 76:1310; 1997, Network 8:127.

    Parameters
    ----------
    found_ms, expected_ms : spike times in ms, increasing, shapes (found,) and (expected,)
    cost_per_ms : q, per ms, not negative; spikes farther apart than 2/q are never shifted onto each other
    """
    if not cost_per_ms >= 0:
        raise ValueError(f"the cost of a shift must not be negative: {cost_per_ms}")
    found, expected = np.asarray(found_ms, float), np.asarray(expected_ms, float)
    apart = np.abs(found[:, None] - expected)
    costs = np.multiply(apart, cost_per_ms, out=np.zeros_like(apart), where=apart > 0)
    rows, columns = best_pairs(2.0 - costs)
    alone = len(found) + len(expected) - 2 * len(rows)
    return Score(alone + float(costs[rows, columns].sum()), "1", None, f"a spike costs 1, a shift {cost_per_ms:g} per ms")


def van_rossum_distance(found_ms: np.ndarray, expected_ms: np.ndarray, tau_ms: float) -> Score:
    """Distance of the trains after each spike has become an exponential, as van Rossum normalises it.

    D^2 = 1/tau times the integral of (f - g)^2, where f and g are sums of exp(-(t - t_i)/tau) from each spike
    on: a spike too many makes D^2 = 1/2, a spike at quite another time D^2 = 1. van Rossum 2001, Neural Comput
    13:751. Elephant normalises a spike too many to 1 and returns sqrt(2) D.

    In closed form, without cancellation: f - g decays from h_k behind event k to the next one Delta_k later,
    which adds h_k^2 (1 - exp(-2 Delta_k/tau))/2, and h_k^2/2 behind the last.

    Parameters
    ----------
    found_ms, expected_ms : spike times in ms, increasing, shapes (found,) and (expected,)
    tau_ms : time constant of the exponential in ms, positive
    """
    if not 0 < tau_ms < np.inf:
        raise ValueError(f"the time constant must be positive and finite: {tau_ms}")
    times = np.concatenate([found_ms, expected_ms])
    signs = np.concatenate([np.ones(len(found_ms)), -np.ones(len(expected_ms))])
    order = np.argsort(times, kind="stable")
    gaps = np.append(np.diff(times[order]), np.inf) / tau_ms
    squared, height = 0.0, 0.0
    for sign, kept, lost in zip(signs[order], np.exp(-gaps), -np.expm1(-2 * gaps), strict=False):
        height += sign
        squared += 0.5 * height**2 * lost
        height *= kept
    return Score(float(np.sqrt(squared)), "1", None, f"an exponential of {tau_ms:g} ms; a spike too many makes sqrt(1/2)")
