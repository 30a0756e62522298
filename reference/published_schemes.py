"""Steps that published scripts take and no engine here: recordings from elsewhere are held against them too.

Most split a step in two, the membrane potential and all other variables, and differ in which goes first and in how each is
solved while the other stands still. All are consistent, of first order unless they say more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spikebridge.reference.schemes import (
    LINEAR,
    NEURON_DELTA_MV,
    Need,
    Scheme,
    Step,
    exponential_euler,
    forward_euler,
)
from spikebridge.reference.system import State, System, Value
from spikebridge.reference.tableau import HEUN

Merge = Callable[[Step, Step, System, State, Value, float], State]


def _membrane(system: System) -> int:
    """The place of the membrane potential, or of what is written first where none is known."""
    return 0 if system.voltage is None else system.voltage


def _membrane_alone(step: Step, system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    i = _membrane(system)
    return (*y[:i], step(system, y, stimulus, dt_ms)[i], *y[i + 1 :])


def _others_alone(step: Step, system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    i, new = _membrane(system), step(system, y, stimulus, dt_ms)
    return (*new[:i], y[i], *new[i + 1 :])


def together(membrane: Step, others: Step, system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """Both from the old state."""
    i = _membrane(system)
    new = _others_alone(others, system, y, stimulus, dt_ms)
    return (*new[:i], membrane(system, y, stimulus, dt_ms)[i], *new[i + 1 :])


def membrane_first(membrane: Step, others: Step, system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """The others see the new membrane potential."""
    return _others_alone(others, system, _membrane_alone(membrane, system, y, stimulus, dt_ms), stimulus, dt_ms)


def others_first(membrane: Step, others: Step, system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """The membrane potential sees the new values of the others, such as gates."""
    return _membrane_alone(membrane, system, _others_alone(others, system, y, stimulus, dt_ms), stimulus, dt_ms)


@dataclass(frozen=True)
class Split:
    """A step made of one for the membrane potential and one for the others."""

    merge: Merge
    membrane: Step
    others: Step

    def __call__(self, system: System, y: State, stimulus: Value, dt_ms: float) -> State:
        return self.merge(self.membrane, self.others, system, y, stimulus, dt_ms)


def _others_solved(solve: Callable[[Value], Value], system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """The others one after another, each from its rate and its slope in itself while all else stands still."""
    for i in range(len(y)):
        if i != _membrane(system):
            rate = system.rates(y, stimulus)[i]
            slope = system.rates((*y[:i], y[i] + 1.0, *y[i + 1 :]), stimulus)[i] - rate
            y = (*y[:i], y[i] + dt_ms * rate * solve(dt_ms * slope), *y[i + 1 :])
    return y


def _relaxed(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """The others solved exactly, as NEURON's cnexp does."""
    if system.relax is not None:
        return system.relax(y, stimulus, dt_ms)
    return _others_solved(lambda x: np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))[()], system, y, stimulus, dt_ms)


