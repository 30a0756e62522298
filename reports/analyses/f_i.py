"""Firing rate against step current, from rest; where firing begins and how the rate grows there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from spikebridge.reports.analyses.spike_train import mean_rate_hz, steady_rate_hz
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FICurve(Result):
    """Rates at step currents; every array has one entry an amplitude.

    Attributes
    ----------
    amplitude : in ``unit``
    rate_hz : 1000/(last interval) after the transient, 0 where the neuron has stopped
    mean_rate_hz : spikes after the transient by the time they had
    latency_ms : of the first spike after the onset, nan where there is none
    spike_times_ms : all spikes, an array an amplitude
    """

    amplitude: np.ndarray
    unit: str
    rate_hz: np.ndarray
    mean_rate_hz: np.ndarray
    latency_ms: np.ndarray
    spike_times_ms: tuple[np.ndarray, ...]

    def table(self) -> pd.DataFrame:
        """One row an amplitude."""
        import pandas as pd

        return pd.DataFrame(
            {
                with_unit("amplitude", self.unit): self.amplitude, "rate_Hz": self.rate_hz, "mean_rate_Hz": self.mean_rate_hz,
                "latency_ms": self.latency_ms, "spikes": [len(times) for times in self.spike_times_ms],
            }
        )  # fmt: skip


def f_i_curve(
    model: Model | str,
    amplitudes: Sequence[float] | np.ndarray, duration_ms: float = 1000.0, transient_ms: float = 0.0, onset_ms: float = 0.0,
    from_rest: bool = True, engine: str = "reference", scheme: str | None = None, dt_ms: float = 0.01, level: float | None = None,
) -> FICurve:  # fmt: skip
    """The rate at each step current, all of which last from ``onset_ms`` to the end.

    Parameters
    ----------
    amplitudes : in the unit in which the model is driven, shape (currents,)
    transient_ms : after the onset; spikes before it are left out of the rates
    from_rest : start at the resting state without stimulus; else from the model's initial values
    engine : ``reference`` (all amplitudes at once), ``exact``, or a simulator
    level : of a spike, in the unit of the signal that the model is observed by, where it is not the model's own

    Raises
    ------
    DefinitionError : the model has no spike rule, or no resting state to start from
    NotRun : the engine did not run
    """
    model = at_rest(model) if from_rest else model_of(model)
    if level is None:
        require_spikes(model)
    amplitudes = np.asarray(amplitudes, dtype=float)
    with Bench(engine, scheme, dt_ms, level) as bench:
        responses = bench.responses(model, [(Pulse(float(a), onset_ms),) for a in amplitudes], duration_ms)
    trains = tuple(response.spike_times_ms for response in responses)
    begin = onset_ms + transient_ms
    after = [train[train >= onset_ms] for train in trains]
    return FICurve(
        amplitudes,
        str(model.stimulus_unit),
        np.array([_sustained_rate_hz(train, begin, duration_ms) for train in trains]),
        np.array([mean_rate_hz(train, begin, duration_ms) for train in trains]),
        np.array([train[0] - onset_ms if len(train) else np.nan for train in after]),
        trains,
    )


def _sustained_rate_hz(train: np.ndarray, begin_ms: float, end_ms: float) -> float:
    """The last interval's rate, unless twice that interval has passed without a spike since."""
    rate = steady_rate_hz(train, begin_ms)
    return rate if rate and end_ms - train[-1] < 2.0 * 1000.0 / rate else 0.0


# where it begins --------------------------------------------------------------------------------------


def rheobase(
    model: Model | str,
    high: float,
    low: float = 0.0,
    spikes: int = 1,
    window_ms: float = 1000.0,
    tolerance: float | None = None,
    from_rest: bool = True,
    engine: str = "reference",
    scheme: str | None = None,
    dt_ms: float = 0.01,
    level: float | None = None,
    near: float | None = None,
) -> Threshold:
    """The smallest step current that gives at least ``spikes`` spikes in a window from its onset, by bisection.

    Parameters
    ----------
    low, high : currents between which it lies, in the unit in which the model is driven
    tolerance : of the bracket; a millionth of its first width by default
    near : where to start the search, such as the rheobase on another engine
    """
    model = at_rest(model) if from_rest else model_of(model)
    if level is None:
        require_spikes(model)
    with Bench(engine, scheme, dt_ms, level) as bench:

        def answer(amplitude: float) -> bool:
            return len(bench.response(model, [Pulse(amplitude)], window_ms).spike_times_ms) >= spikes

        width, unit = tolerance or 1e-6 * abs(high - low), str(model.stimulus_unit)
        if near is None:
            return bisected(answer, low, high, width, unit)
        return bisected_near(answer, near, width, unit, 0.01 * abs(high - low), down=high < low)


