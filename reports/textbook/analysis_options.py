"""Reading what a figure file says about an analysis: numbers with units, in those of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.voltage_clamp import CURRENT
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.quantity import read_in
from spikebridge.bridge.shown import shown
from spikebridge.reports.analyses.field import scanned_name
from spikebridge.reports.metrics.numbers import evenly_spaced

MOST = 2000  # numbers in a list
WIDEST = 0.01  # of a search, for a bracket


def state_name(given: Any, model: Model, where: str) -> str:
    """A state variable of the model."""
    if not isinstance(given, str) or given not in model.state_names:
        raise DefinitionError(f"{where}: there is no state variable {shown(given)}.{did_you_mean(str(given), model.state_names)}")
    return given


def _in(unit: Callable[[Model, Mapping[str, Any]], str]) -> Callable[[Any, Model, Mapping[str, Any], str], float]:
    return lambda given, model, others, where: read_in(given, unit(model, others), where)[0]


def _voltage_unit(model: Model, others: Mapping[str, Any]) -> str:
    return str(model.unit_of(scanned_name(model)))


def _parameter(given: Any, model: Model, others: Mapping[str, Any], where: str) -> str:
    known = (STIMULUS, *model.parameters)
    if not isinstance(given, str) or given not in known:
        raise DefinitionError(f"{where}: there is no parameter {shown(given)}.{did_you_mean(str(given), known)}")
    return given


def _symbol(given: Any, model: Model, others: Mapping[str, Any], where: str) -> str:
    known = (CURRENT, *model.symbols)
    if not isinstance(given, str) or given not in known:
        raise DefinitionError(f"{where}: there is no variable {shown(given)}.{did_you_mean(str(given), known)}")
    return given


def _number(given: Any, model: Model, others: Mapping[str, Any], where: str) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not abs(given) < 1e100:
        raise DefinitionError(f"{where}: expected a number, found {shown(given)}")
    return float(given)


def _positive(given: Any, model: Model, others: Mapping[str, Any], where: str) -> float:
    number = _number(given, model, others, where)
    if not number > 0:
        raise DefinitionError(f"{where}: expected a number above 0, found {shown(given)}")
    return number


def _not_negative(given: Any, model: Model, others: Mapping[str, Any], where: str) -> float:
    number = _number(given, model, others, where)
    if number < 0:
        raise DefinitionError(f"{where}: expected 0 or a number above, found {shown(given)}")
    return number


def _share(given: Any, model: Model, others: Mapping[str, Any], where: str) -> float:
    """The width of a bracket by that of the search; a wider one is no threshold."""
    number = _number(given, model, others, where)
    if not 0 < number <= WIDEST:
        raise DefinitionError(f"{where}: expected a number above 0 and up to {WIDEST}, found {shown(given)}")
    return number


def _durations(given: Any, model: Model, others: Mapping[str, Any], where: str) -> list[float]:
    numbers = _numbers(given, model, others, where)
    if min(numbers) < 0:
        raise DefinitionError(f"{where}: expected no number below 0, found {shown(min(numbers))}")
    return numbers


def _widths(given: Any, model: Model, others: Mapping[str, Any], where: str) -> list[float]:
    numbers = _numbers(given, model, others, where)
    if not min(numbers) > 0:
        raise DefinitionError(f"{where}: expected numbers above 0, found {shown(min(numbers))}")
    return numbers


def _whole(given: Any, model: Model, others: Mapping[str, Any], where: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= 100_000:
        raise DefinitionError(f"{where}: expected a whole number from 1 to 100000, found {shown(given)}")
    return given


def _flag(given: Any, model: Model, others: Mapping[str, Any], where: str) -> bool:
    if not isinstance(given, bool):
        raise DefinitionError(f"{where}: expected true or false, found {shown(given)}")
    return given


def _numbers(given: Any, model: Model, others: Mapping[str, Any], where: str) -> list[float]:
    """A list of numbers, or a table with first, last and count."""
    if isinstance(given, dict) and set(given) == {"first", "last", "count"}:
        first, last = (_number(given[k], model, others, f"{where}: {k}") for k in ("first", "last"))
        count = _whole(given["count"], model, others, f"{where}: count")
        given = evenly_spaced(first, last, min(count, MOST + 1))
    if not isinstance(given, list) or not 0 < len(given) <= MOST:
        raise DefinitionError(f"{where}: expected a list of 1 to {MOST} numbers, or first, last and count; found {given!r:.80}")
    return [_number(x, model, others, where) for x in given]


def _pair(given: Any, model: Model, others: Mapping[str, Any], where: str) -> tuple[float, float]:
    pair = _numbers(given, model, others, where)
    if len(pair) != 2 or not pair[1] > pair[0]:
        raise DefinitionError(f"{where}: expected two rising numbers such as [-80, 40], found {shown(given)}")
    return pair[0], pair[1]


def _state(given: Any, model: Model, others: Mapping[str, Any], where: str) -> str:
    return state_name(given, model, where)


def _others(given: Any, model: Model, others: Mapping[str, Any], where: str) -> dict[str, float | str]:
    """What the further variables of a phase plane do: a quantity holds one, ``"steady"`` lets it follow."""
    if not isinstance(given, dict):
        raise DefinitionError(f"{where}: expected a table, found {shown(given)}")
    return {
        state_name(name, model, where): value
        if value == "steady"
        else read_in(value, str(model.unit_of(name)), f"{where}.{name}")[0]
        for name, value in given.items()
    }


READERS: Mapping[str, Callable[[Any, Model, Mapping[str, Any], str], Any]] = {
    "current": _in(lambda model, others: str(model.stimulus_unit)),
    "voltage": _in(_voltage_unit),
    "level": _in(lambda model, others: str(model.unit_of(model.observed))),  # as a bench counts
    "varied": _in(lambda model, others: str(model.unit_of(others["parameter"]))),
    "ms": _in(lambda model, others: "ms"),
    "parameter": _parameter,
    "symbol": _symbol,
    "positive": _positive,
    "not_negative": _not_negative,
    "share": _share,
    "durations": _durations,
    "widths": _widths,
    "whole": _whole,
    "flag": _flag,
    "numbers": _numbers,
    "pair": _pair,
    "state": _state,
    "others": _others,
}