def _others_implicit(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """The others by backward Euler, which is what cnexp makes of an equation that a FUNCTION hides."""
    return _others_solved(lambda x: 1.0 / (1.0 - x), system, y, stimulus, dt_ms)


def _implicit(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """The membrane potential solved implicitly with the slope of its rate, as NEURON does."""
    i = _membrane(system)
    rate = system.rates(y, stimulus)[i]
    slope = (system.rates((*y[:i], y[i] + NEURON_DELTA_MV, *y[i + 1 :]), stimulus)[i] - rate) / NEURON_DELTA_MV
    return (*y[:i], y[i] + rate / (1.0 / dt_ms - slope), *y[i + 1 :])


def _two_halves(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """Two Euler steps of half the length, each from what the last one gave."""
    for _ in range(2):
        y = _membrane_alone(forward_euler, system, y, stimulus, dt_ms / 2)
    return y


def linear_exact(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """All variables of a linear system solved at once while the stimulus stands still, by the matrix exponential."""
    matrix = _affine(system, stimulus)
    flow = _exponential(matrix.tobytes(), len(matrix), float(dt_ms))
    return tuple((flow @ np.append(y, 1.0))[:-1].tolist())


def _affine(system: System, stimulus: Value) -> np.ndarray:
    """The rates as one matrix on the state with a 1 behind it, taken at nought and at one of each variable."""
    count = len(system.names)
    offset = np.array(system.rates((0.0,) * count, stimulus), dtype=float)
    columns = [np.array(system.rates(tuple(map(float, row)), stimulus), dtype=float) - offset for row in np.eye(count)]
    return np.vstack([np.column_stack([*columns, offset]), np.zeros(count + 1)])


@lru_cache(maxsize=64)
def _exponential(matrix: bytes, size: int, dt_ms: float) -> np.ndarray:
    """exp(matrix dt) by scaling, Taylor's series and squaring."""
    a = np.frombuffer(matrix).reshape(size, size) * dt_ms
    halvings = max(0, int(np.ceil(np.log2(max(np.abs(a).sum(axis=1).max(), 1e-300)))) + 4)
    a = a / 2.0**halvings
    term = total = np.eye(size)
    for k in range(1, 16):
        term = term @ a / k
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total


def _is_affine(system: System) -> bool:
    """Whether the rates at a few states are those of one matrix; asked of one neuron in double precision alone."""
    if not system.plain:
        return False
    rng, matrix = np.random.default_rng(1), _affine(system, 0.7)
    for scale in (1.0, 10.0, 100.0):
        y = rng.normal(scale=scale, size=len(system.names))
        found, expected = np.array(system.rates(tuple(y.tolist()), 0.7)), (matrix @ np.append(y, 1.0))[:-1]
        if not np.all(np.abs(found - expected) <= 1e-9 * (np.abs(matrix[:-1]) @ np.append(np.abs(y), 1.0))):
            return False
    return True


def _others_are_linear(system: System) -> bool:
    """Whether the rate of every variable but the membrane potential is linear in it, near the initial state."""
    y = system.initial
    for i in range(len(y)):
        low, mid, high = (
            np.asarray(system.rates((*y[:i], y[i] + x, *y[i + 1 :]), 0.0)[i], dtype=float) for x in (-1.0, 0.0, 1.0)
        )
        if i != _membrane(system) and not np.all(
            np.abs(high - 2 * mid + low) <= 1e-9 * (np.abs(high) + np.abs(low) + np.abs(mid))
        ):
            return False
    return True


AFFINE = Need(lambda s: s.advance is None and _is_affine(s), "{name} is for linear equations")
SOLVED = Need(lambda s: s.relax is not None or _others_are_linear(s), "{name} needs equations linear in their own variable")
OTHERS = Need(lambda s: len(s.names) > 1, "{name} is for two variables or more")


def _split(
    name: str, merge: Merge, membrane: Step, others: Step, about: str, needs: tuple[Need, ...] = (), order: int = 1
) -> Scheme:
    return Scheme(name, order, Split(merge, membrane, others), about, needs=(OTHERS, *needs))


_EULER, _EXPONENTIAL = forward_euler, exponential_euler

PUBLISHED: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        _split("gates_first_euler", others_first, _EULER, _EULER, "Euler, gates before the voltage"),
        _split("voltage_first_euler", membrane_first, _EULER, _EULER, "Euler, the voltage before gates"),
        _split("exponential_gates", together, _EULER, _relaxed, "exponential gates, Euler voltage, both from the old state", (SOLVED,)),
        _split("exponential_gates_first", others_first, _EULER, _relaxed, "exponential gates, then Euler voltage", (SOLVED,)),
        _split("exponential_gates_last", membrane_first, _EULER, _relaxed, "Euler voltage, then exponential gates", (SOLVED,)),
        _split("gates_first_exponential", others_first, _EXPONENTIAL, _relaxed, "exponential, gates before the voltage", (LINEAR, SOLVED)),
        _split("voltage_first_exponential", membrane_first, _EXPONENTIAL, _relaxed, "exponential, the voltage before gates", (LINEAR, SOLVED)),
        _split("gates_first_implicit", others_first, _implicit, _relaxed, "exponential gates, then implicit voltage", (SOLVED,)),
        _split("voltage_first_implicit", membrane_first, _implicit, _relaxed, "implicit voltage, then exponential gates", (SOLVED,)),
        _split("implicit_one_by_one", membrane_first, _implicit, _others_implicit, "each variable implicitly, the voltage first", (SOLVED,)),
        _split("half_steps", membrane_first, _two_halves, _EULER, "two half steps of the voltage, then the others (Izhikevich 2003)"),
        Scheme("heun", 2, HEUN.step, "explicit trapezoid, the two-stage method of Heun", HEUN),
        Scheme("linear_exact", 1, linear_exact, "a linear system solved at once by its matrix exponential", needs=(AFFINE,)),
    )
}  # fmt: skip
