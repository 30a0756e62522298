"""Brian2: the equation string in a NeuronGroup of one, its stimulus in a TimedArray.

Brian2 runs the same text as numpy code or compiles it. The engine takes what finishes first, the compilation included, and
says in the recording's notes what it took.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import Answer, EngineScheme, Job, check_kind, recorded, units
from spikebridge.bridge.engines.brian2_choice import CodeChoice
from spikebridge.bridge.engines.brian2_simulation import simulate
from spikebridge.bridge.engines.cache import Overlay, compiler_identity, content_key
from spikebridge.bridge.errors import NotRun, TranslationError
from spikebridge.bridge.system import build_system
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.reference.integrate import BRIAN2, crossing_times, reset_spikes
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import EXACT, LINEAR, SCHEMES, Scheme

_ITERATION = "iteration"
_ORDERED = "ordered_euler"


class Brian2Engine:
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
    precisions: tuple[Precision, ...] = tuple(Precision)
    module = __name__

    def __init__(self, name: str, target: str = "") -> None:
        self.name, self.target = name, target
        self.about = f"Brian2, {target} code" if target else "Brian2, cython or numpy code"

    def default_scheme(self, model: Model) -> str:
        if model.discrete:
            return _ITERATION
        return "exponential_euler" if all(model.linear.values()) else "rk4"

    def check(self, model: Model, scheme: EngineScheme) -> None:
        check_kind(model, scheme)
        if LINEAR in _twin(scheme).needs and not all(model.linear.values()):
            wrong = [name for name, form in model.linear.items() if form is None]
            raise TranslationError(f"{scheme.name} needs equations linear in their own variable; d{wrong[0]}/dt is not")

    def prepare(self, experiment: Experiment, scheme: EngineScheme, refinement: int = 0) -> Job:
        model = experiment.model
        self.check(model, scheme)
        translation = Brian2Equations(model, ordered=scheme.name == _ORDERED)
        ids, spike = translation.identifiers, model.spike
        return {
            "target": self.target,
            "precision": str(experiment.precision),
            "method": scheme.name,
            "operations": translation.operations * _twin(scheme).evaluations,
            "equations": translation.equations,
            "namespace": {ids[n]: (p.value * p.unit.si, p.unit.dimension) for n, p in model.parameters.items()},
            "states": [ids[s] for s in model.state_names],
            "initial": [model.initial_values[s] / model.factor(s) * model.unit_of(s).si for s in model.state_names],
            "update": translation.update,
            "events": translation.events,
            "threshold": translation.threshold,
            "reset": translation.reset,
            "looks": translation.looks,
            "above_at_start": translation.above_at_start,
            # a period by its name: Brian2 would write its value into the code, and compile again for another
            "refractory": translation.refractory,
            "spike_variables": [ids[s] for s in model.state_names] if spike and spike.reset else [],
            "stimulus": experiment.seen * (model.stimulus_unit.si / model.factor(STIMULUS)),
            "stimulus_dimension": model.stimulus_unit.dimension,
            "dt_ms": experiment.dt_ms,
            "steps": experiment.steps,
        }

    def twin(self, model: Model, scheme: EngineScheme) -> str | None:
        return scheme.twin

    def slack(self, model: Model, scheme: EngineScheme, dt_ms: float) -> float:
        return 0.0

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


# in the worker process --------------------------------------------------------------------------------


def _twin(scheme: EngineScheme) -> Scheme:
    """The reference scheme that does the same arithmetic; each of Brian2's has one."""
    assert scheme.twin is not None
    return SCHEMES[scheme.twin]


def warm_up() -> None:
    """Import the simulator while the other side still prepares the job."""
    # Brian2 imports pylab for its users' convenience and does without; a worker draws nothing
    sys.modules["pylab"] = None  # type: ignore[assignment]
    try:
        import brian2  # noqa: F401
    except ImportError as error:
        raise NotRun(f"Brian2 cannot be imported ({error}); install it with: pip install brian2") from None


def get_ready(jobs: Sequence[Job]) -> None:
    """Take note of what is to come: the choice of code depends on it."""
    _choice.count(jobs)


def execute(job: Job) -> Answer:
    """Run one job; what it compiles is shared with later runs, by content, when the run is over."""
    code, why = _choice.of(job)
    if code == "numpy":
        return {**simulate(job, None), "why": why, "built": []}
    overlay = _overlay(job["precision"])
    try:
        answer = simulate(job, overlay.folder)
    except Exception as error:
        if "C99" not in str(error.__cause__ or error):
            raise
        # how Brian2 puts it when the program it compiles as a test comes to nothing
        raise NotRun("Brian2 tried the C++ compiler and it compiled nothing; see what it says: g++ --version") from None
    return {**answer, "why": why, "built": overlay.publish("*.so")}


_choice = CodeChoice()


_overlays: dict[str, Overlay] = {}  # of this worker, by precision


def _overlay(precision: str) -> Overlay:
    """Compiled modules of this interpreter, these versions and one precision; Brian2 names them by the hash of their code."""
    import brian2
    import Cython

    if precision not in _overlays:
        parts = [
            brian2.__version__,
            Cython.__version__,
            np.__version__,
            sys.version,
            platform.platform(),
            compiler_identity("g++"),
        ]
        # their code says their types too, but that the two stay apart does not hang on it
        _overlays[precision] = Overlay("brian2", content_key(parts if precision == Precision.DOUBLE else [*parts, precision]))
    return _overlays[precision]


def clean_up() -> None:
    """Remove this worker's private copies of the cache."""
    for overlay in _overlays.values():
        overlay.close()
