"""Quantities as people write them: a number, a space and a unit."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import Expression, Quantity, parse_expression
from spikebridge.bridge.expressions.printing import number
from spikebridge.bridge.expressions.units import Unit

MAX_VALUE = 1e100  # a larger one could leave the range of floats when its unit is converted
ZERO_CELSIUS = Decimal("273.15")  # in K
# a number and then a word is a quantity, never an expression
_NUMBER_AND_UNIT = re.compile(r"\s*[-+]?(\.?\d|nan\b|inf\b)\S*\s+(?!if\b)[A-Za-z]")


@dataclass(frozen=True)
class Parameter:
    """A number with its unit, as the definition gives it."""

    value: float
    unit: Unit

    def __str__(self) -> str:
        unit = str(self.unit)
        return number(self.value) if unit == "1" else f"{number(self.value)} {unit}"


def read_quantity(text: Any, unit: str = "") -> Parameter:
    """``"120 mS/cm2"`` as a number and a unit; DefinitionError says what is missing.

    Parameters
    ----------
    unit : what the quantity should be measured in, for the example in a message
    """
    example = unit or "mV"
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        pure = "" if unit else f', or "{text}" for a pure number'
        raise DefinitionError(f'the unit is missing; write for example "{text} {example}"{pure}')
    if not isinstance(text, str):
        raise DefinitionError(f'expected text such as "10 {example}", found {text!r}')
    head, _, tail = text.strip().partition(" ")
    try:
        value = float(head)
    except ValueError:
        raise DefinitionError(f'expected a number and a unit such as "10 {example}", found {text[:60]!r}') from None
    if not math.isfinite(value):
        raise DefinitionError(f"the value must be a finite number, found {head[:60]!r}")
    if abs(value) > MAX_VALUE:
        raise DefinitionError(f"the value must not be larger than {MAX_VALUE:g}, found {head[:60]!r}")
    if tail.strip() == "degC" and Decimal(head) < -ZERO_CELSIUS:
        raise DefinitionError(f"{text.strip()[:60]!r} lies below absolute zero")
    if tail.strip() == "degC":  # a point on a scale, not a multiple of a unit
        return Parameter(float(Decimal(head) + ZERO_CELSIUS), Unit.parse("K"))
    return Parameter(value, Unit.parse(tail) if tail.strip() else Unit())


def read_initial(text: str, known: set[str], what: str) -> Expression:
    """An initial value: a quantity such as ``-65 mV``, or an expression in the model's symbols."""
    try:
        return _constant(read_quantity(text))
    except DefinitionError as error:
        if _NUMBER_AND_UNIT.match(text):
            raise DefinitionError(f"{what}: {error}") from None
    try:
        return parse_expression(text, known)
    except DefinitionError as error:
        raise DefinitionError(f"{what}: {error}") from None


def _constant(parameter: Parameter) -> Expression:
    return Quantity(parameter.value, parameter.unit)


def read_in(given: Any, unit: str, where: str) -> tuple[float, float]:
    """A quantity as a number in ``unit``, and what one of the unit it is written in makes in that.

    A whole number may be written without quotes where ``unit`` is 1. DefinitionError names the place and what was expected.
    """
    if unit == "1" and isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    try:
        found = read_quantity(given, "" if unit == "1" else unit)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}") from None
    expected = Unit.parse(unit)
    if found.unit.dimension != expected.dimension:
        raise DefinitionError(f"{where}: is measured in {unit}, but {given!r} is not")
    factor = found.unit.si / expected.si
    return found.value * factor, factor
