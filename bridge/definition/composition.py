"""Models composed of mechanisms: many documents become one, which reads as if it were written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from spikebridge.bridge.definition.definition_text import flat_text
from spikebridge.bridge.definition.equation_lines import STIMULUS, EquationLine, Line, lines_of, read_equation, symbols
from spikebridge.bridge.definition.mechanism import Mechanism, texts
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.quantity import read_quantity
from spikebridge.bridge.expressions.units import Dimension, Unit
from spikebridge.bridge.shown import shown
from spikebridge.bridge.toml_file import refuse_unknown

TABLE = "mechanism"
KEYS = ("use", "suffix", "names", "without", "parameters")
MAX_PARTS = 50
_NAMES = re.compile(r"[A-Za-z]\w*(\s*,\s*[A-Za-z]\w*)*\Z", re.ASCII)
_WIDEST = 130  # columns of equations are aligned unless a line is longer


# one [[mechanism]] ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A mechanism as a model uses it; ``label`` is what the model calls it, ``where`` names it in errors."""

    label: str
    where: str
    mechanism: Mechanism

    @cached_property
    def lines(self) -> dict[str, list[Line]]:
        """The lines that each equation brings: comments above it, and itself."""
        found: dict[str, list[Line]] = {}
        above: list[Line] = []
        for line in self.mechanism.lines:
            if line.code:
                found[read_equation(line.code, self.where).name] = [*above, line]
                above = []
            else:
                above = [*above, line] if line.comment else []
        return found


def tables_of(data: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """The [[mechanism]] tables of a document, their keys checked."""
    tables = data[TABLE]
    if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise DefinitionError(f"{where}: {TABLE}: expected tables, written [[{TABLE}]]")
    if len(tables) > MAX_PARTS:
        raise DefinitionError(f"{where}: {TABLE}: {len(tables)} are used; at most {MAX_PARTS} are read")
    for i, table in enumerate(tables, 1):
        here = f"{where}: {TABLE} {i}"
        refuse_unknown(table, KEYS, here)
        if not isinstance(table.get("use"), str):
            found = "the key 'use' is missing" if "use" not in table else f"use: expected text, found {shown(table['use'])}"
            raise DefinitionError(f"{here}: {found}")
    return tables


def part_of(mechanism: Mechanism, table: Mapping[str, Any], where: str) -> Part:
    """What a [[mechanism]] table makes of the mechanism or model that it uses."""
    suffix, without = table.get("suffix", ""), table.get("without", [])
    if not isinstance(suffix, str) or not re.fullmatch(r"\w*", suffix, re.ASCII):
        raise DefinitionError(f'{where}: suffix: expected letters, digits and _ such as "_i", found {shown(suffix)}')
    if not isinstance(without, list) or not all(isinstance(n, str) for n in without):
        raise DefinitionError(f'{where}: without: expected a list of names such as ["v"], found {shown(without)}')
    names, parameters = texts(table, "names", where), texts(table, "parameters", where)
    try:
        used = mechanism.with_parameters(parameters).without(*without).renamed(names, suffix)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}") from None
    return Part(f"{mechanism.name}{suffix}", where, used)


# all of them ----------------------------------------------------------------------------------------


def composed(text: str, data: Mapping[str, Any], parts: Sequence[Part], where: str) -> str:
    """The text of a definition without [[mechanism]], in which the parts' equations stand with its own.

    Raises
    ------
    DefinitionError : a clash of names, something that a part reads and nobody defines, a current that flows nowhere
    """
    composition = _Composition(where, {k: v for k, v in data.items() if k != TABLE}, tuple(parts))
    return flat_text(text, composition.flat(), TABLE)


