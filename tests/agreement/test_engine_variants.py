"""Other ways to run the same simulators: each is held to the reference's own run of its scheme."""

from __future__ import annotations

import os

import numpy as np
import pytest
from under_test import SIMULATORS

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Run, at_hand
from spikebridge.reference.neurons import leaky_integrate_and_fire
from spikebridge.reports.analyses import f_i_curve
from spikebridge.reports.proof.comparison import compare

FULL = bool(os.environ.get("SPIKEBRIDGE_AGREEMENT"))


def test_spikes_of_cvode_are_where_it_crosses_whatever_the_samples(workers) -> None:
    """Hodgkin-Huxley's the same at samples 0.05 and 0.4 ms apart; those of a neuron that resets by their closed form."""
    neuron = find_engine("neuron")
    coarse, fine, lif = (
        Run(Experiment(name, drive, "40 ms", dt), neuron, neuron.schemes["cvode"])
        for name, drive, dt in (
            ("hodgkin_huxley", step("10 uA/cm2", "1 ms"), "0.4 ms"), ("hodgkin_huxley", step("10 uA/cm2", "1 ms"), "0.05 ms"),
            ("leaky_integrate_and_fire", step("2 nA", "5 ms", "35 ms"), "0.05 ms"),
        )
    )  # fmt: skip
    coarse, fine, lif = (each.spike_times_ms for each in workers.start([coarse, fine, lif])())
    assert len(fine) == 3 and coarse == pytest.approx(fine, abs=1e-8)
    expected = leaky_integrate_and_fire.spike_times(2.0, 5.0, 35.0, tau_ref=2.0)
    assert len(lif) == len(expected) > 0 and lif == pytest.approx(np.array(expected), abs=5e-4)


@pytest.mark.parametrize("engine", ["neuron", "brian2"])
def test_an_analysis_asks_any_engine(workers, engine) -> None:
    """The rate of Hodgkin-Huxley at 10 uA/cm2 is the reference's, to 0.5 %, which is what a first-order scheme may be off by."""
    expected = f_i_curve("hodgkin_huxley", [10.0], 60.0).rate_hz
    with at_hand(workers):
        assert f_i_curve("hodgkin_huxley", [10.0], 60.0, engine=engine).rate_hz == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_worker_that_starts_over_gives_the_same_bits(workers, name) -> None:
    """Whatever it was asked between: a run that is repeated in a session is the same run."""
    engine, worker = find_engine(name), workers.workers[name]
    runs = [Run(Experiment("hodgkin_huxley", step("10 uA/cm2", "1 ms"), f"{ms} ms", "0.1 ms"), engine, next(iter(engine.schemes.values())))
            for ms in (5, 12)]  # fmt: skip
    found = []
    for run in (runs[0], runs[1], runs[0]):
        assert worker.starts_over()
        found += workers.start([run])()
    assert all(np.array_equal(found[0][variable], found[2][variable]) for variable in "vmhn")
    assert len(found[1].t_ms) > len(found[0].t_ms) and np.array_equal(found[0].spike_times_ms, found[2].spike_times_ms)


def test_brian2s_standalone_program_computes_what_brian2_does() -> None:
    """States before and after resets, and refractory periods; in nightly runs one program after another in one worker."""
    experiment = Experiment("leaky_integrate_and_fire", step("2 nA", "5 ms", "35 ms"), "40 ms", "0.05 ms")
    schemes = {"brian2_standalone": ["euler", "exponential_euler"] if FULL else ["exponential_euler"]}
    for entry in compare(experiment, ["brian2_standalone"], schemes, quick=True).entries:
        assert entry.translation is not None and entry.translation.passed and len(entry.recording.spike_times_ms) > 0
        assert entry.recording.notes == ("ran as a C++ standalone program",)


def test_coreneuron_computes_what_neuron_does() -> None:
    """A mechanism with gates and a reset-free spike rule, under both of its schemes."""
    experiment = Experiment("hodgkin_huxley", step("10 uA/cm2", "1 ms", "19 ms"), "20 ms", "0.01 ms")
    comparison = compare(experiment, ["coreneuron"], {"coreneuron": "all"}, quick=True)
    assert [entry.scheme.name for entry in comparison.entries] == ["backward_euler", "crank_nicolson"]
    for entry in comparison.entries:
        assert entry.translation is not None and entry.translation.passed and len(entry.recording.raw_spike_times_ms) == 2


def test_coreneuron_is_played_a_stimulus_and_solves_what_is_not_linear() -> None:
    """A rectangle as values of the mechanism's own variable, which is all that it takes; derivimplicit; no voltage to be watched."""
    experiment = Experiment("fitzhugh_nagumo", step("0.5", "1 ms", "19 ms"), "20 ms", "0.02 ms")
    (entry,) = compare(experiment, ["coreneuron"], {"coreneuron": "all"}, quick=True).entries
    assert entry.scheme.name == "backward_euler" and entry.translation is not None and entry.translation.passed


def test_coreneuron_says_what_it_does_not_run() -> None:
    """Resets and maps: by name, before anything is built."""
    for model, reason in (
        ("leaky_integrate_and_fire", "coreneuron has no refractory periods and no resets"),
        ("rulkov", "coreneuron has no maps, which rulkov needs"),
    ):
        (entry,) = compare(model, ["coreneuron"], quick=True).entries
        assert reason in entry.because
