"""Refractoriness: the threshold of a second pulse after a first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.model import Model
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.defaults import nice, pace_ms, some_current
from spikebridge.reports.analyses.response import (
    Bench,
    Pulse,
    Threshold,
    at_rest,
    bisected,
    bisected_near,
    require_spikes,
)
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.subject import Subject, model_of, step_ms
from spikebridge.reports.analyses.threshold import SEARCH_TO, at_least, on_grid, searched
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 50.0  # times the threshold of the pulse alone: where a search for the second's ends


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

    def to_frame(self) -> pd.DataFrame:
        """One row a delay."""
        return frame({"delay_ms": self.delay_ms, with_unit("amplitude", self.single.unit): self.amplitude, "ratio": self.ratio})

    def plot(self, axes: Axes | None = None) -> Figure:
        """The ratio against the delay."""
        return plot_refractoriness(self, axes)


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
    high : a current above the threshold of the pulse alone, in the unit of the current; looked for, for None
    most : where the search for a second threshold ends
    tolerance : of a threshold, relative
    near : by delay in ms, where to start, such as the thresholds on another engine
    """

    high: float | None
    most: float = 2000.0
    tolerance: float = 1e-6
    near: Mapping[float, float] = field(default_factory=dict)


def refractoriness(
    subject: Subject, delays_ms: Sequence[float] | None = None, pair: PulsePair | None = None, search: Search | None = None,
    from_rest: bool = True, engine: str = "reference", scheme: str | None = None, dt_ms: float | None = None,
    level: float | None = None,
) -> Refractoriness:  # fmt: skip
    """The threshold of a second pulse after a first, by bisection.

    A second spike is one more upward crossing than the first pulse gives alone. At short delays passive charging can lift
    the voltage over the level again without a spike: judge delays within the first spike by the trace.

    Parameters
    ----------
    delays_ms : from onset to onset, shape (delays,); by default twelve from a tenth to twice the interval at which the subject
        fires in its own experiment
    pair : pulses of a fifteenth of that interval by default
    search : up to fifty times the threshold of the pulse alone, to a ten thousandth, by default
    from_rest, engine, scheme, dt_ms, level : as for ``f_i_curve``

    Examples
    --------
    >>> pair, search = sb.analyses.PulsePair(2.0, window_ms=5.0), sb.analyses.Search(20.0, tolerance=1e-3)
    >>> found = sb.analyses.refractoriness("leaky_integrate_and_fire", [2.0, 60.0], pair, search)
    >>> found.ratio.round(2).tolist()
    [1.84, 1.0]
    """
    model = at_rest(subject) if from_rest else model_of(subject)
    if level is None:
        require_spikes(model)
    dt_ms = step_ms(subject, dt_ms)
    pair = _usual_pair(subject, dt_ms) if pair is None else pair
    delays = _usual_delays_ms(subject, dt_ms) if delays_ms is None else np.array(delays_ms, dtype=float)
    with Bench(engine, scheme, dt_ms, level) as bench:
        search = Search(None, np.inf, 1e-4) if search is None else search
        single = _single(bench, model, pair, search)
        if search.high is None:
            search = replace(search, high=2.0 * single.above, most=min(search.most, _MOST * single.above))
        first = pair.pulse(2.0 * single.value if pair.conditioning is None else pair.conditioning)
        found = [_second(bench, model, pair, first, float(delay), search) for delay in delays]
    return Refractoriness(
        delays, np.array([t.value for t in found]), np.array([t.uncertainty for t in found]),
        single, first.amplitude,
    )  # fmt: skip


def _usual_pair(subject: Subject, dt_ms: float) -> PulsePair:
    pace = pace_ms(subject)
    return PulsePair(on_grid(nice(pace / 15.0), dt_ms), window_ms=max(30.0, 2.0 * pace))


def _usual_delays_ms(subject: Subject, dt_ms: float) -> np.ndarray:
    """From a tenth to twice the interval at which the subject fires, round numbers."""
    return np.unique([on_grid(nice(d), dt_ms) for d in np.geomspace(0.1, 2.0, 12) * pace_ms(subject)])


def _single(bench: Bench, model: Model, pair: PulsePair, search: Search) -> Threshold:
    """The threshold of the pulse alone."""
    end_ms, unit = pair.end_ms(0.0, bench.dt_ms), str(model.stimulus_unit)

    def answer(amplitude: float) -> bool:
        return at_least(bench, model, [pair.pulse(amplitude)], 1, end_ms)

    if search.high is None:
        some = some_current(model)
        return searched(answer, 0.0, some, search.tolerance, unit, SEARCH_TO * some)
    return bisected(answer, 0.0, search.high, search.tolerance * abs(search.high), unit)


def _second(bench: Bench, model: Model, pair: PulsePair, first: Pulse, delay_ms: float, search: Search) -> Threshold:
    """The threshold of the second pulse; nan where there is none up to the end of the search."""
    end_ms, unit = pair.end_ms(delay_ms, bench.dt_ms), str(model.stimulus_unit)
    assert search.high is not None
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
