"""Statements and blocks of NMODL."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from textwrap import shorten, wrap
from typing import Any

from spikebridge.bridge.expressions.expression import Choice, Expression, Name, Node, rebuild
from spikebridge.bridge.translate.nmodl_printer import NmodlPrinter

LONGEST = 400  # NMODL refuses a line of 512 characters
_ASCII = str.maketrans({'"': "'", "\\": "/", "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": "'", "”": "'"})
LOCAL = "choice_"
_CHOSEN = re.compile(rf"\s*({LOCAL}\d+) = ")


@dataclass(frozen=True)
class Statements:
    """Prints assignments; NMODL has no choice inside an expression, only in statements.

    ``regular`` are the right-hand sides of the model by name.
    """

    printer: NmodlPrinter
    regular: Mapping[str, Expression]

    @cached_property
    def _choices(self) -> Iterator[int]:
        return count(1)

    def assignment(self, name: str) -> list[str]:
        """The statements that set a definition."""
        return self.assign(self.printer.text(Name(name)), self.regular[name])

    def assign(self, target: str, expression: Expression) -> list[str]:
        """``target = expression``; a choice becomes an if, one inside an expression goes through a LOCAL first."""
        if isinstance(expression, Choice):
            test, before = self.hoisted(expression.condition)
            return [
                *before,
                f"if ({self.printer.condition(test)}) {{",
                *(f"    {line}" for line in self.assign(target, expression.if_true)),
                "} else {",
                *(f"    {line}" for line in self.assign(target, expression.if_false)),
                "}",
            ]
        plain, before = self.hoisted(expression)
        return [*before, f"{target} = {self.printer.text(plain)}"]

    def hoisted(self, node: Any) -> tuple[Any, list[str]]:
        """The node with each outermost choice replaced by a LOCAL, and the statements that set it."""
        before: list[str] = []

        def replaced(inner: Node) -> Expression | None:
            if not isinstance(inner, Choice):
                return None
            local = f"{LOCAL}{next(self._choices)}"
            before.extend(self.assign(local, inner))
            return Name(local)

        return rebuild(node, replaced), before


def block(head: str, lines: Sequence[str]) -> str:
    """A block of statements with the LOCALs they need; empty without statements."""
    if not lines:
        return ""
    chosen = dict.fromkeys(match[1] for line in lines if (match := _CHOSEN.match(line)))
    lines = [f"LOCAL {', '.join(chosen)}", *lines] if chosen else lines
    return f"{head} {{\n" + "".join(f"    {folded(line)}\n" for line in lines) + "}\n"


def folded(line: str) -> str:
    """A statement, over several lines where it is too long for one."""
    if len(line) <= LONGEST:
        return line
    return "\n".join(wrap(line, LONGEST, subsequent_indent=" " * 8, break_long_words=False, break_on_hyphens=False))


def wrapped(keyword: str, words: Sequence[str]) -> list[str]:
    """A list of names behind a keyword, eight to a line."""
    return [f"{keyword} {', '.join(words[k : k + 8])}" for k in range(0, len(words), 8)]


def free_text(text: str) -> str:
    """Free text for TITLE and COMMENT: one short line of ASCII that ends neither the comment nor a string.

    NMODL copies the title into a C string as it stands: a quote there would let the rest run as code.
    """
    plain = unicodedata.normalize("NFKD", " ".join(text.split()).translate(_ASCII)).encode("ascii", "ignore").decode()
    return shorten(plain.replace("ENDCOMMENT", "end of comment"), LONGEST, placeholder=" ...")
