"""Growth of differences, and the margin to another number of spikes."""

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.reference_engine import exact_solution
from spikebridge.reference.exact import Solution
from spikebridge.reports.proof.sensitivity import growth_time, sensitivity

T = np.linspace(0.0, 1000.0, 2001)


def solution(gap: np.ndarray) -> Solution:
    return Solution(T, np.zeros((1, len(T))), np.array([]), 0.0, np.zeros(1), gap=gap)


def test_exponential_growth_is_measured() -> None:
    """e-fold in 50 ms, with noise on it."""
    noise = np.exp(np.random.default_rng(1).normal(0, 0.5, len(T)))
    assert growth_time(solution(1e-11 * np.exp(T / 50) * noise)) == pytest.approx(50.0, rel=0.05)


def test_a_single_jump_is_no_chaos() -> None:
    """A spike that grazes its level makes any difference large at once, and no larger after."""
    assert growth_time(solution(1e-11 * (1 + T / 1000) * np.where(T < 500, 1.0, 1e6))) is None


@pytest.mark.parametrize("gap", [1e-11 * (1 + T), 1e-10 * np.ones(len(T)), np.zeros(len(T)), 1e-13 * (1 + T) ** 2])
def test_a_drifting_phase_is_no_chaos(gap) -> None:
    """Growth in proportion to time, or to its square, or none."""
    assert growth_time(solution(gap)) is None


def test_the_margin_is_the_smallest_change_that_adds_or_removes_a_spike() -> None:
    """Just above rheobase, a hundred-thousandth less stimulus takes the only spike."""
    experiment = Experiment("leaky_integrate_and_fire", step("1.50001 nA"), "130 ms", "0.1 ms")
    exact = exact_solution(experiment)
    found = sensitivity(experiment, exact)
    assert found.unit == "nA" and found.e_fold_ms is None
    assert found.becoming != len(exact.spike_times_ms)
    assert found.margin == pytest.approx(-1e-5 * 1.50001) and found.becoming == 0
    assert "stimulus gives" in found.sentence
    far = Experiment("leaky_integrate_and_fire", step("3 nA"), "50 ms", "0.1 ms")
    assert sensitivity(far, exact_solution(far)).sentence == "" or abs(sensitivity(far, exact_solution(far)).margin) >= 1e-3
