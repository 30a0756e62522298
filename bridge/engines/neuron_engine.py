"""NEURON: the mod file in one compartment of 100 um2, each rectangle of the stimulus an IClamp."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from time import perf_counter
from typing import Any

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import Answer, EngineScheme, Job, check_kind, recorded, units
from spikebridge.bridge.engines.neuron_build import Mechanism, Mechanisms
from spikebridge.bridge.errors import DefinitionError, NotRun, TranslationError
from spikebridge.bridge.expressions.expression import Name, names
from spikebridge.bridge.system import interpret_system
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.reference.integrate import NEURON, crossing_times, reset_spikes
from spikebridge.reference.jumps import Rules
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import EXACT
from spikebridge.reference.system import System
from spikebridge.reference.time_grid import TimeGrid

# CVODE: absolute tolerance on every state, in the state's own unit
CVODE_ATOL = 1e-6
_ANY_MV = -65.0  # of a compartment whose voltage matters to nobody


class NeuronEngine:
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
    convention = NEURON
    precisions: tuple[Precision, ...] = (Precision.DOUBLE,)
    module = __name__

    def default_scheme(self, model: Model) -> str:
        return "iteration" if model.discrete else "backward_euler"

    def check(self, model: Model, scheme: EngineScheme) -> None:
        check_kind(model, scheme)
        mechanism = Nmodl(model)
        if not mechanism.has_membrane and scheme.name == "crank_nicolson" and mechanism.method != "derivimplicit":
            raise TranslationError(
                "secondorder = 2 changes nothing where cnexp solves all: it is about voltage and derivimplicit"
            )
        _ = mechanism.text

    def prepare(self, experiment: Experiment, scheme: EngineScheme, refinement: int = 0) -> Job:
        model = experiment.model
        mechanism = Nmodl(model)
        self.check(model, scheme)
        built_as = _built_as(model, mechanism)
        neuron = 1e-6 if mechanism.per_area else 1e-9
        ids, initial = mechanism.identifiers, model.initial_values
        ampere = model.coherent.ampere
        return {
            "scheme": scheme.name,
            "atol": CVODE_ATOL * 10.0**-refinement,
            "mod": built_as.text,
            "suffix": mechanism.suffix,
            "point_process": mechanism.point_process,
            "per_area": mechanism.per_area,
            "membrane": mechanism.has_membrane,
            "resets": mechanism.has_reset,
            "capacitance": model.value(mechanism.membrane.capacitance) * (ampere / neuron) if mechanism.has_membrane else 1.0,
            **(
                _driven_job(experiment, mechanism, scheme)
                if mechanism.own_stimulus
                else _injected_job(experiment, ampere / neuron)
            ),
            "v_init": initial[model.voltage] if model.voltage else _ANY_MV,
            "parameters": list(mechanism.parameters_unlike(built_as).items()),
            "states": [(ids[s], initial[s]) for s in mechanism.mechanism_states],
            "watched": self._watched(experiment, mechanism),
            "dt_ms": experiment.dt_ms,
            "steps": experiment.steps,
        }

    @staticmethod
    def _watched(experiment: Experiment, mechanism: Nmodl) -> tuple[str, float] | None:
        """The state a NetCon watches, and its level; None where the rule is not about one state, or resets."""
        spike, model = experiment.model.spike, experiment.model
        if spike is None or spike.reset or not isinstance(spike.left, Name) or spike.left.id not in model.state_names:
            return None
        if any(name not in model.parameters for name in names(spike.right)):
            return None
        return mechanism.identifiers[spike.left.id], model.value(spike.right)

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
        spikes = self._spikes(experiment, scheme, t_ms, states, np.asarray(answer["spikes_ms"]))
        return Recording(
            t_ms, recorded(experiment, states), units(experiment), spikes,
            np.asarray(answer["spikes_ms"]), self.name, answer["version"], scheme.name, experiment.dt_ms, answer["wall_s"],
        )  # fmt: skip

    def compiled(self, recording: Recording) -> bool:
        return True

    def _spikes(
        self, experiment: Experiment, scheme: EngineScheme, t_ms: np.ndarray, states: dict[str, np.ndarray], raw: np.ndarray
    ) -> np.ndarray:
        """Spike times; where a spike resets, NEURON's sample holds the value before, and becomes the one after."""
        system = interpret_system(experiment.model, neurons=1)
        event = system.event
        recorded = tuple(x.copy() for x in states.values())
        level = np.asarray(event.level(recorded)) if event else np.zeros(len(t_ms))
        ends = np.round(raw / experiment.dt_ms).astype(int)
        if scheme.twin is not None:
            _reset_samples(system, states, ends)
        if event is None:
            return np.array([])
        if event.reset is None:
            return crossing_times(system, t_ms, level)
        if scheme.twin is None:
            return raw
        before = np.asarray(event.level(tuple(states.values())))[ends - 1]
        return reset_spikes(t_ms, ends - 1, before, level[ends])


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


