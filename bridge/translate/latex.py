r"""A model as LaTeX: an ``aligned`` environment of amsmath, one line an equation.

Only names that passed as identifiers, numbers, units and a few fixed words are printed; titles and
sources stay out, so that nothing in a model file can become a TeX command.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.expressions.units import Unit
from spikebridge.bridge.shown import shown
from spikebridge.bridge.translate.layout import Layout, Line
from spikebridge.bridge.translate.notation import (
    GREEK,
    INFINITY,
    Apply,
    Box,
    Digits,
    Fence,
    Fraction,
    Function,
    Letter,
    Minus,
    Prose,
    Quad,
    Root,
    Row,
    Scripts,
    Sign,
    Times,
    Units,
    Word,
    unit_symbols,
)

_COMMANDS = {letter: f"\\{name}" for name, letter in GREEK.items()} | {INFINITY: r"\infty"}
_SIGNS = {"≤": r"\le", "≥": r"\ge", "−": "-", "·": r"\cdot", "×": r"\times", "←": r"\leftarrow"}
_FUNCTIONS = frozenset(("exp", "ln", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan"))
_SPECIAL = {"\\": r"\backslash "} | {c: f"\\{c}" for c in "_{}$&#%"} | {c: rf"\char`\{c} " for c in "^~"}


@dataclass(frozen=True)
class Latex:
    """The translation of one model, or of the equations ``of`` some symbols; ``text`` goes between ``\\[`` and ``\\]``."""

    model: Model
    of: Collection[str] = ()

    @property
    def text(self) -> str:
        lines = " \\\\\n".join(_line(line) for line in Layout(self.model).lines(self.of))
        return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}\n"


def _line(line: Line) -> str:
    mark = "&=" if line.equals else r"&\quad"
    return f"{latex(line.left)} {mark} {latex(line.right)}"


def latex(box: Box) -> str:
    """One box as LaTeX for math mode."""
    match box:
        case Letter(text):
            return _COMMANDS.get(text) or _escaped(text)
        case Word(text):
            return rf"\mathrm{{{_escaped(text)}}}"
        case Function(text):
            return f"\\{text}" if text in _FUNCTIONS else rf"\operatorname{{{text}}}"
        case Digits(text) | Sign("/" as text):
            return text
        case Sign(","):
            return ","
        case Sign(text):
            return f" {_SIGNS.get(text, text)} "
        case Minus():
            return "-"
        case Times(space):
            return r"\," if space else ""
        case Quad():
            return r"\quad "
        case Units(unit):
            return rf"\,\mathrm{{{_unit(unit)}}}"
        case Prose(text):
            return rf"\text{{{text}}}"
    return _compound(box)


def _compound(box: Box) -> str:
    match box:
        case Row(items):
            return _joined(map(latex, items))
        case Fraction(top, bottom):
            return rf"\frac{{{latex(top)}}}{{{latex(bottom)}}}"
        case Apply(function, argument):
            return latex(function) + latex(argument)
        case Root(inside):
            return rf"\sqrt{{{latex(inside)}}}"
        case Scripts(base, sub, sup):
            return latex(base) + (_script("_", sub) if sub else "") + (_script("^", sup) if sup else "")
        case Fence(inside, bars, tall):
            left, right = ("|", "|") if bars else ("(", ")")
            return rf"\left{left}{latex(inside)}\right{right}" if tall else f"{left}{latex(inside)}{right}"
    raise TypeError(f"not a box: {shown(box)}")


def _joined(texts: Iterable[str]) -> str:
    """Side by side, with a blank where a command would swallow the letter behind it."""
    result = ""
    for text in texts:
        result += " " if text[:1].isalpha() and re.search(r"\\[A-Za-z]+$", result) else ""
        result += text
    return result


def _script(mark: str, box: Box) -> str:
    text = latex(box)
    bare = len(text) == 1 or re.fullmatch(r"\\[A-Za-z]+", text)
    return f"{mark}{text}" if bare else f"{mark}{{{text}}}"


def _unit(unit: Unit) -> str:
    factors = []
    for symbol, power in unit_symbols(unit):
        name = _joined(_COMMANDS.get(c) or _escaped(c) for c in symbol)
        factors.append(name if power == 1 else f"{name}^{power}" if 0 <= power <= 9 else f"{name}^{{{power}}}")
    return r"\,".join(factors)


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in text)
