"""One way an engine integrates: its name, the reference scheme that does the same arithmetic, its order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EngineScheme:
    """One way an engine integrates.

    Attributes
    ----------
    twin : the reference scheme that does the same arithmetic; None for adaptive integrators
    order : of convergence in dt; None for adaptive integrators, EXACT where no smaller step comes nearer
    aliases : other names a user may know it by
    """

    name: str
    twin: str | None
    order: int | None
    about: str
    aliases: tuple[str, ...] = ()
