"""How finely samples, or a constant, were written down."""

from __future__ import annotations

import math

import numpy as np

_SIGNIFICANT = range(4, 12)
_DECIMALS = range(13)


def resolution(samples: np.ndarray) -> float:
    """Half of the last digit that the samples were written with: of a number of decimals, or of significant digits; 0 for all digits."""
    largest = max(1.0, float(np.max(np.abs(samples), initial=0.0)))
    for digits in _DECIMALS:
        if np.allclose(samples, np.round(samples, digits), rtol=0, atol=1e-13 * largest):
            return 0.5 * 10.0**-digits
    sizes = np.floor(np.log10(np.maximum(np.abs(samples), 1e-30)))
    for digits in _SIGNIFICANT:
        last = 10.0 ** (sizes - digits + 1)
        if np.all(np.abs(samples / last - np.round(samples / last)) < 1e-4):
            return 0.5 * float(last.max())
    return 0.0


def in_single_precision(samples: np.ndarray) -> bool:
    """Whether every sample is a number of single precision, as it is or in a unit a thousand times as large, written with its
    nine digits or more."""
    with np.errstate(over="ignore", divide="ignore"):
        ninth = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(samples), 1e-3))) - 8)
        return any(
            bool(np.all(np.abs((samples * unit).astype(np.float32).astype(float) / unit - samples) <= 0.6 * ninth))
            for unit in (1.0, 1e-3)
        )


def half_of_last_digit(written: str) -> tuple[int, float]:
    """Of a number as text such as ``-54.387`` or ``2.5e-3``: its significant digits, and half of the last one's worth."""
    mantissa, _, exponent = written.lower().lstrip("+-").partition("e")
    whole, _, decimals = mantissa.partition(".")
    digits = (whole + decimals).lstrip("0")
    power = int(exponent or 0) - len(decimals)
    return len(digits), 0.5 * math.pow(10.0, power)
