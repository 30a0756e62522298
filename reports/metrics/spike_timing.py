"""How the shifts of matched spikes divide into lag, drift and jitter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikebridge.reports.metrics.matching import SpikeMatch
from spikebridge.reports.metrics.score import Score


@dataclass(frozen=True)
class SpikeTiming:
    """The straight line through shift against time, and what it leaves.

    Attributes
    ----------
    lag : of the line at the first matched spike, in ms, positive when late
    drift : slope of the line, ms of shift per ms of expected time: the relative error of clock or rate
    jitter : standard deviation of the shifts about the line, in ms
    """

    lag: Score
    drift: Score
    jitter: Score


def spike_timing(match: SpikeMatch) -> SpikeTiming:
    """Constant lag, drift and jitter by least squares: shift = lag + drift (t - t_first) + residual.

    Time is the expected one. The variance about the line has ``matched - 2`` degrees of freedom (Draper &
    Smith 1998, Applied Regression Analysis, ch. 1). One spike has a lag only, two have no jitter: a line
    goes through any two. Spikes without partner take no part; the reasons number them.
    """
    t, shifts = match.expected_ms, match.shifts_ms
    if not len(t):
        return SpikeTiming(*(Score(None, unit, None, f"{match}: nothing to measure") for unit in ("ms", "ms/ms", "ms")))
    centred = t - t.mean()
    spread = float(centred @ centred)
    if spread == 0.0:
        lag = Score(float(shifts.mean()), "ms", None, str(match))
        return SpikeTiming(lag, *(Score(None, unit, None, f"{match}: one instant has no slope") for unit in ("ms/ms", "ms")))
    drift = float(centred @ (shifts - shifts.mean())) / spread
    line = shifts.mean() + drift * centred
    return SpikeTiming(
        Score(float(line[0]), "ms", None, str(match)),
        Score(drift, "ms/ms", None, str(match)),
        _jitter(shifts - line, match),
    )


def _jitter(residuals: np.ndarray, match: SpikeMatch) -> Score:
    freedom = len(residuals) - 2
    if freedom < 1:
        return Score(None, "ms", None, f"{match}: a line goes through any two")
    return Score(float(np.sqrt(residuals @ residuals / freedom)), "ms", None, str(match))
