"""What a train of spikes tells by itself: rates, intervals, adaptation, bursts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.errors import DefinitionError, NoAnswer
from spikebridge.reference.recording import Recording
from spikebridge.reports.analyses.axes import axes_of
from spikebridge.reports.analyses.defaults import nice, usual_run
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.subject import Subject, model_of
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Train = np.ndarray | Sequence[float] | Recording | Subject


def train_of(given: Train, transient_ms: float = 0.0) -> np.ndarray:
    """The spike times that are meant, in ms, from ``transient_ms`` on, shape (spikes,).

    Raises
    ------
    NoAnswer : they are no spike train of one neuron
    DefinitionError : the subject has no spike rule
    """
    ran = _ran(given)
    times = np.asarray(given if ran is None else ran.spike_times_ms, dtype=float)
    if times.ndim != 1:
        raise NoAnswer(f"a spike train is one row of times in ms, not an array of shape {times.shape}")
    if np.any(np.diff(times) < 0):
        raise NoAnswer("the times of a spike train must not decrease")
    return times[times >= transient_ms]


def _ran(given: Train) -> Recording | None:
    """The recording given, or the run of the subject's own experiment; None of a train."""
    if isinstance(given, Recording):
        return given
    if not isinstance(given, Model | Experiment | str | Path):
        return None
    if model_of(given).spike is None:
        raise DefinitionError(f"{model_of(given).name}: there is no spike rule, so there is no spike train")
    return usual_run(given)


def steady_rate_hz(spike_times_ms: Train, transient_ms: float = 0.0) -> float:
    """1000/(last interval), in Hz; 0 where there are fewer than two spikes.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,); or what else ``instantaneous_rate`` takes
    transient_ms : spikes before it are left out

    Examples
    --------
    >>> round(sb.analyses.steady_rate_hz("leaky_integrate_and_fire"), 1)
    63.0
    """
    times = train_of(spike_times_ms, transient_ms)
    return float(1000.0 / (times[-1] - times[-2])) if len(times) > 1 else 0.0


def mean_rate_hz(spike_times_ms: Train, start_ms: float = 0.0, stop_ms: float | None = None) -> float:
    """Spikes in [start, stop) by the length of that window, n/T, in Hz.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,); or what else ``instantaneous_rate`` takes
    start_ms, stop_ms : the window; of a recording and of a subject up to its end by default

    Examples
    --------
    >>> sb.analyses.mean_rate_hz([10, 20, 40], 0, 100)
    30.0
    """
    ran = _ran(spike_times_ms)
    if stop_ms is None and ran is None:
        raise NoAnswer("a spike train does not say how long it was watched; give stop_ms")
    stop_ms = float(ran.t_ms[-1]) if stop_ms is None and ran is not None else stop_ms
    assert stop_ms is not None
    if not stop_ms > start_ms:
        raise NoAnswer(f"a rate needs a window that stops after {start_ms:g} ms, not at {stop_ms:g} ms")
    times = train_of(spike_times_ms if ran is None else ran)
    return float(1000.0 * np.count_nonzero((times >= start_ms) & (times < stop_ms)) / (stop_ms - start_ms))


@dataclass(frozen=True)
class InstantaneousRate(Result):
    """The rate at each spike but the first; arrays of shape (intervals,).

    Attributes
    ----------
    t_ms : of the spike that ends the interval
    interval_ms, rate_hz : the interval, and 1000 by it
    """

    t_ms: np.ndarray
    interval_ms: np.ndarray
    rate_hz: np.ndarray

    def to_frame(self) -> pd.DataFrame:
        """One row an interval."""
        return frame({"t_ms": self.t_ms, "interval_ms": self.interval_ms, "rate_Hz": self.rate_hz})

    def plot(self, axes: Axes | None = None) -> Figure:
        """Rate against time, a dot a spike."""
        axes, style = axes_of(axes, "time (ms)", "instantaneous rate (Hz)")
        axes.plot(self.t_ms, self.rate_hz, marker="o", markersize=3.5, linewidth=0.9, **style(0))
        return axes.figure  # type: ignore[return-value]


