"""The reference as an engine: the numpy translation under a reference scheme, in the user's own process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import Answer, Engine, EngineScheme, Job, recorded, units
from spikebridge.bridge.engines.features import EVERYTHING
from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.export.numpy_script import NumpyScript
from spikebridge.bridge.system import build_system
from spikebridge.reference.exact import Solution, solve
from spikebridge.reference.integrate import Convention, Trajectory, integrate
from spikebridge.reference.iterated import iterate
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import SCHEMES, Scheme, SchemeError
from spikebridge.reference.system import System
from spikebridge.reference.time_grid import fixed
from spikebridge.reference.version import __version__

EXACT = "exact"


def exact_solution(experiment: Experiment) -> Solution:
    """The experiment's exact solution on its grid; of a map, the iterates. Its arrays cannot be written to: whoever asks for that
    of the same experiment soon again, as every rung of a ladder does, gets the same ones.

    Raises
    ------
    ExactError, DivergenceError : there is none, and why
    """
    return _solved(_Itself(experiment))


@dataclass(frozen=True, eq=False)
class _Itself:
    """An experiment, which is equal to itself alone: to compare what two are made of would take longer than it saves."""

    experiment: Experiment

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self.experiment is other.experiment

    def __hash__(self) -> int:
        return id(self.experiment)


@lru_cache(maxsize=2)
def _solved(of: _Itself) -> Solution:
    solution = _solution(of.experiment)
    fixed(solution.states)
    fixed(solution.spike_times_ms)
    return solution


def _solution(experiment: Experiment) -> Solution:
    system = build_system(experiment.model)
    if experiment.model.discrete:
        return iterate(system, experiment.duration_ms, experiment.dt_ms, experiment.seen)
    return solve(system, experiment.duration_ms, experiment.t_ms, experiment.drive, arrivals=experiment.arrivals)


def stepped(experiment: Experiment, system: System, scheme: str | Scheme, convention: Convention) -> Trajectory:
    """A system run as the experiment says: its steps, what each sees of the stimulus, the spikes that arrive.

    Raises
    ------
    DivergenceError, SchemeError : as ``integrate``
    """
    seen, arrivals = experiment.seen, experiment.arrivals
    return integrate(system, scheme, experiment.duration_ms, experiment.dt_ms, seen, convention, arrivals)


@dataclass(frozen=True)
class ReferenceJob(Job):
    """One run of the reference: an experiment under the scheme of that name."""

    experiment: Experiment
    scheme: str


class ReferenceEngine(Engine[ReferenceJob]):
    """Every scheme of the reference, and the exact solution."""

    name = "reference"
    about = "spikebridge's own numpy reference"
    schemes: Mapping[str, EngineScheme] = {
        **{
            s.name: EngineScheme(s.name, s.name, s.order, s.about, ("euler",) if s.name == "forward_euler" else ())
            for s in SCHEMES.values()
        },
        EXACT: EngineScheme(EXACT, None, None, "adaptive Dormand-Prince 8(5,3), rtol 1e-13"),
    }
    precisions = tuple(Precision)
    features = EVERYTHING
    runs_reference = True

    def default_scheme(self, model: Model) -> str:
        return "iteration" if model.discrete else "rk4"

    def check(self, model: Model, scheme: EngineScheme) -> None:
        if scheme.twin is None:
            return
        super().check(model, scheme)
        try:
            SCHEMES[scheme.twin].check(build_system(model))
        except SchemeError as error:
            raise TranslationError(str(error)) from None

    def prepare(self, experiment: Experiment, scheme: EngineScheme, refinement: int = 0) -> ReferenceJob:
        self.check(experiment.model, scheme)
        return ReferenceJob(experiment, scheme.name)

    def execute(self, job: ReferenceJob) -> Answer:
        """Run here and now; SchemeError, DivergenceError and ExactError say why it cannot."""
        experiment = job.experiment
        system = build_system(experiment.model, dtype=experiment.precision.dtype)
        if job.scheme == EXACT:
            solution = exact_solution(experiment)
            return {
                "states": solution.states,
                "spikes_ms": solution.spike_times_ms,
                "raw_ms": solution.spike_times_ms,
                "wall_s": solution.wall_s,
            }
        run = stepped(experiment, system, job.scheme, self.convention)
        return {"states": run.states, "spikes_ms": run.spike_times_ms, "raw_ms": run.raw_spike_times_ms, "wall_s": run.wall_s}

    def read(self, experiment: Experiment, scheme: EngineScheme, answer: Answer) -> Recording:
        model = experiment.model
        states = dict(zip(model.state_names, np.asarray(answer["states"], dtype=float), strict=True))
        return Recording(
            experiment.t_ms, recorded(experiment, states), units(experiment), answer["spikes_ms"],
            answer["raw_ms"], self.name, __version__, scheme.name, experiment.dt_ms, answer["wall_s"],
        )  # fmt: skip

    def script(self, experiment: Experiment, scheme: EngineScheme) -> dict[str, str]:
        if experiment.precision is Precision.SINGLE:
            raise TranslationError("a numpy script computes in double precision only, in Python's own floats")
        return NumpyScript(experiment, scheme).files
