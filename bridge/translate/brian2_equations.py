"""A model as a Brian2 equation string, with threshold, reset and the namespace of its parameters.

What an implementer meets here: units after ':' must be base units; a trailing underscore means
"without unit"; names of units, of Brian2's functions and of its own variables cannot be used; the
stimulus is held ``constant over dt`` because Runge-Kutta stages would otherwise smear its edges.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from spikebridge.bridge.definition.equation import Equation
from spikebridge.bridge.definition.linearity import ONE, ZERO, depends
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.rule_memory import remembering, starts_above
from spikebridge.bridge.definition.spike_rule import WEIGHT, SpikeRule
from spikebridge.bridge.expressions.expression import Binary, Call, Choice, Condition, Expression, Name, Negative, Quantity, walk
from spikebridge.bridge.expressions.printing import ATOM, PRODUCT, SIGN, SUM, Printer, number, unit_factors
from spikebridge.bridge.expressions.quantity import Parameter
from spikebridge.bridge.expressions.units import Dimension, Unit
from spikebridge.bridge.translate.identifiers import changed_names, mangle
from spikebridge.bridge.translate.reserved_names import reserved

SAMPLES = "stimulus"  # the TimedArray that holds the stimulus, one value a step
SEEN = "stimulus_seen"  # the same, before a refractory period keeps it out
SPIKE = "spike"  # Brian2's own event
# TimedArrays of one round of arrivals, one value a step, and the event; a number follows
ARRIVES, WEIGHS, ARRIVAL = "arrives", "weight", "arrival"
# when the first round of them acts, at the beginning of a step and at its end, where nothing has been looked at yet
BEGINNING, END = "before_groups", "before_thresholds"

_PREFIXES = ["", *"f p n u m c d da h k M G T P E Z Y a z y".split()]
_SYMBOLS = "A V ohm Hz S F mol m s g J C N Pa W H T Wb K M cd lm lx Bq Gy Sv kat l kg".split()
_WORDS = (
    "amp ampere volt siemens farad hertz mole metre meter second gram gramme joule coulomb newton pascal watt henry tesla weber kelvin "
    "molar candle lumen lux becquerel gray sievert katal liter litre kilogram kilogramme celsius radian steradian"
).split()
# Brian2 has single letters neither as units nor otherwise
_UNITS = {f"{p}{b}{x}" for p in _PREFIXES for b in (*_SYMBOLS, *_WORDS) for x in ("", "2", "3") if len(p + b + x) > 1}
_OWN = set(
    "t dt t_in_timesteps i j N xi lastspike not_refractory refractory inf e pi True False and or not rand randn poisson timestep clip int abs sign "
    "ceil floor mod expm1 log1p arcsin arccos arctan sin cos tan sinh cosh tanh sec csc cot asin acos atan exp exprel log log10 sqrt "
    "constants avogadro_constant boltzmann_constant electric_constant electron_mass elementary_charge faraday_constant gas_constant "
    "magnetic_constant molar_mass_constant zero_celsius init Network name clock".split()
)
# C and C++ words end up in generated code
_CPLUSPLUS = set(
    "alignas alignof asm auto bool break case catch char class compl const constexpr const_cast continue decltype default delete do "
    "double dynamic_cast else enum explicit export extern float for friend goto if inline int long mutable namespace new noexcept "
    "nullptr operator private protected public register reinterpret_cast return short signed sizeof static static_assert static_cast "
    "struct switch template this thread_local throw try typedef typeid typename union unsigned using virtual void volatile wchar_t while "
    "xor bitand bitor cdef cpdef cimport ctypedef".split()
)
# what an exported script calls its own
_SCRIPT = set(
    "arrivals arriving np Path dt steps middle samples equations cell trace spikes stimulus_at crossings spike_level spike_times level before after "
    "crossed t_ms columns path header BrianLogger NeuronGroup SpikeMonitor StateMonitor TimedArray defaultclock prefs run".split()
) | {f"samples_{k}" for k in range(2, 30)}
RESERVED = frozenset(_UNITS | _OWN | _CPLUSPLUS | _SCRIPT | {SAMPLES, SEEN, ARRIVES, WEIGHS} | set(keyword.kwlist)) | reserved(
    "python", "cython", "cplusplus", "brian2"
)  # what compiled code, numpy code and a script around them mean by it

_BASE_UNITS = {
    (0, 0, 0, 0, 0, 0): "1",
    (2, 1, -3, -1, 0, 0): "volt",
    (0, 0, 0, 1, 0, 0): "amp",
    (-2, 0, 0, 1, 0, 0): "amp/meter**2",
    (-2, -1, 3, 2, 0, 0): "siemens",
    (-4, -1, 3, 2, 0, 0): "siemens/meter**2",
    (-2, -1, 4, 2, 0, 0): "farad",
    (-4, -1, 4, 2, 0, 0): "farad/meter**2",
    (2, 1, -3, -2, 0, 0): "ohm",
    (0, 0, 1, 0, 0, 0): "second",
    (0, 0, -1, 0, 0, 0): "hertz",
}
_SI = ("meter", "kilogram", "second", "amp", "kelvin", "mole")


def base_unit(dimension: Dimension) -> str:
    """The unit Brian2 wants behind ':' for a dimension."""
    if dimension in _BASE_UNITS:
        return _BASE_UNITS[dimension]
    top = [f"{u}**{e}" if e > 1 else u for u, e in zip(_SI, dimension, strict=True) if e > 0]
    bottom = [f"{u}**{-e}" if e < -1 else u for u, e in zip(_SI, dimension, strict=True) if e < 0]
    return "/".join(["*".join(top) or "1", *bottom])


class Brian2Printer(Printer):
    """Model text is already Brian2's dialect; only names and some units change."""

    def __init__(self, identifiers: Mapping[str, str]) -> None:
        self.identifiers = identifiers

    def name(self, name: str) -> str:
        return self.identifiers[name]

    def _print(self, node: Expression) -> tuple[str, int]:
        if isinstance(node, Call) and node.function == "exprel":
            # beside a decimal, sympy, which Brian2 asks about linear equations, writes exprel(x) out as (exp(x) - 1)/x
            return self.call("exprel", FractionPrinter(self.identifiers).text(node.argument)), ATOM
        return super()._print(node)

    def quantity(self, quantity: Quantity) -> tuple[str, int]:
        if not quantity.unit.powers and quantity == ONE:
            return "1", ATOM
        return super().quantity(Quantity(quantity.value, in_brian2(quantity.unit)))

    def choice(self, condition: Condition, if_true: Expression, if_false: Expression) -> tuple[str, int]:
        # Brian2 has no choice but multiplying with truth: both branches must stay finite
        test = self.condition(condition)
        if if_true == ONE and if_false == ZERO:
            return f"int({test})", ATOM
        return f"int({test})*{self._inside(if_true, PRODUCT + 1)} + int(not ({test}))*{self._inside(if_false, PRODUCT + 1)}", SUM


