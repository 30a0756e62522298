"""The resting state: where all rates vanish, found by following the flow with ever longer implicit steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Rates = Callable[[np.ndarray], np.ndarray]


class NoRestError(ArithmeticError):
    """No resting state is reached from the start given."""


class _OutOfTriesError(NoRestError):
    """It was still on its way."""


_NONE = "no resting state is reached from there"
_NEUTRAL = 1e-6  # per ms: what a difference of rates can tell from an eigenvalue of zero


def resting_state(rates: Rates, start: np.ndarray, tolerance: float = 1e-13, tries: int = 400) -> np.ndarray:
    """The stable state reached from ``start``.

    Pseudo-transient continuation (Kelley & Keyes 1998, SIAM J Numer Anal 35:508): linearly implicit Euler
    steps that lengthen while they change little, which follow the flow at first and are Newton's method
    in the end. An unstable rest is left by the first steps; where a later step lands on one by chance, which
    another processor's rounding would not repeat, it is refused.

    Parameters
    ----------
    rates : maps a state, shape (variables,), to its time derivative per ms
    tolerance : relative change of the last step

    Raises
    ------
    NoRestError : the steps do not come to rest, or only at an unstable one
    """
    first = np.array(start, dtype=float)
    try:
        return _followed(rates, first, tolerance, tries, widening=False)
    except _OutOfTriesError:  # a variable that starts near zero and ends far from it goes there in tiny steps
        return _followed(rates, first, tolerance, tries, widening=True)


def _followed(rates: Rates, start: np.ndarray, tolerance: float, tries: int, widening: bool) -> np.ndarray:
    """``widening``: what counts as little grows with the state, instead of being little beside the start for good."""
    y, dt_ms, rate = start, 0.01, rates(start)
    scale = np.maximum(np.abs(y), 1.0)
    for _ in range(tries):
        jacobian = _jacobian(rates, y, rate, scale)
        change = np.linalg.solve(np.eye(len(y)) / dt_ms - jacobian, rate)
        y = y + change
        rate = rates(y)
        if not np.all(np.isfinite(rate)):
            raise NoRestError(_NONE)
        if widening:
            scale = np.maximum(scale, np.abs(y))
        moved = float(np.max(np.abs(change) / scale))
        if dt_ms > 1e6 and moved < tolerance:
            if float(np.max(np.linalg.eigvals(jacobian).real)) > _NEUTRAL:
                raise NoRestError("the only resting state reached from there is unstable")
            return y
        dt_ms = min(dt_ms * (2.0 if moved < 0.05 else 0.5), 1e12)
    raise _OutOfTriesError(_NONE)


def _jacobian(rates: Rates, y: np.ndarray, rate: np.ndarray, scale: np.ndarray) -> np.ndarray:
    columns = []
    for i in range(len(y)):
        beside = y.copy()
        beside[i] += 1e-7 * scale[i]
        columns.append((rates(beside) - rate) / (beside[i] - y[i]))
    return np.array(columns).T
