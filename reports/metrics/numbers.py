"""Numbers as people read them."""

from __future__ import annotations

import re
from decimal import Decimal


def short(value: float | None) -> str:
    """Two digits: 0.17, 68, 120, 2.5e-11; a question mark where there is no number."""
    if value is None:
        return "?"
    if 99.5 <= abs(value) < 99_500:
        return f"{float(f'{value:.2g}'):.0f}"
    return re.sub(r"e([+-])0*(\d)", lambda m: f"e{'-' if m[1] == '-' else ''}{m[2]}", f"{value:.2g}")


def quantity(value: float, unit: str) -> str:
    """Two digits and the unit; a pure number has none."""
    return short(value) if unit == "1" else f"{short(value)} {unit}"


def on_grid(t_ms: float, dt_ms: float) -> str:
    """A time on the grid of a step, with that step's digits: 12.475 for a step of 0.025."""
    exponent = int(Decimal(f"{dt_ms:.6g}").normalize().as_tuple().exponent)
    return f"{t_ms:.{max(0, -exponent)}f}"


def counted(number: int, noun: str) -> str:
    """1 spike, 7 spikes."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def evenly_spaced(first: float, last: float, count: int) -> list[float]:
    """Numbers from first to last as people write them, without the round-off of the division."""
    return [float(f"{first + (last - first) * i / max(count - 1, 1):.12g}") for i in range(count)]
