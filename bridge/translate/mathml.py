"""A model as MathML Core, for HTML pages that show formulas without any script.

The strings are plain ASCII, other characters as numeric references, so that no page encoding can spoil them.
Parentheses hold no fractions: where no mathematical font is installed, as on most servers, they do not grow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.expressions.units import Unit
from spikebridge.bridge.shown import shown
from spikebridge.bridge.translate.layout import Layout, Line
from spikebridge.bridge.translate.notation import (
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

_INVISIBLE_TIMES = "<mo>\u2062</mo>"
_APPLY = "<mo>\u2061</mo>"
_MINUS = '<mo form="prefix">−</mo>'
_THIN = '<mspace width="0.1667em"/>'
_BLANK = "\u00a0"
_QUAD = '<mspace width="1em"/>'


def equations(model: Model, of: Collection[str] = ()) -> list[str]:
    """One complete ``<math>`` element a line: the equations in the order of the file, then the spike rule; or those ``of`` some."""
    return [_line(line) for line in Layout(model, flat=True).lines(of)]


def _line(line: Line) -> str:
    between = "<mo>=</mo>" if line.equals else _QUAD
    return _ascii(f'<math display="block">{mathml(line.left)}{between}{mathml(line.right)}</math>')


def _ascii(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def mathml(box: Box) -> str:
    """One box as one MathML element, or several that stand in a row of their own."""
    match box:
        case Letter(text):
            return f"<mi>{escape(text)}</mi>"
        case Word(text) | Function(text):
            return _upright(text)
        case Digits(text):
            return f"<mn>{escape(text)}</mn>"
        case Sign("/"):
            return '<mo lspace="0" rspace="0">/</mo>'
        case Sign(text):
            return f"<mo>{escape(text)}</mo>"
        case Minus():
            return _MINUS
        case Times(space):
            return _INVISIBLE_TIMES + (_THIN if space else "")
        case Quad():
            return _QUAD
        case Units(unit):
            return _THIN + _unit(unit)
        case Prose(text):
            # blanks at the ends of a token are dropped
            return f"<mtext>{escape(text).replace(' ', _BLANK)}</mtext>"
    return _compound(box)


def _compound(box: Box) -> str:
    match box:
        case Apply(function, argument):
            return _row(mathml(function), _APPLY, mathml(argument))
        case Row(items):
            return _row(*map(mathml, items))
        case Fraction(top, bottom):
            return f"<mfrac>{mathml(top)}{mathml(bottom)}</mfrac>"
        case Root(inside):
            return f"<msqrt>{mathml(inside)}</msqrt>"
        case Scripts(base, None, sup) if sup:
            return f"<msup>{mathml(base)}{mathml(sup)}</msup>"
        case Scripts(base, sub, None) if sub:
            return f"<msub>{mathml(base)}{mathml(sub)}</msub>"
        case Scripts(base, sub, sup) if sub and sup:
            return f"<msubsup>{mathml(base)}{mathml(sub)}{mathml(sup)}</msubsup>"
        case Fence(inside, bars, tall):
            return _fence(mathml(inside), "||" if bars else "()", tall)
    raise TypeError(f"not a box: {shown(box)}")


def _row(*elements: str) -> str:
    return f"<mrow>{''.join(elements)}</mrow>"


def _fence(inside: str, marks: Iterable[str], tall: bool) -> str:
    left, right = marks
    stretchy = str(tall).lower()
    return _row(
        f'<mo form="prefix" stretchy="{stretchy}">{left}</mo>', inside, f'<mo form="postfix" stretchy="{stretchy}">{right}</mo>'
    )


def _upright(text: str) -> str:
    # a single letter would be italic by default
    return f'<mi mathvariant="normal">{escape(text)}</mi>' if len(text) == 1 else f"<mi>{escape(text)}</mi>"


def _unit(unit: Unit) -> str:
    factors = []
    for symbol, power in unit_symbols(unit):
        exponent = f"<mn>{power}</mn>" if power > 0 else _row(_MINUS, f"<mn>{-power}</mn>")
        factors.append(_upright(symbol) if power == 1 else f"<msup>{_upright(symbol)}{exponent}</msup>")
    return _row(_THIN.join(factors))
