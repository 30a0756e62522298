"""A model as the System that schemes integrate: its numpy source compiled, for one neuron or many."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any

import numpy as np

from spikebridge.bridge.definition.evaluation import evaluator, exponential
from spikebridge.bridge.definition.linearity import ZERO
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.rule_memory import remembering
from spikebridge.bridge.definition.spike_rule import WEIGHT, InputRule, SpikeRule
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import Expression
from spikebridge.bridge.expressions.syntax_tree import syntax_tree
from spikebridge.bridge.plain_rates import fast_rates
from spikebridge.bridge.stretches import stretch_of
from spikebridge.bridge.translate.numpy_source import NumpySource
from spikebridge.reference.functions import exp_scalar, exprel, exprel_scalar
from spikebridge.reference.schemes import SchemeError
from spikebridge.reference.system import Event, State, System, Value

# the names the printed source may use; nothing else is in reach of it
_SCALAR: dict[str, Any] = {
    "__builtins__": {}, "abs": abs, "exp": exp_scalar, "exprel": exprel_scalar, "log": math.log, "log10": math.log10,
    "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "tan": math.tan, "sinh": math.sinh, "cosh": math.cosh,
    "tanh": math.tanh, "arctan": math.atan,
}  # fmt: skip
_ARRAY: dict[str, Any] = {
    "__builtins__": {}, "abs": np.abs, "exp": np.exp, "exprel": exprel, "log": np.log, "log10": np.log10,
    "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh,
    "tanh": np.tanh, "arctan": np.arctan, "where": np.where, "logical_and": np.logical_and, "logical_or": np.logical_or,
    "logical_not": np.logical_not,
}  # fmt: skip
_FAST = "rates, fast"  # a name that no symbol can have


def build_system(model: Model, neurons: int | None = None, dtype: Any = np.float64) -> System:
    """The model as a System, from its numpy translation.

    Parameters
    ----------
    neurons : None for one neuron, else the size of the population
    dtype : float64 or float32; one neuron is kept in Python's floats or in numpy's float32 scalars
    """
    functions, _ = _compiled(model, neurons is None, dtype)
    system = _assemble(model, functions, initial_state(model, neurons, dtype), remembering(model))
    return replace(system, stretch=stretch_of) if system.plain else system


def initial_state(model: Model, neurons: int | None, dtype: Any = np.float64) -> State:
    """The state at t = 0, as ``build_system`` keeps it."""
    values = tuple(model.initial_values[s] for s in model.state_names)
    if neurons is not None:
        return tuple(np.full(neurons, x, dtype=dtype) for x in values)
    return values if dtype == np.float64 else tuple(dtype(x) for x in values)


def build_population(models: Sequence[Model]) -> System:
    """One neuron a model, all in one System: they share their equations and differ in parameters and initial values.

    Raises
    ------
    DefinitionError : equations or spike rules differ, or a refractory period does
    """
    first = models[0]
    for other in models:
        if (other.equations, other.rules, other.input) != (first.equations, first.rules, first.input):
            raise DefinitionError(f"{first.name}: a population needs the same equations in each of its neurons")
        if first.spike and first.spike.refractory is not None and _refractory_ms(other) != _refractory_ms(first):
            raise DefinitionError(f"{first.name}: a population needs the same refractory period in each of its neurons")
    columns = {name: np.array([m.parameter_values[name] for m in models]) for name in first.parameters}
    varying = {name: values for name, values in columns.items() if np.any(values != values[0])}
    functions, identifiers = _compiled(replace(first, varying=frozenset(varying)), False, np.float64)
    functions |= {identifiers[name]: values for name, values in varying.items()}
    initial = tuple(np.array([m.initial_values[s] for m in models]) for s in first.state_names)
    # memory does no harm where only others need it
    return _assemble(first, functions, initial, [any(column) for column in zip(*map(remembering, models), strict=True)])


def build_rates(model: Model, parameter: str) -> Callable[[State, Value, Value], State]:
    """The rates as ``rates(state, stimulus, value)``, a function of one parameter too; all coherent, all arrays."""
    family = build_family(replace(model, varying=frozenset({parameter})))
    return lambda state, stimulus, value: family.rates(state, stimulus, {parameter: value})


@dataclass(frozen=True)
class Family:
    """A model's functions with its parameters open: what is not given to a call has the model's own value.

    Everything is coherent. Entries of a state, the stimulus and given values are arrays that broadcast against each other, so that
    many members go in one call.
    """

    model: Model
    functions: dict[str, Any]
    identifiers: Mapping[str, str]

    def rates(self, state: State, stimulus: Value, values: Mapping[str, Value]) -> State:
        """Time derivatives, per ms."""
        return self._of(values)["rates"](state, stimulus)

    @property
    def is_linear(self) -> bool:
        """Whether each rate is linear in its own variable, so that ``linear`` can be asked."""
        return "linear" in self.functions

    def linear(self, state: State, stimulus: Value, values: Mapping[str, Value]) -> tuple[State, State]:
        """(A, B) with x' = A x + B for each variable while the others stand still."""
        return self._of(values)["linear"](state, stimulus)

    def arrive(self, state: State, weight: Value, values: Mapping[str, Value]) -> State:
        """The state after a spike from outside has arrived."""
        return self._of(values)["arrive"](state, 0.0, weight)

    def reset(self, rule: int, state: State, values: Mapping[str, Value]) -> State:
        """The state after a rule of the model has acted, counted from the spike, where there is one."""
        k = rule if self.model.spike else rule + 1
        return self._of(values)[f"event_{k}_reset" if k else "reset"](state)

    def level(self, rule: int, state: State, values: Mapping[str, Value]) -> Value:
        """How far above the level of a rule, counted likewise, the state is."""
        k = rule if self.model.spike else rule + 1
        return self._of(values)[f"event_{k}_level" if k else "spike_level"](state)

    def _of(self, values: Mapping[str, Value]) -> dict[str, Any]:
        own = self.model.parameter_values
        self.functions.update({self.identifiers[name]: values.get(name, np.float64(value)) for name, value in own.items()})
        return self.functions


