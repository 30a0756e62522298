"""A scheme driven over a whole run: stimulus, threshold, reset, refractory period, recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from spikebridge.reference.arrivals import NONE, Arrivals
from spikebridge.reference.march import LEFT_THE_NUMBERS, Crossing, March
from spikebridge.reference.schemes import SCHEMES, Scheme, SchemeError
from spikebridge.reference.spikes import crossed, nested, upward_crossings
from spikebridge.reference.stimulus import SILENCE, Stimulus
from spikebridge.reference.system import System
from spikebridge.reference.time_grid import TimeGrid


class DivergenceError(ArithmeticError):
    """The state left the floating-point numbers; says when, and what to try."""


@dataclass(frozen=True)
class Convention:
    """How a simulator counts, where simulators differ; where an arriving spike acts they do not (see ``arrivals``).

    Attributes
    ----------
    refractory_steps : steps for which the held variables stand still, from the period and dt
    raw_shift_steps : label of a spike minus the end of the step that crossed, in steps
    """

    refractory_steps: Callable[[float, float], int]
    raw_shift_steps: int = 0


def _whole_steps(refractory_ms: float, dt_ms: float) -> int:
    return int(refractory_ms / dt_ms + 0.5)


def _brian2_steps(refractory_ms: float, dt_ms: float) -> int:
    # Brian2 counts from its label, the start of the step that crossed, so one step is already spent.
    return max(int((refractory_ms + 1e-3 * dt_ms) / dt_ms) - 1, 0)


NEURON = Convention(refractory_steps=_whole_steps)
BRIAN2 = Convention(refractory_steps=_brian2_steps, raw_shift_steps=-1)


@dataclass(frozen=True)
class Trajectory:
    """States on the grid: ``states`` has shape ``(variables, samples[, *copies, units])``, values after resets.

    Spike times are one array for a single neuron, a tuple of arrays for a population, a tuple of those for its copies.
    """

    t_ms: np.ndarray
    states: np.ndarray
    spike_times_ms: Any
    raw_spike_times_ms: Any
    wall_s: float


def integrate(
    system: System,
    scheme: str | Scheme,
    duration_ms: float,
    dt_ms: float,
    stimulus: Stimulus | np.ndarray = SILENCE,
    convention: Convention = NEURON,
    arrivals: Arrivals = NONE,
) -> Trajectory:
    """Run ``system`` from t = 0 with a fixed step, in the precision of its initial state.

    Times are in double precision always, and so is where a spike crosses its level on the way between samples.

    Parameters
    ----------
    scheme : a name in ``SCHEMES`` or a Scheme
    stimulus : or what each step sees of it, shape ``(steps,)`` or ``(steps, *A)`` for amplitudes of shape A, where ``TimeGrid.seen`` has
        made that already
    convention : how the simulator that this run stands for counts refractory steps and labels spikes
    arrivals : spikes that reach the neuron, each at the grid point nearest to it

    Raises
    ------
    DivergenceError : the state overflowed or became undefined
    SchemeError : the scheme cannot integrate this system
    """
    scheme = SCHEMES[scheme] if isinstance(scheme, str) else scheme
    scheme.check(system)
    grid = TimeGrid.over(duration_ms, dt_ms)
    # or single precision would end with the first step
    seen = (grid.seen(stimulus) if isinstance(stimulus, Stimulus) else stimulus).astype(system.dtype)
    if len(seen) != grid.steps:
        raise ValueError(f"{len(seen)} values of the stimulus do not fit {grid.steps} steps")
    began = perf_counter()
    march = _marched(system, scheme, seen, dt_ms, convention, arrivals.by_half_step(grid))
    wall_s = perf_counter() - began
    t_ms = grid.t_ms
    states = march.samples.array
    _require_finite(system, t_ms, states)
    spikes, raw = _spikes(system, t_ms, states, march.crossings, convention)
    return Trajectory(t_ms, states, spikes, raw, wall_s)


def _marched(
    system: System, scheme: Scheme, seen: np.ndarray, dt_ms: float, convention: Convention, arriving: Mapping[int, list[float]]
) -> March:
    """All steps of a run; DivergenceError, SchemeError as ``integrate``."""
    wait = convention.refractory_steps(system.event.refractory_ms, dt_ms) if system.event and system.event.reset else 0
    with np.errstate(all="ignore"):
        march = March(system, scheme, seen, dt_ms, wait, arriving)
        try:
            march.run()
        except SchemeError:  # of a map, which has no rates
            raise
        except LEFT_THE_NUMBERS as error:
            raise _diverged(len(march.samples) * dt_ms, str(error)) from None
    return march


def _spikes(
    system: System, t_ms: np.ndarray, states: np.ndarray, crossings: Sequence[Crossing], convention: Convention
) -> tuple[Any, Any]:
    if system.event is None:
        none = np.array([])
        return none, none
    if system.event.reset is not None:
        found = _reset_spikes(system, t_ms, crossings, convention)
    else:
        excess = np.asarray(system.event.level(tuple(states.astype(float)))).reshape(len(t_ms), -1)
        found = [(crossing_times(system, t_ms, level), _labels(t_ms, level, convention)) for level in excess.T]
    times, labels = zip(*found, strict=True)
    return nested(times, system.shape), nested(labels, system.shape)


def crossing_times(system: System, t_ms: np.ndarray, level: np.ndarray) -> np.ndarray:
    """When the level of spikes without a reset turns positive: on the way between samples, or, for a map, at the first
    iterate above.

    Parameters
    ----------
    t_ms : shape (samples,)
    level : of the spike rule, shape (samples,), positive where it holds

    Returns
    -------
    times in ms, shape (spikes,)
    """
    if system.advance is None:
        return upward_crossings(t_ms, level)
    return t_ms[np.flatnonzero(crossed(level[:-1], level[1:])) + 1]


def _labels(t_ms: np.ndarray, excess: np.ndarray, convention: Convention) -> np.ndarray:
    after = np.flatnonzero(crossed(excess[:-1], excess[1:])) + 1
    return t_ms[after + convention.raw_shift_steps]


def _reset_spikes(
    system: System, t_ms: np.ndarray, crossings: Sequence[Crossing], convention: Convention
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Times and labels of each element of the state's arrays."""
    found: list[list[tuple[int, float, float]]] = [[] for _ in range(int(np.prod(system.shape)))]
    for k, *of_spike in crossings:
        who, low, high = (np.broadcast_to(x, system.shape).ravel() for x in of_spike)
        for j in np.flatnonzero(who):
            found[j].append((k, low[j], high[j]))
    trains = []
    for events in found:
        steps, low, high = (
            (np.array(column) for column in zip(*events, strict=True)) if events else (np.array([], dtype=int),) * 3
        )
        trains.append((reset_spikes(t_ms, steps, low, high), t_ms[steps + 1 + convention.raw_shift_steps]))
    return trains


