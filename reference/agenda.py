"""What happens at a known later time: the end of a refractory period now, the arrival of a spike after a delay.

In fixed steps the agenda is a ring with one place a step, and how many steps lie between is what a simulator's ``Convention``
counts; in the exact solution it is a queue ordered by time. Entries of one moment come out in the order they were put in.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any


@dataclass(frozen=True)
class Release:
    """The end of a refractory period: of one neuron, or of those that ``who``, an array of truth values, points out."""

    who: Any


@dataclass(frozen=True)
class Arrival:
    """A spike that reaches every neuron of a system, with a coherent weight."""

    weight: float


class Ring:
    """An agenda by steps."""

    def __init__(self, furthest: int) -> None:
        """``furthest`` is the largest number of turns that an entry may wait for."""
        self._places: list[list[Any]] = [[] for _ in range(furthest + 1)]
        self._now = self._waiting = 0

    def put(self, turns: int, entry: Any) -> None:
        """Have ``entry`` come out so many turns from now."""
        if not 1 <= turns < len(self._places):
            raise ValueError(f"an entry can wait for 1 to {len(self._places) - 1} turns, not {turns}")
        self._places[(self._now + turns) % len(self._places)].append(entry)
        self._waiting += 1

    def idle(self, most: int) -> int:
        """How many turns from now on bring nothing, counted up to ``most``."""
        if not self._waiting:
            return most
        return next(n for n in range(most + 1) if n == most or self._places[(self._now + n + 1) % len(self._places)])

    def skip(self, turns: int) -> None:
        """Go on by so many turns, which bring nothing."""
        self._now = (self._now + turns) % len(self._places)

    def turn(self) -> Sequence[Any]:
        """Go on to the next step; what is due then."""
        self._now = now = (self._now + 1) % len(self._places)
        due = self._places[now]
        if not due:
            return ()
        self._places[now] = []
        self._waiting -= len(due)
        return due


class Queue:
    """An agenda by time."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Any]] = []
        self._order = count()

    def put(self, t_ms: float, entry: Any) -> None:
        """Have ``entry`` come out at ``t_ms``."""
        heapq.heappush(self._entries, (t_ms, next(self._order), entry))

    @property
    def next_ms(self) -> float:
        """When the next entry is due; infinite where there is none."""
        return self._entries[0][0] if self._entries else float("inf")

    def due(self, t_ms: float) -> list[Any]:
        """Take out what is due by ``t_ms``."""
        found = []
        while self._entries and self._entries[0][0] <= t_ms:
            found.append(heapq.heappop(self._entries)[2])
        return found
