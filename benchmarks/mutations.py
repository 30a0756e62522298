"""How many faults in translated text are found, and blamed on the right equation?

For every catalogue model and each simulator, faults are seeded into the text that was translated for it, see
benchmarks/faults.py. A fault counts where it changes the trajectory at all. Run from the repository:

    python benchmarks/mutations.py --models hodgkin_huxley,adex --engines neuron --faults 10
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from benchmarks.faults import Fault, Text, faults
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import catalogue
from spikebridge.bridge.engines.base import Answer, Engine, EngineScheme, Occasion
from spikebridge.bridge.engines.brian2_job import Brian2Job
from spikebridge.bridge.engines.neuron_job import NeuronJob
from spikebridge.bridge.engines.registry import engines_for, find_engine
from spikebridge.bridge.engines.worker import Worker
from spikebridge.bridge.errors import NotRun
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.reference.recording import Recording
from spikebridge.reports.proof.translation_proof import TranslationProof, Twin, prove_translation, run_twin

FAULTS, STEPS, SEED = 10, 1500, 1
UNTOUCHED = "nothing changed"
_LIMIT_S = 60.0
TRANSLATING = [name for name in engines_for(Occasion.PROOFS) if not find_engine(name).runs_reference]


class Fate(StrEnum):
    """What became of a fault; one that does not even run is found."""

    NOT_RUN = "not run"
    WITHOUT_EFFECT = "without effect"
    DETECTED = "detected"
    NOT_DETECTED = "not detected"


@dataclass(frozen=True)
class Outcome:
    """One fault in one model's translation, and what became of it.

    Attributes
    ----------
    blamed : the state whose equation the proof names, where it found the fault
    states : those whose equations the fault changes
    apart : the furthest that a state strays from the untouched run, of its range
    reason : why it did not run
    """

    model: str
    fault: str
    fate: Fate
    blamed: str = ""
    states: frozenset[str] = frozenset()
    apart: float = 0.0
    reason: str = ""

    @property
    def localised(self) -> bool:
        return self.fate is Fate.DETECTED and self.blamed in self.states

    @property
    def miss(self) -> str:
        """What went wrong, in words; empty where nothing did."""
        if self.fault == UNTOUCHED:
            return f"{self.model}: not run: {self.reason}" if self.fate is Fate.NOT_RUN else ""
        if self.fate is Fate.NOT_DETECTED:
            return f"{self.model}: {self.fault}: not detected (runs differ by {self.apart:.1e} of the range)"
        if self.fate is Fate.DETECTED and not self.localised:
            instead = ", ".join(sorted(self.states)) or "nothing"
            return f"{self.model}: {self.fault}: blamed on {self.blamed} instead of {instead}"
        return ""


@dataclass(frozen=True)
class _Sound:
    """The untouched translation of one experiment for one engine, and the reference run to hold it to."""

    experiment: Experiment
    engine: Engine
    scheme: EngineScheme
    twin: Twin

    def recording(self, answer: Answer | NotRun) -> Recording:
        if isinstance(answer, NotRun):
            raise answer
        return self.engine.read(self.experiment, self.scheme, answer)

    def proof(self, recording: Recording) -> TranslationProof:
        return prove_translation(self.experiment, self.engine, self.scheme, recording, self.twin)


def shortened(name: str, steps: int) -> Experiment:
    """The beginning of a model's default experiment, so many steps past the first edge of its stimulus."""
    experiment = load_experiment(name)
    inside = [edge for edge in experiment.drive.edges_ms if 0 < edge < experiment.duration_ms]
    steps += round(min(inside, default=0.0) / experiment.dt_ms)
    return replace(experiment, duration=f"{min(experiment.steps, steps) * experiment.dt_ms!r} ms")