def instantaneous_rate(spike_times_ms: Train) -> InstantaneousRate:
    """1000/interval at the spike that ends it.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,); a Recording; or a subject, whose own experiment is run

    Examples
    --------
    >>> sb.analyses.instantaneous_rate([10, 20, 40]).rate_hz.tolist()
    [100.0, 50.0]
    """
    times = train_of(spike_times_ms)
    intervals = np.diff(times)
    return InstantaneousRate(times[1:], intervals, 1000.0 / intervals)


@dataclass(frozen=True)
class IntervalHistogram(Result):
    """Interspike intervals in bins; arrays of shape (bins,).

    Attributes
    ----------
    start_ms, stop_ms : the edges of each bin
    count, density_per_ms : how many intervals are in it, and their share by its width
    """

    start_ms: np.ndarray
    stop_ms: np.ndarray
    count: np.ndarray
    density_per_ms: np.ndarray

    def to_frame(self) -> pd.DataFrame:
        """One row a bin."""
        return frame(
            {"start_ms": self.start_ms, "stop_ms": self.stop_ms, "count": self.count, "density_per_ms": self.density_per_ms}
        )

    def plot(self, axes: Axes | None = None) -> Figure:
        """Counts as bars."""
        axes, style = axes_of(axes, "interspike interval (ms)", "count")
        axes.bar(self.start_ms, self.count, width=self.stop_ms - self.start_ms, align="edge", color=style(0)["color"])
        return axes.figure  # type: ignore[return-value]


def interval_histogram(spike_times_ms: Train, bin_ms: float | None = None, transient_ms: float = 0.0) -> IntervalHistogram:
    """Interspike intervals counted in bins.

    Bins begin at 0, and an interval on an edge belongs to the bin it begins.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,); or what else ``instantaneous_rate`` takes
    bin_ms : width of a bin; a round number at a twentieth of the longest interval by default
    transient_ms : spikes before it are left out

    Examples
    --------
    >>> sb.analyses.interval_histogram([10, 20, 40, 50], bin_ms=8).count.tolist()
    [0, 2, 1]
    """
    intervals = np.diff(train_of(spike_times_ms, transient_ms))
    if bin_ms is None:
        bin_ms = nice(0.05 * float(np.max(intervals))) if len(intervals) else 1.0
    if bin_ms <= 0:
        raise NoAnswer(f"a histogram needs bins wider than 0 ms, not {bin_ms:g} ms")
    count = np.bincount((intervals / bin_ms).astype(int))
    edges = bin_ms * np.arange(len(count) + 1)
    return IntervalHistogram(edges[:-1], edges[1:], count, count / max(len(intervals), 1) / bin_ms)


@dataclass(frozen=True)
class ReturnMap(Result):
    """Each interval and the one after it, arrays of shape (intervals - 1,)."""

    interval_ms: np.ndarray
    next_interval_ms: np.ndarray

    def to_frame(self) -> pd.DataFrame:
        """One row a pair."""
        return frame({"interval_ms": self.interval_ms, "next_interval_ms": self.next_interval_ms})

    def plot(self, axes: Axes | None = None) -> Figure:
        """Each interval against the one before, with the diagonal of equal ones."""
        axes, style = axes_of(axes, "interval n (ms)", "interval n + 1 (ms)")
        axes.plot(self.interval_ms, self.next_interval_ms, "o", markersize=3.5, color=style(0)["color"])
        if len(self.interval_ms):
            both = np.concatenate([self.interval_ms, self.next_interval_ms])
            ends = [float(both.min()), float(both.max())]
            axes.plot(ends, ends, color="0.35", linewidth=0.8)
        return axes.figure  # type: ignore[return-value]


