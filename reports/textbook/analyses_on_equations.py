"""Kinds that look at the equations: fixed points, their branches, limit cycles, phase planes, the impedance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.reports.analyses.branch import fixed_point_branches
from spikebridge.reports.analyses.cycle import Cycle, CycleBranch, cycle_branch, limit_cycle, plot_cycle_branch, plot_period
from spikebridge.reports.analyses.cycle_continuation import LONG
from spikebridge.reports.analyses.diagram import Branches, SpecialPoint, plot_branches
from spikebridge.reports.analyses.fixed_point import FixedPoints, fixed_points
from spikebridge.reports.analyses.plane import phase_plane, plot_phase_plane
from spikebridge.reports.analyses.resonance import impedance, plot_impedance
from spikebridge.reports.metrics.positions import at_position
from spikebridge.reports.textbook.analysis_kind import FigureAnalysis, Kind, Option, Quantity, Site, drawn_by, listed, options_of

_RANGE = {
    "low": Option("varied", needed=True), "high": Option("varied", needed=True), "parameter": Option("parameter", STIMULUS),
    "stimulus": Option("current", 0.0), "shown": Option("state"),
}  # fmt: skip


# branches of fixed points -----------------------------------------------------------------------------


def _branches(here: FigureAnalysis, site: Site) -> Branches:
    return fixed_point_branches(here.model, **options_of(here, "shown"))


def _special(result: Branches, kind: str, question: Mapping[str, Any]) -> SpecialPoint | None:
    points = sorted((p for branch in result for p in branch.of_kind(kind)), key=lambda p: p.parameter)
    chosen: SpecialPoint | None = at_position(points, question["k"])
    return chosen


def _at(kind: str, what: str) -> Quantity:
    """What is claimed of the k-th special point of a kind, by rising parameter."""
    words = "Hopf point {k}" if kind == "Hopf" else "saddle-node {k}"

    def find(result: Branches, question: Mapping[str, Any]) -> float | None:
        point = _special(result, kind, question)
        if point is None:
            return None
        if what == "state":
            return point.state[question["variable"]]
        return point.parameter if what == "parameter" else point.frequency_hz

    if what == "state":
        return Quantity("variable", f"{{variable}} at {words}", find, {"k": "position", "variable": "state"})
    if what == "frequency":
        return Quantity("Hz", f"frequency at {words}", find, {"k": "position"})
    return Quantity("parameter", words, find, {"k": "position"})


FIXED_POINT_BRANCHES = Kind(
    "branches of fixed points",
    {**_RANGE, "v_low": Option("voltage"), "v_high": Option("voltage"), "step": Option("positive", 0.1), "most": Option("whole", 4000)},
    _branches,
    {
        "hopf": _at("Hopf", "parameter"), "hopf_frequency": _at("Hopf", "frequency"), "hopf_state": _at("Hopf", "state"),
        "saddle_node": _at("saddle-node", "parameter"), "saddle_node_state": _at("saddle-node", "state"),
    },
    {"branches": lambda result, here, axes: plot_branches(result, here.given["shown"], axes)},
    lambda result, here: result.to_frame(),
)  # fmt: skip


# limit cycles -----------------------------------------------------------------------------------------


def _cycles(here: FigureAnalysis, site: Site) -> CycleBranch:
    return cycle_branch(here.model, here.given["from"], **options_of(here, "shown", "from"))


def _longest(what: str) -> Callable[[CycleBranch, Mapping[str, Any]], float | None]:
    """Of the cycle with the longest period, where that grew beyond all bounds: there the parameter no longer moves."""

    def find(result: CycleBranch, question: Mapping[str, Any]) -> float | None:
        longest = max(result.cycles, key=lambda cycle: cycle.period_ms)
        return float(getattr(longest, what)) if LONG in result.ends else None

    return find


def _folds(result: CycleBranch) -> list[Cycle]:
    return sorted(result.folds, key=lambda c: c.parameter)


def _fold(what: str) -> Quantity:
    def find(result: CycleBranch, question: Mapping[str, Any]) -> float | None:
        fold = at_position(_folds(result), question["k"])
        return None if fold is None else float(getattr(fold, what))

    unit, words = ("parameter", "fold {k} of cycles") if what == "parameter" else ("ms", "period at fold {k} of cycles")
    return Quantity(unit, words, find, {"k": "position"})


CYCLE_BRANCH = Kind(
    "branch of limit cycles",
    {
        **_RANGE, "from": Option("varied", needed=True), "step": Option("positive", 0.3), "most": Option("whole", 600),
        "settle_ms": Option("positive", 500.0), "dt_ms": Option("positive", 0.02), "longest_ms": Option("positive", 2000.0),
    },
    _cycles,
    {
        "fold": _fold("parameter"), "fold_period": _fold("period_ms"),
        "longest_at": Quantity("parameter", "where the period is longest", _longest("parameter")),
        "longest_period": Quantity("ms", "longest period", _longest("period_ms")),
    },
    {"cycles": lambda result, here, axes: plot_cycle_branch(result, here.given["shown"], axes), "period": drawn_by(plot_period)},
    lambda result, here: result.to_frame(),
)  # fmt: skip


def _cycle(here: FigureAnalysis, site: Site) -> Cycle:
    given = here.given
    return limit_cycle(here.model, given["at"], given["parameter"], given["stimulus"], given["settle_ms"], given["dt_ms"])


def _two_of(model: Model) -> tuple[str, ...]:
    """The observed signal and the first other state, where there is one: the axes of a plane."""
    return (model.observed, *(name for name in model.state_names if name != model.observed))[:2]


def _draw_orbit(result: Cycle, here: FigureAnalysis, axes: Any) -> None:
    x, y = (here.given[key] or _two_of(here.model)[i] for i, key in enumerate(("x", "y")))
    axes.plot(result.orbit[x], result.orbit[y], color="0.15", linewidth=1.2, label=here.label)


def _extreme(which: int) -> Any:
    return lambda result, question: result.ranges[question["variable"]][which]


LIMIT_CYCLE = Kind(
    "limit cycle",
    {
        "at": Option("varied", needed=True), "parameter": Option("parameter", STIMULUS), "stimulus": Option("current", 0.0),
        "settle_ms": Option("positive", 500.0), "dt_ms": Option("positive", 0.02), "x": Option("state"), "y": Option("state"),
    },
    _cycle,
    {
        "period": Quantity("ms", "period of the cycle", lambda result, question: result.period_ms),
        "rate": Quantity("Hz", "rate of the cycle", lambda result, question: result.rate_hz),
        "largest": Quantity("variable", "largest {variable} on the cycle", _extreme(1), {"variable": "state"}),
        "smallest": Quantity("variable", "smallest {variable} on the cycle", _extreme(0), {"variable": "state"}),
    },
    {"orbit": _draw_orbit},
    lambda result, here: result.to_frame(),
)  # fmt: skip


# fixed points and the plane ---------------------------------------------------------------------------


def _points(here: FigureAnalysis, site: Site) -> FixedPoints:
    return fixed_points(here.model, here.given["stimulus"], here.given["v_low"], here.given["v_high"])


def _state(result: FixedPoints, question: Mapping[str, Any]) -> float | None:
    point = at_position(result, question["k"])
    return None if point is None else float(point.state[question["variable"]])


def _eigenvalue(part: str) -> Quantity:
    def find(result: FixedPoints, question: Mapping[str, Any]) -> float | None:
        point = at_position(result, question["k"])
        value = None if point is None else at_position(point.eigenvalues, question["n"])
        return None if value is None else float(getattr(value, part))

    name = "real" if part == "real" else "imaginary"
    takes = {"k": "position", "n": "position"}
    return Quantity("1/ms", f"{name} part of eigenvalue {{n}} at fixed point {{k}}", find, takes)


def _stable(result: FixedPoints, question: Mapping[str, Any]) -> float:
    return float(sum(point.stable for point in result))


def _draw_points(result: FixedPoints, here: FigureAnalysis, axes: Any) -> None:
    x, *y = _two_of(here.model)
    for point in result:
        face = "black" if point.stable else "white"
        axes.plot([point.state[x]], [point.state[y[0]] if y else 0.0], "o", color="black", markerfacecolor=face, markersize=6)


FIXED_POINTS = Kind(
    "fixed points",
    {"stimulus": Option("current", 0.0), "v_low": Option("voltage"), "v_high": Option("voltage")},
    _points,
    {
        "fixed_point_count": Quantity("1", "number of fixed points", lambda result, question: float(len(result))),
        "stable_count": Quantity("1", "number of stable fixed points", _stable),
        "state": Quantity("variable", "{variable} at fixed point {k}", _state, {"k": "position", "variable": "state"}),
        "eigenvalue_real": _eigenvalue("real"), "eigenvalue_imaginary": _eigenvalue("imag"),
    },
    {"points": _draw_points},
    lambda result, here: result.to_frame(),
)  # fmt: skip


def _plane(here: FigureAnalysis, site: Site) -> Any:
    given = here.given
    return phase_plane(here.model, given["x_range"], given["y_range"], given["x"], given["y"], given["stimulus"], given["others"])


PHASE_PLANE = Kind(
    "phase plane with nullclines and vector field",
    {
        "x_range": Option("pair", needed=True), "y_range": Option("pair", needed=True), "x": Option("state"), "y": Option("state"),
        "stimulus": Option("current", 0.0), "others": Option("others"),
    },
    _plane,
    {},
    {"plane": lambda result, here, axes: plot_phase_plane(result, axes=axes)},
    lambda result, here: result.to_frame(),
)  # fmt: skip


# impedance --------------------------------------------------------------------------------------------


def _impedance(here: FigureAnalysis, site: Site) -> Any:
    wanted = np.asarray(here.given["frequencies_hz"], dtype=float)
    return impedance(here.model, wanted, here.given["stimulus"])


IMPEDANCE = Kind(
    "impedance at rest",
    {"frequencies_hz": Option("durations", needed=True), "stimulus": Option("current", 0.0)},
    _impedance,
    {
        "resting_impedance": Quantity("impedance", "|Z| at 0 Hz", lambda result, question: result.resting),
        "peak_impedance": Quantity("impedance", "largest |Z|", lambda result, question: result.peak),
        "peak_frequency": Quantity("Hz", "frequency of the largest |Z|", lambda result, question: result.peak_hz),
        "impedance": Quantity("impedance", "|Z| at {at}", listed("frequency_hz", lambda r: np.abs(r.impedance)), {"at": "Hz"}),
    },
    {"impedance": drawn_by(plot_impedance)},
    lambda result, here: result.to_frame(),
)  # fmt: skip
