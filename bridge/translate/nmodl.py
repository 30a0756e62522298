"""A model as an NMODL mechanism: currents per area as a density mechanism, absolute ones as a point process, and
models that are not driven by a current as a point process that only has states.

What an implementer meets here: cnexp is only right where each rate is linear in its own state, and
NEURON compiles anything without a word; a STATE cannot be called like a C or NMODL word, nor like the
``m0`` and ``Dm`` that NMODL makes of a state ``m``; NMODL converts no units, so every number is printed
in coherent ones; a reset needs NET_RECEIVE, which only point processes have.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from textwrap import shorten, wrap
from typing import Any

from bridge.errors import TranslationError
from bridge.expression import Binary, Call, Choice, Expression, Name, Node, Quantity, names, rebuild, walk
from bridge.membrane import Membrane, membrane
from bridge.model import STIMULUS, Model
from bridge.printing import number
from bridge.system import held_variables
from bridge.translate.identifiers import mangle
from bridge.translate.nmodl_printer import NmodlPrinter, RatePrinter
from bridge.translate.nmodl_words import KNOWN_UNITS, RESERVED, unit_text, unit_words
from bridge.units import CURRENT_DIMENSION, Unit, spell

# NMODL refuses a line of 512 characters and anything beyond ASCII
_LONGEST = 400
_ASCII = str.maketrans({'"': "'", "\\": "/", "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": "'", "”": "'"})
_LOCAL = "choice_"
_CHOSEN = re.compile(rf"\s*({_LOCAL}\d+) = ")
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
class Nmodl:
    """The translation of one model; ``text`` is the mod file."""

    model: Model

    # what kind of mechanism ---------------------------------------------------------------------------

    @cached_property
    def membrane(self) -> Membrane:
        return membrane(self.model)

    @cached_property
    def has_membrane(self) -> bool:
        """Whether the membrane equation is NEURON's own; else the mechanism integrates every state itself."""
        return self.model.voltage is not None

    @cached_property
    def point_process(self) -> bool:
        """A point process, which may have events; a density mechanism otherwise."""
        if not self.has_membrane or self.model.stimulus_unit.dimension == CURRENT_DIMENSION:
            return True
        if self.has_reset:
            raise TranslationError(
                f"{self.model.name}: a reset needs NET_RECEIVE, which a density mechanism cannot have; write the model with absolute units, such as nA and nF"
            )
        return False

    @property
    def has_reset(self) -> bool:
        return bool(self.model.spike and self.model.spike.reset)

    @cached_property
    def method(self) -> str | None:
        """cnexp where every rate is linear in its own state while definitions stand still, as they do in a step of
        cnexp; derivimplicit otherwise; None without states."""
        states = self.mechanism_states
        if not states:
            return None
        # a held variable has a rate of zero, which cnexp divides by
        frozen = all(self.model.frozen[s] for s in states) and not (self._holds and not self.has_membrane)
        return "cnexp" if frozen else "derivimplicit"

    @cached_property
    def mechanism_states(self) -> tuple[str, ...]:
        return tuple(s for s in self.model.state_names if s != self.model.voltage)

    # names ------------------------------------------------------------------------------------------

    @cached_property
    def suffix(self) -> str:
        return mangle([self.model.name], RESERVED)[self.model.name]

    @cached_property
    def identifiers(self) -> Mapping[str, str]:
        model = self.model
        made_of_states = {made for s in self.mechanism_states for made in (f"{s}0", f"D{s}")}
        others = [s for s in model.symbols if s != model.voltage]
        taken = RESERVED | made_of_states | {self.suffix} | {s for s in others if s.startswith(_LOCAL)}
        return {**mangle(others, taken), **({model.voltage: "v"} if model.voltage else {})}

    @cached_property
    def printer(self) -> NmodlPrinter:
        return NmodlPrinter(self.identifiers, self.model.coherent, self.coherent_unit)

    def coherent_unit(self, unit: Unit) -> Unit:
        """The unit as written where its numbers are coherent, else the coherent unit of its dimension."""
        coherent = self.model.coherent
        if coherent.factor(unit) == 1.0:
            return unit
        text = spell(unit.dimension, coherent)
        return Unit() if text == "dimensionless" else Unit.parse(text)

    # the file ---------------------------------------------------------------------------------------

    @cached_property
    def text(self) -> str:
        blocks = [
            self._title(), self._neuron(), self._units(), self._parameter(), self._state(), self._assigned(),
            self._initial(), self._breakpoint(), self._derivative(), self._rates(), self._net_receive(), self._exprel(),
        ]  # fmt: skip
        return "\n".join(block for block in blocks if block)

    def _title(self) -> str:
        model = self.model
        if not self.has_membrane:
            source = f"{_line(model.source)}\n\n" if model.source else ""
            how = f"This mechanism has its own states; set {self.identifiers[STIMULUS]}, for example with Vector.play."
            return f"TITLE {_line(model.title)}\n\nCOMMENT\n{source}{how}\nENDCOMMENT\n"
        capacitance = self.printer.text(self.membrane.capacitance)
        where = "the section" if self.point_process else "cm"
        value = number(model.value(self.membrane.capacitance))
        unit = spell(model.dimensions.find(self.membrane.capacitance), model.coherent)
        return (
            f"TITLE {_line(model.title)}\n\nCOMMENT\n{_line(model.source)}\n\n"
            f"{model.voltage} is the membrane potential. Give {where} the capacitance {capacitance} = {value} {unit}\n"
            f"and inject {STIMULUS} with an IClamp.\nENDCOMMENT\n"
        )

    def _neuron(self) -> str:
        ids = self.identifiers
        kind = "POINT_PROCESS" if self.point_process else "SUFFIX"
        ranges = [ids[n] for n in (*self._used_parameters, *self._used_definitions)]
        if not self.has_membrane:
            ranges.append(ids[STIMULUS])
        current = ["NONSPECIFIC_CURRENT i"] if self.has_membrane else []
        lines = [f"{kind} {self.suffix}", *current, *_wrapped("RANGE", ranges)]
        if self._holds:
            lines.append("RANGE refractory")
        return _block("NEURON", lines)

    def _units(self) -> str:
        atoms = dict.fromkeys(name for unit in self._all_units() for name, _ in unit.powers)
        lines = [f"({name}) = ({unit_words(name)})" for name in atoms if name not in KNOWN_UNITS]
        return _block("UNITS", lines)

    def _all_units(self) -> Iterable[Unit]:
        model = self.model
        if self.has_membrane:
            yield from (Unit.parse("mV"), Unit.parse(self._current_unit))
        else:
            yield self.coherent_unit(model.stimulus_unit)
        if not self.point_process:
            yield Unit.parse("uA/cm2") if model.coherent.ampere == 1e-6 else self.coherent_unit(model.stimulus_unit)
        for symbol in (*self._used_parameters, *self._used_definitions, *self.mechanism_states):
            yield self.coherent_unit(model.unit_of(symbol))
        trees = [model.regular[n] for n in (*model.definitions, *model.state_names)] + list(model.initial_expressions.values())
        for tree in trees:
            yield from (self.coherent_unit(n.unit) for n in walk(tree) if isinstance(n, Quantity))
        if self.has_reset and self._holds and self.has_membrane:
            yield Unit.parse(self._hold_unit)

    @property
    def _current_unit(self) -> str:
        return "nA" if self.point_process else "mA/cm2"

    def _parameter(self) -> str:
        model = self.model
        lines = []
        for name in self._used_parameters:
            unit = self.coherent_unit(model.parameters[name].unit)
            lines.append(
                f"{self.identifiers[name]} = {number(model.parameter_values[name])}"
                + (f" {unit_text(unit)}" if unit.powers else "")
            )
        if not self.has_membrane:
            unit = self.coherent_unit(model.stimulus_unit)
            lines.append(f"{self.identifiers[STIMULUS]} = 0" + (f" {unit_text(unit)}" if unit.powers else ""))
        if self.has_reset and self._holds and self.has_membrane:
            lines.append(f"g_hold = 1e15 ({self._hold_unit}) : so large that v rests to the last bit")
        return _block("PARAMETER", lines)

    def _state(self) -> str:
        lines = []
        for name in self.mechanism_states:
            unit = self.coherent_unit(self.model.unit_of(name))
            lines.append(self.identifiers[name] + (f" {unit_text(unit)}" if unit.powers else ""))
        if all(" " not in line for line in lines):
            return f"STATE {{ {' '.join(lines)} }}\n" if lines else ""
        return _block("STATE", lines)

    def _assigned(self) -> str:
        lines = ["v (mV)", f"i ({self._current_unit})"] if self.has_membrane else []
        for name in self._used_definitions:
            unit = self.coherent_unit(self.model.unit_of(name))
            lines.append(self.identifiers[name] + (f" {unit_text(unit)}" if unit.powers else ""))
        if self._holds:
            lines += ["refractory", "v_held (mV)"] if self.has_membrane else ["refractory"]
        return _block("ASSIGNED", lines)

    def _initial(self) -> str:
        states = self.mechanism_states
        provided = set(self.model.definitions_for(self._state_rates)) if states else set()
        initial = [self.model.initial_expressions[s] for s in states]
        lines = ["rates()"] if provided else []
        lines += [line for n in self.model.definitions_for(initial) if n not in provided for line in self._assignment(n)]
        for state, expression in zip(states, initial, strict=True):
            lines += self._statements(self.identifiers[state], expression)
        if self.has_reset:
            held = ["refractory = 0", "v_held = v"] if self.has_membrane else ["refractory = 0"]
            lines += [*(held if self._holds else []), "net_send(0, 1)"]
        return _block("INITIAL", lines)

    def _breakpoint(self) -> str:
        lines = [f"SOLVE states METHOD {self.method}"] if self.method else []
        if not self.has_membrane:
            return _block("BREAKPOINT", lines)
        lines += [line for n in self.model.definitions_for([self.membrane.current]) for line in self._assignment(n)]
        plain, before = self._hoisted(self.membrane.current)
        lines += before
        current = self._scaled(self.printer.text(plain))
        if self.has_reset and self._holds:
            hold = self._scaled("g_hold*(v - v_held)")
            lines += ["if (refractory) {", f"    i = {hold}", "} else {", f"    i = {current}", "}"]
        else:
            lines.append(f"i = {current}")
        return _block("BREAKPOINT", lines)

    def _scaled(self, current: str) -> str:
        """The model's current in the unit NEURON wants of ``i``."""
        neuron = 1e-9 if self.point_process else 1e-3
        factor = self.model.coherent.ampere / neuron
        if abs(factor - 1) < 1e-12:
            return current
        return f"({number(float(f'{factor:.12g}'))})*({current})"

    def _derivative(self) -> str:
        if not self.method:
            return ""
        lines = ["rates()"] if self.model.definitions_for(self._state_rates) else []
        rates = RatePrinter(self.identifiers, self.model.coherent, self.coherent_unit)
        for state in self.mechanism_states:
            plain, before = self._hoisted(self._rate(state))
            text = rates.text(plain)
            if not self.has_membrane and state in self._held:
                text = f"(1 - refractory)*({text})"
            lines += [*before, f"{self.identifiers[state]}' = {text}"]
        return _block("DERIVATIVE states", lines)

    def _rate(self, state: str) -> Expression:
        """The rate as NEURON must see it: a choice that mentions the state hides it from cnexp, so it is taken apart."""
        rate, form = self.model.regular[state], self.model.linear[state]
        hidden = any(isinstance(node, Choice) and state in names(node) for node in walk(rate))
        if form is None or not hidden:
            return rate
        return Binary("+", Binary("*", form.slope, Name(state)), form.offset)

    def _rates(self) -> str:
        return _block(
            "PROCEDURE rates()", [line for n in self.model.definitions_for(self._state_rates) for line in self._assignment(n)]
        )

    def _net_receive(self) -> str:
        spike = self.model.spike
        if spike is None or not self.has_reset:
            return ""
        text = self.printer.text
        lines = [
            "if (flag == 1) {",
            f"    WATCH ({text(spike.left)} > {text(spike.right)}) 2",
            "} else if (flag == 2) {",
            "    net_event(t)",
        ]
        lines += [f"    {self.identifiers[name]} = {text(value)}" for name, value in spike.reset]
        if self._holds:
            period = text(spike.refractory) if spike.refractory is not None else "0"
            lines += [
                f"    if ({period} > 0) {{",
                "        refractory = 1",
                *(["        v_held = v"] if self.has_membrane else []),
                f"        net_send({period}, 3)",
                "    }",
            ]
            lines += ["} else if (flag == 3) {", "    refractory = 0"]
        return _block("NET_RECEIVE (w)", [*lines, "}"])

    def _exprel(self) -> str:
        trees = [self.model.regular[n] for n in (*self._used_definitions, *self.model.state_names)]
        uses = any(isinstance(n, Call) and n.function == "exprel" for tree in trees for n in walk(tree))
        return _EXPREL if uses else ""

    # parts ------------------------------------------------------------------------------------------

    @cached_property
    def _choices(self) -> Iterator[int]:
        return count(1)

    @property
    def _holds(self) -> bool:
        return self.model.spike is not None and self.model.spike.refractory is not None

    @cached_property
    def _held(self) -> set[str]:
        return {self.model.state_names[i] for i in held_variables(self.model)}

    @property
    def _hold_unit(self) -> str:
        return {1e-9: "uS", 1e-12: "nS"}.get(self.model.coherent.ampere, "mS")

    @cached_property
    def _state_rates(self) -> list[Expression]:
        return [self.model.regular[s] for s in self.mechanism_states]

    @cached_property
    def _used_parameters(self) -> list[str]:
        """Parameters the mechanism mentions; the capacitance, for one, belongs to the section."""
        model, spike = self.model, self.model.spike
        trees = [model.regular[n] for n in self._used_definitions] + self._state_rates
        trees += [model.initial_expressions[s] for s in self.mechanism_states]
        trees += [self.membrane.current] if self.has_membrane else []
        if spike is not None and self.has_reset:
            trees += [spike.left, spike.right, *(value for _, value in spike.reset)]
            trees += [spike.refractory] if spike.refractory is not None else []
        mentioned = {n for tree in trees for n in names(tree)}
        return [name for name in model.parameters if name in mentioned]

    @cached_property
    def _used_definitions(self) -> list[str]:
        initial = [self.model.initial_expressions[s] for s in self.mechanism_states]
        current = [self.membrane.current] if self.has_membrane else []
        return self.model.definitions_for([*current, *self._state_rates, *initial])

    def _assignment(self, name: str) -> list[str]:
        return self._statements(self.printer.text(Name(name)), self.model.regular[name])

    def _statements(self, target: str, expression: Expression) -> list[str]:
        """``target = expression``; a choice becomes an if, one inside an expression goes through a LOCAL first."""
        if isinstance(expression, Choice):
            test, before = self._hoisted(expression.condition)
            return [
                *before,
                f"if ({self.printer.condition(test)}) {{",
                *(f"    {line}" for line in self._statements(target, expression.if_true)),
                "} else {",
                *(f"    {line}" for line in self._statements(target, expression.if_false)),
                "}",
            ]
        plain, before = self._hoisted(expression)
        return [*before, f"{target} = {self.printer.text(plain)}"]

    def _hoisted(self, node: Any) -> tuple[Any, list[str]]:
        """The node with each outermost choice replaced by a LOCAL, and the statements that set it."""
        before: list[str] = []

        def replaced(inner: Node) -> Expression | None:
            if not isinstance(inner, Choice):
                return None
            local = f"{_LOCAL}{next(self._choices)}"
            before.extend(self._statements(local, inner))
            return Name(local)

        return rebuild(node, replaced), before


def _block(head: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    chosen = dict.fromkeys(match[1] for line in lines if (match := _CHOSEN.match(line)))
    lines = [f"LOCAL {', '.join(chosen)}", *lines] if chosen else lines
    return f"{head} {{\n" + "".join(f"    {_folded(line)}\n" for line in lines) + "}\n"


def _folded(line: str) -> str:
    """A statement, over several lines where it is too long for one."""
    if len(line) <= _LONGEST:
        return line
    return "\n".join(wrap(line, _LONGEST, subsequent_indent=" " * 8, break_long_words=False, break_on_hyphens=False))


def _wrapped(keyword: str, words: Sequence[str]) -> list[str]:
    return [f"{keyword} {', '.join(words[k : k + 8])}" for k in range(0, len(words), 8)]


def _line(text: str) -> str:
    """Free text for TITLE and COMMENT: one short line of ASCII that ends neither the comment nor a string.

    NMODL copies the title into a C string as it stands: a quote there would let the rest run as code.
    """
    plain = unicodedata.normalize("NFKD", " ".join(text.split()).translate(_ASCII)).encode("ascii", "ignore").decode()
    return shorten(plain.replace("ENDCOMMENT", "end of comment"), _LONGEST, placeholder=" ...")
