"""How many changes of a neuron are found in recordings of it, and named rightly?

Every catalogue model in continuous time is run with one constant, number, rate or swap changed, by several arithmetics, and its samples are
given as a recording, with the observed state alone and with all states. A change counts where it is beyond the limit of detection: where
what it changes in the equations is more than ``LIMIT`` times what the error of a scheme at that step may be. Run from the repository:

    python benchmarks/recorded_mutations.py --models hodgkin_huxley,adex --changes 4
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np

from benchmarks.mutations import shortened
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import catalogue
from spikebridge.bridge.errors import BridgeError
from spikebridge.bridge.expressions.expression import Binary, Quantity
from spikebridge.bridge.system import build_family, build_system
from spikebridge.reference.integrate import Trajectory, integrate
from spikebridge.reference.schemes import Scheme
from spikebridge.reference.system import State, System, Value
from spikebridge.reports.proof.residual.candidates import Candidate, candidates
from spikebridge.reports.proof.residual.decision import Decision, Finding, find_out, left_by_schemes
from spikebridge.reports.proof.residual.envelope import envelope, fitted
from spikebridge.reports.proof.residual.literals import Lifted, lifted
from spikebridge.reports.proof.residual.naming import FALLS
from spikebridge.reports.proof.residual.propagation import Equations
from spikebridge.reports.proof.residual.tables import tabulated, tabulated_gates
from spikebridge.reports.proof.residual.trace import NoEvidence, trace_of

LIMIT = 2 * FALLS
CHANGES, STEPS, SEED = 4, 3000, 1
FACTORS, SHIFTS_MV = (1.002, 1.05, 0.7, 1.5, 3.0), (0.1, 1.0, -5.0)
_KINDS = ("constant", "literal", "rate", "temperature", "stimulus", "swap")
ADAPTIVE, TABLE = "adaptive", "table"


def _gates_first(system: System, y: State, stimulus: Value, dt_ms: float) -> State:
    """All but the voltage by forward Euler from the old voltage, then that with their new values."""
    v = system.voltage or 0
    rates = system.rates(y, stimulus)
    moved = tuple(x if i == v else x + dt_ms * r for i, (x, r) in enumerate(zip(y, rates, strict=True)))
    return tuple(x + dt_ms * system.rates(moved, stimulus)[v] if i == v else x for i, x in enumerate(moved))


GATES_FIRST = Scheme("gates first", 1, _gates_first, "gates first, then the voltage")
ARITHMETICS: dict[str, str | Scheme] = {
    "forward_euler": "forward_euler", "exponential_euler": "exponential_euler", "backward_euler": "backward_euler", "rk4": "rk4",
    "gates_first": GATES_FIRST,
}  # fmt: skip


class Fate(StrEnum):
    """What became of a recording."""

    NAMED = "named"
    MISNAMED = "named wrongly"
    UNNAMED = "different, not named"
    UNDECIDED = "undecided"
    SAME = "same"


@dataclass(frozen=True)
class Outcome:
    """One recording and what was said of it.

    Attributes
    ----------
    change : what was changed; empty where nothing was
    size : of the change, in units of what the error of a scheme at that step may be; None where that cannot be known
    """

    model: str
    arithmetic: str
    columns: str
    change: str
    size: float | None
    fate: Fate
    said: str

    @property
    def counts(self) -> bool:
        return bool(self.change) and self.size is not None and self.size > LIMIT

    @property
    def detected(self) -> bool:
        return self.fate in (Fate.NAMED, Fate.MISNAMED, Fate.UNNAMED)


@dataclass(frozen=True)
class Change:
    """A candidate at some x, and the model that has it."""

    candidate: Candidate
    x: float
    experiment: Experiment
    drive: float = 1.0

    @property
    def words(self) -> str:
        return f"{self.candidate.kind} {self.candidate.name} x = {self.x:.4g}"


# changes --------------------------------------------------------------------------------------------------------------------


def changes(experiment: Experiment, rng: random.Random, count: int) -> list[Change]:
    """So many changes, of each kind in turn."""
    model = lifted(experiment.model)
    pool = {kind: [c for c in candidates(experiment, model, ()) if c.kind == kind] for kind in _KINDS}
    found: list[Change] = []
    kinds = [kind for kind in _KINDS if pool[kind]]
    for k in range(10 * count):
        if len(found) == count or not kinds:
            break
        candidate = rng.choice(pool[kinds[k % len(kinds)]])
        x = 0.0 if candidate.is_fixed else float(np.log(rng.choice(FACTORS))) if candidate.factor else rng.choice(SHIFTS_MV)
        try:
            found.append(_changed(experiment, model, candidate, x))
        except (BridgeError, ArithmeticError):
            continue
    return found


def _changed(experiment: Experiment, model: Lifted, candidate: Candidate, x: float) -> Change:
    hypothesis = candidate.at(x)
    changed = model.model.with_parameters(
        {
            n: Quantity(v / model.model.coherent.factor(u), u)
            for n, v in hypothesis.values.items()
            for u in (model.model.unit_of(n),)
        }
    )
    changed = replace(changed, equations=tuple(_hurried(e, hypothesis.speeds, changed) for e in changed.equations))
    return Change(candidate, x, replace(experiment, model=changed), hypothesis.drive)


def _hurried(equation, speeds, model: Model):  # type: ignore[no-untyped-def]
    place = model.state_names.index(equation.name) if equation.of_state else -1
    if place not in speeds:
        return equation
    return replace(equation, expression=Binary("*", Quantity(speeds[place]), equation.expression))


# recordings -----------------------------------------------------------------------------------------------------------------


def recorded(experiment: Experiment, arithmetic: str, drive: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Times, and coherent states of shape (variables, samples).

    Raises
    ------
    ArithmeticError, ValueError : it cannot be run by this arithmetic
    """
    if arithmetic == ADAPTIVE:
        return _adaptive(experiment, drive)
    system = _tabulated(experiment.model) if arithmetic == TABLE else build_system(experiment.model)
    scheme = "forward_euler" if arithmetic == TABLE else ARITHMETICS[arithmetic]
    seen = experiment.seen * drive
    run: Trajectory = integrate(
        system,
        scheme,
        experiment.duration_ms,
        experiment.dt_ms,
        seen[:, None] if arithmetic == TABLE else seen,
        arrivals=experiment.arrivals,
    )
    return run.t_ms, run.states[..., 0] if arithmetic == TABLE else run.states


