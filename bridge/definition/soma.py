"""The membrane that a current flows into: papers drive a model that is written per area with 0.75 nA into a soma of 96 x 96 um."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Any

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.quantity import quantity_like
from spikebridge.bridge.expressions.units import CURRENT_DENSITY_DIMENSION, CoherentSystem, Unit
from spikebridge.bridge.shown import shown

_PI = Decimal("3.14159265358979323846264338327950288419716939937510")
_LENGTH, _AREA = Unit.parse("um"), Unit.parse("um2")
_SMALLEST, _LARGEST = 1e-6, 1e12  # um2: beyond, a density could leave the range of floats
_EXAMPLE = 'diam = "96 um" and L = "96 um", or area = "20000 um2"'


@dataclass(frozen=True)
class Soma:
    """One compartment: its area, or diameter and length of a cylinder whose side is counted and whose ends are not, as NEURON does.

    Quantities may be given as text, or as those of Pint or Brian2.

    Raises
    ------
    DefinitionError : neither an area nor both lengths, or not above zero
    """

    area: Quantity | None = None
    diam: Quantity | None = None
    L: Quantity | None = None

    def __post_init__(self) -> None:
        for key, given in self.given.items():
            found = quantity_like(given, _AREA if key == "area" else _LENGTH, key)
            if not found.value > 0:
                raise DefinitionError(f"{key}: expected more than 0, found {shown(str(found))}")
            object.__setattr__(self, key, found)
        if set(self.given) not in ({"area"}, {"diam", "L"}):
            raise DefinitionError(f"expected {_EXAMPLE}, found {' and '.join(self.given) or 'neither'}")
        if not _SMALLEST <= self.area_um2 <= _LARGEST:
            raise DefinitionError(f"expected a membrane of {_SMALLEST:g} to {_LARGEST:g} um2, found {self}")

    @property
    def given(self) -> dict[str, Any]:
        """What was told, by key."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: value for key, value in found.items() if value is not None}

    @cached_property
    def _um2(self) -> Decimal:
        with localcontext(prec=50):
            if self.area is not None:
                return _decimal(self.area, _AREA)
            return _PI * _decimal(self.diam, _LENGTH) * _decimal(self.L, _LENGTH)

    @property
    def area_um2(self) -> float:
        return float(self._um2)

    def density(self, value: float, unit: Unit, coherent: CoherentSystem) -> float:
        """A current on this area, in the coherent unit of a current per area, rounded once from the decimals as written."""
        with localcontext(prec=50):
            return float(Decimal(repr(value)) * Decimal(repr(coherent.factor(unit))) / (self._um2 * Decimal("1e-8")))

    def __str__(self) -> str:
        if self.diam is None:
            return str(self.area)
        return f"diam = {self.diam}, L = {self.L}: {self.area_um2:.7g} um2"


def _decimal(quantity: Quantity | None, unit: Unit) -> Decimal:
    """In ``unit``; a factor between units of length is a power of ten."""
    assert quantity is not None
    return Decimal(repr(quantity.value)) * Decimal(f"{quantity.unit.si / unit.si:.15g}")


def read_soma(given: Any, model: Model, where: str) -> Soma | None:
    """The soma of an experiment with that model, from its table; None where none is given. DefinitionError where there can be none."""
    if given is None:
        return None
    try:
        return _fitting(given if isinstance(given, Soma) else _of_table(given), model)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}") from None


def _of_table(given: Any) -> Soma:
    if not isinstance(given, Mapping):
        raise DefinitionError(f"expected {_EXAMPLE}, found {shown(given)}")
    known = [field.name for field in fields(Soma)]
    for key in given:
        if key not in known:
            raise DefinitionError(f"unknown key {shown(key)}.{did_you_mean(str(key), known)}")
    return Soma(**given)


def _fitting(soma: Soma, model: Model) -> Soma:
    unit = model.stimulus_unit
    if unit.dimension != CURRENT_DENSITY_DIMENSION:
        driven = f"in {unit}" if unit.powers else "by a pure number"
        raise DefinitionError(
            f"{model.name} is driven {driven}, not by a current per area, so no area is asked for; leave it out"
        )
    return soma


def how_to_give_one() -> str:
    """What a message adds where a current meets a model that is driven per area."""
    return f"; a current needs the membrane it flows into: [soma] with {_EXAMPLE}, in an experiment file; in Python soma={{...}}"
