"""Many steps of a scheme as one function for plain floats: the operations of one step, written out in a loop.

An operation whose result is used twice is done once, before the loop if it is the same in every step. ``exp`` and ``exprel`` are
written out with the bounds that keep them from raising, as ``reference.functions`` has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from spikebridge.bridge.translate.operations import COMPARISONS, Value, discarded, made_of
from spikebridge.bridge.translate.tracing import Traced

_CHOICE, _OR, _AND, _NOT, _COMPARED, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(10)
_BINDS = {"if": _CHOICE, "or": _OR, "and": _AND, "not": _NOT, **dict.fromkeys(COMPARISONS, _COMPARED), "+": _SUM, "-": _SUM,
          "*": _PRODUCT, "/": _PRODUCT, "-x": _SIGN, "**": _POWER, "exp": _CHOICE, "exprel": _CHOICE}  # fmt: skip
_TWICE = ("exp", "exprel")  # written with their argument twice
_LONGEST = 24  # operations in one line
# what a line takes from outside under a name of ours; a symbol starts with a letter
OWN = ("_exp", "_expm1", "_inf")


@dataclass(frozen=True)
class StretchSource:
    """The text of ``stretch(state, stimuli, dt, samples)`` (see ``reference.system``): steps until the stimuli end, or a level is above zero."""

    traced: Traced

    @cached_property
    def text(self) -> str:
        """The function; what it needs from outside is bound where it is defined."""
        states = ", ".join(self.traced.states) + ("," if len(self.traced.states) == 1 else "")
        lists = [f"_{s}_samples" for s in self.traced.states]
        outside = "".join(f", {name}={name}" for name in self._outside)
        lines = [
            f"def stretch(state, _stimuli, dt, _samples{outside}):",
            '    """Steps until the stimuli end, or a level is above zero; then the state, which is no sample yet."""',
            f"    {states} = state",
            f"    {', '.join(lists)}{',' if len(lists) == 1 else ''} = _samples",
            *(f"    {line}" for line in self._lines(fixed=True)),
            f"    for {self.traced.stimulus} in _stimuli:",
            *(f"        {line}" for line in self._lines(fixed=False)),
            *(f"        {line}" for line in self._end(states)),
            *(f"        {each}.append({s})" for each, s in zip(lists, self.traced.states, strict=True)),
        ]
        return "\n".join(lines) + "\n"

    def _lines(self, fixed: bool) -> Iterator[str]:
        for value in self._written:
            if value.fixed is fixed:
                yield f"{self._names[value]} = {self._operation(value)[0]}"

    def _end(self, states: str) -> Iterator[str]:
        left = [(s, self._text(x)) for s, x in zip(self.traced.states, self.traced.new, strict=True) if self._text(x) != s]
        if left:  # all at once, as one may be what another was
            yield f"{', '.join(s for s, _ in left)} = {', '.join(x for _, x in left)}"
        if self.traced.above:
            yield f"if {' or '.join(self._text(above) for above in self.traced.above)}:"
            yield f"    return ({states})"

    # which values have a line of their own ------------------------------------------------------------

    @cached_property
    def _results(self) -> tuple[Value, ...]:
        results = (*self.traced.new, *self.traced.above)
        return (*results, *discarded(self.traced.operations, results))

    @cached_property
    def _needed(self) -> Sequence[Value]:
        """All that has to be computed, in the order in which it came."""
        needed = made_of(self._results)
        return [value for value in self.traced.operations.values if value in needed and value.parts]

    @cached_property
    def _written(self) -> Mapping[Value, int]:
        """Those that have a line of their own, and which."""
        uses = Counter(part for value in self._needed for part in value.parts)
        twice = {part for value in self._needed if value.operation in _TWICE for part in value.parts}
        hoisted = {part for value in self._needed if not value.fixed for part in value.parts if part.fixed}
        results = set(self._results) - set(self.traced.above)
        written, lengths = dict[Value, int](), dict[Value, int]()
        for value in self._needed:
            length = 1 + sum(lengths.get(part, 0) for part in value.parts)
            alone = value.label or uses[value] > 1 or value in twice or value in hoisted or value in results
            if alone or length > _LONGEST:
                written[value] = len(written)
            else:
                lengths[value] = length
        return written

    # what they are called -----------------------------------------------------------------------------

    @cached_property
    def _outside(self) -> Sequence[str]:
        text = {value.operation for value in self._needed}
        own = [word for word, used in zip(OWN, ({"exp", "np.exp"}, {"exprel"}, {"exp"}), strict=True) if used & text]
        functions = [f for f in sorted(text) if f.isidentifier() and f not in _BINDS]
        functions += ["exprel"] if "exprel" in text else []
        leaves = {part.of[0]: part for value in (*self._needed, *self._results) for part in (*value.parts, value)
                  if part.operation == "name"}  # fmt: skip
        parameters = [name for name, leaf in leaves.items() if leaf.fixed and name != "dt"]
        return [*own, *functions, *sorted(parameters)]

    @cached_property
    def _names(self) -> Mapping[Value, str]:
        names = dict(self._in_place)
        labels = {value.label for value in self._written}
        taken = {*self.traced.states, self.traced.stimulus, "dt", *self._outside}
        for value in self._written:
            if value in names:
                continue
            stem = value.label or next(
                (f"new_{s}" for s, x in zip(self.traced.states, self.traced.new, strict=True) if x is value), ""
            )
            later = (f"{stem or 'x'}{'_' if stem else ''}{k}" for k in count(2 if stem else 1))
            free = (name for name in later if name not in taken and name not in labels)
            names[value] = stem if stem and stem not in taken else next(free)
            taken.add(names[value])
        return names

    @property
    def _in_place(self) -> Iterator[tuple[Value, str]]:
        """New values that take the name of their variable at once, as no later line looks for the old one."""
        last: dict[str, int] = {}
        for value, line in self._written.items():
            last |= dict.fromkeys(self._looks_for(value), line)
        for result in (*self.traced.new, *self.traced.above):
            if result not in self._written:
                last |= dict.fromkeys(self._looks_for(result), len(self._written))
        given: set[Value] = set()
        for name, result in zip(self.traced.states, self.traced.new, strict=True):
            if result in self._written and not result.fixed and result not in given:
                given.add(result)
                if last.get(name, -1) <= self._written[result]:
                    yield result, name

    def _looks_for(self, value: Value) -> Iterator[str]:
        """The names from outside that stand in the line of a value."""
        if value.operation == "name":
            yield value.of[0]
        for part in value.parts:
            if part not in self._written:
                yield from self._looks_for(part)

    # how they are computed ----------------------------------------------------------------------------

    def _text(self, value: Value, binds: int = _CHOICE) -> str:
        if value in self._names:
            return self._names[value]
        text, level = self._operation(value)
        return text if level >= binds else f"({text})"

    def _operation(self, value: Value) -> tuple[str, int]:
        operation, of = value.operation, value.of
        binds = _BINDS.get(operation, _ATOM)
        match operation:
            case "name":
                return of[0], _ATOM
            case "number":
                text = of[0].replace("inf", "_inf")
                return text, _SIGN if text.startswith("-") else _ATOM
            case "-x":
                return f"-{self._text(of[0], _POWER)}", binds
            case "exp":
                x = self._text(of[0])
                return f"_exp({x}) if {x} < 709.0 else _inf", binds
            case "exprel":
                x = self._text(of[0])
                return f"_expm1({x})/{x} if {x} and {x} <= 709.0 else exprel({x})", binds
            case "np.exp":
                return f"_exp({self._text(of[0])})", binds
            case "if":
                condition, if_true, if_false = (self._text(part, _OR) for part in of)
                return f"{if_true} if {condition} else {if_false}", binds
            case "and" | "or":
                return f" {operation} ".join(self._text(part, _NOT) for part in of), binds
            case "not":
                return f"not {self._text(of[0], _COMPARED)}", binds
            case "**":
                return f"{self._text(of[0], _ATOM)}**{self._text(of[1], _SIGN)}", binds
        if operation.isidentifier():
            return f"{operation}({self._text(of[0])})", binds
        space = "" if binds == _PRODUCT else " "
        left, right = (self._text(part, binds + k) for k, part in enumerate(of))
        return f"{left}{space}{operation}{space}{right}", binds
