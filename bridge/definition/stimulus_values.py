"""What each key of a stimulus is measured in: text and numbers become quantities, as far as a model is known."""

from __future__ import annotations

from typing import Any

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.spike_rule import WEIGHT
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.quantity import quantity_like, quantity_of
from spikebridge.bridge.expressions.units import Unit
from spikebridge.bridge.shown import shown

MAX_SAMPLES = 10_000_000
_TIMES = ("start", "stop", "width", "period", "dwell", "tau", "interval")
_CURRENTS = ("amplitude", "first", "last", "increment", "offset", "sigma", "mean")
_FREQUENCIES = {"sine": ("frequency",), "chirp": ("first", "last")}
_WHOLE = ("count", "seed")


def without_model(kind: str, key: str, given: Any) -> Any:
    """A value whose unit depends on no model as a quantity of that; any other as it is, once it can be read."""
    unit = "Hz" if key in _FREQUENCIES.get(kind, ()) else "ms" if key in _TIMES else "1" if key == "phase" else None
    try:
        if unit is not None:
            return quantity_like(given, Unit.parse(unit), key)
        if key in _CURRENTS:  # a plain number may be right
            quantity_of(given, "", key)
    except DefinitionError as error:
        raise DefinitionError(f"stimulus: {error}") from None
    return given


def measured_value(kind: str, key: str, given: Any, model: Model, where: str) -> Any:
    """A value of a part as what its key needs; what is no quantity stays as it is."""
    if key in _WHOLE:  # one of a sweep's values, which are all quantities
        return int(given.value) if isinstance(given, Quantity) and not given.unit.powers and given.value % 1 == 0 else given
    try:
        if key == "times":
            return _measured_times(given)
        if key == "unit":
            return given if isinstance(given, Unit) else _unit(given)
        example = _example(kind, key, model)
        return given if example is None else quantity_of(given, example, key)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}") from None


def _measured_times(given: Any) -> tuple[Quantity, ...]:
    if not isinstance(given, (list, tuple)):
        raise DefinitionError(f'times: expected a list of times such as ["5 ms", "12.3 ms"], found {shown(given)}')
    if len(given) > MAX_SAMPLES:
        raise DefinitionError(f"times: at most {MAX_SAMPLES} times, found {len(given)}")
    return tuple(quantity_of(time, "ms", "times") for time in given)


def _unit(given: Any) -> Unit:
    try:
        return Unit.parse(str(given))
    except DefinitionError as error:
        raise DefinitionError(f"unit: {error}") from None


def _example(kind: str, key: str, model: Model) -> str | None:
    """The unit of an example of what a key takes; None where it takes no quantity."""
    if key in _FREQUENCIES.get(kind, ()):
        return "Hz"
    if key == WEIGHT:
        return str(model.input.unit) if model.input and model.input.unit.powers else ""
    if key in _CURRENTS:
        return str(model.stimulus_unit) if model.stimulus_unit.powers else ""
    return "ms" if key in _TIMES else "" if key == "phase" else None
