"""Responses of a neuron to current pulses: many at once on the reference, one after another elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import MAX_STEPS, Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.engines.base import EngineScheme, find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Run, staying
from spikebridge.bridge.errors import DefinitionError, NotRun, UsageError
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.quantity import ms
from spikebridge.bridge.system import build_population, build_system
from spikebridge.reference.exact import ExactError, solve
from spikebridge.reference.integrate import DivergenceError, integrate
from spikebridge.reference.iterated import iterate
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import SchemeError
from spikebridge.reference.spikes import upward_crossings
from spikebridge.reference.stimulus import FOREVER, Step, Stimulus, Sum
from spikebridge.reference.system import Event, System
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.subject import Subject, model_of
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXACT = "exact"
RTOL = 1e-12  # of the exact solution, and a hundred times that for its check
# a population costs one run in arrays, which takes as long as this many in plain floats
PAYS = 20


@dataclass(frozen=True)
class Pulse:
    """A constant current on ``start_ms <= t < stop_ms``, in the unit in which the model is driven."""

    amplitude: float
    start_ms: float = 0.0
    stop_ms: float = FOREVER


Pulses = Sequence[Pulse]


@dataclass(frozen=True)
class Response(Result):
    """What a neuron did: every state in its own unit, shape (samples,), and when it spiked."""

    t_ms: np.ndarray
    states: Mapping[str, np.ndarray]
    spike_times_ms: np.ndarray

    @property
    def end(self) -> dict[str, float]:
        """The state at the end."""
        return {name: float(samples[-1]) for name, samples in self.states.items()}


def at_rest(subject: Subject) -> Model:
    """The model starting from its resting state without stimulus, the one reached from its own initial values.

    Raises
    ------
    DefinitionError : it has none, because it fires by itself
    """
    model = replace(model_of(subject), steady_state=True, stimulus_at_rest=0.0)
    _ = model.initial_values
    return model


def starting_at(model: Model, state: Mapping[str, float]) -> Model:
    """The model starting from ``state``, numbers in the units of its variables."""
    return model.with_initial({name: Quantity(float(value), model.unit_of(name)) for name, value in state.items()})


def require_spikes(model: Model) -> None:
    """DefinitionError where the model does not say what a spike is."""
    if model.spike is None:
        raise DefinitionError(
            f'{model.name}: there is no spike rule, so there is nothing to count; add for example spike = "v > 0*mV"'
        )


class Bench:
    """Where responses are taken: one model family on one engine; a context manager, for a simulator stays loaded.

    Parameters
    ----------
    engine : ``reference``, ``exact``, or another engine's name
    scheme : of that engine; its default for None
    dt_ms : the step, or how densely the exact solution is sampled
    level : counts upward crossings of this value by the signal that the model is observed by instead of the model's own spikes
    """

    def __init__(
        self, engine: str = "reference", scheme: str | None = None, dt_ms: float = 0.01, level: float | None = None
    ) -> None:
        self.name, self.scheme, self.dt_ms, self.level = engine, scheme, dt_ms, level
        if engine == EXACT or (engine == "reference" and scheme == EXACT):
            self.name, self.scheme = EXACT, None
        self.engine = find_engine("reference" if self.name == EXACT else engine)
        self._open = ExitStack()
        self.runner = self._open.enter_context(staying(self.engine)) if self.engine.module else None

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    def responses(self, models: Model | Sequence[Model], protocols: Sequence[Pulses], duration_ms: float) -> list[Response]:
        """One response a protocol.

        Parameters
        ----------
        models : one for all, or one each: the same equations with other parameters or initial values

        Raises
        ------
        DefinitionError : the models do not fit together, or the level is not theirs to choose
        UsageError : there are no steps, or too many
        NotRun : the engine did not run one; the message says why
        """
        each = [models] * len(protocols) if isinstance(models, Model) else list(models)
        if len(each) != len(protocols):
            raise ValueError(f"{len(each)} models do not fit {len(protocols)} protocols; give one for all, or one each")
        if self.level is not None and each and each[0].resets:
            raise DefinitionError(f"{each[0].name}: a spike resets it, so another level would be another model")
        if not 0 < duration_ms <= MAX_STEPS * self.dt_ms:
            raise UsageError(f"{duration_ms:g} ms at dt = {self.dt_ms:g} ms are not 1 to {MAX_STEPS} steps")
        if self.runner is not None:
            return self._on_engine(each, protocols, duration_ms)
        try:
            return self._here(each, protocols, duration_ms)
        except (ExactError, DivergenceError, SchemeError) as error:
            raise NotRun(f"{self.name}: {error}") from None

    def response(self, model: Model, pulses: Pulses, duration_ms: float) -> Response:
        """One response."""
        return self.responses(model, [pulses], duration_ms)[0]

    # on the reference -------------------------------------------------------------------------------

    def _here(self, models: list[Model], protocols: Sequence[Pulses], duration_ms: float) -> list[Response]:
        if self.name == EXACT or len(protocols) < PAYS or models[0].discrete:
            pairs = zip(models, protocols, strict=True)
            return [self._alone(model, pulses, duration_ms) for model, pulses in pairs]
        scheme = self._scheme(models[0]).name
        drive = _population_drive(models[0], protocols)
        run = integrate(self._watched(build_population(models), models[0]), scheme, duration_ms, self.dt_ms, drive)
        spikes = run.spike_times_ms if isinstance(run.spike_times_ms, tuple) else [run.spike_times_ms] * len(models)
        return [_response(models[0], run.t_ms, run.states[..., j], spikes[j]) for j in range(len(models))]

    def _alone(self, model: Model, pulses: Pulses, duration_ms: float) -> Response:
        system, drive = self._watched(build_system(model), model), _drive(model, pulses)
        if model.discrete:
            iterates = iterate(system, duration_ms, self.dt_ms, drive)
            return _response(model, iterates.t_ms, iterates.states, iterates.spike_times_ms)
        if self.name == EXACT:
            grid = np.append(np.arange(0.0, duration_ms - 1e-9, self.dt_ms), duration_ms)
            solution = solve(system, duration_ms, grid, drive, RTOL)
            return _response(model, solution.t_ms, solution.states, solution.spike_times_ms)
        run = integrate(system, self._scheme(model).name, duration_ms, self.dt_ms, drive)
        return _response(model, run.t_ms, run.states, run.spike_times_ms)

    def _watched(self, system: System, model: Model) -> System:
        if self.level is None:
            return system
        place, level = model.state_names.index(model.observed), self.level * model.factor(model.observed)
        return replace(system, event=Event(lambda y: y[place] - level))

    # on a simulator ---------------------------------------------------------------------------------

    def _on_engine(self, models: list[Model], protocols: Sequence[Pulses], duration_ms: float) -> list[Response]:
        runs = [self._run(model, pulses, duration_ms) for model, pulses in zip(models, protocols, strict=True)]
        assert self.runner is not None
        outcomes = self.runner.start(runs)()
        return [self._read(outcome, model) for outcome, model in zip(outcomes, models, strict=True)]

    def _run(self, model: Model, pulses: Pulses, duration_ms: float) -> Run:
        unit, parts = model.stimulus_unit, []
        for pulse in pulses:
            start, stop = max(pulse.start_ms, 0.0), pulse.stop_ms
            if pulse.amplitude and stop > start:
                ends = None if stop == FOREVER else ms(stop)
                parts.append(step(Quantity(float(pulse.amplitude), unit), ms(start), ends))
        experiment = Experiment(model, tuple(parts), ms(duration_ms), ms(self.dt_ms))
        return Run(experiment, self.engine, self._scheme(model))

    def _read(self, outcome: Recording | NotRun, model: Model) -> Response:
        if isinstance(outcome, NotRun):
            raise outcome
        spikes = outcome.spike_times_ms
        if self.level is not None:
            spikes = upward_crossings(outcome.t_ms, outcome[model.observed] - self.level)
        return Response(outcome.t_ms, outcome.values, np.asarray(spikes))

    def _scheme(self, model: Model) -> EngineScheme:
        return find_scheme(self.engine, self.scheme, model)


def _response(model: Model, t_ms: np.ndarray, states: np.ndarray, spikes: np.ndarray) -> Response:
    named = {name: states[i] / model.factor(name) for i, name in enumerate(model.state_names)}
    return Response(t_ms, named, np.asarray(spikes))


def _drive(model: Model, pulses: Pulses) -> Stimulus:
    unit = model.coherent.factor(model.stimulus_unit)
    parts = [Step(p.amplitude * unit, p.start_ms, p.stop_ms) for p in pulses if p.stop_ms > p.start_ms and p.amplitude]
    return Sum(tuple(parts))


def _population_drive(model: Model, protocols: Sequence[Pulses]) -> Stimulus:
    """All protocols at once: between two edges of any of them every neuron has its own constant current."""
    edges = sorted({edge for pulses in protocols for p in pulses for edge in (p.start_ms, p.stop_ms)})
    unit = model.coherent.factor(model.stimulus_unit)
    parts = []
    for start, stop in pairwise(edges):
        total = [sum(p.amplitude for p in pulses if p.start_ms <= start and p.stop_ms >= stop) for pulses in protocols]
        parts.append(Step(unit * np.array(total, dtype=float), start, stop))
    return Sum(tuple(parts))


# thresholds -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sides(Result):
    """Responses just below and just above a threshold, of which ``variable`` is looked at."""

    below: Response
    above: Response
    variable: str
    unit: str


class Asked:
    """A yes-or-no question about a neuron's response to a strength; remembers the last response of either answer."""

    def __init__(self, model: Model, take: Callable[[float], Response], enough: Callable[[Response], bool]) -> None:
        self.model, self.take, self.enough = model, take, enough
        self.last: dict[bool, Response] = {}

    def __call__(self, strength: float) -> bool:
        response = self.take(strength)
        answer = bool(self.enough(response))
        self.last[answer] = response
        return answer

    def seen(self, found: Threshold) -> Threshold:
        """The threshold with what the neuron did on its two sides."""
        name = self.model.observed
        sides = Sides(self.last[False], self.last[True], name, str(self.model.unit_of(name)))
        return replace(found, sides=sides)


