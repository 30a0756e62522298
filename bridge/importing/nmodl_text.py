"""An imported mechanism as a definition in our own language, as a person would write it beside the source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from spikebridge.bridge.definition.definition_text import written
from spikebridge.bridge.expressions.expression import Expression, Name, Quantity, names, rebuild
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.expressions.units import Unit, number
from spikebridge.bridge.importing.findings import Finding
from spikebridge.bridge.importing.nmodl_meaning import Meaning
from spikebridge.bridge.importing.nmodl_naming import names_of
from spikebridge.bridge.importing.nmodl_source import Declared
from spikebridge.bridge.importing.nmodl_unit_words import Powers, declared_unit, powers_of
from spikebridge.bridge.importing.nmodl_units import Units
from spikebridge.bridge.importing.nmodl_values import in_order, reached, shown_name
from spikebridge.bridge.shown import plain

_ION = {
    "na": (50.0, 10.0, 140.0),
    "k": (-77.0, 54.4, 2.5),
    "ca": (132.5, 5e-5, 2.0),
    "cl": (-65.0, 5.0, 120.0),
}  # e, inside, outside: NEURON's
_CELL = {"celsius": ("1", "6.3"), "area": ("um2", "20000 um2"), "diam": ("um", "10 um")}
_SCHEME_WORDS = {
    "cnexp": "METHOD cnexp: exact while all else stands still", "derivimplicit": "METHOD derivimplicit: implicit Euler",
    "sparse": "METHOD sparse: implicit Euler", "euler": "METHOD euler: explicit Euler", "runge": "METHOD runge: Runge-Kutta",
    "cnexp by hand": "updated by hand, exactly while all else stands still", "euler by hand": "updated by hand, explicit Euler",
    "constant": "nothing moves it",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One equation: its name, right-hand side and unit, and the comment beside it."""

    name: str
    expression: Expression
    unit: Unit
    differential: bool = False
    comment: str = ""

    def __str__(self) -> str:
        return f"{self.left} = {Printer().text(self.expression)} : {self.unit}"

    @property
    def left(self) -> str:
        return f"d{self.name}/dt" if self.differential else self.name


