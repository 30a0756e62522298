"""CoreNEURON, which comes with NEURON: the same mechanism, translated by another compiler and run by another program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.engines import coreneuron_worker
from spikebridge.bridge.engines.base import Answer, EngineScheme, Occasion
from spikebridge.bridge.engines.features import Feature
from spikebridge.bridge.engines.neuron_engine import NeuronEngine, played
from spikebridge.bridge.engines.neuron_job import NeuronJob
from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.translate.nmodl import Nmodl


class CoreNeuronEngine(NeuronEngine):
    """NEURON's fixed steps, by CoreNEURON; it has no variable ones.

    What is refused was tried with NEURON 9.0.2. leaky_integrate_and_fire misses a step of the reference's by 5.8e-11 mV, where
    round-off allows 4e-13, and under ``secondorder = 2`` it fires 101 times instead of 5. A step of hindmarsh_rose by
    derivimplicit is 4e-4 away from the implicit midpoint under ``secondorder = 2``, where NEURON's is that, and exact without.
    """

    name = "coreneuron"
    about = "CoreNEURON, NMODL mechanism"
    schemes: Mapping[str, EngineScheme] = {
        name: scheme for name, scheme in NeuronEngine.schemes.items() if name in ("backward_euler", "crank_nicolson")
    }
    features: frozenset[Feature] = frozenset()
    occasions: frozenset[Occasion] = frozenset()
    module = coreneuron_worker.__name__
    variant_of = "neuron"

    def default_scheme(self, model: Model) -> str:
        return "backward_euler"

    def check(self, model: Model, scheme: EngineScheme) -> None:
        super().check(model, scheme)
        if scheme.name == "crank_nicolson" and Nmodl(model).method == "derivimplicit":
            raise TranslationError("CoreNEURON's derivimplicit is implicit Euler whatever secondorder is; take backward_euler")

    def prepare(self, experiment: Experiment, scheme: EngineScheme, refinement: int = 0) -> NeuronJob:
        job = super().prepare(experiment, scheme, refinement)
        if job.played is not None and not job.played.continuous:
            # CoreNEURON stops the process where values are played that are not to be interpolated
            job = replace(job, played=played(experiment, 1.0, twice=True))
        # and it notices crossings of a voltage only; those of another variable are found in its samples, as they are for all engines
        return job if job.watched is not None and job.watched[0] == "v" else replace(job, watched=None)

    def execute(self, job: NeuronJob) -> Answer:
        return coreneuron_worker.execute(job)

    def script(self, experiment: Experiment, scheme: EngineScheme) -> dict[str, str]:
        raise TranslationError(
            "there is no script for this engine; the one for neuron has the mechanism, which nrnivmodl -coreneuron compiles"
        )