def _injected_job(experiment: Experiment, factor: float) -> Job:
    """The stimulus as IClamps: one for each rectangle, or one that plays the values every step sees."""
    rectangles = experiment.drive.rectangles
    if rectangles is not None:
        return {"clamps": [(float(r.amplitude) * factor, r.start_ms, r.stop_ms) for r in rectangles], "played": None}
    return {"clamps": [], "played": _played(experiment, factor)}


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


def _driven_job(experiment: Experiment, mechanism: Nmodl, scheme: EngineScheme) -> Job:
    """The stimulus as the values its variable takes: at the edges where it is made of rectangles, else step by step."""
    job: Job = {"clamps": [], "driven": mechanism.identifiers[STIMULUS]}
    if experiment.drive.rectangles is None:
        # a fixed step looks at it twice, for the voltage in its middle and for the states at its end
        return {**job, "played": _played(experiment, 1.0, twice=scheme.twin is not None)}
    times = np.array([0.0, *(edge for edge in experiment.drive.edges_ms if 0 < edge <= experiment.duration_ms)])
    return {**job, "played": (times, experiment.drive.at(times), False)}


def _played(experiment: Experiment, factor: float, twice: bool = False) -> tuple[np.ndarray, np.ndarray, bool]:
    """Times and values of the stimulus, interpolated by NEURON: in the middle of every step, or there and at its end."""
    # one step more, so that the last half step lies inside the vector
    seen, longer = experiment.seen_at_samples * factor, TimeGrid(experiment.steps + 1, experiment.dt_ms)
    if twice:
        return longer.half_steps_ms, np.repeat(seen, 2), True
    return longer.middles_ms, seen, True


# in the worker process --------------------------------------------------------------------------------


def warm_up() -> None:
    """Import the simulator while the other side still prepares the job."""
    try:
        import neuron  # noqa: F401
    except ImportError as error:
        raise NotRun(f"NEURON cannot be imported ({error}); install it with: pip install neuron") from None


def clean_up() -> None:
    """Nothing is left behind: mechanisms are loaded straight from the cache."""


def get_ready(jobs: Sequence[Job]) -> None:
    """Begin to build all mechanisms that are not in the cache: runs go on beside the builds of those to come."""
    _mechanisms().begin(_mechanism(job) for job in jobs if "builtin" not in job)


def execute(job: Job) -> Answer:
    """Load the mechanism, which is in the cache or being built, and run."""
    fresh = [] if "builtin" in job else _mechanisms().load(_mechanism(job))
    return {**_simulate(job), "version": importlib.metadata.version("neuron"), "built": fresh}


@cache
def _mechanisms() -> Mechanisms:
    return Mechanisms()


def _mechanism(job: Job) -> Mechanism:
    return Mechanism(job["mod"], job["suffix"])


def _simulate(job: Job) -> Answer:
    from neuron import h

    section = h.Section(name="cell")
    section.L, section.diam, section.nseg = 10.0, 10.0 / np.pi, 1
    # NEURON gives every section two ends without area: round-off in their voltage flows through the axial resistance
    section.Ra = 1e9
    segment = section(0.5)
    area_um2 = h.area(0.5, sec=section)
    if "builtin" in job:
        mechanism = _insert_hh(h, section, segment, job["builtin"])
    elif job["point_process"]:
        mechanism = getattr(h, job["suffix"])(segment)
    else:
        section.insert(job["suffix"])
        mechanism = getattr(segment, job["suffix"])
    for name, value in job["parameters"] if "builtin" not in job else ():
        setattr(mechanism, name, value)
    if job["per_area"]:
        section.cm = job["capacitance"]
        nanoampere = area_um2 * 1e-8 * 1e3  # from uA/cm2
    else:
        section.cm = job["capacitance"] * 1e-3 / (area_um2 * 1e-8)  # nF on area
        nanoampere = 1.0
    clamps = [_clamp(h, segment, amplitude * nanoampere, start, stop) for amplitude, start, stop in job["clamps"]]
    if job["played"]:
        clamps.append(_player(h, job, mechanism, segment, nanoampere))
    states = [getattr(mechanism, f"_ref_{name}") for name, _ in job["states"]]
    vectors, grid = _record(h, job, [segment._ref_v, *states])
    watch, spikes = _watch(h, job, mechanism, segment)
    wall_s = _run(h, job, mechanism)
    del clamps, watch, grid
    samples = job["steps"] + 1
    times = np.array(spikes.to_python())  # an empty Vector is no array
    return {
        "v": np.array(vectors[0])[:samples],
        "states": [np.array(x)[:samples] for x in vectors[1:]],
        "spikes_ms": times[times < (job["steps"] + 0.5) * job["dt_ms"]],
        "wall_s": wall_s,
    }


