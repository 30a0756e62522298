"""Every model on every engine with every scheme, matched to round-off. One engine's runs share a worker."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.engines.registry import ENGINES
from bridge.model_file import catalogue
from reports.comparison import Comparison, compare
from reports.verdict import Verdict

MODELS = tuple(catalogue())
SIMULATORS = ("brian2", "brian2_numpy", "neuron")
PAIRS = [(engine, scheme) for engine in ENGINES for scheme in ENGINES[engine].schemes]
# of each variable's range over its default experiment
MATCH = 1e-9


@pytest.fixture(scope="module")
def comparisons() -> dict[str, Comparison]:
    """One quick comparison a model, made when first asked for."""
    return {}


def comparison_of(name: str, made: dict[str, Comparison]) -> Comparison:
    if name not in made:
        made[name] = compare(name, engines=tuple(ENGINES), schemes=dict.fromkeys(ENGINES, "all"), quick=True)
    return made[name]


@pytest.mark.xdist_group("grid")
@pytest.mark.parametrize(("engine", "scheme"), PAIRS)
@pytest.mark.parametrize("name", MODELS)
def test_an_engine_does_the_arithmetic_of_its_scheme(name, engine, scheme, comparisons) -> None:
    """The step defect stays within round-off, the whole run within 1e-9 of each variable's range."""
    entry = comparison_of(name, comparisons)[f"{engine}/{scheme}"]
    assert entry.recording is not None, entry.reason
    assert entry.verdict in (Verdict.AGREE, Verdict.DISCRETISATION), entry.because
    if entry.translation is None:
        assert entry.scheme.order is None
        return
    assert entry.translation.passed, entry.because
    for variable, distance in entry.translation.max_abs.items():
        assert distance <= MATCH * np.ptp(entry.recording[variable])


@pytest.mark.xdist_group("grid")
def test_hodgkin_huxley_matches_to_1e_9_millivolt_on_the_same_samples(comparisons) -> None:
    """The five scheme-matched runs, seven spikes each, labelled as the twin labels them."""
    comparison = comparison_of("hodgkin_huxley", comparisons)
    for key in ("neuron/backward_euler", "neuron/crank_nicolson", "brian2/euler", "brian2/exponential_euler", "brian2/rk4"):
        entry = comparison[key]
        print(key, entry.translation.max_abs["v"], entry.accuracy["spike_shift"].value)
        assert entry.translation.max_abs["v"] <= 1e-9
        assert len(entry.recording.spike_times_ms) == 7
        twin = comparison[f"reference/{entry.scheme.twin}"].recording
        assert np.array_equal(*(np.searchsorted(r.t_ms, r.spike_times_ms) for r in (entry.recording, twin)))
        assert entry.accuracy["spike_shift"].value is not None


@pytest.mark.xdist_group("grid")
def test_leaky_integrate_and_fire_spikes_to_the_step(comparisons) -> None:
    """Each engine's spikes lie within a step a spike of the closed form."""
    comparison = comparison_of("leaky_integrate_and_fire", comparisons)
    for entry in comparison.entries:
        lag = np.abs(entry.recording.spike_times_ms - comparison.exact.spike_times_ms)
        steps = np.arange(1, len(lag) + 1) * (2 if "euler" in entry.scheme.name else 1)
        assert np.all(lag <= steps * comparison.experiment.dt_ms), entry.key


@pytest.mark.xdist_group("grid")
def test_brian2_runs_what_was_asked_for(comparisons) -> None:
    """Cython code for brian2, numpy code for brian2_numpy: never a silent fallback."""
    comparison = comparison_of("hodgkin_huxley", comparisons)
    assert comparison["brian2/rk4"].recording.notes == ("ran as CythonCodeObject",)
    assert comparison["brian2_numpy/rk4"].recording.notes == ("ran as NumpyCodeObject",)


@pytest.mark.xdist_group("ladder")
def test_the_two_pulse_figure_in_every_engines_limit() -> None:
    """Two spikes at the exact times in the converged limit of reference, Brian2 and NEURON, all schemes."""
    schemes = {"reference": "rk4", "brian2": ["exponential_euler", "rk4"], "neuron": "all"}
    comparison = compare("hodgkin_huxley_relative", schemes=schemes)
    assert comparison.exact.spike_times_ms[1] == pytest.approx(10.9097, abs=5e-5)
    for entry in comparison.entries:
        assert len(entry.recording.spike_times_ms) == 2
        assert entry.convergence.reaches_exact, entry.because
        print(entry.key, entry.convergence.order, entry.convergence.difference, entry.convergence.uncertainty)
        assert entry.convergence.difference < 1e-4