@dataclass(frozen=True)
class Text:
    """One import as text.

    Attributes
    ----------
    plain : whether symbols are numbers without units, as where the units of the file lead nowhere
    """

    meaning: Meaning
    plain: bool = False

    # names ------------------------------------------------------------------------------------------

    @cached_property
    def needed(self) -> list[str]:
        """Inner names of all that the equations mention, definitions in order."""
        found = reached(self.meaning.expressions, self.meaning.definitions)
        definitions = list(in_order(self.meaning.definitions, found))
        return [n for n in found if n not in self.meaning.definitions] + [d for d in definitions if d not in self.own_line]

    @cached_property
    def own_line(self) -> dict[str, str]:
        """Definitions that are a current, or what an ion is given, itself: they have its name and line."""
        outputs = {**self.meaning.currents, **self.meaning.written}
        return {
            value.id: name for name, value in outputs.items()
            if isinstance(value, Name) and value.id in self.meaning.definitions and self.meaning.definitions[value.id].name == name
        }  # fmt: skip

    @cached_property
    def called(self) -> dict[str, str]:
        """What each inner name is called here."""
        found = names_of(self.meaning, dict.fromkeys([*self.needed, *self.meaning.rates]))
        outputs = {*self.meaning.currents, *self.meaning.written}
        return {**found, **self.own_line, **{name: name for name in outputs}}

    def output(self, name: str) -> str:
        """What a current is called: an electrode's is turned about."""
        return f"I_{name}" if name in self.meaning.currents and self.meaning.source.electrode else name

    # equations in inner names -------------------------------------------------------------------------

    @cached_property
    def _trees(self) -> dict[str, Expression]:
        """Right-hand sides, by inner name: definitions, rates behind a prime, outputs, initial values behind a 0 and a prime."""
        meaning = self.meaning
        found = {n: meaning.definitions[n].expression for n in self.needed if n in meaning.definitions}
        found |= {f"{state}'": rate for state, rate in meaning.rates.items()}
        for name, value in {**meaning.currents, **meaning.written}.items():
            own = isinstance(value, Name) and self.own_line.get(value.id) == name
            found[f"{name}!"] = meaning.definitions[value.id].expression if own and isinstance(value, Name) else value
        return found | {f"{state}'0": value for state, value in meaning.initial.items()}

    @cached_property
    def units(self) -> tuple[Units, dict[str, Expression], dict[str, Powers]]:
        """Units, expressions in which numbers have theirs, and declared units that cannot be."""
        units = Units(self._fixed)
        if self.plain:
            for name in {*self.needed, *(n for tree in self._trees.values() for n in names(tree))} - set(self._fixed):
                units.system.set_to(({("s", name): Fraction(1)}, {}), {})
        per_ms = powers_of(Unit.parse("1/ms"))
        demands = []
        for key, tree in self._trees.items():
            name = self._symbol(key)
            columns, powers = units.symbol(name)
            if key.endswith("'"):
                powers = {k: powers.get(k, Fraction(0)) + per_ms.get(k, Fraction(0)) for k in {*powers, *per_ms}}
            demands.append((key, tree, (columns, {k: p for k, p in powers.items() if p})))
        found = units.demand(demands)
        wrong = units.prefer(self._hints())
        units.settle()
        return units, {key: units.written(tree) for key, tree in found.items()}, wrong

    def _symbol(self, key: str) -> str:
        """The symbol that a right-hand side is of."""
        if key.endswith("!"):
            name = key[:-1]
            return next((inner for inner, own in self.own_line.items() if own == name), name)
        return key.removesuffix("0").removesuffix("'") if key.endswith(("'", "'0")) else key

    @cached_property
    def _fixed(self) -> dict[str, Powers]:
        """What NEURON counts in fixed units."""
        source = self.meaning.source
        current = powers_of(Unit.parse("mA/cm2" if source.kind == "SUFFIX" else "nA"))
        fixed = {
            name: powers_of(Unit.parse(unit)) for name, unit in {"v": "mV", "celsius": "1", "area": "um2", "diam": "um"}.items()
        }
        fixed |= {name: _of_ion(name) for name in (*source.reads, *source.writes)}
        fixed |= {state: self._of_state(state) for state in self.meaning.rates if state not in fixed}
        fixed |= dict.fromkeys(self.meaning.currents, current)
        fixed |= {inner: fixed[name] for inner, name in self.own_line.items()}
        if source.electrode:
            for inner, definition in self.meaning.definitions.items():
                if definition.name in self.meaning.currents:
                    fixed[inner] = current
        return fixed

    def _of_state(self, state: str) -> Powers:
        declared = self.meaning.source.states[state.partition("[")[0]].unit
        return {} if self.plain else declared_unit(declared) or {}

    def _hints(self) -> Iterator[tuple[str, Powers]]:
        """What the file declares, of symbols that are free."""
        source = self.meaning.source
        declared: dict[str, str] = {**source.constant_units}
        declared |= {n: d.unit for table in (source.parameters, source.assigned) for n, d in table.items()}
        for name in self.needed if not self.plain else ():
            definition = self.meaning.definitions.get(name)
            bare = (definition.name if definition else name).partition("[")[0]
            powers = declared_unit(declared.get(bare, ""))
            if powers and (definition is None or ("#" in name and bare in source.assigned)):
                yield name, powers

    # lines --------------------------------------------------------------------------------------------

    def _line(self, key: str, name: str, differential: bool = False, line: int = 0) -> Line:
        units, trees, _ = self.units
        expression = _renamed(trees[key], self.called)
        unit = units.of(self._symbol(key))
        return Line(name, expression, unit, differential, self.meaning.source.comments.get(line, ""))

    def sections(self) -> Iterator[tuple[str, list[Line]]]:
        """The equations under headings: currents, states, definitions by the block that assigns them."""
        meaning = self.meaning
        lines = {inner: d.line for inner, d in meaning.definitions.items()}
        outputs = {**meaning.currents, **meaning.written}
        own = {name: lines[inner] for inner, name in self.own_line.items()}
        yield "", [self._line(f"{name}!", self.output(name), line=own.get(name, 0)) for name in outputs]
        by_scheme: dict[str, list[Line]] = {}
        for state in meaning.rates:
            by_scheme.setdefault(meaning.schemes[state], []).append(self._line(f"{state}'", self.called[state], True))
        for scheme, found in by_scheme.items():
            yield f"in the file {_SCHEME_WORDS[scheme]}", found
        by_block: dict[str, list[Line]] = {}
        for inner in self.needed:
            if inner in meaning.definitions:
                by_block.setdefault(meaning.definitions[inner].block, []).append(
                    self._line(inner, self.called[inner], line=lines[inner])
                )
        for block, found in by_block.items():
            yield block, found

    @cached_property
    def equations(self) -> str:
        """The string of equations: units under each other, comments behind."""
        found = []
        for heading, lines in self.sections():
            if not lines:
                continue
            width = min(max(len(str(line).rpartition(" : ")[0]) for line in lines), 90)
            found.append("\n".join([*([f"# {heading}"] if heading else []), *(_aligned(line, width) for line in lines)]))
        return "\n\n".join(found)

    @cached_property
    def symbols(self) -> list[str]:
        """Inner names of what is neither defined nor a state: parameters, constants, what the cell gives."""
        mentioned = dict.fromkeys(n for tree in self._trees.values() for n in names(tree))
        return [
            n
            for n in mentioned
            if n not in self.meaning.definitions and n not in self.meaning.rates and n not in self.meaning.written
        ]

    @property
    def reads(self) -> dict[str, str]:
        """What the cell provides, with its unit."""
        source = self.meaning.source
        read = [n for n in self.symbols if n in source.reads or n in _CELL]
        return {"v": "mV", **{n: _CELL[n][0] if n in _CELL else str(self.units[0].of(n)) for n in read}}

    def value(self, name: str) -> str:
        """Of a parameter, as the file has it."""
        source = self.meaning.source
        if name in source.constants:
            return number(source.constants[name])
        known = source.parameters.get(name) or self.meaning.unset.get(name) or Declared(name, "0")
        if (
            name[:-1] in source.writes and name.endswith("0") and name not in source.parameters
        ):  # cai0: what NEURON's ion begins with
            return number(_usual(name[:-1], ""))
        return known.value or "0"

    @property
    def parameters(self) -> dict[str, tuple[str, str]]:
        """Value with unit, and comment, of each."""
        source, found = self.meaning.source, {}
        for name in (n for n in self.symbols if n not in self.reads):
            unit = self.units[0].of(name)
            declared = source.parameters.get(name) or self.meaning.unset.get(name)
            value = _decimal(self.value(name))
            found[self.called.get(name, name)] = (
                value if not unit.powers else f"{value} {unit}",
                declared.comment if declared else "",
            )
        order = [*source.constants, *source.parameters]
        places = {self.called.get(n, n): k for k, n in enumerate(order)}
        return dict(sorted(found.items(), key=lambda item: places.get(item[0], len(order))))

    @property
    def initial(self) -> dict[str, str]:
        """Initial values as text."""
        trees = self.units[1]
        return {self.called[state]: _initial(_renamed(trees[f"{state}'0"], self.called)) for state in self.meaning.rates}

    @property
    def patch(self) -> dict[str, str]:
        """Values of what is read beside v, for a run alone."""
        source, found = self.meaning.source, {}
        for name, unit in self.reads.items():
            if name != "v":
                declared = source.parameters.get(name)
                given = declared.value if declared and declared.value and name != "area" else ""
                usual = _CELL[name][1] if name in _CELL else f"{number(_usual(name, given))} {unit}"
                found[name] = f"{given}{'' if unit == '1' else f' {unit}'}" if given and name in _CELL else usual
        return found

    def text(self) -> str:
        """The whole definition."""
        source = self.meaning.source
        head = {
            "name": _free_name(source.name),
            "title": source.title or f"{source.name}, from {source.where}",
            "source": f"imported from {source.where}",
        }
        currents = {"currents": [self.output(name) for name in self.meaning.currents]} if self.meaning.currents else {}
        blocks = [
            "".join(f"# {line}\n" for line in _comment_lines(source.comment))
            + written({**head, "equations": self.equations, **currents}),
            written({"reads": self.reads}),
        ]
        blocks += [_table("parameters", self.parameters)] if self.parameters else []
        blocks += [_table("initial", {n: (v, "") for n, v in self.initial.items()})] if self.initial else []
        blocks += [_table("patch", {n: (v, "") for n, v in self.patch.items()})] if self.patch else []
        return "\n".join(blocks)

    def schemes(self) -> Iterator[str]:
        """How NEURON solves the states of the file."""
        by_scheme: dict[str, list[str]] = {}
        for state, scheme in self.meaning.schemes.items():
            by_scheme.setdefault(scheme, []).append(self.called[state])
        for scheme, states in by_scheme.items():
            yield plain(f"{', '.join(states)}: {_SCHEME_WORDS[scheme]}", 300)

    def unit_findings(self) -> Iterator[Finding]:
        """What became of the units."""
        units, _, wrong = self.units
        if self.plain:
            yield Finding("unit", "its numbers are taken without units: the units of the file lead nowhere")
            return
        for name in wrong:
            yield Finding(
                "unit",
                f"{shown_name(name)} is declared in other units than it is used in: {units.of(name)}",
                self._declared_line(name),
            )
        if units.casts:
            yield Finding(
                "unit", f"units that do not fit are turned over as numbers, by factors of 1, in {len(units.casts)} places"
            )

    def _declared_line(self, name: str) -> int:
        source, bare = self.meaning.source, shown_name(name)
        declared = source.parameters.get(bare) or source.assigned.get(bare)
        return declared.line if declared else 0


