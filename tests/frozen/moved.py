"""The nouns: a kind of frozen result, something that moved, and what became of a kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spikebridge.reports.metrics.numbers import counted

FOLDER = Path(__file__).parent
KINDS = ("schemes", "exact", "claims", "mutations")


@dataclass(frozen=True)
class Moved:
    """One result that is no longer what it was.

    Attributes
    ----------
    subject : of what: a model or a figure, and what of it
    text : what was and what is, by how much it moved and against which limit
    ran : False where it is only that something did not run, which proves nothing
    """

    subject: str
    text: str
    ran: bool = True

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


Tell = Callable[[Moved], object]
Begin = Callable[[str], object]


@dataclass(frozen=True)
class Looked:
    """What became of one kind: how many results were held to what is kept of them, what moved, and what goes with it."""

    kind: str
    compared: int
    moved: tuple[Moved, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """How much was held, and how much of it moved or did not run."""
        ran = sum(each.ran for each in self.moved)
        idle = f", {len(self.moved) - ran} did not run" if ran < len(self.moved) else ""
        return f"{counted(self.compared, 'result')} held, {ran or 'nothing'} moved{idle}"
