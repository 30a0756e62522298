"""Quantities as people write them, a number, a space and a unit; and as code hands them on, without text."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import Expression, Quantity, parse_expression
from spikebridge.bridge.expressions.foreign_quantity import foreign_quantity, is_foreign
from spikebridge.bridge.expressions.units import TIME_DIMENSION, Unit, number
from spikebridge.bridge.shown import shown

MS = Unit.parse("ms")
MAX_VALUE = 1e100  # a larger one could leave the range of floats when its unit is converted
ZERO_CELSIUS = Decimal("273.15")  # in K
# a number and then a word is a quantity, never an expression
_NUMBER_AND_UNIT = re.compile(r"\s*[-+]?(\.?\d|nan\b|inf\b)\S*\s+(?!if\b)[A-Za-z]")

_WITHOUT_SPACE = re.compile(r"\s*[-+]?[\d.]+(e[-+]?\d+)?[A-Za-z/]+\d?\S*\Z")

Parameter = Quantity  # the value of a parameter, in a model file's words


def ms(value: float) -> Quantity:
    """So many milliseconds."""
    return Quantity(float(value), MS)


def time_ms(time: Quantity) -> float:
    """A time in ms; DefinitionError where it is none.

    The size of the unit is divided by that of 1 ms, which moves the last bit of three numbers in two hundred that are in ms
    already: 250.25 ms become 250.25000000000003. Results that are kept rest on it, so numbers and text alike go through here.
    """
    if time.unit.dimension != TIME_DIMENSION:
        raise DefinitionError(f'expected a time such as "10 ms", found {shown(str(time))}')
    return time.value * time.unit.si / MS.si


def quantity_of(given: Any, unit: str = "", name: str = "") -> Quantity:
    """A quantity as it is, also one of Pint or Brian2; text is read, and remembered as it was written.

    Parameters
    ----------
    unit : what it should be measured in, for the example in a message; empty for a pure number
    name : what is given, as somebody writes it before an equals sign; messages begin with it. With a name a plain number is
        right where ``unit`` is empty

    Raises
    ------
    DefinitionError : as ``read_quantity``
    """
    if name and (plain := _plain_number(given)) is not None:
        if unit:
            digits = number(plain) if math.isfinite(plain) else repr(plain)
            raise DefinitionError(f'{name}={digits}: a plain number has no unit; write {name}="{digits} {unit}"')
        given = Quantity(plain)
    try:
        return _quantity_of(given, unit)
    except DefinitionError as error:
        raise DefinitionError(f"{name}: {error}" if name else str(error)) from None


def _quantity_of(given: Any, unit: str) -> Quantity:
    if isinstance(given, Quantity):
        value = float(given.value)  # numpy's own floats are written in another way
        _check_size(value, repr(value))
        return replace(given, value=value)
    if isinstance(given, str):
        return replace(read_quantity(given, unit), written=given)
    elsewhere = foreign_quantity(given, unit)
    return read_quantity(given, unit) if elsewhere is None else quantity_in(*elsewhere)


def quantity_like(given: Any, unit: Unit, name: str) -> Quantity:
    """A quantity of the dimension of ``unit`` in any of the ways it may be given; a plain number where that is pure.

    Parameters
    ----------
    name : what is given, for messages

    Raises
    ------
    DefinitionError : beginning with the name: it is none, or of another dimension
    """
    found = quantity_of(given, str(unit) if unit.powers else "", name)
    if found.unit.dimension != unit.dimension:
        raise DefinitionError(f"{name} is measured in {unit}, but {shown(str(found))} is not")
    return found


def text_of(given: Any) -> Any:
    """A quantity, also one of Pint or Brian2, as text; anything else as it is."""
    if isinstance(given, Quantity):
        return str(given)
    elsewhere = foreign_quantity(given)
    return given if elsewhere is None else str(quantity_in(*elsewhere))


def _plain_number(given: Any) -> float | None:
    """A number that comes without a unit, numpy's too; None for all else, truth values among it."""
    if isinstance(given, (np.generic, np.ndarray)) and given.shape == () and not is_foreign(given):
        given = math.nan if np.ma.is_masked(given) else given.item()
    if isinstance(given, bool) or not isinstance(given, Real):
        return None
    try:
        return float(given)
    except OverflowError:
        return math.inf


def read_quantity(text: Any, unit: str = "") -> Quantity:
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
        raise DefinitionError(f'expected text such as "10 {example}", found {shown(text)}')
    head, _, tail = text.strip().partition(" ")
    try:
        value = float(head)
    except ValueError:
        hint = "; there is a space between number and unit" if _WITHOUT_SPACE.match(text) else ""
        raise DefinitionError(f'expected a number and a unit such as "10 {example}", found {shown(text, 60)}{hint}') from None
    return quantity_in(value, tail.strip(), head)


def quantity_in(value: float, unit: str, written: str = "") -> Quantity:
    """A number in a unit that is given as text, none for a pure number; degrees Celsius become kelvins.

    Parameters
    ----------
    written : the number's own digits, where it was read from text
    """
    digits = written or repr(value)
    _check_size(value, digits)
    if unit != "degC":  # a point on a scale, not a multiple of a unit
        return Quantity(value, Unit.parse(unit) if unit else Unit())
    if Decimal(digits) < -ZERO_CELSIUS:
        raise DefinitionError(f"'{digits} degC' lies below absolute zero")
    return Quantity(float(Decimal(digits) + ZERO_CELSIUS), Unit.parse("K"))


def _check_size(value: float, written: str) -> None:
    if not math.isfinite(value):
        raise DefinitionError(f"the value must be a finite number, found {shown(written, 60)}")
    if abs(value) > MAX_VALUE:
        raise DefinitionError(f"the value must not be larger than {MAX_VALUE:g}, found {shown(written, 60)}")


def read_initial(text: Any, known: set[str], what: str, unit: str = "") -> Expression:
    """An initial value: a quantity such as ``-65 mV``, or an expression in the model's symbols; in Python a quantity in any way.

    Parameters
    ----------
    what : ends with a dot and the name of the state
    unit : of the state, empty for a pure number
    """
    if not isinstance(text, str):
        where, _, name = what.rpartition(".")
        try:
            return quantity_of(text, unit, name)
        except DefinitionError as error:
            raise DefinitionError(f"{where}: {error}") from None
    try:
        return read_quantity(text)
    except DefinitionError as error:
        if _NUMBER_AND_UNIT.match(text):
            raise DefinitionError(f"{what}: {error}") from None
    try:
        return parse_expression(text, known)
    except DefinitionError as error:
        raise DefinitionError(f"{what}: {error}") from None


def read_in(given: Any, unit: str, where: str) -> tuple[float, float]:
    """A quantity as a number in ``unit``, and what one of the unit it is written in makes in that.

    A whole number may be written without quotes where ``unit`` is 1. DefinitionError names the place and what was expected.
    """
    if unit == "1" and isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    try:
        found = quantity_of(given, "" if unit == "1" else unit)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}") from None
    expected = Unit.parse(unit)
    if found.unit.dimension != expected.dimension:
        raise DefinitionError(f"{where}: is measured in {unit}, but {shown(given)} is not")
    factor = found.unit.si / expected.si
    return found.value * factor, factor