class FractionPrinter(Brian2Printer):
    """The same without decimals: 3.8*mV as 19/5*mV, which is the same number when it is divided."""

    def quantity(self, quantity: Quantity) -> tuple[str, int]:
        exact = Fraction(repr(quantity.value))
        if exact.denominator == 1 or exact.numerator / exact.denominator != quantity.value:
            return super().quantity(quantity)
        factors = "".join(unit_factors(in_brian2(quantity.unit)))
        return f"{exact.numerator}/{exact.denominator}{factors}", SIGN if exact < 0 else PRODUCT


# Brian2 knows few short names; the long ones take every prefix
_SHORT = frozenset("mV mA uA nA pA nS uS uF nF pF ms us Hz kHz MHz cm mm um mM uM nM mol ohm".split())
_LONG = {
    "V": "volt", "A": "amp", "S": "siemens", "F": "farad", "s": "second", "Hz": "hertz", "m": "meter", "g": "gram",
    "M": "molar", "J": "joule", "K": "kelvin", "l": "liter", "C": "coulomb", "mol": "mol", "ohm": "ohm",
}  # fmt: skip


def in_brian2(unit: Unit) -> Unit:
    """The same unit in names Brian2 has."""

    def name(atom: str) -> str:
        if atom in _SHORT:
            return atom
        stem = next(stem for stem in sorted(_LONG, key=len, reverse=True) if atom.endswith(stem))
        return atom.removesuffix(stem) + _LONG[stem]

    return Unit(tuple((name(atom), power) for atom, power in unit.powers))


