"""Quantities of Pint and Brian2: taken as what they say, without either package being imported for it."""

from __future__ import annotations

import brian2
import numpy as np
import pint
import pytest

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.foreign_quantity import foreign_quantity
from spikebridge.bridge.expressions.quantity import quantity_of

U = pint.UnitRegistry()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (U.Quantity(120.0, "mS/cm**2"), "120 mS/cm2"),
        (5 * U.ms, "5 ms"),
        (np.array(5.5) * U.mV, "5.5 mV"),
        (3 * U("1/ms"), "3 1/ms"),
        (2 * U.megaohm, "2 Mohm"),
        (U.Quantity(0.1, "uA/cm^2"), "0.1 uA/cm2"),
        (U.Quantity(3, "dimensionless"), "3"),
        (U.Quantity(2, "mM"), "2 mM"),
        (U.Quantity(6.3, "degC"), "279.45 K"),
    ],
)
def test_a_quantity_of_pint_keeps_its_number_and_unit(given, text) -> None:
    """As it prints here; degrees become kelvins, as in text."""
    assert str(quantity_of(given)) == text


@pytest.mark.parametrize(
    ("given", "unit", "text"),
    [
        (1 * U.inch, "um", "25400 um"),
        (2 * U.hour, "", "7200000 ms"),
        (U.Quantity(50, "degF"), "K", "283.15 K"),
        (2 * U.radian, "", "2"),
        (120 * brian2.msiemens / brian2.cm**2, "", "120 mS/cm2"),
        (0.75 * brian2.namp, "nA", "0.75 nA"),
        (0.75 * brian2.namp, "uA/cm2", "0.75 nA"),
        (10 * brian2.uA / brian2.cm**2, "uA/cm2", "10 uA/cm2"),
        (6 * brian2.nS, "nS", "6 nS"),
        (brian2.mV, "", "1 mV"),
        (5 * brian2.mmolar, "mM", "5 mM"),
        (brian2.Quantity(3.0), "", "3"),
    ],
)
def test_another_is_expressed_in_the_unit_that_is_wanted(given, unit, text) -> None:
    """Or in the usual one of its dimension; the round-off of SI units, 7.500000000000001e-10 A, goes."""
    assert str(quantity_of(given, unit)) == text


class Broken:
    """Looks like a quantity and fails at everything."""

    magnitude = dimensionality = to = property(lambda self: 1 / 0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1, 2] * U.mV, "expected one value, found an array: '[1 2] millivolt'"),
        ([1, 2] * brian2.mV, "expected one value, found an array: '[1. 2.] mV'"),
        (2 * U.candela, "'2 candela' has a dimension that nothing here is measured in"),
        (2 * U("mV**0.5"), "'2.0 millivolt ** 0.5' has a dimension that nothing here is measured in"),
        ((4 * brian2.volt) ** 0.5, "has a dimension that nothing here is measured in"),
        (U.Quantity(float("nan"), "mV"), "the value must be a finite number, found 'nan'"),
        (Broken(), "cannot be read as a quantity: ZeroDivisionError"),
    ],
)
def test_what_nothing_is_measured_in_is_refused(given, message) -> None:
    """In one line, whatever the other package raises."""
    with pytest.raises(DefinitionError) as error:
        quantity_of(given)
    assert message in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("given", [5, 5.0, "5 mV", None, np.ones(2), [1]])
def test_other_things_are_none(given) -> None:
    """For which other words are said."""
    assert foreign_quantity(given) is None


@pytest.mark.parametrize(
    "given", [U.Quantity(np.bool_(True), "mV"), np.ma.masked, np.ma.masked * U.mV], ids=["truth", "masked", "masked mV"]
)
@pytest.mark.parametrize("name", ["", "E_L"])
def test_what_is_no_number_is_none_as_a_quantity_either(recwarn, given, name) -> None:
    """A truth value is not 1 and a masked one not 0: refused, without a warning on the way."""
    with pytest.raises(DefinitionError):
        quantity_of(given, "", name)
    assert not recwarn.list
