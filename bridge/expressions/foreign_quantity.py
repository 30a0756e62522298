"""Quantities of Pint and of Brian2, known by what they can do: neither package is imported for it.

A Pint quantity keeps its number and unit where its unit can be written here. Brian2 keeps numbers in SI units alone, so that
``0.75*namp`` is 7.500000000000001e-10 A: converted back, a number is taken to 15 digits, which removes that round-off.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.units import BASE, CURRENT_DIMENSION, CoherentSystem, Dimension, Unit, spell
from spikebridge.bridge.shown import shown

_SI = ("meter", "kilogram", "second", "ampere", "kelvin", "mole")  # in the order of BASE
_BRIAN2 = ("length", "mass", "time", "current", "temperature", "substance")  # likewise
_SPELLINGS = {
    "\u00b5": "u",
    "\u03bc": "u",
    "\u03a9": "ohm",
    "\u2126": "ohm",
    " ** ": "**",
    "\u00b0C": "degC",
}  # two signs each for micro and ohm


def foreign_quantity(given: Any, unit: str = "") -> tuple[float, str] | None:
    """A number and the text of its unit, ``degC`` perhaps; None where ``given`` is no quantity of Pint or Brian2.

    Parameters
    ----------
    unit : in which it is expressed where its own cannot be written

    Raises
    ------
    DefinitionError : it is an array, or of a dimension that nothing here has
    """
    try:
        if _is_of_brian2(given):
            return _expressed(_one(given, given), _of_brian2(given), unit)
        if _is_of_pint(given):
            return _of_pint(given, unit)
    except DefinitionError:
        raise
    except Exception as error:  # somebody else's class, which may raise anything
        raise DefinitionError(f"{shown(given, 60)} cannot be read as a quantity: {error!r}") from None
    return None


def is_foreign(given: Any) -> bool:
    """Whether it is a quantity of Pint or Brian2, or an array of them."""
    return _is_of_brian2(given) or _is_of_pint(given)


def _is_of_brian2(given: Any) -> bool:
    return hasattr(type(given), "get_best_unit") and hasattr(given, "dim")


def _is_of_pint(given: Any) -> bool:
    kind = type(given)
    return hasattr(kind, "magnitude") and hasattr(kind, "dimensionality") and hasattr(kind, "to")


def _of_brian2(given: Any) -> Dimension:
    dimension = given.dim
    luminous = dimension.get_dimension("luminosity")
    return _whole([*(dimension.get_dimension(name) for name in _BRIAN2), luminous], given)


def _of_pint(given: Any, unit: str) -> tuple[float, str]:
    """Its own number where the unit can be written here and is the same, else in SI units and from there."""
    value, text = _one(given.magnitude, given), f"{given.units:~D}"
    for theirs, ours in _SPELLINGS.items():
        text = text.replace(theirs, ours)
    if text == "degC":
        return value, text
    found = dict(given.dimensionality)
    dimension = _whole([*(found.pop(base, 0) for base in BASE), sum(map(abs, found.values()))], given)
    wanted = "*".join(f"{name}**{power}" for name, power in zip(_SI, dimension, strict=True) if power)
    si = float(given.to(wanted or "dimensionless").magnitude)
    try:
        own = Unit.parse(text or "1")
        same = own.dimension == dimension and abs(own.si * value - si) <= 1e-12 * abs(si)
    except DefinitionError:
        same = False
    return (value, str(own)) if same else _expressed(si, dimension, unit)


def _one(number: Any, given: Any) -> float:
    if getattr(number, "shape", ()) != ():
        raise DefinitionError(f"expected one value, found an array: {shown(str(given), 60)}")
    if np.ma.is_masked(number):
        raise DefinitionError(f"expected one value, found a masked one: {shown(str(given), 60)}")
    if isinstance(np.asarray(number).item(), bool):
        raise DefinitionError(f"expected a number, found a truth value: {shown(str(given), 60)}")
    return float(number)


def _whole(powers: list[Any], given: Any) -> Dimension:
    """Powers of BASE; the last is that of anything else, and must be zero."""
    if powers[-1] or any(power != int(power) for power in powers):
        raise DefinitionError(f"{shown(str(given), 60)} has a dimension that nothing here is measured in")
    return tuple(int(power) for power in powers[:-1])


def _expressed(si: float, dimension: Dimension, unit: str) -> tuple[float, str]:
    """So much in SI units in ``unit`` where that fits, else in the unit that is usual for the dimension, nA or uA/cm2; to 15 digits."""
    if not unit or Unit.parse(unit).dimension != dimension:
        unit = spell(dimension, CoherentSystem(1e-9 if dimension == CURRENT_DIMENSION else 1e-6)).replace("dimensionless", "1")
    return float(f"{si / Unit.parse(unit).si:.15g}"), unit
