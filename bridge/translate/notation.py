"""How names, numbers and units are set in formulas, as boxes that every typeset target prints.

A box says what stands where (a fraction, a subscript, an upright word), never how a target spells it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from spikebridge.bridge.expressions.printing import number
from spikebridge.bridge.expressions.units import Unit


@dataclass(frozen=True)
class Letter:
    """One italic letter, Latin or Greek, or the sign of infinity."""

    text: str


@dataclass(frozen=True)
class Word:
    """An upright name of several letters."""

    text: str


@dataclass(frozen=True)
class Function:
    """The upright name of a function, before its argument."""

    text: str


@dataclass(frozen=True)
class Digits:
    """A number without a sign."""

    text: str


@dataclass(frozen=True)
class Sign:
    """An operator between its operands, one character."""

    text: str


@dataclass(frozen=True)
class Minus:
    """The sign before an operand."""


@dataclass(frozen=True)
class Times:
    """A product written without a sign, with or without a thin space."""

    space: bool = True


@dataclass(frozen=True)
class Quad:
    """The wide space between two statements on one line."""


@dataclass(frozen=True)
class Units:
    """A unit behind a number, the thin space between them included."""

    unit: Unit


@dataclass(frozen=True)
class Prose:
    """Fixed words of ours; never text from a definition."""

    text: str


@dataclass(frozen=True)
class Row:
    """Boxes side by side."""

    items: tuple[Box, ...]


@dataclass(frozen=True)
class Fraction:
    """One box over another."""

    top: Box
    bottom: Box


@dataclass(frozen=True)
class Apply:
    """A function before its argument in parentheses."""

    function: Box
    argument: Fence


@dataclass(frozen=True)
class Root:
    """A square root."""

    inside: Box


@dataclass(frozen=True)
class Scripts:
    """A base with what stands below and above its right."""

    base: Box
    sub: Box | None = None
    sup: Box | None = None


@dataclass(frozen=True)
class Fence:
    """Parentheses, or the bars of an absolute value; ``tall`` where they grow with what they hold."""

    inside: Box
    bars: bool = False
    tall: bool = False


Box = (
    Letter
    | Word
    | Function
    | Digits
    | Sign
    | Minus
    | Times
    | Quad
    | Units
    | Prose
    | Row
    | Fraction
    | Apply
    | Root
    | Scripts
    | Fence
)


def parts(box: Box) -> tuple[Box, ...]:
    """The boxes directly inside, from left to right."""
    match box:
        case Row(items):
            return items
        case Fraction(first, second) | Apply(first, second):
            return (first, second)
        case Root(inside) | Fence(inside):
            return (inside,)
        case Scripts(base, sub, sup):
            return tuple(b for b in (base, sub, sup) if b is not None)
    return ()


def walk(box: Box) -> Iterator[Box]:
    """The box and everything inside."""
    yield box
    for part in parts(box):
        yield from walk(part)


# names ----------------------------------------------------------------------------------------------

GREEK: Mapping[str, str] = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
INFINITY = "∞"
_INFINITE = ("inf", "infty", "infinity")
_NUMBERED = re.compile(r"([A-Za-z]+?)([0-9]+)")


def name_box(name: str) -> Box:
    """A model's name the way the field sets it: base, then subscripts; upright where a part is a word."""
    base, *subscripts = name.split("_")
    if not all((base, *subscripts)):
        return Word(name)  # a doubled or hanging underscore says nothing; the name is shown as it is
    numbered = _NUMBERED.fullmatch(base)
    if numbered and (len(numbered[1]) == 1 or numbered[1] in GREEK):
        base = numbered[1]
        subscripts.insert(0, numbered[2])
    items: list[Box] = []
    for part in subscripts:
        items += [Sign(","), _part(part)] if items else [_part(part)]
    return Scripts(_part(base), row(items)) if items else _part(base)


def _part(text: str) -> Box:
    if text in GREEK:
        return Letter(GREEK[text])
    if text in _INFINITE:
        return Letter(INFINITY)
    if text.isdigit():
        return Digits(text)
    return Letter(text) if len(text) == 1 else Word(text)


def name_boxes(names: Iterable[str]) -> Mapping[str, Box]:
    """A box for every name of one model; names that would look alike are shown letter for letter."""
    boxes = {name: name_box(name) for name in names}
    seen = list(boxes.values())
    return {name: box if seen.count(box) == 1 else Word(name) for name, box in boxes.items()}


# numbers and units ----------------------------------------------------------------------------------


def row(items: Iterable[Box]) -> Box:
    """The boxes side by side; a single one stays itself."""
    items = tuple(items)
    return items[0] if len(items) == 1 else Row(items)


def number_box(value: float) -> Box:
    """The size of a number without its sign: 40, 0.125, 2.5 x 10^-7, 10^-5."""
    mantissa, _, exponent = number(abs(value)).partition("e")
    mantissa = mantissa.removesuffix(".0")
    if not exponent:
        return Digits(mantissa)
    size: Box = Digits(str(abs(int(exponent))))
    power = Scripts(Digits("10"), sup=Row((Minus(), size)) if int(exponent) < 0 else size)
    return power if mantissa == "1" else Row((Digits(mantissa), Sign("×"), power))


def unit_symbols(unit: Unit) -> tuple[tuple[str, int], ...]:
    """Each factor of a unit with its exponent, micro and ohm as Greek letters."""
    return tuple((_symbol(atom), power) for atom, power in unit.powers)


def _symbol(atom: str) -> str:
    stem = atom.removesuffix("ohm")
    end = "Ω" if stem != atom else ""
    return ("μ" + stem[1:] if stem.startswith("u") and len(atom) > 1 else stem) + end
