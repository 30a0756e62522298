"""One step of the exact solution, in plain arithmetic and in arrays."""

from __future__ import annotations

import numpy as np
import pytest

from spikebridge.bridge.definition.experiment import load_experiment
from spikebridge.bridge.system import build_system
from spikebridge.reference.adaptive_step import AdaptiveStep
from spikebridge.reference.dop853 import STAGES
from spikebridge.reference.system import System


@pytest.mark.parametrize("name", ["leaky_integrate_and_fire", "hodgkin_huxley", "pospischil", "mainen_sejnowski"])
def test_plain_arithmetic_takes_the_step_that_arrays_take(name) -> None:
    """To the rounding of its sums: the new state and all slopes, from near the start of an experiment."""
    experiment = load_experiment(name)
    found = []
    for neurons in (None, 1):
        step = AdaptiveStep(build_system(experiment.model, neurons), 1e-13)
        y = 1.01 * step.flat(step.system.initial)  # at rest nothing would move
        slope = np.empty_like(y)
        step.rates(0.0, y, slope)
        found.append(step.attempt(0.0, 0.02, y, slope))
    alone, among = found
    moved = np.abs(among.y1 - among.y0)
    assert np.all(np.abs(alone.y1 - among.y1) <= 1e-14 * np.abs(among.y0) + 1e-11 * moved)
    sizes = np.abs(among.slopes[: STAGES + 1]).max(axis=0)
    assert np.all(np.abs(alone.slopes - among.slopes)[: STAGES + 1] <= 1e-9 * sizes + 1e-12)
    assert moved.any()


@pytest.mark.parametrize("neurons", [None, 1])
def test_a_step_out_of_the_equations_domain_has_no_error_that_could_be_accepted(neurons) -> None:
    """A logarithm of nothing, a division by zero: as an exception of floats, and as nan of arrays."""
    start = 1.0 if neurons is None else np.ones(neurons)

    def rates(y, stimulus):
        if neurons is None and y[0] < 1.0:
            raise ValueError("math domain error")
        return (np.where(y[0] < 1.0, np.nan, -1.0) if neurons else -1.0,)

    step = AdaptiveStep(System(("x",), (start,), rates), 1e-13)
    with np.errstate(all="ignore"):
        assert not step.error(step.attempt(0.0, 0.1, np.array([1.0]), np.array([-1.0]))) < 1.0
