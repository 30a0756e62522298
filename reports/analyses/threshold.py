"""Thresholds: how strong a pulse of some width must be, how strong a second one, how far a start must be displaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.model import Model
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.defaults import nice, pace_ms, some_current
from spikebridge.reports.analyses.field import Field, held_steady
from spikebridge.reports.analyses.response import (
    Asked,
    Bench,
    Pulse,
    Response,
    Threshold,
    at_rest,
    bisected,
    bisected_near,
    require_spikes,
    starting_at,
)
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.subject import Subject, model_of, step_ms
from spikebridge.reports.metrics.extrema import highest
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Answer = Callable[[float], bool]  # whether a strength is enough
SEARCH_TO = 1e5  # times the first guess of a threshold; beyond it there is none


def at_least(bench: Bench, model: Model, pulses: list[Pulse], spikes: int, window_ms: float) -> bool:
    """Whether there are so many spikes within the window."""
    return len(bench.response(model, pulses, window_ms).spike_times_ms) >= spikes


# strength and duration --------------------------------------------------------------------------------


@dataclass(frozen=True)
class StrengthDuration(Result):
    """The threshold of a pulse by its width.

    Attributes
    ----------
    duration_ms : the widths, shape (widths,)
    amplitude, uncertainty : the thresholds and the widths of their brackets, shape (widths,), in ``unit``
    charge : strength times duration, shape (widths,), in the unit of the current times ms
    """

    duration_ms: np.ndarray
    amplitude: np.ndarray
    uncertainty: np.ndarray
    unit: str

    @property
    def charge(self) -> np.ndarray:
        """Amplitude times duration, shape (widths,)."""
        return self.amplitude * self.duration_ms

    @property
    def chronaxie_ms(self) -> float:
        """The width at twice the threshold of the longest pulse, on a straight line between logarithms; nan outside."""
        return self._chronaxie_ms(0.0)

    @property
    def chronaxie_uncertainty_ms(self) -> float:
        """How far brackets let the chronaxie move: the longest pulse's threshold one way, all others the other way."""
        off = 0.5 * float(np.max(np.abs(self.uncertainty / self.amplitude)))
        return max(abs(self._chronaxie_ms(shift) - self.chronaxie_ms) for shift in (-2.0 * off, 2.0 * off))

    def _chronaxie_ms(self, shift: float) -> float:
        """At twice the threshold of the longest pulse and ``shift`` more, relative."""
        order = np.argsort(self.duration_ms)
        strength = np.log(np.abs(self.amplitude[order]))
        wanted = strength[-1] + np.log(2.0) + shift
        if not strength[0] >= wanted:
            return float("nan")
        return float(np.exp(np.interp(-wanted, -strength, np.log(self.duration_ms[order]))))

    def to_frame(self) -> pd.DataFrame:
        """One row a width."""
        return frame(
            {
                "duration_ms": self.duration_ms, with_unit("amplitude", self.unit): self.amplitude,
                with_unit("uncertainty", self.unit): self.uncertainty,
                f"charge ({self.unit} ms)".replace("(1 ms)", "(ms)"): self.charge,
            }
        )  # fmt: skip

    def plot(self, axes: Axes | None = None) -> Figure:
        """Threshold against width."""
        return plot_strength_duration(self, axes)


