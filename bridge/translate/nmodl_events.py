"""NET_RECEIVE: the spike with its reset and refractory period, and further events, each behind a WATCH.

NEURON looks at all conditions at the end of a step, before any reset; then one event after another is delivered. A WATCH goes
off where its condition is true and was not when it was last looked at, so it remembers by itself what other targets must be told to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from spikebridge.bridge.definition.linearity import subtract
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.rule_memory import lowers
from spikebridge.bridge.definition.spike_rule import SpikeRule
from spikebridge.bridge.expressions.expression import Choice, Expression, Name, Quantity, names, substitute, walk
from spikebridge.bridge.translate.nmodl_statements import Statements, block

SPIKE, RELEASE = 2, 3  # flags; 1 starts watching, further events follow
REFRACTORY, HELD, AWAKE = "refractory", "v_held", "awake"


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
        if flag == SPIKE and self.masked:
            level = text(subtract(rule.left, rule.right)) if self._plain(rule) else f"{_level_name(flag)}()"
            return f"{AWAKE}*({level}) > 0" if self._plain(rule) else f"{AWAKE}*{level} > 0"
        return f"{text(rule.left)} > {text(rule.right)}" if self._plain(rule) else f"{_level_name(flag)}() > 0"

    @property
    def masked(self) -> bool:
        """Whether a neuron may be above its level at the end of its refractory period, and is to spike one step later: WATCH
        sees only a rise, so that the level counts from the first step that is not spent at rest."""
        return self._waits and not self._stays_below

    @cached_property
    def _stays_below(self) -> bool:
        model, spike = self.model, self.model.spike
        assert spike is not None
        moving = set(model.state_names) - set(model.held) | {name for rule in model.events for name, _ in rule.reset}
        level = {name for side in (spike.left, spike.right) for name in names(self._inlined(side))}
        return not moving & level and lowers(model, spike)

    def _acts(self, flag: int, rule: SpikeRule) -> list[str]:
        resets = [
            line for name, value in rule.reset for line in self.statements.assign(self.identifiers[name], self._inlined(value))
        ]
        if flag != SPIKE:
            moved = self.model.voltage in self.model.held and self.model.voltage in dict(rule.reset)
            return [*resets, f"{HELD} = v"] if moved else resets
        return ["net_event(t)", *resets, *self._wait(rule)]

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
