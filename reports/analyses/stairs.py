"""Counts on a staircase of currents, up and down with the state carried on: hysteresis of firing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.model import Model
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.defaults import nice, pace_ms
from spikebridge.reports.analyses.f_i import start_of, usual_amplitudes
from spikebridge.reports.analyses.response import Bench, Pulse, require_spikes, starting_at
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.spike_train import steady_rate_hz
from spikebridge.reports.analyses.subject import Subject, step_ms
from spikebridge.reports.analyses.threshold import on_grid
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Staircase(Result):
    """What happened on every stair, in the order in which they were climbed.

    Attributes
    ----------
    amplitude : in ``unit``
    rising : whether the stair is on the way up
    spikes : on the whole stair
    late_spikes : on its second half, so that what the change set off does not count
    rate_hz : 1000/(last interval) on the second half, 0 where there are fewer than two spikes
    """

    amplitude: np.ndarray
    unit: str
    rising: np.ndarray
    spikes: np.ndarray
    late_spikes: np.ndarray
    rate_hz: np.ndarray

    @property
    def fires_from(self) -> float:
        """The lowest current on the way up that keeps it firing; nan where none does."""
        return float(np.min(self.amplitude[self.rising & (self.late_spikes > 0)], initial=np.inf)) if self._up else np.nan

    @property
    def fires_down_to(self) -> float:
        """The lowest current on the way down that keeps it firing; nan where none does."""
        kept = self.amplitude[~self.rising & (self.late_spikes > 0)]
        return float(np.min(kept)) if len(kept) else np.nan

    @property
    def _up(self) -> bool:
        return bool(np.any(self.rising & (self.late_spikes > 0)))

    def to_frame(self) -> pd.DataFrame:
        """One row a stair."""
        return frame(
            {
                with_unit("amplitude", self.unit): self.amplitude, "rising": self.rising, "spikes": self.spikes,
                "late_spikes": self.late_spikes, "rate_Hz": self.rate_hz,
            }
        )  # fmt: skip

    def plot(self, axes: Axes | None = None) -> Figure:
        """Rate against current, the way up and the way down."""
        return plot_staircase(self, axes)


def staircase(
    subject: Subject,
    amplitudes: Sequence[float] | np.ndarray | None = None,
    dwell_ms: float | None = None,
    down: Sequence[float] | np.ndarray | None = None,
    from_rest: bool | None = None,
    engine: str = "reference",
    scheme: str | None = None,
    dt_ms: float | None = None,
    level: float | None = None,
) -> Staircase:
    """Climb the amplitudes and come down again without ever returning to rest in between.

    On the reference every stair is a run that starts where the last one ended; where a spike resets the model, and on a
    simulator, the whole staircase is one run, because a refractory period must be carried on too.

    Parameters
    ----------
    amplitudes : of the stairs on the way up, in the unit in which the model is driven, shape (stairs up,); by default thirteen
        from 0 to twice the lowest current that keeps the neuron firing
    dwell_ms : how long each stair lasts; twenty times the interval at which the subject fires in its own experiment by default
    down : of those on the way down, shape (stairs down,); the same backwards by default, without the top one
    from_rest, engine, scheme, dt_ms, level : as for ``f_i_curve``

    Examples
    --------
    >>> stairs = sb.analyses.staircase("leaky_integrate_and_fire", [1.0, 1.4, 1.8], dwell_ms=100)
    >>> stairs.spikes.tolist()
    [0, 0, 5, 0, 0]
    """
    model, dt_ms = start_of(subject, from_rest), step_ms(subject, dt_ms)
    if level is None:
        require_spikes(model)
    dwell_ms = on_grid(nice(20.0 * pace_ms(subject)), dt_ms) if dwell_ms is None else dwell_ms
    with Bench(engine, scheme, dt_ms, level) as bench:
        given = usual_amplitudes(bench, model, dwell_ms, 2.0, 13) if amplitudes is None else amplitudes
        up = np.asarray(given, dtype=float)
        back = up[-2::-1] if down is None else np.asarray(down, dtype=float)
        stairs = np.concatenate([up, back])
        trains = _climbed(bench, model, stairs, dwell_ms)
    late = [train[train >= 0.5 * dwell_ms] for train in trains]
    return Staircase(
        stairs,
        str(model.stimulus_unit),
        np.arange(len(stairs)) < len(up),
        np.array([len(train) for train in trains]),
        np.array([len(train) for train in late]),
        np.array([steady_rate_hz(train) for train in late]),
    )


def _climbed(bench: Bench, model: Model, stairs: np.ndarray, dwell_ms: float) -> list[np.ndarray]:
    """Spike times on every stair, from its beginning."""
    if bench.runner is not None or model.resets or model.discrete:
        pulses = [Pulse(float(a), k * dwell_ms, (k + 1) * dwell_ms) for k, a in enumerate(stairs)]
        train = bench.response(model, pulses, len(stairs) * dwell_ms).spike_times_ms
        stair = np.clip((train / dwell_ms).astype(int), 0, len(stairs) - 1)
        return [train[stair == k] - k * dwell_ms for k in range(len(stairs))]
    trains = []
    for amplitude in stairs:
        response = bench.response(model, [Pulse(float(amplitude))], dwell_ms)
        trains.append(response.spike_times_ms)
        model = starting_at(model, response.end)
    return trains


def plot_staircase(stairs: Staircase, axes: Axes | None = None) -> Figure:
    """Rate against current, the way up and the way down."""
    axes, style = axes_of(axes, with_unit("current", stairs.unit), "firing rate (Hz)")
    top = np.flatnonzero(stairs.rising)[-1:]
    ways = (("up", np.flatnonzero(stairs.rising)), ("down", np.concatenate([top, np.flatnonzero(~stairs.rising)])))
    for index, (name, way) in enumerate(ways):
        axes.plot(stairs.amplitude[way], stairs.rate_hz[way], marker="o", markersize=3.0, label=name, **style(index))
    axes.legend(frameon=False, fontsize="small")
    return axes.figure  # type: ignore[return-value]
