"""exprel against a computation in fifty digits."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest

from spikebridge.bridge.definition.evaluation import _exprel as by_node
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.translate.numpy_source import NumpySource
from spikebridge.reference.functions import exp_scalar, exprel, exprel_scalar

SIZES = np.concatenate([10.0 ** np.arange(-300, 3, 7), np.geomspace(1e-17, 700.0, 400), [0.02, 0.5, np.nextafter(0.5, 0), 1.0]])
POINTS = np.concatenate([-SIZES, [0.0], SIZES])
POINTS32 = POINTS[np.abs(POINTS) < 80].astype(np.float32)
ULP = np.finfo(float).eps


def exact(x: float) -> float:
    """(exp(x) - 1)/x; the difference loses as many digits as x has zeros, so as many more are carried."""
    if x == 0.0:
        return 1.0
    with localcontext() as context:
        context.prec = 50 + max(0, -Decimal(x).adjusted())
        return float((Decimal(x).exp() - 1) / Decimal(x))


EXACT = np.array([exact(x) for x in POINTS.tolist()])


def worst(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.max(np.abs(found - expected) / expected))


def test_a_float_is_right_to_the_last_digits() -> None:
    """Two units in the last place at the most, from 1e-300 to 700, on either side of zero and at zero."""
    found = np.array([exprel_scalar(x) for x in POINTS.tolist()])
    assert worst(found, EXACT) <= 2 * ULP
    assert all(type(exprel(x)) is float for x in (0.0, 1e-9, 3.0))
    assert [exprel(x) for x in POINTS.tolist()] == found.tolist()


def test_an_array_is_right_to_the_last_digits() -> None:
    """Four units in the last place, where float and array need not round alike."""
    assert worst(exprel(POINTS), EXACT) <= 4 * ULP
    assert worst(by_node(POINTS), EXACT) <= 4 * ULP


def test_single_precision_stays_single_and_right() -> None:
    """What the translation proof measures rounding with."""
    found = exprel(POINTS32)
    assert found.dtype == np.float32
    expected = np.array([exact(float(x)) for x in POINTS32])
    assert worst(found.astype(float), expected) <= 8 * float(np.finfo(np.float32).eps)


@pytest.mark.parametrize("shape", [(), (1,), (3, 2), (0,)])
def test_the_shape_stays(shape) -> None:
    """Also of nothing at all, and of a number without axes."""
    found = exprel(np.full(shape, 0.25))
    assert found.shape == shape and np.all(found == pytest.approx(exact(0.25), rel=4 * ULP))


@pytest.mark.parametrize(("x", "expected"), [(800.0, np.inf), (1e308, np.inf), (-1e308, 0.0), (-800.0, 1 / 800)])
def test_beyond_the_range_it_has_its_limits(x, expected) -> None:
    """Infinity above, 1/|x| below; for floats, for arrays, and node by node."""
    with np.errstate(all="ignore"):
        found = [exprel(x), float(exprel(np.array([x]))[0]), float(by_node(x)), float(by_node(np.array([x]))[0])]
    assert found == pytest.approx([expected] * 4, rel=4 * ULP, abs=1e-307)


def test_what_is_no_number_stays_none() -> None:
    """Neither is hidden by a special case."""
    assert np.isnan(exprel(float("nan"))) and np.isnan(exprel(np.array([np.nan])))[0]


def test_the_listings_own_exprel_is_as_good() -> None:
    """The numpy listing carries a copy, so that it runs alone."""
    scope: dict = {}
    exec(compile(NumpySource(load("hodgkin_huxley")).text, "listing", "exec"), scope)
    with np.errstate(over="ignore"):
        assert worst(scope["exprel"](POINTS), EXACT) <= 4 * ULP


def test_exp_overflows_to_infinity_as_in_c() -> None:
    """Instead of raising."""
    assert exp_scalar(710.0) == np.inf
    assert exp_scalar(-1000.0) == 0.0
    assert exp_scalar(1.0) == pytest.approx(np.e, rel=ULP)
