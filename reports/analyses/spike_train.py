"""What a train of spikes tells by itself: rates, intervals, adaptation, bursts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.reports.analyses.axes import axes_of
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def _sorted(spike_times_ms: np.ndarray, transient_ms: float = 0.0) -> np.ndarray:
    times = np.asarray(spike_times_ms, dtype=float)
    if times.ndim != 1:
        raise ValueError(f"a spike train is one row of times in ms, not an array of shape {times.shape}")
    if np.any(np.diff(times) < 0):
        raise ValueError("the times of a spike train must not decrease")
    return times[times >= transient_ms]


def steady_rate_hz(spike_times_ms: np.ndarray, transient_ms: float = 0.0) -> float:
    """1000/(last interval), in Hz; 0 where there are fewer than two spikes.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,)
    transient_ms : spikes before it are left out
    """
    times = _sorted(spike_times_ms, transient_ms)
    return float(1000.0 / (times[-1] - times[-2])) if len(times) > 1 else 0.0


def mean_rate_hz(spike_times_ms: np.ndarray, start_ms: float, stop_ms: float) -> float:
    """Spikes in [start, stop) by the length of that window, n/T, in Hz.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,)
    """
    if not stop_ms > start_ms:
        raise ValueError(f"a rate needs a window that stops after {start_ms:g} ms, not at {stop_ms:g} ms")
    times = _sorted(spike_times_ms)
    return float(1000.0 * np.count_nonzero((times >= start_ms) & (times < stop_ms)) / (stop_ms - start_ms))


def instantaneous_rate(spike_times_ms: np.ndarray) -> pd.DataFrame:
    """1000/interval at the spike that ends it; columns ``t_ms``, ``interval_ms``, ``rate_Hz``, one row an interval.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,)
    """
    import pandas as pd

    times = _sorted(spike_times_ms)
    intervals = np.diff(times)
    return pd.DataFrame({"t_ms": times[1:], "interval_ms": intervals, "rate_Hz": 1000.0 / intervals})


def interval_histogram(spike_times_ms: np.ndarray, bin_ms: float, transient_ms: float = 0.0) -> pd.DataFrame:
    """Interspike intervals counted in bins; columns ``start_ms``, ``stop_ms``, ``count``, ``density_per_ms``.

    Bins begin at 0, and an interval on an edge belongs to the bin it begins.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,)
    bin_ms : width of a bin
    transient_ms : spikes before it are left out
    """
    import pandas as pd

    if bin_ms <= 0:
        raise ValueError(f"a histogram needs bins wider than 0 ms, not {bin_ms:g} ms")
    intervals = np.diff(_sorted(spike_times_ms, transient_ms))
    count = np.bincount((intervals / bin_ms).astype(int))
    edges = bin_ms * np.arange(len(count) + 1)
    density = count / max(len(intervals), 1) / bin_ms
    return pd.DataFrame({"start_ms": edges[:-1], "stop_ms": edges[1:], "count": count, "density_per_ms": density})


def return_map(spike_times_ms: np.ndarray, transient_ms: float = 0.0) -> pd.DataFrame:
    """Each interval and the one after it; columns ``interval_ms``, ``next_interval_ms``.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,)
    transient_ms : spikes before it are left out
    """
    import pandas as pd

    intervals = np.diff(_sorted(spike_times_ms, transient_ms))
    return pd.DataFrame({"interval_ms": intervals[:-1], "next_interval_ms": intervals[1:]})


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
    """

    first_hz: float
    last_hz: float
    ratio: float
    index: float
    settling_ms: float


def adaptation(spike_times_ms: np.ndarray, transient_ms: float = 0.0) -> Adaptation:
    """Spike-frequency adaptation; ValueError where there are fewer than three spikes.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,)
    transient_ms : spikes before it are left out
    """
    times = _sorted(spike_times_ms, transient_ms)
    if len(times) < 3:
        raise ValueError(f"adaptation needs at least three spikes, not {len(times)}")
    intervals = np.diff(times)
    rates = 1000.0 / intervals
    index = float(np.mean((intervals[1:] - intervals[:-1]) / (intervals[1:] + intervals[:-1])))
    return Adaptation(float(rates[0]), float(rates[-1]), float(rates[-1] / rates[0]), index, _settling(times[1:], rates))


def _settling(t_ms: np.ndarray, rates: np.ndarray) -> float:
    if rates[0] == rates[-1]:
        return float("nan")
    way = (rates - rates[0]) / (rates[-1] - rates[0])
    share = 1.0 - np.exp(-1.0)
    k = int(np.argmax(way >= share))
    part = (share - way[k - 1]) / (way[k] - way[k - 1])
    return float(t_ms[k - 1] + part * (t_ms[k] - t_ms[k - 1]) - t_ms[0])


