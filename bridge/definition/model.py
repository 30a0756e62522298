"""A neuron as its paper writes it: equations, parameters with units, initial values, spike rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from spikebridge.bridge.definition.conditional import conditionally_linear
from spikebridge.bridge.definition.dimensions import Dimensions
from spikebridge.bridge.definition.equation import Equation, in_order
from spikebridge.bridge.definition.equation_lines import STIMULUS as STIMULUS
from spikebridge.bridge.definition.evaluation import evaluator
from spikebridge.bridge.definition.gates import begin_at_v, gates_at_v, values_of_states
from spikebridge.bridge.definition.linearity import LinearForm, depends, linear_form, steady
from spikebridge.bridge.definition.regime import Regime, find_regime
from spikebridge.bridge.definition.singularity import SingularityRemover
from spikebridge.bridge.definition.spike_rule import WEIGHT, InputRule, SpikeRule
from spikebridge.bridge.definition.start_value import resting_values, value_at_start, values_by_need
from spikebridge.bridge.definition.vanishing import Zeros, constants, flat, without_zero_slopes
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.expression import Expression, Quantity, names
from spikebridge.bridge.expressions.quantity import Parameter, quantity_like, read_initial
from spikebridge.bridge.expressions.units import (
    CURRENT_DENSITY_DIMENSION,
    CURRENT_DIMENSION,
    MILLIVOLT,
    VOLTAGE_DIMENSION,
    VOLTS_PER_TIME_DIMENSION,
    CoherentSystem,
    Unit,
)
from spikebridge.bridge.shown import plain, shown
from spikebridge.reference.rest import NoRestError
from spikebridge.reference.upstairs import Shown, upstairs


@dataclass(frozen=True)
class Model(Shown):
    """A definition that holds together: names resolved, dimensions checked, no cycles.

    ``equations`` are kept in the order of the file. Every expression is in the units it was written in;
    ``coherent`` turns them into numbers. ``events`` are rules beside the spike; ``stimulus_at_rest`` is the coherent
    stimulus under which a resting state is meant; ``written`` are the parameters before any of them was changed;
    ``input`` says what arriving spikes do; ``patch`` says in words in which membrane a mechanism runs that stands alone;
    ``varying`` are parameters whose value a translation leaves open; ``unit_capacitance``: what is driven in V/s is a membrane.

    Examples
    --------
    >>> model = sb.load("hodgkin_huxley").with_parameters(g_Na="100 mS/cm2")
    >>> model
    <Model hodgkin_huxley: Squid giant axon, resting potential -65 mV
     v (mV), m, h, n; 9 parameters; driven in uA/cm2>
    >>> print(model.parameters["g_Na"])
    100 mS/cm2
    """

    name: str
    title: str
    source: str
    equations: tuple[Equation, ...]
    parameters: Mapping[str, Parameter]
    initial: Mapping[str, Expression]
    stimulus_unit: Unit
    coherent: CoherentSystem
    spike: SpikeRule | None = None
    steady_state: bool = False
    regimes: Mapping[str, Regime] = field(default_factory=dict)
    experiment: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    origin: str = ""
    events: tuple[SpikeRule, ...] = ()
    stimulus_at_rest: float = 0.0
    written: Mapping[str, Parameter] = field(default_factory=dict)
    patch: str = ""
    input: InputRule | None = None
    varying: frozenset[str] = frozenset()
    unit_capacitance: bool = False

    def __post_init__(self) -> None:
        if not self.written:
            object.__setattr__(self, "written", self.parameters)
        if not self.states:
            raise DefinitionError(
                f"{self.name}: there is no differential equation; write one as 'dv/dt = ... : mV', or 'v[n+1] = ... : mV' for a map"
            )
        if self.discrete and not all(s.iterated for s in self.states):
            raise DefinitionError(f"{self.name}: equations are either all differential or all of a map, v[n+1] = ...")
        if self.discrete and any(rule.reset for rule in self.rules):
            raise DefinitionError(f"{self.name}: a map has no reset; write it as a choice, v[n+1] = ... if ... else ...")
        if self.discrete and self.input:
            raise DefinitionError(f'{self.name}: a map has no event on = "input"; spikes arrive between steps, and it has none')
        _ = self.ordered_definitions
        missing = [s.name for s in self.states if s.name not in self.initial]
        if missing and not self.steady_state:
            raise DefinitionError(f"{self.name}: [initial] gives no value for {shown(missing[0])}")
        if self.spike and self.spike.refractory is not None and self.value(self.spike.refractory) < 0.0:
            raise DefinitionError(f"{self.name}: the refractory period must not be negative")

    def __repr__(self) -> str:
        states = [name if str(self.unit_of(name)) == "1" else f"{name} ({self.unit_of(name)})" for name in self.state_names]
        more = f" and {len(states) - 8} more" if len(states) > 8 else ""
        holds = f"{', '.join(states[:8])}{more}; {len(self.parameters)} parameters; driven in {self.stimulus_unit}"
        return f"<Model {plain(self.name, 60)}: {plain(self.title, 120)}\n {plain(holds, 250)}>"

    def latex(self) -> str:
        """Its equations for LaTeX's math mode: an ``aligned`` environment of amsmath."""
        found: str = upstairs("latex")(self)
        return found

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}$$"

    # parts ------------------------------------------------------------------------------------------

    @cached_property
    def states(self) -> tuple[Equation, ...]:
        return tuple(e for e in self.equations if e.of_state)

    @cached_property
    def state_names(self) -> tuple[str, ...]:
        return tuple(e.name for e in self.states)

    @property
    def discrete(self) -> bool:
        """Whether this is a map, iterated once a step, instead of differential equations."""
        return any(s.iterated for s in self.states)

    @property
    def rules(self) -> tuple[SpikeRule, ...]:
        """The spike rule, where there is one, and the further events."""
        return ((self.spike,) if self.spike else ()) + self.events

    @property
    def resets(self) -> bool:
        """Whether anything jumps."""
        return any(rule.reset for rule in self.rules)

    @property
    def arriving(self) -> tuple[str, ...]:
        """The symbol that only the assignments of ``input`` know, where there are any."""
        return (WEIGHT,) if self.input else ()

    @cached_property
    def held(self) -> tuple[str, ...]:
        """The states that rest during the refractory period."""
        return self.spike.held(self.state_names, self.name) if self.spike else ()

    @cached_property
    def definitions(self) -> dict[str, Expression]:
        """Intermediate symbols and what they stand for, as written."""
        return {e.name: e.expression for e in self.equations if not e.of_state}

    @cached_property
    def ordered_definitions(self) -> tuple[str, ...]:
        """Intermediate symbols, each after those it needs; DefinitionError names a cycle."""
        return in_order(self.definitions, self.name)

    def definitions_for(self, expressions: Iterable[Expression]) -> list[str]:
        """The definitions that expressions use in their regular form, each after those it needs itself."""
        open_names = {n for e in expressions for n in names(e)}
        needed: set[str] = set()
        while open_names:
            name = open_names.pop()
            if name in self.definitions and name not in needed:
                needed.add(name)
                open_names.update(names(self.regular[name]))
        return [n for n in self.ordered_definitions if n in needed]

    def unit_of(self, name: str) -> Unit:
        """The unit a symbol is written in."""
        if name == STIMULUS:
            return self.stimulus_unit
        if name in self.parameters:
            return self.parameters[name].unit
        for equation in self.equations:
            if equation.name == name:
                return equation.unit
        raise DefinitionError(f"{self.name}: there is no {shown(name)}.{did_you_mean(name, self.symbols)}")

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        return (*(e.name for e in self.equations), *self.parameters, STIMULUS)

    # analysis ---------------------------------------------------------------------------------------

    @cached_property
    def regular(self) -> dict[str, Expression]:
        """Right-hand sides by name, removable singularities written with exprel, zero slopes left out: what targets print."""
        remove = SingularityRemover(frozenset(self.parameters))
        right = {e.name: remove(e.expression) for e in self.equations}
        zeros = Zeros(self.constants, {n: right[n] for n in self.definitions}, self.coherent)
        return {**right, **without_zero_slopes({s.name: (right[s.name], s.unit) for s in self.states if s.differential}, zeros)}

    @cached_property
    def regular_definitions(self) -> dict[str, Expression]:
        return {name: self.regular[name] for name in self.definitions}

    @cached_property
    def linear(self) -> dict[str, LinearForm | None]:
        """For each state, its rate as A x + B, None where it is not linear in itself."""
        return {name: linear_form(self.regular[name], name, self.regular_definitions) for name in self.state_names}

    @cached_property
    def taken_apart(self) -> dict[str, LinearForm | None]:
        """The same as Brian2's exponential_euler has it, with A and B at the old state: what is linear, and more."""
        right, definitions = self.regular, self.regular_definitions
        return {name: form or conditionally_linear(right[name], name, definitions) for name, form in self.linear.items()}

    @cached_property
    def frozen(self) -> dict[str, LinearForm | None]:
        """The same while the definitions stand still too, as in NEURON's cnexp; None, too, where it begins with a slope of zero."""
        forms = {name: linear_form(self.regular[name], name, {}) for name in self.state_names}
        try:
            zero = () if self.varying else flat(forms, self._at_start, self.coherent)
        except DefinitionError:  # there is no start; who runs the model is told by ``check_start``
            zero = ()
        return {name: None if name in zero else form for name, form in forms.items()}

    @cached_property
    def flat_at_start(self) -> tuple[str, ...]:
        """The states whose slope, not zero by itself, is so at t = 0."""
        return flat(self.linear, self._at_start, self.coherent)

    @cached_property
    def voltage(self) -> str | None:
        """The membrane potential: the state in volts driven by a current; None where there is none."""
        more = (VOLTS_PER_TIME_DIMENSION,) if self.unit_capacitance else ()
        if self.discrete or self.stimulus_unit.dimension not in (CURRENT_DIMENSION, CURRENT_DENSITY_DIMENSION, *more):
            return None
        for equation in self.states:
            driven = depends(equation.expression, STIMULUS, self.definitions)
            if driven and equation.unit.dimension == VOLTAGE_DIMENSION:
                return equation.name
        return None

    @cached_property
    def as_membrane(self) -> Model:
        """The same model, where what is driven in volts per time is the potential of a membrane of capacitance one."""
        return self if self.voltage is not None else replace(self, unit_capacitance=True)

    @property
    def observed(self) -> str:
        """The signal that is looked at unless another one is named: the membrane potential, or the first state."""
        return self.voltage or self.state_names[0]

    @cached_property
    def dimensions(self) -> Dimensions:
        return Dimensions({name: self.unit_of(name).dimension for name in self.symbols}, self.coherent)

    # numbers ----------------------------------------------------------------------------------------

    def factor(self, name: str) -> float:
        """Coherent value per unit of the symbol."""
        return self.coherent.factor(self.unit_of(name))

    @cached_property
    def parameter_values(self) -> dict[str, float]:
        """Coherent values."""
        return {name: self.coherent.coherent(p.value, p.unit) for name, p in self.parameters.items()}

    def value(self, expression: Expression) -> float:
        """The coherent value of an expression in parameters and in definitions that are made of them alone."""
        return self._number("a constant", expression, self.constants)

    @cached_property
    def constants(self) -> Mapping[str, float]:
        """The coherent value of every parameter that is not varied, and of every definition that is made of those alone."""
        fixed = {n: x for n, x in self.parameter_values.items() if n not in self.varying}
        return constants(fixed, {n: self.definitions[n] for n in self.ordered_definitions}, self.coherent)

    @cached_property
    def initial_expressions(self) -> Mapping[str, Expression]:
        """What a translation writes as each state's initial value: as defined, or the resting state's numbers."""
        if not self.steady_state:
            return self.initial
        return {s: Quantity(x / self.factor(s), self.unit_of(s)) for s, x in self.initial_values.items()}

    @cached_property
    def initial_values(self) -> dict[str, float]:
        """Coherent value of every state at t = 0; DefinitionError where one cannot be found."""
        return self._resting_values() if self.steady_state else self._given_values(self.initial)

    def _resting_values(self) -> dict[str, float]:
        """The stable resting state without stimulus, reached from the initial values that are given.

        Others start from the steady state of their own equation, or from -65 mV, or from zero.
        """
        start = self._given_values({**self._guesses(), **self.initial})
        value_of = {n: evaluator(self.regular[n], self.coherent) for n in (*self.ordered_definitions, *self.state_names)}
        definitions, rates = ({n: value_of[n] for n in some} for some in (self.ordered_definitions, self.state_names))
        try:
            return resting_values(
                {**self.parameter_values, STIMULUS: self.stimulus_at_rest}, definitions, rates, start, self.discrete
            )
        except (NoRestError, ArithmeticError, np.linalg.LinAlgError):
            raise DefinitionError(
                f"{self.name}: initial: no stable resting state is reached; a cell that fires without stimulus has none "
                "(give initial values in numbers), others need initial values nearer to theirs"
            ) from None

    def _guesses(self) -> dict[str, Expression]:
        guesses: dict[str, Expression] = {}
        for state in self.states:
            if state.unit.dimension == VOLTAGE_DIMENSION:
                guesses[state.name] = Quantity(-65.0, MILLIVOLT)
            else:
                own = steady(self.linear[state.name], state.name, self.definitions)
                guesses[state.name] = own or Quantity(0.0, state.unit)
        return guesses

    def _given_values(self, initial: Mapping[str, Expression]) -> dict[str, float]:
        known = {**self.parameter_values, STIMULUS: self.stimulus_at_rest}
        found = values_by_need(self.state_names, {**self.regular, **initial}, known, self._number, self.name)
        return {name: found[name] for name in self.state_names}

    @cached_property
    def _at_start(self) -> dict[str, float]:
        """The value of every symbol at t = 0."""
        known: dict[str, Any] = {**self.parameter_values, **self.initial_values, STIMULUS: self.stimulus_at_rest}
        for name in self.ordered_definitions:
            known[name] = self._number(name, self.regular[name], known)
        return known

    def check_start(self) -> None:
        """DefinitionError unless initial values and the rates there are numbers: a capacitance of zero has none."""
        known = self._at_start
        for name in self.state_names:
            self._number(f"{name}[n+1]" if self.discrete else f"d{name}/dt", self.regular[name], known)

    def _number(self, name: str, expression: Expression, known: Mapping[str, Any]) -> float:
        return value_at_start(f"{self.name}: {name}", expression, known, self.coherent, self.unit_of)

    # changes ----------------------------------------------------------------------------------------

    def with_parameters(self, changes: Mapping[str, Any] | None = None, **more: Any) -> Model:
        """The model with other parameter values, each a text with its unit, a quantity, or one of Pint or Brian2; a parameter
        without a unit takes a plain number, too."""
        new = dict(self.parameters)
        for name, given in {**(changes or {}), **more}.items():
            new[name] = self.parameter(name, given)
        return replace(self, parameters=new)

    def parameter(self, name: str, given: Any) -> Parameter:
        """``given`` as a value for the parameter ``name``; DefinitionError where name or unit do not fit."""
        if name not in self.parameters:
            raise DefinitionError(f"{self.name}: there is no parameter {shown(name)}.{did_you_mean(name, self.parameters)}")
        try:
            # a parameter is shown with its shortest digits
            return replace(quantity_like(given, self.parameters[name].unit, name), written="")
        except DefinitionError as error:
            raise DefinitionError(f"{self.name}: {error}") from None

    def with_initial(self, changes: Mapping[str, Any] | None = None, **more: Any) -> Model:
        """The model with other initial values, each a quantity as a parameter's, or an expression as text; with ``gates="at v"``,
        every gate at its steady state for its v; or with ``steady_state`` true, the resting state near them."""
        changes = {**(changes or {}), **more}
        if not changes:
            return self
        where = f"{self.name}: initial"
        at_v = begin_at_v(changes, self.state_names, where)
        values = values_of_states(changes, self.state_names)
        found = {name: self.initial_expression(name, given) for name, given in values.items()}
        resting = changes.get("steady_state", False)
        if not isinstance(resting, bool):
            raise DefinitionError(f"{where}: steady_state: expected true or false, found {shown(resting)}")
        if resting:
            return replace(self, initial=found, steady_state=True)
        if at_v:
            found = {**self.gates_at_v(found), **found}
        # from a resting state the other variables keep their resting values; a model without one takes values for all
        kept = self.initial_expressions if set(self.state_names) - set(found) else {}
        return replace(self, initial={**kept, **found}, steady_state=False)

    def gates_at_v(self, given: Iterable[str]) -> dict[str, Expression]:
        """The initial value of every gate that is not given, where gates begin at their steady state for v."""
        return gates_at_v(self.states, self.voltage, self.linear, self.regular_definitions, set(given), f"{self.name}: initial")

    def initial_expression(self, name: str, text: Any) -> Expression:
        """A quantity or text as the initial value of ``name``; DefinitionError where name, text or dimension do not fit."""
        what = f"{self.name}: initial.{name}"
        if name not in self.state_names:
            raise DefinitionError(f"{what}: there is no state variable {shown(name)}.{did_you_mean(name, self.state_names)}")
        unit = self.unit_of(name)
        expression = read_initial(text, set(self.symbols), what, str(unit) if unit.powers else "")
        try:
            self.dimensions.check(expression, unit.dimension)
        except DefinitionError as error:
            raise DefinitionError(f"{what}: {error}") from None
        return expression

    def with_regime(self, name: str) -> Model:
        """The model in one of its regimes, by name or alias: its parameters, initial values and experiment."""
        regime = find_regime(self.regimes, name, self.name)
        changed = self.with_parameters(regime.parameters).with_initial(regime.initial)
        return replace(changed, experiment={**self.experiment, **regime.experiment})