def reset_spikes(t_ms: np.ndarray, steps: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """When spikes with a reset crossed their level, on the straight line across the step.

    Parameters
    ----------
    t_ms : of all samples, shape (samples,)
    steps : index of the sample at the start of each crossing step, shape (spikes,)
    before, after : the level (positive above) at that sample, and at the end of the step before the reset, shape (spikes,)

    Returns
    -------
    times in ms, shape (spikes,)
    """
    # the sample before may sit above the level only where a reset does not take it below
    share = np.where(before <= 0, before / np.where(before == after, 1.0, before - after), 0.0)
    crossings: np.ndarray = t_ms[steps] + (t_ms[steps + 1] - t_ms[steps]) * share
    return crossings


def _require_finite(system: System, t_ms: np.ndarray, states: np.ndarray) -> None:
    bad = ~np.isfinite(states)
    if not bad.any():
        return
    axes = tuple(range(2, states.ndim))
    variable, sample = np.argwhere(bad.any(axis=axes) if axes else bad)[0]
    first = int(np.flatnonzero(bad.any(axis=(0, *axes)))[0])
    raise _diverged(t_ms[first], f"{system.names[variable]} is {states[variable, sample].flat[0]}")


def _diverged(t_ms: float, what: str) -> DivergenceError:
    return DivergenceError(f"the solution left the numbers at t = {t_ms:g} ms ({what}); try a smaller dt")
