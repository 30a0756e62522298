"""An experiment as one numpy script: the rates written out, the scheme, the stimulus and the loop.

It computes what the reference engine computes, in the same order, so that the two differ by nothing or by a last digit. Rates
are for plain numbers, where exp of the math module is what the reference uses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.linearity import depends, subtract
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.rule_memory import remembering, starts_above
from spikebridge.bridge.definition.spike_rule import SpikeRule
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.export.arrivals_text import ArrivalsText
from spikebridge.bridge.export.listing import about_soma, docstring, extra, heading, script, section, sensible, stem
from spikebridge.bridge.export.scheme_text import scheme_text
from spikebridge.bridge.export.spike_text import crossings, how_to_run, report, time_lines
from spikebridge.bridge.export.stimulus_text import MIDDLE, StimulusText
from spikebridge.bridge.expressions.expression import Binary, Expression, Name, Quantity, names
from spikebridge.bridge.expressions.printing import ATOM, SIGN
from spikebridge.bridge.translate.identifiers import mangle
from spikebridge.bridge.translate.numpy_source import RESERVED as TRANSLATION
from spikebridge.bridge.translate.numpy_source import NumpySource, ScalarPrinter

_MATH = ("log", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan")
# as the reference has them: a steep sigmoid may well ask for exp(1000)
_EXP = '''def exp(x):
    """e to the power of x, infinite where that is too large for a float."""
    return math.exp(x) if x < 709 else math.inf
'''
_EXPREL = '''def exprel(x):
    """(exp(x) - 1)/x, and 1 at x = 0."""
    if x == 0:
        return 1.0
    return math.expm1(x)/x if x < 709 else math.inf
'''
# names that a script uses outside of its functions, or inside them from outside
RESERVED = frozenset(
    "arrivals arriving weight np Path math exp expm1 dt steps middle samples I y k step free moving held resting initial recorded stimulus_at crossings relaxed implicit midpoint "
    "states inputs spike_times before after t_ms path header table refractory_steps spiking".split()
    + [f"samples_{k}" for k in range(2, 30)]
    + [f"event_{k}" for k in range(1, 30)]
    + [f"{name}_above" for name in ("spike", *(f"event_{k}" for k in range(1, 30)))]
)


class ScriptPrinter(ScalarPrinter):
    """For plain floats, without the round-off of converted units."""

    def quantity(self, quantity: Quantity) -> tuple[str, int]:
        text = sensible(quantity.value * self.coherent.factor(quantity.unit))
        return text, SIGN if text.startswith("-") else ATOM


@dataclass(frozen=True)
class ScriptSource(NumpySource):
    """The numpy translation laid out for a script: rates as arrays, one line a variable.

    ``elsewhere`` says of parameters that live in an object of the script how they are read there.
    """

    elsewhere: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def identifiers(self) -> Mapping[str, str]:
        # variables live inside functions; parameters beside what the script calls its own
        taken = self.reserved & set(self.model.parameters) | ({"mechanism"} if self.elsewhere else set())
        return {**mangle((*self.model.symbols, *self.model.arriving), TRANSLATION | taken), **self.elsewhere}

    def _tuple(self, expressions: Sequence[Expression]) -> str:
        rows = zip(self.model.state_names, expressions, strict=True)
        what = "{}" if self.model.discrete else "d{}/dt"
        lines = [f"    {self._text(e)},  # {what.format(self.identifiers[s])}" for s, e in rows]
        return "np.array([\n" + "\n".join(lines) + "\n])"

    def _text(self, expression: Expression) -> str:
        return ScriptPrinter(self.identifiers, self.model.coherent).text(expression)

    def expression(self, expression: Expression) -> str:
        """An expression as the functions print it."""
        return self._text(expression)

    def _level(self, name: str, doc: str, rule: SpikeRule) -> str:
        level = level_of(rule)
        return self._function(name, doc, [level], self._text(level))

    @property
    def initial(self) -> str:
        """The function that gives the state at t = 0, each variable after those its value needs."""
        model, ids = self.model, self.identifiers
        values = {**model.regular, **model.initial_expressions}
        lines = [f'"""The {"resting state" if model.steady_state else "state at t = 0"}."""']
        lines += [f"{ids[n]} = {self._start(n, values[n])}" for n in initial_order(model)]
        states = ", ".join(ids[s] for s in model.state_names)
        body = "\n".join(f"    {line}" for line in [*lines, f"return np.array([{states}], float)"])
        return f"def initial():\n{body}\n"

    def _start(self, name: str, value: Expression) -> str:
        fixed = self.model.steady_state or depends_on_stimulus(self.model, value)
        return sensible(self.model.initial_values[name]) if fixed and name in self.model.state_names else self._text(value)

    def recorded(self, wanted: Sequence[str]) -> str:
        """The function that gives what is recorded beside the states."""
        ids = self.identifiers
        returned = ", ".join(ids[n] for n in wanted)
        return self._function("recorded", "What is recorded beside the states.", [Name(n) for n in wanted], f"[{returned}]")

    def assignments(self, wanted: Sequence[str] | None = None) -> list[str]:
        """``g_Na = 120  # mS/cm2`` for parameters; all of them where none are named."""
        model = self.model
        chosen = list(model.parameters) if wanted is None else [n for n in model.parameters if n in wanted]
        return [f"{self.identifiers[n]} = {sensible(model.parameter_values[n])}{self._unit_comment(n)}" for n in chosen]

    def _unit_comment(self, name: str) -> str:
        unit = self.model.coherent.unit(self.model.unit_of(name))
        return f"  # {unit}" if unit.powers else ""

    def functions_used(self, text: str) -> list[str]:
        """The functions of the translation that a text calls."""
        return [body for name, body in self.functions.items() if re.search(rf"(?<!def )\b{name}\(", text)]


