"""Random valid definitions on every engine: one step of each is round-off away from the reference's, and none is called another neuron.

A few run with every test; ``make random COUNT=1000`` tries many and says how many there were.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_definitions import definitions
from under_test import PROVEN

from spikebridge.bridge.definition.experiment_file import default_experiment
from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Runner
from spikebridge.reference.exact import ExactError
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import Verdict

pytestmark = pytest.mark.xdist_group("random")
COUNT = int(os.environ.get("SPIKEBRIDGE_RANDOM", "4"))
# what a random definition may honestly run into: properties of the scheme, of the step, or of the solution; the last is what
# NEURON's derivimplicit says where rates jump, so that an implicit step may have no solution
HONEST = (
    "left the numbers",
    "linear in",
    "no step is small enough",
    "an implicit step has no solution",
    "scopmath library error",
)
tried: Counter[str] = Counter()


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """Workers that stay for all definitions."""
    with Runner([find_engine(name) for name in PROVEN], stays=True) as runner:
        yield runner
    print(f"\ntried {sum(tried.values())} definitions, {dict(tried)}")


@settings(
    # a failing definition is told as it is: each smaller one would have to be compiled
    max_examples=COUNT, deadline=None, derandomize=COUNT <= 4, phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(data=st.data())
def test_every_engine_does_the_arithmetic_of_its_schemes(runner, data) -> None:
    """Whatever the equations, the names, the resets and the stimulus."""
    # a mechanism's name can be loaded once in a process
    text = data.draw(definitions(f"random_{sum(tried.values())}"))
    experiment = default_experiment(parse_model(text, "random.toml"))
    tried["maps" if experiment.model.discrete else "resetting" if experiment.model.resets else "smooth"] += 1
    try:
        comparison = compare(experiment, PROVEN, {name: ["all"] for name in PROVEN}, quick=True, runner=runner)
    except (ExactError, ArithmeticError) as error:
        tried[f"not judged: {type(error).__name__}"] += 1
        return
    for entry in comparison.entries:
        if entry.recording is None:
            assert any(word in entry.reason for word in HONEST), f"{entry.key}: {entry.reason}\n{text}"
            continue
        told = f"{entry.key}: {entry.verdict}: {entry.because}\n{text}"
        if entry.translation is not None:
            assert entry.translation.passed, told
        # whatever its translation computes, it is no other neuron; and the exact solution is itself
        expected = (
            (Verdict.AGREE,)
            if entry.key == "reference/exact"
            else (Verdict.AGREE, Verdict.DISCRETISATION, Verdict.NO_CONVERGENCE)
        )
        assert entry.verdict in expected, told