@dataclass(frozen=True)
class Bursts(Result):
    """Groups of spikes parted by long intervals.

    The first and the last burst of a window may be cut off: ``whole`` leaves them out.

    Attributes
    ----------
    start_ms, stop_ms : of the first and the last spike of each, shape (bursts,)
    spikes : how many it has, shape (bursts,)
    """

    start_ms: np.ndarray
    stop_ms: np.ndarray
    spikes: np.ndarray

    def __len__(self) -> int:
        return len(self.spikes)

    @property
    def whole(self) -> Bursts:
        """Without the first and the last."""
        return Bursts(self.start_ms[1:-1], self.stop_ms[1:-1], self.spikes[1:-1])

    @property
    def periods_ms(self) -> np.ndarray:
        """From the first spike of each burst to that of the next, shape (bursts - 1,)."""
        return np.diff(self.start_ms)

    @property
    def period_ms(self) -> float:
        """The last period; nan where there is none."""
        return float(self.periods_ms[-1]) if len(self) > 1 else float("nan")

    def table(self) -> pd.DataFrame:
        """One row a burst: ``start_ms``, ``stop_ms``, ``spikes``."""
        import pandas as pd

        return pd.DataFrame({"start_ms": self.start_ms, "stop_ms": self.stop_ms, "spikes": self.spikes})


def bursts(spike_times_ms: np.ndarray, gap_ms: float, transient_ms: float = 0.0) -> Bursts:
    """Spikes grouped into bursts.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,)
    gap_ms : intervals longer than this part bursts
    transient_ms : spikes before it are left out
    """
    times = _sorted(spike_times_ms, transient_ms)
    if not len(times):
        return Bursts(times, times, np.array([], dtype=int))
    parted = np.flatnonzero(np.diff(times) > gap_ms)
    first = np.concatenate([[0], parted + 1])
    last = np.concatenate([parted, [len(times) - 1]])
    return Bursts(times[first], times[last], last - first + 1)


# plots ------------------------------------------------------------------------------------------------


def plot_instantaneous_rate(spike_times_ms: np.ndarray, axes: Axes | None = None) -> Figure:
    """Rate against time, a dot a spike.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,)
    """
    axes, style = axes_of(axes, "time (ms)", "instantaneous rate (Hz)")
    table = instantaneous_rate(spike_times_ms)
    axes.plot(table["t_ms"], table["rate_Hz"], marker="o", markersize=3.5, linewidth=0.9, **style(0))
    return axes.figure  # type: ignore[return-value]


def plot_interval_histogram(
    spike_times_ms: np.ndarray, bin_ms: float, transient_ms: float = 0.0, axes: Axes | None = None
) -> Figure:
    """Counts of interspike intervals as bars.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,)
    bin_ms : width of a bar
    transient_ms : spikes before it are left out
    """
    axes, style = axes_of(axes, "interspike interval (ms)", "count")
    table = interval_histogram(spike_times_ms, bin_ms, transient_ms)
    axes.bar(table["start_ms"], table["count"], width=bin_ms, align="edge", color=style(0)["color"])
    return axes.figure  # type: ignore[return-value]


def plot_return_map(spike_times_ms: np.ndarray, transient_ms: float = 0.0, axes: Axes | None = None) -> Figure:
    """Each interval against the one before, with the diagonal of equal ones.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,)
    transient_ms : spikes before it are left out
    """
    axes, style = axes_of(axes, "interval n (ms)", "interval n + 1 (ms)")
    table = return_map(spike_times_ms, transient_ms)
    axes.plot(table["interval_ms"], table["next_interval_ms"], "o", markersize=3.5, color=style(0)["color"])
    if len(table):
        ends = [float(table.to_numpy().min()), float(table.to_numpy().max())]
        axes.plot(ends, ends, color="0.35", linewidth=0.8)
    return axes.figure  # type: ignore[return-value]


def plot_bursts(spike_times_ms: np.ndarray, gap_ms: float, transient_ms: float = 0.0, axes: Axes | None = None) -> Figure:
    """Spikes as ticks in time, a bar under each burst with its number of spikes.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,)
    gap_ms : intervals longer than this part bursts
    transient_ms : spikes before it are left out
    """
    axes, style = axes_of(axes, "time (ms)", "")
    found = bursts(spike_times_ms, gap_ms, transient_ms)
    axes.vlines(_sorted(spike_times_ms, transient_ms), 0.2, 1.0, linewidth=0.9, color=style(0)["color"])
    axes.hlines(np.zeros(len(found)), found.start_ms, found.stop_ms, linewidth=3.0, color=style(1)["color"])
    for start, number in zip(found.start_ms, found.spikes, strict=True):
        axes.annotate(f"{number}", (start, 0.05), fontsize="small")
    axes.set(yticks=[], ylim=(-0.1, 1.1))
    return axes.figure  # type: ignore[return-value]
