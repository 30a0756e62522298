"""What may be different: each constant, each number in an equation, the speed of rates, the stimulus, a swap, a table, a start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.units import VOLTAGE_DIMENSION, Unit
from spikebridge.reports.proof.residual.hypothesis import SAME, TABLES, Hypothesis
from spikebridge.reports.proof.residual.literals import Lifted
from spikebridge.reports.proof.residual.tables import tabulated_gates

NUDGE = 1e-5  # of a factor, or of a potential in mV, to see what it would change
_SCAN = (0.0, float(np.log(3.0)), float(-np.log(3.0)))  # where the fit of a temperature starts: a factor of three is ten degrees
MOST_FACTOR = float(np.log(100.0))  # of the logarithm, which a fit may reach; what comes to its reach is not named
MOST_SHIFT_MV = 200.0


@dataclass(frozen=True)
class Candidate:
    """A change with one number to be fitted, or with none.

    A ``factor`` is fitted by its logarithm, x = 0 for what the model has; anything else by what is added to it, in units of ``scale``.

    Attributes
    ----------
    kind : as in a culprit
    name : what is shown
    expected : what the definition says, as text
    target : what changes: "value", "speed", "drive", "weight", "start", or "fixed" where nothing is fitted
    symbols, places : the parameters, or the places of states, that change
    coherent, one : the model's own value, coherent, and what one of the unit it is shown in makes
    unit : that it is shown in
    factor : whether a factor is fitted
    scale : coherent, of what is added otherwise
    starts : where a fit begins
    fixed, found : the change where nothing is fitted, and what it is called
    """

    kind: str
    name: str
    expected: str
    target: str
    symbols: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    coherent: float = 1.0
    one: float = 1.0
    unit: str = "1"
    factor: bool = True
    scale: float = 1.0
    starts: tuple[float, ...] = (0.0,)
    fixed: Hypothesis = SAME
    found: str = ""

    @property
    def is_fixed(self) -> bool:
        return self.target == "fixed"

    @property
    def reach(self) -> float:
        """How far x may go."""
        return MOST_FACTOR if self.factor else MOST_SHIFT_MV

    def at(self, x: float) -> Hypothesis:
        """The hypothesis with x."""
        if self.is_fixed:
            return self.fixed
        times = float(np.exp(np.clip(x, -MOST_FACTOR, MOST_FACTOR)))
        if self.target == "value":
            value = self.coherent * times if self.factor else self.coherent + x * self.scale
            return Hypothesis(values=dict.fromkeys(self.symbols, value))
        if self.target == "speed":
            return Hypothesis(speeds=dict.fromkeys(self.places, times))
        if self.target == "start":
            return Hypothesis(start=dict.fromkeys(self.places, x * self.scale))
        return Hypothesis(drive=times) if self.target == "drive" else Hypothesis(weight=times)

    def value(self, x: float) -> float:
        """What x makes of the model's own value, in ``unit``."""
        if self.factor:
            return self.coherent / self.one * float(np.exp(np.clip(x, -MOST_FACTOR, MOST_FACTOR)))
        return (self.coherent + x * self.scale) / self.one


def candidates(experiment: Experiment, lifted: Lifted, hidden: tuple[int, ...]) -> list[Candidate]:
    """All of them, the simplest kinds first.

    Parameters
    ----------
    hidden : places of the states that the recording does not hold
    """
    model = experiment.model
    return [
        *_constants(model, lifted), *_drives(experiment), *_speeds(model), *_literals(lifted), *_swaps(model), *_tables(model),
        *_starts(model, hidden),
    ]  # fmt: skip


def _constants(model: Model, lifted: Lifted) -> Iterator[Candidate]:
    for name, given in model.parameters.items():
        yield _value(model, lifted, "constant", name, name, given)


def _literals(lifted: Lifted) -> Iterator[Candidate]:
    for name, literal in lifted.literals.items():
        yield _value(lifted.model, lifted, "literal", name, str(literal), literal.quantity)


def _value(model: Model, lifted: Lifted, kind: str, symbol: str, name: str, given: Quantity) -> Candidate:
    potential = given.unit.dimension == VOLTAGE_DIMENSION and not lifted.divides(symbol)
    one = model.coherent.factor(given.unit)
    scale = model.coherent.factor(Unit.parse("mV")) if potential else one
    own = model.coherent.coherent(given.value, given.unit)
    factor = not potential and given.value != 0.0
    return Candidate(kind, name, str(given), "value", (symbol,), (), own, one, str(given.unit), factor, scale)


def _drives(experiment: Experiment) -> Iterator[Candidate]:
    if np.any(experiment.seen):
        yield Candidate("stimulus", STIMULUS, "1", "drive")
    if experiment.arrivals:
        yield Candidate("weight", "weight", "1", "weight")


def _speeds(model: Model) -> Iterator[Candidate]:
    """All rates but the voltage's, those of gates alone, and each by itself."""
    first = model.state_names.index(model.observed)
    others = tuple(i for i in range(len(model.state_names)) if i != first)
    gates = tuple(i for i in others if not model.states[i].unit.powers)
    if len(others) > 1:
        yield Candidate("temperature", f"all rates but that of {model.observed}", "1", "speed", (), others, starts=_SCAN)
    if 1 < len(gates) < len(others):
        yield Candidate(
            "temperature", f"the rates of {', '.join(model.state_names[i] for i in gates)}", "1", "speed", (), gates, starts=_SCAN
        )
    for i in (*others, first):
        yield Candidate("rate", f"d{model.state_names[i]}/dt", "1", "speed", (), (i,), starts=_SCAN if i in gates else (0.0,))


def _swaps(model: Model) -> Iterator[Candidate]:
    """Two constants in each other's place."""
    values = model.parameter_values
    for a, b in combinations(model.parameters, 2):
        if model.parameters[a].unit.dimension == model.parameters[b].unit.dimension and values[a] != values[b]:
            swapped = Hypothesis(values={a: values[b], b: values[a]})
            yield Candidate(
                "swap", f"{a} and {b}", "as defined", "fixed", (a, b), fixed=swapped, found="each in the other's place"
            )


def _tables(model: Model) -> Iterator[Candidate]:
    if tabulated_gates(model):
        for table in TABLES:
            name = f"{table} of {', '.join(model.state_names[i] for i in tabulated_gates(model))}"
            found = "a table with one entry a millivolt"
            yield Candidate("table", name, "as functions of the voltage", "fixed", fixed=replace(SAME, table=table), found=found)


def _starts(model: Model, hidden: tuple[int, ...]) -> Iterator[Candidate]:
    for i in hidden:
        state = model.states[i]
        own = model.initial_values[state.name]
        scale = model.coherent.factor(state.unit)
        yield Candidate(
            "initial", f"{state.name} at 0 ms", f"{own / scale:.5g} {state.unit}".removesuffix(" 1"), "start", (), (i,), own, scale,
            str(state.unit), False, scale,
        )  # fmt: skip
