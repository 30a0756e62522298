"""What a measure of agreement returns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """A value with its unit, what it should not exceed, and why.

    ``value`` is None where the measure has no meaning, which ``reason`` then explains.
    """

    value: float | None
    unit: str
    limit: float | None = None
    reason: str = ""
