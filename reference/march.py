"""A run with a fixed step, step by step: what arrives, the step, the rules that are looked at, and the sample.

One neuron in plain floats goes in stretches, many steps in one function, where its system has one that does the same to the last bit.
A stretch ends where a step needs attention: a spike arrives, a refractory period ends, a rule's level is above zero.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from spikebridge.reference.agenda import Release, Ring
from spikebridge.reference.jumps import Rules
from spikebridge.reference.schemes import SCHEMES, Scheme
from spikebridge.reference.system import State, Stretch, System, Value

Crossing = tuple[int, Value, Value, Value]
# what takes the numbers of a run away; a step that raises one is taken once more by the scheme itself, which has the last word
LEFT_THE_NUMBERS = (ArithmeticError, ValueError, np.linalg.LinAlgError)
_LONGEST = 1_000  # steps of a stretch, whose stimuli are copied for it
_TOO_OFTEN = 20  # stretches that raise at once in one run, before it goes on without


def step_of(system: System, dt_ms: float) -> Any:
    """A step as a system's arithmetic takes it: in its precision."""
    return float(dt_ms) if system.dtype == np.float64 else system.dtype.type(dt_ms)


class Samples:
    """The states of a run, as many as there are so far: a list for every variable."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.columns: list[list[Value]] = [[x] for x in system.initial]

    def __len__(self) -> int:
        return len(self.columns[0])

    @property
    def last(self) -> State:
        """The state there is now."""
        return tuple(column[-1] for column in self.columns)

    def extend(self, states: Sequence[State]) -> None:
        """More samples."""
        for column, values in zip(self.columns, zip(*states, strict=True), strict=bool(states)):
            column.extend(values)

    @property
    def array(self) -> np.ndarray:
        """All of them, shape ``(variables, samples[, *copies, units])``."""
        samples = np.empty((len(self), len(self.columns), *self.system.shape), self.system.dtype)
        for i, column in enumerate(self.columns):
            # by far the quickest way from a list of floats to an array
            samples[:, i] = np.frombuffer(struct.pack(f"{len(self)}d", *column)) if self.system.plain else column
        return samples.swapaxes(0, 1)


class March:
    """One run; ``samples`` and, for each step with a reset, ``crossings`` (step, who, level before, level after) are what is found."""

    def __init__(
        self, system: System, scheme: Scheme, seen: np.ndarray, dt_ms: float, wait: int, arriving: Mapping[int, list[float]]
    ) -> None:
        """``wait`` is for how many steps a refractory period lasts, ``arriving`` has the weights that arrive in each half step."""
        self.system, self.scheme, self.h = system, scheme, step_of(system, dt_ms)
        self.stimuli: Any = seen.tolist() if system.plain else seen
        self.jumps = GridJumps(system, wait, arriving) if system.jumps or arriving else None
        self.samples, self.crossings = Samples(system), list[Crossing]()

    def run(self) -> None:
        """All steps."""
        awake, asleep = self._stretch(resting=False), self._stretch(resting=True)
        if awake:
            self._in_stretches(awake, asleep)
            return
        self._one_by_one(0, len(self.stimuli))

    def _one_by_one(self, first: int, last: int, begun: bool = False) -> None:
        """Steps by the scheme's own function; the first may have ``begun``."""
        found: list[State] = []  # quicker than a list for every variable
        try:
            if self.jumps:
                self._with_jumps(self.jumps, first, last, begun, found)
            else:
                system, step, h, y = self.system, self.scheme.step, self.h, self.samples.last
                for stimulus in self.stimuli[first:last]:
                    y = step(system, y, stimulus, h)
                    found.append(y)
        finally:
            self.samples.extend(found)

    def _with_jumps(self, jumps: GridJumps, first: int, last: int, begun: bool, found: list[State]) -> None:
        system, step, h, y = self.system, self.scheme.step, self.h, self.samples.last
        some, arriving = jumps.rules.some, jumps.arriving
        for k, stimulus in enumerate(self.stimuli[first:last], first):
            resting = jumps.resting if begun else jumps.begin()
            begun = False
            if arriving:
                y = jumps.arrived(y, 2 * k)
            if some(resting):
                y = jumps.rules.at_rest(resting, y, step(system.hold(resting), y, stimulus, h))
            else:
                y = step(system, y, stimulus, h)
            y = self._end(jumps, k, jumps.arrived(y, 2 * k + 1) if arriving else y)
            found.append(y)

    def _end(self, jumps: GridJumps, k: int, y: State) -> State:
        y, fired = jumps.end(y)
        if fired is not None:
            self.crossings.append((k, *fired))
        return y

    # in stretches -------------------------------------------------------------------------------------

    def _stretch(self, resting: bool) -> Stretch | None:
        system, name = self.system, self.scheme.name
        if system.stretch is None or SCHEMES.get(name) is not self.scheme or (resting and not (self.jumps and self.jumps.wait)):
            return None
        return system.stretch(system, name, resting, len(self.stimuli))

    def _in_stretches(self, awake: Stretch, asleep: Stretch | None) -> None:
        """What a stretch cannot do, and all steps while a level is above zero, are done one by one."""
        jumps, steps, k, missed = self.jumps, len(self.stimuli), 0, 0
        while k < steps:
            resting = jumps.begin() if jumps else False
            stretch, quiet = asleep if resting else awake, jumps is None or jumps.quiet
            room = jumps.undisturbed(k, steps) if jumps else steps - k
            done = 0
            if stretch and quiet and room and missed < _TOO_OFTEN:
                done = self._some_steps(stretch, k, min(room, _LONGEST))
                missed += not done
            if not done:
                self._one_by_one(k, k + 1, begun=True)
            k += done or 1

    def _some_steps(self, stretch: Stretch, k: int, room: int) -> int:
        """Steps from k on, as many as come to their end; the number of those."""
        samples, jumps, y = self.samples, self.jumps, None
        with suppress(*LEFT_THE_NUMBERS):
            y = stretch(samples.last, self.stimuli[k : k + room], self.h, samples.columns)
        below = len(samples) - 1 - k
        done = below + (y is not None)
        if jumps and done:
            jumps.passed(samples.last, below, done)
        if jumps and y is not None:
            samples.extend([self._end(jumps, k + below, y)])
        return done


