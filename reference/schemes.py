"""One step of each integrator, with its order.

Every scheme has the signature ``step(system, y, stimulus, dt_ms) -> y`` where ``stimulus`` is the one
value the step sees: the value in the middle of the step, where NEURON looks at it. Held over the step
it costs an error of second order where the stimulus varies, and none where it is constant.

Entries of ``y`` are floats or have the shape (*copies, units), against which the stimulus broadcasts; each
element comes out bit for bit as it does alone in an array.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import exp as _exp

import numpy as np

from spikebridge.reference.system import State, System, Value
from spikebridge.reference.tableau import BUTCHER, KUTTA, MIDPOINT, NEUN, Tableau

Step = Callable[[System, State, Value, float], State]

# NEURON's membrane conductance is a difference quotient over this many millivolts.
NEURON_DELTA_MV = 0.001
_NO_SOLUTION = "an implicit step has no solution: the rates may jump there"
_NEWTON_STEPS = 30
# Newton's method ends where a relative change is below the first; the second is by how much its slopes are nudged
_NEWTON = {np.dtype(np.float64): (1e-14, 1e-7), np.dtype(np.float32): (5e-6, 2e-3)}


class SchemeError(ValueError):
    """A scheme that cannot integrate this system; the message says which property is missing."""


def _along(y: State, h: float, slope: State) -> State:
    return tuple(x + h * k for x, k in zip(y, slope, strict=True))


def forward_euler(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """y + dt f(y)."""
    return _along(y, dt_ms, system.rates(y, stimulus))


def ordered_euler(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """Forward Euler one variable after another, in the order of the definition: each sees the new values of those before it."""
    for i in range(len(y)):
        y = (*y[:i], y[i] + dt_ms * system.rates(y, stimulus)[i], *y[i + 1 :])
    return y


def iteration(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """The next state of a map; a step has no length."""
    assert system.advance is not None
    return system.advance(y, stimulus)


def exponential_euler(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """Each variable solved exactly from the old state while the others stand still (Brian2's form)."""
    assert system.linear is not None
    exp = _exp if system.plain else np.exp
    slopes, offsets = system.linear(y, stimulus)

    def solved(x: Value, a: Value, b: Value) -> Value:
        if np.ndim(a) == 0 and a == 0:  # x does not appear in its own equation
            return x + dt_ms * b
        if isinstance(a, np.ndarray) and not np.all(a):
            slope = np.where(a == 0, 1.0, a)
            return np.where(a == 0, x + dt_ms * b, (x + b / slope) * exp(slope * dt_ms) - b / slope)
        return (x + b / a) * exp(a * dt_ms) - b / a

    return tuple(solved(x, a, b) for x, a, b in zip(y, slopes, offsets, strict=True))


def backward_euler(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """NEURON's default: implicit Euler for the voltage, then cnexp for the rest at the new voltage.

    Order 1. Carnevale & Hines, The NEURON Book, ch. 4; Hines 1984, Int J Biomed Comput 15:69.
    """
    return _staggered(system, y, stimulus, dt_ms, dt_ms, 1.0, _implicit)


def crank_nicolson(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """NEURON with ``secondorder = 2``: half an implicit step, its increment taken twice, then cnexp.

    Order 2 for the voltage at whole steps; the other variables belong to the middle of the step. Where cnexp cannot
    solve them they take a step of the implicit midpoint rule.
    """
    return _staggered(system, y, stimulus, dt_ms, dt_ms / 2, 2.0, _midpoint)


def hidden_backward_euler(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """As ``backward_euler``, with an implicit step of the others even where each could be solved exactly: NEURON's cnexp gives way to
    derivimplicit, without a word, where an equation is hidden in a FUNCTION."""
    return _staggered(replace(system, relax=None), y, stimulus, dt_ms, dt_ms, 1.0, _implicit)


def _staggered(system: System, y: State, stimulus: Value, dt_ms: float, solve_ms: float, factor: float, others: Step) -> State:
    i = system.voltage
    assert i is not None and system.voltage_rate is not None
    rate = system.voltage_rate(y, stimulus)
    beside = (*y[:i], y[i] + NEURON_DELTA_MV, *y[i + 1 :])
    slope = (system.voltage_rate(beside, stimulus) - rate) / NEURON_DELTA_MV
    moved = (*y[:i], y[i] + factor * (rate / (1.0 / solve_ms - slope)), *y[i + 1 :])
    if len(y) == 1:
        return moved
    return system.relax(moved, stimulus, dt_ms) if system.relax else others(system, moved, stimulus, dt_ms)


def cnexp(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """NEURON's cnexp for a mechanism without a membrane: one variable after another, each solved exactly."""
    assert system.relax is not None
    return system.relax(y, stimulus, dt_ms)


def implicit_euler(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """Backward Euler for all variables at once, NEURON's derivimplicit, iterated until nothing changes."""
    return _implicit(system, y, stimulus, dt_ms)


def implicit_midpoint(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """Implicit midpoint rule for all variables at once: what derivimplicit does with ``secondorder = 2``."""
    return _midpoint(system, y, stimulus, dt_ms)


def _midpoint(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """Half a step implicitly, then the same slope for the other half; every variable but the voltage."""
    half = _implicit(system, y, stimulus, dt_ms / 2)
    slopes = system.rates(half, stimulus)
    pairs = enumerate(zip(half, slopes, strict=True))
    return tuple(x if i == system.voltage else x + dt_ms / 2 * slope for i, (x, slope) in pairs)


def _implicit(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """z = y + dt f(z) for every variable but the voltage, by Newton's method with a difference Jacobian.

    Where there is no such z, ArithmeticError; in an array, nan for that element.
    """
    free = [i for i in range(len(y)) if i != system.voltage]
    if system.plain:
        return _implicit_alone(system, y, stimulus, dt_ms, free)
    start = np.array([y[i] for i in free], dtype=system.dtype)  # (free, *copies, units)

    def rates(z: np.ndarray) -> np.ndarray:
        state = list(y)
        for i, x in zip(free, z, strict=True):
            state[i] = x
        all_rates = system.rates(tuple(state), stimulus)
        return np.array([np.broadcast_to(all_rates[i], start.shape[1:]) for i in free], dtype=system.dtype)

    z, moving = start, np.ones(start.shape[1:], dtype=bool)
    smallest, _ = _NEWTON[system.dtype]
    for _ in range(_NEWTON_STEPS):
        change = np.where(moving, _newton_step(rates, start, z, dt_ms), system.dtype.type(0))
        z = z - change
        # each element stops by itself, so that it does among others what it does alone
        moving = moving & np.any(np.abs(change) > smallest * (np.abs(z) + 1e-3), axis=0)
        if not moving.any():
            break
    else:
        if z.ndim == 1:
            raise ArithmeticError(_NO_SOLUTION)
        z = np.where(moving, np.nan, z)
    result = list(y)
    for i, x in zip(free, z, strict=True):
        result[i] = x
    return tuple(result)


def _implicit_alone(system: System, y: State, stimulus: Value, dt_ms: float, free: list[int]) -> State:
    """The same for one neuron, in Python's floats: with arrays of one number each it takes 3.6 times as long."""
    start, result = [y[i] for i in free], list(y)

    def rates(z: list[float]) -> list[float]:
        for i, x in zip(free, z, strict=True):
            result[i] = x
        found = system.rates(tuple(result), stimulus)
        return [found[i] for i in free]

    z, (smallest, _) = start, _NEWTON[system.dtype]
    for _ in range(_NEWTON_STEPS):
        changes = _newton_step_alone(rates, start, z, dt_ms)
        z = [x - change for x, change in zip(z, changes, strict=True)]
        if not any(abs(change) > smallest * (abs(x) + 1e-3) for x, change in zip(z, changes, strict=True)):
            break
    else:
        raise ArithmeticError(_NO_SOLUTION)
    for i, x in zip(free, z, strict=True):
        result[i] = x
    return tuple(result)


def _newton_step_alone(
    rates: Callable[[list[float]], list[float]], start: list[float], z: list[float], dt_ms: float
) -> list[float]:
    """As ``_newton_step``, by the same operations."""
    rate, small = rates(z), _NEWTON[np.dtype(float)][1]
    columns = []
    for j, x in enumerate(z):
        nudge = small * max(abs(x), 1e-3)
        beside = rates([*z[:j], x + nudge, *z[j + 1 :]])
        columns.append([(i == j) + -dt_ms * (b - r) / nudge for i, (b, r) in enumerate(zip(beside, rate, strict=True))])
    residual = [x - s - dt_ms * r for x, s, r in zip(z, start, rate, strict=True)]
    found: list[float] = np.linalg.solve(np.array(columns).T, residual).tolist()
    return found


def _newton_step(rates: Callable[[np.ndarray], np.ndarray], start: np.ndarray, z: np.ndarray, dt_ms: float) -> np.ndarray:
    """How far z is from solving z = start + dt f(z), to first order; arrays are (variables, *copies, units)."""
    rate = rates(z)
    jacobian = np.empty((len(z), *z.shape), dtype=z.dtype)
    _, small = _NEWTON[z.dtype]
    for j in range(len(z)):
        nudge = small * np.maximum(np.abs(z[j]), 1e-3)
        beside = z.copy()
        beside[j] += nudge
        jacobian[:, j] = -dt_ms * (rates(beside) - rate) / nudge
        jacobian[j, j] += 1.0
    residual = z - start - dt_ms * rate
    change = np.linalg.solve(np.moveaxis(jacobian, (0, 1), (-2, -1)), np.moveaxis(residual, 0, -1)[..., None])
    return np.moveaxis(change[..., 0], -1, 0)


@dataclass(frozen=True)
class Need:
    """A property of a System; ``refusal`` is said by a scheme that needs it and cannot have it."""

    met: Callable[[System], bool]
    refusal: str = ""


_OWN = "{name} needs every equation to be linear in its own variable"
IS_MAP = Need(lambda s: s.advance is not None, "iteration is for maps; equations in time need an integration scheme")
LINEAR = Need(lambda s: s.linear is not None, _OWN)
SOLVABLE = Need(lambda s: s.relax is not None, _OWN)
MEMBRANE = Need(lambda s: s.voltage is not None and s.voltage_rate is not None, "a staggered scheme needs a membrane potential")
# what NEURON leaves to a mechanism
NO_MEMBRANE = Need(lambda s: s.voltage is None, "{name} alone is for models without a membrane; with one, use {instead}")
ALL_BUT_VOLTAGE_SOLVABLE = Need(lambda s: s.relax is not None or len(s.names) == 1)


@dataclass(frozen=True)
class Scheme:
    """A step with what must be said of it.

    Attributes
    ----------
    order : ``EXACT`` where no smaller step comes nearer
    tableau : the coefficients that the step is made of; None where it is no explicit Runge-Kutta method
    needs : what a System must have; the step relies on it
    uses : what the step uses where it is there; without it the same scheme is other arithmetic
    instead : what to take where a need is not met
    midway : whether the variables beside the voltage belong to the middle of the step
    """

    name: str
    order: int
    step: Step
    about: str
    tableau: Tableau | None = None
    needs: tuple[Need, ...] = ()
    uses: tuple[Need, ...] = ()
    instead: str = ""
    midway: bool = False

    def check(self, system: System) -> None:
        """SchemeError, naming the first property that is missing, where the scheme cannot integrate this system."""
        for need in self.needs:
            if not need.met(system):
                raise SchemeError(need.refusal.format(name=self.name, instead=self.instead))

    def has_all_of(self, system: System) -> bool:
        """Whether the system has everything that the step needs or can use."""
        return all(need.met(system) for need in (*self.needs, *self.uses))

    @property
    def evaluations(self) -> int:
        """How often a step computes the right-hand sides; for a form linear in each variable, slopes and offsets are one each."""
        return len(self.tableau.rows) if self.tableau else 2 if LINEAR in self.needs else 1


def _runge_kutta(name: str, order: int, tableau: Tableau, about: str) -> Scheme:
    return Scheme(name, order, tableau.step, about, tableau)


def _staggered_scheme(name: str, order: int, step: Step, about: str, midway: bool = False) -> Scheme:
    return Scheme(name, order, step, about, needs=(MEMBRANE,), uses=(ALL_BUT_VOLTAGE_SOLVABLE,), midway=midway)


def _without_membrane(name: str, order: int, step: Step, about: str, instead: str, *more: Need) -> Scheme:
    return Scheme(name, order, step, f"{about} a model without a membrane", needs=(NO_MEMBRANE, *more), instead=instead)


EXACT = 0

SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("forward_euler", 1, forward_euler, "explicit Euler"),
        Scheme("ordered_euler", 1, ordered_euler, "explicit Euler, one variable after another"),
        Scheme("exponential_euler", 1, exponential_euler, "exponential Euler, all variables from the old state", needs=(LINEAR,)),
        _runge_kutta("rk2", 2, MIDPOINT, "explicit midpoint"),
        _runge_kutta("rk4", 4, KUTTA, "classical Runge-Kutta"),
        _runge_kutta("rk5_neun", 5, NEUN, "Runge-Kutta in six stages, of order 5; the simulator Neun calls it RK6"),
        _runge_kutta("rk6", 6, BUTCHER, "Runge-Kutta in seven stages, of order 6 (Butcher 1964)"),
        _staggered_scheme("backward_euler", 1, backward_euler, "NEURON's default: implicit Euler and cnexp, staggered"),
        _staggered_scheme(
            "crank_nicolson", 2, crank_nicolson, "NEURON's secondorder = 2: Crank-Nicolson and cnexp, staggered", midway=True
        ),
        _without_membrane("cnexp", 1, cnexp, "NEURON's cnexp for", "backward_euler or crank_nicolson", SOLVABLE),
        Scheme("iteration", EXACT, iteration, "the next state of a map", needs=(IS_MAP,)),
        _without_membrane("implicit_euler", 1, implicit_euler, "backward Euler of all variables, for", "backward_euler"),
        _without_membrane("implicit_midpoint", 2, implicit_midpoint, "implicit midpoint rule, for", "crank_nicolson"),
    )
}

# no scheme of ours to choose, but one that recordings were made with
HIDDEN = _staggered_scheme(
    "backward_euler with derivimplicit", 1, hidden_backward_euler, "implicit Euler staggered, of equations hidden in a FUNCTION"
)

# those that step through time
INTEGRATORS = tuple(name for name, scheme in SCHEMES.items() if scheme.order != EXACT)
MEMBRANE_LESS = tuple(name for name, scheme in SCHEMES.items() if NO_MEMBRANE in scheme.needs)
