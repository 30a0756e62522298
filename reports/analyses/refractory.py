"""Refractoriness: the threshold of a second pulse after a first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.model import Model
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.response import (
    Bench,
    Pulse,
    Threshold,
    at_rest,
    bisected,
    bisected_near,
    model_of,
    require_spikes,
)
from spikebridge.reports.analyses.threshold import SEARCH_TO, at_least, on_grid, searched
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Refractoriness(Result):
    """The threshold of a second pulse by its delay from onset to onset; nan where no pulse up to the search's end fires.

    ``ratio`` is to ``single``, the threshold of the same pulse alone: above 1 the neuron is relatively refractory, below
    it supernormal.

    Attributes
    ----------
    delay_ms : shape (delays,)
    amplitude, uncertainty : the thresholds and the widths of their brackets, shape (delays,), in the unit of ``single``
    conditioning : the strength of the first pulse, in the same unit
    """

    delay_ms: np.ndarray
    amplitude: np.ndarray
    uncertainty: np.ndarray
    single: Threshold
    conditioning: float

    @property
    def ratio(self) -> np.ndarray:
        """Of the second threshold to the first, shape (delays,)."""
        return self.amplitude / self.single.value

    @property
    def ratio_uncertainty(self) -> np.ndarray:
        """The width of the bracket of each ratio, from those of both thresholds, shape (delays,)."""
        second, first = np.abs(self.uncertainty / self.amplitude), abs(self.single.uncertainty / self.single.value)
        return np.abs(self.ratio) * (second + first)

    def table(self) -> pd.DataFrame:
        """One row a delay."""
        import pandas as pd

        return pd.DataFrame(
            {"delay_ms": self.delay_ms, with_unit("amplitude", self.single.unit): self.amplitude, "ratio": self.ratio}
        )


@dataclass(frozen=True)
class PulsePair:
    """A pulse and a second one of the same width.

    Attributes
    ----------
    width_ms : of each
    conditioning : strength of the first, in the unit of the current; twice its threshold for None
    onset_ms : of the first
    window_ms : how long after the end of a pulse its spike may come
    """

    width_ms: float
    conditioning: float | None = None
    onset_ms: float = 0.0
    window_ms: float = 30.0

    def pulse(self, amplitude: float, delay_ms: float = 0.0) -> Pulse:
        """The first, or that much later the second."""
        onset_ms = self.onset_ms + delay_ms
        return Pulse(amplitude, onset_ms, onset_ms + self.width_ms)

    def end_ms(self, delay_ms: float, dt_ms: float) -> float:
        """Until when a run goes on that waits for the second one's spike: a whole number of steps."""
        return on_grid(self.onset_ms + delay_ms + self.width_ms + self.window_ms, dt_ms)


@dataclass(frozen=True)
class Search:
    """Where the threshold of a second pulse is sought.

    Attributes
    ----------
    high : a current above the threshold of the pulse alone, in the unit of the current
    most : where the search for a second threshold ends
    tolerance : of a threshold, relative
    near : by delay in ms, where to start, such as the thresholds on another engine
    """

    high: float
    most: float = 2000.0
    tolerance: float = 1e-6
    near: Mapping[float, float] = field(default_factory=dict)


def refractoriness(
    model: Model | str, delays_ms: Sequence[float], pair: PulsePair, search: Search,
    from_rest: bool = True, engine: str = "reference", scheme: str | None = None, dt_ms: float = 0.01, level: float | None = None,
) -> Refractoriness:  # fmt: skip
    """The threshold of a second pulse after a first, by bisection.

    A second spike is one more upward crossing than the first pulse gives alone. At short delays passive charging can lift
    the voltage over the level again without a spike: judge delays within the first spike by the trace.

    Parameters
    ----------
    delays_ms : from onset to onset, shape (delays,)
    from_rest, engine, scheme, dt_ms, level : as for ``f_i_curve``
    """
    model = at_rest(model) if from_rest else model_of(model)
    if level is None:
        require_spikes(model)
    with Bench(engine, scheme, dt_ms, level) as bench:
        single = _single(bench, model, pair, search)
        first = pair.pulse(2.0 * single.value if pair.conditioning is None else pair.conditioning)
        found = [_second(bench, model, pair, first, float(delay), search) for delay in delays_ms]
    return Refractoriness(
        np.array(delays_ms, dtype=float), np.array([t.value for t in found]), np.array([t.uncertainty for t in found]),
        single, first.amplitude,
    )  # fmt: skip


def _single(bench: Bench, model: Model, pair: PulsePair, search: Search) -> Threshold:
    """The threshold of the pulse alone."""
    end_ms, width = pair.end_ms(0.0, bench.dt_ms), search.tolerance * abs(search.high)
    return bisected(
        lambda a: at_least(bench, model, [pair.pulse(a)], 1, end_ms), 0.0, search.high, width, str(model.stimulus_unit)
    )


def _second(bench: Bench, model: Model, pair: PulsePair, first: Pulse, delay_ms: float, search: Search) -> Threshold:
    """The threshold of the second pulse; nan where there is none up to the end of the search."""
    end_ms, unit = pair.end_ms(delay_ms, bench.dt_ms), str(model.stimulus_unit)
    alone = len(bench.response(model, [first], end_ms).spike_times_ms)

    def answer(amplitude: float) -> bool:
        return at_least(bench, model, [first, pair.pulse(amplitude, delay_ms)], alone + 1, end_ms)

    if delay_ms in search.near:
        near = search.near[delay_ms]
        return bisected_near(answer, near, search.tolerance * abs(near), unit, down=search.high < 0)
    try:
        return searched(answer, 0.0, search.high, search.tolerance, unit, min(search.most, SEARCH_TO * abs(search.high)))
    except ValueError:
        return Threshold(float("nan"), float("nan"), unit)


def plot_refractoriness(curve: Refractoriness, axes: Axes | None = None) -> Figure:
    """Ratio of the second threshold to the first against the delay."""
    axes, style = axes_of(axes, "delay from onset to onset (ms)", "threshold, of that at rest")
    axes.plot(curve.delay_ms, curve.ratio, marker="o", markersize=3.5, linewidth=1.0, **style(0))
    axes.axhline(1.0, color="0.35", linewidth=0.8)
    return axes.figure  # type: ignore[return-value]
