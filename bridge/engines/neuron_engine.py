"""NEURON: the mod file in one compartment of 100 um2, each rectangle of the stimulus an IClamp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.engines import neuron_worker
from spikebridge.bridge.engines.base import Answer, Engine, EngineScheme, recorded, units
from spikebridge.bridge.engines.features import EVERYTHING
from spikebridge.bridge.engines.neuron_job import Clamp, NeuronJob, Played, Spikes
from spikebridge.bridge.errors import DefinitionError, TranslationError
from spikebridge.bridge.export.neuron_script import NeuronScript
from spikebridge.bridge.system import interpret_system
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.reference.integrate import crossing_times, reset_spikes
from spikebridge.reference.jumps import Rules
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import EXACT
from spikebridge.reference.spikes import crossings_between_steps
from spikebridge.reference.system import System
from spikebridge.reference.time_grid import TimeGrid

# CVODE: absolute tolerance on every state, in the state's own unit
CVODE_ATOL = 1e-6
_ANY_MV = -65.0  # of a compartment whose voltage matters to nobody


class NeuronEngine(Engine[NeuronJob]):
    """NEURON with its fixed step, its second-order fixed step, or CVODE."""

    name = "neuron"
    about = "NEURON, NMODL mechanism"
    schemes: Mapping[str, EngineScheme] = {
        s.name: s
        for s in (
            EngineScheme("backward_euler", "backward_euler", 1, "staggered implicit Euler and cnexp", ("default",)),
            EngineScheme("crank_nicolson", "crank_nicolson", 2, "secondorder = 2", ("secondorder", "secondorder_2")),
            EngineScheme("iteration", "iteration", EXACT, "the next state of a map, in a PROCEDURE"),
            EngineScheme("cvode", None, None, f"CVODE, atol {CVODE_ATOL:g}"),
        )
    }
    features = EVERYTHING
    module = neuron_worker.__name__
    packages = ("neuron",)

    def default_scheme(self, model: Model) -> str:
        return "iteration" if model.discrete else "backward_euler"

    def check(self, model: Model, scheme: EngineScheme) -> None:
        super().check(model, scheme)
        mechanism = Nmodl(model)
        if not mechanism.has_membrane and scheme.name == "crank_nicolson" and mechanism.method != "derivimplicit":
            raise TranslationError(
                "secondorder = 2 changes nothing where cnexp solves all: it is about voltage and derivimplicit"
            )
        _ = mechanism.text

    def prepare(self, experiment: Experiment, scheme: EngineScheme, refinement: int = 0) -> NeuronJob:
        model = experiment.model
        mechanism = Nmodl(model)
        self.check(model, scheme)
        built_as = _built_as(model, mechanism)
        neuron = 1e-6 if mechanism.per_area else 1e-9
        ids, initial = mechanism.identifiers, model.initial_values
        ampere = model.coherent.ampere
        given = _driven(experiment, mechanism, scheme) if mechanism.own_stimulus else _injected(experiment, ampere / neuron)
        return NeuronJob(
            scheme=scheme.name,
            atol=CVODE_ATOL * 10.0**-refinement,
            mod=built_as.text,
            suffix=mechanism.suffix,
            point_process=mechanism.point_process,
            per_area=mechanism.per_area,
            resets=mechanism.has_reset,
            capacitance=model.value(mechanism.membrane.capacitance) * (ampere / neuron) if mechanism.has_membrane else 1.0,
            clamps=given.clamps,
            driven=given.driven,
            played=given.played,
            v_init=initial[model.voltage] if model.voltage else _ANY_MV,
            parameters=tuple(mechanism.parameters_unlike(built_as).items()),
            states=tuple((ids[s], initial[s]) for s in mechanism.mechanism_states),
            watched=(ids[mechanism.watched[0]], mechanism.watched[1]) if mechanism.watched else None,
            dt_ms=experiment.dt_ms,
            steps=experiment.steps,
            spikes=_arriving(experiment),
        )

    def execute(self, job: NeuronJob) -> Answer:
        return neuron_worker.execute(job)

    def twin(self, model: Model, scheme: EngineScheme) -> str | None:
        if scheme.twin is None or model.voltage is not None or model.discrete:
            return scheme.twin
        if Nmodl(model).method == "cnexp":
            return "cnexp"
        return "implicit_midpoint" if scheme.name == "crank_nicolson" else "implicit_euler"

    def slack(self, model: Model, scheme: EngineScheme, dt_ms: float) -> float:
        # derivimplicit stops where no rate misses by more than 1e-8 per ms (NEURON's newton.hpp, ZERO in errcodes.hpp);
        # its matrix may double that
        return 2e-8 * dt_ms if Nmodl(model).method == "derivimplicit" else 0.0

    def read(self, experiment: Experiment, scheme: EngineScheme, answer: Answer) -> Recording:
        model = experiment.model
        others = iter(answer["states"])
        states = {s: np.array(answer["v"] if s == model.voltage else next(others)) for s in model.state_names}
        t_ms = experiment.t_ms
        spikes = self._adaptive_spikes(experiment, answer) if scheme.twin is None else None
        if spikes is None:
            spikes = self._spikes(experiment, scheme, t_ms, states, np.asarray(answer["spikes_ms"]))
        return Recording(
            t_ms, recorded(experiment, states), units(experiment), spikes,
            np.asarray(answer["spikes_ms"]), self.name, answer["version"], scheme.name, experiment.dt_ms, answer["wall_s"],
        )  # fmt: skip

    def compiled(self, recording: Recording) -> bool:
        return True

    def script(self, experiment: Experiment, scheme: EngineScheme) -> dict[str, str]:
        return NeuronScript(experiment, scheme, CVODE_ATOL).files

    @staticmethod
    def _adaptive_spikes(experiment: Experiment, answer: Answer) -> np.ndarray | None:
        """Spikes by the integrator's own steps: where it says a reset has acted, or on the way between the ends of its steps."""
        watched, spike = Nmodl(experiment.model).watched, experiment.model.spike
        if spike is not None and spike.reset:
            found = np.asarray(answer["spikes_ms"])
        elif watched is not None:
            t_ms, values = answer["path"]
            found = crossings_between_steps(t_ms, values - watched[1])
        else:
            return None
        return found[found <= experiment.t_ms[-1]]

    def _spikes(
        self, experiment: Experiment, scheme: EngineScheme, t_ms: np.ndarray, states: dict[str, np.ndarray], raw: np.ndarray
    ) -> np.ndarray:
        """Spike times; where a spike resets, NEURON's sample holds the value before, and becomes the one after."""
        system = interpret_system(experiment.model, neurons=1)
        event = system.event
        if scheme.twin is not None:
            _arrive_at_samples(system, states, experiment)
        recorded = tuple(x.copy() for x in states.values())
        level = np.asarray(event.level(recorded)) if event else np.zeros(len(t_ms))
        ends = np.round(raw / experiment.dt_ms).astype(int)
        if scheme.twin is not None:
            _reset_samples(system, states, ends)
        if event is None:
            return np.array([])
        if event.reset is None:
            return crossing_times(system, t_ms, level)
        before = np.asarray(event.level(tuple(states.values())))[ends - 1]
        return reset_spikes(t_ms, ends - 1, before, level[ends])


