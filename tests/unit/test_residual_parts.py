"""The parts of the residual: bounded least squares, interpolation, resolution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from spikebridge.reports.proof.residual.bounded import bounded_least_squares
from spikebridge.reports.proof.residual.interpolation import interpolated
from spikebridge.reports.proof.residual.resolution import resolution_of


def test_bounded_least_squares_is_that_of_scipy() -> None:
    """On problems drawn at random, half of whose answers lie on their bounds."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        a, b = rng.standard_normal((40, 6)), 3 * rng.standard_normal(40) + 5
        limits = np.array([np.inf, np.inf, 1.25, 1.25, 1.25, 1.25])
        expected = lsq_linear(a, b, (-limits, limits), tol=1e-14).x
        assert bounded_least_squares(a, b, 2, 1.25) == pytest.approx(expected, abs=1e-6)


def test_polynomials_are_exact_and_never_reach_across_a_break() -> None:
    """Of degree five on either side of a jump; of less where there are fewer samples."""
    t = np.linspace(0.0, 2.0, 21)
    y = np.where(t < 1.05, t**5 - t, 40.0 - t)
    at = np.array([[0.13, 0.97, 1.04, 1.13, 1.99]])
    owner = np.array([[0, 0, 0, 1, 1]])
    found = interpolated(t, y, [(0, 10), (11, 20)], owner, at)
    assert found == pytest.approx(np.where(owner == 0, at**5 - at, 40.0 - at), abs=1e-12)
    assert interpolated(t, t**2, [(0, 2)], np.array([0]), np.array([0.05])) == pytest.approx(0.0025)


@pytest.mark.parametrize(
    ("write", "words", "error"),
    [
        (lambda v: np.round(v, 3), "3 decimals", 5e-4),
        (lambda v: v.astype(np.float32).astype(float), "single precision", 4 * 2.0**-17),
        (lambda v: (v * 1e-3).astype(np.float32).astype(float) * 1e3, "single precision", None),
        (lambda v: np.array([float(f"{x:.6g}") for x in v * np.exp(v / 4)]), "6 significant digits", None),
        (lambda v: v, "double precision", 1e-13 * 105),
    ],
)
def test_how_samples_are_written_is_recognised(write, words, error) -> None:
    """In mV or in V; single precision as it is printed with all its digits."""
    v = -65.0 + 40 * np.sin(np.linspace(0.1, 9.0, 400)) ** 3 + 1e-3 * np.pi
    found = resolution_of(write(v))
    assert found.words == words
    assert error is None or float(found.error.max()) == pytest.approx(error, rel=0.5)