@dataclass(frozen=True)
class _Composition:
    where: str
    data: Mapping[str, Any]
    parts: tuple[Part, ...]

    def flat(self) -> dict[str, Any]:
        """The document that says all in one."""
        self._refuse_clashes()
        for part in self.parts:
            for name, unit in part.mechanism.reads.items():
                self._check_read(part, name, Unit.parse(unit))
            for current in part.mechanism.currents:
                self._check_current(part, current)
        found = {**self.data, "equations": self._equations(), "parameters": self._parameters()}
        return found if self._steady else {**found, "initial": self._initial()}

    # what the model itself says -----------------------------------------------------------------------

    @cached_property
    def lines(self) -> list[Line]:
        if not isinstance(self.data.get("equations"), str):
            raise DefinitionError(
                f"{self.where}: the key 'equations' is missing; the membrane equation sums the currents by name"
            )
        return list(lines_of(self.data["equations"], self.where))

    @cached_property
    def own(self) -> dict[str, EquationLine]:
        codes = [line.code for line in self.lines if line.code and not _NAMES.match(line.code)]
        return {line.name: line for code in codes if not (line := read_equation(code, self.where)).declares_stimulus}

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        return self._table("parameters")

    @property
    def _steady(self) -> bool:
        """Whether the model rests: a resting state is one of the whole, whatever its parts begin with."""
        return bool(self._table("initial").get("steady_state", False))

    def _table(self, key: str) -> Mapping[str, Any]:
        table = self.data.get(key, {})
        if not isinstance(table, dict):
            raise DefinitionError(f"{self.where}: {key}: expected a table, found {shown(table)}")
        return table

    # checks -------------------------------------------------------------------------------------------

    def _refuse_clashes(self) -> None:
        labels = [part.label for part in self.parts]
        again = next((part for i, part in enumerate(self.parts) if part.label in labels[:i]), None)
        if again:
            raise DefinitionError(f"{again.where}: {again.label} is used twice; give one of them a suffix")
        owner = dict.fromkeys((*self.own, *self.parameters), "the model")
        for part in self.parts:
            for name in part.lines:
                if name in owner:
                    raise _clash(part, name, owner[name])
                owner[name] = part.label
        for part in self.parts:
            self._refuse_parameters(part, owner)

    def _refuse_parameters(self, part: Part, owner: dict[str, str]) -> None:
        """The model's value of a parameter is the one that counts; parts may share one, but only at the same value."""
        given = part.mechanism.parameters
        for name in given:
            if name in self.parameters:
                continue
            others = [p for p in self.parts if p is not part and name in p.mechanism.parameters]
            if name in owner:
                raise _clash(part, name, owner[name])
            for other in others:
                if read_quantity(other.mechanism.parameters[name]) != read_quantity(given[name]):
                    raise DefinitionError(
                        f"{part.where}: {name} is {given[name]} in {part.label}, but {other.mechanism.parameters[name]} in "
                        f"{other.label}; give the model's own value under [parameters], or another name under names"
                    )

    def _check_read(self, part: Part, name: str, unit: Unit) -> None:
        found = self._unit_of(name)
        if found is None and name != STIMULUS:
            raise DefinitionError(
                f"{part.where}: {part.label} reads {name} ({unit}), which neither the model nor another part defines; "
                f'define it, or say what it is called here: names = {{ {name} = "..." }}'
            )
        if found is not None and found != unit.dimension:
            raise DefinitionError(f"{part.where}: {part.label} reads {name} in {unit}, but in this model it is no such quantity")

    def _unit_of(self, name: str) -> Dimension | None:
        """The dimension of what has that name in the model; None where nothing has."""
        lines = [self.own, *(part.mechanism.equation_lines for part in self.parts)]
        for line in (found[name] for found in lines if name in found):
            return line.unit.dimension
        values = [self.parameters, *(part.mechanism.parameters for part in self.parts)]
        for value in (found[name] for found in values if name in found):
            return _read(value, f"{self.where}: parameters.{name}")
        return None

    def _check_current(self, part: Part, current: str) -> None:
        others = [self.own, *(p.mechanism.equation_lines for p in self.parts if p is not part)]
        if not any(current in symbols(line.expression) for lines in others for line in lines.values()):
            raise DefinitionError(
                f"{part.where}: the current {current} of {part.label} flows nowhere: no equation of the model has it"
            )

    # one document -------------------------------------------------------------------------------------

    def _parameters(self) -> dict[str, Any]:
        found = dict(self.parameters)
        for part in self.parts:
            found.update({n: value for n, value in part.mechanism.parameters.items() if n not in found})
        return found

    def _initial(self) -> dict[str, Any]:
        found = dict(self._table("initial"))
        for part in self.parts:
            found.update({n: value for n, value in part.mechanism.initial.items() if n not in found})
        return found

    def _equations(self) -> str:
        """The model's lines, with what parts bring where it is named, and all else of theirs behind."""
        lines, end = _without_end(self.lines)
        placed: set[str] = set()
        found = [*(Line("", f"# {part.label}: {_one_line(part.mechanism)}") for part in self.parts), Line("")]
        for line in lines:
            if line.code and _NAMES.match(line.code):
                for name in re.split(r"\s*,\s*", line.code):
                    found += self._place(name, placed)
            else:
                found.append(line)
        for part in self.parts:
            rest = self._rest(part, placed)
            found += [Line(""), *rest] if rest else []
        return "\n".join(_aligned([*found, *end]))

    def _place(self, name: str, placed: set[str]) -> list[Line]:
        """The lines that stand where the model names an equation, or all that is left of a part."""
        if name in placed:
            raise DefinitionError(f"{self.where}: equations: {shown(name)} is placed twice")
        for part in self.parts:
            if name in part.lines:
                placed.add(name)
                return part.lines[name]
        whole = next((part for part in self.parts if part.label == name), None)
        if whole is None:
            known = [*(part.label for part in self.parts), *(n for part in self.parts for n in part.lines)]
            raise DefinitionError(
                f"{self.where}: equations: {shown(name)} is no equation of a part; a line without '=' says where one stands.{did_you_mean(name, known)}"
            )
        return self._rest(whole, placed)

    def _rest(self, part: Part, placed: set[str]) -> list[Line]:
        rest = [name for name in part.lines if name not in placed]
        placed.update(rest)
        return [line for name in rest for line in part.lines[name]]


