"""Linearity: A x + B is found where an equation has that form, and is the equation; sympy agrees."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.linearity import depends, linear_form
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.expressions.expression import Binary, Call, Expression, Name, Negative, Quantity, names, parse_expression
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.expressions.units import CoherentSystem

KNOWN = {"x", "y", "a", "b", "inner", "outer"}
COHERENT = CoherentSystem()


def parse(text: str) -> Expression:
    return parse_expression(text, KNOWN)


def form(text: str, **definitions: str) -> tuple[str, str] | None:
    """Slope and offset in x as text."""
    found = linear_form(parse(text), "x", {name: parse(d) for name, d in definitions.items()})
    return found and (Printer().text(found.slope), Printer().text(found.offset))


# the form -------------------------------------------------------------------------------------------

LINEAR = {
    "x": ("1", "0"), "-x": ("-1", "0"), "y": ("0", "y"), "3": ("0", "3"), "x + y": ("1", "y"), "y + x": ("1", "y"),
    "x - y": ("1", "-y"), "y - x": ("-1", "y"), "a*x": ("a", "0"), "x*a": ("a", "0"), "x/a": ("1/a", "0"),
    "a*x + b": ("a", "b"), "a*(x - b)": ("a", "-(a*b)"), "(x - b)/a": ("1/a", "-b/a"), "-(x - b)": ("-1", "b"),
    "a*(1 - x) - b*x": ("-a - b", "a"), "(y - x)/a": ("-1/a", "y/a"), "2*(3*x)": ("6", "0"),
    "exp(y)*x": ("exp(y)", "0"), "y**2*x + exp(-y)": ("y**2", "exp(-y)"), "-(-x)": ("1", "0"), "x/2*4": ("2", "0"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LINEAR.items())
def test_slope_and_offset_are_found(text: str, expected: tuple[str, str]) -> None:
    """Sums, products and quotients with what does not mention x are taken apart, without the clutter of zeros and ones."""
    assert form(text) == expected


@pytest.mark.parametrize(
    "text", ["x*x", "x**2", "exp(x)", "1/x", "y/(1 + x)", "x*(y + x)", "y**x", "abs(x)", "x + exp(-x)", "a*exp(x)*y"]
)
def test_what_is_not_linear_has_no_form(text: str) -> None:
    """Powers, functions and divisors that mention x have no such form."""
    assert form(text) is None


@pytest.mark.parametrize("text", ["x**1", "x*x - x*x", "x*x/x", "x**2*0", "x/(1 + x - x)"])
def test_cancellations_are_not_searched_for(text: str) -> None:
    """None is the safe answer: what becomes linear only by algebra is treated as not linear."""
    assert form(text) is None


def test_definitions_that_depend_on_x_are_written_out() -> None:
    """A definition that mentions x, even through another, is looked into; others stay names."""
    assert form("outer + y", outer="a*inner", inner="x - b") == ("a", "-(a*b) + y")
    assert form("inner*x", inner="y**2") == ("inner", "0")
    assert form("inner*x", inner="x + y") is None
    assert form("outer", outer="exp(inner)", inner="x") is None


def test_dependence_is_found_through_definitions() -> None:
    """Directly, through one definition or through several; a cycle does not hang."""
    definitions = {"outer": parse("inner + 1"), "inner": parse("x*y"), "a": parse("b"), "b": parse("a")}
    assert depends(parse("x"), "x", {})
    assert depends(parse("outer"), "x", definitions)
    assert not depends(parse("y + 1"), "x", definitions)
    assert not depends(parse("a"), "x", definitions)


def test_gates_are_linear_in_themselves() -> None:
    """Every state of the Hodgkin-Huxley model is linear in itself while the others stand still."""
    model = load("hodgkin_huxley")
    assert all(model.linear.values())
    m = model.linear["m"]
    assert m is not None
    assert (Printer().text(m.slope), Printer().text(m.offset)) == ("phi*(-alpha_m - beta_m)", "phi*alpha_m")


def test_nested_definitions_take_no_exponential_time() -> None:
    """Seventeen definitions, each mentioning the one before twice, are no reason to wait."""
    definitions = {f"d{k}": Binary("+", Name(f"d{k - 1}"), Name(f"d{k - 1}")) for k in range(1, 18)} | {"d0": Name("x")}
    assert linear_form(Name("d5"), "x", definitions) is not None
    # a hundred thousand mentions are given up on, as if it were not linear, instead of being written out
    assert linear_form(Name("d17"), "x", definitions) is None


# against numbers and sympy --------------------------------------------------------------------------


def to_sympy(node: Expression) -> sympy.Expr:
    """The tree in sympy's terms, constants as exact fractions."""
    match node:
        case Quantity(value):
            return sympy.Rational(str(value))
        case Name(name):
            return sympy.Symbol(name)
        case Negative(operand):
            return -to_sympy(operand)
        case Call(function, argument):
            return getattr(sympy, function)(to_sympy(argument))
        case Binary("+", left, right):
            return to_sympy(left) + to_sympy(right)
        case Binary("-", left, right):
            return to_sympy(left) - to_sympy(right)
        case Binary("*", left, right):
            return to_sympy(left) * to_sympy(right)
        case Binary("/", left, right):
            return to_sympy(left) / to_sympy(right)
        case Binary("**", left, right):
            return to_sympy(left) ** to_sympy(right)
    raise TypeError(node)


