"""Neurons that are hard to judge: near a threshold, chaotic, too stiff for the step. The verdict says what can be known."""

from __future__ import annotations

import os

import pytest
from runs import as_neuron

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import Verdict

pytestmark = pytest.mark.xdist_group("hard")
ENGINES = ("reference", "neuron")
FULL = bool(os.environ.get("SPIKEBRIDGE_AGREEMENT"))


@pytest.mark.parametrize(("amplitude", "spikes"), [("6.26", 12), *([("6.265", 51)] if FULL else [])])
def test_hodgkin_huxley_beside_the_end_of_repetitive_firing(amplitude, spikes, workers) -> None:
    """12 and 51 spikes in the limit, E_L = -54.4 mV; NEURON's first-order step has another number, and is the same neuron."""
    model = load("hodgkin_huxley").with_regime("rounded")
    comparison = compare(Experiment(model, step(f"{amplitude} uA/cm2"), "1000 ms", "0.02 ms"), ENGINES, runner=workers)
    assert len(comparison.exact.spike_times_ms) == spikes
    neuron = comparison["neuron"]
    print(neuron.because)
    assert comparison["reference"].verdict == Verdict.AGREE
    assert neuron.verdict == Verdict.DISCRETISATION and neuron.translation.passed
    if neuron.accuracy["spike_count"].value:
        assert neuron.convergence.until_ms < 1000 and "uA/cm2" in neuron.because and "stimulus gives" in neuron.because


def test_hindmarsh_rose_in_its_chaotic_regime(workers) -> None:
    """No step follows it to the end; the growth of a difference is measured and told."""
    model = load("hindmarsh_rose").with_parameters(r="0.006")
    comparison = compare(Experiment(model, step("3.25"), "1000 ms", "0.04 ms"), ["neuron"], runner=workers)
    neuron = comparison["neuron"]
    print(neuron.because)
    assert neuron.verdict == Verdict.DISCRETISATION and neuron.translation.passed
    assert neuron.convergence.until_ms < 1000 and "grows e-fold every" in neuron.because


def test_leaky_integrate_and_fire_at_threshold(workers) -> None:
    """At rheobase itself the membrane only creeps towards the level; just above it fires late, on every engine."""
    at = compare(Experiment("leaky_integrate_and_fire", step("1.499 nA"), "100 ms", "0.05 ms"), ENGINES, runner=workers)
    above = compare(Experiment("leaky_integrate_and_fire", step("1.501 nA"), "100 ms", "0.05 ms"), ENGINES, runner=workers)
    assert len(at.exact.spike_times_ms) == 0 and len(above.exact.spike_times_ms) == 1
    for comparison in (at, above):
        assert comparison.verdict in (Verdict.AGREE, Verdict.DISCRETISATION), [e.because for e in comparison.entries]


def test_a_step_too_coarse_for_a_stiff_neuron_is_never_agreement(workers) -> None:
    """Reduced Traub-Miles at 0.02 ms."""
    comparison = compare(Experiment("reduced_traub_miles", step("1.5 uA/cm2"), "100 ms", "0.02 ms"), ENGINES, runner=workers)
    print([(e.key, e.because) for e in comparison.entries])
    assert comparison["neuron"].verdict in (Verdict.DISCRETISATION, Verdict.NO_CONVERGENCE)
    assert comparison["reference"].verdict != Verdict.OTHER_LIMIT


def test_another_leak_potential_is_another_neuron_even_there(monkeypatch, workers) -> None:
    """E_L = -54.387 instead of -54.4 mV moves the number of spikes near threshold, and is not taken for sensitivity."""
    from spikebridge.bridge.engines.registry import ENGINES as REGISTRY

    model = load("hodgkin_huxley").with_regime("rounded")
    mistaken = as_neuron(REGISTRY["neuron"], model.with_parameters(E_L="-54.387 mV"))
    monkeypatch.setitem(REGISTRY, "neuron", mistaken)
    comparison = compare(Experiment(model, step("6.26 uA/cm2"), "150 ms", "0.01 ms"), ["neuron"], runner=workers)
    print(comparison["neuron"].because)
    assert comparison["neuron"].verdict in (Verdict.OTHER_LIMIT, Verdict.NO_CONVERGENCE)
    assert not comparison["neuron"].translation.passed
