"""One step of the exact solution, in plain arithmetic and in arrays."""

from __future__ import annotations

import numpy as np
import pytest

from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.system import build_system
from spikebridge.reference.adaptive_step import AdaptiveStep
from spikebridge.reference.dop853_source import KEPT_STAGES
from spikebridge.reference.plain_step import PlainStep
from spikebridge.reference.stimulus import Sine, Step
from spikebridge.reference.system import System

KINDS = {None: PlainStep, 1: AdaptiveStep}


@pytest.mark.parametrize("stimulus", [Step(2.0), Sine(2.0, 50.0, offset=1.0)])
@pytest.mark.parametrize("name", ["leaky_integrate_and_fire", "hodgkin_huxley", "pospischil", "mainen_sejnowski"])
def test_plain_arithmetic_takes_the_step_that_arrays_take(name, stimulus) -> None:
    """To the rounding of its sums: the new state, the slopes, the error, the solution inside, from near the start of an experiment."""
    found, experiment = [], load_experiment(name)
    for neurons, kind in KINDS.items():
        system = build_system(experiment.model, neurons)
        step = kind(system, 1e-13)
        step.enter(system, stimulus.within(0.0, 1.0))
        y = step.flat(tuple(1.01 * x for x in system.initial))  # at rest nothing would move
        taken = step.attempt(0.0, 0.02, y, step.slope(0.0, y))
        step.keep(taken)
        slopes = np.array(taken.slopes if neurons is None else taken.slopes[list(KEPT_STAGES)])
        inside = np.array([step.inside(taken, t) for t in (0.0, 0.003, 0.02)])
        found.append((np.array(y), np.array(taken.y1), slopes, step.error(taken), inside, step.kept()))
    (y, alone, slopes, error, inside, kept), (_, among, their_slopes, their_error, their_inside, their_kept) = found
    moved = np.abs(among - y)
    assert np.all(np.abs(alone - among) <= 1e-14 * np.abs(y) + 1e-11 * moved) and moved.any()
    assert np.all(np.abs(slopes - their_slopes) <= 1e-9 * np.abs(slopes).max(axis=0) + 1e-12)
    assert error == pytest.approx(their_error, rel=1e-3, abs=1e-2)  # of the tolerance; itself a difference of rounded sums
    assert np.array_equal(inside[[0, 2]], [y, alone])
    assert np.all(np.abs(inside - their_inside) <= 1e-13 * np.abs(y) + 1e-11 * moved)
    for mine, theirs in zip(kept, their_kept, strict=True):
        assert mine.shape == theirs.shape and np.all(np.abs(mine - theirs) <= 1e-12 * np.abs(y).max() + 1e-8 * moved.max())


@pytest.mark.parametrize("neurons", KINDS)
def test_a_step_out_of_the_equations_domain_has_no_error_that_could_be_accepted(neurons) -> None:
    """A logarithm of nothing, a division by zero: as an exception of floats, and as nan of arrays."""
    start = 1.0 if neurons is None else np.ones(neurons)

    def rates(y, stimulus):
        if neurons is None and y[0] < 1.0:
            raise ValueError("math domain error")
        return (np.where(y[0] < 1.0, np.nan, -1.0) if neurons else -1.0,)

    step = KINDS[neurons](System(("x",), (start,), rates), 1e-13)
    y, slope = step.flat((start,)), step.flat((-1.0,))
    with np.errstate(all="ignore"):
        taken = step.attempt(0.0, 0.1, y, slope)
        assert not step.error(taken) < 1.0
        assert np.isnan(step.inside(taken, 0.05)).all()
