"""Elementary functions that must be right near their removable singularities, and what electrochemistry makes of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
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
    u, small = np.exp(x), np.abs(x) < 0.5
    if small.ndim and not small.any():  # half as many calls of numpy, of which small arrays pay each
        return (u - 1) / x
    below = np.where(small, np.log(u), x)
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


R, F = 8.314462618, 96485.33212  # J/K/mol, C/mol; CODATA 2018
MV_PER_K = 1000 * R / F


def nernst(c_in: Any, c_out: Any, z: Any, T: Any) -> Any:
    """The potential of one ion in mV, at the temperature ``T`` in K."""
    return MV_PER_K * T / z * np.log(c_out / c_in)


def ghk_current(P: Any, v: Any, c_in: Any, c_out: Any, z: Any, T: Any) -> Any:
    """The current of one ion through a membrane of constant field, in uA/cm2, outward positive; finite at v = 0.

    Parameters
    ----------
    P : permeability in cm/s
    v : potential inside, in mV
    c_in, c_out : concentrations in mM
    T : temperature in K

    Goldman 1943, J Gen Physiol 27:37; Hodgkin & Katz 1949, J Physiol 108:37.
    """
    xi = z * v / (MV_PER_K * T)
    return P * z * F * (c_in / exprel(-xi) - c_out / exprel(xi))


def ghk_voltage(ions: Iterable[tuple[Any, Any, Any, int]], T: Any) -> Any:
    """The potential in mV at which ions carry no current together.

    Parameters
    ----------
    ions : (permeability, concentration inside, outside, z) of each; z is 1 or -1, and the other units cancel
    T : temperature in K
    """
    ions = list(ions)
    if any(z not in (1, -1) for *_, z in ions):
        raise ValueError("z must be 1 or -1")
    above = sum(p * (outside if z == 1 else inside) for p, inside, outside, z in ions)
    below = sum(p * (inside if z == 1 else outside) for p, inside, outside, z in ions)
    return MV_PER_K * T * np.log(above / below)