def strength_duration(
    subject: Subject, durations_ms: Sequence[float] | None = None, high: float | None = None, low: float = 0.0,
    spikes: int = 1, window_ms: float | None = None, tolerance: float = 1e-6,
    from_rest: bool = True, engine: str = "reference", scheme: str | None = None, dt_ms: float | None = None,
    level: float | None = None, near: Mapping[float, float] | None = None,
) -> StrengthDuration:  # fmt: skip
    """The smallest pulse of each width that gives a spike, by bisection, from rest.

    Widths should be whole numbers of steps where the engine's step is fixed.

    Parameters
    ----------
    durations_ms : widths of the pulses, shape (widths,); by default nine from a hundredth to thrice the interval at which the
        subject fires in its own experiment
    low, high : currents between which the threshold of the longest pulse lies, in the unit in which the model is driven; the
        search goes on upwards for others
    window_ms : how long after the end of the pulse the spike may come; 40 ms, or thrice that interval where it is longer
    tolerance : of the threshold, relative
    near : by width, where to start the search, such as the thresholds of another engine
    from_rest, engine, scheme, dt_ms, level : as for ``f_i_curve``

    Examples
    --------
    >>> curve = sb.analyses.strength_duration("leaky_integrate_and_fire", [1.0, 100.0], window_ms=1)
    >>> curve.amplitude.round(1).tolist()  # 15 mV is 10 Mohm times these times 1 - exp(-width/10 ms)
    [15.8, 1.5]
    """
    if high is not None and (high == 0 or high == low):
        raise ValueError(f"the search from {low:g} to {high:g} goes nowhere; give a high end that is enough, other than 0")
    model = at_rest(subject) if from_rest else model_of(subject)
    if level is None:
        require_spikes(model)
    dt_ms, high = step_ms(subject, dt_ms), low + some_current(model) if high is None else high
    widths = widths_ms(subject, dt_ms) if durations_ms is None else np.array(durations_ms, dtype=float)
    window_ms = max(40.0, 3.0 * pace_ms(subject)) if window_ms is None else window_ms
    unit, found, first, down = str(model.stimulus_unit), {}, high, high < low
    with Bench(engine, scheme, dt_ms, level) as bench:
        guess = high
        for width in sorted(map(float, widths), reverse=True):

            def answer(amplitude: float, width: float = width) -> bool:
                return at_least(bench, model, [Pulse(amplitude, 0.0, width)], spikes, on_grid(width + window_ms, bench.dt_ms))

            if near is not None and width in near:
                found[width] = bisected_near(answer, near[width], tolerance * abs(near[width]), unit, down=down)
                continue
            found[width] = searched(answer, low, guess, tolerance, unit, SEARCH_TO * abs(first))
            low, guess = found[width].above * (1.0 - 10 * tolerance), 2.0 * found[width].above
    thresholds = [found[float(w)] for w in widths]
    return StrengthDuration(
        widths, np.array([t.value for t in thresholds]), np.array([t.uncertainty for t in thresholds]), unit
    )  # fmt: skip


def widths_ms(subject: Subject, dt_ms: float) -> np.ndarray:
    """Widths of pulses from a hundredth to thrice the interval at which the subject fires, whole numbers of steps, shape (widths,)."""
    pace = pace_ms(subject)
    return np.array([on_grid(width, dt_ms) for width in np.unique([nice(w) for w in np.geomspace(0.01 * pace, 3.0 * pace, 9)])])


def on_grid(time_ms: float, dt_ms: float) -> float:
    """The end of the step that a time lies in."""
    return float(np.ceil(time_ms / dt_ms - 1e-6) * dt_ms)


def searched(answer: Answer, low: float, high: float, tolerance: float, unit: str, most: float) -> Threshold:
    """Bisection from the first ``high``, doubled as often as needed, that answers yes."""
    while not answer(high):
        if abs(high) > most:
            raise ValueError(f"there is no threshold up to {high:g} {unit}: give a higher end of the search")
        low, high = high, 2.0 * high
    return bisected(answer, low, high, tolerance * abs(high), unit)


# displaced starts -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Excursion(Result):
    """The voltage, or what else is displaced, after such a start: its greatest value, between samples, and when."""

    displacement: float
    peak: float
    peak_ms: float
    response: Response
    unit: str
    variable: str

    def to_frame(self) -> pd.DataFrame:
        """One row a sample."""
        return frame({"t_ms": self.response.t_ms, with_unit(self.variable, self.unit): self.response.states[self.variable]})

    def plot(self, axes: Axes | None = None) -> Figure:
        """The displaced variable against time."""
        return plot_excursions([self], axes)


def excursion(
    subject: Subject,
    displacement: float | None = None,
    settled: bool = False,
    duration_ms: float | None = None,
    stimulus: float = 0.0,
    engine: str = "reference",
    scheme: str | None = None,
    dt_ms: float | None = None,
) -> Excursion:
    """The response to a start with the voltage displaced from the model's own initial one, in the voltage's unit.

    Parameters
    ----------
    displacement : 10 mV, or 1 where the variable has no unit, by default
    settled : the other variables start at rest under the displaced voltage, as after a long hold there (anode break);
        else where the model starts them, as after a shock
    duration_ms : 30 ms, or thrice the interval at which the subject fires in its own experiment where that is longer
    stimulus : constant, in the unit in which the model is driven
    engine, scheme, dt_ms : as for ``f_i_curve``

    Examples
    --------
    >>> found = sb.analyses.excursion("hodgkin_huxley", 10.0)
    >>> f"{found.peak:.0f} {found.unit} after {found.peak_ms:.1f} ms"
    '39 mV after 1.8 ms'
    """
    model = model_of(subject)
    by = _one(model) if displacement is None else displacement
    with Bench(engine, scheme, step_ms(subject, dt_ms)) as bench:
        length = _length_ms(subject, bench) if duration_ms is None else duration_ms
        response = bench.response(displaced(model, by, settled), [Pulse(stimulus)], length)
    name = _scanned(model)
    peak_ms, peak = highest(response.t_ms, response.states[name])
    return Excursion(by, peak, peak_ms, response, str(model.unit_of(name)), name)


