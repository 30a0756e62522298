"""How finely samples are written: by decimals, by significant digits, in single precision, or in all digits of a float."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_DECIMALS = range(13)
_SIGNIFICANT = range(4, 12)
_SINGLE_STEPS = 4  # spacings of single precision by which a step computed in it may be off
_DOUBLE = 1e-13
_SMALLEST = 1e-3  # below that share of the largest a last digit tells nothing of how the rest was computed


@dataclass(frozen=True)
class Resolution:
    """By how much each sample may be off for the way it is written.

    Attributes
    ----------
    error : half of the last digit, in the unit of the samples, shape (samples,)
    words : "4 decimals", "6 significant digits", "single precision" or "double precision"
    """

    error: np.ndarray
    words: str

    @property
    def is_single(self) -> bool:
        return self.words == "single precision"


def resolution_of(values: np.ndarray) -> Resolution:
    """Find out from the samples, shape (samples,), in the unit they were written in."""
    largest = float(np.max(np.abs(values), initial=0.0)) or 1.0
    for unit in (1.0, 1e-3):  # of mV, or of V in a file that is shown in mV
        if _is_single(values, unit):
            return Resolution(
                np.full(len(values), _SINGLE_STEPS * float(np.spacing(np.float32(unit * largest))) / unit), "single precision"
            )
    for digits in _DECIMALS:
        if 10.0**-digits > 10 * _DOUBLE * largest and np.allclose(
            values, np.round(values, digits), rtol=0, atol=_DOUBLE * max(1.0, largest)
        ):
            return Resolution(np.full(len(values), 0.5 * 10.0**-digits), f"{digits} decimals")
    for digits in _SIGNIFICANT:
        last = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(values), 1e-30))) - digits + 1)
        if np.all(np.abs(values / last - np.round(values / last)) < 1e-4):
            return Resolution(0.5 * np.maximum(last, _SMALLEST * last.max()), f"{digits} significant digits")
    return Resolution(np.full(len(values), _DOUBLE * largest), "double precision")


def _is_single(values: np.ndarray, unit: float) -> bool:
    """Whether every sample is a number of single precision, written with nine digits or more."""
    with np.errstate(over="ignore"):
        single = (values * unit).astype(np.float32).astype(float) / unit
    ninth = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(values), 1e-3))) - 8)
    return bool(np.all(np.abs(single - values) <= 0.6 * ninth + 1e-12))
