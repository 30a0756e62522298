"""One line of a model as it is kept, a name and what it stands for; and lines in the order in which they can be computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import Expression, names
from spikebridge.bridge.expressions.units import TIME_DIMENSION, Dimension, Unit, combine
from spikebridge.bridge.shown import shown


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


def in_order(definitions: Mapping[str, Expression], model: str) -> tuple[str, ...]:
    """The names of definitions, each after those it needs; DefinitionError names model and cycle."""
    order: list[str] = []
    path: list[str] = []

    def visit(name: str) -> None:
        if name in path:
            circle = " -> ".join([*path[path.index(name) :], name])
            raise DefinitionError(f"{model}: the definition of {shown(name)} is cyclic: {circle}")
        if name in order:
            return
        path.append(name)
        for needed in names(definitions[name]):
            if needed in definitions:
                visit(needed)
        path.pop()
        order.append(name)

    for name in definitions:
        visit(name)
    return tuple(order)
