"""One of two definitions that are held against each other: what goes in, what comes out, and numbers for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from spikebridge.bridge.definition.equation_lines import STIMULUS
from spikebridge.bridge.definition.evaluation import Value, evaluator
from spikebridge.bridge.definition.mechanism import CLOCK, VOLTAGE, Mechanism
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load_definition
from spikebridge.bridge.errors import expect
from spikebridge.bridge.expressions.expression import Binary, Expression, Name, Quantity, names, rebuild, substitute
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.expressions.units import CURRENT_DENSITY_DIMENSION, CURRENT_DIMENSION, DIMENSIONLESS, Unit

Known = Mapping[str, np.ndarray]  # coherent values by symbol, shape (samples,) each


class Formula(NamedTuple):
    """A right-hand side: the symbols it mentions, and its value once theirs are known."""

    uses: tuple[str, ...]
    value: Value


@dataclass(frozen=True)
class Side:
    """A definition as equations alone.

    Attributes
    ----------
    label : what it is called in a report
    model : the equations; what a mechanism reads are parameters of it
    reads : what a mechanism reads from its cell, with ``v``
    currents : what a membrane sums of it
    subject : what the equations are of
    """

    label: str
    model: Model
    reads: tuple[str, ...] = ()
    currents: tuple[str, ...] = ()
    subject: Model | Mechanism | None = None

    @property
    def whole(self) -> Model:
        """What runs: the model, or the mechanism in its patch of membrane."""
        return self.subject.in_patch if isinstance(self.subject, Mechanism) else self.model

    @cached_property
    def states(self) -> tuple[str, ...]:
        return tuple(s for s in self.model.state_names if s != CLOCK)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        return tuple(p for p in self.model.parameters if p not in self.reads)

    @property
    def definitions(self) -> tuple[str, ...]:
        """Intermediate symbols, each after those it needs."""
        return self.model.ordered_definitions

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Whatever has to be known before anything can be computed."""
        return tuple(dict.fromkeys((*self.states, *self.reads, *self.parameters, STIMULUS)))

    @cached_property
    def potential(self) -> str | None:
        """What the membrane potential is called."""
        return VOLTAGE if VOLTAGE in self.reads else self.model.as_membrane.voltage

    @cached_property
    def rules(self) -> dict[str, tuple[Expression, Unit]]:
        """What happens at an instant, each by what a report calls it: the level that counts, every state afterwards, the rest."""
        found: dict[str, tuple[Expression, Unit]] = {}
        for k, rule in enumerate(self.model.rules):
            event = "spike" if rule is self.model.spike else f"event {k + (self.model.spike is None)}"
            state = next((n for n in names(rule.left) if n in self.model.state_names), self.model.state_names[0])
            level = rule.right if rule.left == Name(state) else Binary("+", Binary("-", rule.right, rule.left), Name(state))
            found[f"{event} level"] = level, self.model.unit_of(state)
            after: dict[str, Expression] = {}
            for name, expression in rule.reset:
                after[name] = substitute(expression, after)
            found |= {f"{name} after {event}": (tree, self.model.unit_of(name)) for name, tree in after.items()}
            if rule.refractory is not None:
                found["refractory period"] = rule.refractory, Unit.parse("ms")
        return found

    # units ------------------------------------------------------------------------------------------

    def unit(self, name: str) -> Unit:
        return self.rules[name][1] if name in self.rules else self.model.unit_of(name)

    def plain(self, name: str) -> bool:
        """Whether a symbol is a number without unit."""
        return self.unit(name).dimension == DIMENSIONLESS

    def factor(self, name: str) -> float:
        """What one of a symbol's own unit is in coherent numbers."""
        return self.model.coherent.factor(self.unit(name))

    def scale(self, name: str) -> float:
        """The SI size of one coherent unit of a symbol."""
        return self.model.coherent.scale(self.unit(name).dimension)

    # equations --------------------------------------------------------------------------------------

    def expression(self, name: str) -> Expression:
        """The right-hand side of a definition or of a state's rate, as it is written but for ``m*m*m``, which is ``m**3``."""
        return self._written[name]

    @cached_property
    def _written(self) -> dict[str, Expression]:
        written = {e.name: e.expression for e in self.model.equations} | {n: tree for n, (tree, _) in self.rules.items()}
        return {n: gathered(tree) for n, tree in written.items()}

    def uses(self, target: str) -> tuple[str, ...]:
        """The definitions on which a right-hand side rests, each after those it needs; then itself."""
        open_names, needed = list(names(self.expression(target))), set()
        while open_names:
            name = open_names.pop()
            if name in self.model.definitions and name not in needed:
                needed.add(name)
                open_names.extend(names(self.expression(name)))
        return (*(n for n in self.definitions if n in needed and n != target), target)

    def rests_on(self, target: str) -> frozenset[str]:
        """The inputs on which a right-hand side rests."""
        mentioned = {n for d in self.uses(target) for n in names(self.expression(d))}
        return frozenset(mentioned.intersection(self.inputs))

    def line(self, name: str) -> str:
        """The equation of a symbol, as the definition language writes it."""
        if name in self.rules:
            return f"{name}: {Printer().text(self.expression(name))}"
        equation = next(e for e in self.model.equations if e.name == name)
        left = f"d{name}/dt" if equation.differential else f"{name}[n+1]" if equation.iterated else name
        return f"{left} = {Printer().text(equation.expression)}"

    # numbers ----------------------------------------------------------------------------------------

    def default(self, name: str) -> float:
        """The coherent value of a parameter."""
        return self.model.parameter_values[name]

    def formula(self, expression: Expression) -> Formula:
        """The expression as a function of coherent values."""
        return Formula(names(expression), evaluator(expression, self.model.coherent))

    @cached_property
    def _formulas(self) -> dict[str, Formula]:
        return {name: self.formula(tree) for name, tree in self._written.items()}

    def computed(self, target: str, known: Known, other: Mapping[str, Formula] | None = None) -> np.ndarray:
        """The coherent value of a right-hand side, shape (samples,); nan where it would rest on itself.

        Parameters
        ----------
        known : values of the inputs, shape (samples,) each; a definition whose value is given is not computed, the target is
        other : right-hand sides in place of this definition's own
        """
        formulas = {**self._formulas, **(other or {})}
        found = {n: x for n, x in known.items() if n in self.states or (n != target and n not in (other or {}))}
        size = len(next(iter(known.values())))
        with np.errstate(all="ignore"):
            result = _value(target, formulas, found, (target,)) if target not in self.states else None
            if result is None:
                for needed in formulas[target].uses:
                    found[needed] = _value(needed, formulas, found, ())
                result = formulas[target].value(found)
        return np.broadcast_to(np.asarray(result, dtype=float), (size,))


