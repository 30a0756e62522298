"""Reading the rules of a definition: the spike with its reset and refractory period, and further events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.spike_rule import CLAMPS, MAX_EVENTS, WEIGHT, InputRule, SpikeRule
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.expression import Expression, names, parse_expression
from spikebridge.bridge.expressions.quantity import read_quantity
from spikebridge.bridge.expressions.units import TIME_DIMENSION, Unit
from spikebridge.bridge.shown import shown
from spikebridge.bridge.toml_file import refuse_unknown

_RESET = re.compile(r"^(?P<name>[A-Za-z_]\w*)\s*(?P<operator>[-+*/]?=)(?!=)(?P<expression>.*)$")
_FOLLOWERS = ("reset", "refractory", "refractory_clamp")


@dataclass(frozen=True)
class RuleReader:
    """Reads the rules of one definition.

    Attributes
    ----------
    known : the symbols rules may mention
    parameters : those among them that do not vary
    """

    where: str
    known: frozenset[str]
    parameters: frozenset[str]

    def spike(self, data: Mapping[str, Any]) -> SpikeRule | None:
        """The rule at the top of the file; None where there is none."""
        if "spike" not in data:
            for key in _FOLLOWERS:
                if key in data:
                    raise DefinitionError(f'{self.where}: {key}: there is no spike to follow; add spike = "v > ..."')
            return None
        left, right = self._condition(data, "spike")
        refractory = self._refractory(data) if "refractory" in data else None
        reset = self._resets(data)
        if refractory is not None and not reset:
            raise DefinitionError(f"{self.where}: refractory: needs a reset, which says where the variable rests")
        clamp = _text(data, "refractory_clamp", self.where, "state")
        if clamp not in CLAMPS:
            raise DefinitionError(f"{self.where}: refractory_clamp: there is no {shown(clamp)}. One of {', '.join(CLAMPS)}.")
        if "refractory_clamp" in data and refractory is None:
            raise DefinitionError(f'{self.where}: refractory_clamp: there is no refractory period; add refractory = "2 ms"')
        return SpikeRule(left, right, reset, refractory, clamp)

    def events(self, data: Mapping[str, Any]) -> tuple[SpikeRule, ...]:
        """The [[event]] tables that say when."""
        tables = self._tables(data)
        return tuple(self._event(t, f"{self.where}: event {i}") for i, t in enumerate(tables, 1) if "on" not in t)

    def input(self, data: Mapping[str, Any]) -> InputRule | None:
        """The [[event]] table of arriving spikes; None where there is none."""
        found = [(f"{self.where}: event {i}", table) for i, table in enumerate(self._tables(data), 1) if "on" in table]
        if len(found) > 1:
            raise DefinitionError(f'{found[1][0]}: on: there is another event with on = "input"; one model has one')
        return self._input(found[0][1], found[0][0]) if found else None

    def _tables(self, data: Mapping[str, Any]) -> list[dict[str, Any]]:
        tables = data.get("event", [])
        if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            raise DefinitionError(f"{self.where}: event: expected tables, written [[event]]")
        if len(tables) > MAX_EVENTS:
            raise DefinitionError(f"{self.where}: event: {len(tables)} events; at most {MAX_EVENTS} are read")
        return tables

    def _input(self, table: Mapping[str, Any], where: str) -> InputRule:
        refuse_unknown(table, ("on", "weight", "reset"), where)
        for key in ("weight", "reset"):
            if key not in table:
                raise DefinitionError(f"{where}: the key {shown(key)} is missing")
        if table["on"] != "input":
            raise DefinitionError(f'{where}: on: expected "input", found {shown(table["on"])}')
        if WEIGHT in self.known:
            raise DefinitionError(
                f"{where}: the model defines {shown(WEIGHT)}, which is what an arriving spike brings; rename it"
            )
        try:
            unit = Unit.parse(_text(table, "weight", where))
        except DefinitionError as error:
            raise DefinitionError(f"{where}: weight: {str(error).removeprefix(where + ': weight: ')}") from None
        reset = RuleReader(where, self.known | {WEIGHT}, self.parameters)._resets(table)
        if not reset:
            raise DefinitionError(f"{where}: reset: expected an assignment; an event that changes nothing is none")
        return InputRule(unit, reset)

    def _event(self, table: Mapping[str, Any], where: str) -> SpikeRule:
        refuse_unknown(table, ("when", "reset"), where)
        here = RuleReader(where, self.known, self.parameters)
        for key in ("when", "reset"):
            if key not in table:
                raise DefinitionError(f"{where}: the key {shown(key)} is missing")
        left, right = here._condition(table, "when")
        reset = here._resets(table)
        if not reset:
            raise DefinitionError(f"{where}: reset: expected an assignment; an event that changes nothing is none")
        return SpikeRule(left, right, reset)

    def _condition(self, data: Mapping[str, Any], key: str) -> tuple[Expression, Expression]:
        text = _text(data, key, self.where)
        parts = re.split(r">(?!=)", text)
        if len(parts) != 2 or re.search(r"[<=]", text):
            raise DefinitionError(f"{self.where}: {key}: expected 'variable > level', found {shown(text, 60)}")
        return self._parse(parts[0], key), self._parse(parts[1], key)

    def _resets(self, data: Mapping[str, Any]) -> tuple[tuple[str, Expression], ...]:
        lines = (line.split("#")[0].strip() for line in _text(data, "reset", self.where, "").splitlines())
        return tuple(self._reset(line) for line in lines if line)

    def _reset(self, line: str) -> tuple[str, Expression]:
        match = _RESET.match(line)
        if not match:
            raise DefinitionError(f"{self.where}: reset: expected 'variable = ...' or 'variable += ...', found {shown(line, 60)}")
        name, operator, text = match["name"], match["operator"], match["expression"]
        if operator != "=":
            text = f"{name} {operator[0]} ({text})"
        return name, self._parse(text, f"reset of {name}")

    def _refractory(self, data: Mapping[str, Any]) -> Expression:
        text = _text(data, "refractory", self.where)
        if text.strip() in self.parameters:
            return self._parse(text, "refractory")
        if text.strip() in self.known:
            raise DefinitionError(f'{self.where}: refractory: expected a time such as "2 ms" or a parameter, found {shown(text)}')
        try:
            return read_quantity(text)
        except DefinitionError as error:
            raise DefinitionError(f"{self.where}: refractory: {error}") from None

    def _parse(self, text: str, what: str) -> Expression:
        try:
            return parse_expression(text, set(self.known))
        except DefinitionError as error:
            raise DefinitionError(f"{self.where}: {what}: {error}") from None


def refuse_unknown_states(rule: SpikeRule | InputRule, states: tuple[str, ...], where: str) -> None:
    """DefinitionError at the first assignment to something that is not a state variable."""
    for name, _ in rule.reset:
        if name not in states:
            raise DefinitionError(f"{where}: reset: {shown(name)} is not a state variable.{did_you_mean(name, states)}")


def check_rule(rule: SpikeRule, model: Model, where: str, what: str) -> None:
    """DefinitionError where the dimensions of a rule do not fit, it can never change, or it assigns what is no state.

    Parameters
    ----------
    what : the key that says when
    """

    def checked(key: str, expression: Expression, expected: tuple[int, ...]) -> None:
        try:
            model.dimensions.check(expression, expected)
        except DefinitionError as error:
            raise DefinitionError(f"{where}: {key}: {error}") from None

    try:
        expected = model.dimensions.find(rule.left)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {what}: {error}") from None
    checked(what, rule.right, expected)
    sides = model.definitions_for([rule.left, rule.right])
    mentioned = {n for e in (rule.left, rule.right, *(model.definitions[d] for d in sides)) for n in names(e)}
    if not mentioned & set(model.state_names):
        raise DefinitionError(f"{where}: {what}: mentions no state variable, so it can never change")
    of = what.removesuffix("spike").removesuffix("when")
    refuse_unknown_states(rule, model.state_names, f"{where}: {of}".removesuffix(": "))
    for name, expression in rule.reset:
        checked(f"{of}reset of {name}", expression, model.unit_of(name).dimension)
    if rule.refractory is not None:
        checked("refractory", rule.refractory, TIME_DIMENSION)


def _text(data: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = data.get(key, default)
    if not isinstance(value, str):
        raise DefinitionError(f"{where}: {key}: expected text, found {shown(value)}")
    return value
