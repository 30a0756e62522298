"""Random expression trees, and an arithmetic in which two of them agree only if they say the same."""

from __future__ import annotations

import zlib
from fractions import Fraction

from hypothesis import strategies as st

from spikebridge.bridge.expressions.expression import (
    FUNCTIONS,
    MAX_EXPONENT,
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Quantity,
    names,
)
from spikebridge.bridge.expressions.units import Unit

SYMBOLS = ("x", "y", "alpha_m", "g_Na", "m_inf", "gain", "V_T", "tau1")
CONSTANTS = (0.125, 0.5, 1.0, 2.0, 3.0, 7.5, 1e-05, 2.5e-07, 1e20)
DYADIC = (0.125, 0.5, 1.0, 2.0, 3.0, 7.5)
UNITS = tuple(map(Unit.parse, ("1", "1", "mV", "1/ms", "uA/cm2", "1/mV/ms", "Mohm")))


def _extend(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Negative, inner),
        st.builds(Call, st.sampled_from(sorted(FUNCTIONS)), inner),
        st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "**"]), inner, inner),
    )


def trees(max_leaves: int = 14) -> st.SearchStrategy[Expression]:
    """Any tree at all: constants of every sign, with units or without; the dimensions need not fit."""
    signed = st.builds(lambda size, sign: sign * size, st.sampled_from(CONSTANTS), st.sampled_from([1.0, 1.0, -1.0]))
    leaves = st.one_of(st.builds(Name, st.sampled_from(SYMBOLS)), st.builds(Quantity, signed, st.sampled_from(UNITS)))
    return st.recursive(leaves, _extend, max_leaves=max_leaves).filter(_is_defined)


def _is_defined(tree: Expression) -> bool:
    try:
        element(tree)
    except ZeroDivisionError:
        return False
    return True


def is_folded(node: Expression) -> bool:
    """Whether the parser would leave the tree as it is: no constant is left to be worked out, no exponent too large."""
    match node:
        case Negative(operand):
            return not isinstance(operand, Quantity) and is_folded(operand)
        case Call(_, argument):
            return is_folded(argument)
        case Binary(operator, left, right):
            constant = isinstance(left, Quantity) and isinstance(right, Quantity) and operator in ("*", "/", "**")
            huge = operator == "**" and isinstance(right, Quantity) and abs(right.value) > MAX_EXPONENT
            return not (constant or huge) and is_folded(left) and is_folded(right)
    return True


def numeric_trees(max_leaves: int = 12) -> st.SearchStrategy[Expression]:
    """Trees of plain numbers exact in binary, which folding cannot round; divisors and exponents contain a name."""
    leaves = st.one_of(st.builds(Name, st.sampled_from(("x", "y", "a", "b"))), st.builds(Quantity, st.sampled_from(DYADIC)))

    def extend(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        return _extend(inner).filter(lambda n: not (isinstance(n, Binary) and n.operator in ("/", "**")) or bool(names(n.right)))

    return st.recursive(leaves, extend, max_leaves=max_leaves)


# the arithmetic -------------------------------------------------------------------------------------

PRIME = 2**61 - 1
Element = int


def mark(text: str) -> Element:
    """The element that stands for a name, a unit or a function."""
    return zlib.crc32(text.encode()) + 1000


def literal(text: str | float) -> Element:
    fraction = Fraction(text if isinstance(text, str) else repr(text))
    return divide(fraction.numerator % PRIME, fraction.denominator % PRIME)


def divide(a: Element, b: Element) -> Element:
    if b % PRIME == 0:
        raise ZeroDivisionError
    return a * pow(b, -1, PRIME) % PRIME


def unit_value(powers: tuple[tuple[str, int], ...]) -> Element:
    result = 1
    for symbol, power in powers:
        result = result * pow(mark(symbol), power, PRIME) % PRIME
    return result


def applied(function: str, z: Element) -> Element:
    """A stand-in for every function, different for each."""
    return (z**3 + 3 * z + mark(function)) % PRIME


def raised(base: Element, exponent: Element) -> Element:
    """A stand-in for powers: neither symmetric nor associative."""
    return (base**2 + 7 * exponent * base + exponent**3 + 11) % PRIME


def combined(operator: str, a: Element, b: Element) -> Element:
    match operator:
        case "+":
            return (a + b) % PRIME
        case "-":
            return (a - b) % PRIME
        case "*":
            return a * b % PRIME
        case "/":
            return divide(a, b)
        case "**":
            return raised(a, b)
    raise ValueError(operator)


def element(node: Expression) -> Element:
    """The value of a tree modulo a prime: exact, so that only the structure counts."""
    match node:
        case Quantity(value, unit):
            return literal(value) * unit_value(unit.powers) % PRIME
        case Name(name):
            return mark(name)
        case Negative(operand):
            return -element(operand) % PRIME
        case Call(function, argument):
            return applied(function, element(argument))
        case Binary(operator, left, right):
            return combined(operator, element(left), element(right))
    raise TypeError(node)