LEAVES = st.one_of(st.sampled_from([Name("x"), Name("y"), Name("a")]), st.builds(Quantity, st.sampled_from([0.5, 1.0, 2.0, 3.0])))


def positive_polynomials() -> st.SearchStrategy[Expression]:
    """Sums and products of positive terms, divided by what does not mention x: nothing can cancel."""
    return st.recursive(
        LEAVES,
        lambda inner: st.one_of(
            st.builds(Binary, st.sampled_from("+*"), inner, inner),
            st.builds(lambda left, right: Binary("/", left, right), inner, inner.filter(lambda e: "x" not in names(e))),
            st.builds(lambda base: Binary("**", base, Quantity(2.0)), inner),
        ),
        max_leaves=8,
    )


def rational_trees() -> st.SearchStrategy[Expression]:
    """Any sums, products, quotients, signs and a function now and then."""
    return st.recursive(
        LEAVES,
        lambda inner: st.one_of(
            st.builds(Negative, inner),
            st.builds(Binary, st.sampled_from("+-*"), inner, inner),
            st.builds(lambda left, right: Binary("/", left, right), inner, inner.filter(lambda e: bool(names(e)))),
            st.builds(Call, st.sampled_from(["exp", "tanh"]), inner),
        ),
        max_leaves=8,
    )


@settings(max_examples=200, deadline=None)
@given(positive_polynomials())
def test_sympy_agrees_on_polynomials(tree: Expression) -> None:
    """Where nothing can cancel there is a form exactly where the second derivative vanishes."""
    second = sympy.expand(sympy.diff(to_sympy(tree), sympy.Symbol("x"), 2))
    assert (linear_form(tree, "x", {}) is not None) == (second == 0)


@settings(max_examples=200, deadline=None)
@given(rational_trees())
def test_sympy_never_disagrees_with_a_form(tree: Expression) -> None:
    """Where there is a form, its parts do not mention x and sympy finds the same slope, offset and no curvature."""
    found = linear_form(tree, "x", {})
    assume(found is not None)
    assert found is not None
    assert "x" not in (*names(found.slope), *names(found.offset))
    whole, x = to_sympy(tree), sympy.Symbol("x")
    assume(not whole.has(sympy.zoo, sympy.nan))
    difference = whole - (to_sympy(found.slope) * x + to_sympy(found.offset))
    assert sympy.simplify(difference) == 0
    assert sympy.simplify(sympy.diff(whole, x, 2)) == 0


@settings(max_examples=400, deadline=None)
@given(rational_trees(), st.lists(st.floats(0.25, 4.0), min_size=3, max_size=3))
def test_the_form_has_the_value_of_the_expression(tree: Expression, point: list[float]) -> None:
    """A x + B is the expression, numerically."""
    found = linear_form(tree, "x", {})
    assume(found is not None)
    assert found is not None
    values = {name: np.array([value], dtype=np.longdouble) for name, value in zip("xya", point, strict=True)}
    with np.errstate(all="ignore"):
        whole, slope, offset = (evaluate(e, values, COHERENT) for e in (tree, found.slope, found.offset))
        formed = slope * values["x"] + offset
    assume(np.all(np.isfinite(whole)) and np.all(np.isfinite(formed)))
    scale = np.abs(slope * values["x"]) + np.abs(offset) + np.abs(whole)
    assert np.all(np.abs(formed - whole) <= 1e-12 * scale)
