"""The exact solution: adaptive, of high order, split where the equations jump, spikes located as events.

Method: Dormand-Prince 8(5,3) with dense output (see ``dop853``), and Radau IIA of order 13 where that is stiff (see ``steps``). Steps end at every stimulus edge, at
every reset, at every arrival of a spike and at the end of every refractory period, so the solver never integrates across a jump. Which
rule acts when is said in ``jumps``.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from spikebridge.reference.agenda import Arrival, Queue, Release
from spikebridge.reference.arrivals import NONE, Arrivals
from spikebridge.reference.dense_output import Samples, Vector
from spikebridge.reference.spikes import crossed, nested
from spikebridge.reference.steps import Steps
from spikebridge.reference.stimulus import SILENCE, Stimulus
from spikebridge.reference.system import System

RTOL = 1e-13
LOOSER = 100.0  # the second solution, for the error estimate, runs at LOOSER * RTOL
MAX_STEPS = 2_000_000
# of the time: far less than a float can add to it, for a solution that explodes into its threshold does so within such steps, and
# where the equations do not change with time each is as exact as any
_SHORTEST = 1e-20
MAX_CASCADE = 20  # events that set each other off at one moment
# most that a step may grow by. The estimate of the error passes through zero now and then, and the step that is let
# grow there pays in its dense output, which no estimate watches: by the eighth power of what it grew too much.
_GROWTH = 2.0
# interior points of a step where the event function is looked at, against a double crossing
_LOOKS = np.linspace(0.0, 1.0, 9)[1:]
Taken = Any  # a StepTaken, a PlainStepTaken or an ImplicitStepTaken


class ExactError(ArithmeticError):
    """The exact solution could not be found; says when and why."""


@dataclass(frozen=True)
class Solution:
    """The exact solution at the sample times.

    Attributes
    ----------
    t_ms : sample times, shape (samples,)
    states : shape ``(variables, samples[, *copies, units])``, values after resets
    spike_times_ms : one array, a tuple of arrays for a population, a tuple of those for its copies
    spike_error_ms, state_errors : distance to a solution at a hundred times the tolerance, an upper
        bound on the error of this one; infinite where the two differ in their number of spikes
    gap : that distance at every sample, of the range of the variable that has moved furthest apart, shape (samples,)
    """

    t_ms: np.ndarray
    states: np.ndarray
    spike_times_ms: Any
    spike_error_ms: float
    state_errors: np.ndarray
    wall_s: float = 0.0
    gap: np.ndarray | None = None


def solve(
    system: System, duration_ms: float, sample_ms: np.ndarray, stimulus: Stimulus = SILENCE, rtol: float = RTOL,
    arrivals: Arrivals = NONE,
) -> Solution:  # fmt: skip
    """Solve ``system`` from t = 0 and say how sure the solution is.

    Parameters
    ----------
    sample_ms : times at which the state is wanted, increasing, within [0, duration_ms], shape (samples,)
    arrivals : spikes that reach the neuron, each at its very time

    Raises
    ------
    ExactError : no step is small enough, or too many are needed
    """
    if system.advance is not None:
        raise ExactError("a map has no solution between its iterates; iterate it")
    began = perf_counter()
    states, spikes = _Solver(system, stimulus, rtol, arrivals).run(duration_ms, sample_ms)
    rough_states, rough_spikes = _Solver(system, stimulus, LOOSER * rtol, arrivals).run(duration_ms, sample_ms)
    apart = np.abs(states - rough_states).reshape(len(states), states.shape[1], -1).max(axis=2)
    errors = apart.max(axis=1)
    ranges = np.maximum(np.ptp(states.reshape(len(states), -1), axis=1), np.finfo(float).tiny)
    return Solution(
        sample_ms,
        states.reshape(*states.shape[:2], *system.shape),
        nested(spikes, system.shape),
        max((_spike_error(a, b) for a, b in zip(spikes, rough_spikes, strict=True)), default=0.0),
        errors,
        perf_counter() - began,
        np.max(apart / ranges[:, None], axis=0),
    )


def spikes_alone(
    system: System, duration_ms: float, stimulus: Stimulus = SILENCE, rtol: float = RTOL, arrivals: Arrivals = NONE
) -> Any:
    """The spike times that ``solve`` finds, in half its time: without the second solution that says how sure they are.

    Raises
    ------
    ExactError : as ``solve``
    """
    _, spikes = _Solver(system, stimulus, rtol, arrivals).run(duration_ms, np.array([0.0]))
    return nested(spikes, system.shape)


def _spike_error(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) != len(b):
        return float("inf")
    return float(np.max(np.abs(a - b), initial=0.0))


class _Solver:
    """State is a flat vector, variables times neurons, those of all copies; events act on single neurons.

    Whether it is an array or a tuple of floats, and by which method a step is taken, is a matter of ``step`` alone.
    """

    def __init__(self, system: System, stimulus: Stimulus, rtol: float, arrivals: Arrivals) -> None:
        self.system, self.stimulus = system.fast, stimulus
        self.step = Steps(self.system, rtol)
        self.variables = len(system.names)
        self.neurons = math.prod(system.shape)
        self.y: Vector = self.step.flat(system.initial)
        self.rules = system.rules
        self.agenda = Queue()
        self.arrivals = arrivals
        self.spikes: list[list[float]] = [[] for _ in range(self.neurons)]
        self.slope: Vector = self.y  # at the start of the next step, once there is one
        self.resting = np.zeros(self.neurons, dtype=bool)
        self.before: tuple[Any, Any] | None = None  # level and trend where the next step starts
        self.above: np.ndarray | None = None  # rules that acted there and left their level as it was

    def _level(self, y: Vector) -> np.ndarray:
        """The level of every rule for every neuron, shape (rules * neurons,)."""
        return np.asarray(self.step.levels(self.rules, y), dtype=float)

    # stepping ---------------------------------------------------------------------------------------

    def run(self, duration_ms: float, sample_ms: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        t, h, taken = 0.0, 1e-3, 0
        edges = [float(edge) for edge in self.stimulus.edges_ms if 0 < edge < duration_ms] + [float(duration_ms)]
        samples = Samples(sample_ms, self.y, self.step)
        for when, weight in zip(self.arrivals.on_samples(sample_ms).tolist(), self.arrivals.weights.tolist(), strict=True):
            self.agenda.put(when, Arrival(weight))
        with np.errstate(all="ignore"):
            while t < duration_ms:
                stop = self._enter(t, edges, samples)
                if stop - t < 1e-13 * max(t, 1.0):  # two jumps at one time, up to round-off
                    t = stop
                while t < stop:
                    step, h_next = self._accepted(t, min(h, stop - t))
                    # a step cut short by an edge says nothing against the size it was to have
                    h_next = max(h, h_next) if step.h == stop - t else h_next
                    step, fired = self._cut_at_event(step)
                    t = stop if step.h == stop - t else step.t + step.h
                    samples.take(step, t)
                    self.y, self.slope = step.y1, step.last_slope
                    h, taken = h_next, taken + 1
                    if taken > MAX_STEPS:
                        raise ExactError(
                            f"more than {MAX_STEPS} steps to reach t = {t:g} ms; the solution moves too fast for the duration"
                        )
                    if fired is not None:
                        self._reset(t, fired)
                        samples.correct(t, self.y)
                        break
            if self.arrivals:  # the last one may come at the very end
                self._do_what_is_due(t, samples)
            samples.end(self.y)
            states = samples.values()
        shape = (self.variables, self.neurons, len(sample_ms))
        return states.reshape(shape).swapaxes(1, 2), [np.array(s) for s in self.spikes]

    def _enter(self, t: float, edges: list[float], samples: Samples) -> float:
        """Fix what is constant until the next jump, and say when that is."""
        self._do_what_is_due(t, samples)
        stop = min(edges[bisect_right(edges, t)], self.agenda.next_ms)
        mask = bool(self.resting[0]) if self.system.neurons is None else self.resting.reshape(self.system.shape)
        self.step.enter(self.system.hold(mask) if self.resting.any() else self.system, self.stimulus.within(t, stop), stop)
        self.slope = self.step.slope(t, self.y)
        self.before = None
        return stop

    def _do_what_is_due(self, t: float, samples: Samples) -> None:
        due = self.agenda.due(t)
        for entry in due:
            if isinstance(entry, Arrival):
                self._arrive(t, entry.weight)
                samples.correct(t, self.y)
        released = [entry.who for entry in due if isinstance(entry, Release)]
        if released:
            self._fire_when_released(t, np.any(released, axis=0))

    def _arrive(self, t: float, weight: float) -> None:
        """A spike from outside acts, and then the rules whose level it has taken above zero."""
        assert self.system.input is not None  # who drives a system with spikes has seen to it
        before = self._level(self.y)
        self.y = self.step.flat(self.system.input(self.step.state(self.y), weight))
        fired = crossed(before, self._level(self.y)).reshape(len(self.rules), self.neurons)
        if self.system.event is not None:
            fired[0] &= ~self.resting
            if self.system.event.reset is None:
                for j in np.flatnonzero(fired[0]):
                    self.spikes[j].append(t)
        fired &= np.array([[bool(rule.reset)] for rule in self.rules], dtype=bool).reshape(-1, 1)
        if fired.any():
            self._reset(t, fired)

    def _fire_when_released(self, t: float, released: np.ndarray) -> None:
        """A neuron that ends its refractory period above the level spikes there and then."""
        self.resting &= ~released
        fired = np.zeros((len(self.rules), self.neurons), dtype=bool)
        fired[0] = released & (self._level(self.y)[: self.neurons] > 0)
        if fired.any():
            self._reset(t, fired)

    def _accepted(self, t: float, h: float) -> tuple[Taken, float]:
        """The next step that meets the tolerance, and the size to try after it."""
        rejected = False
        while True:
            if h < _SHORTEST * max(abs(t), 1.0):
                raise ExactError(
                    f"no step is small enough at t = {t:g} ms: the solution may be singular there; {self._fastest()}"
                )
            step = self.step.attempt(t, h, self.y, self.slope)
            error = self.step.error(step)
            if error < 1.0:
                growth = _GROWTH if error == 0.0 else min(_GROWTH, 0.9 * error ** (-1 / 8))
                return step, step.h * (min(1.0, growth) if rejected else growth)
            rejected = True
            h *= max(0.2, 0.9 * error ** (-1 / 8)) if math.isfinite(error) else 0.2

    def _fastest(self) -> str:
        """Which variable moves most beside its size, in words."""
        y, slope = (np.asarray(x, dtype=float).reshape(self.variables, -1) for x in (self.y, self.slope))
        speeds = np.nan_to_num(np.abs(slope) / np.maximum(np.abs(y), np.finfo(float).tiny), nan=np.inf).max(axis=1)
        which = int(np.argmax(speeds))
        name = self.system.names[which]
        return f"d{name}/dt is {speeds[which]:.2g} times {name} per ms"

    # events -----------------------------------------------------------------------------------------

    def _cut_at_event(self, step: Taken) -> tuple[Taken, np.ndarray | None]:
        """Note the spikes inside a step. Where they reset the state, shorten the step to the first.

        Returns the step and, where it ends in a reset, which rule acts on which neuron.
        """
        if not self.rules:
            return step, None
        found = self._crossings(step)
        acting = [(when, k) for when, k in found if self.rules[k // self.neurons].reset]
        when = min(acting)[0] if acting else math.inf
        if self.system.event is not None and self.system.event.reset is None:
            for other, k in found:
                if k < self.neurons and other <= when:
                    self.spikes[k].append(other)
        if not acting:
            return step, None
        fired = np.zeros(len(self.rules) * self.neurons, dtype=bool)
        # crossings that coincide up to round-off act together, as they do at the end of a fixed step
        fired[[k for other, k in acting if other - when <= 1e-12 * max(when, 1.0)]] = True
        cut = self.step.part(step, when - step.t) if when > step.t else step
        return cut, fired.reshape(-1, self.neurons)

    def _crossings(self, step: Taken) -> list[tuple[float, int]]:
        """(time, index among rules and neurons) of every upward crossing in the step, in the order of the index."""
        if self.before is None:
            self.before = self.step.level_and_trend(self.rules, step.y0, step.first_slope, 1e-6 * step.h)
        before, rises = self.before
        self.before = after, still_rises = self.step.level_and_trend(self.rules, step.y1, step.last_slope, 1e-6 * step.h)
        if self.above is not None:
            before = np.where(self.above, np.maximum(before, np.finfo(float).tiny), before)
            self.above = None
        # a level that neither ends above zero nor turns round inside the step cannot have crossed
        if not self.step.may_cross(before, rises, after, still_rises):
            return []
        grid = [step.t, *(step.t + step.h * _LOOKS).tolist()]
        levels = np.array([before, *(self._level(self.step.inside(step, t)) for t in grid[1:-1]), after])
        up = crossed(levels[:-1], levels[1:])
        if self.system.event is not None:
            up[:, : self.neurons] &= ~self.resting
        return [(self._locate(step, grid[k], grid[k + 1], int(j)), int(j)) for k, j in np.argwhere(up)]

    def _locate(self, step: Taken, low: float, high: float, which: int) -> float:
        """The crossing, first on the dense output, then by steps of the method itself."""
        for _ in range(50):
            middle = 0.5 * (low + high)
            if not low < middle < high:  # as near as two floats can be
                break
            if self._level_of(which, self.step.inside(step, middle)) > 0:
                high = middle
            else:
                low = middle
        return self._polish(step, high, which)

    def _level_of(self, which: int, y: Vector) -> float:
        """The level of one rule for one neuron, by its index among all."""
        rule, neuron = divmod(which, self.neurons)
        return float(self.step.levels((self.rules[rule],), y)[neuron])

    def _polish(self, step: Taken, t: float, which: int) -> float:
        """Newton steps with the method's own value at t, where the dense output's may be a little off."""
        for _ in range(3):
            if not step.t < t <= step.t + step.h:
                break
            there = self.step.part(step, t - step.t)
            ahead = 1e-7
            level = self._level_of(which, there.y1)
            slope = (self._level_of(which, self.step.ahead(there.y1, there.last_slope, ahead)) - level) / ahead
            if slope <= 0:
                break
            t -= level / slope
        found: float = min(max(t, step.t), step.t + step.h)
        return found

    def _reset(self, t: float, fired: np.ndarray) -> None:
        """Let the rules act, and then those whose level the jump has taken above zero, and so on."""
        for _ in range(MAX_CASCADE):
            before = self._level(self.y)
            self._act(t, fired)
            after = self._level(self.y)
            # where a reset leaves its own level as it was, at zero but for rounding, that is not to cross once more
            alone = fired.ravel() & (after == before)
            self.above = alone if self.above is None else self.above | alone
            fired = crossed(before, after).reshape(fired.shape) & ~fired & np.array([[bool(rule.reset)] for rule in self.rules])
            if self.system.event is not None:
                fired[0] &= ~self.resting
            if not fired.any():
                return
        raise ExactError(f"events set each other off without end at t = {t:g} ms")

    def _act(self, t: float, fired: np.ndarray) -> None:
        """One after another, on the neurons for which ``fired``, shape (rules, neurons), says so."""
        for rule, who in zip(self.rules, fired, strict=True):
            if rule.reset is None or not who.any():
                continue
            self.y = self.step.replaced(self.y, self.step.flat(rule.reset(self.step.state(self.y))), who)
        if self.system.event is None or self.system.event.reset is None:
            return
        if self.system.event.refractory_ms > 0 and fired[0].any():
            self.resting |= fired[0]
            self.agenda.put(t + self.system.event.refractory_ms, Release(fired[0]))
        for j in np.flatnonzero(fired[0]):
            self.spikes[j].append(t)
