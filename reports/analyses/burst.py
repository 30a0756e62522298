"""Bursts of a train of spikes: groups that long intervals part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.reports.analyses.axes import axes_of
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.spike_train import Train, train_of
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_APART = 2.0  # how much longer the intervals between bursts are than those within, at least


@dataclass(frozen=True)
class Bursts(Result):
    """Groups of spikes parted by long intervals.

    The first and the last burst of a window may be cut off: ``whole`` leaves them out.

    Attributes
    ----------
    start_ms, stop_ms : of the first and the last spike of each, shape (bursts,)
    spikes : how many it has, shape (bursts,)
    spike_times_ms : the train, shape (spikes,)
    """

    start_ms: np.ndarray
    stop_ms: np.ndarray
    spikes: np.ndarray
    spike_times_ms: np.ndarray

    def __len__(self) -> int:
        return len(self.spikes)

    @property
    def whole(self) -> Bursts:
        """Without the first and the last."""
        return Bursts(self.start_ms[1:-1], self.stop_ms[1:-1], self.spikes[1:-1], self.spike_times_ms)

    @property
    def periods_ms(self) -> np.ndarray:
        """From the first spike of each burst to that of the next, shape (bursts - 1,)."""
        return np.diff(self.start_ms)

    @property
    def period_ms(self) -> float:
        """The last period; nan where there is none."""
        return float(self.periods_ms[-1]) if len(self) > 1 else float("nan")

    def to_frame(self) -> pd.DataFrame:
        """One row a burst: ``start_ms``, ``stop_ms``, ``spikes``."""
        return frame({"start_ms": self.start_ms, "stop_ms": self.stop_ms, "spikes": self.spikes})

    def plot(self, axes: Axes | None = None) -> Figure:
        """Spikes as ticks in time, a bar under each burst with its number of spikes."""
        axes, style = axes_of(axes, "time (ms)", "")
        axes.vlines(self.spike_times_ms, 0.2, 1.0, linewidth=0.9, color=style(0)["color"])
        axes.hlines(np.zeros(len(self)), self.start_ms, self.stop_ms, linewidth=3.0, color=style(1)["color"])
        for start, number in zip(self.start_ms, self.spikes, strict=True):
            axes.annotate(f"{number}", (start, 0.05), fontsize="small")
        axes.set(yticks=[], ylim=(-0.1, 1.1))
        return axes.figure  # type: ignore[return-value]


def bursts(spike_times_ms: Train, gap_ms: float | None = None, transient_ms: float = 0.0) -> Bursts:
    """Spikes grouped into bursts.

    Parameters
    ----------
    spike_times_ms : of one neuron, rising, shape (spikes,); or what else ``instantaneous_rate`` takes
    gap_ms : intervals longer than this part bursts; by default what parts the intervals best into short and long ones
    transient_ms : spikes before it are left out

    Examples
    --------
    >>> sb.analyses.bursts([0, 5, 10, 100, 105, 200]).spikes.tolist()
    [3, 2, 1]
    """
    times = train_of(spike_times_ms, transient_ms)
    if not len(times):
        return Bursts(times, times, np.array([], dtype=int), times)
    gap_ms = _gap(np.diff(times)) if gap_ms is None else gap_ms
    parted = np.flatnonzero(np.diff(times) > gap_ms)
    first = np.concatenate([[0], parted + 1])
    last = np.concatenate([parted, [len(times) - 1]])
    return Bursts(times[first], times[last], last - first + 1, times)


def _gap(intervals: np.ndarray) -> float:
    """In the middle, by ratio, of the widest gap between intervals in order; beyond all where none is twice the one before."""
    ordered = np.sort(intervals[intervals > 0])
    ratios = ordered[1:] / ordered[:-1]
    if not len(ratios) or np.max(ratios) < _APART:
        return float("inf")
    k = int(np.argmax(ratios))
    return float(np.sqrt(ordered[k] * ordered[k + 1]))


def plot_bursts(
    spike_times_ms: Train, gap_ms: float | None = None, transient_ms: float = 0.0, axes: Axes | None = None
) -> Figure:
    """Spikes as ticks in time, a bar under each burst with its number of spikes; of what ``bursts`` takes."""
    return bursts(spike_times_ms, gap_ms, transient_ms).plot(axes)
