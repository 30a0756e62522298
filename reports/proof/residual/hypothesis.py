"""What could be different from the model: one change or several, as numbers that whole populations of them can share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

_NONE: Mapping[Any, Any] = MappingProxyType({})
TABLES = ("steady states and time constants", "rates")


@dataclass(frozen=True)
class Hypothesis:
    """A change of the model.

    Attributes
    ----------
    values : coherent, of parameters and lifted literals by name; the model's own where nothing is given
    speeds : a factor of the rate of each state, by its place
    drive, weight : a factor of the stimulus, and of what arriving spikes weigh
    start : what is added to the initial value of a state that is not recorded, coherent, by its place
    table : what is looked up in a table with one entry a millivolt; empty for no table, else one of ``TABLES``
    """

    values: Mapping[str, float] = field(default_factory=lambda: _NONE)
    speeds: Mapping[int, float] = field(default_factory=lambda: _NONE)
    drive: float = 1.0
    weight: float = 1.0
    start: Mapping[int, float] = field(default_factory=lambda: _NONE)
    table: str = ""

    def with_value(self, name: str, value: float) -> Hypothesis:
        """The same with another value of a parameter or literal."""
        return replace(self, values={**self.values, name: value})


SAME = Hypothesis()


@dataclass(frozen=True)
class Batch:
    """Several hypotheses as one population, each number of shape (members, 1)."""

    members: Sequence[Hypothesis]

    @property
    def size(self) -> int:
        return len(self.members)

    def values(self, own: Mapping[str, float]) -> dict[str, np.ndarray]:
        """Of every parameter that any member changes, shape (members, 1) each."""
        changed = {name for member in self.members for name in member.values}
        return {name: self._column([m.values.get(name, own[name]) for m in self.members]) for name in changed}

    def speeds(self, place: int) -> np.ndarray | float:
        """Factors of a state's rate, shape (members, 1); plain 1 where no member changes it."""
        found = [m.speeds.get(place, 1.0) for m in self.members]
        return 1.0 if all(x == 1.0 for x in found) else self._column(found)

    def start(self, place: int) -> np.ndarray:
        """What is added to the initial value of a state, shape (members,)."""
        return np.array([m.start.get(place, 0.0) for m in self.members])

    @property
    def drive(self) -> np.ndarray:
        """Factors of the stimulus, shape (members, 1)."""
        return self._column([m.drive for m in self.members])

    @property
    def weight(self) -> np.ndarray:
        """Factors of what arriving spikes weigh, shape (members, 1)."""
        return self._column([m.weight for m in self.members])

    @property
    def tables(self) -> list[tuple[str, np.ndarray]]:
        """Every table that is in use, and by which members, shape (members, 1)."""
        used = {m.table for m in self.members} - {""}
        return [(table, self._column([m.table == table for m in self.members])) for table in sorted(used)]

    @staticmethod
    def _column(values: Sequence[float | bool]) -> np.ndarray:
        return np.array(values)[:, None]