class GridJumps:
    """What happens between the steps of one run: arrivals, looks, jumps, refractory periods."""

    def __init__(self, system: System, wait: int, arriving: Mapping[int, list[float]]) -> None:
        self.arriving = arriving  # by half steps
        self._disturbed = sorted({half // 2 for half in arriving})
        self.rules, self.jumping = Rules(system), system.jumps
        self.spike = system.event if system.event and system.event.reset else None
        self.wait, self.agenda = wait, Ring(wait + 1)
        self.resting: Any = np.zeros(system.shape, dtype=bool) if system.shape else False
        self.was_above = self.rules.remembered(self.rules.levels(system.initial), self.resting)
        self.level = self.spike.level(system.initial) if self.spike else None  # where the next step begins
        self.quiet = True  # at the last look no rule was above its level

    def begin(self) -> Any:
        """Who rests in the step that begins."""
        for entry in self.agenda.turn():
            self.resting = self.rules.pick(entry.who, False, self.resting)
        return self.resting

    def undisturbed(self, k: int, steps: int) -> int:
        """For how many steps, of which k has begun, no spike arrives and nobody's refractory period ends."""
        after = bisect_left(self._disturbed, k)
        arrival = self._disturbed[after] if after < len(self._disturbed) else steps
        return min(arrival - k, 1 + self.agenda.idle(steps - k - 1))

    def passed(self, y: State, below: int, steps: int) -> None:
        """So many steps have passed without a look, of which one has begun: ``below`` had no rule above its level at their end, the
        last of them with the state y."""
        self.agenda.skip(steps - 1)
        if below and self.jumping:
            self.was_above, self.level = self.rules.nothing, self.rules.levels(y)[0]

    def arrived(self, y: State, half_step: int) -> State:
        """The state after the spikes that arrive in that half step."""
        for weight in self.arriving.get(half_step, ()):
            y = self.rules.arrive(y, weight)
        return y

    def end(self, y: State) -> tuple[State, tuple[Any, Value, Value] | None]:
        """The state after the jumps at the end of a step; of a spike: who, and the level before the step and after it."""
        rules, rested = self.rules, self.resting
        if not self.jumping:
            return y, None
        levels = rules.levels(y)
        self.quiet = rules.none_above(levels)
        if self.quiet:
            self.was_above, self.level = rules.nothing, levels[0]
            return y, None
        acting = rules.acting(levels, self.was_above, rested)
        fired = (acting[0], self.level, levels[0]) if self.spike and rules.some(acting[0]) else None
        if fired and self.wait:
            self.agenda.put(self.wait + 1, Release(acting[0]))
            self.resting = rules.pick(acting[0], True, rested)
        if rules.remembering:
            self.was_above = rules.remembered(levels, rested)
        jumped = rules.act(y, acting)
        if self.spike:
            self.level = levels[0] if jumped is y else self.spike.level(jumped)
        return jumped, fired
