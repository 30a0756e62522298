"""From the TOML text of a definition to a Model, every fault named with file, key, expected and found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log10
from typing import Any

from spikebridge.bridge.definition.dimensions import Dimensions, infer
from spikebridge.bridge.definition.equation import Equation
from spikebridge.bridge.definition.equation_lines import STIMULUS, EquationLine, lines_of, read_equation
from spikebridge.bridge.definition.gates import begin_at_v, values_of_states
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.regime import Regime
from spikebridge.bridge.definition.rule_reader import RuleReader, check_rule, refuse_unknown_states
from spikebridge.bridge.definition.spike_rule import WEIGHT, InputRule
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.expression import GRAMMAR, Expression, names, parse_expression
from spikebridge.bridge.expressions.quantity import Parameter, read_initial, read_quantity
from spikebridge.bridge.expressions.units import CoherentSystem, Unit
from spikebridge.bridge.shown import first_unseen, shown
from spikebridge.bridge.toml_file import read_toml

MAX_EQUATIONS = 300
MAX_NAME = 100
MAX_TITLE = 60  # letters of a name that files and folders are called by
KEYS = ("name", "aliases", "title", "source", "equations", "spike", "reset", "refractory", "refractory_clamp", "event",
        "parameters", "initial", "regimes", "experiment")  # fmt: skip

_NAME = re.compile(r"[A-Za-z]\w*\Z", re.ASCII)
_TIME = "t"


@lru_cache(maxsize=512)
def parse_flat(text: str, where: str) -> Model:
    """Read a definition that uses no other from its text; ``where`` names it in errors.

    Read once: a model never changes, and what has been found out of it, such as its resting state, is found out for all.
    """
    data = read_toml(text, where, KEYS)
    return _Reader(where, data, text).model()


@dataclass(frozen=True)
class _Reader:
    where: str
    data: Mapping[str, Any]
    text: str

    def model(self) -> Model:
        name = self._string("name")
        if not _NAME.match(name) or len(name) > MAX_TITLE:
            raise DefinitionError(
                f"{self.where}: name: {shown(name, MAX_TITLE)} must be letters, digits and _, at most {MAX_TITLE}, starting with a letter"
            )
        _aliases(self.data, f"{self.where}: ")
        lines = self._lines()
        parameters = {key: self._quantity(value, f"parameters.{key}") for key, value in self._table("parameters").items()}
        stimulus_line = next((line for line in lines if line.declares_stimulus), None)
        lines = [line for line in lines if line is not stimulus_line]
        self._refuse_clashes(lines, parameters)
        known = {line.name for line in lines} | set(parameters) | {STIMULUS}
        equations = tuple(
            Equation(line.name, self._parse(line.expression, known, line.name), line.unit, line.differential, line.iterated)
            for line in lines
        )
        stimulus_unit, coherent = self._stimulus(stimulus_line, equations, parameters)
        rules = RuleReader(self.where, frozenset(known), frozenset(parameters))
        states = [e.name for e in equations if e.of_state]
        at_v = begin_at_v(self._table("initial"), states, f"{self.where}: initial")
        model = Model(
            name, self._free_text("title", name), self._free_text("source", ""), equations, parameters,
            self._initial(equations, known), stimulus_unit, coherent,
            rules.spike(self.data), self._steady_state(self._table("initial")) or at_v, {}, self._table("experiment"), self.text, self.where,
            rules.events(self.data), input=rules.input(self.data),
        )  # fmt: skip
        if at_v:
            model = replace(model, initial={**model.gates_at_v(model.initial), **model.initial}, steady_state=False)
        self._check_dimensions(model)
        return self._with_regimes(model)

    # equations --------------------------------------------------------------------------------------

    def _lines(self) -> list[EquationLine]:
        lines = [read_equation(line.code, self.where) for line in lines_of(self._string("equations"), self.where) if line.code]
        if len(lines) > MAX_EQUATIONS:
            raise DefinitionError(f"{self.where}: equations: {len(lines)} equations; at most {MAX_EQUATIONS} are read")
        return lines

    def _refuse_clashes(self, lines: list[EquationLine], parameters: Mapping[str, Parameter]) -> None:
        seen: set[str] = set()
        for name in [*(line.name for line in lines), *parameters]:
            if not _NAME.match(name):
                raise DefinitionError(
                    f"{self.where}: {shown(name, 60)} is not a name; use letters, digits and _, starting with a letter"
                )
            if len(name) > MAX_NAME:
                raise DefinitionError(f"{self.where}: the name {name[:20]}... has {len(name)} letters; at most {MAX_NAME}")
            if name in (_TIME, "dt", STIMULUS):
                role = "the stimulus" if name == STIMULUS else "time"
                raise DefinitionError(f"{self.where}: {shown(name)} is {role} and cannot be defined")
            if name in GRAMMAR:
                raise DefinitionError(f"{self.where}: {shown(name)} is a word of the language and cannot be defined")
            if name in seen:
                raise DefinitionError(f"{self.where}: {shown(name)} is defined twice")
            seen.add(name)

    def _parse(self, text: str, known: set[str], what: str) -> Expression:
        try:
            return parse_expression(text, known)
        except DefinitionError as error:
            raise DefinitionError(f"{self.where}: {what}: {error}") from None

    # the stimulus and the unit of current -------------------------------------------------------------

    def _stimulus(
        self, line: EquationLine | None, equations: tuple[Equation, ...], parameters: Mapping[str, Parameter]
    ) -> tuple[Unit, CoherentSystem]:
        coherent = _coherent_system(line.unit if line else None, parameters)
        if line:
            return line.unit, coherent
        of = {e.name: e.unit.dimension for e in equations} | {n: p.unit.dimension for n, p in parameters.items()}
        dimension = infer(STIMULUS, [(e.expression, e.dimension) for e in equations], of)
        if dimension is None:
            return Unit(), coherent
        text = Dimensions({}, coherent).spell(dimension)
        return Unit() if text == "dimensionless" else Unit.parse(text), coherent

    def _check_dimensions(self, model: Model) -> None:
        # definitions first: a wrong one is to blame, not the equation that uses it
        for equation in sorted(model.equations, key=lambda e: e.of_state):
            try:
                self._checked(model, equation.name, equation.expression, equation.dimension)
            except DefinitionError as error:
                raise DefinitionError(f"{error}{_unit_to_blame(model, equation)}") from None
        for name, expression in model.initial.items():
            self._checked(model, f"initial.{name}", expression, model.unit_of(name).dimension)
        if model.spike:
            check_rule(model.spike, model, self.where, "spike")
        for i, rule in enumerate(model.events, 1):
            check_rule(rule, model, self.where, f"event {i}: when")
        if model.input:
            self._check_input(model, model.input)

    def _check_input(self, model: Model, rule: InputRule) -> None:
        what = 'event on "input"'
        refuse_unknown_states(rule, model.state_names, f"{self.where}: {what}")
        dimensions = Dimensions({**model.dimensions.of, WEIGHT: rule.unit.dimension}, model.coherent)
        for name, expression in rule.reset:
            try:
                dimensions.check(expression, model.unit_of(name).dimension)
            except DefinitionError as error:
                raise DefinitionError(f"{self.where}: {what}: reset of {name}: {error}") from None
            if name in model.held:
                raise DefinitionError(
                    f"{self.where}: {what}: {name} rests in the refractory period, and what a spike that arrives then does to it is "
                    'open; let spikes act on a conductance or a current, or write refractory_clamp = "current"'
                )

    def _checked(self, model: Model, what: str, expression: Expression, expected: tuple[int, ...]) -> None:
        try:
            model.dimensions.check(expression, expected)
        except DefinitionError as error:
            raise DefinitionError(f"{self.where}: {what}: {error}") from None

    # the rest of the file -----------------------------------------------------------------------------

    def _initial(self, equations: tuple[Equation, ...], known: set[str]) -> dict[str, Expression]:
        states = [e.name for e in equations if e.of_state]
        table = values_of_states(self._table("initial"), states)
        found = {}
        for name, text in table.items():
            if name not in states:
                raise DefinitionError(
                    f"{self.where}: initial: {shown(name)} is not a state variable.{did_you_mean(name, states)}"
                )
            found[name] = self._initial_expression(name, text, known)
        return found

    def _initial_expression(self, name: str, text: Any, known: set[str]) -> Expression:
        if not isinstance(text, str):
            raise DefinitionError(f'{self.where}: initial.{name}: expected text such as "-65 mV", found {shown(text)}')
        return read_initial(text, known, f"{self.where}: initial.{name}")

    def _steady_state(self, table: Mapping[str, Any]) -> bool:
        value = table.get("steady_state", False)
        if not isinstance(value, bool):
            raise DefinitionError(f"{self.where}: initial.steady_state: expected true or false, found {shown(value)}")
        return value

    def _with_regimes(self, model: Model) -> Model:
        regimes: dict[str, Regime] = {}
        for name, table in self._table("regimes").items():
            if not _NAME.match(name) or len(name) > MAX_TITLE:
                raise DefinitionError(
                    f"{self.where}: regimes: {shown(name, MAX_TITLE)} must be letters, digits and _, at most {MAX_TITLE}, starting with a letter"
                )
            if not isinstance(table, dict):
                raise DefinitionError(f"{self.where}: regimes.{name}: expected a table of parameters")
            try:
                regimes[name] = self._regime(model, table)
            except DefinitionError as error:
                raise DefinitionError(f"{self.where}: regimes.{name}: {error}") from None
        object.__setattr__(model, "regimes", regimes)
        return model

    def _regime(self, model: Model, table: Mapping[str, Any]) -> Regime:
        """Parameters at the top of its table; initial values and an experiment in tables of their own."""
        inside = {key: table[key] for key in ("initial", "experiment") if isinstance(table.get(key), dict)}
        apart = {*inside, "aliases"} - set(model.parameters)
        parameters = {key: model.parameter(key, value) for key, value in table.items() if key not in apart}
        initial = inside.get("initial", {})
        self._steady_state(initial)
        begin_at_v(initial, model.state_names, "initial")
        for key, text in values_of_states(initial, model.state_names).items():
            model.initial_expression(key, text)
        other_names = () if "aliases" in model.parameters else _aliases(table)
        return Regime(parameters, initial, inside.get("experiment", {}), other_names)

    # values of keys -----------------------------------------------------------------------------------

    def _string(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if value is None:
            raise DefinitionError(f"{self.where}: the key {shown(key)} is missing")
        if not isinstance(value, str):
            raise DefinitionError(f"{self.where}: {key}: expected text, found {shown(value)}")
        return value

    def _free_text(self, key: str, default: str) -> str:
        """Text for readers, without what a terminal would obey or nobody would see."""
        text = self._string(key, default)
        odd = first_unseen(text)
        if odd is not None:
            raise DefinitionError(f"{self.where}: {key}: the character {shown(odd)} is not allowed")
        return text

    def _table(self, key: str) -> dict[str, Any]:
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise DefinitionError(f"{self.where}: {key}: expected a table, found {shown(value)}")
        return value

    def _quantity(self, value: Any, what: str) -> Parameter:
        try:
            return read_quantity(value)
        except DefinitionError as error:
            raise DefinitionError(f"{self.where}: {what}: {error}") from None


def _aliases(table: Mapping[str, Any], where: str = "") -> tuple[str, ...]:
    """Other names, as a table gives them."""
    given = table.get("aliases", [])
    if not isinstance(given, list) or not all(isinstance(a, str) and _NAME.match(a) for a in given):
        raise DefinitionError(f'{where}aliases: expected a list of names such as ["lif"], found {shown(given)}')
    return tuple(given)


def _unit_to_blame(model: Model, wrong: Equation) -> str:
    """A sentence about the one parameter of an equation with whose unit changed all equations fit, if there is one."""
    equations = [(e.expression, e.dimension) for e in model.equations]
    known, fits = model.dimensions, []
    for name in sorted(set(names(wrong.expression)) & set(model.parameters)):
        dimension = infer(name, equations, known.of)
        if dimension is not None and Dimensions({**known.of, name: dimension}, known.coherent).allow(equations):
            fits.append(f". All equations fit with {name} in {known.spell(dimension)} instead of {model.unit_of(name)}")
    return fits[0] if len(fits) == 1 else ""


def _coherent_system(stimulus: Unit | None, parameters: Mapping[str, Parameter]) -> CoherentSystem:
    """The unit of current that gives the model's own numbers: from the stimulus, else from the first
    parameter that mentions current, taken as coherent with mV, ms and cm."""
    units = ([stimulus] if stimulus else []) + [p.unit for p in parameters.values()]
    trial = CoherentSystem(1.0)
    for unit in units:
        _, mass, _, current, *_ = unit.dimension
        # current enters through ampere**(current + mass); where those cancel the unit says nothing
        power = current + mass
        if power:
            return CoherentSystem(_power_of_ten((unit.si / trial.scale(unit.dimension)) ** (1 / power)))
    return CoherentSystem(1e-9)


def _power_of_ten(x: float) -> float:
    return float(f"1e{round(log10(x))}")