def return_map(spike_times_ms: Train, transient_ms: float = 0.0) -> ReturnMap:
    """Each interval and the one after it.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,); or what else ``instantaneous_rate`` takes
    transient_ms : spikes before it are left out

    Examples
    --------
    >>> sb.analyses.return_map([10, 20, 40, 50]).next_interval_ms.tolist()
    [20.0, 10.0]
    """
    intervals = np.diff(train_of(spike_times_ms, transient_ms))
    return ReturnMap(intervals[:-1], intervals[1:])


@dataclass(frozen=True)
class Adaptation(Result):
    """How the rate of a train falls.

    Attributes
    ----------
    first_hz, last_hz : 1000/interval at both ends
    ratio : last by first rate; 1 without adaptation
    index : mean of (next - this)/(next + this) over neighbouring intervals (Druckmann et al. 2007, Front Neurosci 1:7)
    settling_ms : from the end of the first interval until the rate has covered 1 - 1/e of its way from first to last, on
        straight lines between spikes; nan where it does not move
    spike_times_ms : the train, shape (spikes,)
    """

    first_hz: float
    last_hz: float
    ratio: float
    index: float
    settling_ms: float
    spike_times_ms: np.ndarray

    def to_frame(self) -> pd.DataFrame:
        """One row."""
        return frame(
            {
                "first_Hz": [self.first_hz], "last_Hz": [self.last_hz], "ratio": [self.ratio], "index": [self.index],
                "settling_ms": [self.settling_ms],
            }
        )  # fmt: skip

    def plot(self, axes: Axes | None = None) -> Figure:
        """Rate against time, and the last rate as a line."""
        figure = instantaneous_rate(self.spike_times_ms).plot(axes)
        (axes or figure.axes[0]).axhline(self.last_hz, color="0.35", linewidth=0.8)
        return figure


def adaptation(spike_times_ms: Train, transient_ms: float = 0.0) -> Adaptation:
    """Spike-frequency adaptation; NoAnswer where there are fewer than three spikes.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,); or what else ``instantaneous_rate`` takes
    transient_ms : spikes before it are left out

    Examples
    --------
    >>> sb.analyses.adaptation([0, 10, 30, 70]).ratio
    0.25
    """
    times = train_of(spike_times_ms, transient_ms)
    if len(times) < 3:
        raise NoAnswer(f"adaptation needs at least three spikes, not {len(times)}")
    intervals = np.diff(times)
    rates = 1000.0 / intervals
    index = float(np.mean((intervals[1:] - intervals[:-1]) / (intervals[1:] + intervals[:-1])))
    return Adaptation(float(rates[0]), float(rates[-1]), float(rates[-1] / rates[0]), index, _settling(times[1:], rates), times)


def _settling(t_ms: np.ndarray, rates: np.ndarray) -> float:
    if rates[0] == rates[-1]:
        return float("nan")
    way = (rates - rates[0]) / (rates[-1] - rates[0])
    share = 1.0 - np.exp(-1.0)
    k = int(np.argmax(way >= share))
    part = (share - way[k - 1]) / (way[k] - way[k - 1])
    return float(t_ms[k - 1] + part * (t_ms[k] - t_ms[k - 1]) - t_ms[0])


# plots ------------------------------------------------------------------------------------------------


def plot_instantaneous_rate(spike_times_ms: Train, axes: Axes | None = None) -> Figure:
    """Rate against time, a dot a spike; of what ``instantaneous_rate`` takes."""
    return instantaneous_rate(spike_times_ms).plot(axes)


def plot_interval_histogram(
    spike_times_ms: Train, bin_ms: float | None = None, transient_ms: float = 0.0, axes: Axes | None = None
) -> Figure:
    """Counts of interspike intervals as bars; of what ``interval_histogram`` takes."""
    return interval_histogram(spike_times_ms, bin_ms, transient_ms).plot(axes)


def plot_return_map(spike_times_ms: Train, transient_ms: float = 0.0, axes: Axes | None = None) -> Figure:
    """Each interval against the one before, with the diagonal of equal ones; of what ``return_map`` takes."""
    return return_map(spike_times_ms, transient_ms).plot(axes)
