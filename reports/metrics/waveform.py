"""How far two waveforms on the same samples are apart."""

from __future__ import annotations

import numpy as np

from spikebridge.reports.metrics.score import Score


def max_abs_difference(found: np.ndarray, expected: np.ndarray, unit: str) -> Score:
    """Largest distance over all samples.

    Parameters
    ----------
    found, expected : values at the same times, shape (samples,), in ``unit``
    """
    return Score(float(np.max(np.abs(found - expected), initial=0.0)), unit)


def rms_difference(found: np.ndarray, expected: np.ndarray, unit: str) -> Score:
    """Root of the mean squared distance.

    Parameters
    ----------
    found, expected : values at the same times, shape (samples,), in ``unit``
    """
    return Score(float(np.sqrt(np.mean((found - expected) ** 2))), unit)


def one_step_of_motion(expected: np.ndarray) -> float:
    """How far a waveform moves in one sample at most: a difference below is a shift in time below one step.

    Parameters
    ----------
    expected : shape (samples,); what is returned has its unit
    """
    return float(np.max(np.abs(np.diff(expected)), initial=0.0))
