"""The one rule of events: who acts, when, and in what order.

A rule acts when its level goes from at or below zero to above, be it by the equations or by a jump of another rule. A level that
is above zero at t = 0 has not crossed. A spike does not act during the refractory period it has set off; where its level is above
zero at the end of that period, it acts there and then.

The exact solution sees a level cross where it does, and a rule that a jump sets off acts at once. In fixed steps,
in simulators as here, a rule is looked at once a step, at its end:

* All rules look at the same state, before any of them acts; those that act do so in turn, each on what the one before has left.
* A jump that takes another rule above its level is seen one look later, if that level is still above zero then.
* What falls and rises again between two looks has not been seen to fall, so it is no crossing. A rule that may be above its level
  after its own reset therefore remembers whether it was above at the last look. One whose reset takes its level down needs no
  memory, and its fall counts: it acts at every look at which it is above.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from spikebridge.reference.system import State, System, Value


class Rules:
    """The rules of one system as they act at the end of a step, on floats or on arrays.

    Whatever is said of each rule, whether it is above its level, whether it acts, is a list in the order of ``system.rules`` with
    a truth value, or an array of them, for each.
    """

    def __init__(self, system: System) -> None:
        self.system, self.rules, scalar = system, system.rules, not system.shape
        self.pick: Callable[[Any, Any, Any], Any] = (lambda m, a, b: a if m else b) if scalar else np.where
        self.some: Callable[[Any], bool] = bool if scalar else np.any
        self._but_not: Callable[[Any, Any], Any] = (lambda a, b: a and not b) if scalar else (lambda a, b: a & ~b)
        # a reset to a constant is one of Python's floats, which would have the next step in double precision
        self._typed: Callable[[Any], Any] = system.dtype.type if scalar and not system.plain else (lambda x: x)
        self.remembering = any(rule.remembers for rule in self.rules)
        self._levels = [rule.level for rule in self.rules]
        self._resetting = [k for k, rule in enumerate(self.rules) if rule.reset]
        self.nothing: list[Any] = [np.zeros(system.shape, dtype=bool) if system.shape else False] * len(self.rules)

    def levels(self, y: State) -> list[Value]:
        """Of every rule, positive above."""
        return [level(y) for level in self._levels]

    def none_above(self, levels: Sequence[Value]) -> bool:
        """Whether no rule with a reset is above its level anywhere, as after most steps: then there is nothing to do nor to remember."""
        # in a list, which is quicker here than a generator
        above = [self.some(levels[k] > 0) for k in self._resetting]
        return not any(above)

    def at_rest(self, resting: Any, before: State, after: State) -> State:
        """The end of a step in which variables rest: those that are held are what they were, to the last bit."""
        held = self.system.event.held if self.system.event else ()
        return tuple(self.pick(resting, a, b) if i in held else b for i, (a, b) in enumerate(zip(before, after, strict=True)))

    def acting(self, levels: Sequence[Value], was_above: Sequence[Any], resting: Any) -> list[Any]:
        """Which rules act where, given their levels at this look and what they remember of the last."""
        found = []
        for rule, level, was in zip(self.rules, levels, was_above, strict=True):
            when = level > 0
            if rule.remembers:
                when = self._but_not(when, was)
            found.append(self._but_not(when, resting) if rule is self.system.event else when)
        return found

    def remembered(self, levels: Sequence[Value], resting: Any) -> list[Any]:
        """What to remember of a look at which the spike rests where ``resting``: it is not to miss the end of that."""
        above = [level > 0 for level in levels]
        return [self._but_not(a, resting) if r is self.system.event else a for r, a in zip(self.rules, above, strict=True)]

    def arrive(self, y: State, weight: Any, who: Any = True) -> State:
        """The state after a spike has arrived where ``who`` says so."""
        assert self.system.input is not None  # who drives a system with spikes has seen to it
        return tuple(self.pick(who, self._typed(a), b) for a, b in zip(self.system.input(y, weight), y, strict=True))

    def act(self, y: State, acting: Sequence[Any]) -> State:
        """The state after all that act have done so, one after another; ``y`` itself where none does."""
        for rule, when in zip(self.rules, acting, strict=True):
            if rule.reset and self.some(when):
                y = tuple(self.pick(when, self._typed(a), b) for a, b in zip(rule.reset(y), y, strict=True))
        return y
