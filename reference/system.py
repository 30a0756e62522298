"""What a scheme needs to know of a neuron, and nothing more.

A state is a tuple with one entry per variable, each entry a float (one neuron) or an array whose
trailing axis runs over neurons. Tuples keep one neuron at the speed of Python floats and a
population at the speed of numpy, through the same equations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

Value = Any  # a float or an array (..., neurons)
State = tuple[Value, ...]
Rates = Callable[[State, Value], State]


@dataclass(frozen=True)
class Event:
    """A spike with a reset: when ``level`` turns positive, ``reset`` maps the state.

    Afterwards the variables at ``held`` keep their value for ``refractory_ms``.
    """

    level: Callable[[State], Value]
    reset: Callable[[State], State] | None = None
    refractory_ms: float = 0.0
    held: tuple[int, ...] = ()


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
    """

    names: tuple[str, ...]
    initial: State
    rates: Rates
    voltage: int | None = None
    voltage_rate: Callable[[State, Value], Value] | None = None
    linear: Callable[[State, Value], tuple[State, State]] | None = None
    relax: Callable[[State, Value, float], State] | None = None
    event: Event | None = None

    @cached_property
    def neurons(self) -> int | None:
        """Size of the trailing axis; None for one neuron kept in plain floats."""
        shape = np.shape(self.initial[0])
        return shape[-1] if shape else None

    def hold(self, mask: Value) -> System:
        """The same system with the held variables standing still where ``mask`` is true."""
        held = self.event.held if self.event else ()
        choose = np.where if np.shape(mask) else _choose

        def rates(y: State, stimulus: Value) -> State:
            free = self.rates(y, stimulus)
            return tuple(choose(mask, 0.0, r) if i in held else r for i, r in enumerate(free))

        def voltage_rate(y: State, stimulus: Value) -> Value:
            free = self.voltage_rate(y, stimulus)  # type: ignore[misc]
            return choose(mask, 0.0, free) if self.voltage in held else free

        return replace(self, rates=rates, voltage_rate=voltage_rate if self.voltage_rate else None)


def _choose(mask: bool, if_true: Value, if_false: Value) -> Value:
    return if_true if mask else if_false