def _insert_hh(h: Any, section: Any, segment: Any, given: Mapping[str, Any]) -> Any:
    section.insert("hh")
    h.celsius = 6.3
    if hasattr(h, "usetable_hh"):  # NEURON 8.2 has no table
        h.usetable_hh = int(given["table"])
    for name, value in given["mechanism"].items():
        setattr(segment.hh, name, value)
    for name, value in given["ions"].items():
        setattr(section, name, value)
    return segment.hh


def _clamp(h: Any, segment: Any, amplitude: float, start: float, stop: float) -> Any:
    clamp = h.IClamp(segment)
    clamp.amp, clamp.delay, clamp.dur = amplitude, start, min(stop, 1e9) - start
    return clamp


def _player(h: Any, job: Job, mechanism: Any, segment: Any, nanoampere: float) -> Any:
    """Given values, played into the mechanism's own stimulus or into an IClamp."""
    times, values, continuous = job["played"]
    clamp = None if "driven" in job else _clamp(h, segment, 0.0, 0.0, 1e9)
    target = getattr(mechanism, f"_ref_{job['driven']}") if clamp is None else clamp._ref_amp
    when, what = h.Vector(times), h.Vector(values if clamp is None else values * nanoampere)
    what.play(target, when, continuous)
    return clamp, when, what


def _record(h: Any, job: Job, references: list[Any]) -> tuple[list[Any], Any]:
    """Vectors that record every step; under CVODE, interpolated at the same times."""
    grid = h.Vector(np.arange(job["steps"] + 1) * job["dt_ms"]) if job["scheme"] == "cvode" else None
    vectors = []
    for reference in references:
        vector = h.Vector()
        vector.record(reference, grid) if grid is not None else vector.record(reference)
        vectors.append(vector)
    return vectors, grid


def _watch(h: Any, job: Job, mechanism: Any, segment: Any) -> tuple[Any, Any]:
    spikes = h.Vector()
    if job["resets"]:
        watch = h.NetCon(mechanism, None)
    elif job["watched"] is not None:
        name, level = job["watched"]
        watch = h.NetCon(segment._ref_v if name == "v" else getattr(mechanism, f"_ref_{name}"), None, sec=segment.sec)
        watch.threshold = level
    else:
        return None, spikes
    watch.record(spikes)
    return watch, spikes


def _run(h: Any, job: Job, mechanism: Any) -> float:
    adaptive = job["scheme"] == "cvode"
    cvode = h.CVode()
    cvode.active(adaptive)
    h.secondorder = 2 if job["scheme"] == "crank_nicolson" else 0
    h.dt = job["dt_ms"]
    if adaptive:
        cvode.atol(job["atol"])
        # CVODE puts a reset at the end of one of its steps: keep them as short as the fixed ones
        cvode.maxstep(job["dt_ms"] if job["resets"] else 1e9)
    h.finitialize(job["v_init"])
    for name, value in job["states"]:
        setattr(mechanism, name, value)
    h.fcurrent()
    if adaptive:
        cvode.re_init()
    h.frecord_init()
    began = perf_counter()
    if adaptive:
        cvode.solve((job["steps"] + 0.5) * job["dt_ms"])  # past the last sample, or it is not taken
    else:
        for _ in range(job["steps"]):
            h.fadvance()
        if job["resets"]:
            h.fadvance()  # what happens at the end of the last step is delivered in the next
    return perf_counter() - began
