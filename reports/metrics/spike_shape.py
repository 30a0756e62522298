"""Peak, width and after-hyperpolarisation of each spike, and how far two recordings differ in them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spikebridge.reference.spikes import upward_crossings
from spikebridge.reports.metrics.score import Score


@dataclass(frozen=True, eq=False)
class SpikeShapes:
    """One number a spike, shape (spikes,); NaN where the recording does not show it.

    Attributes
    ----------
    peak : largest value, in the waveform's unit
    half_width_ms : time spent above half the height, which counts from the base
    ahp_depth : how far the lowest value up to the next spike is below the base, in the waveform's unit
    """

    peak: np.ndarray
    half_width_ms: np.ndarray
    ahp_depth: np.ndarray


def spike_shapes(t_ms: np.ndarray, v: np.ndarray, spike_times_ms: np.ndarray, base: float | None = None) -> SpikeShapes:
    """The shape of each spike of a waveform that runs through it; a reset has no shape.

    Extrema are those of the parabola through the highest or lowest sample and its neighbours, crossings of
    the half height those of the cubic that places spikes. Heights and depths count from the base, as the
    eFEL's AP_amplitude_from_voltagebase and AHP_depth do (its depth has the other sign).

    Parameters
    ----------
    t_ms : sample times, shape (samples,), evenly spaced
    v : the waveform, shape (samples,)
    spike_times_ms : upward crossings within the recording, increasing, shape (spikes,)
    base : what heights and depths count from, such as the resting potential; the first sample by default
    """
    if not len(spike_times_ms):
        return SpikeShapes(np.array([]), np.array([]), np.array([]))
    base = float(v[0]) if base is None else base
    starts = np.minimum(np.searchsorted(t_ms, spike_times_ms, side="right"), len(v) - 1)
    tops = [a + int(np.argmax(v[a:b])) if b > a else int(a) for a, b in pairwise([*starts, len(v)])]
    bounds = [0, *tops, len(v) - 1]
    peaks = np.array([_extremum(v, top) for top in tops])
    widths = np.array([_width(t_ms, v - 0.5 * (base + peak), *bounds[k : k + 3]) for k, peak in enumerate(peaks)])
    lows = np.array([_extremum(-v, a + int(np.argmin(v[a : b + 1]))) for a, b in pairwise(bounds[1:])])
    return SpikeShapes(peaks, widths, base + lows)


def spike_shape_differences(found: SpikeShapes, expected: SpikeShapes, unit: str) -> dict[str, Score]:
    """The largest difference over the spikes, the first compared with the first.

    Without meaning where the spikes differ in number, or where one of them shows a measure in one recording
    only; the last spike is left out of a measure that the end of a recording cuts off.

    Parameters
    ----------
    found, expected : of the two recordings
    unit : of the waveforms

    Returns
    -------
    Scores named spike_peak, spike_half_width and ahp_depth
    """
    measures = {
        "spike_peak": (found.peak, expected.peak, unit),
        "spike_half_width": (found.half_width_ms, expected.half_width_ms, "ms"),
        "ahp_depth": (found.ahp_depth, expected.ahp_depth, unit),
    }
    return {name: _largest(a, b, u) for name, (a, b, u) in measures.items()}


def _largest(a: np.ndarray, b: np.ndarray, unit: str) -> Score:
    if len(a) != len(b):
        return Score(None, unit, None, f"{len(a)} spikes against {len(b)}: there is no one-to-one match")
    if np.any(np.isnan(a[:-1]) != np.isnan(b[:-1])):
        return Score(None, unit, None, "a spike shows it in one recording only")
    apart = np.abs(a - b)
    if len(apart) and np.isnan(apart).all():
        return Score(None, unit, None, "no spike shows it")
    return Score(float(np.max(apart, initial=0.0, where=~np.isnan(apart))), unit, None, f"over {np.isfinite(apart).sum()} spikes")


def _extremum(v: np.ndarray, k: int) -> float:
    """The maximum near sample k by the parabola through it and its neighbours; NaN where it is none."""
    if k == 0 or k >= len(v) - 1 or v[k] < v[k - 1] or v[k] < v[k + 1]:
        return float("nan")
    rise, bend = 0.5 * (v[k + 1] - v[k - 1]), v[k + 1] - 2 * v[k] + v[k - 1]
    return float(v[k] - 0.5 * rise**2 / bend) if bend else float(v[k])


def _width(t_ms: np.ndarray, excess: np.ndarray, before: int, top: int, after: int) -> float:
    """From the last rise above zero to the first fall below it around the top; NaN where either is not there."""
    rises = upward_crossings(t_ms[before : top + 1], excess[before : top + 1])
    falls = upward_crossings(t_ms[top : after + 1], -excess[top : after + 1])
    return float(falls[0] - rises[-1]) if len(rises) and len(falls) else float("nan")
