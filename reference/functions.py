"""Elementary functions that must be right near their removable singularities."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def exp(x: Any) -> Any:
    """The exponential of a float or an array, in its own precision; one plain float without numpy's cost per call."""
    return exp_scalar(x) if isinstance(x, float) else np.exp(x)


def exprel(x: Any) -> Any:
    """(exp(x) - 1) / x, and 1 at x = 0.

    For small x the quotient (u - 1) / log(u) with u = exp(x) is used: both parts carry the same
    rounding error of u, which cancels (Kahan; Higham, Accuracy and Stability, sec. 1.14.1).

    Parameters
    ----------
    x : float or array, any shape

    Returns
    -------
    the same shape and, for arrays, the same dtype; infinity where exp(x) overflows
    """
    if isinstance(x, float):
        return exprel_scalar(x)
    if isinstance(x, np.floating):  # one neuron in single precision
        return np.expm1(x) / x if x != 0 else type(x)(1)
    u = np.exp(x)
    below = np.where(np.abs(x) < 0.5, np.log(u), x)
    return np.where(u == 1, 1 + x / 2, (u - 1) / np.where(u == 1, 1, below))


def exprel_scalar(x: float) -> float:
    """``exprel`` for one plain float, without numpy's cost per call."""
    if x == 0.0:
        return 1.0
    if x > 709.0:
        return math.inf
    return math.expm1(x) / x


def exp_scalar(x: float) -> float:
    """exp of a plain float that overflows to infinity, as it does in C, instead of raising."""
    return math.exp(x) if x < 709.0 else math.inf
