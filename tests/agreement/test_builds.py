"""Nothing is built twice: not for another step, stimulus or value, not for another run of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step, stimulus
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.engines.base import Engine, Job, find_scheme
from spikebridge.bridge.engines.neuron_job import NeuronJob
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.worker import Worker
from spikebridge.bridge.errors import NotRun
from spikebridge.reports.proof.comparison import compare

pytestmark = pytest.mark.xdist_group("builds")
BRIAN2, NEURON = find_engine("brian2_cython"), find_engine("neuron")


@pytest.fixture(scope="module", autouse=True)
def one_cache(tmp_path_factory) -> Iterator[None]:
    """Empty at first, and no other test's: what is built in it, these tests have built."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("SPIKEBRIDGE_CACHE", str(tmp_path_factory.mktemp("builds")))
        yield


def answers(engine: Engine, jobs: list[Job]) -> list:
    with Worker(engine.module) as worker:
        return list(worker.run(jobs))


def job(engine: Engine, experiment: Experiment, scheme: str | None = None) -> Job:
    return engine.prepare(experiment, find_scheme(engine, scheme, experiment.model))


def variants(name: str) -> list[Experiment]:
    """One model's equations with every number changed: dt, duration, stimulus, parameters, initial values, regime."""
    unit = str(load(name).stimulus_unit)
    first = Experiment(name, step(f"1 {unit}", "1 ms"), "5 ms", "0.05 ms")
    noise = stimulus("noise", mean=f"1 {unit}", sigma=f"0.1 {unit}", interval="0.1 ms", seed=3)
    model = load(name)
    parameter = next(iter(model.parameters.values()))
    changed = model.with_parameters({next(iter(model.parameters)): f"{1.1 * parameter.value!r} {parameter.unit}"})
    return [
        first, first.at_dt(0.025), first.at_dt(0.1 / 3), replace(first, duration="7 ms"), replace(first, stimulus=noise),
        replace(first, model=changed), *(replace(first, model=model.with_regime(regime)) for regime in model.regimes),
    ]  # fmt: skip


# how many modules code takes: equations are compiled, a reset that copies is not, and one that computes is
MODULES = {"hodgkin_huxley": 1, "leaky_integrate_and_fire": 1, "tsodyks_markram": 2}


@pytest.fixture(scope="module")
def first() -> dict[str, list]:
    """What a first process answers to all variants of each model, one model after another."""
    jobs = {name: [job(BRIAN2, experiment) for experiment in variants(name)] for name in MODULES}
    found = iter(answers(BRIAN2, [each for name in jobs for each in jobs[name]]))
    return {name: [next(found) for _ in jobs[name]] for name in jobs}


@pytest.mark.parametrize("name", MODULES)
def test_brian2_compiles_a_models_equations_once_and_for_all(name, first) -> None:
    """Whatever its numbers are, and as few modules as bits allow."""
    assert [len(answer["built"]) for answer in first[name]] == [MODULES[name]] + [0] * (len(first[name]) - 1)
    assert {answer["ran_as"] for answer in first[name]} == {"CythonCodeObject"}


def test_no_rung_of_a_ladder_is_compiled_again_in_another_process(first) -> None:
    """What the first has compiled, the second finds."""
    (rung,) = answers(BRIAN2, [job(BRIAN2, load_experiment("hodgkin_huxley").at_dt(0.04))])
    assert rung["ran_as"] == "CythonCodeObject" and not rung["built"]


def test_numpy_and_compiled_code_record_the_same_neuron(first) -> None:
    """To round-off, spike for spike, where a spike resets and its labels are Brian2's own."""
    experiment = replace(load_experiment("tsodyks_markram"), duration="200 ms")
    numpy_code, compiled = (
        engine.read(experiment, find_scheme(engine, None, experiment.model), answers(engine, [job(engine, experiment)])[0])
        for engine in (find_engine("brian2_numpy"), BRIAN2)
    )
    assert np.array_equal(numpy_code.raw_spike_times_ms, compiled.raw_spike_times_ms) and len(compiled.spike_times_ms)
    for variable in compiled.values:
        assert np.max(np.abs(numpy_code[variable] - compiled[variable])) < 1e-6, variable
    assert (numpy_code.notes, compiled.notes) == (("ran as NumpyCodeObject",), ("ran as CythonCodeObject",))


