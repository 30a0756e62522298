"""Dimensions: sums add like to like, functions get pure numbers, and unknown dimensions are found."""

from __future__ import annotations

import pytest

from spikebridge.bridge.definition.dimensions import Dimensions, infer
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import parse_expression
from spikebridge.bridge.expressions.units import DIMENSIONLESS, CoherentSystem, Dimension, Unit

OF = {name: Unit.parse(unit).dimension for name, unit in
      {"v": "mV", "m": "1", "g": "mS/cm2", "C": "uF/cm2", "I": "uA/cm2", "tau": "ms", "alpha": "1/ms"}.items()}  # fmt: skip
DIMENSIONS = Dimensions(OF, CoherentSystem(1e-6))


def dimension(unit: str) -> Dimension:
    return Unit.parse(unit).dimension


FOUND = {
    "v": "mV", "40*mV": "mV", "-v": "mV", "v + 40*mV": "mV", "v - 0.04*kV": "mV", "g*v": "uA/cm2", "I/C": "mV/ms",
    "v/tau": "mV/ms", "alpha*(1 - m)": "1/ms", "exp(v/mV)": "1", "v**2": "mV2", "v**-1": "1/mV", "(v*v)**0.5": "mV",
    "m**m": "1", "m**0.5": "1", "v**0": "1", "abs(v)": "mV", "abs(-v/mV)": "1", "2": "1", "C*v/tau": "uA/cm2",
    "(v**4)**0.25": "mV", "sqrt(m)": "1", "(4*mV2)**0.5": "mV",
}  # fmt: skip


@pytest.mark.parametrize(("text", "unit"), FOUND.items())
def test_dimensions_are_found(text: str, unit: str) -> None:
    """Products multiply dimensions, powers multiply exponents, sums and signs keep them."""
    assert DIMENSIONS.find(parse_expression(text, set(OF))) == dimension(unit)


FAULTS = {
    "v + m": "cannot add 'v', which is mV, and 'm', which is dimensionless",
    "v - tau": "cannot subtract 'v', which is mV, and 'tau', which is ms",
    "v + 40": "cannot add 'v', which is mV, and '40', which is dimensionless",
    "g*v + alpha": "cannot add 'g*v', which is uA/cm2, and 'alpha', which is 1/ms",
    "exp(v)": "the argument of exp must be dimensionless, but 'v' is mV",
    "exprel((v + 40*mV)/tau)": "the argument of exprel must be dimensionless, but '(v + 40*mV)/tau' is mV/ms",
    "sqrt(v)": "the argument of sqrt must be dimensionless, but 'v' is mV",
    "2**v": "an exponent must be dimensionless, but 'v' is mV",
    "v**m": "'v' is mV and can only be raised to a whole number",
    "v**0.5": "'v' is mV and can only be raised to a whole number",
    "v**(1 + 1)": "'v' is mV and can only be raised to a whole number",
    "1 + exp(m + v)": "cannot add 'm', which is dimensionless, and 'v', which is mV",
}


@pytest.mark.parametrize(("text", "message"), FAULTS.items())
def test_what_does_not_fit_is_named(text: str, message: str) -> None:
    """The message quotes the parts that do not fit, each with its dimension."""
    with pytest.raises(DefinitionError) as caught:
        DIMENSIONS.find(parse_expression(text, set(OF)))
    assert str(caught.value) == message


def test_the_whole_must_have_the_expected_dimension() -> None:
    """A right-hand side of another dimension is refused with both."""
    DIMENSIONS.check(parse_expression("g*v", set(OF)), dimension("nA/um2"))
    with pytest.raises(DefinitionError) as caught:
        DIMENSIONS.check(parse_expression("g*v", set(OF)), dimension("mV/ms"))
    assert str(caught.value) == "expected mV/ms, but 'g*v' is uA/cm2"


@pytest.mark.parametrize(("ampere", "spelled"), [(1e-6, "uA"), (1e-9, "nA"), (1e-12, "pA")])
def test_messages_speak_the_models_units(ampere: float, spelled: str) -> None:
    """Currents are named in the unit the model is written in."""
    dimensions = Dimensions({"i": dimension("A")}, CoherentSystem(ampere))
    with pytest.raises(DefinitionError) as caught:
        dimensions.check(parse_expression("i", {"i"}), DIMENSIONLESS)
    assert str(caught.value) == f"expected dimensionless, but 'i' is {spelled}"


# inference ------------------------------------------------------------------------------------------

INFERRED = {
    "(u - g*v)/C": ("mV/ms", "uA/cm2"),
    "-v/tau + u": ("mV/ms", "mV/ms"),
    "(v - u)/tau": ("mV/ms", "mV"),
    "u": ("1/ms", "1/ms"),
    "-(-u)": ("ms", "ms"),
    "g*u/C": ("mV/ms", "mV"),
    "v/u": ("mV/ms", "ms"),
    "u**2": ("mV2", "mV"),
    "exp(u*v)/tau": ("1/ms", "1/mV"),
    "exp(-v/u)": ("1", "mV"),
    "abs(u) + v": ("mV", "mV"),
    "alpha*(1 - m) + log(u)/tau": ("1/ms", "1"),
    "v + 3*u": ("mV", "mV"),
}


@pytest.mark.parametrize(("text", "expected"), INFERRED.items())
def test_the_dimension_of_an_undeclared_symbol_follows(text: str, expected: tuple[str, str]) -> None:
    """A symbol without a unit gets the one dimension with which the equation balances."""
    whole, unknown = expected
    equations = [(parse_expression(text, {*OF, "u"}), dimension(whole))]
    assert infer("u", equations, OF) == dimension(unknown)


@pytest.mark.parametrize(("text", "whole"), [("v/tau", "mV/ms"), ("u/u", "1"), ("u - u", "mV/ms")])
def test_an_equation_may_say_nothing(text: str, whole: str) -> None:
    """Where the symbol is absent or cancels there is no dimension to infer."""
    found = infer("u", [(parse_expression(text, {*OF, "u"}), dimension(whole))], OF)
    assert found == (dimension(whole) if text == "u - u" else None)


def test_the_first_equation_that_tells_decides() -> None:
    """Equations without the symbol are passed over."""
    equations = [(parse_expression(t, {*OF, "u"}), dimension(d)) for t, d in (("v/tau", "mV/ms"), ("u*v", "uA/cm2"))]
    assert infer("u", equations, OF) == dimension("mS/cm2")


def test_a_root_tells_too() -> None:
    """A symbol under a root gets its dimension like any other."""
    assert infer("u", [(parse_expression("(u*v)**0.5", {*OF, "u"}), dimension("mV"))], OF) == dimension("mV")
