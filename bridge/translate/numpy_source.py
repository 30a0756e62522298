"""A model as numpy source: functions of the state, in coherent units, for floats and arrays alike."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from textwrap import indent

from spikebridge.bridge.definition.linearity import ZERO, subtract
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.spike_rule import MAX_EVENTS, WEIGHT, InputRule, SpikeRule
from spikebridge.bridge.expressions.expression import Condition, Expression, Name, Quantity
from spikebridge.bridge.expressions.printing import ATOM, PRODUCT, SIGN, Printer, number
from spikebridge.bridge.expressions.units import CoherentSystem, Unit, spell
from spikebridge.bridge.translate.identifiers import changed_names, mangle

FUNCTIONS = ("exp", "exprel", "log", "log10", "sqrt", "abs", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan",
             "where", "logical_and", "logical_or", "logical_not")  # fmt: skip
_OWN = ("state", "rates", "advance", "voltage_rate", "linear", "relax", "dt", "spike_level", "reset", "arrive", "numpy", "np",
        *(f"event_{k}_{what}" for k in range(1, MAX_EVENTS + 1) for what in ("level", "reset")))  # fmt: skip
RESERVED = frozenset((*keyword.kwlist, *dir(builtins), *FUNCTIONS, *_OWN))

# `exprel` in the listing, so that it runs without spikebridge
_EXPREL = '''def exprel(x):
    """(exp(x) - 1)/x, and 1 at x = 0."""
    at_zero = x == 0
    return np.where(at_zero, 1.0, np.expm1(x)/np.where(at_zero, 1.0, x))
'''


class NumpyPrinter(Printer):
    """Numbers in coherent units; small whole powers as products, which numpy does much faster."""

    def __init__(self, identifiers: Mapping[str, str], coherent: CoherentSystem) -> None:
        self.identifiers, self.coherent = identifiers, coherent

    def name(self, name: str) -> str:
        return self.identifiers[name]

    def quantity(self, quantity: Quantity) -> tuple[str, int]:
        text = number(self.coherent.coherent(quantity.value, quantity.unit))
        return text, SIGN if text.startswith("-") else ATOM

    def choice(self, condition: Condition, if_true: Expression, if_false: Expression) -> tuple[str, int]:
        return f"where({self.condition(condition)}, {self.text(if_true)}, {self.text(if_false)})", ATOM

    def logic(self, operator: str, left: str, right: str) -> str:
        return f"logical_{operator}({left[1:-1]}, {right[1:-1]})"

    def negation(self, condition: str) -> str:
        return f"logical_not({condition[1:-1]})"

    def power_of(self, base: Expression, exponent: Expression) -> tuple[str, int]:
        if isinstance(base, Name) and exponent in (Quantity(2.0), Quantity(3.0), Quantity(4.0)):
            return "*".join([self.name(base.id)] * int(exponent.value)), PRODUCT
        return super().power_of(base, exponent)


class ScalarPrinter(NumpyPrinter):
    """The same for plain floats: Python's own choice and logic."""

    choice = Printer.choice
    logic = Printer.logic
    negation = Printer.negation