def outcomes(
    name: str, engine: Engine, worker: Worker, count: int = FAULTS, steps: int = STEPS, seed: int = SEED
) -> list[Outcome]:
    """Seed up to ``count`` faults into one model's translation for one engine; what the proof says of the untouched
    translation first, and then of each."""
    experiment = shortened(name, steps)
    scheme = engine.schemes[engine.default_scheme(experiment.model)]
    twin = run_twin(experiment, engine, scheme)
    assert twin is not None  # a default scheme has fixed steps
    sound = _Sound(experiment, engine, scheme, twin)
    plain = engine.prepare(experiment, scheme)
    if not isinstance(plain, NeuronJob | Brian2Job):
        raise TypeError(f"{engine.name}: faults are seeded into NMODL and into Brian2's equations")
    chosen = _chosen(plain, experiment.model, count, random.Random(f"{seed} {name} {engine.name}"))
    first, *others = worker.run([plain, *(_renamed(fault.job, k) for k, fault in enumerate(chosen))], _LIMIT_S)
    try:
        recording = sound.recording(first)
    except NotRun as error:
        return [Outcome(name, UNTOUCHED, Fate.NOT_RUN, reason=str(error))]
    proof = sound.proof(recording)
    alarm = Outcome(name, UNTOUCHED, Fate.NOT_DETECTED if proof.passed else Fate.DETECTED, "" if proof.passed else proof.worst)
    return [alarm, *(_outcome(name, fault, answer, sound, recording) for fault, answer in zip(chosen, others, strict=True))]


def _chosen(plain: Text, model: Model, count: int, rng: random.Random) -> list[Fault]:
    """Faults that change the job, each once."""
    seeded = faults(plain, model, _identifiers(plain, model), rng)
    chosen: list[Fault] = []
    seen = {repr(plain)}
    for _ in range(20 * count):
        fault = next(seeded)
        if repr(fault.job) not in seen and len(chosen) < count:
            chosen.append(fault)
            seen.add(repr(fault.job))
    return chosen


def _outcome(name: str, fault: Fault, answer: Answer | NotRun, sound: _Sound, plain: Recording) -> Outcome:
    try:
        recording = sound.recording(answer)
    except NotRun as error:
        return Outcome(name, fault.what, Fate.NOT_RUN, reason=str(error))
    states = sound.experiment.model.state_names
    apart = max(float(np.max(np.abs(recording[s] - plain[s]))) / max(float(np.ptp(plain[s])), 1e-300) for s in states)
    if apart == 0.0:
        return Outcome(name, fault.what, Fate.WITHOUT_EFFECT)
    proof = sound.proof(recording)
    if proof.passed:
        return Outcome(name, fault.what, Fate.NOT_DETECTED, "", fault.states, apart)
    return Outcome(name, fault.what, Fate.DETECTED, proof.worst, fault.states, apart)


def _identifiers(job: Text, model: Model) -> dict[str, str]:
    return dict(Nmodl(model).identifiers if isinstance(job, NeuronJob) else Brian2Equations(model).identifiers)


def _renamed(job: Text, k: int) -> Text:
    """A mechanism's name can be loaded once in a process."""
    if not isinstance(job, NeuronJob):
        return job
    suffix = f"{job.suffix}_{k}"
    return replace(job, suffix=suffix, mod=re.sub(rf"\b(SUFFIX|POINT_PROCESS) {job.suffix}\b", rf"\1 {suffix}", job.mod))


def render(engine: str, found: Sequence[Outcome]) -> str:
    """One line of the table, and one for each miss."""
    seeded = [o for o in found if o.fault != UNTOUCHED]
    fates = [o.fate for o in seeded]
    without, not_run, detected = (fates.count(fate) for fate in (Fate.WITHOUT_EFFECT, Fate.NOT_RUN, Fate.DETECTED))
    localised = sum(o.localised for o in seeded)
    alarms = sum(o.fault == UNTOUCHED and o.fate is Fate.DETECTED for o in found)
    line = (
        f"{engine:14} {len(seeded):6} {without:10} {not_run:11} {detected + not_run:9} {len(seeded) - without:5} "
        f"{localised:10} {detected:5} {alarms:13}"
    )
    return "\n".join([line, *(f"    {o.miss}" for o in found if o.miss)])


def main() -> None:
    parser = argparse.ArgumentParser(description="Seed faults into translated text and count what is found.")
    parser.add_argument("--models", default=",".join(catalogue()))
    parser.add_argument("--engines", default=",".join(TRANSLATING))
    parser.add_argument("--faults", type=int, default=FAULTS)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    print(
        f"{'engine':14} {'tried':>6} {'no effect':>10} {'do not run':>11} {'detected':>9} {'of':>5} {'localised':>10} {'of':>5} {'false alarms':>13}"
    )
    for name in given.engines.split(","):
        engine = find_engine(name)
        with Worker(engine.module, stays=True) as worker:
            models = given.models.split(",")
            found = [o for model in models for o in outcomes(model, engine, worker, given.faults, given.steps, given.seed)]
        print(render(name, found))


if __name__ == "__main__":
    main()