def _value(name: str, formulas: Mapping[str, Formula], found: dict[str, Any], path: tuple[str, ...]) -> Any:
    """What a symbol is worth, computed once."""
    if name in found:
        return found[name]
    for needed in formulas[name].uses:
        found[needed] = np.nan if needed in path else _value(needed, formulas, found, (*path, needed))
    found[name] = formulas[name].value(found)
    return found[name]


def gathered(tree: Expression) -> Expression:
    """The tree with a symbol that is a factor several times as a power of it."""

    def change(node: Any) -> Expression | None:
        if not isinstance(node, Binary) or node.operator != "*":
            return None
        factors = list(_factors(node))
        powers = Counter(f.id for f in factors if isinstance(f, Name))
        if all(times == 1 for times in powers.values()):
            return None
        single = [f for f in dict.fromkeys(factors) if isinstance(f, Name)]
        rest = [rebuild(f, change) for f in factors if not isinstance(f, Name)]
        raised = [f if powers[f.id] == 1 else Binary("**", f, Quantity(float(powers[f.id]))) for f in single]
        return reduce(partial(Binary, "*"), [*rest, *raised])

    gathered: Expression = rebuild(tree, change)
    return gathered


def _factors(node: Expression) -> Iterator[Expression]:
    if isinstance(node, Binary) and node.operator == "*":
        yield from (*_factors(node.left), *_factors(node.right))
    else:
        yield node


def side_of(subject: str | Path | Model | Mechanism, label: str = "") -> Side:
    """A catalogue name, a file or a definition as one side; DefinitionError as reading it raises."""
    if isinstance(subject, (str, Path)):
        return side_of(load_definition(subject), label or str(subject))
    expect((Model, Mechanism), subject, "diff", "a model or mechanism, or the name or path of one")
    if isinstance(subject, Mechanism):
        return Side(label or subject.name, subject.alone, tuple(subject.reads), subject.currents, subject)
    return Side(label or subject.name, subject, currents=_summed(subject), subject=subject)


def _summed(model: Model) -> tuple[str, ...]:
    """The currents in a membrane equation, by name."""
    voltage = model.as_membrane.voltage
    if voltage is None:
        return ()
    right = next(e.expression for e in model.states if e.name == voltage)
    kinds = (CURRENT_DENSITY_DIMENSION, CURRENT_DIMENSION)
    return tuple(n for n in names(right) if n in model.definitions and model.unit_of(n).dimension in kinds)