def _renamed(node: Expression, called: Mapping[str, str]) -> Expression:
    """The tree with outer names, all at once."""
    found: Expression = rebuild(node, lambda n: Name(called.get(n.id, n.id)) if isinstance(n, Name) else None)
    return found


def _aligned(line: Line, width: int) -> str:
    head, _, unit = str(line).rpartition(" : ")
    comment = f"   # {_clean(line.comment)}" if line.comment else ""
    return f"{head:<{width}} : {unit}{comment}"


def _clean(comment: str) -> str:
    """A comment of the file as one of ours."""
    return plain(" ".join(comment.split()), 120).replace("\\", "/").replace('"""', '"')


def _comment_lines(comment: str) -> Iterable[str]:
    lines = [_clean(line) for line in comment.splitlines()]
    return [line for line in lines if line][:40]


def _table(name: str, entries: Mapping[str, tuple[str, str]]) -> str:
    lines = [
        f"{key} = {_quoted(value)}{f'  # {_clean(comment)}' if comment else ''}" for key, (value, comment) in entries.items()
    ]
    return "\n".join([f"[{name}]", *lines]) + "\n"


def _quoted(value: str) -> str:
    return written({"x": value}).partition(" = ")[2].strip()


def _decimal(text: str) -> str:
    """A number as the file writes it, in digits that TOML's reader of quantities takes."""
    return text if text[:1] not in ".+" and not text.startswith("-.") and not text.endswith(".") else number(float(text))


def _initial(node: Expression) -> str:
    if isinstance(node, Quantity):
        return f"{number(node.value)} {node.unit}" if node.unit.powers else number(node.value)
    return Printer().text(node)


def _of_ion(name: str) -> Powers:
    """Of a variable of an ion: current, potential, concentration."""
    unit = (
        "mM"
        if name[-1] in "io" and name not in ("ino", "iio") and not _is_current(name)
        else "mA/cm2"
        if name[0] == "i"
        else "mV"
    )
    return powers_of(Unit.parse(unit))


def _is_current(name: str) -> bool:
    return name.startswith("i") and name[1:] in _ION


def _usual(name: str, given: str) -> float:
    """A value for what is read of an ion: that of the file's declaration, or NEURON's."""
    if given:
        return float(given)
    if name.startswith("e"):
        return _ION.get(name[1:], (0.0, 1.0, 1.0))[0]
    if name[-1] in "io" and not _is_current(name):
        return _ION.get(name[:-1], (0.0, 1.0, 1.0))[1 if name[-1] == "i" else 2]
    return -1e-3 if name == "ica" else 1e-3


def _free_name(name: str) -> str:
    return name.lstrip("_")[:60] or "mechanism"
