"""Brian2: the equation string in a NeuronGroup of one, its stimulus in a TimedArray.

Brian2 runs the same text as numpy code or compiles it. The engine takes what finishes first, the compilation included, and
says in the recording's notes what it took.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines import brian2_worker
from spikebridge.bridge.engines.base import Answer, Engine, EngineScheme, Occasion, recorded, units
from spikebridge.bridge.engines.brian2_job import ArrivalRound, Brian2Job
from spikebridge.bridge.engines.features import EVERYTHING
from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.export.brian2_script import Brian2Script
from spikebridge.bridge.system import build_system
from spikebridge.bridge.translate.brian2_equations import BEGINNING, END, Brian2Equations
from spikebridge.reference.integrate import BRIAN2, crossing_times, reset_spikes
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import EXACT, LINEAR, SCHEMES, Scheme

_ITERATION = "iteration"
_ORDERED = "ordered_euler"


class Brian2Engine(Engine[Brian2Job]):
    """One code generation target of Brian2, or whichever finishes first where ``target`` is empty."""

    schemes: Mapping[str, EngineScheme] = {
        s.name: s
        for s in (
            EngineScheme("exponential_euler", "exponential_euler", 1, "exponential Euler"),
            EngineScheme("euler", "forward_euler", 1, "forward Euler", ("forward_euler",)),
            EngineScheme(_ORDERED, _ORDERED, 1, "Euler steps of one variable after another, by run_regularly"),
            EngineScheme("rk2", "rk2", 2, "explicit midpoint"),
            EngineScheme("rk4", "rk4", 4, "classical Runge-Kutta"),
            EngineScheme(_ITERATION, _ITERATION, EXACT, "the next state of a map, by run_regularly"),
        )
    }
    convention = BRIAN2
    precisions = tuple(Precision)
    features = EVERYTHING
    module = brian2_worker.__name__
    packages = ("brian2",)

    def __init__(self, name: str, target: str = "", occasions: Iterable[Occasion] = ()) -> None:
        self.name, self.target, self.occasions = name, target, frozenset(occasions)
        self.variant_of = "brian2" if target else ""
        self.about = f"Brian2, {target} code" if target else "Brian2, cython or numpy code"

    def default_scheme(self, model: Model) -> str:
        if model.discrete:
            return _ITERATION
        # exponential_euler divides by the slopes
        return "exponential_euler" if all(model.linear.values()) and not model.flat_at_start else "rk4"

    def check(self, model: Model, scheme: EngineScheme) -> None:
        super().check(model, scheme)
        if LINEAR in _twin(scheme).needs and not all(model.taken_apart.values()):
            wrong = [name for name, form in model.taken_apart.items() if form is None]
            raise TranslationError(f"{scheme.name} needs equations linear in their own variable; d{wrong[0]}/dt is not")

    def prepare(self, experiment: Experiment, scheme: EngineScheme, refinement: int = 0) -> Brian2Job:
        model = experiment.model
        self.check(model, scheme)
        translation = Brian2Equations(model, ordered=scheme.name == _ORDERED)
        ids, spike = translation.identifiers, model.spike
        return Brian2Job(
            target=self.target,
            precision=str(experiment.precision),
            method=scheme.name,
            operations=translation.operations * _twin(scheme).evaluations,
            equations=translation.equations,
            namespace={ids[n]: (p.value * p.unit.si, p.unit.dimension) for n, p in model.parameters.items()},
            states=tuple(ids[s] for s in model.state_names),
            initial=tuple(model.initial_values[s] / model.factor(s) * model.unit_of(s).si for s in model.state_names),
            update=translation.update,
            events=translation.events,
            threshold=translation.threshold,
            reset=translation.reset,
            looks=tuple(translation.looks),
            above_at_start=translation.above_at_start,
            refractory=translation.refractory,
            spike_variables=tuple(ids[s] for s in model.state_names) if spike and spike.reset else (),
            stimulus=experiment.seen * (model.stimulus_unit.si / model.factor(STIMULUS)),
            stimulus_dimension=model.stimulus_unit.dimension,
            dt_ms=experiment.dt_ms,
            steps=experiment.steps,
            arrivals=_arrivals(experiment, translation),
        )

    def execute(self, job: Brian2Job) -> Answer:
        return brian2_worker.execute(job)

    def read(self, experiment: Experiment, scheme: EngineScheme, answer: Answer) -> Recording:
        model = experiment.model
        si = np.array([model.unit_of(s).si / model.factor(s) for s in model.state_names])
        states = dict(zip(model.state_names, answer["states"] / si[:, None], strict=True))
        t_ms = experiment.t_ms
        raw = np.asarray(answer["spikes_ms"])
        notes = (f"ran as {answer['ran_as']}{answer['why']}",)  # Brian2 itself would take another code without a word
        return Recording(
            t_ms, recorded(experiment, states), units(experiment),
            self._spikes(experiment, t_ms, states, answer, si), raw,
            self.name, answer["version"], scheme.name, experiment.dt_ms, answer["wall_s"], notes,
        )  # fmt: skip

    def compiled(self, recording: Recording) -> bool:
        return any(note.startswith("ran as Cython") for note in recording.notes)

    def script(self, experiment: Experiment, scheme: EngineScheme) -> dict[str, str]:
        return Brian2Script(experiment, scheme, self.name, self.target).files

    def _spikes(
        self, experiment: Experiment, t_ms: np.ndarray, states: Mapping[str, np.ndarray], answer: Answer, si: np.ndarray
    ) -> np.ndarray:
        system = build_system(experiment.model, neurons=1)
        event = system.event
        if event is None:
            return np.array([])
        if event.reset is None:
            return crossing_times(system, t_ms, np.asarray(event.level(tuple(states.values()))))
        steps = np.round(np.asarray(answer["spikes_ms"]) / experiment.dt_ms).astype(int)
        before = event.level(tuple(x[steps] for x in states.values()))
        after = event.level(tuple(answer["at_spikes"] / si[:, None]))
        return reset_spikes(t_ms, steps, np.asarray(before), np.asarray(after))


def _arrivals(experiment: Experiment, translation: Brian2Equations) -> tuple[ArrivalRound, ...]:
    model, found = experiment.model, experiment.arrivals.rounds(experiment.grid)
    if model.input is None:
        return ()
    unit = model.input.unit
    si = unit.si / model.coherent.factor(unit)
    return tuple(
        ArrivalRound(
            END if each.at_end else BEGINNING, *translation.arrival(k), each.who.astype(float), each.weights * si, unit.dimension
        )
        for k, each in enumerate(found, 1)
    )


def _twin(scheme: EngineScheme) -> Scheme:
    """The reference scheme that does the same arithmetic; each of Brian2's has one."""
    assert scheme.twin is not None
    return SCHEMES[scheme.twin]