def test_a_comparison_says_which_code_ran_and_why(first) -> None:
    """A single short run is not worth compiling; it takes all rungs of a ladder to be."""
    experiment = Experiment("hodgkin_huxley", step("10 uA/cm2", "1 ms"), "20 ms", "0.01 ms")
    notes = [compare(experiment, ["brian2"], quick=quick)["brian2"].recording.notes for quick in (True, False)]
    assert notes == [
        ("ran as NumpyCodeObject, which finishes first at 2000 steps",),
        ("ran as CythonCodeObject, which finishes first at 30000 steps in 4 runs",),
    ]


# NEURON -----------------------------------------------------------------------------------------------


def mechanisms(*names: str) -> list[NeuronJob]:
    return [job(NEURON, Experiment(name, (), "1 ms", "0.05 ms")) for name in names]


def renamed(given: NeuronJob, suffix: str, *change: str) -> NeuronJob:
    """The same mechanism under another name, and with one piece of its text changed."""
    text = given.mod.replace(given.suffix, suffix)
    return replace(given, suffix=suffix, mod=text.replace(*change) if change else text)


@pytest.fixture(scope="module")
def batches() -> list[list]:
    """What one process answers to a batch, and to the same batch again."""
    jobs = mechanisms("hodgkin_huxley", "leaky_integrate_and_fire", "hodgkin_huxley", "leaky_integrate_and_fire")
    with Worker(NEURON.module, stays=True) as worker:
        return [list(worker.run(jobs)) for _ in range(2)]


def test_a_batch_builds_each_text_once(batches) -> None:
    """For the first run that needs it; in the next batch there is nothing left to build, and in the next process as little."""
    first, second = batches
    assert [len(answer["built"]) for answer in first] == [1, 1, 0, 0]
    assert not any(
        answer["built"] for answer in [*second, *answers(NEURON, mechanisms("hodgkin_huxley", "leaky_integrate_and_fire"))]
    )


def test_a_mechanism_that_does_not_compile_fails_alone(batches) -> None:
    """Each of two broken ones with the words of the tool that refused it; those before and behind run."""
    (good,) = mechanisms("hodgkin_huxley")
    unreadable = renamed(good, "unreadable", "BREAKPOINT {", "BREAKPOINT { nonsense = (")
    uncompilable = renamed(good, "uncompilable", "BREAKPOINT {", "VERBATIM\n#error nonsense\nENDVERBATIM\nBREAKPOINT {")
    first, one, other, last = answers(NEURON, [good, unreadable, uncompilable, renamed(good, "sound")])
    assert len(last["built"]) == 1 and np.array_equal(first["v"], last["v"])
    assert isinstance(one, NotRun) and isinstance(other, NotRun)
    assert str(one).startswith("a mechanism for NEURON cannot be built, nocmodl failed: syntax error: ")
    assert str(other).startswith("a mechanism for NEURON cannot be built, the compiler failed: uncompilable.cpp:")
    assert str(other).endswith("error: #error nonsense")


def test_two_texts_of_one_name_are_both_built_and_run_in_processes_of_their_own(batches) -> None:
    """The fresh process builds nothing that the first has built or had begun to."""
    (good,) = mechanisms("hodgkin_huxley")
    other = replace(good, mod=good.mod.replace("TITLE ", "TITLE another "))
    assert other.mod != good.mod
    found = answers(NEURON, [good, other, good, renamed(good, "behind")])
    assert [len(answer["built"]) for answer in found[:3]] in ([0, 1, 0], [0, 0, 0])
    assert all(np.array_equal(answer["v"], found[0]["v"]) for answer in found)
