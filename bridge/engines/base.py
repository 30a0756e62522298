"""What an engine is: it prepares a job from an experiment, a worker runs the job, it reads the answer.

``prepare`` and ``read`` run in the user's process and need no simulator. The functions of the engine's module run in a
worker process, the only place that imports one: ``warm_up()`` before there are jobs, ``get_ready(jobs)`` with all jobs that
are about to come, ``execute(job)`` for each, ``clean_up()`` after the last. One whose runs depend on what ``get_ready`` was told
before has ``start_over()``, too: what comes then is to give what it would give in a new process.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.definition.vanishing import flat
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.engines.features import Feature, features_of
from spikebridge.bridge.errors import NotRun, TranslationError, UsageError, did_you_mean, expect
from spikebridge.bridge.shown import shown
from spikebridge.reference.integrate import NEURON, Convention
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import EXACT

Answer = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """One run as it travels to a worker; each engine has its own, of numbers, text and arrays, which can be pickled."""


class Occasion(Enum):
    """Where an engine takes part without being asked for by name."""

    COMPARISON = "a comparison that names no engines"
    PROOFS = "what is proven quickly and often: the agreement grid, random definitions, mutations"
    SPINE = "whole experiments of a few models under every scheme, where compiling is worth while"


_Job = TypeVar("_Job", bound=Job)


@runtime_checkable
class Engine(Protocol[_Job]):
    """A simulator, as the comparison sees it. What has a value or a body here is what most engines say; one that is otherwise
    says so.

    Attributes
    ----------
    name, about : what it is called by, and the program in a few words, its name first
    schemes : how it can integrate, by name
    convention : how it counts refractory steps and labels spikes
    precisions : those it can compute in
    features : what it can express beyond smooth equations
    occasions : where it takes part unasked
    module : where the functions of the worker process live; "" where the engine runs in the user's own process
    packages : what must be installed for it to run
    python : the Python that its process runs in; "" for the one that runs spikebridge
    variant_of : the engine of which this is the same program in another setting
    suspicion : what a reader should know first where this engine computes another neuron
    runs_reference : whether it runs the reference's own translation of a model, and is to be held to another one
    """

    name: str
    about: str
    schemes: Mapping[str, EngineScheme]
    convention: Convention = NEURON
    precisions: tuple[Precision, ...] = (Precision.DOUBLE,)
    features: frozenset[Feature] = frozenset()
    occasions: frozenset[Occasion] = frozenset(Occasion)
    module: str = ""
    packages: tuple[str, ...] = ()
    python: str = ""
    variant_of: str = ""
    suspicion: str = ""
    runs_reference: bool = False

    def default_scheme(self, model: Model) -> str:
        """The scheme a user of this engine would take for this model."""
        return next(iter(self.schemes))

    def check(self, model: Model, scheme: EngineScheme) -> None:
        """TranslationError, naming the property in the way, where the scheme cannot integrate this model."""
        check_features(self, model)
        check_kind(model, scheme)

    @abstractmethod
    def prepare(self, experiment: Experiment, scheme: EngineScheme, refinement: int = 0) -> _Job:
        """The job of one run; TranslationError names what the engine cannot express.

        ``refinement`` tightens the tolerance of an adaptive integrator by that many powers of ten; a
        fixed step is refined through the experiment's dt.
        """

    @abstractmethod
    def execute(self, job: _Job) -> Answer:
        """Run a job in this process; of an engine with a ``module`` that is its worker's."""

    @abstractmethod
    def read(self, experiment: Experiment, scheme: EngineScheme, answer: Answer) -> Recording:
        """The worker's answer in the one convention of recordings."""

    def twin(self, model: Model, scheme: EngineScheme) -> str | None:
        """The reference scheme that does the same arithmetic on this model; None for an adaptive integrator."""
        return scheme.twin

    def slack(self, model: Model, scheme: EngineScheme, dt_ms: float) -> float:
        """How far one step may stop short of solving its own equations, coherent; 0 where it solves them outright."""
        return 0.0

    def compiled(self, recording: Recording) -> bool:
        """Whether what this run executed was compiled for it on this machine."""
        return False

    def script(self, experiment: Experiment, scheme: EngineScheme) -> dict[str, str]:
        """Names and contents of files that do, without spikebridge, what the engine does; TranslationError where there are none."""
        raise TranslationError("there is no script for this engine")


