"""Firing rate against step current, from rest; where firing begins and how the rate grows there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.defaults import nice, some_current
from spikebridge.reports.analyses.response import (
    Asked,
    Bench,
    Pulse,
    Threshold,
    at_rest,
    bisected,
    bisected_near,
    require_spikes,
)
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.spike_train import mean_rate_hz, steady_rate_hz
from spikebridge.reports.analyses.subject import Subject, model_of, step_ms
from spikebridge.reports.analyses.threshold import at_least, searched
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FARTHEST = 1e3  # times a current that does something: where a search for an onset ends


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

    def to_frame(self) -> pd.DataFrame:
        """One row an amplitude."""
        return frame(
            {
                with_unit("amplitude", self.unit): self.amplitude, "rate_Hz": self.rate_hz, "mean_rate_Hz": self.mean_rate_hz,
                "latency_ms": self.latency_ms, "spikes": [len(times) for times in self.spike_times_ms],
            }
        )  # fmt: skip

    def plot(self, axes: Axes | None = None) -> Figure:
        """Rate against current."""
        return plot_f_i_curve(self, axes=axes)


def f_i_curve(
    subject: Subject, amplitudes: Sequence[float] | np.ndarray | None = None, duration_ms: float = 1000.0, transient_ms: float = 0.0,
    onset_ms: float = 0.0, from_rest: bool | None = None, engine: str = "reference", scheme: str | None = None,
    dt_ms: float | None = None, level: float | None = None,
) -> FICurve:  # fmt: skip
    """The rate at each step current, all of which last from ``onset_ms`` to the end.

    Parameters
    ----------
    amplitudes : in the unit in which the model is driven, shape (currents,); from 0 to four times the lowest current that keeps
        it firing by default
    transient_ms : after the onset; spikes before it are left out of the rates
    from_rest : start at the resting state without stimulus; else from the model's initial values; by default at rest where there is one
    engine : ``reference`` (many amplitudes at once), ``exact``, or a simulator
    dt_ms : the step; that of the subject's own experiment by default
    level : of a spike, in the unit of the signal that the model is observed by, where it is not the model's own

    Raises
    ------
    DefinitionError : the model has no spike rule, or no resting state to start from
    ValueError : no current makes it fire
    NotRun : the engine did not run

    Examples
    --------
    >>> curve = sb.analyses.f_i_curve("leaky_integrate_and_fire", [1, 2, 3], duration_ms=200)
    >>> curve.rate_hz.round(1).tolist()
    [0.0, 63.0, 111.9]
    """
    model = start_of(subject, from_rest)
    if level is None:
        require_spikes(model)
    with Bench(engine, scheme, step_ms(subject, dt_ms), level) as bench:
        chosen = usual_amplitudes(bench, model, duration_ms) if amplitudes is None else np.asarray(amplitudes, dtype=float)
        responses = bench.responses(model, [(Pulse(float(a), onset_ms),) for a in chosen], duration_ms)
    trains = tuple(response.spike_times_ms for response in responses)
    begin = onset_ms + transient_ms
    after = [train[train >= onset_ms] for train in trains]
    return FICurve(
        chosen,
        str(model.stimulus_unit),
        np.array([_sustained_rate_hz(train, begin, duration_ms) for train in trains]),
        np.array([mean_rate_hz(train, begin, duration_ms) for train in trains]),
        np.array([train[0] - onset_ms if len(train) else np.nan for train in after]),
        trains,
    )


def start_of(subject: Subject, from_rest: bool | None) -> Model:
    """The model, at rest if asked for; where nothing is asked, at rest if it has one."""
    if from_rest is False:
        return model_of(subject)
    try:
        return at_rest(subject)
    except DefinitionError:
        if from_rest:
            raise
        return model_of(subject)


def usual_amplitudes(bench: Bench, model: Model, window_ms: float, times: float = 4.0, count: int = 25) -> np.ndarray:
    """Currents from 0 to that many times the lowest that keeps the neuron firing, in the unit in which it is driven.

    Where none keeps it firing, the lowest that gives a spike is taken; where it fires by itself, a current that does something.

    Returns
    -------
    shape (currents,)

    Raises
    ------
    ValueError : no current makes it fire
    """
    some, unit = some_current(model), str(model.stimulus_unit)

    def keeps(amplitude: float) -> bool:
        train = bench.response(model, [Pulse(amplitude)], window_ms).spike_times_ms
        return bool(len(train)) and bool(train[-1] > 0.5 * window_ms)

    def fires(amplitude: float) -> bool:
        return at_least(bench, model, [Pulse(amplitude)], 1, window_ms)

    if keeps(0.0):
        return np.linspace(0.0, nice(times * some), count)
    try:
        onset = searched(keeps, 0.0, some, 0.01, unit, _FARTHEST * some)
    except ValueError:
        onset = searched(fires, 0.0, some, 0.01, unit, _FARTHEST * some)
    return np.linspace(0.0, nice(times * (onset.above - onset.uncertainty)), count)


def _sustained_rate_hz(train: np.ndarray, begin_ms: float, end_ms: float) -> float:
    """The last interval's rate, unless twice that interval has passed without a spike since."""
    rate = steady_rate_hz(train, begin_ms)
    return rate if rate and end_ms - train[-1] < 2.0 * 1000.0 / rate else 0.0


