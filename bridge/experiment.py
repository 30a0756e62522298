"""An experiment: a model, a stimulus, a duration, a step, and what to record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from bridge.errors import DefinitionError, did_you_mean
from bridge.model import STIMULUS, Model, Parameter, read_quantity
from bridge.model_file import load, read_text, read_toml, refuse_unknown
from bridge.units import TIME_DIMENSION, Unit
from reference.integrate import step_count
from reference.stimulus import Pulses, Step, Stimulus, StimulusError, Sum

KEYS = ("model", "regime", "duration", "dt", "record", "parameters", "initial", "stimulus")
DEFAULT_DT = "0.01 ms"
MAX_STEPS = 20_000_000
_MS = Unit.parse("ms")


@dataclass(frozen=True)
class StimulusPart:
    """One stimulus as text with units; it becomes numbers when it meets a model."""

    kind: str
    values: tuple[tuple[str, Any], ...]

    def __add__(self, other: StimulusPart | Sequence[StimulusPart]) -> tuple[StimulusPart, ...]:
        return (self, *(other if isinstance(other, tuple) else (other,)))

    def __radd__(self, other: tuple[StimulusPart, ...]) -> tuple[StimulusPart, ...]:
        return (*other, self)

    def __str__(self) -> str:
        given = dict(self.values)
        if self.kind == "step":
            return f"step of {given['amplitude']} from {given.get('start', '0 ms')}" + (
                f" to {given['stop']}" if "stop" in given else ""
            )
        return f"{given['count']} pulses of {given['amplitude']}, {given['width']} wide, every {given['period']} from {given['start']}"


def step(amplitude: str, start: str = "0 ms", stop: str | None = None) -> StimulusPart:
    """A current that is ``amplitude`` from ``start`` to ``stop``, or to the end."""
    stops = (("stop", stop),) if stop is not None else ()
    return StimulusPart("step", (("amplitude", amplitude), ("start", start), *stops))


def pulses(amplitude: str, start: str, width: str, period: str, count: int) -> StimulusPart:
    """``count`` equal pulses, the onsets ``period`` apart."""
    return StimulusPart(
        "pulses", (("amplitude", amplitude), ("start", start), ("width", width), ("period", period), ("count", count))
    )


# what each kind of stimulus must and may be told
_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "step": (("amplitude",), ("start", "stop")),
    "pulses": (("amplitude", "start", "width", "period", "count"), ()),
}


@dataclass(frozen=True)
class Experiment:
    """What is run, on whichever engine.

    Parameters
    ----------
    model : a Model, or its catalogue name
    stimulus : one part or several, which add up; none is silence
    duration, dt : text with a unit of time
    record : symbols to record; the states by default
    """

    model: Model
    stimulus: tuple[StimulusPart, ...] = ()
    duration: str = "100 ms"
    dt: str = DEFAULT_DT
    record: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__
        if isinstance(self.model, (str, Path)):
            put(self, "model", load(self.model))
        parts = (self.stimulus,) if isinstance(self.stimulus, StimulusPart) else tuple(self.stimulus)
        put(self, "stimulus", parts)
        put(self, "record", tuple(self.record) or self.model.state_names)
        put(self, "name", self.name or self.model.name)
        self._check()

    def _check(self) -> None:
        if self.dt_ms > self.duration_ms:
            raise DefinitionError(f"{self.name}: dt = {self.dt} is larger than the duration of {self.duration}")
        if self.duration_ms / self.dt_ms > MAX_STEPS:
            raise DefinitionError(f"{self.name}: {self.duration} at dt = {self.dt} are more than {MAX_STEPS} steps")
        try:
            step_count(self.duration_ms, self.dt_ms)
        except ValueError as error:
            raise DefinitionError(f"{self.name}: duration: {error}") from None
        for symbol in self.record:
            if symbol in self.model.parameters or symbol == STIMULUS or symbol not in self.model.symbols:
                known = [s for s in self.model.symbols if s not in self.model.parameters and s != STIMULUS]
                raise DefinitionError(f"{self.name}: record: there is no variable {symbol!r}.{did_you_mean(symbol, known)}")
        _ = self.drive

    @cached_property
    def duration_ms(self) -> float:
        return _time_ms(self.duration, f"{self.name}: duration")

    @cached_property
    def dt_ms(self) -> float:
        return _time_ms(self.dt, f"{self.name}: dt")

    @property
    def steps(self) -> int:
        return step_count(self.duration_ms, self.dt_ms)

    @cached_property
    def drive(self) -> Stimulus:
        """The stimulus in the model's coherent unit of current."""
        return Sum(tuple(_drive(self.model, part, f"{self.name}: stimulus {i}") for i, part in enumerate(self.stimulus, 1)))

    def at_dt(self, dt_ms: float) -> Experiment:
        """The same experiment at another step."""
        return replace(self, dt=f"{dt_ms!r} ms")

    def described(self) -> list[tuple[str, str]]:
        """What a reader needs to repeat it."""
        return [
            ("duration", self.duration),
            ("dt", self.dt),
            ("stimulus", "; ".join(str(part) for part in self.stimulus) or "none"),
        ]


def _time_ms(text: Any, what: str) -> float:
    try:
        given = read_quantity(text)
    except DefinitionError as error:
        raise DefinitionError(f"{what}: {error}") from None
    if given.unit.dimension != TIME_DIMENSION:
        raise DefinitionError(f'{what}: expected a time such as "10 ms", found {text!r}')
    value = given.value * given.unit.si / _MS.si
    if not value > 0:
        raise DefinitionError(f"{what}: must be longer than 0 ms, found {text!r}")
    return value


