"""Expressions evaluated from their trees: units, functions, choices, and what cannot be computed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from spikebridge.bridge.definition.evaluation import evaluate, holds
from spikebridge.bridge.expressions.expression import FUNCTIONS, Choice, parse_expression
from spikebridge.bridge.expressions.units import CoherentSystem

UNITS = CoherentSystem(1e-6)
VALUES: dict[str, Any] = {"v": -65.0, "g": 120.0, "x": 0.25, "y": -2.0}


def value(text: str, **more: Any) -> Any:
    known = VALUES | more
    return evaluate(parse_expression(text, set(known)), known, UNITS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v + 40*mV", -25.0),
        ("v + 0.04*kV", 39935.0),
        ("g*(v - 50*mV)", -13800.0),
        ("-v**2", -4225.0),
        ("(-x)**2", 0.0625),
        ("2**-x", 2**-0.25),
        ("x/y/2", -0.0625),
        ("1 - x - y", 2.75),
        ("0.1/mV/ms*(v + 40*mV)", -2.5),
        ("1*nA", 1e-3),
        ("3*uS", 0.003),
        ("min(x, y)", -2.0),
        ("max(x, y)", 0.25),
        ("int(x > y)", 1.0),
    ],
)
def test_values_are_coherent(text, expected) -> None:
    """mV, ms, and uA with mS, whatever the text is written in."""
    assert value(text) == pytest.approx(expected, rel=1e-15)


MATHS = {"abs": abs, "arctan": math.atan, "exprel": lambda x: math.expm1(x) / x}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_is_the_one_of_that_name(function) -> None:
    """For a float and for each entry of an array."""
    expected = [(MATHS.get(function) or getattr(math, function))(x) for x in (0.25, 0.75)]
    assert [value(f"{function}(x)", x=x) for x in (0.25, 0.75)] == pytest.approx(expected, rel=1e-15)
    assert value(f"{function}(x)", x=np.array([0.25, 0.75])) == pytest.approx(expected, rel=1e-15)


def test_arrays_broadcast() -> None:
    """A column of one symbol with a row of another."""
    found = value("x*y + v", x=np.array([[1.0], [2.0]]), y=np.array([3.0, 4.0, 5.0]))
    assert found.tolist() == [[-62.0, -61.0, -60.0], [-59.0, -57.0, -55.0]]


def test_a_choice_takes_the_branch_of_its_condition() -> None:
    """For each entry its own; the branch not taken is not evaluated for a float."""
    assert value("1/x if x > 0 else 0", x=0.0) == 0.0
    assert value("1 if x > 0 else 0", x=np.array([-1.0, 0.0, 1.0])).tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("x < y", False),
        ("x >= 0.25", True),
        ("x <= 0.25 and y < 0", True),
        ("x > 1 or y < -1", True),
        ("not x > 1", True),
        ("not (x < 1 and y < 1)", False),
        ("x > 1 or x < 1 and y > 0", False),
    ],
)
def test_conditions_are_joined_as_in_python(condition, expected) -> None:
    """And before or, not before both; for floats and for arrays."""
    tree = parse_expression(f"1 if {condition} else 0", set(VALUES))
    assert isinstance(tree, Choice)
    assert bool(holds(tree.condition, VALUES, UNITS)) is expected
    arrays = VALUES | {"x": np.full(3, VALUES["x"])}
    assert np.broadcast_to(holds(tree.condition, arrays, UNITS), 3).tolist() == [expected] * 3


def test_floats_raise_where_arrays_give_infinity() -> None:
    """A quotient by zero, a power out of range."""
    with pytest.raises(ZeroDivisionError):
        value("1/x", x=0.0)
    with pytest.raises(OverflowError):
        value("x**100", x=1e300)
    with np.errstate(all="ignore"):
        assert value("1/x", x=np.array([0.0])) == np.inf
        assert value("x**100", x=np.array([1e300])) == np.inf


def test_a_fractional_power_of_a_negative_number_is_no_number() -> None:
    """Never a complex one."""
    assert math.isnan(value("y**0.5"))
    with np.errstate(all="ignore"):
        assert np.isnan(value("y**0.5", y=np.array([-2.0])))


def test_a_symbol_without_a_value_is_named() -> None:
    """As a KeyError."""
    tree = parse_expression("v + w", {"v", "w"})
    with pytest.raises(KeyError, match="w"):
        evaluate(tree, VALUES, UNITS)


def test_what_is_no_tree_is_refused() -> None:
    """Text, for one; and an expression is no condition."""
    with pytest.raises(TypeError, match="not an expression: 'v'"):
        evaluate("v", VALUES, UNITS)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not a condition"):
        holds(parse_expression("v", {"v"}), VALUES, UNITS)  # type: ignore[arg-type]