def displacement_threshold(
    subject: Subject,
    high: float | None = None,
    low: float = 0.0,
    settled: bool = False,
    duration_ms: float | None = None,
    tolerance: float | None = None,
    engine: str = "reference",
    scheme: str | None = None,
    dt_ms: float | None = None,
    level: float | None = None,
) -> Threshold:
    """The displacement of the starting voltage from which on there is a spike, by bisection; see ``excursion``.

    Parameters
    ----------
    low, high : displacements between which it lies, in the voltage's unit; ``high`` may lie below ``low``: an anode break
        needs a displacement downwards; a high end above ``low`` is looked for by default
    tolerance : of the bracket; a ten millionth of its first width by default
    settled, duration_ms : as for ``excursion``
    engine, scheme, dt_ms, level : as for ``f_i_curve``

    Examples
    --------
    >>> found = sb.analyses.displacement_threshold("hodgkin_huxley")
    >>> f"{found.value:.2f} {found.unit}"
    '6.50 mV'
    """
    model = model_of(subject)
    if level is None:
        require_spikes(model)
    with Bench(engine, scheme, step_ms(subject, dt_ms), level) as bench:
        length, unit, one = duration_ms or _length_ms(subject, bench), str(model.unit_of(_scanned(model))), _one(model)
        answer = Asked(
            model, lambda by: bench.response(displaced(model, by, settled), [], length), lambda r: len(r.spike_times_ms) > 0
        )
        if high is None:
            found = searched(answer, low, low + 0.1 * one, tolerance or 1e-7, unit, 20.0 * one)
        else:
            found = bisected(answer, low, high, tolerance or 1e-7 * abs(high - low), unit)
    return answer.seen(found)


def _one(model: Model) -> float:
    """What counts as one step of the voltage, in its unit."""
    field = Field(model)
    return float(field.scale[field.scanned] / field.units[field.scanned])


def _length_ms(subject: Subject, bench: Bench) -> float:
    """How long to watch for a spike."""
    return on_grid(max(30.0, 3.0 * pace_ms(subject)), bench.dt_ms)


def displaced(model: Model, displacement: float, settled: bool) -> Model:
    """The model starting with another voltage; see ``excursion``."""
    field, names = Field(model), model.state_names
    start = field.start.copy()
    start[field.scanned] += displacement * field.units[field.scanned]
    if settled:
        start = held_steady(field, start[[field.scanned]], 0.0)[:, 0]
        if not np.all(np.isfinite(start)):
            raise ValueError(f"{model.name}: the other variables come to no rest while {names[field.scanned]} is held there")
    return starting_at(model, {name: float(x) for name, x in zip(names, start / field.units, strict=True)})


def _scanned(model: Model) -> str:
    return model.state_names[Field(model).scanned]


# plots ------------------------------------------------------------------------------------------------


def plot_strength_duration(curve: StrengthDuration, axes: Axes | None = None) -> Figure:
    """Threshold against width on logarithmic axes, with the threshold charge of the shortest pulse as a line."""
    axes, style = axes_of(axes, "pulse width (ms)", with_unit("threshold", curve.unit))
    axes.loglog(
        curve.duration_ms, np.abs(curve.amplitude), marker="o", markersize=3.5, linewidth=1.0, label="threshold", **style(0)
    )
    charge = curve.charge[np.argmin(curve.duration_ms)]
    axes.loglog(curve.duration_ms, abs(charge) / curve.duration_ms, "--", color="0.35", linewidth=0.8, label="constant charge")
    axes.legend(frameon=False, fontsize="small")
    return axes.figure  # type: ignore[return-value]


def plot_excursions(excursions: Sequence[Excursion], axes: Axes | None = None) -> Figure:
    """Voltage against time, a line a displacement."""
    unit = excursions[0].unit
    axes, style = axes_of(axes, "time (ms)", with_unit(excursions[0].variable, unit))
    for index, found in enumerate(excursions):
        samples = found.response.states[found.variable]
        label = f"{found.displacement:+g}{'' if unit == '1' else ' ' + unit}"
        axes.plot(found.response.t_ms, samples, linewidth=1.0, label=label, **style(index))
    axes.legend(frameon=False, fontsize="small", title="displaced by")
    return axes.figure  # type: ignore[return-value]
