"""Stimuli in numbers with units; text becomes numbers when an experiment is made of it, and coherent ones with its model."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.soma import Soma, how_to_give_one
from spikebridge.bridge.definition.spike_rule import WEIGHT
from spikebridge.bridge.definition.stimulus_values import MAX_SAMPLES, measured_value, without_model
from spikebridge.bridge.errors import DefinitionError, did_you_mean, expect
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.quantity import MAX_VALUE, time_ms
from spikebridge.bridge.expressions.units import (
    CURRENT_DENSITY_DIMENSION,
    CURRENT_DIMENSION,
    DIMENSIONLESS,
    TIME_DIMENSION,
    Dimension,
    Unit,
)
from spikebridge.bridge.opener import read_text
from spikebridge.bridge.shown import plain, shown
from spikebridge.reference.arrivals import Arrivals
from spikebridge.reference.stimulus import (
    FOREVER,
    Alpha,
    Chirp,
    Decay,
    Pulses,
    Ramp,
    Samples,
    Sine,
    Staircase,
    Step,
    Stimulus,
    StimulusError,
    ornstein_uhlenbeck,
    white_noise,
)
from spikebridge.reference.upstairs import Shown

HZ = Unit.parse("Hz")
MAX_COUNT = 10_000  # every pulse is a window of its own, and solvers stop at its edges
MAX_SEED = 2**63 - 1  # what every generator of random numbers takes
MAX_FILE_BYTES = 20_000_000
_FREQUENCY_DIMENSION: Dimension = tuple(-d for d in TIME_DIMENSION)


@dataclass(frozen=True)
class Kind:
    """One kind of stimulus: what it must be told, what it may be told, and its words for a reader."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]
    words: str


KINDS: dict[str, Kind] = {
    "step": Kind(("amplitude",), ("start", "stop"), "step of {amplitude} from {start} to {stop}"),
    "pulses": Kind(("amplitude", "start", "width", "period", "count"), (), "{count} pulses of {amplitude}, {width} wide, every {period} from {start}"),
    "staircase": Kind(("first", "increment", "dwell", "count"), ("start",), "{count} stairs of {dwell} from {first} by {increment}, starting at {start}"),
    "ramp": Kind(("first", "last", "start", "stop"), (), "ramp from {first} at {start} to {last} at {stop}"),
    "sine": Kind(("amplitude", "frequency"), ("start", "stop", "phase", "offset"), "sine of {amplitude} at {frequency} from {start} to {stop}"),
    "chirp": Kind(("amplitude", "first", "last", "start", "stop"), (), "chirp of {amplitude} from {first} to {last}, {start} to {stop}"),
    "decay": Kind(("amplitude", "tau"), ("start", "stop"), "decay from {amplitude} with {tau} from {start} to {stop}"),
    "alpha": Kind(("amplitude", "tau"), ("start", "stop"), "alpha function of {amplitude} peaking {tau} after {start}"),
    "noise": Kind(("sigma", "interval", "seed"), ("tau", "mean", "start", "stop"), "frozen noise of {sigma} every {interval}, seed {seed}, from {start} to {stop}"),
    "spikes": Kind(("times", "weight"), (), "spikes of {weight} at {times}"),
    "samples": Kind(("interval",), ("values", "file", "column", "unit", "interpolation", "start"), "samples every {interval} from {start}"),
}  # fmt: skip


@dataclass(frozen=True)
class StimulusPart(Shown):
    """One stimulus: what it was told, by key. Parts add up: ``step(...) + sine(...)``.

    Quantities may be given as text; in the stimulus of an Experiment they are numbers with their units.
    """

    kind: str
    values: tuple[tuple[str, Any], ...]

    def __add__(self, other: StimulusPart | Sequence[StimulusPart]) -> tuple[StimulusPart, ...]:
        return (self, *(other if isinstance(other, tuple) else (other,)))

    def __radd__(self, other: tuple[StimulusPart, ...]) -> tuple[StimulusPart, ...]:
        return (*other, self)

    def __repr__(self) -> str:
        return f"<Stimulus: {plain(str(self), 200)}>"

    def __str__(self) -> str:
        given = {"start": "0 ms", "stop": "the end", **{k: v for k, v in self.values if v is not None}}
        return KINDS[self.kind].words.format(**{k: _listed(v) if k == "times" else v for k, v in given.items()})


