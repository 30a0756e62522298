"""A scheme with every step off by up to what rounding can do to it: how far two programs may part that compute alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.reference.integrate import Convention
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import Scheme
from spikebridge.reference.system import State, System, Value
from spikebridge.reports.proof.translation_proof import rounding

COPIES, _LEANING = 8, 4
_NEAR = 20
_SEED = 20  # any; the same in every run


def shaken(experiment: Experiment, scheme: Scheme, convention: Convention, recording: Recording, slack: float) -> Scheme:
    """The scheme for ``COPIES`` + 1 copies of one unit, with every step of every copy but the first off by up to what rounding
    can do there.

    Parameters
    ----------
    recording : of all states on the experiment's steps: where rounding is measured
    slack : by how much a step may stop short of solving its own equations, coherent
    """
    step, rng = scheme.step, np.random.default_rng(_SEED)
    amplitude = nearby(rounding(experiment, scheme, convention, recording)[0]) + slack
    steps = iter(amplitude.T)
    # a solver that stops short always errs to the same side: up or down in all variables, or here up and there down
    up = np.ones(len(amplitude))
    turns = up * np.where(np.arange(len(amplitude)) % 2, 1.0, -1.0)
    leaning = np.stack([up, -up, turns, -turns], axis=1)

    def stepped(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
        new = step(system, y, stimulus, dt_ms)
        noise = np.hstack([np.zeros((len(new), 1)), leaning, rng.uniform(-1.0, 1.0, (len(new), COPIES - _LEANING))])
        return tuple(x + limit * e for x, limit, e in zip(new, next(steps), noise[..., None], strict=True))

    return replace(scheme, step=stepped)


def nearby(amplitude: np.ndarray) -> np.ndarray:
    """Of each step or sample the largest within a few: a single one may be nought by luck; shape (variables, samples)."""
    padded = np.pad(amplitude, ((0, 0), (_NEAR, _NEAR)), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEAR + 1, axis=1).max(axis=2)
