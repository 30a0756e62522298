"""Least squares in which some coefficients are bounded: few columns, many rows, and numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np


def bounded_least_squares(columns: np.ndarray, target: np.ndarray, free: int, bound: float) -> np.ndarray:
    """The coefficients x, shape (columns,), that bring ``columns @ x`` nearest to ``target``.

    The first ``free`` are unbounded, all others within +-``bound``. An active set: what leaves its bounds is held at them, the
    worst first, and let go where the slope of the sum of squares points inward (Lawson & Hanson 1974, ch. 23).

    Parameters
    ----------
    columns, target : shapes (rows, columns) and (rows,)
    """
    size = columns.shape[1]
    if size == 0:
        return np.zeros(0)
    scale = np.linalg.norm(columns, axis=0)
    scale[scale == 0.0] = 1.0
    triangle: Any = np.linalg.qr(np.column_stack([columns / scale, target]), mode="r")
    a, b = triangle[:, :size], triangle[:, size]
    limits = np.where(np.arange(size) < free, np.inf, bound) * scale
    x, held = np.zeros(size), np.zeros(size, dtype=bool)
    for _ in range(3 * size + 1):
        x[~held] = np.linalg.lstsq(a[:, ~held], b - a[:, held] @ x[held], rcond=1e-12)[0]
        over = np.abs(x) / limits
        if np.all(over <= 1 + 1e-9):
            freed = _to_free(a, b, x, held)
            if freed is None:
                break
            held[freed] = False
            continue
        worst = int(np.argmax(np.where(held, 0.0, over)))
        held[worst], x[worst] = True, np.sign(x[worst]) * limits[worst]
    return np.clip(x, -limits, limits) / scale


def _to_free(a: np.ndarray, b: np.ndarray, x: np.ndarray, held: np.ndarray) -> int | None:
    """Which held coefficient would rather be inside its bounds; None where none would."""
    inward = np.where(held, a.T @ (b - a @ x) * -np.sign(x), 0.0)
    best = int(np.argmax(inward))
    return best if inward[best] > 1e-9 * float(b @ b) ** 0.5 else None
