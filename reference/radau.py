"""Coefficients of the Radau IIA methods: implicit, of order 2 s - 1 with s stages, for stiff equations.

A step is the polynomial of degree s that starts at the old state and has the slope the equations ask for at the s nodes of Radau,
the last of which is the end of the step. Source: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, 2nd ed.,
Springer 1996, sections IV.5 and IV.8. The numbers are made here from the definition, to round-off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.polynomial import legendre


@dataclass(frozen=True)
class Radau:
    """A method with s stages.

    Attributes
    ----------
    nodes : where in the step the stages stand, in steps; the last is 1. Shape (s,)
    matrix : Butcher's A: stage i lies ``h * matrix[i] @ slopes`` from the old state. Shape (s, s)
    eigenvalues : of ``matrix``, the real one first, then one of each complex pair. Shape (k,), k = (s + 1) / 2
    to_stages, from_stages : ``matrix`` is ``(to_stages * eigenvalues) @ from_stages`` in its real part. Shapes (s, k) and (k, s)
    error : the embedded solution of order s differs from the step's by ``error @ z`` and ``eigenvalues[0] * h`` times the
        slope at the start, where z are the distances of the stages from the old state. Shape (s,)
    nested : coefficients of the step's polynomial in the form of ``dense_output.evaluated``, as ``nested @ z``. Shape (s, s)
    """

    nodes: np.ndarray
    matrix: np.ndarray
    eigenvalues: np.ndarray
    to_stages: np.ndarray
    from_stages: np.ndarray
    error: np.ndarray
    nested: np.ndarray

    @property
    def stages(self) -> int:
        """s."""
        return len(self.nodes)


@cache
def radau(stages: int) -> Radau:
    """The method with so many stages, an odd number: then one eigenvalue of its matrix is real, as the error needs."""
    nodes = _nodes(stages)
    matrix = _integrals(nodes)
    eigenvalues, to_stages, from_stages = _diagonal(matrix)
    return Radau(
        nodes, matrix, eigenvalues, to_stages, from_stages, _error(nodes, matrix, float(eigenvalues[0].real)), _nested(nodes)
    )


def _nodes(stages: int) -> np.ndarray:
    """The zeros of P_s - P_(s-1) on [0, 1], P being Legendre's polynomials; the last is 1."""
    difference = np.zeros(stages + 1)
    difference[-1], difference[-2] = 1.0, -1.0
    x = np.sort(legendre.legroots(difference).real)
    for _ in range(3):  # Newton's method takes the roots to round-off
        x[:-1] -= legendre.legval(x[:-1], difference) / legendre.legval(x[:-1], legendre.legder(difference))
    x[-1] = 1.0
    return (x + 1.0) / 2.0


def _integrals(nodes: np.ndarray) -> np.ndarray:
    """A: the integral up to each node of the polynomial that is 1 at one node and 0 at the others; by Legendre's polynomials."""
    x = 2.0 * nodes - 1.0
    count = len(nodes)
    values = legendre.legvander(x, count - 1)
    integrals = np.array([legendre.legval(x, legendre.legint(unit, lbnd=-1)) for unit in np.eye(count)]).T / 2.0
    return np.linalg.solve(values.T, integrals.T).T


def _diagonal(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eigenvalues, one of each pair, and the matrices to and from their eigenvectors; a pair's other half is counted by a factor 2."""
    values, vectors = np.linalg.eig(matrix)
    inverse = np.linalg.inv(vectors)
    real = int(np.argmin(np.abs(values.imag)))
    kept = [real, *np.flatnonzero(values.imag > 1e-9)]
    weights = np.array([1.0] + [2.0] * (len(kept) - 1))
    return values[kept], vectors[:, kept] * weights, inverse[kept]


def _error(nodes: np.ndarray, matrix: np.ndarray, gamma: float) -> np.ndarray:
    """Weights of the stages in Hairer and Wanner's (8.19): a quadrature over 0 and the nodes, ``gamma`` its weight at 0."""
    count = len(nodes)
    powers = nodes[None, :] ** np.arange(count)[:, None]
    wanted = 1.0 / np.arange(1, count + 1)
    wanted[0] -= gamma
    embedded = np.linalg.solve(powers, wanted)
    # both sums of slopes as sums of the stages' distances, of which slopes are combinations: z = h A k
    return np.linalg.solve(matrix.T, embedded - matrix[-1])


def _nested(nodes: np.ndarray) -> np.ndarray:
    """From values at the nodes to the coefficients of x, x (1 - x), x x (1 - x), ..., for a polynomial that is 0 at 0."""
    factors = [nodes if i % 2 == 0 else 1.0 - nodes for i in range(len(nodes))]
    return np.linalg.inv(np.cumprod(factors, axis=0).T)


def extrapolation(method: Radau, ratio: float) -> np.ndarray:
    """From a step's stages to where the next one's are to be expected, both as distances from the state the steps share.

    The step's polynomial is read beyond its end, at the nodes of a step ``ratio`` times as long. Shape (s, s)
    """
    x = 1.0 + ratio * method.nodes
    factors = [x if i % 2 == 0 else 1.0 - x for i in range(method.stages)]
    values: np.ndarray = np.cumprod(factors, axis=0).T @ method.nested
    values[:, -1] -= 1.0
    return values