def _listed(times: Any) -> str:
    """The first of several times in words, and how many there are beside them."""
    if not isinstance(times, (list, tuple)):
        return str(times)
    more = f" and {len(times) - 4} more times" if len(times) > 5 else ""
    return ", ".join(str(t) for t in (times[:4] if more else times)) + more


def stimulus(kind: str, **given: Any) -> StimulusPart:
    """A stimulus of any kind, its values text with units, quantities, or those of Pint or Brian2.

    Raises
    ------
    DefinitionError : something is missing or unknown, or no time or frequency where one belongs; whether a current fits is known
        once an experiment is made of it, with a model

    Examples
    --------
    >>> print(sb.stimulus("sine", amplitude="2 nA", frequency="50 Hz"))
    sine of 2 nA at 50 Hz from 0 ms to the end
    """
    part = part_of({"kind": kind, **given}, "stimulus")
    return replace(part, values=tuple((key, without_model(kind, key, value)) for key, value in part.values))


def step(amplitude: Any, start: Any = "0 ms", stop: Any = None) -> StimulusPart:
    """A current that is ``amplitude`` from ``start`` to ``stop``, or to the end.

    Examples
    --------
    >>> sb.step("2 nA", "5 ms")
    <Stimulus: step of 2 nA from 5 ms to the end>
    """
    stops = {"stop": stop} if stop is not None else {}
    return stimulus("step", amplitude=amplitude, start=start, **stops)


def pulses(amplitude: Any, start: Any, width: Any, period: Any, count: int) -> StimulusPart:
    """``count`` equal pulses, the onsets ``period`` apart.

    Examples
    --------
    >>> print(sb.pulses("2 nA", start="5 ms", width="1 ms", period="10 ms", count=3))
    3 pulses of 2 nA, 1 ms wide, every 10 ms from 5 ms
    """
    return stimulus("pulses", amplitude=amplitude, start=start, width=width, period=period, count=count)


def part_of(table: Mapping[str, Any], where: str) -> StimulusPart:
    """One [[stimulus]] table; DefinitionError names the key that is missing or unknown."""
    name = table.get("kind")
    if name is None:
        raise DefinitionError(f"{where}: kind: is missing. One of {', '.join(KINDS)}.")
    if not isinstance(name, str) or name not in KINDS:
        raise DefinitionError(f"{where}: kind: there is no {shown(name)}.{did_you_mean(str(name), KINDS)}")
    kind = KINDS[name]
    allowed = ("kind", *kind.needed, *kind.optional)
    for key in table:
        if key not in allowed:
            raise DefinitionError(f"{where}: unknown key {shown(key)}.{did_you_mean(key, allowed)}")
    for key in kind.needed:
        if key not in table:
            raise DefinitionError(f"{where}: the key {shown(key)} is missing")
    return StimulusPart(name, tuple((k, table[k]) for k in (*kind.needed, *kind.optional) if k in table))


SPIKES = "spikes"  # the one kind that is no current


def parts_of(given: object, where: str) -> tuple[StimulusPart, ...]:
    """The parts of a stimulus: one, several, or none; UsageError where it is something else."""
    if isinstance(given, StimulusPart):
        return (given,)
    expect((tuple, list), given, where, "what step, pulses and stimulus make, or a list of them")
    for part in given:  # type: ignore[attr-defined]
        expect(StimulusPart, part, where, "what step, pulses and stimulus make")
    return tuple(given)  # type: ignore[arg-type]


def measured(part: StimulusPart, model: Model, what: str) -> StimulusPart:
    """The part with every quantity as a number with its unit; DefinitionError, beginning with ``what``, where text is none."""
    return replace(part, values=tuple((key, measured_value(part.kind, key, given, model, what)) for key, given in part.values))


def drive(model: Model, part: StimulusPart, duration_ms: float, folder: Path, what: str, soma: Soma | None = None) -> Stimulus:
    """One part in the model's coherent numbers.

    Parameters
    ----------
    part : ``measured``
    duration_ms : of the experiment; noise without a stop lasts as long
    folder : where files of samples lie
    soma : over which currents are spread where the model is driven per area

    Raises
    ------
    DefinitionError : units, times or numbers do not fit; ``what`` says whose
    """
    reader = _Reader(model, dict(part.values), duration_ms, folder, what, soma)
    try:
        return _BUILDERS[part.kind](reader)
    except StimulusError as error:
        raise DefinitionError(f"{what}: {error}") from None


