"""The arguments of an analysis as quantities: one reader for all of them, by the argument's name.

Numbers are in the unit that an argument's description says, ``duration_ms`` in ms and ``amplitudes`` in the unit in which the model is
driven. Text such as ``"0.5 s"``, and quantities, Pint's and Brian2's too, are turned into such numbers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.soma import Soma
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.foreign_quantity import is_foreign
from spikebridge.bridge.expressions.quantity import quantity_like, quantity_of
from spikebridge.bridge.expressions.units import CURRENT_DIMENSION, Unit
from spikebridge.reports.analyses.field import scanned_name
from spikebridge.reports.analyses.subject import model_of

_ENDS = {"_ms": Unit.parse("ms"), "_hz": Unit.parse("Hz")}
# what else is measured: in the unit of the stimulus, of the voltage or what stands for it, of the observed signal, of the parameter that
# is named, or of a variable on an axis
_DRIVE, _VOLTAGE, _OBSERVED, _PARAMETER, _X, _Y, _EACH = range(7)
_ROLES = {
    "amplitudes": _DRIVE, "down": _DRIVE, "stimulus": _DRIVE, "low": _DRIVE, "high": _DRIVE, "level": _OBSERVED,
    "displacement": _VOLTAGE, "hold": _VOLTAGE, "commands": _VOLTAGE, "v_low": _VOLTAGE, "v_high": _VOLTAGE, "value": _PARAMETER,
    "x_range": _X, "y_range": _Y, "others": _EACH,
}  # fmt: skip
_OF_FUNCTION = {
    "displacement_threshold": {"low": _VOLTAGE, "high": _VOLTAGE},
    "fixed_points": {"low": _VOLTAGE, "high": _VOLTAGE},
    "fixed_point_branches": {"low": _PARAMETER, "high": _PARAMETER},
    "cycle_branch": {"low": _PARAMETER, "high": _PARAMETER},
}


@cache
def reading_quantities(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same analysis, whose measured arguments may be quantities; DefinitionError beginning with the argument's name where one
    cannot be, or is measured in something else."""
    signature = inspect.signature(function)
    first = next(iter(signature.parameters), "")
    roles = {**_ROLES, **_OF_FUNCTION.get(function.__name__, {})}
    if not any(_is_measured(name) for name in signature.parameters):
        return function

    @wraps(function)
    def analysis(*given: Any, **named: Any) -> Any:
        bound = signature.bind(*given, **named)
        found = {n: v for n, v in bound.arguments.items() if _is_measured(n) and _is_quantity(v)}
        if isinstance(found.get(first), str):  # a name where a spike train may stand
            del found[first]
        if not found:
            return function(*given, **named)
        asked = _Asked({name: p.default for name, p in signature.parameters.items()} | bound.arguments)
        for name, value in found.items():
            bound.arguments[name] = asked.read(name, value, roles)
        return function(*bound.args, **bound.kwargs)

    return analysis


def _is_measured(name: str) -> bool:
    return name in _ROLES or name.endswith(tuple(_ENDS))


def _is_quantity(given: Any) -> bool:
    """Whether there is a quantity or text in it."""
    if isinstance(given, (str, Quantity)) or is_foreign(given):
        return True
    inside = given.values() if isinstance(given, Mapping) else given if isinstance(given, (list, tuple)) else ()
    return any(_is_quantity(value) for value in inside)


@dataclass(frozen=True)
class _Asked:
    """One call: all its arguments by name, the first of which is the model it is about, where a unit depends on one."""

    arguments: Mapping[str, Any]

    def read(self, name: str, given: Any, roles: Mapping[str, int]) -> Any:
        """The argument in plain numbers."""
        if roles.get(name) == _EACH and isinstance(given, Mapping):
            unit_of = self.model.unit_of
            return {k: v if v == "steady" or not _is_quantity(v) else _number(v, unit_of(k), k) for k, v in given.items()}
        several = isinstance(given, (list, tuple)) or np.ndim(given) > 0
        return np.array([self._one(x, name, roles) for x in given]) if several else self._one(given, name, roles)

    def _one(self, given: Any, name: str, roles: Mapping[str, int]) -> float:
        end = next((unit for end, unit in _ENDS.items() if name.endswith(end)), None)
        if end is not None:
            return _number(given, end, name)
        current = self._current(given, name) if roles[name] == _DRIVE else None
        return _number(given, self._unit(roles[name]), name) if current is None else current

    @property
    def model(self) -> Model:
        subject = next(iter(self.arguments.values()))
        return model_of(subject)

    def _unit(self, role: int) -> Unit:
        model = self.model
        x = self.arguments.get("x_name") or model.observed
        y = self.arguments.get("y_name") or next((n for n in model.state_names if n != x), x)
        parameter = self.arguments.get("parameter", STIMULUS)
        name = {
            _DRIVE: STIMULUS, _VOLTAGE: scanned_name(model), _OBSERVED: model.observed, _PARAMETER: parameter, _X: x, _Y: y,
        }[role]  # fmt: skip
        return model.unit_of(name)

    def _current(self, given: Any, name: str) -> float | None:
        """A current into the soma of an experiment that is asked about, as the density it makes; None for all else."""
        subject = next(iter(self.arguments.values()))
        soma = subject.soma if isinstance(subject, Experiment) else None
        if not isinstance(soma, Soma) or not _is_quantity(given):
            return None
        found, coherent = quantity_of(given, "nA", name), self.model.coherent
        if found.unit.dimension != CURRENT_DIMENSION:
            return None
        return soma.density(found.value, found.unit, coherent) / coherent.factor(self.model.stimulus_unit)


def _number(given: Any, unit: Unit, name: str) -> float:
    """A quantity as a number in ``unit``; a plain number is one already."""
    if not _is_quantity(given):
        return float(given)
    found = quantity_like(given, unit, name)
    return found.value if found.unit == unit else float(f"{found.value * found.unit.si / unit.si:.15g}")
