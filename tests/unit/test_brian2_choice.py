"""Which code Brian2 runs, judged by all the steps that are asked for; and the sentence that says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines import brian2_choice
from spikebridge.bridge.engines.brian2_choice import A_MODULE, CodeChoice
from spikebridge.bridge.engines.brian2_job import Brian2Job
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.errors import NotRun

BRIAN2 = find_engine("brian2")


@pytest.fixture(autouse=True)
def a_compiler(monkeypatch) -> None:
    monkeypatch.setattr(brian2_choice, "_missing", lambda: "")


def job(steps: int, name: str = "hodgkin_huxley", scheme: str = "exponential_euler", engine: str = "brian2") -> Brian2Job:
    found = find_engine(engine)
    stimulus = step("1 nA" if name.startswith("leaky") else "10 uA/cm2")
    return found.prepare(Experiment(name, stimulus, f"{steps * 0.01!r} ms", "0.01 ms"), found.schemes[scheme])


def chosen(*jobs: Brian2Job) -> list[tuple[str, str]]:
    """What a worker that is sent these jobs at once takes for each."""
    choice = CodeChoice()
    choice.count(jobs)
    return [choice.of(each) for each in jobs]


def test_a_short_run_is_numpy_code_and_a_long_one_is_compiled() -> None:
    """Hodgkin and Huxley's 10,000 steps are over before a compiler is; the same is said of each."""
    assert chosen(job(10_000)) == [("numpy", ", which finishes first at 10000 steps")]
    assert chosen(job(100_000)) == [("cython", ", which finishes first at 100000 steps")]


def test_the_more_there_is_to_compute_in_a_step_the_sooner_compiling_pays() -> None:
    """Four evaluations of Hodgkin and Huxley's equations against one of an integrate-and-fire neuron's."""
    assert chosen(job(20_000, scheme="rk4"))[0][0] == "cython"
    assert chosen(job(20_000, "leaky_integrate_and_fire", "euler"))[0][0] == "numpy"


def test_a_ladder_is_judged_by_all_its_rungs() -> None:
    """None of them alone would be worth a compilation that together they are, and no other scheme's steps count."""
    ladder = [job(8_000 * 2**k) for k in range(3)]
    assert chosen(ladder[1])[0][0] == "numpy"
    assert chosen(*ladder) == [("cython", ", which finishes first at 56000 steps in 3 runs")] * 3
    assert [code for code, _ in chosen(ladder[1], job(16_000, scheme="euler"))] == ["numpy", "numpy"]


def test_a_worker_that_starts_over_chooses_as_a_new_one() -> None:
    """A run that is repeated in one session is the same code, and so the same bits."""
    choice = CodeChoice()
    choice.count([job(10_000)] * 10)
    assert choice.of(job(10_000))[0] == "cython"
    choice.forget()
    choice.count([job(10_000)])
    assert choice.of(job(10_000)) == chosen(job(10_000))[0]


def test_what_comes_later_counts_what_has_been() -> None:
    """A sweep asks run by run: from some run on it is compiled."""
    choice, codes = CodeChoice(), []
    for _ in range(6):
        each = job(10_000)
        choice.count([each])
        codes.append(choice.of(each)[0])
    assert codes == ["numpy", "numpy", "cython", "cython", "cython", "cython"]


def test_the_limit_is_what_numpy_code_does_while_a_module_is_compiled() -> None:
    """Just below it and just above."""
    each = replace(job(1000), operations=A_MODULE // 1000)
    assert chosen(replace(each, steps=999))[0][0] == "numpy"
    assert chosen(replace(each, steps=1000))[0][0] == "cython"


def test_an_engine_that_is_asked_for_by_name_has_no_choice() -> None:
    """Compiled code for one step, numpy code for a million, and nothing to explain."""
    assert chosen(job(1, engine="brian2_cython")) == [("cython", "")]
    assert chosen(job(1_000_000, engine="brian2_numpy")) == [("numpy", "")]


def test_without_a_compiler_numpy_code_runs_and_says_what_is_missing(monkeypatch) -> None:
    """Only where compiled code would have finished first; by name, compiled code does not run."""
    monkeypatch.setattr(brian2_choice, "_missing", lambda: "Python.h; install python3-dev")
    assert chosen(job(1_000_000)) == [("numpy", " because compiled code needs Python.h; install python3-dev")]
    assert chosen(job(1_000)) == [("numpy", ", which finishes first at 1000 steps")]
    message = "^Brian2's cython code needs Python.h; install python3-dev, or use the engine brian2_numpy$"
    with pytest.raises(NotRun, match=message):
        chosen(job(1_000, engine="brian2_cython"))


@pytest.mark.parametrize(("ran_as", "compiled"), [("NumpyCodeObject", False), ("CythonCodeObject", True)])
def test_the_notes_of_a_recording_tell_what_ran_and_why(ran_as, compiled) -> None:
    """And whether it was compiled is read from what ran, not from what was meant to."""
    experiment = Experiment("hodgkin_huxley", (), "1 ms", "0.1 ms")
    scheme = BRIAN2.schemes["rk4"]
    answer = {
        "states": np.zeros((4, 11)), "spikes_ms": [], "at_spikes": np.zeros((0, 0)), "version": "2", "wall_s": 0.0,
        "ran_as": ran_as, "why": ", which finishes first at 10 steps",
    }  # fmt: skip
    recording = BRIAN2.read(experiment, scheme, answer)
    assert recording.notes == (f"ran as {ran_as}, which finishes first at 10 steps",)
    assert BRIAN2.compiled(recording) is compiled