def arrivals(model: Model, parts: Iterable[tuple[StimulusPart, str]], duration_ms: float) -> Arrivals:
    """All spikes of these parts, each with what its messages begin with, in the order of time; equal times in that of the parts.

    Raises
    ------
    DefinitionError : no spike can arrive at this model, or units or times do not fit
    """
    found = [(t, weight) for part, what in parts for t, weight in _train(model, part, duration_ms, what)]
    found.sort(key=lambda arrival: arrival[0])
    return Arrivals(*np.array(found, dtype=float).reshape(-1, 2).T)


def _train(model: Model, part: StimulusPart, duration_ms: float, what: str) -> list[tuple[float, float]]:
    """Times in ms and coherent weights of one part."""
    if model.input is None:
        raise DefinitionError(
            f'{what}: {model.name} has no event that arriving spikes set off; give it one, [[event]] with on = "input"'
        )
    reader, unit = _Reader(model, dict(part.values), duration_ms, Path(), what), model.input.unit
    given = reader.given[WEIGHT]
    if given.unit.dimension != unit.dimension:
        raise DefinitionError(f"{what}: {WEIGHT}: spikes at {model.name} weigh in {unit}, but {shown(str(given))} is not")
    times = reader.times()
    return [(t, model.coherent.coherent(given.value, given.unit)) for t in times]


@dataclass(frozen=True)
class _Reader:
    """The values of one part, each asked for as what it should be."""

    model: Model
    given: Mapping[str, Any]
    duration_ms: float
    folder: Path
    what: str
    soma: Soma | None = None

    def spread(self, unit: Unit) -> bool:
        """Whether a current in that unit is spread over the soma."""
        return self.soma is not None and unit.dimension == CURRENT_DIMENSION

    def refused(self, key: str, unit: Unit, found: str) -> DefinitionError:
        """What to say of a current in a unit in which the model is not driven."""
        own = self.model.stimulus_unit
        lacking = unit.dimension == CURRENT_DIMENSION and own.dimension == CURRENT_DENSITY_DIMENSION
        more = how_to_give_one() if lacking else ""
        return DefinitionError(f"{self.what}: {key}: {self.model.name} is driven in {own}, {found}{more}")

    def current(self, key: str, default: float | None = None) -> float:
        if key not in self.given and default is not None:
            return default
        quantity = self.given[key]
        if self.soma is not None and self.spread(quantity.unit):
            return self.soma.density(quantity.value, quantity.unit, self.model.coherent)
        if quantity.unit.dimension != self.model.stimulus_unit.dimension:
            raise self.refused(key, quantity.unit, f"but {shown(str(quantity))} is not")
        return self.model.coherent.coherent(quantity.value, quantity.unit)

    def time(self, key: str, default: float | None = None) -> float:
        if key not in self.given and default is not None:
            return default
        try:
            return time_ms(self.given[key])
        except DefinitionError as error:
            raise DefinitionError(f"{self.what}: {key}: {error}") from None

    def times(self) -> list[float]:
        """Increasing, later than 0 ms and within the run."""
        found: list[float] = []
        last = 0.0
        for time in self.given["times"]:
            now = _Reader(self.model, {"times": time}, self.duration_ms, self.folder, self.what).time("times")
            if now <= last:
                than = f"after {last:g} ms, the time before it" if found else "later than 0 ms, where the run begins"
                raise DefinitionError(f"{self.what}: times: expected increasing times, but {shown(str(time))} is not {than}")
            if now > self.duration_ms:
                raise DefinitionError(
                    f"{self.what}: times: {shown(str(time))} is after the end of the run, {self.duration_ms:g} ms"
                )
            found.append(now)
            last = now
        return found

    def frequency_hz(self, key: str) -> float:
        quantity = self.given[key]
        if quantity.unit.dimension != _FREQUENCY_DIMENSION:
            raise DefinitionError(f'{self.what}: {key}: expected a frequency such as "10 Hz", found {shown(str(quantity))}')
        return float(quantity.value * quantity.unit.si / HZ.si)

    def pure(self, key: str, default: float) -> float:
        if key not in self.given:
            return default
        quantity = self.given[key]
        if quantity.unit.dimension != DIMENSIONLESS:
            raise DefinitionError(f"{self.what}: {key}: expected a pure number, found {shown(str(quantity))}")
        return float(quantity.value)

    def whole(self, key: str) -> int:
        given = self.given[key]
        if isinstance(given, bool) or not isinstance(given, int):
            found = str(given) if isinstance(given, Quantity) else given
            raise DefinitionError(f"{self.what}: {key}: expected a whole number, found {shown(found)}")
        most = MAX_COUNT if key == "count" else MAX_SEED
        if abs(given) > most:
            raise DefinitionError(f"{self.what}: {key}: at most {most}, found {shown(given)}")
        return given

    def window(self) -> tuple[float, float]:
        return self.time("start", 0.0), self.time("stop", FOREVER)