def build_family(model: Model) -> Family:
    """The model's numpy translation, compiled for arrays."""
    return Family(model, *_compiled(model, False, np.float64))


def _compiled(model: Model, scalar: bool, dtype: Any) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The functions of the numpy translation in the namespace they see, and how symbols are called there."""
    source = NumpySource(model, scalar=scalar)
    plain = scalar and dtype == np.float64
    functions = dict(_SCALAR if plain else _ARRAY)
    # beside an array a plain float would do, but what is made of parameters alone must have the precision too
    kind = float if plain else dtype
    functions |= {source.identifiers[name]: kind(value) for name, value in model.parameter_values.items()}
    tree = syntax_tree(source.body)
    if dtype != np.float64:
        typed = _TypedNumbers(dtype)
        tree, functions = typed.visit(tree), functions | typed.values
    # only the printer wrote this text; nothing of the definition reaches it but checked names and numbers
    exec(compile(tree, f"<numpy translation of {model.name}>", "exec"), functions)  # noqa: S102
    for name, text in source.functions.items():
        functions[name].text = text  # who writes many steps of it as one function reads it there
    if plain and "rates" in functions:
        numbers = {source.identifiers[name]: float(value) for name, value in model.parameter_values.items()}
        functions[_FAST] = cache(partial(fast_rates, source.functions["rates"], functions, numbers))
    return functions, source.identifiers


class _TypedNumbers(ast.NodeTransformer):
    """Every number of a source in one precision: Python computes what is made of its own numbers alone, and functions of
    them, in double.

    A number becomes a global variable that is called by its own text, as no symbol can be.
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.values: dict[str, Any] = {}

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, (int, float)):
            return node
        name = repr(node.value)
        self.values[name] = self.dtype(node.value)
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        node.left = self.visit(node.left)
        # a whole exponent is no operand: numpy multiplies for 2 and calls pow for 2.0
        if not (isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant)):
            node.right = self.visit(node.right)
        return node


