"""How finely samples, or a constant, were written down."""

from __future__ import annotations

import math

import numpy as np

_SIGNIFICANT = range(4, 12)
_DECIMALS = range(13)
_LEVELS, _MOVES = 20, 5  # of different size, that samples must have to show an amplifier's step


def resolution(samples: np.ndarray) -> float:
    """Half of the last digit that the samples were written with, of a number of decimals or of significant digits, or of an
    amplifier's step; 0 where they have all digits of a double.

    Parameters
    ----------
    samples : shape (samples,); what is returned has their unit
    """
    return 0.5 * max(_last_digit(samples), _amplifier_step(samples))


def _last_digit(samples: np.ndarray) -> float:
    largest = max(1.0, float(np.max(np.abs(samples), initial=0.0)))
    for digits in _DECIMALS:
        if np.allclose(samples, np.round(samples, digits), rtol=0, atol=1e-13 * largest):
            return 10.0**-digits
    sizes = np.floor(np.log10(np.maximum(np.abs(samples), 1e-30)))
    for digits in _SIGNIFICANT:
        last = 10.0 ** (sizes - digits + 1)
        if np.all(np.abs(samples / last - np.round(samples / last)) < 1e-4):
            return float(last.max())
    return 0.0


def _amplifier_step(samples: np.ndarray) -> float:
    """The least difference of which all others are whole multiples, as those of a converter of 16 bits are; 0 without one.

    Ramps and resets have such a difference too. A converter shows itself where the signal stands still, and then moves by few
    steps and by many.
    """
    levels = np.unique(samples)
    apart = np.diff(levels)
    if len(apart) < _LEVELS or float(np.ptp(levels)) > 2**16 * float(apart.min()):
        return 0.0
    step = float(np.median(apart[apart < 1.5 * apart.min()]))
    multiples, moves = apart / step, np.round(np.abs(np.diff(samples)) / step)
    whole = bool(np.all(np.abs(multiples - np.round(multiples)) < 0.1))
    return step if whole and np.mean(moves == 0) > 0.01 and len(np.unique(moves)) >= _MOVES else 0.0


def in_single_precision(samples: np.ndarray) -> bool:
    """Whether every sample is a number of single precision, as it is or in a unit a thousand times as large, written with its
    nine digits or more.

    Parameters
    ----------
    samples : shape (samples,)
    """
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
