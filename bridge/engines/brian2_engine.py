"""Brian2: the equation string in a NeuronGroup of one, its stimulus in a TimedArray."""

from __future__ import annotations

import platform
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from spikebridge.bridge.cache import Overlay, compiler_identity, content_key
from spikebridge.bridge.engines.base import Answer, EngineScheme, Job, check_kind, recorded, units
from spikebridge.bridge.errors import NotRun, TranslationError
from spikebridge.bridge.experiment import Experiment
from spikebridge.bridge.model import STIMULUS, Model
from spikebridge.bridge.system import build_system
from spikebridge.bridge.translate.brian2_equations import SAMPLES, Brian2Equations
from spikebridge.reference.integrate import BRIAN2, crossing_times, reset_spikes, stimulus_samples
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import EXACT

_NEEDS_LINEAR = ("exponential_euler",)
_ITERATION = "iteration"
_ORDERED = "ordered_euler"


class Brian2Engine:
    """One code generation target of Brian2."""

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
    module = __name__

    def __init__(self, name: str, target: str) -> None:
        self.name, self.target = name, target
        self.about = f"Brian2, {target} code"

    def default_scheme(self, model: Model) -> str:
        if model.discrete:
            return _ITERATION
        return "exponential_euler" if all(model.linear.values()) else "rk4"

    def check(self, model: Model, scheme: EngineScheme) -> None:
        check_kind(model, scheme)
        if scheme.name in _NEEDS_LINEAR and not all(model.linear.values()):
            wrong = [name for name, form in model.linear.items() if form is None]
            raise TranslationError(f"{scheme.name} needs equations linear in their own variable; d{wrong[0]}/dt is not")

    def prepare(self, experiment: Experiment, scheme: EngineScheme, refinement: int = 0) -> Job:
        model = experiment.model
        self.check(model, scheme)
        translation = Brian2Equations(model, ordered=scheme.name == _ORDERED)
        ids, spike = translation.identifiers, model.spike
        period = model.value(spike.refractory) if spike and spike.refractory is not None else None
        return {
            "target": self.target,
            "method": scheme.name,
            "equations": translation.equations,
            "namespace": {ids[n]: (p.value * p.unit.si, p.unit.dimension) for n, p in model.parameters.items()},
            "states": [ids[s] for s in model.state_names],
            "initial": [model.initial_values[s] / model.factor(s) * model.unit_of(s).si for s in model.state_names],
            "update": translation.update,
            "events": translation.events,
            "threshold": translation.threshold,
            "reset": translation.reset,
            "refractory_ms": period,
            "refractory": None if period is not None or (spike and spike.reset) else translation.refractory,
            "spike_variables": [ids[s] for s in model.state_names] if spike and spike.reset else [],
            "stimulus": self._seen(experiment) * (model.stimulus_unit.si / model.factor(STIMULUS)),
            "stimulus_dimension": model.stimulus_unit.dimension,
            "dt_ms": experiment.dt_ms,
            "steps": experiment.steps,
        }

    def _notes(self, ran_as: str) -> tuple[str, ...]:
        """What really ran; Brian2 itself would fall back without a word."""
        if self.target == "cython" and not ran_as.startswith("Cython"):
            return (f"ran as {ran_as} because Python.h is missing; install python3-dev for compiled code",)
        return (f"ran as {ran_as}",)

    @staticmethod
    def _seen(experiment: Experiment) -> np.ndarray:
        return stimulus_samples(experiment.drive, experiment.steps, experiment.dt_ms)

    def twin(self, model: Model, scheme: EngineScheme) -> str | None:
        return scheme.twin

    def slack(self, model: Model, scheme: EngineScheme, dt_ms: float) -> float:
        return 0.0

    def read(self, experiment: Experiment, scheme: EngineScheme, answer: Answer) -> Recording:
        model = experiment.model
        si = np.array([model.unit_of(s).si / model.factor(s) for s in model.state_names])
        states = dict(zip(model.state_names, answer["states"] / si[:, None], strict=True))
        t_ms = np.arange(experiment.steps + 1) * experiment.dt_ms
        seen = self._seen(experiment)
        raw = np.asarray(answer["spikes_ms"])
        return Recording(
            t_ms, recorded(experiment, states, np.append(seen, seen[-1])), units(experiment),
            self._spikes(experiment, t_ms, states, answer, si), raw,
            self.name, answer["version"], scheme.name, experiment.dt_ms, answer["wall_s"], self._notes(answer["ran_as"]),
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


def warm_up() -> None:
    """Import the simulator while the other side still prepares the job."""
    # Brian2 imports pylab for its users' convenience and does without; a worker draws nothing
    sys.modules["pylab"] = None  # type: ignore[assignment]
    try:
        import brian2  # noqa: F401
    except ImportError as error:
        raise NotRun(f"Brian2 cannot be imported ({error}); install it with: pip install brian2") from None


def execute(job: Job) -> Answer:
    """Run one job; what it compiles is shared with later runs, by content, when the run is over."""
    if job["target"] == "numpy" or not _has_python_headers():
        return {**_simulate({**job, "target": "numpy"}, None), "built": []}
    if not (shutil.which("g++") or shutil.which("c++") or shutil.which("clang++")):
        raise NotRun("Brian2's cython code needs a C++ compiler; install g++, or use the engine brian2_numpy")
    overlay = _overlay()
    answer = _simulate(job, overlay.folder)
    return {**answer, "built": overlay.publish("*.so")}


def _has_python_headers() -> bool:
    """Cython needs Python.h, which some distributions keep in a package of its own, such as python3-dev."""
    return (Path(sysconfig.get_path("include")) / "Python.h").is_file()


@cache
def _overlay() -> Overlay:
    """Compiled modules of this interpreter and these versions; Brian2 names them by the hash of their code."""
    import brian2
    import Cython

    parts = [brian2.__version__, Cython.__version__, np.__version__, sys.version, platform.platform(), compiler_identity("g++")]
    return Overlay("brian2", content_key(parts))


def clean_up() -> None:
    """Remove this worker's private copy of the cache."""
    if _overlay.cache_info().currsize:
        _overlay().close()


def _simulate(job: Job, folder: Path | None) -> Answer:
    import brian2 as b2
    from brian2.units.fundamentalunits import Quantity, get_or_create_dimension

    b2.BrianLogger.suppress_name("resolution_conflict")
    b2.prefs.codegen.target = job["target"]
    if folder is not None:
        b2.prefs.codegen.runtime.cython.cache_dir = str(folder)
    b2.start_scope()

    def quantity(value: Any, dimension: tuple[int, ...]) -> Any:
        length, mass, time, current, temperature, substance = dimension
        base = get_or_create_dimension(m=length, kg=mass, s=time, A=current, K=temperature, mol=substance)
        return Quantity.with_dimensions(value, base)

    dt = job["dt_ms"] * b2.ms
    namespace = {name: quantity(value, dimension) for name, (value, dimension) in job["namespace"].items()}
    # names end up in the compiled code: the same ones every time, or nothing is ever found in the cache
    namespace[SAMPLES] = b2.TimedArray(quantity(job["stimulus"], job["stimulus_dimension"]), dt=dt, name="stimulus_samples")
    refractory = job["refractory_ms"] * b2.ms if job["refractory_ms"] is not None else job["refractory"] or False
    group = b2.NeuronGroup(
        1, job["equations"], method="euler" if job["update"] else job["method"], threshold=job["threshold"], reset=job["reset"],
        refractory=refractory, namespace=namespace, dt=dt, name="cell", events={k: when for k, (when, _) in job["events"].items()},
    )  # fmt: skip
    for order, (event, (_, statements)) in enumerate(job["events"].items(), 1):
        # conditions are looked at together with the spike's, before anything is reset; then one acts after another
        group.set_event_schedule(event, when="thresholds")
        group.run_on_event(event, statements, when="resets", order=order)
    updater = group.run_regularly(job["update"], dt=dt, when="groups", name="map") if job["update"] else group.state_updater
    for name, value in zip(job["states"], job["initial"], strict=True):
        group.variables[name].set_value(value)
    monitor = b2.StateMonitor(group, job["states"], record=True, dt=dt, name="trace")
    spikes = b2.SpikeMonitor(group, variables=job["spike_variables"], name="spikes") if job["threshold"] else None
    network = b2.Network([o for o in (group, monitor, spikes) if o is not None])
    network.run(0 * b2.ms)
    began = perf_counter()
    network.run(job["steps"] * dt, namespace={})
    wall_s = perf_counter() - began
    last = [np.asarray(group.variables[name].get_value())[0] for name in job["states"]]
    return {
        "states": np.array(
            [np.append(np.asarray(monitor.variables[n].get_value())[:, 0], x) for n, x in zip(job["states"], last, strict=True)]
        ),
        "spikes_ms": np.asarray(spikes.t / b2.ms) if spikes is not None else np.array([]),
        "at_spikes": np.array([np.asarray(spikes.variables[n].get_value()) for n in job["spike_variables"]])
        if spikes is not None
        else None,
        "ran_as": type(updater.codeobj).__name__,
        "version": b2.__version__,
        "wall_s": wall_s,
    }
