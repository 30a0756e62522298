"""How far two waveforms are apart once their spikes coincide: what is left when timing is taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from spikebridge.reports.metrics.matching import SpikeMatch
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.metrics.waveform import max_abs_difference, rms_difference


def aligned_max_abs_difference(
    t_ms: np.ndarray, found: np.ndarray, expected: np.ndarray, match: SpikeMatch, unit: str, resets: bool = False
) -> Score:
    """Largest distance after ``align_waveform``; without meaning where a spike is missing.

    Parameters
    ----------
    t_ms, found, expected : shape (samples,); the waveforms in ``unit``
    match : the spikes of both
    resets : see ``align_waveform``
    """
    return _aligned(max_abs_difference, t_ms, found, expected, match, unit, resets)


def aligned_rms_difference(
    t_ms: np.ndarray, found: np.ndarray, expected: np.ndarray, match: SpikeMatch, unit: str, resets: bool = False
) -> Score:
    """Root of the mean squared distance after ``align_waveform``; without meaning where a spike is missing.

    Parameters
    ----------
    t_ms, found, expected : shape (samples,); the waveforms in ``unit``
    match : the spikes of both
    resets : see ``align_waveform``
    """
    return _aligned(rms_difference, t_ms, found, expected, match, unit, resets)


def align_waveform(t_ms: np.ndarray, found: np.ndarray, match: SpikeMatch, resets: bool = False) -> np.ndarray:
    """The waveform found, on a time warped so that its spikes lie where they were expected.

    At time t it is found(t + shift(t)): shift is that of each spike at the spike, linear between two and
    constant before the first and behind the last. Between samples the cubic through the four around is
    taken, as a spike is placed by it.

    Parameters
    ----------
    t_ms : sample times, shape (samples,), increasing
    found : the waveform at these times, shape (samples,)
    match : the spikes of both
    resets : the waveform jumps at a spike, whose sample holds the value after it: no cubic then crosses one

    Returns
    -------
    shape (samples,); NaN where the warped time is outside the recording
    """
    if not len(match.found_ms):
        return np.array(found, float)
    warped = t_ms + np.interp(t_ms, match.expected_ms, match.shifts_ms)
    hair = 1e-6 * float(t_ms[-1] - t_ms[0]) / max(len(t_ms) - 1, 1)
    if resets:
        # a spike on a sample may be labelled a rounding error beside it
        to, source = (np.searchsorted(t_ms, times - hair) for times in (match.expected_ms, match.found_ms))
    else:
        to = source = np.array([], int)
    aligned = np.full(len(t_ms), np.nan)
    for (a, b), (first, last) in zip(_segments(to, len(t_ms)), _segments(source, len(t_ms)), strict=True):
        if first < last:
            aligned[a:b] = _interpolated(t_ms[first:last], found[first:last], warped[a:b])
    aligned[(warped < t_ms[0] - hair) | (warped > t_ms[-1] + hair)] = np.nan
    return aligned


def _segments(cuts: np.ndarray, samples: int) -> Iterator[tuple[int, int]]:
    """Where each stretch of samples between two cuts begins and ends."""
    return pairwise([0, *cuts.tolist(), samples])


def _aligned(
    measure: Callable[[np.ndarray, np.ndarray, str], Score],
    t_ms: np.ndarray,
    found: np.ndarray,
    expected: np.ndarray,
    match: SpikeMatch,
    unit: str,
    resets: bool,
) -> Score:
    if not match.complete:
        return Score(None, unit, None, f"{match}: the spikes cannot be brought to coincide")
    aligned = align_waveform(t_ms, found, match, resets)
    there = np.isfinite(aligned)
    if not there.any():
        return Score(None, unit, None, f"{match}: brought to coincide, the recordings do not overlap")
    score = measure(aligned[there], expected[there], unit)
    return Score(score.value, unit, None, f"{match}, and brought to coincide")


def _interpolated(t_ms: np.ndarray, samples: np.ndarray, at_ms: np.ndarray) -> np.ndarray:
    """Lagrange's cubic through the four samples around, of lower degree where there are fewer."""
    width = min(4, len(t_ms))
    first = np.clip(np.searchsorted(t_ms, at_ms, side="right") - width // 2, 0, len(t_ms) - width)
    around = first + np.arange(width)[:, None]
    nodes, value = t_ms[around], np.zeros(len(at_ms))
    for i in range(width):
        others = [j for j in range(width) if j != i]
        value += samples[around[i]] * np.prod([(at_ms - nodes[j]) / (nodes[i] - nodes[j]) for j in others], axis=0)
    return value
