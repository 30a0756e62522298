"""All kinds of analyses by name, and reading one from a figure file."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from pathlib import Path
from typing import Any

from spikebridge.bridge.definition.experiment_file import make_experiment
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.quantity import read_in
from spikebridge.bridge.shown import shown
from spikebridge.bridge.toml_file import refuse_unknown
from spikebridge.reports.metrics.positions import read_position
from spikebridge.reports.textbook.analyses_on_equations import (
    CYCLE_BRANCH,
    FIXED_POINT_BRANCHES,
    FIXED_POINTS,
    IMPEDANCE,
    LIMIT_CYCLE,
    PHASE_PLANE,
)
from spikebridge.reports.textbook.analyses_on_runs import (
    DISPLACEMENT,
    F_I,
    I_V,
    LOWEST_SUSTAINED,
    REFRACTORINESS,
    RHEOBASE,
    STAIRCASE,
    STRENGTH_DURATION,
)
from spikebridge.reports.textbook.analysis_kind import AnalysisQuestion, FigureAnalysis, Kind, Quantity
from spikebridge.reports.textbook.analysis_options import READERS, state_name

KINDS: Mapping[str, Kind] = {
    "branches": FIXED_POINT_BRANCHES,
    "cycles": CYCLE_BRANCH,
    "cycle": LIMIT_CYCLE,
    "fixed_points": FIXED_POINTS,
    "plane": PHASE_PLANE,
    "impedance": IMPEDANCE,
    "rheobase": RHEOBASE,
    "lowest_sustained": LOWEST_SUSTAINED,
    "displacement": DISPLACEMENT,
    "strength_duration": STRENGTH_DURATION,
    "refractoriness": REFRACTORINESS,
    "staircase": STAIRCASE,
    "f_i": F_I,
    "i_v": I_V,
}
MODEL_KEYS = ("model", "regime", "parameters", "initial", "dt")
QUESTION_KEYS = ("k", "n", "at", "variable", "way")
_OWN_KEYS = ("kind", "label", "exact_only")


def read_analysis(table: Mapping[str, Any], name: str, where: str, folder: Path) -> FigureAnalysis:
    """The analysis of one table; DefinitionError names the place, the key and what was expected."""
    kind = KINDS.get(str(table.get("kind")))
    if kind is None:
        raise DefinitionError(
            f"{where}: kind: there is no {shown(table.get('kind'))}.{did_you_mean(str(table.get('kind')), KINDS)}"
        )
    refuse_unknown(table, (*_OWN_KEYS, *MODEL_KEYS, *kind.options), where)
    texts = {key: table.get(key, "") for key in ("label", "exact_only")}
    for key, text in texts.items():
        if not isinstance(text, str):
            raise DefinitionError(f"{where}: {key}: expected text, found {shown(text)}")
    own = {key: table[key] for key in MODEL_KEYS if key in table}
    # of the experiment only the model and the step are wanted; its duration is any number of steps
    experiment = make_experiment({**own, "duration": own.get("dt", "0.01 ms")}, where, name, folder)
    given = _given(table, kind, experiment.model, where)
    return FigureAnalysis(
        name, texts["label"] or name, kind, experiment.model, given, experiment.dt_ms, texts["exact_only"], where
    )


def _given(table: Mapping[str, Any], kind: Kind, model: Model, where: str) -> dict[str, Any]:
    """Every option; those without a unit of their own first, since the unit of others depends on them."""
    given: dict[str, Any] = {}
    for key, option in sorted(kind.options.items(), key=lambda item: item[1].reader == "varied"):
        if key in table:
            given[key] = READERS[option.reader](table[key], model, given, f"{where}: {key}")
        elif option.needed:
            raise DefinitionError(f"{where}: {key}: is missing")
        else:
            given[key] = option.default
    if "stimulus" in table and given.get("parameter") == STIMULUS:
        raise DefinitionError(f"{where}: stimulus: it is what varies here; name another parameter, or leave it out")
    return given


def read_analysis_question(table: Mapping[str, Any], analysis: FigureAnalysis, where: str) -> AnalysisQuestion:
    """The quantity that a claim names in ``what``, with the keys it takes; DefinitionError as for a claim."""
    what, known = table.get("what"), analysis.kind.quantities
    if not isinstance(what, str) or what not in known:
        raise DefinitionError(
            f"{where}: what: expected the name of a quantity of {analysis.name}, found {shown(what)}.{did_you_mean(str(what), known)}"
        )
    quantity = known[what]
    for key in table:
        if key in QUESTION_KEYS and key not in quantity.takes:
            takes = f"it takes {', '.join(quantity.takes)}" if quantity.takes else "it takes none"
            raise DefinitionError(f"{where}: {key}: {what} takes no such key; {takes}")
    return AnalysisQuestion(analysis, what, _asked(table, quantity, analysis, where))


def _asked(table: Mapping[str, Any], quantity: Quantity, analysis: FigureAnalysis, where: str) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for key, takes in quantity.takes.items():
        here = f"{where}: {key}"
        if takes == "position":
            asked[key] = read_position(table.get(key, 1), here)
        elif takes == "state":
            asked[key] = state_name(table.get(key, analysis.model.observed), analysis.model, here)
        elif takes == "way":
            asked[key] = table.get(key, "up")
            if asked[key] not in ("up", "down"):
                raise DefinitionError(f'{here}: expected "up" or "down", found {shown(asked[key])}')
        elif key not in table:
            raise DefinitionError(f"{here}: is missing")
        else:
            asked[key] = read_in(table[key], analysis.unit(takes, asked), here)[0]
            _check_listed(asked[key], table[key], analysis, here)
    return asked


def _check_listed(value: float, given: Any, analysis: FigureAnalysis, where: str) -> None:
    """What a claim asks about must be one of the numbers that the analysis goes through."""
    lists = [key for key, numbers in analysis.given.items() if isinstance(numbers, list)]
    known = [x for key in lists for x in analysis.given[key]]
    if not any(isclose(value, x, rel_tol=1e-9, abs_tol=1e-12) for x in known):
        listed = ", ".join(f"{x:g}" for x in known[:20])
        raise DefinitionError(
            f"{where}: expected one of {' and '.join(lists)} of {analysis.name} ({listed}), found {shown(given)}"
        )