def _tabulated(model: Model) -> System:
    family, plain = build_family(model), build_system(model, 1)

    def rates(y: State, stimulus: Value) -> State:
        found = tabulated(family, "steady states and time constants", y, stimulus, {})
        return tuple(x if new is None else new for x, new in zip(plain.rates(y, stimulus), found, strict=True))

    return replace(plain, rates=rates)


def _adaptive(experiment: Experiment, drive: float) -> tuple[np.ndarray, np.ndarray]:
    """RK45 at a relative tolerance of 1e-6, from edge to edge of the stimulus."""
    from scipy.integrate import solve_ivp

    system, t_ms = build_system(experiment.model), experiment.t_ms
    if system.jumps or experiment.arrivals:
        raise ValueError("it jumps")
    inside = [e for e in experiment.drive.edges_ms if 0 < e < experiment.duration_ms]
    edges, y, parts = [0.0, *inside, experiment.duration_ms], np.array(system.initial), []
    for a, b in pairwise(edges):
        at = t_ms[(t_ms >= a - 1e-9) & (t_ms < b - 1e-9)]
        now = experiment.drive.within(a, b)
        done = solve_ivp(
            lambda t, z, now=now: system.rates(tuple(z), drive * float(now(t))),
            (a, b),
            y,
            t_eval=np.append(at, b),
            rtol=1e-6,
            atol=1e-8,
        )
        if not done.success:
            raise ValueError(done.message)
        parts.append(done.y[:, :-1])
        y = done.y[:, -1]
    return t_ms, np.column_stack([*parts, y])


# judged ---------------------------------------------------------------------------------------------------------------------


def outcomes(name: str, count: int = CHANGES, steps: int = STEPS, seed: int = SEED) -> Iterator[Outcome]:
    """Unchanged recordings by all arithmetics, and changed ones by one each."""
    experiment, rng = shortened(name, steps), random.Random(f"{seed} {name}")
    if experiment.model.discrete:
        return
    gates = tabulated_gates(experiment.model)
    for arithmetic in (*ARITHMETICS, ADAPTIVE, *((TABLE,) if gates else ())):
        yield from _outcomes(experiment, experiment, arithmetic, None)
    able = [a for a in ARITHMETICS if _able(experiment, a)]
    for k, change in enumerate(changes(experiment, rng, count) if able else ()):
        yield from _outcomes(experiment, change.experiment, able[k % len(able)], change)


