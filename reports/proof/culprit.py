"""What differs between two neurons, where it is known."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Culprit:
    """One thing that is not what the definition says, and that explains the gap.

    Attributes
    ----------
    kind : ``constant``, ``rate``, ``table``, ``precision``, ``refractory``, ``delay``, ``weight``, ...
    name : of the parameter, the equation or the stimulus
    expected, found : what the definition says and what the samples follow, as text with units
    explains : share of the gap, at most 1
    """

    kind: str
    name: str
    expected: str
    found: str
    explains: float
