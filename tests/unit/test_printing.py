"""Printing: numbers that read back, units, and no parenthesis more than the order of evaluation needs."""

from __future__ import annotations

import ast
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import PRIME, SYMBOLS, Element, applied, combined, element, literal, mark, trees, unit_value

from spikebridge.bridge.expressions.expression import Binary, Expression, Name, Negative, Quantity, parse_expression
from spikebridge.bridge.expressions.printing import Printer, number, unit_factors
from spikebridge.bridge.expressions.units import Unit

SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
NUMBERS = {0.0: "0", 1.0: "1", -3.0: "-3", 0.1: "0.1", 1e-05: "1e-05", 1e14: "100000000000000", 1e15: "1000000000000000.0",
           1e22: "1e+22", -54.387: "-54.387", 2.5e-07: "2.5e-07"}  # fmt: skip


@pytest.mark.parametrize(("value", "text"), NUMBERS.items())
def test_numbers_are_short(value: float, text: str) -> None:
    """Whole numbers have no point, others as few digits as give the same float."""
    assert number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back(value: float) -> None:
    """Every finite number, printed, reads back as the same float."""
    assert float(number(value)) == value


def test_a_negative_zero_reads_back() -> None:
    """The one float that equals another keeps its sign."""
    assert math.copysign(1.0, float(number(-0.0))) == -1.0


UNITS = {"1": [], "mV": ["*mV"], "1/ms": ["/ms"], "mV/ms": ["*mV", "/ms"], "uA/cm2": ["*uA", "/cm2"], "1/mV/ms": ["/mV", "/ms"],
         "mV3": ["*mV3"], "cm4": ["*cm**4"]}  # fmt: skip


@pytest.mark.parametrize(("unit", "factors"), UNITS.items())
def test_units_become_factors(unit: str, factors: list[str]) -> None:
    """Squares and cubes are spelled as model files spell them, higher powers with the power sign."""
    assert unit_factors(Unit.parse(unit)) == factors


# what is printed is the text itself
SAME = (
    "x", "-x", "x + y", "x - y - z", "x - (y - z)", "x + (y + z)", "x*y*z", "x*(y*z)", "x/y/z", "x/(y*z)", "x/(y/z)", "x*y/z",
    "x*(y/z)", "x**2", "x**y**z", "(x**y)**z", "(-x)**2", "-x**2", "-(x + y)", "-(x*y)", "-x*y", "x*(-y)", "x**(-y)", "2**(-x)",
    "x**(y + 1)", "exp(-x)", "exp(x)**2", "-(-x)", "40*mV", "mV", "x*mV", "0.1/mV/ms*(x + 40*mV)", "x/(10*mV)", "x*(0.5/ms)",
    "1/ms", "(1/ms)**x", "-5*mV*x", "x*(-5*mV)", "x + 2*mV", "mV**0.5", "(4*mV)**0.5", "x/(1 - exp(-x))", "3*uA/cm2", "2*cm**4",
    "1e-05*x", "-2*x", "(-2)**x",
)  # fmt: skip


@pytest.mark.parametrize("text", SAME)
def test_text_comes_back_as_it_was(text: str) -> None:
    """A text with the parentheses it needs and no others is printed letter for letter."""
    assert Printer().text(parse_expression(text, {"x", "y", "z"})) == text


FEWER = {
    "(x)": "x", "((x + y)) - z": "x + y - z", "(x*y)*z": "x*y*z", "(x/y)/z": "x/y/z", "x**(y**z)": "x**y**z",
    "-(x**2)": "-x**2", "(-x)*y": "-x*y", "x+y": "x + y", "x * y": "x*y", "(exp(x))": "exp(x)", "2*(3*mV)": "6*mV",
    "1*mV": "mV", "x + (y*z)": "x + y*z",
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FEWER.items())
def test_needless_parentheses_go(text: str, expected: str) -> None:
    """Parentheses that change nothing are left out, constants joined."""
    assert Printer().text(parse_expression(text, {"x", "y", "z"})) == expected


def python_value(node: ast.AST) -> Element:
    """The value of Python's own syntax tree of a text, without the parser of model files."""
    match node:
        case ast.Expression(body):
            return python_value(body)
        case ast.Constant(value):
            return literal(repr(value))
        case ast.Name(name):
            return mark(name) if name in SYMBOLS else unit_value(Unit.atom(name).powers)
        case ast.UnaryOp(ast.USub(), operand):
            return -python_value(operand) % PRIME
        case ast.Call(ast.Name(function), [argument]):
            return applied(function, python_value(argument))
        case ast.BinOp(left, operator, right):
            return combined(SIGNS[type(operator)], python_value(left), python_value(right))
    raise TypeError(ast.dump(node))


@settings(max_examples=400, deadline=None)
@given(trees())
def test_text_says_what_the_tree_says(tree: Expression) -> None:
    """Read by Python's grammar, the text of any tree has the value of the tree."""
    text = Printer().text(tree)
    assert python_value(ast.parse(text, mode="eval")) == element(tree), text


def test_targets_override_names_and_functions() -> None:
    """A target changes names, calls, quantities and the power sign, never the parentheses."""

    class Shouting(Printer):
        power = "^"

        def name(self, name: str) -> str:
            return name.upper()

        def call(self, function: str, argument: str) -> str:
            return f"{function}[{argument}]"

    assert Shouting().text(parse_expression("exp(-(x + y))**2*x", {"x", "y"})) == "exp[-(X + Y)]^2*X"


@pytest.mark.parametrize(
    "tree", [Negative(Quantity(-2.0)), Binary("-", Name("x"), Quantity(-2.0)), Binary("**", Quantity(-2.0), Name("x"))]
)
def test_negative_constants_do_not_run_together(tree: Expression) -> None:
    """Two signs side by side are kept apart, so that the text means what the tree means."""
    assert element(parse_expression(Printer().text(tree), {"x"})) == element(tree)


def test_what_is_no_tree_is_refused() -> None:
    """Printing something else is a mistake of the program and says so."""
    with pytest.raises(TypeError, match="not an expression: 'x'"):
        Printer().text("x")  # type: ignore[arg-type]