@dataclass(frozen=True)
class Brian2Equations:
    """The translation of one model.

    Attributes
    ----------
    ordered : with Euler steps of one variable after another, which no integrator of Brian2's takes: they are ``update``
    """

    model: Model
    ordered: bool = False

    @cached_property
    def identifiers(self) -> Mapping[str, str]:
        # xi and xi_1 are white noise; w_post and w_pre belong to the neurons of a synapse; x_ is x without its unit
        return mangle(self.model.symbols, RESERVED, ("xi",), ("_pre", "_post", "_"))

    @cached_property
    def printer(self) -> Brian2Printer:
        return Brian2Printer(self.identifiers)

    @property
    def text(self) -> str:
        """The equation string under a comment that names source and parameters."""
        model = self.model
        head = [f"# {_comment(model.title)}", f"# {_comment(model.source)}"]
        head += [f"#   {line}" for line in self.assignments]
        if model.spike:
            head.append(f"# threshold: {self.threshold}")
            head += [f"# reset: {line}" for line in (self.reset or "").splitlines()]
            if self.refractory:
                head.append(f"# refractory: {self.refractory}")
        for event, (condition, reset) in self.events.items():
            head.append(f"# {event}: {condition}")
            head += [f"#   then: {line}" for line in reset.splitlines()]
        head += [f"# every dt, after_thresholds: {line}" for line in self.looks]
        head += [f"# every dt: {line}" for line in (self.update or "").splitlines()]
        return "\n".join(head) + "\n" + self.equations + "\n"

    @property
    def equations(self) -> str:
        """What ``brian2.Equations`` reads."""
        model, ids = self.model, self.identifiers
        lines = []
        for equation in model.equations:
            if self._stepped(equation):
                continue
            right = self.printer.text(model.regular[equation.name])
            unit = base_unit(equation.unit.dimension)
            flag = " (unless refractory)" if equation.name in model.held else ""
            left = f"d{ids[equation.name]}/dt" if equation.differential else ids[equation.name]
            lines.append((left, f"{right} : {unit}{flag}"))
        unit = base_unit(model.stimulus_unit.dimension)
        silenced = model.spike is not None and model.spike.refractory is not None and model.spike.clamp == "current"
        lines.append((SEEN if silenced else ids[STIMULUS], f"{SAMPLES}(t) : {unit} (constant over dt)"))
        if silenced:
            lines.append((ids[STIMULUS], f"{SEEN}*int(not_refractory) : {unit}"))
        width = max(len(left) for left, _ in lines)
        iterated = [f"{ids[e.name]} : {base_unit(e.unit.dimension)}" for e in model.equations if self._stepped(e)]
        memory = [f"{name} : boolean" for name in self.memory.values()]
        names = changed_names(ids, "Brian2")
        comment = [f"# {names}"] if names else []
        return "\n".join([*comment, *iterated, *(f"{left:<{width}} = {right}" for left, right in lines), *memory])

    @property
    def operations(self) -> int:
        """How many operations and calls of functions it takes to compute every right-hand side once."""
        trees = [self.model.regular[equation.name] for equation in self.model.equations]
        return sum(isinstance(node, (Binary, Call, Choice, Negative)) for tree in trees for node in walk(tree))

    def _stepped(self, equation: Equation) -> bool:
        """Whether ``update`` moves it on."""
        return equation.iterated or (self.ordered and equation.differential)

    @property
    def update(self) -> str | None:
        """What ``run_regularly`` does once a step: for a map all next values first, then all at once; None where it does nothing."""
        model, ids = self.model, self.identifiers
        if self.ordered:
            return "\n".join(self._in_turn())
        if not model.discrete:
            return None
        ahead = mangle([f"{ids[s]}_next" for s in model.state_names], RESERVED | set(ids.values()))
        names = [(ids[s], ahead[f"{ids[s]}_next"], self.printer.text(model.regular[s])) for s in model.state_names]
        return "\n".join([*(f"{new} = {text}" for _, new, text in names), *(f"{name} = {new}" for name, new, _ in names)])

    def _in_turn(self) -> Iterator[str]:
        """Each variable's Euler step after the definitions it needs: within a block of statements Brian2 does not always
        compute those anew that depend on a variable through another definition."""
        model, ids = self.model, self.identifiers
        moved = [d for d in model.ordered_definitions if any(depends(Name(d), s, model.regular) for s in model.state_names)]
        now = mangle([f"{ids[d]}_now" for d in moved], RESERVED | set(ids.values()))
        known = {**ids, **{d: now[f"{ids[d]}_now"] for d in moved}}
        printer = Brian2Printer(known)
        for state in model.state_names:
            for name in (d for d in model.definitions_for([model.regular[state]]) if d in moved):
                yield f"{known[name]} = {printer.text(model.regular[name])}"
            rests = "*int(not_refractory)" if state in model.held else ""
            yield f"{ids[state]} += dt*({printer.text(model.regular[state])}){rests}"

    @property
    def assignments(self) -> list[str]:
        """``g_Na = 120*mS/cm2`` for every parameter."""
        return [f"{self.identifiers[name]} = {_value(parameter)}" for name, parameter in self.model.parameters.items()]

    @property
    def events(self) -> dict[str, tuple[str, str]]:
        """Condition and statements of each event beside the spike, by the name it has in Brian2."""
        return {event: (self._once(event), self._statements(rule)) for event, rule in self._rules.items() if event != SPIKE}

    @cached_property
    def _rules(self) -> dict[str, SpikeRule]:
        spike = {SPIKE: self.model.spike} if self.model.spike else {}
        return {**spike, **{f"event_{k}": rule for k, rule in enumerate(self.model.events, 1)}}

    def _condition(self, event: str) -> str:
        return f"{self.printer.text(self._rules[event].left)} > {self.printer.text(self._rules[event].right)}"

    def _once(self, event: str) -> str:
        """The condition, and that the rule was not above its level at the last look, where it remembers."""
        return self._condition(event) + (f" and not {self.memory[event]}" if event in self.memory else "")

    def arrival(self, number: int) -> tuple[str, str]:
        """Condition and statements of the round of arrivals of that number."""
        assert self.model.input is not None  # experiments with arrivals have seen to it
        printer = Brian2Printer({**self.identifiers, WEIGHT: f"{WEIGHS}_{number}(t)"})
        lines = [f"{self.identifiers[name]} = {printer.text(e)}" for name, e in self.model.input.reset]
        return f"{ARRIVES}_{number}(t) > 0", "\n".join(lines)

    @cached_property
    def memory(self) -> dict[str, str]:
        """The variables in which rules remember that they were above their level at the last look, by the rule's name.

        A Brian2 event happens in every step in which its condition is true.
        """
        who = [event for event, remembers in zip(self._rules, remembering(self.model), strict=True) if remembers]
        return dict(
            zip(
                who,
                mangle([f"{event}_above" for event in who], RESERVED | set(self.identifiers.values())).values(),
                strict=True,
            )
        )

    @property
    def looks(self) -> list[str]:
        """What ``run_regularly`` remembers in every step, when all have been looked at and before anything acts."""
        # a neuron that spikes in this step rests from now on, but has been looked at
        awake = {SPIKE: " and (not_refractory or lastspike == t)"} if self.refractory else {}
        return [f"{name} = {self._condition(event)}{awake.get(event, '')}" for event, name in self.memory.items()]

    @property
    def above_at_start(self) -> dict[str, bool]:
        """What the rules remember when a run begins, by the variable."""
        return {name: starts_above(self.model, self._rules[event]) for event, name in self.memory.items()}

    def _statements(self, rule: SpikeRule) -> str:
        return "\n".join(f"{self.identifiers[name]} = {self.printer.text(e)}" for name, e in rule.reset)

    @property
    def threshold(self) -> str | None:
        return self._once(SPIKE) if self.model.spike else None

    @property
    def reset(self) -> str | None:
        spike = self.model.spike
        if spike is None or not spike.reset:
            return None
        return self._statements(spike)

    @property
    def refractory(self) -> str | None:
        """What NeuronGroup gets as ``refractory``: a period, or for spikes without reset the condition itself."""
        spike = self.model.spike
        if spike is None:
            return None
        if not spike.reset:
            return self.threshold
        return self.printer.text(spike.refractory) if spike.refractory is not None else None


def _value(parameter: Parameter) -> str:
    return number(parameter.value) + "".join(unit_factors(in_brian2(parameter.unit)))


def _comment(text: str) -> str:
    return " ".join(text.split())
