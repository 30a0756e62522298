"""Kinds that run the neuron: thresholds, staircases, rates with their onset, voltage clamp. Engines can be asked for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports.analyses.clamp import clamp_family, iv_curve, plot_iv_curve
from reports.analyses.f_i import FICurve, OnsetFit, f_i_curve, fit_onset, lowest_sustained, plot_f_i_curve, rheobase
from reports.analyses.response import EXACT, Threshold
from reports.analyses.stairs import Staircase, plot_staircase, staircase
from reports.analyses.threshold import (
    Refractoriness,
    displacement_threshold,
    plot_refractoriness,
    plot_strength_duration,
    refractoriness,
    strength_duration,
)
from reports.figure_analyses.kind import FigureAnalysis, Kind, Option, Quantity, Site, nearest

_START = {"from_rest": Option("flag", True), "level": Option("level")}
_BOUNDS = {"low": Option("current", 0.0), "high": Option("current", needed=True)}
# a bracket of an engine need not be narrower than its integration error; each halving is a run
ENGINE_TOLERANCE = 1e-5


def _site(site: Site) -> dict[str, Any]:
    return {"engine": site.engine, "scheme": site.scheme, "dt_ms": site.dt_ms}


def _options(here: FigureAnalysis, *left_out: str) -> dict[str, Any]:
    return {key: value for key, value in here.given.items() if key not in left_out and value is not None}


def engine_tolerance(here: FigureAnalysis) -> float:
    """How wide, relative, a bracket of an engine may be in the end."""
    return max(float(here.given["tolerance"]), ENGINE_TOLERANCE)


def _relative(here: FigureAnalysis, site: Site) -> float:
    return float(here.given["tolerance"]) if site.engine == EXACT else engine_tolerance(here)


def _look(plot: Callable[..., object]) -> Callable[[Any, FigureAnalysis, Any], object]:
    return lambda result, here, axes: plot(result, axes=axes)


def _half(result: Threshold, question: Mapping[str, Any]) -> float:
    """Half of the bracket, in whose middle the threshold is said to be."""
    return 0.5 * result.uncertainty


# one threshold ----------------------------------------------------------------------------------------


def _rheobase(here: FigureAnalysis, site: Site) -> Threshold:
    width = _relative(here, site) * abs(here.given["high"])
    near = None if site.exact is None else site.exact.value
    return rheobase(here.model, tolerance=width, near=near, **_options(here, "tolerance"), **_site(site))


def _sustained(here: FigureAnalysis, site: Site) -> Threshold:
    width = _relative(here, site) * abs(here.given["high"])
    return lowest_sustained(here.model, tolerance=width, **_options(here, "tolerance"), **_site(site))


def _displacement(here: FigureAnalysis, site: Site) -> Threshold:
    width = _relative(here, site) * abs(here.given["high"] - here.given["low"])
    options = _options(here, "tolerance", "high", "low")
    return displacement_threshold(here.model, here.given["high"], here.given["low"], tolerance=width, **options, **_site(site))


def _threshold_table(result: Threshold, here: FigureAnalysis) -> pd.DataFrame:
    return pd.DataFrame({"threshold": [result.value], "uncertainty": [abs(result.uncertainty)], "unit": [result.unit]})


def _mark(result: Threshold, here: FigureAnalysis, axes: Any) -> None:
    axes.axvline(result.value, color="0.5", linewidth=0.9, linestyle=":", label=here.label)


_LOOK = {"line": _mark}
RHEOBASE = Kind(
    "smallest step current that gives a spike",
    {**_BOUNDS, **_START, "spikes": Option("whole", 1), "window_ms": Option("positive", 1000.0), "tolerance": Option("share", 1e-7)},
    _rheobase,
    {"threshold": Quantity("current", "rheobase", lambda result, question: result.value, bracket=_half)},
    _LOOK, _threshold_table, runs=True,
)  # fmt: skip
LOWEST_SUSTAINED = Kind(
    "lowest step current under which firing goes on",
    {
        **_BOUNDS, **_START, "window_ms": Option("positive", 2000.0), "tail_ms": Option("positive", 500.0),
        "tolerance": Option("share", 1e-6),
    },
    _sustained,
    {"threshold": Quantity("current", "lowest sustained current", lambda result, question: result.value, bracket=_half)},
    _LOOK, _threshold_table, runs=True,
)  # fmt: skip
DISPLACEMENT = Kind(
    "displacement of the starting voltage from which on there is a spike",
    {
        "low": Option("voltage", 0.0), "high": Option("voltage", needed=True), "settled": Option("flag", False),
        "duration_ms": Option("positive", 30.0), "tolerance": Option("share", 1e-7), "level": Option("level"),
    },
    _displacement,
    {"threshold": Quantity("voltage", "threshold displacement", lambda result, question: result.value, bracket=_half)},
    _LOOK, _threshold_table, runs=True,
)  # fmt: skip


# thresholds of pulses ---------------------------------------------------------------------------------


def _strengths(here: FigureAnalysis, site: Site) -> Any:
    options, widths = _options(here, "tolerance", "widths_ms"), here.given["widths_ms"]
    near = None if site.exact is None else dict(zip(widths, site.exact.amplitude.tolist(), strict=True))
    return strength_duration(here.model, widths, tolerance=_relative(here, site), near=near, **options, **_site(site))


STRENGTH_DURATION = Kind(
    "threshold of a pulse by its width",
    {
        **_BOUNDS, **_START, "widths_ms": Option("widths", needed=True), "spikes": Option("whole", 1),
        "window_ms": Option("positive", 40.0), "tolerance": Option("share", 1e-7),
    },
    _strengths,
    {
        "threshold": Quantity("current", "threshold of a pulse of {at}",
                              lambda result, question: nearest(result.duration_ms, result.amplitude, question["at"]), {"at": "ms"},
                              bracket=lambda result, question: nearest(result.duration_ms, 0.5 * result.uncertainty, question["at"])),
        "chronaxie": Quantity("ms", "chronaxie", lambda result, question: result.chronaxie_ms),
    },
    {"strength_duration": _look(plot_strength_duration)},
    lambda result, here: result.table(),
    runs=True,
)  # fmt: skip


def _refractoriness(here: FigureAnalysis, site: Site) -> Refractoriness:
    options, delays = _options(here, "tolerance", "delays_ms"), here.given["delays_ms"]
    pairs = [] if site.exact is None else zip(delays, site.exact.amplitude.tolist(), strict=True)
    near = {delay: strength for delay, strength in pairs if np.isfinite(strength)}
    return refractoriness(here.model, delays, tolerance=_relative(here, site), near=near, **options, **_site(site))


def _draw_second(result: Refractoriness, here: FigureAnalysis, axes: Any) -> None:
    axes.plot(result.delay_ms, result.amplitude, marker="o", markersize=3.5, linewidth=1.0)
    axes.set(xlabel="delay from onset to onset (ms)", ylabel=f"threshold ({result.single.unit})", yscale="log")


REFRACTORINESS = Kind(
    "threshold of a second pulse by its delay",
    {
        "delays_ms": Option("durations", needed=True), "width_ms": Option("positive", needed=True),
        "high": Option("current", needed=True), "conditioning": Option("current"), "onset_ms": Option("not_negative", 0.0),
        "window_ms": Option("positive", 30.0), "most": Option("current", 2000.0), "tolerance": Option("share", 1e-7), **_START,
    },
    _refractoriness,
    {
        "threshold": Quantity("current", "threshold of the second pulse after {at}",
                              lambda result, question: nearest(result.delay_ms, result.amplitude, question["at"]), {"at": "ms"},
                              bracket=lambda result, question: nearest(result.delay_ms, 0.5 * result.uncertainty, question["at"])),
        "ratio": Quantity("1", "second threshold over the first after {at}",
                          lambda result, question: nearest(result.delay_ms, result.ratio, question["at"]), {"at": "ms"}),
        "single": Quantity("current", "threshold of the pulse alone", lambda result, question: result.single.value,
                           bracket=lambda result, question: 0.5 * result.single.uncertainty),
    },
    {"refractoriness": _look(plot_refractoriness), "threshold": _draw_second},
    lambda result, here: result.table(),
    runs=True,
)  # fmt: skip


def _two_steps(rate_hz: float, dt_ms: float) -> float:
    """Of an interval, in Hz: each of its ends waits for the grid."""
    return rate_hz**2 * 2 * dt_ms / 1000.0


# staircases and rates ---------------------------------------------------------------------------------


def _staircase(here: FigureAnalysis, site: Site) -> Staircase:
    return staircase(here.model, here.given["amplitudes"], **_options(here, "amplitudes"), **_site(site))


def _on_stair(values: str) -> Callable[[Staircase, Mapping[str, Any]], float | None]:
    def find(result: Staircase, question: Mapping[str, Any]) -> float | None:
        way = result.rising if question["way"] == "up" else ~result.rising
        return nearest(result.amplitude[way], getattr(result, values)[way], question["at"])

    return find


_STAIR = {"at": "current", "way": "way"}
STAIRCASE = Kind(
    "staircase of currents, up and down",
    {"amplitudes": Option("numbers", needed=True), "down": Option("numbers"), "dwell_ms": Option("positive", 1000.0), **_START},
    _staircase,
    {
        "fires_from": Quantity("current", "lowest firing stair on the way up", lambda result, question: result.fires_from),
        "fires_down_to": Quantity("current", "lowest firing stair on the way down", lambda result, question: result.fires_down_to),
        "stair_spikes": Quantity("1", "spikes on the stair of {at}, {way}", _on_stair("spikes"), _STAIR),
        "stair_rate": Quantity("Hz", "rate on the stair of {at}, {way}", _on_stair("rate_hz"), _STAIR, wait=_two_steps),
    },
    {"staircase": _look(plot_staircase)},
    lambda result, here: result.table(),
    runs=True,
)  # fmt: skip


def _rates(here: FigureAnalysis, site: Site) -> tuple[FICurve, OnsetFit | None]:
    curve = f_i_curve(here.model, here.given["amplitudes"], **_options(here, "amplitudes", "fit_below"), **_site(site))
    below = here.given["fit_below"]
    return curve, None if below is None else fit_onset(curve, below)


def _rate(result: tuple[FICurve, OnsetFit | None], question: Mapping[str, Any]) -> float | None:
    return nearest(result[0].amplitude, result[0].rate_hz, question["at"])


def _latency(result: tuple[FICurve, OnsetFit | None], question: Mapping[str, Any]) -> float | None:
    return nearest(result[0].amplitude, result[0].latency_ms, question["at"])


def _fitted(what: str) -> Callable[[tuple[FICurve, OnsetFit | None], Mapping[str, Any]], float | None]:
    return lambda result, question: None if result[1] is None else float(getattr(result[1], what))


F_I = Kind(
    "rate against step current, with the square root at its onset",
    {
        "amplitudes": Option("numbers", needed=True), "duration_ms": Option("positive", 1000.0), "transient_ms": Option("not_negative", 0.0),
        "onset_ms": Option("not_negative", 0.0), "fit_below": Option("current"), **_START,
    },
    _rates,
    {
        "rate": Quantity("Hz", "rate at {at}", _rate, {"at": "current"}, wait=_two_steps),
        "latency": Quantity("ms", "latency at {at}", _latency, {"at": "current"}, wait=lambda answer, dt_ms: dt_ms),
        "onset": Quantity("current", "onset of firing by the square root", _fitted("onset")),
    },
    {"f_i": lambda result, here, axes: plot_f_i_curve({here.label: result[0]}, result[1], axes)},
    lambda result, here: result[0].table(),
    runs=True,
)  # fmt: skip


# voltage clamp ----------------------------------------------------------------------------------------


def _clamp(here: FigureAnalysis, site: Site) -> Any:
    given = here.given
    symbol = given["symbol"]
    family = clamp_family(here.model, given["hold"], given["commands"], given["duration_ms"], (symbol,), **_site(site))
    return iv_curve(family, symbol)


def _on_command(values: str) -> Callable[[Any, Mapping[str, Any]], float | None]:
    return lambda result, question: nearest(result.command, getattr(result, values), question["at"])


_COMMAND = {"at": "voltage"}
I_V = Kind(
    "currents against the clamped voltage",
    {
        "hold": Option("voltage", needed=True), "commands": Option("numbers", needed=True), "duration_ms": Option("positive", 20.0),
        "symbol": Option("symbol", "I_clamp"),
    },
    _clamp,
    {
        "least": Quantity("symbol", "most negative current at {at}", _on_command("least"), _COMMAND),
        "greatest": Quantity("symbol", "most positive current at {at}", _on_command("greatest"), _COMMAND),
        "steady": Quantity("symbol", "current in the end at {at}", _on_command("steady"), _COMMAND),
    },
    {"i_v": _look(plot_iv_curve)},
    lambda result, here: result.table(),
    runs=True,
)  # fmt: skip