# where it begins --------------------------------------------------------------------------------------


def rheobase(
    subject: Subject,
    high: float | None = None,
    low: float = 0.0,
    spikes: int = 1,
    window_ms: float = 1000.0,
    tolerance: float | None = None,
    from_rest: bool = True,
    engine: str = "reference",
    scheme: str | None = None,
    dt_ms: float | None = None,
    level: float | None = None,
    near: float | None = None,
) -> Threshold:
    """The smallest step current that gives at least ``spikes`` spikes in a window from its onset, by bisection.

    Parameters
    ----------
    low, high : currents between which it lies, in the unit in which the model is driven; a high end is looked for by default
    tolerance : of the bracket; a millionth of its first width by default
    near : where to start the search, such as the rheobase on another engine
    from_rest, engine, scheme, dt_ms, level : as for ``f_i_curve``

    Examples
    --------
    >>> found = sb.analyses.rheobase("leaky_integrate_and_fire", window_ms=500)
    >>> f"{found.value:.4f} {found.unit}"
    '1.5000 nA'
    """
    model = at_rest(subject) if from_rest else model_of(subject)
    if level is None:
        require_spikes(model)
    with Bench(engine, scheme, step_ms(subject, dt_ms), level) as bench:
        answer = Asked(
            model,
            lambda amplitude: bench.response(model, [Pulse(amplitude)], window_ms),
            lambda r: len(r.spike_times_ms) >= spikes,
        )
        unit = str(model.stimulus_unit)
        if high is None:
            found = _sought(answer, low, tolerance or 1e-6, near)
        elif near is None:
            found = bisected(answer, low, high, tolerance or 1e-6 * abs(high - low), unit)
        else:
            width = tolerance or 1e-6 * abs(high - low)
            found = bisected_near(answer, near, width, unit, 0.01 * abs(high - low), down=high < low)
    return answer.seen(found)


def _sought(answer: Asked, low: float, tolerance: float, near: float | None) -> Threshold:
    """The threshold above ``low`` where nobody said how far: from a current that does something, doubled as often as needed."""
    model = answer.model
    some, unit = some_current(model), str(model.stimulus_unit)
    if near is not None:
        return bisected_near(answer, near, tolerance * abs(near), unit, 0.01 * some)
    return searched(answer, low, low + some, tolerance, unit, _FARTHEST * some)


