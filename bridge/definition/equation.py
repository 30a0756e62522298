"""One line of a model as it is kept: a name and what it stands for."""

from __future__ import annotations

from dataclasses import dataclass

from spikebridge.bridge.expressions.expression import Expression
from spikebridge.bridge.expressions.units import TIME_DIMENSION, Dimension, Unit, combine


@dataclass(frozen=True)
class Equation:
    """A right-hand side: what ``name`` stands for, its time derivative, or, of a map, its next value."""

    name: str
    expression: Expression
    unit: Unit
    differential: bool = False
    iterated: bool = False

    @property
    def of_state(self) -> bool:
        return self.differential or self.iterated

    @property
    def dimension(self) -> Dimension:
        """The dimension its right-hand side must have."""
        dimension = self.unit.dimension
        return combine(dimension, TIME_DIMENSION, -1) if self.differential else dimension
