"""What a scheme needs to know of a neuron, and nothing more.

A state is a tuple with one entry per variable, each entry a float (one neuron) or an array of shape
``(*copies, units)``. The last axis is what belongs together, the neurons of a population; axes before
it are independent copies: the steps of a proof, the points of a sweep. A stimulus, a parameter and a
mask broadcast against it, so that ``(*copies, 1)`` is another value for every copy and ``(units,)``
another for every unit.

Tuples keep one neuron at the speed of Python floats and arrays go at the speed of numpy, through the
same equations. One neuron in single precision is kept in numpy's float32 scalars, which stay what they
are beside Python's floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

Value = Any  # a float or an array (*copies, units)
State = tuple[Value, ...]
Rates = Callable[[State, Value], State]
# ``stretch(state, stimuli, dt, samples)``: a step for every stimulus, each appended to ``samples``, a list for every variable; where
# a rule's level is above zero after one, that state at once, and no sample of it; else None
Stretch = Callable[[State, Sequence[float], float, Sequence[list[float]]], State | None]


@dataclass(frozen=True)
class Event:
    """A spike with a reset: when ``level`` turns positive, ``reset`` maps the state.

    For ``refractory_ms`` after it there is no other spike, the variables at ``held`` keep their value, and the
    stimulus is kept out where ``silences`` says so. In fixed steps it ``remembers`` whether it was above its level at the
    last look, where it might be so after its own reset or at t = 0 (see ``jumps``).
    """

    level: Callable[[State], Value]
    reset: Callable[[State], State] | None = None
    refractory_ms: float = 0.0
    held: tuple[int, ...] = ()
    silences: bool = False
    remembers: bool = False


@dataclass(frozen=True)
class System:
    """A neuron as first-order equations.

    Attributes
    ----------
    names : one name per state variable
    initial : the state at t = 0
    rates : ``rates(state, stimulus)`` gives d(state)/dt per ms
    voltage : index of the membrane potential, None where there is none
    voltage_rate : ``rates`` for that one variable alone, to be cheap
    linear : ``linear(state, stimulus)`` gives (A, B), each like a state, with x' = A x + B for every
        variable while the others stand still; None where some equation is not linear in its own variable
    relax : ``relax(state, stimulus, dt)``: the variables other than the voltage after dt, one after another, each
        solved exactly while all else stands still (NEURON's cnexp); None where an equation is not linear in its variable
    event : what counts as a spike and what it does
    others : what else makes the state jump; ``jumps`` says when and in what order
    advance : ``advance(state, stimulus)`` gives the next state of a map, which has no rates; None for equations in time
    input : ``input(state, weight)`` gives the state after a spike from outside has arrived; None where none can
    stretch : ``stretch(system, scheme, resting, steps)``, where resting is in a refractory period, gives a function that does many
        steps to the last bit as that scheme does them one by one; None where it has none for so many steps
    fast_rates : makes ``rates`` anew for plain floats, to give the same floats sooner; None where nobody knows how
    """

    names: tuple[str, ...]
    initial: State
    rates: Rates
    voltage: int | None = None
    voltage_rate: Callable[[State, Value], Value] | None = None
    linear: Callable[[State, Value], tuple[State, State]] | None = None
    relax: Callable[[State, Value, float], State] | None = None
    event: Event | None = None
    others: tuple[Event, ...] = ()
    advance: Callable[[State, Value], State] | None = None
    input: Callable[[State, Value], State] | None = None
    stretch: Callable[[System, str, bool, int], Stretch | None] | None = None
    fast_rates: Callable[[], Rates] | None = None

    @cached_property
    def neurons(self) -> int | None:
        """Size of the last axis; None for one neuron kept in scalars."""
        return self.shape[-1] if self.shape else None

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Of each variable: (*copies, units), or () for one neuron kept in scalars."""
        return np.shape(self.initial[0])

    def copied(self, *copies: int) -> System:
        """So many independent copies of a system kept in arrays, each at its initial state."""
        return replace(self, initial=tuple(np.broadcast_to(x, (*copies, *self.shape)).copy() for x in self.initial))

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The precision of the state: float64, or float32 where it was started so."""
        return np.dtype(np.float32 if np.asarray(self.initial[0]).dtype == np.float32 else np.float64)

    @cached_property
    def plain(self) -> bool:
        """Whether a state is kept in Python's own floats: of one neuron in double precision."""
        return self.neurons is None and self.dtype == np.float64

    @cached_property
    def rules(self) -> tuple[Event, ...]:
        """The spike, where there is one, and the other events."""
        return ((self.event,) if self.event else ()) + self.others

    @property
    def fast(self) -> System:
        """The same system with its fast rates, where there are any."""
        return replace(self, rates=self.fast_rates(), fast_rates=None) if self.fast_rates else self

    @property
    def jumps(self) -> bool:
        """Whether any event maps the state."""
        return any(rule.reset for rule in self.rules)

    def hold(self, mask: Value) -> System:
        """The same system as it is during a refractory period where ``mask``, which broadcasts against a state, is true."""
        held = self.event.held if self.event else ()
        choose = np.where if np.shape(mask) else _choose
        if self.event and self.event.silences:
            return self._without_stimulus(lambda stimulus: choose(mask, 0.0 * stimulus, stimulus))

        def rates(y: State, stimulus: Value) -> State:
            free = self.rates(y, stimulus)
            return tuple(choose(mask, 0.0, r) if i in held else r for i, r in enumerate(free))

        def voltage_rate(y: State, stimulus: Value) -> Value:
            free = self.voltage_rate(y, stimulus)  # type: ignore[misc]
            return choose(mask, 0.0, free) if self.voltage in held else free

        return replace(self, rates=rates, fast_rates=None, voltage_rate=voltage_rate if self.voltage_rate else None)

    def _without_stimulus(self, seen: Callable[[Value], Value]) -> System:
        rates, voltage_rate, linear, relax = self.rates, self.voltage_rate, self.linear, self.relax
        return replace(
            self,
            rates=lambda y, stimulus: rates(y, seen(stimulus)),
            fast_rates=None,
            voltage_rate=(lambda y, stimulus: voltage_rate(y, seen(stimulus))) if voltage_rate else None,
            linear=(lambda y, stimulus: linear(y, seen(stimulus))) if linear else None,
            relax=(lambda y, stimulus, dt: relax(y, seen(stimulus), dt)) if relax else None,
        )


def _choose(mask: bool, if_true: Value, if_false: Value) -> Value:
    return if_true if mask else if_false
