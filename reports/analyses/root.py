"""Roots of one function of one number, by Brent's method from scipy, which is an extra."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


class ScipyMissing(ImportError):
    """scipy is not installed; says how to install it."""

    def __init__(self) -> None:
        super().__init__('this analysis needs scipy; install it with: pip install "spikebridge[analyses]"')


def scipy_module(name: str) -> Any:
    """A module of scipy, such as ``optimize``; ScipyMissing where there is none."""
    try:
        return import_module(f"scipy.{name}")
    except ImportError:
        raise ScipyMissing from None


def root(function: Callable[[float], float], low: float, high: float, tolerance: float | None = None) -> float:
    """Where ``function`` vanishes between two ends at which it has opposite signs (Brent 1973, ch. 4)."""
    xtol = tolerance or 1e-13 * max(abs(low), abs(high), 1e-3)
    return float(scipy_module("optimize").brentq(function, low, high, xtol=xtol, rtol=1e-14))
