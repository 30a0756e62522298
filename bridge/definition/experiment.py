"""An experiment: a model, a stimulus, a duration, a step, what to record and which signal it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spikebridge.bridge.definition.drive import SPIKES, StimulusPart, arrivals, drive, measured, parts_of
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.definition.precision import Precision, read_precision
from spikebridge.bridge.definition.soma import Soma, read_soma
from spikebridge.bridge.definition.spike_level import with_spike
from spikebridge.bridge.definition.voltage_clamp import CURRENT, voltage_clamped
from spikebridge.bridge.errors import DefinitionError, UsageError, did_you_mean, expect, expect_names
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.quantity import ms, quantity_of, time_ms
from spikebridge.bridge.shown import plain, shown
from spikebridge.reference.arrivals import Arrivals
from spikebridge.reference.recording import Recording
from spikebridge.reference.stimulus import Stimulus, Sum
from spikebridge.reference.time_grid import TimeGrid, fixed
from spikebridge.reference.upstairs import Shown, upstairs

DEFAULT_DURATION, DEFAULT_DT = ms(100.0), ms(0.01)
MAX_STEPS = 20_000_000


@dataclass(frozen=True)
class Experiment(Shown):
    """What is run, on whichever engine: numbers with units. Text is read once, when the experiment is made, and is how
    numbers are shown.

    Parameters
    ----------
    model : a Model, or its catalogue name
    stimulus : one part or several, which add up; none is silence
    duration, dt : quantities, or text such as ``"100 ms"``
    record : symbols to record; the states by default
    observed : the state that verdict, residuals, waveform measures, plots and tables are about; the membrane potential by
        default, or the first state where there is none
    folder : where files that the stimulus names lie
    clamp : the membrane potential, where an ideal voltage clamp makes it follow the stimulus; ``model`` then becomes the
        clamped model, and ``I_clamp`` is recorded
    precision : in which engines compute; ``"float32"`` for single precision
    soma : over which a stimulus in nA is spread, where the model is driven by a current per area: ``{"diam": "96 um", "L": "96 um"}``,
        of which the cylinder's side counts, or ``{"area": "20000 um2"}``
    spike : what counts as a spike instead of the model's own rule, where that resets nothing: ``"v > -20*mV"``

    Raises
    ------
    DefinitionError : something in it cannot be, in one line

    Examples
    --------
    >>> step = sb.step("2 nA", "5 ms")
    >>> experiment = sb.Experiment("leaky_integrate_and_fire", step, duration="40 ms")
    >>> experiment
    <Experiment leaky_integrate_and_fire: 40 ms at dt = 0.01 ms; step of 2 nA from 5 ms to the end
     records v>
    >>> experiment.run().spike_times_ms.round(2)
    array([18.86, 34.73])
    """

    model: Model
    stimulus: tuple[StimulusPart, ...] = ()
    duration: Quantity = DEFAULT_DURATION
    dt: Quantity = DEFAULT_DT
    record: tuple[str, ...] = ()
    name: str = ""
    folder: Path = Path()
    clamp: str = ""
    precision: Precision = Precision.DOUBLE
    observed: str = ""
    soma: Soma | Mapping[str, Any] | None = None
    spike: str = ""

    if TYPE_CHECKING:  # what may be given is more than what is kept

        def __init__(
            self, model: Model | Path | str, stimulus: StimulusPart | Sequence[StimulusPart] = (), duration: Any = DEFAULT_DURATION,
            dt: Any = DEFAULT_DT, record: Sequence[str] = (), name: str = "", folder: Path = Path(), clamp: str = "",
            precision: Precision | str = Precision.DOUBLE, observed: str = "", soma: Soma | Mapping[str, Any] | None = None,
            spike: str = "",
        ) -> None: ...  # fmt: skip

    def __post_init__(self) -> None:
        put = object.__setattr__
        if isinstance(self.model, (str, Path)):
            put(self, "model", load(self.model))
        expect(Model, self.model, "model", "a model, or the name or path of one")
        for key in ("name", "clamp", "observed", "spike"):
            if (given := getattr(self, key)) is None:
                put(self, key, "")
            elif not isinstance(given, str):
                raise UsageError(f"{self.model.name}: {key}: expected text, found {shown(given)}")
        put(self, "name", self.name or self.model.name)
        for key in ("dt", "duration"):
            put(self, key, time_of(getattr(self, key), f"{self.name}: {key}"))
        parts = parts_of(self.stimulus, f"{self.name}: stimulus")
        expect_names(self.record, f"{self.name}: record")
        put(self, "precision", read_precision(self.precision, f"{self.name}: precision"))
        put(self, "soma", self._read_soma())
        if self.spike:
            put(self, "model", with_spike(self.model, self.spike, self.name, self.clamp))
        if self.clamp and CURRENT not in self.model.definitions:
            put(self, "model", voltage_clamped(self.model, self.clamp))
        numbered = enumerate(parts, 1)
        put(self, "stimulus", tuple(measured(part, self.model, f"{self.name}: stimulus {i}") for i, part in numbered))
        clamped = (CURRENT, self.clamp) if self.clamp else ()
        put(self, "record", tuple(self.record) or (*clamped, *self.model.state_names))
        put(self, "observed", self.observed or self.model.observed)
        if self.clamp:  # variables that start at rest rest under the command's first value
            put(self, "model", replace(self.model, stimulus_at_rest=float(self.drive.at(0.0))))
        self._check()

    def _read_soma(self) -> Soma | None:
        where = f"{self.name}: soma"
        if self.clamp and self.soma is not None:
            raise DefinitionError(f"{where}: the stimulus of a clamp is a voltage, which no area divides; leave it out")
        return read_soma(self.soma, self.model, where)

    def _check(self) -> None:
        if self.dt_ms > self.duration_ms:
            raise DefinitionError(f"{self.name}: dt = {self.dt} is larger than the duration of {self.duration}")
        if self.duration_ms / self.dt_ms > MAX_STEPS:
            raise DefinitionError(f"{self.name}: {self.duration} at dt = {self.dt} are more than {MAX_STEPS} steps")
        try:
            _ = self.grid
        except ValueError as error:
            raise DefinitionError(f"{self.name}: duration: {error}") from None
        for symbol in self.record:
            if symbol in self.model.parameters or symbol == STIMULUS or symbol not in self.model.symbols:
                known = [s for s in self.model.symbols if s not in self.model.parameters and s != STIMULUS]
                raise DefinitionError(f"{self.name}: record: there is no variable {shown(symbol)}.{did_you_mean(symbol, known)}")
        if self.observed not in self.model.state_names:
            hint = did_you_mean(self.observed, self.model.state_names)
            raise DefinitionError(f"{self.name}: observed: there is no state variable {shown(self.observed)}.{hint}")
        if self.clamp and not self.currents:
            raise DefinitionError(f"{self.name}: clamp: needs a [[stimulus]], which is the command that {self.clamp} follows")
        _ = self.drive, self.arrivals
        self.model.check_start()

    @cached_property
    def duration_ms(self) -> float:
        return time_ms(self.duration)

    @cached_property
    def dt_ms(self) -> float:
        return time_ms(self.dt)

    @cached_property
    def grid(self) -> TimeGrid:
        """The times of all fixed-step runs and proofs."""
        return TimeGrid.over(self.duration_ms, self.dt_ms)

    @property
    def steps(self) -> int:
        return self.grid.steps

    @property
    def t_ms(self) -> np.ndarray:
        """The samples, shape (steps + 1,)."""
        return self.grid.t_ms

    @cached_property
    def drive(self) -> Stimulus:
        """The stimulus in the model's coherent unit of current."""
        soma = self.soma if isinstance(self.soma, Soma) else None
        return Sum(
            tuple(drive(self.model, part, self.duration_ms, self.folder, what, soma) for part, what in self._parts(spikes=False))
        )

    @cached_property
    def arrivals(self) -> Arrivals:
        """The spikes that the stimulus sends."""
        return arrivals(self.model, self._parts(spikes=True), self.duration_ms)

    @property
    def currents(self) -> tuple[StimulusPart, ...]:
        """The parts of the stimulus that ``drive`` is the sum of."""
        return tuple(part for part, _ in self._parts(spikes=False))

    def _parts(self, spikes: bool) -> list[tuple[StimulusPart, str]]:
        """Those that are spikes, or all others, each with what its messages begin with."""
        numbered = enumerate(self.stimulus, 1)
        return [(part, f"{self.name}: stimulus {i}") for i, part in numbered if (part.kind == SPIKES) is spikes]

    @cached_property
    def seen(self) -> np.ndarray:
        """The one value of the stimulus that each step sees, coherent, shape (steps,); read-only."""
        return fixed(self.grid.seen(self.drive))

    @cached_property
    def seen_at_samples(self) -> np.ndarray:
        """The same at every sample, the last value once more, shape (steps + 1,); read-only."""
        return fixed(np.append(self.seen, self.seen[-1]))

    @property
    def observed_index(self) -> int:
        """The observed state's place among the model's."""
        return self.model.state_names.index(self.observed)

    def observed_of(self, states: np.ndarray) -> np.ndarray:
        """The observed signal in its unit, shape (samples,), of coherent states, shape (variables, samples)."""
        signal: np.ndarray = states[self.observed_index] / self.model.factor(self.observed)
        return signal

    @property
    def moved_edges(self) -> tuple[tuple[float, float], ...]:
        """Edges of the stimulus between grid points, and the grid point at which a fixed step sees each, in ms."""
        inside = (edge for edge in self.drive.edges_ms if 0 < edge < self.duration_ms)
        seen = ((edge, round(edge / self.dt_ms) * self.dt_ms) for edge in inside)
        return tuple((edge, grid) for edge, grid in seen if abs(edge - grid) > 1e-6 * self.dt_ms)

    @property
    def moved_arrivals(self) -> int:
        """How many spikes arrive between grid points."""
        times = self.arrivals.times_ms
        return int(np.sum(np.abs(times - np.round(times / self.dt_ms) * self.dt_ms) > 1e-6 * self.dt_ms))

    def __repr__(self) -> str:
        given = "; ".join(str(part) for part in self.stimulus) or "no stimulus"
        given = f"{self.clamp} follows {given}" if self.clamp else given
        given += f", into a soma of {self.soma}" if self.soma else ""
        given += f"; spikes where {self.spike}" if self.spike else ""
        of = "" if self.name == self.model.name else f" of {plain(self.model.name, 60)}"
        return (
            f"<Experiment {plain(self.name, 60)}{of}: {self.duration} at dt = {self.dt}; {plain(given, 150)}\n"
            f" records {plain(', '.join(self.record), 100)}>"
        )

    def run(self, engine: str = "reference", scheme: str | None = None, **more: Any) -> Recording:
        """Run it on one engine: ``spikebridge.run``, whose parameters it takes."""
        found: Recording = upstairs("run")(self, engine, scheme, **more)
        return found

    def compare(self, engines: Sequence[str] = (), schemes: Mapping[str, str | Sequence[str]] | None = None, **more: Any) -> Any:
        """Run it on several engines, prove and judge: ``spikebridge.compare``, whose parameters it takes."""
        return upstairs("compare")(self, engines, schemes, **more)

    def __getstate__(self) -> dict[str, Any]:
        # what has been worked out, such as the stimulus as functions, is worked out again where it arrives
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def at_dt(self, dt_ms: float) -> Experiment:
        """The same experiment at another step."""
        return self if dt_ms == self.dt_ms else replace(self, dt=ms(dt_ms))

    def described(self) -> list[tuple[str, str]]:
        """What a reader needs to repeat it."""
        given = "; ".join(str(part) for part in self.stimulus) or "none"
        rows = [("duration", str(self.duration)), ("dt", str(self.dt)), ("stimulus", given)]
        if self.model.patch:
            rows.insert(0, ("patch", self.model.patch))
        if self.clamp:
            rows[-1] = ("voltage clamp", f"{self.clamp} follows {given}")
        if self.soma is not None:
            rows.append(("soma", str(self.soma)))
        if self.spike:
            rows.append(("spike", self.spike))
        if self.precision is not Precision.DOUBLE:
            rows.append(("precision", str(self.precision)))
        if self.observed != self.model.observed:
            rows.append(("observed", self.observed))
        if self.moved_edges:
            moved = [f"{edge:g} ms to {grid:g} ms" for edge, grid in self.moved_edges]
            more = f" and {len(moved) - 3} more" if len(moved) > 3 else ""
            rows.append(("edges moved to the grid in fixed steps", ", ".join(moved[:3]) + more))
        if self.moved_arrivals:
            rows.append(("arrivals moved to the grid in fixed steps", str(self.moved_arrivals)))
        return rows


def time_of(given: Any, what: str) -> Quantity:
    """A time above 0 ms, given in any of the ways a quantity is; DefinitionError beginning with ``what`` where it is none."""
    where, _, name = what.rpartition(": ")
    try:
        time = quantity_of(given, "ms", name)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}" if where else str(error)) from None
    try:
        value = time_ms(time)
    except DefinitionError as error:
        raise DefinitionError(f"{what}: {error}") from None
    if not value > 0:
        raise DefinitionError(f"{what}: must be longer than 0 ms, found {shown(str(time))}")
    return time
