"""The solution of a map: its iterates, and how far round-off alone takes them apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spikebridge.reference.exact import Solution
from spikebridge.reference.integrate import integrate
from spikebridge.reference.stimulus import SILENCE, Stimulus
from spikebridge.reference.system import System


def iterate(system: System, duration_ms: float, dt_ms: float, stimulus: Stimulus | np.ndarray = SILENCE) -> Solution:
    """Iterate a map once every ``dt_ms``.

    The errors stated are the distance to a second run whose start is one rounding away: they stay tiny where the map
    contracts, and grow to the size of the attractor where it is chaotic. Spikes that differ in number make the error
    of spike times infinite.

    Raises
    ------
    DivergenceError : the state left the floating-point numbers
    SchemeError : the system is not a map

    Parameters
    ----------
    stimulus : a Stimulus, or its coherent values, one an iterate, shape (iterates,)
    """
    run = integrate(system, "iteration", duration_ms, dt_ms, stimulus)
    nudged = tuple(np.nextafter(x, np.inf) for x in system.initial)
    if system.neurons is None:
        nudged = tuple(map(float, nudged))
    beside = integrate(replace(system, initial=nudged), "iteration", duration_ms, dt_ms, stimulus)
    errors = np.abs(run.states - beside.states).reshape(len(run.states), -1).max(axis=1)
    return Solution(
        run.t_ms, run.states, run.spike_times_ms, _apart(run.spike_times_ms, beside.spike_times_ms), errors, run.wall_s
    )


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.max(np.abs(a - b), initial=0.0)) if len(a) == len(b) else float("inf")
