"""Units: what is read, what each is worth, and the coherent systems of neurophysiology."""

from __future__ import annotations

from math import isclose, log10

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.units import DIMENSIONLESS, CoherentSystem, Dimension, Unit, combine, is_unit_atom, spell

# written out by hand, independent of pint: length, mass, time, current, temperature, substance; size in SI
PREFIXES = {"": 1.0, "f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6}
SYMBOLS: dict[str, tuple[Dimension, float]] = {
    "V": ((2, 1, -3, -1, 0, 0), 1.0),
    "A": ((0, 0, 0, 1, 0, 0), 1.0),
    "S": ((-2, -1, 3, 2, 0, 0), 1.0),
    "F": ((-2, -1, 4, 2, 0, 0), 1.0),
    "s": ((0, 0, 1, 0, 0, 0), 1.0),
    "Hz": ((0, 0, -1, 0, 0, 0), 1.0),
    "M": ((-3, 0, 0, 0, 0, 1), 1e3),
    "mol": ((0, 0, 0, 0, 0, 1), 1.0),
    "C": ((0, 0, 1, 1, 0, 0), 1.0),
    "J": ((2, 1, -2, 0, 0, 0), 1.0),
    "g": ((0, 1, 0, 0, 0, 0), 1e-3),
    "l": ((3, 0, 0, 0, 0, 0), 1e-3),
    "m": ((1, 0, 0, 0, 0, 0), 1.0),
    "ohm": ((2, 1, -3, -2, 0, 0), 1.0),
}
ATOMS = {f"{p}{s}": (dimension, prefix * size) for s, (dimension, size) in SYMBOLS.items() for p, prefix in PREFIXES.items()}
ATOMS["cm"] = (SYMBOLS["m"][0], 1e-2)  # nobody writes cV
ATOMS["K"] = ((0, 0, 0, 0, 1, 0), 1.0)


@pytest.mark.parametrize("name", ATOMS)
def test_every_unit_is_worth_what_the_si_says(name: str) -> None:
    """Each prefix with each symbol has the dimension and the size of the SI brochure, none is taken for another unit."""
    dimension, size = ATOMS[name]
    assert is_unit_atom(name)
    unit = Unit.parse(name)
    assert unit.dimension == dimension
    assert isclose(unit.si, size, rel_tol=1e-14)


@pytest.mark.parametrize("name", ["", "x", "mVs", "kK", "dm", "GHz", "min", "mmHg", "Ohm", "MV2x", "cm22", "v", "2"])
def test_other_names_are_no_units(name: str) -> None:
    """Names that only look like units stay free for models."""
    assert not is_unit_atom(name)


# text -----------------------------------------------------------------------------------------------

TEXTS = {
    "1": (), "mV": (("mV", 1),), " mV ": (("mV", 1),), "1/ms": (("ms", -1),), "/ms": (("ms", -1),),
    "mV/ms": (("mV", 1), ("ms", -1)), "uA/cm2": (("uA", 1), ("cm", -2)), "uA/cm^2": (("uA", 1), ("cm", -2)),
    "uA/cm**2": (("uA", 1), ("cm", -2)), "uA * cm-2": (("uA", 1), ("cm", -2)), "mS/cm2/mV": (("mS", 1), ("cm", -2), ("mV", -1)),
    "mV*mV": (("mV", 2),), "mV/mV": (), "mV2": (("mV", 2),), "cm/cm2": (("cm", -1),), "1/mV/ms": (("mV", -1), ("ms", -1)),
    "1/1": (),
}  # fmt: skip


@pytest.mark.parametrize(("text", "powers"), TEXTS.items())
def test_units_are_read(text: str, powers: tuple[tuple[str, int], ...]) -> None:
    """Products, quotients and the three ways to write a power."""
    assert Unit.parse(text) == Unit(powers)


NO_UNIT = "{!r} is not a unit; write for example mV, ms, uA/cm2, mS/cm2, nA, Mohm, 1"
FAULTS = {
    "": "'' is not a unit", "mV/": "'mV/' is not a unit", "*mV": "'*mV' is not a unit", "mV ms": "'mV ms' is not a unit",
    "1//ms": "'1//ms' is not a unit", "10 mV": "'10 mV' is not a unit", "mV*2": "'mV*2' is not a unit",
    "μA": "'μA' is not a unit", "mV(": "'mV(' is not a unit", "volt": NO_UNIT.format("volt"), "mv": NO_UNIT.format("mv"),
    "mV/sec": NO_UNIT.format("sec"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), FAULTS.items())
def test_what_is_no_unit_is_refused(text: str, message: str) -> None:
    """The message names the text, or the one name in it that is unknown."""
    with pytest.raises(DefinitionError) as caught:
        Unit.parse(text)
    assert str(caught.value) == message


powers = st.integers(-3, 3).filter(bool)
units = st.dictionaries(st.sampled_from(sorted(ATOMS)), powers, max_size=4).map(lambda d: Unit(tuple(d.items())))


@given(units)
def test_units_read_back(unit: Unit) -> None:
    """A printed unit reads back as itself, up to the order of its factors."""
    assert dict(Unit.parse(str(unit)).powers) == dict(unit.powers)


@given(st.text(alphabet="mVsAcF12/*^- ()u", max_size=20) | st.text(max_size=12))
def test_any_text_is_a_unit_or_refused(text: str) -> None:
    """Random text gives a unit or a refusal, never another error."""
    try:
        unit = Unit.parse(text)
    except DefinitionError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert len(unit.dimension) == 6


def test_a_huge_exponent_is_refused() -> None:
    """An exponent no physics has is refused in words."""
    with pytest.raises(DefinitionError):
        Unit.parse("mV" + "9" * 5000)


@pytest.mark.parametrize("text", ["mV200", "mV24", "kohm999", "uA/cm999", "fA9*fl9*fg9", "1/fA9/fl9/fg9", "J12*g12"])
def test_a_unit_beyond_all_floats_is_refused(text: str) -> None:
    """A unit too large or too small to be a float is refused in words, when read or when used."""
    with pytest.raises(DefinitionError):
        CoherentSystem().factor(Unit.parse(text))


def test_digits_are_ascii() -> None:
    """Digits of other scripts are refused like other characters that are not ASCII."""
    with pytest.raises(DefinitionError):
        Unit.parse("mV٢")


# algebra --------------------------------------------------------------------------------------------


def within_floats(unit: Unit) -> bool:
    """Whether the unit's size is far from the ends of the doubles, reckoned in logarithms."""
    return abs(sum(power * log10(Unit.atom(name).si) for name, power in unit.powers)) < 250


@given(units, units)
def test_dimensions_and_sizes_multiply(a: Unit, b: Unit) -> None:
    """The product of two units has the sum of their dimensions and the product of their sizes."""
    product = a * b
    assert product.dimension == combine(a.dimension, b.dimension)
    assume(all(within_floats(unit) for unit in (a, b, product)))
    assert isclose(product.si, a.si * b.si, rel_tol=1e-11)


@given(units, st.integers(-2, 2))
def test_powers_of_units(unit: Unit, exponent: int) -> None:
    """A power multiplies every exponent; the zeroth is dimensionless."""
    assert (unit**exponent).dimension == tuple(exponent * e for e in unit.dimension)
    assert unit * unit**-1 == Unit()


@pytest.mark.parametrize(("name", "unit"), {"cm2": "cm2", "mV": "mV", "um3": "um3"}.items())
def test_squares_and_cubes_are_atoms_in_equations(name: str, unit: str) -> None:
    """In an equation cm2 is one word and means the square."""
    assert Unit.atom(name) == Unit.parse(unit)


# coherent systems -----------------------------------------------------------------------------------

FACTORS = [
    (1e-6, "mV", 1.0), (1e-6, "V", 1000.0), (1e-6, "ms", 1.0), (1e-6, "s", 1000.0), (1e-6, "uA/cm2", 1.0),
    (1e-6, "mA/cm2", 1000.0), (1e-6, "mS/cm2", 1.0), (1e-6, "S/cm2", 1000.0), (1e-6, "uF/cm2", 1.0), (1e-6, "kohm", 1.0),
    (1e-6, "um", 1e-4), (1e-6, "1/ms", 1.0), (1e-6, "Hz", 1e-3), (1e-6, "mM", 1.0), (1e-6, "uM", 1e-3), (1e-6, "K", 1.0),
    (1e-6, "1", 1.0), (1e-9, "nA", 1.0), (1e-9, "uS", 1.0), (1e-9, "nF", 1.0), (1e-9, "Mohm", 1.0), (1e-9, "pA", 1e-3),
    (1e-9, "nS", 1e-3), (1e-12, "pA", 1.0), (1e-12, "nS", 1.0), (1e-12, "pF", 1.0), (1e-12, "nA", 1000.0),
    (1e-12, "Mohm", 1e-3),
]  # fmt: skip


@pytest.mark.parametrize(("ampere", "unit", "factor"), FACTORS)
def test_numbers_become_coherent(ampere: float, unit: str, factor: float) -> None:
    """Beside each unit of current, the partners that need no factor have exactly the factor 1."""
    assert CoherentSystem(ampere).factor(Unit.parse(unit)) == factor


@pytest.mark.parametrize("ampere", [1e-3, 1e-6, 1e-9, 1e-12])
def test_ohm_and_kirchhoff_hold_without_factors(ampere: float) -> None:
    """Conductance times voltage, and capacitance times voltage per time, are currents in every coherent system."""
    system = CoherentSystem(ampere)
    scale = {name: system.scale(Unit.parse(name).dimension) for name in ("S", "V", "A", "F", "s", "ohm")}
    assert isclose(scale["S"] * scale["V"], scale["A"], rel_tol=1e-12)
    assert isclose(scale["F"] * scale["V"] / scale["s"], scale["A"], rel_tol=1e-12)
    assert isclose(scale["ohm"] * scale["A"], scale["V"], rel_tol=1e-12)


# spelling -------------------------------------------------------------------------------------------

SPELLED = [
    (1e-6, "V", "mV"), (1e-6, "s", "ms"), (1e-6, "Hz", "1/ms"), (1e-6, "A", "uA"), (1e-9, "A", "nA"), (1e-12, "A", "pA"),
    (1e-3, "A", "mA"), (1e-6, "S/cm2", "mS/cm2"), (1e-9, "S", "uS"), (1e-12, "S", "nS"), (1e-6, "F/m2", "uF/cm2"),
    (1e-9, "ohm", "Mohm"), (1e-6, "ohm", "kohm"), (1e-6, "V/s", "mV/ms"), (1e-6, "1/V/s", "1/mV/ms"), (1e-6, "m2", "cm2"),
    (1e-6, "1", "dimensionless"), (1e-6, "g", "mV*uA*ms3/cm2"), (1e-6, "mol*s2", "umol*ms2"),
]  # fmt: skip


@pytest.mark.parametrize(("ampere", "unit", "text"), SPELLED)
def test_dimensions_are_spelled_as_physiologists_write_them(ampere: float, unit: str, text: str) -> None:
    """Messages speak of mS/cm2, not of kilograms; only what has no name is spelled in base units."""
    assert spell(Unit.parse(unit).dimension, CoherentSystem(ampere)) == text


def test_dimensionless_is_no_dimension() -> None:
    """A pure number has no dimension."""
    assert Unit().dimension == DIMENSIONLESS
    assert str(Unit()) == "1"
