"""Expressions evaluated from their trees: units, functions, choices, and what cannot be computed."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from spikebridge.bridge.definition.evaluation import evaluate, holds
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import FUNCTIONS, Choice, parse_expression
from spikebridge.bridge.expressions.units import CoherentSystem
from spikebridge.reference.functions import ghk_current, ghk_voltage, nernst

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


# electrochemistry ---------------------------------------------------------------------------------------

SQUID = {"K_in": 400.0, "K_out": 20.0, "Na_in": 50.0, "Na_out": 440.0, "Cl_in": 52.0, "Cl_out": 560.0, "T": 293.15}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nernst(K_in, K_out, 1, T)", -75.677327),  # (R T/F) ln(20/400) at 20 degC
        ("nernst(Na_in, Na_out, 1, T)", 54.937953),
        ("nernst(Cl_in, Cl_out, -1, T)", -60.039337),
        ("nernst(K_in, K_out, 1, T - 13.7*K)", -72.140642),  # at 6.3 degC: above absolute zero, not a difference
        ("nernst(K_in, K_out, 2, T)", -75.677327 / 2),
        ("ghk_voltage(1, K_in, K_out, 1, 0.04, Na_in, Na_out, 1, 0.45, Cl_in, Cl_out, -1, T)", -59.926680),
        ("ghk_voltage(1, K_in, K_out, 1, T)", -75.677327),
    ],
)
def test_potentials_of_ions_are_their_closed_forms(text, expected) -> None:
    """Of the squid axon, concentrations as in Johnston & Wu; written out with logarithms by hand."""
    assert value(text, **SQUID) == pytest.approx(expected, abs=5e-7)


def test_the_language_and_the_reference_have_the_same_formulas() -> None:
    """To round-off, at every potential; an anion too."""
    v = np.linspace(-120.0, 60.0, 19)
    known = {**SQUID, "u": v, "P": 1.8e-9}  # cm/ms
    for z in (1, -1, 2):
        found = evaluate(parse_expression(f"ghk_current(P, u, K_in, K_out, {z}, T)", set(known)), known, UNITS)
        assert np.allclose(found, ghk_current(1.8e-6, v, 400.0, 20.0, z, 293.15), rtol=1e-14, atol=1e-12)
    assert value("nernst(K_in, K_out, 1, T)", **SQUID) == pytest.approx(nernst(400.0, 20.0, 1, 293.15), rel=1e-15)
    ions = [(1, 400.0, 20.0, 1), (0.45, 52.0, 560.0, -1)]
    both = value("ghk_voltage(1, K_in, K_out, 1, 0.45, Cl_in, Cl_out, -1, T)", **SQUID)
    assert both == pytest.approx(ghk_voltage(ions, 293.15), rel=1e-14)
    with pytest.raises(ValueError, match="z must be 1 or -1"):
        ghk_voltage([(1, 400.0, 20.0, 2)], 293.15)


def test_the_current_of_a_constant_field_is_right_at_zero_and_vanishes_at_its_own_potential() -> None:
    """P z F (c_in - c_out) at 0 mV, where it is 0/0, and next to it; 0 at the Nernst potential; conductances at the ends."""
    at_rest = 1.8e-6 * 96485.33212 * 380
    assert (
        ghk_current(1.8e-6, 0.0, 400.0, 20.0, 1, 293.15)
        == at_rest
        == value("ghk_current(1.8e-9*cm/ms, 0*mV, K_in, K_out, 1, T)", **SQUID)
    )
    assert ghk_current(1.8e-6, 1e-12, 400.0, 20.0, 1, 293.15) == pytest.approx(at_rest, rel=1e-12)
    assert ghk_current(1.8e-6, nernst(400.0, 20.0, 1, 293.15), 400.0, 20.0, 1, 293.15) == pytest.approx(0.0, abs=1e-13)
    xi = 500.0 / (1000 * 8.314462618 * 293.15 / 96485.33212)
    assert ghk_current(1.0, 500.0, 400.0, 20.0, 1, 293.15) == pytest.approx(96485.33212 * xi * 400, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nernst(K_in, K_out, T)", "nernst takes c_in, c_out, z, T; 3 arguments are given"),
        ("ghk_voltage(K_in, K_out, 1, T)", "ghk_voltage takes P, c_in, c_out, z of each ion, T; 4 arguments are given"),
        ("ghk_voltage(1, K_in, K_out, 2, T)", "ghk_voltage: the z of each ion must be 1 or -1, in figures"),
        ("ghk_voltage(1, K_in, K_out, x, T)", "ghk_voltage: the z of each ion must be 1 or -1, in figures"),
        ("nernts(K_in, K_out, 1, T)", "'nernts' is not a function a model may use. Did you mean 'nernst'?"),
    ],
)
def test_a_formula_says_what_it_takes(text, said) -> None:
    """In the order of its arguments."""
    with pytest.raises(DefinitionError, match=f"^{re.escape(said)}"):
        value(text, **SQUID)