@dataclass(frozen=True)
class NumpySource:
    """The translation of one model; ``text`` is the whole listing, ``body`` only the functions.

    ``scalar`` prints for plain floats, where a choice looks at one branch only; ``reserved`` are further names that are taken
    where the text goes.
    """

    model: Model
    scalar: bool = False
    reserved: frozenset[str] = frozenset()

    @cached_property
    def identifiers(self) -> Mapping[str, str]:
        return mangle((*self.model.symbols, *self.model.arriving), RESERVED | self.reserved)

    @property
    def text(self) -> str:
        model = self.model
        called = {f for f in FUNCTIONS if re.search(rf"\b{f}\(", self.body)}
        used = sorted(called - {"exprel", "abs"})
        header = f'"""{_safe(model.title)}\n\n{_safe(model.source)}\n{self._units()}{self.names}\n"""\n\nimport numpy as np\n'
        imports = f"from numpy import {', '.join(used)}\n" if used else ""
        exprel = "\n\n" + _EXPREL if "exprel" in called else ""
        return header + imports + self.constants + exprel + "\n\n" + self.body

    @property
    def constants(self) -> str:
        """The parameters as module constants, with the unit each number is in."""
        model, ids = self.model, self.identifiers
        lines = [
            f"{ids[name]} = {number(model.parameter_values[name])}{_comment(parameter.unit, model.coherent)}"
            for name, parameter in model.parameters.items()
        ]
        return "\n" + "\n".join(lines) + "\n" if lines else ""

    @property
    def body(self) -> str:
        """Every function a scheme needs."""
        return "\n\n".join(self.functions.values())

    @cached_property
    def functions(self) -> Mapping[str, str]:
        """The text of every function by its name."""
        return {text.removeprefix("def ").partition("(")[0]: text for text in self._all_functions()}

    def _all_functions(self) -> Iterator[str]:
        model = self.model
        states, voltage = model.state_names, model.voltage
        rates = [model.regular[s] for s in states]
        if model.discrete:
            yield self._function("advance", "The next state of the map.", rates, self._tuple(rates))
        else:
            yield self._function("rates", "Time derivatives, per ms.", rates, self._tuple(rates))
            yield from self._solvers(states, voltage)
        if model.spike:
            yield self._level("spike_level", "Positive above the level of a spike.", model.spike)
            if model.spike.reset:
                yield self._reset("reset", "The state after a spike; the assignments follow one another.", model.spike)
        for k, rule in enumerate(model.events, 1):
            yield self._level(f"event_{k}_level", "Positive above the level of an event.", rule)
            yield self._reset(f"event_{k}_reset", "The state after it; the assignments follow one another.", rule)
        if model.input:
            more = f", {self.identifiers[WEIGHT]}=0.0"
            doc = "The state after a spike has arrived; the assignments follow one another."
            yield self._reset("arrive", doc, model.input, more)

    def _solvers(self, states: Sequence[str], voltage: str | None) -> Iterator[str]:
        model = self.model
        if voltage:
            rate = model.regular[voltage]
            yield self._function("voltage_rate", f"The time derivative of {voltage} alone, per ms.", [rate], self._text(rate))
        if all(model.taken_apart.values()):
            yield self._linear("linear", "A and B with x' = A x + B, for each variable while the others stand still.", states)
        others = [s for s in states if s != voltage]
        if others and all(model.frozen[s] for s in others):
            yield self._relax(others)

    def _level(self, name: str, doc: str, rule: SpikeRule) -> str:
        level = subtract(rule.left, rule.right)
        return self._function(name, doc, [level], self._text(level))

    def _linear(self, name: str, doc: str, states: Sequence[str]) -> str:
        forms = [form for s in states if (form := self.model.taken_apart[s])]
        slopes, offsets = [f.slope for f in forms], [f.offset for f in forms]
        return self._function(name, doc, slopes + offsets, f"{self._tuple(slopes)}, {self._tuple(offsets)}")

    def _relax(self, others: Sequence[str]) -> str:
        """NEURON's cnexp: x' = A x + B solved over a step, one variable after another, each at once in use."""
        model = self.model
        forms = [form for s in others if (form := model.frozen[s])]
        updates = []
        for state, form in zip(others, forms, strict=True):
            x, slope, offset = self.identifiers[state], self._text(form.slope), self._text(form.offset)
            if form.slope == ZERO:
                updates.append(f"{x} = {x} + dt*({offset})")
            else:
                solved = f"{x} + (1 - exp(dt*({slope})))*(-({offset})/({slope}) - {x})"
                # of many neurons some may have a slope of zero
                updates.append(
                    f"{x} = where(({slope}) == 0, {x} + dt*({offset}), {solved})" if model.varying else f"{x} = {solved}"
                )
        states = ", ".join(self.identifiers[s] for s in self.model.state_names)
        one = "," if len(self.model.state_names) == 1 else ""
        doc = "The state after dt, each variable solved exactly while the definitions stand still."
        needs = [e for form in forms for e in (form.slope, form.offset)]
        return self._function("relax", doc, needs, f"({states}{one})", updates, ", dt=0.01")

    def _reset(self, name: str, doc: str, rule: SpikeRule | InputRule, more: str = "") -> str:
        assignments = [f"{self.identifiers[name]} = {self._text(value)}" for name, value in rule.reset]
        states = ", ".join(self.identifiers[s] for s in self.model.state_names)
        one = "," if len(self.model.state_names) == 1 else ""
        return self._function(name, doc, [value for _, value in rule.reset], f"({states}{one})", assignments, more)

    def _function(
        self, name: str, doc: str, needs: Sequence[Expression], returned: str, statements: Sequence[str] = (), more: str = ""
    ) -> str:
        ids = [self.identifiers[s] for s in self.model.state_names]
        lines = [f'"""{doc}"""', f"{', '.join(ids)}{',' if len(ids) == 1 else ''} = state"]
        lines += [f"{self.identifiers[n]} = {self._text(self.model.regular[n])}" for n in self.model.definitions_for(needs)]
        lines += [*statements, f"return {returned}"]
        return f"def {name}(state, {self.identifiers[STIMULUS]}=0.0{more}):\n" + indent("\n".join(lines), "    ") + "\n"

    def _text(self, expression: Expression) -> str:
        printer = ScalarPrinter if self.scalar else NumpyPrinter
        return printer(self.identifiers, self.model.coherent).text(expression)

    def _tuple(self, expressions: Sequence[Expression]) -> str:
        return f"({', '.join(map(self._text, expressions))}{',' if len(expressions) == 1 else ''})"

    @property
    def names(self) -> str:
        """A line of a docstring about the names that are others here; empty where none is."""
        names = changed_names(self.identifiers, "Python")
        return f"\n{names}." if names else ""

    def _units(self) -> str:
        units = dict.fromkeys(str(self.model.unit_of(n)) for n in self.model.symbols)
        coherent = [u for u in units if u != "1" and self.model.coherent.factor(Unit.parse(u)) == 1.0]
        return f"Units: {', '.join(coherent)}."


def _comment(unit: Unit, coherent: CoherentSystem) -> str:
    if not unit.powers:
        return ""
    return f"  # {unit if coherent.factor(unit) == 1.0 else spell(unit.dimension, coherent)}"


def _safe(text: str) -> str:
    """Free text for a docstring: it cannot end it."""
    return " ".join(text.split()).replace("\\", "/").replace('"', "'")
