"""Units as products of powers: in NMODL's spelling, and in ours.

A unit is kept as powers of volt, ampere, second, metre, mole and ten: mA/cm2 is A m^-2 10^1, so that units of one size are one thing,
and a factor 1e-4 between pS/um2 and S/cm2 is a unit like any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.units import Unit

Powers = dict[str, Fraction]
TEN = "ten"
_ATOMS: dict[str, dict[str, int]] = {
    "V": {"V": 1}, "A": {"A": 1}, "S": {"A": 1, "V": -1}, "F": {"A": 1, "s": 1, "V": -1}, "s": {"s": 1}, "Hz": {"s": -1},
    "M": {"mol": 1, "m": -3, TEN: 3}, "mol": {"mol": 1}, "C": {"A": 1, "s": 1}, "J": {"V": 1, "A": 1, "s": 1}, "l": {"m": 3, TEN: -3}, "m": {"m": 1},
    "ohm": {"V": 1, "A": -1},
}  # fmt: skip
_PREFIXES = {"f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "": 0, "k": 3, "M": 6}
# words for what NMODL spells out; degrees count as none, for celsius is a number
_WORDS = {
    "dimensionless": "", "degc": "", "degk": "", "kelvin": "", "deg": "", "milliamp": "mA", "milliampere": "mA", "nanoamp": "nA", "microamp": "uA",
    "picoamp": "pA", "amp": "A", "ampere": "A", "millivolt": "mV", "volt": "V", "siemens": "S", "mho": "S", "mmho": "mS", "umho": "uS", "nmho": "nS",
    "microsiemens": "uS", "micromho": "uS", "millisecond": "ms", "msec": "ms", "sec": "s", "second": "s", "micron": "um", "micrometer": "um",
    "millimolar": "mM", "micromolar": "uM", "molar": "M", "coulomb": "C", "coulombs": "C", "joule": "J", "joules": "J", "liter": "l", "mole": "mol",
    "moles": "mol", "megohm": "Mohm", "kilohm": "kohm", "hertz": "Hz", "centimeter": "cm", "meter": "m",
}  # fmt: skip
_SCALES = {-6: "uV/V", -4: "um/cm", -3: "mV/V", -2: "cm/m", 2: "m/cm", 3: "V/mV", 4: "cm/um", 6: "V/uV"}


@cache
def _atom(word: str) -> Mapping[str, int] | None:
    """A unit word of ours as powers; None where it is none."""
    for prefix, scale in _PREFIXES.items():
        base = word.removeprefix(prefix)
        if word.startswith(prefix) and base in _ATOMS and (prefix != "c" or base == "m"):
            powers = dict(_ATOMS[base])
            powers[TEN] = powers.get(TEN, 0) + scale
            return {a: p for a, p in powers.items() if p}
    return None


def powers_of(unit: Unit) -> Powers:
    """A unit of ours as powers."""
    found: Powers = {}
    for word, power in unit.powers:
        for name, p in (_atom(word) or {}).items():
            found[name] = found.get(name, Fraction(0)) + p * power
    return {name: p for name, p in found.items() if p}


def declared_unit(text: str) -> Powers | None:
    """A unit in NMODL's spelling, ``mA/cm2``, ``/ms``, ``mV-ms``, as powers; None where it is none of ours."""
    sign, found = 1, Powers()
    for word, slash in re.findall(r"([A-Za-z]+\^?\d?|[\d.]+)|(/)", text):
        if slash:
            sign = -1
        elif match := re.fullmatch(r"([A-Za-z]+)\^?(\d?)", word):
            name = (
                "" if match[1] in ("K", "k") else _WORDS.get(match[1].lower(), match[1]) if _atom(match[1]) is None else match[1]
            )
            powers = _atom(name) if name else {}
            if powers is None:
                return None
            for atom, p in powers.items():
                found[atom] = found.get(atom, Fraction(0)) + sign * p * int(match[2] or 1)
        elif word != "1":
            return None
    return {name: p for name, p in found.items() if p}


_PRETTY = {
    frozenset(powers_of(Unit.parse(text)).items()): Unit.parse(text)
    for text in ("mV", "ms", "1/ms", "1/mV", "1/mV/ms", "mM", "mM/ms", "S/cm2", "mA/cm2", "uS", "nA", "mS/cm2", "pS/um2", "um", "um2", "cm/s",
                 "1/mM", "C/mol", "J/mol", "mV/ms", "S", "ohm", "Mohm", "C", "J", "uA/cm2", "1/mM/ms", "cm3/s", "uM", "s", "V", "1/s", "1/um")
}  # fmt: skip
_WRITTEN = (("A", "m"), ("V", "m"), ("mol", ""), ("s", "m"), ("m", "c"))  # with the prefix that they have by themselves
_LENGTHS = (-9, -6, -3, -2, 0)


def unit_of(powers: Powers) -> Unit:
    """Powers as a unit, in the words of the field where there are any.

    Raises
    ------
    DefinitionError : there is no such unit
    """
    known = _PRETTY.get(frozenset((a, p) for a, p in powers.items() if p))
    if known is not None:
        return known
    if any(p.denominator != 1 for p in powers.values()):
        raise DefinitionError("a unit has a power that is no whole number")
    bases = {a: int(p) for a, p in powers.items() if a != TEN and p}
    scale = int(powers.get(TEN, 0))
    if not bases:
        if scale and scale not in _SCALES:
            raise DefinitionError(f"there is no unit for 10**{scale}")
        return Unit.parse(_SCALES[scale]) if scale else Unit()
    return _composed(bases, scale)


def in_words(powers: Powers) -> tuple[Unit, int]:
    """A unit as it can stand in an equation, where single letters are symbols, and the power of ten that is then missing.

    Raises
    ------
    DefinitionError : a power is no whole number, or too large
    """
    known = _PRETTY.get(frozenset((a, p) for a, p in powers.items() if p))
    if known is not None and all(len(word) > 1 for word, _ in known.powers):
        return known, 0
    if any(p.denominator != 1 or (abs(p) > 12 and a != TEN) for a, p in powers.items()):
        raise DefinitionError("a unit has a power that is no whole number, or above 12")
    bases = {a: int(p) for a, p in powers.items() if a != TEN and p}
    own = {base: _PREFIXES[prefix] for base, prefix in _WRITTEN if base in bases}
    rest = int(powers.get(TEN, 0)) - sum(own[base] * bases[base] for base in own)
    return _product(bases, own), rest


def _composed(bases: Mapping[str, int], scale: int) -> Unit:
    """A product with prefixes that make up that power of ten."""
    own = {base: _PREFIXES[prefix] for base, prefix in _WRITTEN if base in bases}
    rest = scale - sum(own[base] * bases[base] for base in own)
    for base, _ in _WRITTEN:
        allowed = _LENGTHS if base == "m" else tuple(_PREFIXES.values())
        if rest and base in bases and rest % bases[base] == 0:
            shifted = own[base] + rest // bases[base]
            if shifted in allowed and (shifted != -2 or base == "m"):
                own[base], rest = shifted, 0
    if rest or any(abs(p) > 12 for p in bases.values()):
        raise DefinitionError("there is no unit of that size")
    return _product(bases, own)


def _product(bases: Mapping[str, int], own: Mapping[str, int]) -> Unit:
    """Each base with the prefix of that power of ten: currents first, times last."""
    prefix = {scale: text for text, scale in _PREFIXES.items()}
    return Unit(
        tuple((f"{prefix[own[b]]}{b}", bases[b]) for b in sorted(bases, key=lambda b: (bases[b] < 0, b != "A", b == "s")))
    )