def _drive(model: Model, part: StimulusPart, what: str) -> Stimulus:
    """One part in coherent numbers; DefinitionError where units or times do not fit."""
    given = dict(part.values)

    def time_ms(key: str) -> float:
        quantity = _quantity(given[key], f"{what}: {key}")
        if quantity.unit.dimension != TIME_DIMENSION:
            raise DefinitionError(f'{what}: {key}: expected a time such as "10 ms", found {given[key]!r}')
        return quantity.value * quantity.unit.si / _MS.si

    amplitude = _quantity(given["amplitude"], f"{what}: amplitude")
    if amplitude.unit.dimension != model.stimulus_unit.dimension:
        raise DefinitionError(
            f"{what}: amplitude: {model.name} is driven in {model.stimulus_unit}, but {given['amplitude']!r} is not"
        )
    value = amplitude.value * model.coherent.factor(amplitude.unit)
    try:
        if part.kind == "step":
            start = time_ms("start") if "start" in given else 0.0
            return Step(value, start, time_ms("stop") if "stop" in given else float("inf"))
        if isinstance(given["count"], bool) or not isinstance(given["count"], int):
            raise DefinitionError(f"{what}: count: expected a whole number, found {given['count']!r}")
        return Pulses(value, time_ms("start"), time_ms("width"), time_ms("period"), given["count"])
    except StimulusError as error:
        raise DefinitionError(f"{what}: {error}") from None


def _quantity(text: Any, what: str) -> Parameter:
    try:
        return read_quantity(text)
    except DefinitionError as error:
        raise DefinitionError(f"{what}: {error}") from None


# files ----------------------------------------------------------------------------------------------


def default_experiment(model: Model) -> Experiment:
    """The experiment a model file carries; DefinitionError where it carries none."""
    if not model.experiment:
        raise DefinitionError(
            f'{model.origin or model.name}: there is no [experiment]; write one, or an experiment file with model = "{model.name}"'
        )
    refuse_unknown(model.experiment, ("duration", "dt", "record", "stimulus"), f"{model.origin}: experiment")
    return _experiment(model, model.experiment, f"{model.origin}: experiment")


def load_experiment(name_or_path: str | Path) -> Experiment:
    """An experiment file, a model file with its own experiment, or a catalogue name.

    Raises
    ------
    DefinitionError : one line naming the file and what is wrong in it
    """
    text = str(name_or_path)
    path = Path(text)
    if text.endswith(".toml") and _is_experiment(path):
        return read_experiment(path)
    return default_experiment(load(name_or_path))


def _is_experiment(path: Path) -> bool:
    """An experiment names its model; a model has equations."""
    lines = (line.split("=")[0].strip() for line in read_text(path).splitlines())
    keys = set(lines)
    return "model" in keys and "equations" not in keys


def read_experiment(path: Path) -> Experiment:
    """The experiment in a file; DefinitionError names the file and what is wrong in it."""
    data = read_toml(read_text(path), path.name, KEYS)
    name = data.get("model")
    if not isinstance(name, str):
        raise DefinitionError(
            f"{path.name}: the key 'model' is missing" if name is None else f"{path.name}: model: expected text, found {name!r}"
        )
    beside = path.parent / name
    model = load(beside if name.endswith(".toml") and not Path(name).is_absolute() else name)
    try:
        if "regime" in data:
            model = model.with_regime(str(data["regime"]))
        model = model.with_parameters(_texts(data, "parameters")).with_initial(_texts(data, "initial"))
    except DefinitionError as error:
        raise DefinitionError(f"{path.name}: {error}") from None
    return _experiment(model, data, path.name, path.name.removesuffix(".toml").removesuffix(".experiment"))


def _texts(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise DefinitionError(f"{key}: expected a table, found {table!r}")
    return table


def _experiment(model: Model, data: Mapping[str, Any], where: str, name: str = "") -> Experiment:
    if "duration" not in data:
        raise DefinitionError(f"{where}: the key 'duration' is missing")
    parts = data.get("stimulus", [])
    if not isinstance(parts, list) or not all(isinstance(p, dict) for p in parts):
        raise DefinitionError(f"{where}: stimulus: expected tables, written [[stimulus]]")
    record = data.get("record", [])
    if not isinstance(record, list) or not all(isinstance(r, str) for r in record):
        raise DefinitionError(f'{where}: record: expected a list of names such as ["v"], found {record!r}')
    try:
        return Experiment(
            model, tuple(_part(p, f"stimulus {i}") for i, p in enumerate(parts, 1)),
            data["duration"], data.get("dt", DEFAULT_DT), tuple(record), name,
        )  # fmt: skip
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {str(error).removeprefix(f'{name or model.name}: ')}") from None


def _part(table: Mapping[str, Any], where: str) -> StimulusPart:
    kind = table.get("kind")
    if kind not in _FIELDS:
        hint = did_you_mean(str(kind), _FIELDS) if kind is not None else f" One of {', '.join(_FIELDS)}."
        raise DefinitionError(f"{where}: kind: {'is missing.' if kind is None else f'there is no {kind!r}.'}{hint}")
    needed, optional = _FIELDS[kind]
    refuse_unknown(table, ("kind", *needed, *optional), where)
    for key in needed:
        if key not in table:
            raise DefinitionError(f"{where}: the key {key!r} is missing")
    return StimulusPart(kind, tuple((k, table[k]) for k in (*needed, *optional) if k in table))