def lowest_sustained(
    model: Model | str,
    high: float,
    low: float = 0.0,
    window_ms: float = 2000.0,
    tail_ms: float = 500.0,
    tolerance: float | None = None,
    from_rest: bool = True,
    engine: str = "reference",
    scheme: str | None = None,
    dt_ms: float = 0.01,
    level: float | None = None,
) -> Threshold:
    """The lowest step current under which the neuron still spikes in the last ``tail_ms`` of a window, by bisection.

    Just below a fold of cycles firing lasts long before it ends, so the answer falls with a longer window.

    Parameters
    ----------
    low, high : currents between which it lies, in the unit in which the model is driven
    tolerance : of the bracket; a ten thousandth of its first width by default
    from_rest, engine, scheme, dt_ms, level : as for ``f_i_curve``
    """
    if not 0 < tail_ms < window_ms:
        raise ValueError(f"the last {tail_ms:g} ms are to be the end of a window, which lasts {window_ms:g} ms")
    model = at_rest(model) if from_rest else model_of(model)
    if level is None:
        require_spikes(model)
    with Bench(engine, scheme, dt_ms, level) as bench:

        def answer(amplitude: float) -> bool:
            train = bench.response(model, [Pulse(amplitude)], window_ms).spike_times_ms
            return bool(len(train)) and bool(train[-1] > window_ms - tail_ms)

        return bisected(answer, low, high, tolerance or 1e-4 * abs(high - low), str(model.stimulus_unit))


@dataclass(frozen=True)
class OnsetFit(Result):
    """f = gain sqrt(I - onset) near the onset, with standard errors; ``misfit_hz`` is the greatest distance to a point."""

    onset: float
    onset_error: float
    gain_hz: float
    gain_error_hz: float
    misfit_hz: float
    unit: str

    def rate_hz(self, amplitude: np.ndarray) -> np.ndarray:
        """The fitted rate at currents in ``unit``, both of shape (currents,); 0 below the onset."""
        return self.gain_hz * np.sqrt(np.maximum(np.asarray(amplitude) - self.onset, 0.0))


def fit_onset(curve: FICurve, below: float = np.inf) -> OnsetFit:
    """The square root that a saddle-node on a circle makes of the rate (Ermentrout 1996, Neural Comput 8:979, eq. 2.5).

    A straight line through f squared, least squares; needs three firing points up to the current ``below``. The errors are
    those of the scatter alone: as the rate follows the root only in the limit, take points ever nearer to see what is left.

    Parameters
    ----------
    below : in the unit of the curve's currents
    """
    use = (curve.rate_hz > 0) & (curve.amplitude <= below)
    if np.count_nonzero(use) < 3:
        raise ValueError(f"a fit near the onset needs three currents with firing, not {np.count_nonzero(use)}")
    current, rate = curve.amplitude[use], curve.rate_hz[use]
    centre = float(np.mean(current))
    design = np.column_stack([current - centre, np.ones(len(current))])
    (slope, middle), *_ = np.linalg.lstsq(design, rate**2, rcond=None)
    if slope <= 0:
        raise ValueError("the rate does not rise with the current there; take currents nearer to the onset")
    residual = rate**2 - design @ np.array([slope, middle])
    spread = float(residual @ residual) / (len(current) - 2)
    slope_error = np.sqrt(spread / float(np.sum((current - centre) ** 2)))
    middle_error = np.sqrt(spread / len(current))
    onset_error = np.hypot(middle_error / slope, middle * slope_error / slope**2)
    gain = np.sqrt(slope)
    fit = OnsetFit(
        float(centre - middle / slope), float(onset_error), float(gain), float(slope_error / (2 * gain)), 0.0, curve.unit
    )
    misfit = float(np.max(np.abs(fit.rate_hz(current) - rate)))
    return OnsetFit(fit.onset, fit.onset_error, fit.gain_hz, fit.gain_error_hz, misfit, fit.unit)


# plots ------------------------------------------------------------------------------------------------


def plot_f_i_curve(curves: FICurve | dict[str, FICurve], fit: OnsetFit | None = None, axes: Axes | None = None) -> Figure:
    """Rate against current, a line a curve, named where there are several; the fit dashed."""
    named = {"": curves} if isinstance(curves, FICurve) else curves
    unit = next(iter(named.values())).unit
    axes, style = axes_of(axes, with_unit("step current", unit), "firing rate (Hz)")
    for index, (name, curve) in enumerate(named.items()):
        axes.plot(curve.amplitude, curve.rate_hz, marker="o", markersize=3.0, linewidth=1.0, label=name, **style(index))
    if fit is not None:
        low, high = axes.get_xlim()
        amplitude = np.linspace(max(fit.onset, low), high, 400)
        axes.plot(amplitude, fit.rate_hz(amplitude), "--", color="0.35", linewidth=0.9, label="square root at the onset")
    if len(named) > 1 or fit is not None:
        axes.legend(frameon=False, fontsize="small")
    return axes.figure  # type: ignore[return-value]