def find_scheme(engine: Engine, name: str | None, model: Model) -> EngineScheme:
    """The engine's scheme of that name or alias, its default for None; UsageError lists them."""
    if name is None:
        return engine.schemes[engine.default_scheme(model)]
    expect(str, name, f"{engine.name}: scheme", "a name")
    for scheme in engine.schemes.values():
        if name == scheme.name or name in scheme.aliases:
            return scheme
    raise UsageError(f"{engine.name}: there is no scheme {shown(name)}.{did_you_mean(name, engine.schemes)}")


def check_features(engine: Engine, model: Model) -> None:
    """TranslationError where the model asks for what the engine does not have."""
    missing = sorted(features_of(model) - engine.features)
    if missing:
        raise TranslationError(f"{engine.name} has no {' and no '.join(missing)}, which {model.name} needs")


def check_kind(model: Model, scheme: EngineScheme) -> None:
    """TranslationError where a scheme for maps meets equations in time, or the other way round."""
    if model.discrete and scheme.order != EXACT:
        raise TranslationError("a map has no time derivative to integrate; its scheme is iteration")
    if not model.discrete and scheme.order == EXACT:
        raise TranslationError("iteration is for maps; equations in time need an integration scheme")


def check_precision(engine: Engine, scheme: EngineScheme, experiment: Experiment) -> None:
    """TranslationError where the engine, or an integrator that chooses its own steps, does not compute in that precision."""
    if experiment.precision not in engine.precisions:
        program, known = engine.about.partition(",")[0], " and ".join(p.words for p in engine.precisions)
        raise TranslationError(f"{program} computes in {known} only; it runs with --precision {engine.precisions[0]}")
    if not suits_precision(scheme, experiment.precision):
        raise TranslationError(
            f"{scheme.name} keeps to a tolerance finer than {experiment.precision.words}; take a scheme of fixed steps"
        )


def suits_precision(scheme: EngineScheme, precision: Precision) -> bool:
    """Whether a scheme makes sense in a precision: the tolerance of an adaptive integrator asks for double."""
    return precision is Precision.DOUBLE or scheme.order is not None


def recorded(experiment: Experiment, states: Mapping[str, np.ndarray], more: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """The symbols an experiment records, in their own units, shape (samples,), from coherent states.

    Currents and rates are computed from the recorded states by the definition, for every engine alike:
    NEURON, for one, updates its own copies at different moments within a step. NotRun where a state is no number.

    Parameters
    ----------
    states : coherent values, shape (samples,)
    more : further symbols
    """
    model = experiment.model
    for name, samples in states.items():
        if not np.all(np.isfinite(samples)):
            when = int(np.argmin(np.isfinite(samples))) * experiment.dt_ms
            raise NotRun(f"the solution left the numbers at t = {when:g} ms ({name}); {_what_to_try(experiment, states)}")
    values: dict[str, Any] = {**model.parameter_values, **states, STIMULUS: experiment.seen_at_samples}
    with np.errstate(all="ignore"):
        for name in model.ordered_definitions:
            values[name] = evaluate(model.regular[name], values, model.coherent)
    shape = experiment.t_ms.shape
    wanted = dict.fromkeys((*model.state_names, *experiment.record, *more))
    return {name: np.broadcast_to(values[name], shape) / model.factor(name) for name in wanted}


def _what_to_try(experiment: Experiment, states: Mapping[str, np.ndarray]) -> str:
    """Of a run that left the numbers: exponential schemes divide by the slope of an equation, which may have become zero."""
    model, finite = experiment.model, np.all([np.isfinite(x) for x in states.values()], axis=0)
    last = max(int(np.argmin(finite)) - 1, 0)
    values: dict[str, Any] = {**model.parameter_values, **{name: x[last] for name, x in states.items()}}
    values[STIMULUS] = experiment.seen_at_samples[last]
    with np.errstate(all="ignore"):
        for name in model.ordered_definitions:
            values[name] = evaluate(model.regular[name], values, model.coherent)
    zero = flat(model.linear, values, model.coherent)
    if not zero:
        return "try a smaller dt or another scheme"
    return f"the slope of d{zero[0]}/dt is zero there, and an exponential step divides by it: try another scheme"


def units(experiment: Experiment) -> dict[str, str]:
    """The unit of every symbol ``recorded`` returns."""
    model = experiment.model
    return {name: str(model.unit_of(name)) for name in dict.fromkeys((*model.state_names, *experiment.record))}
