"""What is done to have Brian2 make its code sooner changes no answer."""

import gc
from math import isclose
from types import SimpleNamespace

import pytest
import sympy

from spikebridge.bridge.engines.brian2_algebra import _at_a_glance, _replace, for_good

X, Y = sympy.symbols("x y", real=True)
EXPRESSIONS = [
    X, Y, sympy.Symbol("x"), sympy.Integer(2), sympy.Float(2), sympy.Float(2, 30), sympy.Float("0.5"), sympy.Rational(1, 2), sympy.nan,
    2 * X, sympy.Float(2) * X, X * 2, X + Y, Y + X, X - Y, sympy.exp(X / 2), sympy.exp(sympy.Float("0.5") * X),
    sympy.Function("f")(X), sympy.Function("f", real=True)(X), sympy.true, sympy.Integer(1),
]  # fmt: skip


@pytest.mark.parametrize("approx", [None, isclose])
def test_a_glance_says_of_two_expressions_what_a_comparison_node_by_node_says(approx) -> None:
    """Of all pairs, among them numbers that are equal and of another kind, and the same expression made twice."""
    slowly = sympy.Basic.is_same
    quickly = _at_a_glance(slowly)
    given = () if approx is None else (approx,)
    for a in EXPRESSIONS:
        for b in [*EXPRESSIONS, sympy.sympify(str(a), {"x": X, "y": Y})]:
            assert quickly(a, b, *given) == slowly(a, b, *given), (a, b)


def test_two_that_a_glance_tells_apart_are_not_walked_through() -> None:
    """Nor is one object: the walk is left to those that have the same hash."""
    walked = []
    quickly = _at_a_glance(lambda a, b: walked.append((a, b)))
    assert quickly(X + Y, X + Y) is True and quickly(X, X + Y) is False and walked == []
    once_more = (X + Y).func(*(X + Y).args, evaluate=False)
    quickly(X + Y, once_more)
    assert walked == [(X + Y, once_more)]


def test_what_another_version_has_not_is_left_alone() -> None:
    """Nothing is put where nothing was."""
    module = SimpleNamespace(there=1)
    _replace(module, "there", lambda old: old + 1)
    _replace(module, "not_there", lambda old: old)
    assert vars(module) == {"there": 2}


def test_what_is_imported_for_good_is_not_looked_through_again() -> None:
    """Garbage is collected again behind it, among what came later; where the import fails too."""
    before = gc.get_freeze_count()
    try:
        with pytest.raises(ImportError), for_good():
            assert not gc.isenabled()
            raise ImportError
        assert gc.isenabled() and gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