def _refractory_ms(model: Model) -> float:
    refractory = model.spike.refractory if model.spike else None
    return 0.0 if refractory is None else model.value(refractory)


def _assemble(model: Model, functions: Mapping[str, Callable[..., Any]], initial: State, remembers: Sequence[bool]) -> System:
    states = model.state_names
    spike, others = _split(model, remembers)
    rules = enumerate(others, 1)
    return System(
        states,
        initial,
        functions.get("rates", _no_rates),
        voltage=states.index(model.voltage) if model.voltage else None,
        voltage_rate=functions.get("voltage_rate"),
        linear=functions.get("linear"),
        relax=functions.get("relax"),
        event=_spike(model, functions.get("spike_level"), functions.get("reset"), spike),
        others=tuple(Event(functions[f"event_{k}_level"], functions[f"event_{k}_reset"], remembers=was) for k, was in rules),
        advance=functions.get("advance"),
        input=_input(functions["arrive"]) if model.input else None,
        fast_rates=functions.get(_FAST),
    )


def _input(arrive: Callable[..., State]) -> Callable[[State, Value], State]:
    return lambda state, weight: arrive(state, 0.0, weight)


def _no_rates(state: State, stimulus: Value = 0.0) -> State:
    raise SchemeError("a map has no time derivative to integrate; its scheme is iteration")


def _split(model: Model, remembers: Sequence[bool]) -> tuple[bool, Sequence[bool]]:
    """Whether the spike remembers, and which of the other events do."""
    return (remembers[0], remembers[1:]) if model.spike else (False, remembers)


def _spike(model: Model, level: Callable[..., Any] | None, reset: Callable[..., Any] | None, remembers: bool) -> Event | None:
    spike = model.spike
    if spike is None or level is None:
        return None
    refractory_ms = _refractory_ms(model)
    held = tuple(model.state_names.index(s) for s in model.held)
    return Event(level, reset, refractory_ms, held, refractory_ms > 0 and spike.clamp == "current", remembers)


def interpret_system(model: Model, neurons: int | None = None, dtype: Any = np.float64) -> System:
    """The model as a System evaluated node by node from its definition, without any printed text.

    Independent of the numpy source, and slow: the proof that the source says what the definition says. Parameters as in
    ``build_system``.
    """
    by_node = _Interpreter(model, float if dtype == np.float64 else dtype)
    index = model.state_names.index(model.voltage) if model.voltage else None
    others = [s for s in model.state_names if s != model.voltage]
    spike, remembers = _split(model, remembering(model))
    return System(
        model.state_names,
        initial_state(model, neurons, dtype),
        _no_rates if model.discrete else by_node.rates(),
        voltage=index,
        voltage_rate=by_node.voltage_rate() if index is not None else None,
        linear=by_node.linear() if all(model.taken_apart.values()) and not model.discrete else None,
        relax=by_node.relax() if others and all(model.frozen[s] for s in others) and not model.discrete else None,
        event=_spike(model, by_node.level(model.spike), by_node.reset(model.spike), spike) if model.spike else None,
        others=tuple(
            Event(by_node.level(rule), by_node.reset(rule), remembers=was)
            for rule, was in zip(model.events, remembers, strict=True)
        ),
        advance=by_node.rates() if model.discrete else None,
        input=by_node.input(model.input) if model.input else None,
    )


