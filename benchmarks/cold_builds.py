"""What it costs to build: CPU seconds of an engine's worker with an empty cache and with a full one, and what it built.

The workers' imports are part of it. The last lines measure what bridge/engines/brian2_choice.py takes for granted.
usage: cold_builds.py [MODEL]
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.engines.base import Job, find_scheme
from spikebridge.bridge.engines.cache import VARIABLE
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.worker import Worker
from spikebridge.reports.proof.convergence import LEVELS

ENGINES = ("brian2", "brian2_cython", "brian2_numpy", "neuron")
EIGHT = ("hodgkin_huxley", "adex", "connor_stevens", "erisir", "fitzhugh_nagumo", "izhikevich", "morris_lecar", "wang_buzsaki")


def jobs(engine: str, experiments: Sequence[Experiment]) -> list[Job]:
    """One job an experiment, under the engine's default scheme."""
    found = find_engine(engine)
    return [found.prepare(each, find_scheme(found, None, each.model)) for each in experiments]


def measured(engine: str, batch: Sequence[Job]) -> tuple[float, int, list[str]]:
    """CPU seconds of a worker and its compilers, how much it built, and as what it ran."""
    before = _children_s()
    with Worker(find_engine(engine).module) as worker:
        answers = list(worker.run(batch))
    failed = [str(answer) for answer in answers if not isinstance(answer, dict)]
    if failed:
        sys.exit(f"{engine}: {failed[0]}")
    return _children_s() - before, sum(len(a["built"]) for a in answers), [a.get("ran_as", "") for a in answers]


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def row(what: str, engine: str, batch: Sequence[Job]) -> None:
    """Print cold and warm, side by side."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ[VARIABLE] = cache
        cold, built, ran_as = measured(engine, batch)
        warm, again, _ = measured(engine, batch)
    code = ran_as[0].removesuffix("CodeObject").lower()
    print(f"| {what} | {engine}{f' ({code})' if code else ''} | {cold:.1f} | {built} | {warm:.1f} | {again} |", flush=True)


def main(model: str = "hodgkin_huxley") -> None:
    """Single runs, ladders, eight mechanisms at once; then a module and an operation."""
    experiment = load_experiment(model)
    ladder = [experiment.at_dt(experiment.dt_ms / 2**k) for k in range(LEVELS)]
    print("| run | engine | cold, CPU s | built | warm, CPU s | built |\n|---|---|---|---|---|---|")
    for engine in ENGINES:
        row(f"{experiment.steps} steps of {model}", engine, jobs(engine, [experiment]))
    for engine in ("brian2", "neuron"):
        row(f"a ladder of {LEVELS}, {sum(rung.steps for rung in ladder)} steps", engine, jobs(engine, ladder))
    row("the default experiments of eight models", "neuron", jobs("neuron", [load_experiment(name) for name in EIGHT]))
    assumptions(experiment)


def assumptions(experiment: Experiment) -> None:
    """A module's seconds from one step with and without a cache, an operation's from two lengths of numpy code."""
    (short,) = jobs("brian2_numpy", [experiment])
    (compiled,) = jobs("brian2_cython", [experiment])
    with tempfile.TemporaryDirectory() as cache:
        os.environ[VARIABLE] = cache
        module = (
            measured("brian2_cython", [replace(compiled, steps=1)])[0]
            - measured("brian2_cython", [replace(compiled, steps=1)])[0]
        )
    steps = short.steps
    seconds = measured("brian2_numpy", [short])[0] - measured("brian2_numpy", [replace(short, steps=1)])[0]
    print(f"\na module: {module:.1f} s; an operation of numpy code: {1e6 * seconds / steps / short.operations:.2f} us")


if __name__ == "__main__":
    main(*sys.argv[1:])
