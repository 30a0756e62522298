"""NET_RECEIVE: the spike with its reset and refractory period, and further events, each behind a WATCH.

NEURON looks at all conditions at the end of a step, before any reset; then one event after another is delivered. A WATCH goes
off where its condition is true and was not when it was last looked at, so it remembers by itself what other targets must be told to.
A spike from outside comes through a NetCon, with no flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from spikebridge.bridge.definition.linearity import subtract
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.rule_memory import lowers, remembering
from spikebridge.bridge.definition.spike_rule import InputRule, SpikeRule
from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.expressions.expression import Choice, Expression, Name, Quantity, names, substitute, walk
from spikebridge.bridge.translate.nmodl_statements import Statements, block

ARRIVAL, WATCHING, SPIKE, RELEASE = 0, 1, 2, 3  # flags; further events follow
REFRACTORY, HELD, AWAKE = "refractory", "v_held", "awake"


@dataclass(frozen=True)
class Events:
    """The blocks that the rules of a model need."""

    model: Model
    identifiers: Mapping[str, str]
    statements: Statements
    weight: str = "w"

    def net_receive(self) -> str:
        """The block; empty where nothing jumps."""
        branches = {}
        if self.model.input:
            branches[ARRIVAL] = self._assigned(self.model.input)
        if self.model.resets:
            flags = self._flags()
            # by an event, or WATCH would see the voltage from before the reset
            again = [f"net_send(0, {WATCHING})"] if self._watches_again else []
            branches[WATCHING] = [f"WATCH ({self._watched(flag, rule)}) {flag}" for flag, rule in flags.items()]
            branches |= {flag: [*self._acts(flag, rule), *again] for flag, rule in flags.items()}
            branches |= {RELEASE: [f"{REFRACTORY} = 0"]} if self._waits else {}
        if not branches:
            return ""
        lines = [line for flag, acts in branches.items() for line in (f"}} else if (flag == {flag}) {{", *_indented(acts))]
        return block(f"NET_RECEIVE ({self.weight})", [lines[0].removeprefix("} else "), *lines[1:], "}"])

    @property
    def _watches_again(self) -> bool:
        """Whether an arriving spike may lift a level again between the reset and the next look: WATCH, which looks once a step,
        must then be told of the fall. All are told at once, which is right for one rule only."""
        if not self.model.input:
            return False
        moved = {name for name, _ in self.model.input.reset}
        sides = [(rule, self._inlined(subtract(rule.left, rule.right))) for rule in self._flags().values()]
        # the level of a spike with a refractory period is masked, and falls with that
        lifted = [rule for rule, level in sides if moved & set(names(level)) and rule.refractory is None]
        if len(sides) > 1 and lifted:
            raise TranslationError(
                f"NEURON's WATCH misses a level that an arriving spike lifts again before the next step, and with several rules "
                f"{self.model.name} cannot tell it; let spikes act on a conductance or a current"
            )
        once = dict(zip(self.model.rules, remembering(self.model), strict=True))
        return bool(lifted) and not once[lifted[0]]

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
        resets = self._assigned(rule)
        if flag != SPIKE:
            moved = self.model.voltage in self.model.held and self.model.voltage in dict(rule.reset)
            return [*resets, f"{HELD} = v"] if moved else resets
        return ["net_event(t)", *resets, *self._wait(rule)]

    def _assigned(self, rule: SpikeRule | InputRule) -> list[str]:
        ids = self.identifiers
        return [line for name, value in rule.reset for line in self.statements.assign(ids[name], self._inlined(value))]

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


def _indented(lines: list[str]) -> list[str]:
    """Four blanks before every line."""
    return [f"    {line}" for line in lines]


def _level_name(flag: int) -> str:
    return "spike_level" if flag == SPIKE else f"event_{flag - RELEASE}_level"
