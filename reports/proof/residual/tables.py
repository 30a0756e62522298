"""Rates from a table over the voltage with one entry a millivolt, joined by straight lines, as NEURON's TABLE and its hh have them.

Carnevale & Hines, The NEURON Book, sec. 9.5; hh.mod tabulates from -100 to 100 mV in 200 intervals.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spikebridge.bridge.definition.linearity import depends
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.expressions.units import MILLIVOLT, VOLTAGE_DIMENSION
from spikebridge.bridge.system import Family
from spikebridge.reference.system import State
from spikebridge.reports.proof.residual.hypothesis import TABLES

LOWEST_MV, HIGHEST_MV, ENTRY_MV = -100.0, 100.0, 1.0


def table_voltage(model: Model) -> int | None:
    """The place of the voltage that a table would be over; None where there is none."""
    name = model.voltage or model.observed
    return model.state_names.index(name) if model.unit_of(name).dimension == VOLTAGE_DIMENSION else None


def tabulated_gates(model: Model) -> tuple[int, ...]:
    """The places of what a table can hold: pure numbers, linear in themselves, that follow the voltage."""
    v = table_voltage(model)
    if v is None:
        return ()
    name = model.state_names[v]
    return tuple(
        i for i, s in enumerate(model.states)
        if i != v and not s.unit.powers and model.linear[s.name] is not None and depends(s.expression, name, model.definitions)
    )  # fmt: skip


def tabulated(
    family: Family, table: str, y: State, stimulus: np.ndarray, values: Mapping[str, np.ndarray]
) -> list[np.ndarray | None]:
    """The rates of all gates as a table over the voltage gives them, each of the state's shape; None for every other state."""
    gates, v = tabulated_gates(family.model), table_voltage(family.model)
    found: list[np.ndarray | None] = [None] * len(y)
    if v is None:
        return found
    entry = ENTRY_MV * family.model.coherent.factor(MILLIVOLT)
    low = np.floor(y[v] / entry) * entry
    share = (y[v] - low) / entry
    entries = [
        _linear(family, tuple(x if i != v else at for i, x in enumerate(y)), gates, stimulus, values) for at in (low, low + entry)
    ]
    for i in gates:
        (a, b), (c, d) = entries[0][i], entries[1][i]
        if table == TABLES[1]:
            found[i] = (1 - share) * (a * y[i] + b) + share * (c * y[i] + d)
        else:
            tau = (1 - share) * (-1 / a) + share * (-1 / c)
            found[i] = ((1 - share) * (-b / a) + share * (-d / c) - y[i]) / tau
    return found


def _linear(
    family: Family, y: State, gates: tuple[int, ...], stimulus: np.ndarray, values: Mapping[str, np.ndarray]
) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """(A, B) of every gate, x' = A x + B."""
    closed, opened = (
        family.rates(tuple(np.full(np.shape(x), at) if i in gates else x for i, x in enumerate(y)), stimulus, values)
        for at in (0.0, 1.0)
    )
    return {i: (opened[i] - closed[i], closed[i]) for i in gates}
