"""The plan of a figure: its panels, which runs each shows and how; read from the [plot] of a figure file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.shown import shown
from spikebridge.bridge.toml_file import refuse_unknown
from spikebridge.reports.textbook.analysis_kind import FigureAnalysis
from spikebridge.reports.textbook.claim_measures import MEASURES
from spikebridge.reports.textbook.claims import read_question
from spikebridge.reports.textbook.figure import FigureRun, Panel, Plan

_LOOKS = ("kind", "title", "x_label", "y_label", "x_range", "y_range", "legend", "span", "height")
# what each kind of panel is told beside its looks
KINDS: dict[str, tuple[str, ...]] = {
    "traces": ("runs", "variables"),
    "stimulus": ("runs",),
    "pattern": ("runs", "variables"),
    "phase": ("runs", "x", "y"),
    "raster": ("runs", "sweep"),
    "resets": ("sweeps", "variable", "after", "before"),
    "curve": ("sweeps", "what", "k", "variable", "level", "after", "before", "gap"),
    "analysis": ("of", "look", "runs", "x", "y"),
    "intervals": ("runs", "bin_ms", "after_ms"),
    "return_map": ("runs", "after_ms"),
    "rate": ("runs",),
}
_ABOUT_SWEEPS = {"curve": "frequency", "resets": "reset_value"}  # and what they measure unless they say
_PLOT_KEYS = ("kind", "columns", "size", "share_x", "panels", "variables", "runs")
MOST_PANELS = 60


def read_plan(
    data: Mapping[str, Any],
    runs: Mapping[str, FigureRun],
    sweeps: Collection[str],
    analyses: Mapping[str, FigureAnalysis],
    where: str,
) -> Plan:
    """The plan of a [plot] table; DefinitionError names the key and what was expected."""
    refuse_unknown(data, _PLOT_KEYS, where)
    columns, share = data.get("columns", 1), data.get("share_x", False)
    if isinstance(columns, bool) or not isinstance(columns, int) or not 1 <= columns <= 8:
        raise DefinitionError(f"{where}: columns: expected a whole number from 1 to 8, found {shown(columns)}")
    if not isinstance(share, bool):
        raise DefinitionError(f"{where}: share_x: expected true or false, found {shown(share)}")
    tables = _patterns(data, runs, where) if data.get("kind") == "patterns" else data.get("panels", [])
    if data.get("kind", "panels") not in ("panels", "patterns"):
        raise DefinitionError(f'{where}: kind: expected "panels" or "patterns", found {shown(data["kind"])}')
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise DefinitionError(f"{where}: panels: expected one or more tables, written [[plot.panels]]")
    if len(tables) > MOST_PANELS:
        raise DefinitionError(f"{where}: panels: at most {MOST_PANELS}, found {len(tables)}")
    panels = tuple(_panel(t, runs, sweeps, analyses, f"{where}: panel {i}") for i, t in enumerate(tables, 1))
    size = _sides(data["size"], f"{where}: size") if "size" in data else None
    return Plan(panels, columns, size, share)


def _patterns(data: Mapping[str, Any], runs: Mapping[str, FigureRun], where: str) -> list[dict[str, Any]]:
    """A small panel a run, with its stimulus below."""
    chosen = data.get("runs", [name for name, run in runs.items() if not run.sweep])
    if not isinstance(chosen, list):
        raise DefinitionError(f"{where}: runs: expected a list of names, found {shown(chosen)}")
    variables = {"variables": data["variables"]} if "variables" in data else {}
    return [
        {"kind": "pattern", "runs": [name], "title": runs[name].label if name in runs else "", **variables} for name in chosen
    ]


def _panel(
    table: Mapping[str, Any],
    runs: Mapping[str, FigureRun],
    sweeps: Collection[str],
    analyses: Mapping[str, FigureAnalysis],
    where: str,
) -> Panel:
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise DefinitionError(f"{where}: kind: there is no {shown(kind)}.{did_you_mean(str(kind), KINDS)}")
    refuse_unknown(table, (*_LOOKS, *KINDS[kind]), where)
    for key in ("x_range", "y_range"):
        if key in table:
            _pair(table[key], f"{where}: {key}")
    for key in ("title", "x_label", "y_label", "x", "y", "what", "sweep", "look"):
        if key in table and not isinstance(table[key], str):
            raise DefinitionError(f"{where}: {key}: expected text, found {shown(table[key])}")
    if not isinstance(table.get("legend", True), bool):
        raise DefinitionError(f"{where}: legend: expected true or false, found {shown(table['legend'])}")
    for key, most in (("span", 8), ("height", 10)):
        if key in table and (isinstance(table[key], bool) or not isinstance(table[key], int) or not 1 <= table[key] <= most):
            raise DefinitionError(f"{where}: {key}: expected a whole number from 1 to {most}, found {shown(table[key])}")
    for key in ("bin_ms", "after_ms"):
        if key in table and (
            isinstance(table[key], bool) or not isinstance(table[key], (int, float)) or not 0 <= table[key] < 1e9
        ):
            raise DefinitionError(f"{where}: {key}: expected a number of milliseconds, found {shown(table[key])}")
    if kind == "intervals" and not table.get("bin_ms"):
        raise DefinitionError(f"{where}: bin_ms: a histogram of intervals needs the width of its bins")
    drawn = _analyses(table, analyses, where) if kind == "analysis" else ()
    drawn_runs = [] if kind == "analysis" and "runs" not in table else _shown(table, kind, runs, sweeps, where)
    _check_variables(table, kind, [runs[name] for name in drawn_runs], where)
    question = None
    if kind in _ABOUT_SWEEPS:
        question = read_question({"what": _ABOUT_SWEEPS[kind], **table}, runs[drawn_runs[0]].experiment, where)
    return Panel(kind, tuple(drawn_runs), dict(table), question, drawn)


def _analyses(table: Mapping[str, Any], analyses: Mapping[str, FigureAnalysis], where: str) -> tuple[str, ...]:
    """Those named, which may be one; checks that each can be drawn as asked."""
    names = table.get("of", list(analyses))
    names = [names] if isinstance(names, str) else names
    _check_names(names, analyses, f"{where}: of", "analysis")
    look = table.get("look")
    for name in names:
        if look is not None and look not in (looks := analyses[name].kind.looks):
            raise DefinitionError(f"{where}: look: {name} cannot be drawn as {shown(look)}.{did_you_mean(str(look), looks)}")
    return tuple(names)


def _shown(table: Mapping[str, Any], kind: str, runs: Mapping[str, FigureRun], sweeps: Collection[str], where: str) -> list[str]:
    """The runs of a panel: those named, the members of the sweeps named, or all that are in no sweep."""
    if kind in _ABOUT_SWEEPS or "sweep" in table:
        names = [table["sweep"]] if "sweep" in table else table.get("sweeps", list(sweeps))
        _check_names(names, sweeps, f"{where}: sweeps", "sweep")
        if table.get("what", "frequency") not in MEASURES:
            raise DefinitionError(f"{where}: what: there is no {shown(table['what'])}.{did_you_mean(table['what'], MEASURES)}")
        return [run.name for name in names for run in runs.values() if run.sweep == name]
    names = table.get("runs", [name for name, run in runs.items() if not run.sweep])
    _check_names(names, runs, f"{where}: runs", "run")
    return list(names)


def _check_names(names: Any, known: Collection[str], where: str, noun: str) -> None:
    if not isinstance(names, list) or not names:
        raise DefinitionError(f"{where}: expected a list with the name of at least one {noun}, found {shown(names)}")
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise DefinitionError(f"{where}: there is no {noun} {shown(name)}.{did_you_mean(str(name), known)}")


def _check_variables(table: Mapping[str, Any], kind: str, runs: list[FigureRun], where: str) -> None:
    if kind in ("phase", "analysis") and runs and not ("x" in table and "y" in table):
        raise DefinitionError(f"{where}: a phase panel needs the variables x and y")
    wanted = [table[k] for k in ("x", "y", "variable") if k in table]
    listed = table.get("variables", [])
    if not isinstance(listed, list):
        raise DefinitionError(f"{where}: variables: expected a list of names, found {shown(listed)}")
    for run in runs:
        known = list(dict.fromkeys((*run.experiment.model.state_names, *run.experiment.record)))
        for name in (*wanted, *listed):
            if name not in known:
                raise DefinitionError(f"{where}: {run.name} does not record {shown(name)}.{did_you_mean(str(name), known)}")


def _sides(given: Any, where: str) -> tuple[float, float]:
    sides = isinstance(given, list) and len(given) == 2
    if not sides or not all(isinstance(x, (int, float)) and not isinstance(x, bool) and 1 <= x <= 30 for x in given):
        raise DefinitionError(f"{where}: expected width and height in inches, from 1 to 30, found {shown(given)}")
    return float(given[0]), float(given[1])


def _pair(given: Any, where: str) -> tuple[float, float]:
    numbers = isinstance(given, list) and len(given) == 2
    if not numbers or not all(isinstance(x, (int, float)) and not isinstance(x, bool) and abs(x) < 1e100 for x in given):
        raise DefinitionError(f"{where}: expected two numbers such as [0, 50], found {shown(given)}")
    if given[0] == given[1]:
        raise DefinitionError(f"{where}: expected two different numbers, found {shown(given)}")
    return float(given[0]), float(given[1])