@dataclass(frozen=True)
class Threshold(Result):
    """Where an answer turns from no to yes: ``above`` is yes, ``above - uncertainty`` is no.

    ``uncertainty`` is negative where the search went downwards. ``sides`` are the last responses of either answer.
    """

    above: float
    uncertainty: float
    unit: str
    sides: Sides | None = None

    @property
    def value(self) -> float:
        """The middle of the bracket."""
        return self.above - 0.5 * self.uncertainty

    def to_frame(self) -> pd.DataFrame:
        """One row: the threshold and the width of its bracket."""
        return frame(
            {
                with_unit("threshold", self.unit): [self.value],
                with_unit("uncertainty", self.unit): [abs(self.uncertainty)],
            }
        )

    def plot(self, axes: Axes | None = None) -> Figure:
        """What the neuron does just below and just above; ValueError where that was not kept."""
        if self.sides is None:
            raise ValueError("this threshold comes without the responses on its two sides, so there is nothing to draw")
        sides, unit = self.sides, "" if self.unit == "1" else f" {self.unit}"
        axes, style = axes_of(axes, "time (ms)", with_unit(sides.variable, sides.unit))
        at = (self.above - self.uncertainty, self.above)
        for index, (name, value, response) in enumerate(zip(("below", "above"), at, (sides.below, sides.above), strict=True)):
            label = f"just {name}: {value:.6g}{unit}"
            axes.plot(response.t_ms, response.states[sides.variable], linewidth=1.0, label=label, **style(index))
        axes.legend(frameon=False, fontsize="small")
        return axes.figure  # type: ignore[return-value]