def lowest_sustained(
    subject: Subject,
    high: float | None = None,
    low: float = 0.0,
    window_ms: float = 2000.0,
    tail_ms: float = 500.0,
    tolerance: float | None = None,
    from_rest: bool = True,
    engine: str = "reference",
    scheme: str | None = None,
    dt_ms: float | None = None,
    level: float | None = None,
) -> Threshold:
    """The lowest step current under which the neuron still spikes in the last ``tail_ms`` of a window, by bisection.

    Just below a fold of cycles firing lasts long before it ends, so the answer falls with a longer window.

    Parameters
    ----------
    low, high : currents between which it lies, in the unit in which the model is driven; a high end is looked for by default
    tolerance : of the bracket; a ten thousandth of its first width by default
    from_rest, engine, scheme, dt_ms, level : as for ``f_i_curve``

    Examples
    --------
    >>> found = sb.analyses.lowest_sustained("fitzhugh_nagumo", window_ms=500, tail_ms=100)
    >>> f"{found.value:.3f}"
    '0.324'
    """
    if not 0 < tail_ms < window_ms:
        raise ValueError(f"the last {tail_ms:g} ms are to be the end of a window, which lasts {window_ms:g} ms")
    model = at_rest(subject) if from_rest else model_of(subject)
    if level is None:
        require_spikes(model)
    with Bench(engine, scheme, step_ms(subject, dt_ms), level) as bench:
        answer = Asked(
            model, lambda amplitude: bench.response(model, [Pulse(amplitude)], window_ms),
            lambda r: len(r.spike_times_ms) > 0 and r.spike_times_ms[-1] > window_ms - tail_ms,
        )  # fmt: skip
        if high is None:
            found = _sought(answer, low, tolerance or 1e-4, None)
        else:
            found = bisected(answer, low, high, tolerance or 1e-4 * abs(high - low), str(model.stimulus_unit))
    return answer.seen(found)


@dataclass(frozen=True)
class OnsetFit(Result):
    """f = gain sqrt(I - onset) near the onset, with standard errors; ``misfit_hz`` is the greatest distance to a point of ``curve``."""

    onset: float
    onset_error: float
    gain_hz: float
    gain_error_hz: float
    misfit_hz: float
    unit: str
    curve: FICurve

    def to_frame(self) -> pd.DataFrame:
        """One row: onset and gain, with their errors."""
        return frame(
            {
                with_unit("onset", self.unit): [self.onset], with_unit("onset_error", self.unit): [self.onset_error],
                "gain_Hz": [self.gain_hz], "gain_error_Hz": [self.gain_error_hz], "misfit_Hz": [self.misfit_hz],
            }
        )  # fmt: skip

    def plot(self, axes: Axes | None = None) -> Figure:
        """The curve with the root through its onset."""
        return plot_f_i_curve(self.curve, self, axes)

    def rate_hz(self, amplitude: np.ndarray) -> np.ndarray:
        """The fitted rate at currents in ``unit``, both of shape (currents,); 0 below the onset."""
        return self.gain_hz * np.sqrt(np.maximum(np.asarray(amplitude) - self.onset, 0.0))


def fit_onset(curve: FICurve | Subject, below: float = np.inf) -> OnsetFit:
    """The square root that a saddle-node on a circle makes of the rate (Ermentrout 1996, Neural Comput 8:979, eq. 2.5).

    A straight line through f squared, least squares; needs three firing points up to the current ``below``. The errors are
    those of the scatter alone: as the rate follows the root only in the limit, take points ever nearer to see what is left.

    Parameters
    ----------
    curve : or a subject, of which one is taken at currents up to a fifth above the onset of firing
    below : in the unit of the curve's currents

    Raises
    ------
    ValueError : there are too few points, or the rate does not rise

    Examples
    --------
    >>> curve = sb.analyses.f_i_curve("quadratic_integrate_and_fire", [0.01, 0.02, 0.04], duration_ms=100)
    >>> f"{abs(sb.analyses.fit_onset(curve).onset):.2f}"
    '0.00'
    """
    curve = curve if isinstance(curve, FICurve) else _near_onset(curve)
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
        float(centre - middle / slope), float(onset_error), float(gain), float(slope_error / (2 * gain)), 0.0, curve.unit, curve
    )
    return replace(fit, misfit_hz=float(np.max(np.abs(fit.rate_hz(current) - rate))))


def _near_onset(subject: Subject) -> FICurve:
    onset = lowest_sustained(subject)
    return f_i_curve(subject, onset.above + abs(onset.above) * np.geomspace(0.002, 0.2, 12))


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
