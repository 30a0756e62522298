"""The equation string of a definition, line by line: what each line defines, before symbols are known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.units import Unit
from spikebridge.bridge.shown import shown

STIMULUS = "I_stim"

# dx/dt = ... : unit; x[n+1] = ... : unit; x = ... : unit
_LEFT = r"(?:d(?P<state>[A-Za-z_]\w*)\s*/\s*dt|(?P<next>[A-Za-z_]\w*)\s*\[\s*n\s*\+\s*1\s*\]|(?P<name>[A-Za-z_]\w*))"
_LINE = re.compile(rf"^{_LEFT}\s*(?:=(?P<expression>[^:]*))?:(?P<unit>[^:]*)$")
# a symbol, which is no part of a number such as 1.e3 and no function
_SYMBOL = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\w)(?!\s*\()")


@dataclass(frozen=True)
class Line:
    """One line of the string, lines within parentheses joined: its code, and the comment behind it."""

    code: str
    comment: str = ""

    def __str__(self) -> str:
        return "  ".join(part for part in (self.code, self.comment) if part)


@dataclass(frozen=True)
class EquationLine:
    """One equation as text; ``unit_text`` is the unit as it is written."""

    name: str
    expression: str
    unit_text: str
    differential: bool = False
    iterated: bool = False

    @property
    def unit(self) -> Unit:
        return Unit.parse(self.unit_text)

    @property
    def declares_stimulus(self) -> bool:
        """Whether it only says in which unit the stimulus is."""
        return not self.expression

    def __str__(self) -> str:
        left = f"d{self.name}/dt" if self.differential else f"{self.name}[n+1]" if self.iterated else self.name
        return f"{left} = {self.expression} : {self.unit_text}" if self.expression else f"{left} : {self.unit_text}"

    def renamed(self, names: Mapping[str, str]) -> EquationLine:
        """The equation with symbols called otherwise; its unit stays."""
        return replace(self, name=names.get(self.name, self.name), expression=renamed(self.expression, names))


def renamed(text: str, names: Mapping[str, str]) -> str:
    """An expression's text with symbols called otherwise, all at once."""
    return _SYMBOL.sub(lambda match: names.get(match[0], match[0]), text)


def symbols(text: str) -> tuple[str, ...]:
    """What may be a symbol in an expression's text; units look alike."""
    return tuple(dict.fromkeys(_SYMBOL.findall(text)))


def lines_of(text: str, where: str) -> Iterator[Line]:
    """The lines of an equation string; DefinitionError where a parenthesis is never closed."""
    pending = ""
    for raw in text.splitlines():
        code, sign, comment = raw.partition("#")
        code = f"{pending} {code.strip()}".strip()
        if code.count("(") > code.count(")"):
            pending = code
            continue
        pending = ""
        yield Line(code, sign + comment.rstrip())
    if pending:
        raise DefinitionError(f"{where}: equations: a parenthesis is never closed in {shown(pending, 60)}")


def read_equation(text: str, where: str) -> EquationLine:
    """One line of code as an equation; DefinitionError says what was expected."""
    match = _LINE.match(text)
    if not match:
        missing = "" if ":" in text else "; the unit after ':' is missing"
        raise DefinitionError(
            f"{where}: equations: cannot read {shown(text, 60)}; expected 'dx/dt = ... : unit', 'x[n+1] = ... : unit' or 'x = ... : unit'{missing}"
        )
    name = match["state"] or match["next"] or match["name"]
    expression = (match["expression"] or "").strip()
    if not expression and (name != STIMULUS or not match["name"]):
        raise DefinitionError(
            f"{where}: equations: {shown(name)} has no right-hand side; constants belong in [parameters], and the stimulus is called {STIMULUS}"
        )
    line = EquationLine(name, expression, match["unit"].strip()[:100], bool(match["state"]), bool(match["next"]))
    try:
        _ = line.unit
    except DefinitionError as error:
        raise DefinitionError(f"{where}: equations: {name}: {error}") from None
    return line
