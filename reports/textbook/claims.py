"""A claim: what a textbook figure shows as a number, how sure that number is, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.quantity import read_in
from spikebridge.bridge.shown import shown
from spikebridge.bridge.toml_file import refuse_unknown
from spikebridge.reports.metrics.positions import read_position
from spikebridge.reports.textbook.analysis_kind import AnalysisQuestion, FigureAnalysis
from spikebridge.reports.textbook.analysis_registry import QUESTION_KEYS as ANALYSIS_KEYS
from spikebridge.reports.textbook.analysis_registry import read_analysis_question
from spikebridge.reports.textbook.claim_measures import MEASURES, Question

_OWN_KEYS = ("what", "run", "with", "expected", "tolerance", "reason", "source", "note")
_TIMES = ("at", "after", "before", "gap")
_QUESTION_KEYS = ("k", "variable", "level", *_TIMES)
KEYS = (*_OWN_KEYS, *_QUESTION_KEYS)
UNCONFIRMED = "published, unconfirmed"
HALF_A_DIGIT = "half of the last digit given"


@dataclass(frozen=True)
class Claim:
    """One number of a figure.

    Attributes
    ----------
    run : of which run of the figure, or of which analysis
    expected, tolerance : in ``unit``
    reason : of the tolerance
    source : page or figure, ``exact solution``, a closed form with its derivation, or ``published, unconfirmed``
    decides : False for what is only quoted from memory, which is shown and never judged by
    """

    question: Question | AnalysisQuestion
    run: str
    expected: float
    tolerance: float
    unit: str
    reason: str
    source: str
    text: str
    note: str = ""

    @property
    def decides(self) -> bool:
        return not self.source.startswith(UNCONFIRMED)


def read_claim(table: Mapping[str, Any], run: str, experiment: Experiment, where: str) -> Claim:
    """The claim of one table about that run; DefinitionError names the place, the key and what was expected."""
    refuse_unknown(table, KEYS, where)
    what = table.get("what")
    if not isinstance(what, str) or what not in MEASURES:
        hint = did_you_mean(what, MEASURES) if isinstance(what, str) else f" Known: {', '.join(MEASURES)}."
        raise DefinitionError(f"{where}: what: expected the name of a measure, found {shown(what)}.{hint}")
    question = read_question(table, experiment, where)
    return _claim(table, question, run, _unit(question, experiment), where)


def read_analysis_claim(table: Mapping[str, Any], analysis: FigureAnalysis, where: str) -> Claim:
    """The claim of one table about that analysis; DefinitionError as for a run."""
    refuse_unknown(table, (*_OWN_KEYS, *ANALYSIS_KEYS), where)
    question = read_analysis_question(table, analysis, where)
    return _claim(table, question, analysis.name, question.unit_text, where)


def _claim(table: Mapping[str, Any], question: Question | AnalysisQuestion, run: str, unit: str, where: str) -> Claim:
    source = _text(table, "source", where)
    if not source:
        raise DefinitionError(
            f'{where}: source: is missing; say who claims this, for example "exact solution", a page or a closed form'
        )
    expected, digits = _number(table, "expected", unit, where)
    tolerance, reason = digits, HALF_A_DIGIT
    if "tolerance" in table:
        tolerance, reason = _tolerance(table, unit, where), _text(table, "reason", where)
        if not reason:
            raise DefinitionError(f"{where}: reason: is missing; say why the tolerance is {shown(table['tolerance'])}")
        if not tolerance >= 0:
            raise DefinitionError(f"{where}: tolerance: must not be negative, found {shown(table['tolerance'])}")
    elif "reason" in table:
        raise DefinitionError(f"{where}: reason: is that of a tolerance, and there is none")
    return Claim(
        question, run, expected, tolerance, unit, reason, source, str(table["expected"]), _text(table, "note", where)
    )  # fmt: skip


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise DefinitionError(f"{where}: {key}: expected text, found {shown(value)}")
    return value.strip()


def read_question(table: Mapping[str, Any], experiment: Experiment, where: str) -> Question:
    """The measure that a table names in ``what``, with the keys it takes; DefinitionError as for a claim."""
    what = str(table["what"])
    allowed = MEASURES[what].keys
    for key in table:
        if key in _QUESTION_KEYS and key not in allowed:
            raise DefinitionError(f"{where}: {key}: {what} takes no such key; it takes {', '.join(allowed)}")
    given: dict[str, Any] = {key: _time_ms(table[key], f"{where}: {key}") for key in _TIMES if key in table}
    _check_times(given, experiment.duration_ms, where)
    if "gap" in allowed and "gap" not in given:
        raise DefinitionError(f'{where}: gap: is missing; give the shortest pause between bursts, such as "20 ms"')
    if "k" in table:
        given["k"] = read_position(table["k"], f"{where}: k")
    model = experiment.model
    if what in ("reset_value", "reset_time") and not model.resets:
        raise DefinitionError(f"{where}: what: no spike resets {model.name}, so there is no {what}")
    names = list(dict.fromkeys((*model.state_names, *experiment.record)))
    variable = table.get("variable", experiment.observed)
    if variable not in names:
        hint = did_you_mean(str(variable), names)
        raise DefinitionError(f"{where}: variable: {shown(variable)} is not recorded.{hint}")
    if "level" in table:
        unit = model.unit_of(variable)
        given["level"] = _converted(table["level"], str(unit), f"{where}: level")[0]
    return Question(what, variable, given)


def _check_times(given: Mapping[str, float], duration_ms: float, where: str) -> None:
    """What lies outside the run, or in a window without time, is no claim about it."""
    last = duration_ms * (1 + 1e-9)
    for key in ("at", "after", "before"):
        if key in given and not 0 <= given[key] <= last:
            raise DefinitionError(f"{where}: {key}: expected a time from 0 to {duration_ms:g} ms, found {given[key]:g} ms")
    if not given.get("after", 0.0) < given.get("before", last):
        raise DefinitionError(f"{where}: after: expected a time before the end of the window, found {given['after']:g} ms")
    if "gap" in given and not given["gap"] > 0:
        raise DefinitionError(f"{where}: gap: must be longer than 0 ms, found {given['gap']:g} ms")


def _time_ms(given: Any, where: str) -> float:
    return _converted(given, "ms", where)[0]


def _unit(question: Question, experiment: Experiment) -> str:
    return MEASURES[question.what].unit or str(experiment.model.unit_of(question.variable))


def _number(table: Mapping[str, Any], key: str, unit: str, where: str) -> tuple[float, float]:
    if key not in table:
        raise DefinitionError(f"{where}: {key}: is missing")
    return _converted(table[key], unit, f"{where}: {key}")


def _tolerance(table: Mapping[str, Any], unit: str, where: str) -> float:
    """A difference: of degrees Celsius as many kelvins."""
    given = _number(table, "tolerance", unit, where)[0]
    celsius = str(table["tolerance"]).split()[-1:] == ["degC"]
    return given - _converted("0 degC", unit, where)[0] if celsius else given


def _converted(given: Any, unit: str, where: str) -> tuple[float, float]:
    """The number in that unit, and half of the last digit as it is written."""
    value, factor = read_in(given, unit, where)
    exponent = int(Decimal(str(given).split()[0]).as_tuple().exponent)
    # 0e9 is nothing, however many noughts it has
    return value, 0.5 * 10.0 ** (exponent if value else min(exponent, 0)) * abs(factor)
