"""Kinds that run the neuron: thresholds, staircases, rates with their onset, voltage clamp. Engines can be asked for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from spikebridge.reports.analyses.clamp import clamp_family, iv_curve, plot_iv_curve
from spikebridge.reports.analyses.f_i import FICurve, OnsetFit, f_i_curve, fit_onset, lowest_sustained, plot_f_i_curve, rheobase
from spikebridge.reports.analyses.refractory import PulsePair, Refractoriness, Search, plot_refractoriness, refractoriness
from spikebridge.reports.analyses.response import EXACT, Threshold
from spikebridge.reports.analyses.stairs import Staircase, plot_staircase, staircase
from spikebridge.reports.analyses.threshold import displacement_threshold, plot_strength_duration, strength_duration
from spikebridge.reports.textbook.analysis_kind import (
    FigureAnalysis,
    Kind,
    Option,
    Quantity,
    Site,
    drawn_by,
    listed,
    nearest,
    options_of,
)
from spikebridge.reports.textbook.claim_measures import two_steps_in_hz

_START = {"from_rest": Option("flag", True), "level": Option("level")}
_BOUNDS = {"low": Option("current", 0.0), "high": Option("current", needed=True)}
# a bracket of an engine need not be narrower than its integration error; each halving is a run
ENGINE_TOLERANCE = 1e-5


def _site(site: Site) -> dict[str, Any]:
    return {"engine": site.engine, "scheme": site.scheme, "dt_ms": site.dt_ms}


def _relative(here: FigureAnalysis, site: Site) -> float:
    """How wide a bracket may be in the end."""
    wanted = float(here.given["tolerance"])
    return wanted if site.engine == EXACT else max(wanted, ENGINE_TOLERANCE)


def _half(result: Threshold, question: Mapping[str, Any]) -> float:
    """Half of the bracket, in whose middle the threshold is said to be."""
    return 0.5 * result.uncertainty


# one threshold ----------------------------------------------------------------------------------------


def _rheobase(here: FigureAnalysis, site: Site) -> Threshold:
    width = _relative(here, site) * abs(here.given["high"])
    near = None if site.exact is None else site.exact.value
    return rheobase(here.model, tolerance=width, near=near, **options_of(here, "tolerance"), **_site(site))


def _sustained(here: FigureAnalysis, site: Site) -> Threshold:
    width = _relative(here, site) * abs(here.given["high"])
    return lowest_sustained(here.model, tolerance=width, **options_of(here, "tolerance"), **_site(site))


def _displacement(here: FigureAnalysis, site: Site) -> Threshold:
    width = _relative(here, site) * abs(here.given["high"] - here.given["low"])
    options = options_of(here, "tolerance", "high", "low")
    return displacement_threshold(here.model, here.given["high"], here.given["low"], tolerance=width, **options, **_site(site))


def _threshold_table(result: Threshold, here: FigureAnalysis) -> pd.DataFrame:
    return pd.DataFrame({"threshold": [result.value], "uncertainty": [abs(result.uncertainty)], "unit": [result.unit]})


def _mark(result: Threshold, here: FigureAnalysis, axes: Any) -> None:
    axes.axvline(result.value, color="0.5", linewidth=0.9, linestyle=":", label=here.label)


def _one_threshold(
    words: str, name: str, unit: str, options: Mapping[str, Option], find: Callable[[FigureAnalysis, Site], Threshold]
) -> Kind:
    """A kind whose only number is a threshold, called ``name`` in claims."""
    quantity = Quantity(unit, name, lambda result, question: result.value, bracket=_half)
    return Kind(words, options, find, {"threshold": quantity}, {"line": _mark}, _threshold_table, runs=True)


RHEOBASE = _one_threshold(
    "smallest step current that gives a spike", "rheobase", "current",
    {**_BOUNDS, **_START, "spikes": Option("whole", 1), "window_ms": Option("positive", 1000.0), "tolerance": Option("share", 1e-7)},
    _rheobase,
)  # fmt: skip
LOWEST_SUSTAINED = _one_threshold(
    "lowest step current under which firing goes on", "lowest sustained current", "current",
    {
        **_BOUNDS, **_START, "window_ms": Option("positive", 2000.0), "tail_ms": Option("positive", 500.0),
        "tolerance": Option("share", 1e-6),
    },
    _sustained,
)  # fmt: skip
DISPLACEMENT = _one_threshold(
    "displacement of the starting voltage from which on there is a spike", "threshold displacement", "voltage",
    {
        "low": Option("voltage", 0.0), "high": Option("voltage", needed=True), "settled": Option("flag", False),
        "duration_ms": Option("positive", 30.0), "tolerance": Option("share", 1e-7), "level": Option("level"),
    },
    _displacement,
)  # fmt: skip


# thresholds of pulses ---------------------------------------------------------------------------------


def _strengths(here: FigureAnalysis, site: Site) -> Any:
    options, widths = options_of(here, "tolerance", "widths_ms"), here.given["widths_ms"]
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
                              listed("duration_ms", lambda r: r.amplitude), {"at": "ms"},
                              bracket=listed("duration_ms", lambda r: 0.5 * r.uncertainty)),
        "chronaxie": Quantity("ms", "chronaxie", lambda result, question: result.chronaxie_ms,
                              bracket=lambda result, question: result.chronaxie_uncertainty_ms),
    },
    {"strength_duration": drawn_by(plot_strength_duration)},
    lambda result, here: result.to_frame(),
    runs=True,
)  # fmt: skip


def _refractoriness(here: FigureAnalysis, site: Site) -> Refractoriness:
    given, delays = here.given, here.given["delays_ms"]
    exact = [] if site.exact is None else zip(delays, site.exact.amplitude.tolist(), strict=True)
    near = {delay: strength for delay, strength in exact if np.isfinite(strength)}
    pair = PulsePair(given["width_ms"], given["conditioning"], given["onset_ms"], given["window_ms"])
    search = Search(given["high"], given["most"], _relative(here, site), near)
    return refractoriness(here.model, delays, pair, search, given["from_rest"], level=given["level"], **_site(site))


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
                              listed("delay_ms", lambda r: r.amplitude), {"at": "ms"},
                              bracket=listed("delay_ms", lambda r: 0.5 * r.uncertainty)),
        "ratio": Quantity("1", "second threshold over the first after {at}", listed("delay_ms", lambda r: r.ratio), {"at": "ms"},
                          bracket=listed("delay_ms", lambda r: 0.5 * r.ratio_uncertainty)),
        "single": Quantity("current", "threshold of the pulse alone", lambda result, question: result.single.value,
                           bracket=lambda result, question: 0.5 * result.single.uncertainty),
    },
    {"refractoriness": drawn_by(plot_refractoriness), "threshold": _draw_second},
    lambda result, here: result.to_frame(),
    runs=True,
)  # fmt: skip


# staircases and rates ---------------------------------------------------------------------------------


def _staircase(here: FigureAnalysis, site: Site) -> Staircase:
    return staircase(here.model, here.given["amplitudes"], **options_of(here, "amplitudes"), **_site(site))


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
        "fires_from": Quantity("current", "lowest firing stair on the way up", lambda result, question: result.fires_from, discrete=True),
        "fires_down_to": Quantity("current", "lowest firing stair on the way down", lambda result, question: result.fires_down_to, discrete=True),
        "stair_spikes": Quantity("1", "spikes on the stair of {at}, {way}", _on_stair("spikes"), _STAIR, discrete=True),
        "stair_rate": Quantity("Hz", "rate on the stair of {at}, {way}", _on_stair("rate_hz"), _STAIR, wait=two_steps_in_hz),
    },
    {"staircase": drawn_by(plot_staircase)},
    lambda result, here: result.to_frame(),
    runs=True,
)  # fmt: skip


def _rates(here: FigureAnalysis, site: Site) -> tuple[FICurve, OnsetFit | None]:
    curve = f_i_curve(here.model, here.given["amplitudes"], **options_of(here, "amplitudes", "fit_below"), **_site(site))
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
        "rate": Quantity("Hz", "rate at {at}", _rate, {"at": "current"}, wait=two_steps_in_hz),
        "latency": Quantity("ms", "latency at {at}", _latency, {"at": "current"}, wait=lambda answer, dt_ms: dt_ms),
        "onset": Quantity("current", "onset of firing by the square root", _fitted("onset")),
    },
    {"f_i": lambda result, here, axes: plot_f_i_curve({here.label: result[0]}, result[1], axes)},
    lambda result, here: result[0].to_frame(),
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
    {"i_v": drawn_by(plot_iv_curve)},
    lambda result, here: result.to_frame(),
    runs=True,
)  # fmt: skip