def level_of(rule: SpikeRule) -> Expression:
    """What is positive above the level of a rule, written v + 20 where that is -20."""
    if isinstance(rule.right, Quantity) and rule.right.value < 0:
        return Binary("+", rule.left, Quantity(-rule.right.value, rule.right.unit))
    return subtract(rule.left, rule.right)


def math_imports(code: str) -> str:
    """The line that imports what code needs of the math module, if anything."""
    used = sorted(f for f in _MATH if re.search(rf"(?<![\w.]){f}\(", code))
    words = ", ".join("atan as arctan" if f == "arctan" else f for f in used)
    return ("import math\n" if "math." in code else "") + (f"from math import {words}\n" if used else "")


def elementary(code: str) -> list[str]:
    """The functions beside those of the math module that code calls."""
    return [text for name, text in (("exp", _EXP), ("exprel", _EXPREL)) if re.search(rf"(?<![\w.]){name}\(", code)]


def depends_on_stimulus(model: Model, value: Expression) -> bool:
    """Whether an initial value is meant under a given stimulus; a script then has its number."""
    return depends(value, STIMULUS, model.regular_definitions)


def initial_order(model: Model) -> list[str]:
    """States and definitions in the order in which initial values can be computed one after another."""
    values = {**model.regular_definitions, **model.initial_expressions}
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order or name not in values:
            return
        if not (name in model.state_names and depends_on_stimulus(model, values[name])):
            for needed in names(values[name]):
                visit(needed)
        order.append(name)

    for name in model.state_names:
        visit(name)
    return order


