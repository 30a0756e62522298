"""NET_RECEIVE: the spike with its reset and refractory period, and further events, each behind a WATCH.

NEURON looks at all conditions at the end of a step, before any reset; then one event after another is delivered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spikebridge.bridge.definition.linearity import subtract
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.spike_rule import SpikeRule
from spikebridge.bridge.expressions.expression import Choice, Expression, Name, Quantity, names, substitute, walk
from spikebridge.bridge.translate.nmodl_statements import Statements, block

SPIKE, RELEASE = 2, 3  # flags; 1 starts watching, further events follow
REFRACTORY, HELD = "refractory", "v_held"


@dataclass(frozen=True)
class Events:
    """The blocks that the rules of a model need."""

    model: Model
    identifiers: Mapping[str, str]
    statements: Statements

    def net_receive(self) -> str:
        """The block; empty where nothing jumps."""
        if not self.model.resets:
            return ""
        flags = self._flags()
        lines = ["if (flag == 1) {", *(f"    WATCH ({self._watched(flag, rule)}) {flag}" for flag, rule in flags.items())]
        for flag, rule in flags.items():
            lines += [f"}} else if (flag == {flag}) {{", *(f"    {line}" for line in self._acts(flag, rule))]
        if self._waits:
            lines += [f"}} else if (flag == {RELEASE}) {{", f"    {REFRACTORY} = 0"]
        return block("NET_RECEIVE (w)", [*lines, "}"])

    def levels(self) -> str:
        """A function for every condition that NMODL cannot write where it watches."""
        found = [(flag, rule) for flag, rule in self._flags().items() if not self._plain(rule)]
        return "\n".join(self._level(flag, rule) for flag, rule in found)

    def _level(self, flag: int, rule: SpikeRule) -> str:
        name = _level_name(flag)
        level = self._inlined(subtract(rule.left, rule.right))
        return block(f"FUNCTION {name}()", self.statements.assign(name, level)) if self.model.resets else ""

    def _flags(self) -> dict[int, SpikeRule]:
        spike = {SPIKE: self.model.spike} if self.model.spike and self.model.spike.reset else {}
        return {**spike, **{RELEASE + k: rule for k, rule in enumerate(self.model.events, 1)}}

    @property
    def _waits(self) -> bool:
        return self.model.spike is not None and self.model.spike.refractory is not None

    def _plain(self, rule: SpikeRule) -> bool:
        """Whether the condition can stand in a WATCH as it is: neither choices nor definitions, which would be old."""
        sides = (rule.left, rule.right)
        return not any(isinstance(n, Choice) or (isinstance(n, Name) and n.id in self.model.definitions)
                       for side in sides for n in walk(side))  # fmt: skip

    def _watched(self, flag: int, rule: SpikeRule) -> str:
        text = self.statements.printer.text
        return f"{text(rule.left)} > {text(rule.right)}" if self._plain(rule) else f"{_level_name(flag)}() > 0"

    def _acts(self, flag: int, rule: SpikeRule) -> list[str]:
        resets = [
            line for name, value in rule.reset for line in self.statements.assign(self.identifiers[name], self._inlined(value))
        ]
        if flag != SPIKE:
            moved = self.model.voltage in self.model.held and self.model.voltage in dict(rule.reset)
            return [*resets, f"{HELD} = v"] if moved else resets
        lines = ["net_event(t)", *resets, *self._wait(rule)]
        if rule.refractory is None or rule.clamp == "state":
            return lines
        # nothing keeps the variable from crossing again, which is no spike
        return [f"if ({REFRACTORY} == 0) {{", *(f"    {line}" for line in lines), "}"]

    def _wait(self, rule: SpikeRule) -> list[str]:
        if rule.refractory is None:
            return []
        period = self.statements.printer.text(rule.refractory)
        held = [f"{HELD} = v"] if self.model.voltage in self.model.held else []
        lines = [f"{REFRACTORY} = 1", *held, f"net_send({period}, {RELEASE})"]
        if isinstance(rule.refractory, Quantity) and rule.refractory.value > 0:
            return lines
        return [f"if ({period} > 0) {{", *(f"    {line}" for line in lines), "}"]

    def _inlined(self, expression: Expression) -> Expression:
        """The expression in states and parameters alone: definitions have the values of the last step."""
        while any(name in self.model.definitions for name in names(expression)):
            expression = substitute(expression, dict(self.model.regular_definitions))
        return expression


def _level_name(flag: int) -> str:
    return "spike_level" if flag == SPIKE else f"event_{flag - RELEASE}_level"
