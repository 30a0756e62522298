"""Random states at which two definitions are asked the same: wide enough that every part of an equation matters."""

from __future__ import annotations

import numpy as np

from spikebridge.bridge.definition.equation_lines import STIMULUS
from spikebridge.bridge.expressions.units import (
    CURRENT_DENSITY_DIMENSION,
    CURRENT_DIMENSION,
    DIMENSIONLESS,
    VOLTAGE_DIMENSION,
    Dimension,
    Unit,
)
from spikebridge.reports.proof.equivalence.sides import Side

KELVIN: Dimension = (0, 0, 0, 0, 1, 0)
CONCENTRATION: Dimension = (-3, 0, 0, 0, 0, 1)
LENGTH: Dimension = (1, 0, 0, 0, 0, 0)
CELSIUS = "celsius"  # as NEURON calls the temperature, a plain number there
_CURRENTS = (CURRENT_DIMENSION, CURRENT_DENSITY_DIMENSION)


def drawn(side: Side, name: str, generator: np.random.Generator, size: int) -> np.ndarray:
    """Random coherent values of an input, shape (size,), where that kind of quantity is found in neurons."""
    factor = side.factor(name)
    if name in side.states or name in side.reads:
        return factor * _of_state(side, name, generator, size)
    if name == STIMULUS:
        return factor * generator.uniform(-10, 10, size)
    value = side.default(name)
    if side.unit(name).dimension == KELVIN:
        return value + generator.uniform(-10, 10, size)
    if value == 0.0:  # that a conductance is zero unless somebody changes it must not hide its current
        return factor * generator.uniform(0.1, 1, size)
    return value * (1 + 0.1 * generator.uniform(-1, 1, size))


def _of_state(side: Side, name: str, generator: np.random.Generator, size: int) -> np.ndarray:
    """Of a state or of what is read, in the unit it is written in."""
    unit = side.unit(name)
    if name == side.potential or (unit.dimension == VOLTAGE_DIMENSION and not _reversal(name)):
        return generator.uniform(-95, 45, size) * _per(unit, "mV")
    if unit.dimension == VOLTAGE_DIMENSION:
        return generator.uniform(-90, 60, size) * _per(unit, "mV")
    if unit.dimension == KELVIN:
        return generator.uniform(288, 311, size) * _per(unit, "K")
    if unit.dimension == CONCENTRATION:
        return 10 ** generator.uniform(-5, 0.5, size) * _per(unit, "mM")
    if name == CELSIUS:
        return generator.uniform(5, 38, size)
    if unit.dimension == DIMENSIONLESS and (side.potential or side.reads):
        return generator.uniform(0.02, 0.98, size)
    if unit.dimension == LENGTH:  # a diameter, a depth
        return generator.uniform(0.2, 5, size)
    if unit.dimension in _CURRENTS:
        return generator.uniform(-5, 5, size)
    return generator.uniform(-2, 2, size)


def _per(unit: Unit, other: str) -> float:
    """What a number in ``other`` is in ``unit``."""
    return Unit.parse(other).si / unit.si


def conducts(unit: Unit) -> bool:
    """Whether it is one of a conductance, of a membrane's or in all, or of a permeability."""
    return unit.dimension in [Unit.parse(text).dimension for text in ("mS/cm2", "uS", "cm/s")]


def _reversal(name: str) -> bool:
    return name[0] in "eE" and len(name) > 1
