"""How near one candidate, a scheme on a neuron, comes to a recording from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """A candidate's distance to the recording, in the unit of its samples.

    Attributes
    ----------
    distance : the largest, beside what ``before_reset`` excuses
    parted_ms : when they first part by more than is allowed
    at_parting : the largest distance in the few samples from then on
    late : by how many of its steps the recording labels its samples too late
    before_reset : whether samples at resets hold the value before
    every : how many of its steps lie between two samples
    """

    scheme: str
    regime: str
    distance: float
    parted_ms: float | None
    at_parting: float = 0.0
    late: int = 0
    before_reset: bool = False
    every: int = 1

    @property
    def labels(self) -> str:
        """How the recording's samples are labelled, where that is unlike ours, in words."""
        words = [f", one sample every {self.every} steps"] if self.every > 1 else []
        words += [f", its samples labelled one step {'late' if self.late > 0 else 'early'}"] if self.late else []
        return "".join([*words, ", with the value before the reset at each spike"] if self.before_reset else words)