def _arrive_at_samples(system: System, states: dict[str, np.ndarray], experiment: Experiment) -> None:
    """Put the values after a spike has arrived at the end of a step where NEURON recorded those before."""
    rules = Rules(system)
    for each in experiment.arrivals.rounds(experiment.grid):
        if each.at_end:
            who, weights = np.append(False, each.who), np.append(0.0, each.weights)
            for x, value in zip(states.values(), rules.arrive(tuple(states.values()), weights, who), strict=True):
                x[:] = value


def _reset_samples(system: System, states: dict[str, np.ndarray], ends: np.ndarray) -> None:
    """Put the values after each jump where NEURON recorded those before; ``ends`` are the samples of spikes."""
    rules, recorded = Rules(system), tuple(states.values())
    nobody = np.zeros(len(recorded[0]), dtype=bool)
    with np.errstate(all="ignore"):  # a run may have gone astray
        levels = rules.levels(recorded)
        # WATCH remembers by itself; nothing is looked at before the first step
        was_above = [np.append(True, above[:-1]) for above in rules.remembered(levels, nobody)]
        acting = rules.acting(levels, was_above, nobody)
        if system.event:
            acting[0] = nobody.copy()
            acting[0][ends] = True
        after = rules.act(recorded, acting)
    for x, value in zip(states.values(), after, strict=True):
        x[:] = value


@dataclass(frozen=True)
class _Given:
    """How NEURON is given the stimulus; as in NeuronJob."""

    clamps: tuple[Clamp, ...] = ()
    played: Played | None = None
    driven: str = ""


def _injected(experiment: Experiment, factor: float) -> _Given:
    """The stimulus as IClamps: one for each rectangle, or one that plays the values every step sees."""
    rectangles = experiment.drive.rectangles
    if rectangles is not None:
        return _Given(tuple(Clamp(float(r.amplitude) * factor, r.start_ms, r.stop_ms) for r in rectangles))
    return _Given(played=played(experiment, factor))


def _arriving(experiment: Experiment) -> tuple[Spikes, ...]:
    """What arrives, one entry a weight."""
    times, weights = experiment.arrivals.on_clock(experiment.grid), experiment.arrivals.weights
    return tuple(Spikes(times[weights == weight], weight) for weight in dict.fromkeys(weights.tolist()))


def _built_as(model: Model, mechanism: Nmodl) -> Nmodl:
    """The mechanism with the parameters of the model's file, so that one build serves all values; the mechanism itself
    where another value makes other statements."""
    original = Nmodl(
        replace(model, parameters={**model.parameters, **{n: p for n, p in model.written.items() if n in model.parameters}})
    )
    try:
        return original if original.statements_text == mechanism.statements_text else mechanism
    except DefinitionError:  # with those values the model may have no resting state to begin from
        return mechanism


def _driven(experiment: Experiment, mechanism: Nmodl, scheme: EngineScheme) -> _Given:
    """The stimulus as the values its variable takes: at the edges where it is made of rectangles, else step by step."""
    driven = mechanism.identifiers[STIMULUS]
    if experiment.drive.rectangles is None:
        # a fixed step looks at it twice, for the voltage in its middle and for the states at its end
        return _Given(driven=driven, played=played(experiment, 1.0, twice=scheme.twin is not None))
    times = np.array([0.0, *(edge for edge in experiment.drive.edges_ms if 0 < edge <= experiment.duration_ms)])
    return _Given(driven=driven, played=Played(times, experiment.drive.at(times), False))


def played(experiment: Experiment, factor: float, twice: bool = False) -> Played:
    """Times and values of the stimulus, interpolated by NEURON: in the middle of every step, or there and at its end."""
    # one step more, so that the last half step lies inside the vector
    seen, longer = experiment.seen_at_samples * factor, TimeGrid(experiment.steps + 1, experiment.dt_ms)
    if twice:
        return Played(longer.half_steps_ms, np.repeat(seen, 2), True)
    return Played(longer.middles_ms, seen, True)