def bisected(answer: Callable[[float], bool], low: float, high: float, tolerance: float, unit: str) -> Threshold:
    """The threshold between ``low``, where the answer must be no, and ``high``, where it must be yes, by bisection.

    ValueError names the end that does not answer so.
    """
    if answer(low):
        raise ValueError(f"the threshold lies below {low:g} {unit}: give a lower start of the search")
    if not answer(high):
        raise ValueError(f"there is no threshold up to {high:g} {unit}: give a higher end of the search")
    return _halved(answer, low, high, tolerance, unit)


def _halved(answer: Callable[[float], bool], low: float, high: float, tolerance: float, unit: str) -> Threshold:
    while abs(high - low) > tolerance:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if answer(middle):
            high = middle
        else:
            low = middle
    return Threshold(high, high - low, unit)


NARROW = 1e-4  # of the value a search is told to start near: how far off its first bracket is on either side


def bisected_near(
    answer: Callable[[float], bool], near: float, tolerance: float, unit: str, reach: float = 0.0, down: bool = False
) -> Threshold:
    """As ``bisected``, from a bracket around ``near`` that is widened eightfold until its ends answer no and yes.

    ValueError where they do not within a tenth of ``near``, or of ``reach`` where that is more: near 0 the size of a
    threshold says nothing. ``down`` where yes lies below no.
    """
    size = max(abs(near), reach)
    if not size > 0:
        raise ValueError(f"a search near {near:g} {unit} needs to know how far it may go")
    width = NARROW * size
    while width <= 0.1 * size:
        no, yes = (near + width, near - width) if down else (near - width, near + width)
        if not answer(no) and answer(yes):
            return _halved(answer, no, yes, tolerance, unit)
        width *= 8.0
    raise ValueError(f"there is no threshold within {0.1 * size:g} {unit} of {near:g} {unit}")
