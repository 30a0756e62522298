"""Products and quotients of numbers as they are written, rounded once."""

from __future__ import annotations

from decimal import Decimal


def decimal_product(a: float, b: float) -> float:
    """a b rounded once from the decimals as written, so that 0.01*10 is 0.1 whatever the order."""
    return float(Decimal(repr(a)) * Decimal(repr(b)))


def decimal_quotient(a: float, b: float) -> float:
    """a / b, likewise."""
    return float(Decimal(repr(a)) / Decimal(repr(b)))