def _noise(r: _Reader) -> Stimulus:
    sigma, interval, seed, mean = r.current("sigma"), r.time("interval"), r.whole("seed"), r.current("mean", 0.0)
    start, stop = r.time("start", 0.0), r.time("stop", r.duration_ms)
    if interval <= 0 or stop <= start or seed < 0:
        raise DefinitionError(f"{r.what}: noise needs an interval above 0 ms, a stop after its start and a seed of at least 0")
    if (stop - start) / interval > MAX_SAMPLES:
        raise DefinitionError(f"{r.what}: interval: noise of more than {MAX_SAMPLES} samples")
    if "tau" in r.given and r.time("tau") <= 0:
        raise DefinitionError(f"{r.what}: tau: expected a time above 0 ms, found {shown(str(r.given['tau']))}")
    if "tau" in r.given:
        return ornstein_uhlenbeck(sigma, r.time("tau"), interval, stop, seed, mean, start)
    return white_noise(sigma, interval, stop, seed, mean, start)


def _samples(r: _Reader) -> Stimulus:
    if ("values" in r.given) == ("file" in r.given):
        raise DefinitionError(f"{r.what}: samples need either values or a file")
    unit = r.given.get("unit", r.model.stimulus_unit)
    if unit.dimension != r.model.stimulus_unit.dimension and not r.spread(unit):
        raise r.refused("unit", unit, f"not in {unit}")
    numbers = r.given["values"] if "values" in r.given else _column(r)
    try:
        values = np.array(numbers, dtype=float)
    except (TypeError, ValueError):
        raise DefinitionError(f"{r.what}: values: expected a list of numbers") from None
    if values.ndim != 1 or not np.all(np.abs(values) <= MAX_VALUE):
        raise DefinitionError(f"{r.what}: values: expected a list of finite numbers, none larger than {MAX_VALUE:g}")
    factor = r.soma.density(1.0, unit, r.model.coherent) if r.soma and r.spread(unit) else r.model.coherent.factor(unit)
    return Samples(
        values * factor,
        r.time("interval"),
        r.time("start", 0.0),
        str(r.given.get("interpolation", "hold")),
    )


def _column(r: _Reader) -> list[str]:
    """One column of a CSV file with a header line: the one named, else the last."""
    path = r.folder / str(r.given["file"])
    try:
        rows = [row for row in csv.reader(read_text(path, MAX_FILE_BYTES, "a file of samples").splitlines()) if row]
    except (DefinitionError, csv.Error) as error:
        where = "" if isinstance(error, DefinitionError) else f"{path}: "
        raise DefinitionError(f"{r.what}: file: {where}{error}") from None
    if len(rows) < 3:
        raise DefinitionError(f"{r.what}: file: {path}: expected a header line and at least two samples")
    header = [name.strip() for name in rows[0]]
    name = r.given.get("column", header[-1])
    if name not in header:
        raise DefinitionError(f"{r.what}: column: {path} has no {shown(name)}.{did_you_mean(str(name), header)}")
    index = header.index(name)
    return [row[index] if index < len(row) else "" for row in rows[1:]]


_BUILDERS: dict[str, Callable[[_Reader], Stimulus]] = {
    "step": lambda r: Step(r.current("amplitude"), *r.window()),
    "pulses": lambda r: Pulses(r.current("amplitude"), r.time("start"), r.time("width"), r.time("period"), r.whole("count")),
    "staircase": lambda r: Staircase(
        r.current("first"), r.current("increment"), r.time("start", 0.0), r.time("dwell"), r.whole("count")
    ),
    "ramp": lambda r: Ramp(r.current("first"), r.current("last"), *r.window()),
    "sine": lambda r: Sine(
        r.current("amplitude"), r.frequency_hz("frequency"), *r.window(), r.pure("phase", 0.0), r.current("offset", 0.0)
    ),
    "chirp": lambda r: Chirp(r.current("amplitude"), r.frequency_hz("first"), r.frequency_hz("last"), *r.window()),
    "decay": lambda r: Decay(r.current("amplitude"), r.time("tau"), *r.window()),
    "alpha": lambda r: Alpha(r.current("amplitude"), r.time("tau"), *r.window()),
    "noise": _noise,
    "samples": _samples,
}