def _clash(part: Part, name: str, owner: str) -> DefinitionError:
    return DefinitionError(
        f"{part.where}: {shown(name)} is defined by {owner} and by {part.label}; leave it out with without, or give it another name "
        "with names or suffix"
    )


def _read(value: Any, where: str) -> Dimension:
    try:
        return read_quantity(value).unit.dimension
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}") from None


def _one_line(mechanism: Mechanism) -> str:
    return " ".join((mechanism.source or mechanism.title or mechanism.origin).split())


# how it reads ---------------------------------------------------------------------------------------


def _without_end(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """The lines, and apart the declaration of the stimulus with which equations end, if they do."""
    start = len(lines)
    while start and (not lines[start - 1].code or re.match(rf"{STIMULUS}\s*:", lines[start - 1].code)):
        start -= 1
    return list(lines[:start]), list(lines[start:])


def _aligned(lines: Sequence[Line]) -> Iterator[str]:
    """The lines as text, units of a paragraph below one another, as a person writes them."""
    paragraph: list[Line] = []
    for line in [*lines, Line("")]:
        if line.code and not line.comment:
            paragraph.append(line)
        else:
            yield from _columns(paragraph)
            paragraph = []
            yield str(line)


def _columns(paragraph: Sequence[Line]) -> Iterator[str]:
    split = [line.code.rsplit(":", 1) for line in paragraph]
    width = max((len(left.rstrip()) for left, _ in split), default=0)
    for left, unit in split:
        yield f"{left.rstrip():<{width}} : {unit.strip()}" if width < _WIDEST else f"{left.rstrip()} : {unit.strip()}"
