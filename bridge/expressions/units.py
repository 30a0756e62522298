"""Physical units: parsing ``uA/cm2``, dimensions, and numbers in the coherent units of neurophysiology.

Inside generated code every number is in one coherent system: mV, ms, cm and the unit of current a
model is written in (uA with mS and uF, nA with uS and Mohm, pA with nS and pF), so that Ohm's and
Kirchhoff's laws hold without factors. Dimensions and sizes come from pint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from math import copysign, isclose, log10

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.shown import shown

BASE = ("[length]", "[mass]", "[time]", "[current]", "[temperature]", "[substance]")
Dimension = tuple[int, ...]  # exponents of BASE
DIMENSIONLESS: Dimension = (0,) * len(BASE)

MIN_SIZE = 1e-300  # of a unit; doubles end at 2e-308
MAX_POWER = 12  # larger ones leave the range of floats
_PREFIXES = "fpnumkM"
_ATOM = re.compile(rf"([{_PREFIXES}]?(?:V|A|S|F|s|Hz|M|mol|C|J|g|l|m|ohm)|cm|K)$")
_TOKEN = re.compile(r"\s*(?:([A-Za-z]+)\s*(?:(?:\*\*|\^)?\s*(-?[0-9]{1,4}))?|([*/])|(1))")


def number(value: float) -> str:
    """The shortest text that reads back as the same float; whole numbers without a point."""
    if value == int(value) and abs(value) < 1e15 and not (value == 0 and copysign(1.0, value) < 0):
        return str(int(value))
    return repr(value)


@cache
def _registry():  # type: ignore[no-untyped-def]
    import pint  # 0.2 s: only when a definition is read

    return pint.UnitRegistry(cache_folder=None)


def is_unit_atom(name: str) -> bool:
    """Whether ``name`` is a unit that may stand in an equation, such as ``mV`` or ``cm2``."""
    return bool(_ATOM.match(_split_power(name)[0]))


def _split_power(name: str) -> tuple[str, int]:
    if name and name[-1] in "23":
        return name[:-1], int(name[-1])
    return name, 1


@cache
def _atom(name: str) -> tuple[Dimension, float]:
    """Dimension and size in SI units."""
    unit = _registry().Quantity(1.0, {"M": "molar", "l": "liter"}.get(name, name) if len(name) == 1 else name)
    found = unit.dimensionality
    dimension = tuple(int(found.get(base, 0)) for base in BASE)
    return dimension, float(unit.to_base_units().magnitude)


@dataclass(frozen=True)
class Unit:
    """A product of powers of unit atoms, in the order they were written."""

    powers: tuple[tuple[str, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Unit:
        """Read ``mS/cm2``, ``1/ms``, ``1``, ``mV/ms``; DefinitionError names what is not a unit."""
        position, sign = 0, 1
        powers: dict[str, int] = {}
        text = text.strip()
        expect_factor = True
        while position < len(text):
            token = _TOKEN.match(text, position)
            if not token or token.end() == position:
                raise DefinitionError(f"{shown(text)} is not a unit")
            name, power, operator, _one = token.groups()
            if operator:
                if expect_factor and not (operator == "/" and position == 0):
                    raise DefinitionError(f"{shown(text)} is not a unit")
                sign = -1 if operator == "/" else 1
                expect_factor = True
            else:
                if not expect_factor:
                    raise DefinitionError(f"{shown(text)} is not a unit")
                if name:
                    if not _ATOM.match(name):
                        raise DefinitionError(
                            f"{shown(name)} is not a unit; write for example mV, ms, uA/cm2, mS/cm2, nA, Mohm, 1"
                        )
                    powers[name] = powers.get(name, 0) + sign * int(power or 1)
                expect_factor = False
            position = token.end()
        if expect_factor:
            raise DefinitionError(f"{shown(text)} is not a unit")
        return cls(_within_reach(powers))

    @classmethod
    def atom(cls, name: str) -> Unit:
        base, power = _split_power(name)
        return cls(((base, power),))

    def __str__(self) -> str:
        top = [f"{n}{p if p > 1 else ''}" for n, p in self.powers if p > 0]
        bottom = [f"{n}{-p if p < -1 else ''}" for n, p in self.powers if p < 0]
        return "/".join(["*".join(top) or "1", *bottom])

    def __mul__(self, other: Unit) -> Unit:
        powers = dict(self.powers)
        for name, power in other.powers:
            powers[name] = powers.get(name, 0) + power
        return Unit(_within_reach(powers))

    def __pow__(self, exponent: int) -> Unit:
        return Unit(_within_reach({n: p * exponent for n, p in self.powers}))

    @cached_property
    def dimension(self) -> Dimension:
        total = [0] * len(BASE)
        for name, power in self.powers:
            for i, exponent in enumerate(_atom(name)[0]):
                total[i] += power * exponent
        return tuple(total)

    @cached_property
    def si(self) -> float:
        """Size in SI units; DefinitionError where no double holds it."""
        size = 1.0
        for name, power in self.powers:
            size *= _atom(name)[1] ** power
        return _tidy(_held(size, self))


def _within_reach(powers: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """The powers that are not zero; DefinitionError where one is larger than any physics needs."""
    for name, power in powers.items():
        if abs(power) > MAX_POWER:
            raise DefinitionError(f"{name}**{power if abs(power) < 1e6 else '...'} is a power above {MAX_POWER}")
    return tuple((n, p) for n, p in powers.items() if p)


def _held(size: float, unit: Unit) -> float:
    """``size``; DefinitionError where it is at the end of what a double holds."""
    if not MIN_SIZE < size < 1 / MIN_SIZE:
        raise DefinitionError(f"{unit} is too large or too small a unit to be reckoned with in doubles")
    return size


def _tidy(x: float) -> float:
    """The power of ten that ``x`` is up to round-off, else ``x``."""
    if not MIN_SIZE < x < 1 / MIN_SIZE:
        return x
    exponent = round(log10(x))
    power = float(f"1e{exponent}")
    return power if isclose(x, power, rel_tol=1e-12) else x


@cache
def _scaled(value: float, factor: float) -> float:
    return value if factor == 1.0 else float(Decimal(repr(value)) * Decimal(repr(factor)))


MILLIVOLT = Unit((("mV", 1),))
VOLTAGE = MILLIVOLT
CURRENT_DIMENSION: Dimension = (0, 0, 0, 1, 0, 0)
CURRENT_DENSITY_DIMENSION: Dimension = (-2, 0, 0, 1, 0, 0)
VOLTAGE_DIMENSION: Dimension = (2, 1, -3, -1, 0, 0)
TIME_DIMENSION: Dimension = (0, 0, 1, 0, 0, 0)
VOLTS_PER_TIME_DIMENSION: Dimension = (2, 1, -4, -1, 0, 0)


def combine(a: Dimension, b: Dimension, factor: int = 1) -> Dimension:
    """Dimension of a product (factor 1) or a quotient (factor -1)."""
    return tuple(x + factor * y for x, y in zip(a, b, strict=True))


@dataclass(frozen=True)
class CoherentSystem:
    """mV, ms, cm, mM, K, and ``ampere`` as the unit of current, in A."""

    ampere: float = 1e-6

    def scale(self, dimension: Dimension) -> float:
        """The coherent unit of a dimension, in SI units."""
        length, mass, time, current, _, substance = dimension
        kilogram = 1e-3 * self.ampere * 1e-3**3 / 1e-2**2  # from 1 mV = kg cm2 / (ms3 ampere)
        return _tidy(1e-2**length * kilogram**mass * 1e-3**time * self.ampere**current * 1e-6**substance)

    def coherent(self, value: float, unit: Unit) -> float:
        """A value in ``unit`` as a coherent one, rounded once from the decimals as written."""
        return _scaled(value, self.factor(unit))

    def factor(self, unit: Unit) -> float:
        """What a number in ``unit`` is multiplied with to be coherent: 1 for mV, 1000 for S/cm2 beside uA."""
        return _tidy(_held(unit.si / _held(self.scale(unit.dimension), unit), unit))

    def unit(self, unit: Unit) -> Unit:
        """The unit as written where its numbers are coherent, else the coherent unit of its dimension."""
        if self.factor(unit) == 1.0:
            return unit
        text = spell(unit.dimension, self)
        return Unit() if text == "dimensionless" else Unit.parse(text)


def spell(dimension: Dimension, system: CoherentSystem) -> str:
    """A dimension in words a neurophysiologist reads, for error messages."""
    if dimension == DIMENSIONLESS:
        return "dimensionless"
    prefix = {1e-3: "m", 1e-6: "u", 1e-9: "n", 1e-12: "p"}.get(_tidy(system.ampere), "u")
    conductance = {"m": "S", "u": "mS", "n": "uS", "p": "nS"}[prefix]
    capacitance = {"m": "mF", "u": "uF", "n": "nF", "p": "pF"}[prefix]
    resistance = {"m": "ohm", "u": "kohm", "n": "Mohm", "p": "1/nS"}[prefix]
    known = ["mV", "ms", "1/ms", "mV/ms", "cm", "cm2", "1/cm", "mM", "K"]
    known += [
        f"{prefix}A",
        f"{prefix}A/cm2",
        f"{prefix}A/ms",
        conductance,
        f"{conductance}/cm2",
        capacitance,
        f"{capacitance}/cm2",
        resistance,
    ]
    known += ["1/mV", "1/mV/ms", f"{resistance}*cm2", "ms/mV", "mV2"]
    for text in known:
        if Unit.parse(text).dimension == dimension:
            return text
    return _spelled_out(dimension, f"{prefix}A")


def _spelled_out(dimension: Dimension, ampere: str) -> str:
    """Any dimension in coherent units: mass counts as mV times current, concentrations in mM."""
    length, mass, time, current, temperature, substance = dimension
    length, time, current = length - 2 * mass, time + 3 * mass, current + mass
    molar = substance if substance and length == -3 * substance else 0
    powers = (
        ("mV", mass), (ampere, current), ("mM", molar), ("umol", substance - molar), ("cm", length + 3 * molar), ("ms", time),
        ("K", temperature),
    )  # fmt: skip
    return str(Unit(tuple((name, power) for name, power in powers if power)))