def _able(experiment: Experiment, arithmetic: str) -> bool:
    try:
        recorded(experiment, arithmetic)
    except (ArithmeticError, ValueError):
        return False
    return True


def _outcomes(experiment: Experiment, changed: Experiment, arithmetic: str, change: Change | None) -> Iterator[Outcome]:
    try:
        t_ms, states = recorded(changed, arithmetic, change.drive if change else 1.0)
    except (ArithmeticError, ValueError):
        return
    model = experiment.model
    columns = {s: x / model.factor(s) for s, x in zip(model.state_names, states, strict=True)}
    for called, names in (("alone", [experiment.observed]), ("all", list(model.state_names))):
        if called == "all" and len(names) == 1:
            continue
        given = {n: columns[n] for n in names}
        found = find_out(experiment, t_ms, given)
        size = _size(experiment, t_ms, given, change) if change else None
        words = change.words if change else ""
        yield Outcome(model.name, arithmetic, called, words, size, _fate(found, change, arithmetic), _said(found))


def _size(experiment: Experiment, t_ms: np.ndarray, given: dict[str, np.ndarray], change: Change) -> float | None:
    """Of a change: what it changes in the residual, beside what a scheme's error may be."""
    model = lifted(experiment.model)
    family = build_family(model.model)
    try:
        trace = trace_of(experiment, family, t_ms, given)
    except (NoEvidence, ArithmeticError, ValueError):
        return None
    equations = Equations(family, trace)
    base = envelope(equations)
    other = equations.run([change.candidate.at(change.x)], base.run.hidden[0])
    slack = left_by_schemes(experiment, trace, family)[0]
    size = fitted(base.columns, base.residual - other.residual[0], base.weights / slack)[1]
    return size if np.isfinite(size) else None


def _fate(found: Finding, change: Change | None, arithmetic: str) -> Fate:
    if found.decision is Decision.SAME:
        return Fate.SAME
    if found.decision is Decision.UNDECIDED:
        return Fate.UNDECIDED
    if not found.culprits:
        return Fate.UNNAMED
    if change is None:
        right = arithmetic == TABLE and any(c.kind == "table" for c in found.culprits)
    else:
        right = any(c.name == change.candidate.name for c in found.culprits)
    return Fate.NAMED if right else Fate.MISNAMED


def _said(found: Finding) -> str:
    left = "" if found.left is None else f"{found.left:.2g} left"
    return "; ".join([left, *(f"{c.kind} {c.name} {c.found}" for c in found.culprits[:4])])


# shown ----------------------------------------------------------------------------------------------------------------------


def summary(found: Sequence[Outcome]) -> list[str]:
    """The table: what became of changes beyond the limit, and of unchanged recordings."""
    lines = [f"{'':34} {'recordings':>10} " + " ".join(f"{fate:>20}" for fate in Fate)]

    def line(words: str, some: Sequence[Outcome]) -> str:
        return f"{words:34} {len(some):10} " + " ".join(f"{sum(o.fate is fate for o in some):20}" for fate in Fate)

    for columns in ("all", "alone"):
        here = [o for o in found if o.columns == columns]
        lines.append(line(f"changed, beyond the limit, {columns}", [o for o in here if o.counts]))
        lines.append(line(f"changed, within the limit, {columns}", [o for o in here if o.change and not o.counts]))
        for arithmetic in (*ARITHMETICS, ADAPTIVE, TABLE):
            lines.append(
                line(f"unchanged, {arithmetic}, {columns}", [o for o in here if not o.change and o.arithmetic == arithmetic])
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Change neurons, record them, and count what is found and named.")
    parser.add_argument("--models", default=",".join(catalogue()))
    parser.add_argument("--changes", type=int, default=CHANGES)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    found: list[Outcome] = []
    for name in given.models.split(","):
        for each in outcomes(name, given.changes, given.steps, given.seed):
            found.append(each)
            size = "" if each.size is None else f"{each.size:.2g}"
            print(f"{each.model},{each.arithmetic},{each.columns},{each.change},{size},{each.fate},{each.said}", flush=True)
    print("\n".join(summary(found)))


if __name__ == "__main__":
    main()