@dataclass(frozen=True)
class _Interpreter:
    """What a System needs, evaluated from the trees of a definition; ``kind`` makes numbers of the precision."""

    model: Model
    kind: Callable[[float], Any] = float

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        return {name: self.kind(value) for name, value in self.model.parameter_values.items()}

    def _evaluators(self, expressions: Iterable[Expression]) -> list[Callable[[Mapping[str, Any]], Any]]:
        return [evaluator(expression, self.model.coherent, self.kind) for expression in expressions]

    def _values(self, expressions: Sequence[Expression]) -> Callable[[State, Value], dict[str, Any]]:
        """The values of all symbols that these expressions need, as a function of state and stimulus."""
        model = self.model
        needed, parameters = model.definitions_for(expressions), self._parameters
        definitions = list(zip(needed, self._evaluators(model.regular[name] for name in needed), strict=True))

        def values(state: State, stimulus: Value) -> dict[str, Any]:
            known = parameters.copy()
            known.update(zip(model.state_names, state, strict=True))
            known[STIMULUS] = stimulus
            for name, definition in definitions:
                known[name] = definition(known)
            return known

        return values

    def _together(self, expressions: Sequence[Expression]) -> Callable[[State, Value], State]:
        """The values of these expressions, as a function of state and stimulus."""
        values, wanted = self._values(expressions), self._evaluators(expressions)

        def together(state: State, stimulus: Value = 0.0) -> State:
            known = values(state, stimulus)
            return tuple([each(known) for each in wanted])  # a list is quicker here than a generator

        return together

    def rates(self) -> Callable[[State, Value], State]:
        return self._together([self.model.regular[s] for s in self.model.state_names])

    def voltage_rate(self) -> Callable[[State, Value], Value]:
        rate = self._together([self.model.regular[self.model.voltage]] if self.model.voltage else [])

        def voltage_rate(state: State, stimulus: Value = 0.0) -> Value:
            return rate(state, stimulus)[0]

        return voltage_rate

    def linear(self) -> Callable[[State, Value], tuple[State, State]]:
        forms = [form for s in self.model.state_names if (form := self.model.taken_apart[s])]
        both = self._together([*(f.slope for f in forms), *(f.offset for f in forms)])

        def linear(state: State, stimulus: Value = 0.0) -> tuple[State, State]:
            found = both(state, stimulus)
            return found[: len(forms)], found[len(forms) :]

        return linear

    def relax(self) -> Callable[[State, Value, float], State]:
        model = self.model
        forms = {s: form for s in model.state_names if s != model.voltage and (form := model.frozen[s])}
        values = self._values([e for form in forms.values() for e in (form.slope, form.offset)])
        slopes, offsets = self._evaluators(f.slope for f in forms.values()), self._evaluators(f.offset for f in forms.values())
        steps = list(zip(forms, (form.slope == ZERO for form in forms.values()), slopes, offsets, strict=True))

        def relax(state: State, stimulus: Value = 0.0, dt: float = 0.01) -> State:
            known = values(state, stimulus)
            for name, flat, slope, offset in steps:
                a, b, x = slope(known), offset(known), known[name]
                known[name] = x + dt * b if flat else x + (1.0 - exponential(dt * a)) * (-b / a - x)
            return tuple(known[s] for s in model.state_names)

        return relax

    def level(self, rule: SpikeRule) -> Callable[[State], Value]:
        sides = self._together([rule.left, rule.right])

        def level(state: State) -> Value:
            with np.errstate(all="ignore"):  # samples of a run that went astray overflow; that is said elsewhere
                left, right = sides(state, 0.0)
            return left - right

        return level

    def reset(self, rule: SpikeRule) -> Callable[[State], State] | None:
        assigned = self._assigned(rule.reset)

        def reset(state: State) -> State:
            return assigned(state, {})

        return reset if rule.reset else None

    def input(self, rule: InputRule) -> Callable[[State, Value], State]:
        assigned = self._assigned(rule.reset)
        return lambda state, weight: assigned(state, {WEIGHT: weight})

    def _assigned(self, assignments: Sequence[tuple[str, Expression]]) -> Callable[[State, Mapping[str, Any]], State]:
        """The state after assignments, one after another, that may mention more than the model's symbols."""
        changes = list(zip((name for name, _ in assignments), self._evaluators(e for _, e in assignments), strict=True))
        values = self._values([e for _, e in assignments])

        def assigned(state: State, more: Mapping[str, Any]) -> State:
            known = {**values(state, 0.0), **more}
            for name, change in changes:
                known[name] = change(known)
            return tuple(known[s] for s in self.model.state_names)

        return assigned
