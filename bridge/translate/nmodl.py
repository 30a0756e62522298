"""A model as an NMODL mechanism: currents per area as a density mechanism, absolute ones as a point process, and
models that are not driven by a current as a point process that only has states.

What an implementer meets here: cnexp is only right where each rate is linear in its own state, and
NEURON compiles anything without a word; a STATE cannot be called like a C or NMODL word, nor like the
``m0`` and ``Dm`` that NMODL makes of a state ``m``; NMODL converts no units, so every number is printed
in coherent ones; a reset needs NET_RECEIVE, which only point processes have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from spikebridge.bridge.definition.model import STIMULUS
from spikebridge.bridge.definition.spike_rule import WEIGHT
from spikebridge.bridge.expressions.expression import Binary, Call, Choice, Expression, Name, Quantity, names, walk
from spikebridge.bridge.expressions.printing import number
from spikebridge.bridge.expressions.units import Unit, spell
from spikebridge.bridge.translate.identifiers import changed_names, mangle
from spikebridge.bridge.translate.nmodl_events import AWAKE, HELD, REFRACTORY, WATCHING, Events
from spikebridge.bridge.translate.nmodl_kind import MechanismKind
from spikebridge.bridge.translate.nmodl_printer import NmodlPrinter, RatePrinter
from spikebridge.bridge.translate.nmodl_statements import LOCAL, LONGEST, Statements, block, folded, free_text, wrapped
from spikebridge.bridge.translate.nmodl_words import KNOWN_UNITS, MECHANISMS, RESERVED, unit_words, with_unit

# NMODL takes nothing beyond ASCII
SEEN = "stimulus_seen"
_EXPREL = """\
FUNCTION exprel(x) {
    : (exp(x) - 1)/x, by its series where the difference would cancel
    if (fabs(x) < 0.02) {
        exprel = 1 + x/2*(1 + x/3*(1 + x/4*(1 + x/5*(1 + x/6*(1 + x/7)))))
    } else {
        exprel = (exp(x) - 1)/x
    }
}
"""


@dataclass(frozen=True)
class Nmodl(MechanismKind):
    """The translation of one model; ``text`` is the mod file."""

    # names ------------------------------------------------------------------------------------------

    @cached_property
    def suffix(self) -> str:
        return mangle([self.model.name], MECHANISMS, suffixes=("_ion",))[self.model.name]

    @cached_property
    def identifiers(self) -> Mapping[str, str]:
        model = self.model
        made_of_states = {made for s in self.mechanism_states for made in (f"{s}0", f"D{s}")}
        clashing = {s for s in self.mechanism_states if {f"{s}0", f"D{s}"} & RESERVED}  # such as j0, which is a function
        others = [s for s in (*model.symbols, *model.arriving) if s != model.voltage]
        # NMODL puts the mechanism's name behind those of its blocks and of its globals
        made_of_blocks = {
            f"{block}{dashes}{self.suffix}"
            for block in ("states", "iterate", "rates", "exprel", "g_hold")
            for dashes in ("_", "__")
        }
        taken = RESERVED | made_of_states | clashing | made_of_blocks | {self.suffix} | {s for s in others if s.startswith(LOCAL)}
        return {**mangle(others, taken, suffixes=("_columnindex",)), **({model.voltage: "v"} if model.voltage else {})}

    @cached_property
    def printer(self) -> NmodlPrinter:
        return NmodlPrinter(self._seen_identifiers, self.model.coherent, self.coherent_unit)

    @cached_property
    def _seen_identifiers(self) -> Mapping[str, str]:
        """In equations the stimulus is what a refractory period lets through of it."""
        return {**self.identifiers, STIMULUS: SEEN} if self.silences else self.identifiers

    @cached_property
    def statements(self) -> Statements:
        return Statements(self.printer, self.model.regular)

    @cached_property
    def events(self) -> Events:
        return Events(self.model, self.identifiers, self.statements, self._weight)

    @property
    def _weight(self) -> str:
        """The argument of NET_RECEIVE with its unit."""
        if not self.model.input:
            return "w"
        return with_unit(self.identifiers[WEIGHT], self.coherent_unit(self.model.input.unit))

    def coherent_unit(self, unit: Unit) -> Unit:
        """The unit as written where its numbers are coherent, else the coherent unit of its dimension."""
        return self.model.coherent.unit(unit)

    @cached_property
    def long_parameters(self) -> dict[str, float]:
        """Target names and values of the parameters whose defaults NMODL cuts to six digits: set them after it is made."""
        return self.parameters_unlike(self)

    def parameters_unlike(self, built: Nmodl) -> dict[str, float]:
        """Target names and values of the parameters that a mechanism built as ``built`` does not have by default."""
        values = {
            self.identifiers[n]: (built.model.parameter_values[n], self.model.parameter_values[n]) for n in self.used_parameters
        }
        return {name: value for name, (default, value) in values.items() if float(f"{default:g}") != value}

    # the file ---------------------------------------------------------------------------------------

    @cached_property
    def text(self) -> str:
        blocks = [self._title(), self._neuron(), self._units(), self._parameter(), self.statements_text]
        return "\n".join(block for block in blocks if block)

    @cached_property
    def statements_text(self) -> str:
        """What the mechanism computes, without title, units and defaults."""
        blocks = [
            self._state(), self._assigned(), self._initial(), self._breakpoint(), self._derivative(), self._iterate(),
            self._rates(), self.events.net_receive(), self.events.levels(), self._exprel(),
        ]  # fmt: skip
        return "\n".join(block for block in blocks if block)

    def _title(self) -> str:
        model = self.model
        long = ", ".join(f"{name} = {number(value)}" for name, value in self.long_parameters.items())
        digits = f"\n{folded(f'NMODL keeps six digits of a default; set {long}.')}" if long else ""
        names = changed_names(self.identifiers, "NEURON", [model.voltage or ""])
        digits += f"\n{folded(f'{names}.')}" if names else ""
        if not self.has_membrane:
            source = f"{free_text(model.source)}\n\n" if model.source else ""
            how = f"This mechanism has its own states; set {self.identifiers[STIMULUS]}, for example with Vector.play."
            return f"TITLE {free_text(model.title)}\n\nCOMMENT\n{source}{how}{digits}\nENDCOMMENT\n"
        capacitance = self.printer.text(self.membrane.capacitance)
        where = "cm" if self.per_area else "the section"
        value = number(model.value(self.membrane.capacitance))
        unit = spell(model.dimensions.find(self.membrane.capacitance), model.coherent)
        play = f"and play {STIMULUS} into {self.identifiers[STIMULUS]}: the refractory period keeps it out."
        how = play if self.own_stimulus else f"and inject {STIMULUS} with an IClamp."
        return (
            f"TITLE {free_text(model.title)}\n\nCOMMENT\n{free_text(model.source)}\n\n"
            f"{model.voltage} is the membrane potential. Give {where} the capacitance {capacitance} = {value} {unit}\n"
            f"{how}{digits}\nENDCOMMENT\n"
        )

    def _neuron(self) -> str:
        ids = self.identifiers
        kind = "POINT_PROCESS" if self.point_process else "SUFFIX"
        ranges = [ids[n] for n in (*self.used_parameters, *self._used_definitions)]
        if self.own_stimulus:
            ranges.append(ids[STIMULUS])
        current = ["NONSPECIFIC_CURRENT i"] if self.has_membrane else []
        lines = [f"{kind} {self.suffix}", *current, *wrapped("RANGE", ranges)]
        if self.holds:
            lines.append(f"RANGE {REFRACTORY}")
        return block("NEURON", lines)

    def _units(self) -> str:
        atoms = dict.fromkeys(name for unit in self._all_units() for name, _ in unit.powers)
        lines = [f"({name}) = ({unit_words(name)})" for name in atoms if name not in KNOWN_UNITS]
        return block("UNITS", lines)

    def _all_units(self) -> Iterable[Unit]:
        model = self.model
        if self.has_membrane:
            yield from (Unit.parse("mV"), Unit.parse(self.current_unit))
        if self.own_stimulus:
            yield self.coherent_unit(model.stimulus_unit)
        if self.per_area:
            yield Unit.parse("uA/cm2") if model.coherent.ampere == 1e-6 else self.coherent_unit(model.stimulus_unit)
        for symbol in (*self.used_parameters, *self._used_definitions, *self.mechanism_states):
            yield self.coherent_unit(model.unit_of(symbol))
        trees = [model.regular[n] for n in (*model.definitions, *model.state_names)] + list(model.initial_expressions.values())
        for tree in trees:
            yield from (self.coherent_unit(n.unit) for n in walk(tree) if isinstance(n, Quantity))
        if self.holds_voltage:
            yield Unit.parse(self.hold_unit)
        if model.input:
            yield self.coherent_unit(model.input.unit)
            yield from (self.coherent_unit(n.unit) for _, e in model.input.reset for n in walk(e) if isinstance(n, Quantity))

    def _parameter(self) -> str:
        model = self.model
        lines = []
        for name in self.used_parameters:
            default = f"{self.identifiers[name]} = {number(model.parameter_values[name])}"
            lines.append(with_unit(default, self.coherent_unit(model.parameters[name].unit)))
        if self.own_stimulus:
            lines.append(with_unit(f"{self.identifiers[STIMULUS]} = 0", self.coherent_unit(model.stimulus_unit)))
        if self.holds_voltage:
            lines.append(f"g_hold = 1e15 ({self.hold_unit}) : so large that v rests to the last bit")
        return block("PARAMETER", lines)

    def _state(self) -> str:
        lines = []
        for name in self.mechanism_states:
            lines.append(with_unit(self.identifiers[name], self.coherent_unit(self.model.unit_of(name))))
        if all(" " not in line for line in lines) and sum(len(line) + 1 for line in lines) < LONGEST:
            return f"STATE {{ {' '.join(lines)} }}\n" if lines else ""
        return block("STATE", lines)

    def _assigned(self) -> str:
        lines = ["v (mV)", f"i ({self.current_unit})"] if self.has_membrane else []
        for name in self._used_definitions:
            lines.append(with_unit(self.identifiers[name], self.coherent_unit(self.model.unit_of(name))))
        if self.point_process and self.per_area and self.has_membrane:
            lines.append("area (micron2)")
        lines += [REFRACTORY] if self.holds else []
        lines += [AWAKE] if self.events.masked else []
        lines += [f"{HELD} (mV)"] if self.holds_voltage else []
        if self.silences:
            lines.append(with_unit(SEEN, self.coherent_unit(self.model.stimulus_unit)))
        return block("ASSIGNED", lines)

    def _initial(self) -> str:
        states = self.mechanism_states
        provided = set(self.model.definitions_for(self._state_rates)) if states else set()
        initial = [self.model.initial_expressions[s] for s in states]
        lines = [f"{REFRACTORY} = 0"] if self.holds else []
        lines += [f"{AWAKE} = 1"] if self.events.masked else []
        lines += [self._seen] if self.silences else []
        lines += [f"{HELD} = v"] if self.holds_voltage else []
        lines += ["rates()"] if provided else []
        lines += [
            line for n in self.model.definitions_for(initial) if n not in provided for line in self.statements.assignment(n)
        ]
        for state, expression in zip(states, initial, strict=True):
            lines += self.statements.assign(self.identifiers[state], expression)
        lines += [f"net_send(0, {WATCHING})"] if self.has_reset else []
        return block("INITIAL", lines)

    def _breakpoint(self) -> str:
        lines = [f"SOLVE states METHOD {self.method}"] if self.method else []
        lines += ["SOLVE iterate"] if self.model.discrete else []
        if not self.has_membrane:
            return block("BREAKPOINT", lines)
        lines += [line for n in self.model.definitions_for([self.membrane.current]) for line in self.statements.assignment(n)]
        plain, before = self.statements.hoisted(self.membrane.current)
        lines += before
        lines += [*self._awake, *([self._seen] if self.silences else [])]
        current = self._scaled(self.printer.text(plain) + (f" - {SEEN}" if self.silences else ""))
        if self.holds_voltage:
            hold = self._scaled(f"g_hold*(v - {HELD})")
            lines += [f"if ({REFRACTORY}) {{", f"    i = {hold}", "} else {", f"    i = {current}", "}"]
        else:
            lines.append(f"i = {current}")
        return block("BREAKPOINT", lines)

    @property
    def _seen(self) -> str:
        return f"{SEEN} = (1 - {REFRACTORY})*{self.identifiers[STIMULUS]}"

    @property
    def _awake(self) -> list[str]:
        return [f"{AWAKE} = 1 - {REFRACTORY}"] if self.events.masked else []

    def _scaled(self, current: str) -> str:
        """The model's current in the unit NEURON wants of ``i``."""
        neuron = 1e-9 if self.point_process else 1e-3
        over_area = self.point_process and self.per_area
        factor = self.model.coherent.ampere / neuron * (1e-8 if over_area else 1.0)  # um2 in cm2
        if abs(factor - 1) < 1e-12:
            return current
        return f"({number(float(f'{factor:.12g}'))})*{'area*' if over_area else ''}({current})"

    def _derivative(self) -> str:
        if not self.method:
            return ""
        lines = [*(self._awake if not self.has_membrane else []), *([self._seen] if self.silences else [])]
        lines += ["rates()"] if self.model.definitions_for(self._state_rates) else []
        rates = RatePrinter(self._seen_identifiers, self.model.coherent, self.coherent_unit)
        for state in self.mechanism_states:
            plain, before = self.statements.hoisted(self._rate(state))
            text = rates.text(plain)
            if state in self.model.held:
                text = f"(1 - {REFRACTORY})*({text})"
            lines += [*before, f"{self.identifiers[state]}' = {text}"]
        return block("DERIVATIVE states", lines)

    def _iterate(self) -> str:
        """All next values first, then all at once."""
        if not self.model.discrete:
            return ""
        states = [self.identifiers[s] for s in self.mechanism_states]
        ahead = mangle([f"{s}_next" for s in states], RESERVED | set(self.identifiers.values()))
        lines = [f"LOCAL {', '.join(ahead.values())}"]
        lines += ["rates()"] if self.model.definitions_for(self._state_rates) else []
        for state, new in zip(self.mechanism_states, ahead.values(), strict=True):
            lines += self.statements.assign(new, self.model.regular[state])
        return block("PROCEDURE iterate()", [*lines, *(f"{s} = {new}" for s, new in zip(states, ahead.values(), strict=True))])

    def _rate(self, state: str) -> Expression:
        """The rate as NEURON must see it: a choice that mentions the state hides it from cnexp, so it is taken apart."""
        rate, form = self.model.regular[state], self.model.linear[state]
        hidden = any(isinstance(node, Choice) and state in names(node) for node in walk(rate))
        if form is None or not hidden:
            return rate
        return Binary("+", Binary("*", form.slope, Name(state)), form.offset)

    def _rates(self) -> str:
        return block(
            "PROCEDURE rates()",
            [line for n in self.model.definitions_for(self._state_rates) for line in self.statements.assignment(n)],
        )

    def _exprel(self) -> str:
        rules = [value for rule in self.model.rules for value in (rule.left, rule.right, *(e for _, e in rule.reset))]
        rules += self._input_values
        used = (*self._used_definitions, *self.model.definitions_for(rules), *self.model.state_names)
        trees = [*(self.model.regular[n] for n in used), *rules]
        uses = any(isinstance(n, Call) and n.function == "exprel" for tree in trees for n in walk(tree))
        return _EXPREL if uses else ""

    # parts ------------------------------------------------------------------------------------------

    @property
    def _input_values(self) -> list[Expression]:
        return [value for _, value in self.model.input.reset] if self.model.input else []

    @cached_property
    def _state_rates(self) -> list[Expression]:
        return [self.model.regular[s] for s in self.mechanism_states]

    @cached_property
    def used_parameters(self) -> list[str]:
        """Parameters the mechanism mentions; the capacitance, for one, belongs to the section."""
        model = self.model
        trees = [model.regular[n] for n in self._used_definitions] + self._state_rates
        trees += [model.initial_expressions[s] for s in self.mechanism_states]
        trees += [self.membrane.current] if self.has_membrane else []
        for rule in model.rules if self.has_reset else ():
            sides = [rule.left, rule.right, *(value for _, value in rule.reset)]
            trees += [*sides, *(model.regular[n] for n in model.definitions_for(sides))]
            trees += [rule.refractory] if rule.refractory is not None else []
        trees += [*self._input_values, *(model.regular[n] for n in model.definitions_for(self._input_values))]
        mentioned = {n for tree in trees for n in names(tree)}
        return [name for name in model.parameters if name in mentioned]

    @cached_property
    def _used_definitions(self) -> list[str]:
        initial = [self.model.initial_expressions[s] for s in self.mechanism_states]
        current = [self.membrane.current] if self.has_membrane else []
        return self.model.definitions_for([*current, *self._state_rates, *initial])