@dataclass(frozen=True)
class NumpyScript:
    """The script of one experiment under one scheme of the reference."""

    experiment: Experiment
    scheme: EngineScheme

    @cached_property
    def model(self) -> Model:
        return self.experiment.model

    @cached_property
    def source(self) -> ScriptSource:
        return ScriptSource(self.model, scalar=True, reserved=RESERVED)

    @cached_property
    def stimulus(self) -> StimulusText:
        return StimulusText(self.experiment)

    @cached_property
    def arrivals(self) -> ArrivalsText:
        return ArrivalsText(self.experiment)

    @property
    def files(self) -> dict[str, str]:
        """Names and contents of the script and of what lies beside it."""
        return {f"{stem(self.experiment)}_numpy.py": self.text, **self.stimulus.files}

    @property
    def text(self) -> str:
        model, experiment = self.model, self.experiment
        steps = scheme_text(model, self.scheme.twin or self.scheme.name)
        loop, result, find = self._loop(), self._result(), crossings(model)
        body = [
            *section("parameters", "\n".join(self.source.assignments())),
            *section(
                "equations, in the units above and ms" if model.parameters else "equations",
                *self._functions(steps + loop + result),
            ),
            *section("stimulus", self.stimulus.loading, self.arrivals.listing, self.stimulus.function),
            *section("scheme", time_lines(experiment.dt_ms, experiment.steps), steps),
            *section("run", find, loop),
            *section("result", result),
        ]
        about = f"numpy, {self.scheme.about}, dt = {sensible(experiment.dt_ms)} ms.\n{how_to_run(f'{stem(experiment)}_numpy', model)}{self.source.names}"
        return script(
            [
                docstring(model.title, model.source, [about, *about_soma(experiment)]),
                f"{math_imports(chr(10).join(body))}from pathlib import Path",
                "import numpy as np",
                *body,
            ]
        )

    def _functions(self, caller: str) -> list[str]:
        source, wanted = self.source, extra(self.experiment)
        parts = [source.initial, *source.functions_used(caller), *([source.recorded(wanted)] if wanted else [])]
        return [*elementary("\n".join([*parts, caller])), *parts]

    # the loop -----------------------------------------------------------------------------------------

    def _loop(self) -> str:
        model = self.model
        rows = [MIDDLE, "y = initial()", "states = [y]"]
        if model.spike and model.spike.reset:
            rows.append("spike_times = []")
        rows += [*self._refractory(), *self._memory(), *self.arrivals.by_half_step]
        if not model.resets and not self.arrivals:
            return "\n".join(
                [
                    *rows,
                    "for I in stimulus_at(middle):",
                    "    y = step(y, I)",
                    "    states.append(y)",
                    "states = np.array(states)",
                ]
            )
        rows.append("for k, I in enumerate(stimulus_at(middle)):")
        rows += [f"    {line}" for line in (*self._step(), *self._jumps(), "states.append(y)")]
        return "\n".join([*rows, "states = np.array(states)"])

    @property
    def _waits(self) -> bool:
        return self.model.spike is not None and self.model.spike.refractory is not None

    def _refractory(self) -> list[str]:
        model = self.model
        if not self._waits or model.spike is None or model.spike.refractory is None:
            return []
        period = self.source.expression(model.spike.refractory)
        rows = [f"refractory_steps = int({period}/dt + 0.5)", "resting = 0  # steps left of the refractory period"]
        if model.held:
            free = ", ".join("0" if s in model.held else "1" for s in model.state_names)
            rows.append(
                f"moving, held = np.ones({len(model.state_names)}), np.array([{free}])  # 1 for what moves, outside the refractory period and in it"
            )
        return rows

    @cached_property
    def _remembering(self) -> dict[str, SpikeRule]:
        """The rules that remember whether they were above their level at the last look, by their functions' names."""
        model = self.model
        spike = ["spike"] if model.spike else []
        rules = zip(
            [*spike, *(f"event_{k}" for k in range(1, len(model.events) + 1))], model.rules, remembering(model), strict=True
        )
        return {name: rule for name, rule, remembers in rules if remembers}

    def _memory(self) -> list[str]:
        note = "  # whether it was above its level at the last look: it acts once"
        return [f"{name}_above = {starts_above(self.model, rule)}{note}" for name, rule in self._remembering.items()]

    def _looked(self, name: str, resting: str = "") -> tuple[list[str], str]:
        """What remembers a look, after the conditions, and what stands in the condition."""
        if name not in self._remembering:
            return [], ""
        return [f"{name}_above = {name}_level(y) > 0{resting}"], f" and not {name}_above"

    def _step(self) -> list[str]:
        spike = self.model.spike
        before = ["before = min(spike_level(y), 0)"] if spike and spike.reset else []
        return [*before, *self.arrivals.act("2*k"), self._call(), *self.arrivals.act("2*k + 1")]

    def _call(self) -> str:
        if self.model.held:
            return "y = step(y, I, held if resting else moving)"
        return "y = step(y, 0 if resting else I)  # which keeps the stimulus out" if self._waits else "y = step(y, I)"

    def _jumps(self) -> list[str]:
        """Conditions first, all on the state at the end of the step; then what they do, one after another."""
        model, spike = self.model, self.model.spike
        events = [f"event_{k}" for k in range(1, len(model.events) + 1)]
        looks = {name: self._looked(name) for name in events}
        lines = [f"{name} = {name}_level(y) > 0{looks[name][1]}" for name in events]
        lines += [line for name in events for line in looks[name][0]]
        if spike and spike.reset:
            lines += self._spike()
        for name in events:
            lines += [f"if {name}:", f"    y = np.array({name}_reset(y), float)"]
        return lines

    def _spike(self) -> list[str]:
        awake = " and not resting" if self._waits else ""
        look, once = self._looked("spike", awake)
        lines = ["after = spike_level(y)"]
        if look:
            lines += [f"spiking = after > 0{once}{awake}", *look, "if spiking:"]
        else:
            lines.append(f"if after > 0{awake}:")
        lines += ["    spike_times.append(dt*(k + before/(before - after)))", "    y = np.array(reset(y), float)"]
        if self._waits:
            lines += ["    resting = refractory_steps", "elif resting:", "    resting -= 1"]
        return lines

    # the result ---------------------------------------------------------------------------------------

    def _result(self) -> str:
        model, wanted = self.model, extra(self.experiment)
        lines = ["t_ms = dt*np.arange(steps + 1)"]
        columns = ["t_ms", "states"]
        if wanted:
            lines += ["inputs = stimulus_at(np.append(middle, middle[-1]))"]
            lines += ["table = np.array([recorded(y, I) for y, I in zip(states, inputs)])"]
            columns.append("table")
        found = ["spike_times = crossings(np.array([spike_level(y) for y in states]))"] if crossings(model) else []
        everything = [*model.state_names, *wanted]
        factors = [model.factor(n) for n in everything]
        table = f"np.column_stack([{', '.join(columns)}])"
        if any(f != 1 for f in factors):
            table += f"/[1, {', '.join(sensible(f) for f in factors)}]"
        header = ["t_ms", *(heading(self.experiment, n) for n in everything)]
        return "\n".join([*lines, *found, report(model, table, header)])
