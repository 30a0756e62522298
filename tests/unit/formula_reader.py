"""Reads formulas back, the way a mathematician would, to prove that they say what the definition says.

The reader is strict where a reader could be misled: digits side by side, a sign after a product sign,
anything multiplied behind a slash.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from trees import PRIME, Element, applied, combined, divide, literal, mark, raised, unit_value

_BRACES = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_TOKEN = re.compile(
    rf"\\mathrm{_BRACES}|\\operatorname{_BRACES}|\\left[(|]|\\right[)|]|\\[A-Za-z]+|\\,|[0-9.]+|[A-Za-z]|[-+/^_(){{}}]|\s+"
)
_UNIT = re.compile(r"([A-Za-z]+)(?:\^\{?(-?[0-9]+)\}?)?")
_FUNCTIONS = {
    "ln": "log",
    "log": "log10",
    **{f: f for f in ["exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "exprel"]},
}


class Misleading(ValueError):
    """The formula could be read in two ways, or not at all."""


class Reader:
    """One formula; ``names`` gives the model's name for every name as it is set."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self.tokens = [t for t in _TOKEN.findall(text) if not t.isspace()]
        if re.sub(r"\s+", "", "".join(self.tokens)) != re.sub(r"\s+", "", text):
            raise Misleading(text)
        self.names = {re.sub(r"\s+", "", text): name for text, name in names.items()}
        self.position = 0

    def value(self) -> Element:
        result = self.sum()
        if self.position != len(self.tokens):
            raise Misleading(self.tokens[self.position :])
        return result

    @property
    def next(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.next
        if not token or (expected and token != expected):
            raise Misleading(f"{token!r} instead of {expected!r} in {''.join(self.tokens)}")
        self.position += 1
        return token

    def sum(self) -> Element:
        negative = self.next == "-" and bool(self.take())
        result = self.product()
        result = -result % PRIME if negative else result
        while self.next in ("+", "-"):
            result = combined(self.take(), result, self.product())
        return result

    def product(self) -> Element:
        result = self.factor()
        while True:
            if self.next == "/":
                self.take()
                result = divide(result, self.factor())
                if self.next in ("\\cdot", "\\times", "\\,") or self.starts_factor():
                    raise Misleading("a factor behind a slash")
                return result
            if self.next in ("\\cdot", "\\times"):
                self.take()
            elif self.next == "\\,":
                self.take()
                if self.next[:1].isdigit():
                    raise Misleading("digits behind a space")
            elif not self.starts_factor():
                return result
            elif self.next[:1].isdigit():
                raise Misleading("digits side by side")
            result = result * self.factor() % PRIME

    def starts_factor(self) -> bool:
        return bool(re.match(r"[A-Za-z0-9(]|\\left|\\(?!right|cdot|times|,)", self.next))

    def factor(self) -> Element:
        token = self.next
        base = self.atom()
        if self.next != "^":
            return base
        self.take()
        before = self.position
        exponent = self.group(self.sum)
        digits = "".join(self.tokens[before : self.position]).strip("{}")
        if token == "10":
            return literal(f"1e{digits}")
        if token.startswith("\\mathrm{") and token not in self.names:
            return pow(base, int(digits), PRIME)
        return applied("exp", exponent) if token == "e" and "e" not in self.names else raised(base, exponent)

    def group(self, read):  # type: ignore[no-untyped-def]
        if self.next != "{":
            return self.atom()
        self.take()
        result = read()
        self.take("}")
        return result

    def atom(self) -> Element:
        token = self.take()
        if token[0].isdigit():
            return literal(token)
        if token in ("(", "\\left("):
            return self.closed(")" if token == "(" else "\\right)")
        if token == "\\left|":
            return applied("abs", self.closed("\\right|"))
        if token == "\\frac":
            return divide(self.group(self.sum), self.group(self.sum))
        if token == "\\sqrt":
            return applied("sqrt", self.group(self.sum))
        function = token.lstrip("\\").removeprefix("operatorname").strip("{}")
        if token.startswith("\\") and function in _FUNCTIONS:
            return self.application(function)
        return self.symbol(token)

    def closed(self, bracket: str) -> Element:
        result = self.sum()
        self.take(bracket)
        return result

    def application(self, function: str) -> Element:
        if function == "log":
            for expected in ("_", "{", "10", "}"):
                self.take(expected)
        if self.next not in ("(", "\\left("):
            raise Misleading(f"{function} without parentheses")
        return applied(_FUNCTIONS[function], self.atom())

    def symbol(self, token: str) -> Element:
        text = token
        if self.next == "_":
            text += self.take()
            text += self.take()
            while text.count("{") > text.count("}"):
                text += self.take()
        if text in self.names:
            return mark(self.names[text])
        if token == "e" and self.next == "^":
            return 0
        if token.startswith("\\mathrm{"):
            return unit_value(_unit(token))
        raise Misleading(f"unknown name {text!r}")


def _unit(token: str) -> tuple[tuple[str, int], ...]:
    plain = token.removeprefix("\\mathrm{")[:-1].replace("\\mu ", "u").replace("\\mu", "u").replace("\\Omega", "ohm")
    return tuple((symbol, int(power or 1)) for symbol, power in _UNIT.findall(plain.replace("\\,", " ")))


# MathML ---------------------------------------------------------------------------------------------

_SIGNS = {"−": "-", "·": r"\cdot ", "×": r"\times ", "\u2062": "", "\u2061": ""}


def as_latex(node: ElementTree.Element, greek: Mapping[str, str]) -> str:
    """A MathML element as LaTeX for the reader; ``greek`` maps letters to commands."""
    inside = [as_latex(child, greek) for child in node]
    text = node.text or ""
    match node.tag:
        case "mi" if text in _FUNCTIONS:
            return rf"\operatorname{{{text}}}"
        case "mi" if text in greek:
            return greek[text] + " "
        case "mi" if len(text) == 1 and "mathvariant" not in node.attrib:
            return text
        case "mi":
            return r"\mathrm{" + text.replace("μ", r"\mu ").replace("Ω", r"\Omega") + "}"
        case "mn":
            return text
        case "mo" if text in "()|":
            side = "left" if node.attrib["form"] == "prefix" else "right"
            return rf"\{side}{text}"
        case "mo":
            return _SIGNS.get(text, text)
        case "mspace":
            return r"\,"
        case "mfrac":
            return rf"\frac{{{inside[0]}}}{{{inside[1]}}}"
        case "msqrt":
            return rf"\sqrt{{{''.join(inside)}}}"
        case "msub" | "msup" | "msubsup":
            marks = {"msub": "_", "msup": "^", "msubsup": "_^"}[node.tag]
            return inside[0].strip() + "".join(f"{m}{{{i}}}" for m, i in zip(marks, inside[1:], strict=True))
        case "mrow" | "math":
            return "".join(inside)
    raise Misleading(f"<{node.tag}> is not expected")
