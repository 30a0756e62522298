"""Does a baseline let round-off pass, and nothing else?

For every catalogue model, what the reference gives under NEURON's own scheme stands as the baseline, and NEURON is
checked against it: the same arithmetic in another order, by another compiler, as on another machine. None of these may
be called changed. Then every parameter is changed by 0.1 % and NEURON checked again: each change that moves the exact
solution at all must be found. Run from the repository:

    python benchmarks/regressions.py --models hodgkin_huxley,adex
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import catalogue
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Runner
from spikebridge.bridge.errors import BridgeError
from spikebridge.bridge.expressions.quantity import Parameter
from spikebridge.reference.exact import ExactError
from spikebridge.reports.proof.comparison import Comparison, compare
from spikebridge.reports.regression.baseline import Kept, kept_of
from spikebridge.reports.regression.change import Status, judge_change

MOVED = 1e-9  # of the range: what a change of a parameter must do to the run to be one


def kept(comparison: Comparison, key: str) -> Kept:
    return kept_of(comparison, comparison[key])


def check_model(name: str, runner: Runner, steps: int, tally: dict[str, int]) -> None:
    experiment = load_experiment(name)
    experiment = replace(experiment, duration=f"{min(experiment.steps, steps) * experiment.dt_ms!r} ms")
    neuron = find_engine("neuron")
    scheme = find_scheme(neuron, None, experiment.model)
    twin = neuron.twin(experiment.model, scheme)
    comparison = compare(experiment, ["reference", "neuron"], {"reference": twin or "all"}, quick=True, runner=runner)
    before = kept(comparison, "reference")
    change = judge_change(before, kept(comparison, "neuron"), experiment, comparison["neuron"])
    alarm = change.status is not Status.UNCHANGED
    tally["models"] += 1
    tally["false alarms"] += alarm
    print(f"{name}: {change.status}: {change.because}" if alarm else f"{name}: unchanged, {change.because}")
    for parameter, given in experiment.model.parameters.items():
        check_parameter(experiment, parameter, given, comparison, runner, tally)


def check_parameter(
    experiment: Experiment, parameter: str, given: Parameter, comparison: Comparison, runner: Runner, tally: dict[str, int]
) -> None:
    before = kept(comparison, "neuron")
    model = experiment.model.with_parameters({parameter: Parameter(given.value * 1.001, given.unit)})
    try:
        changed = compare(replace(experiment, model=model), ["neuron"], quick=True, runner=runner)
    except (BridgeError, ExactError):
        return
    entry = changed["neuron"]
    if entry.recording is None:
        return
    old = comparison["neuron"].recording
    assert old is not None
    moved = max(
        float(np.max(np.abs(entry.recording[s] - old[s])) / max(np.ptp(old[s]), 1e-300)) for s in experiment.model.state_names
    )
    if not moved > MOVED:
        tally["without effect"] += 1
        return
    tally["changes"] += 1
    change = judge_change(before, kept_of(changed, entry), replace(experiment, model=model), entry)
    found = change.status is Status.CHANGED
    tally["found"] += found
    if not found:
        print(f"  {parameter} 0.1 %: {change.status}: {change.because} (moved {moved:.2g} of the range)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default="", help="comma-separated names; all without")
    parser.add_argument("--steps", type=int, default=4000)
    options = parser.parse_args()
    tally = dict.fromkeys(("models", "false alarms", "changes", "found", "without effect"), 0)
    with Runner([find_engine("neuron")], stays=True) as runner:
        for name in options.models.split(",") if options.models else catalogue():
            check_model(name, runner, options.steps, tally)
    print(tally)


if __name__ == "__main__":
    main()
