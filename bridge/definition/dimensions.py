"""Dimensional analysis: every sum adds like to like, every function gets a pure number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import (
    Binary,
    Call,
    Choice,
    Compare,
    Condition,
    Expression,
    Name,
    Negative,
    Quantity,
    walk,
)
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.expressions.units import DIMENSIONLESS, CoherentSystem, Dimension, combine, spell
from spikebridge.bridge.shown import shown


@dataclass(frozen=True)
class Dimensions:
    """The dimension of every symbol, and the check of an expression against them."""

    of: Mapping[str, Dimension]
    coherent: CoherentSystem

    def check(self, node: Expression, expected: Dimension) -> None:
        """DefinitionError unless the expression has the expected dimension, naming both."""
        found = self.find(node)
        if found != expected:
            raise DefinitionError(f"expected {self.spell(expected)}, but {shown(Printer().text(node))} is {self.spell(found)}")

    def allow(self, equations: Iterable[tuple[Expression, Dimension]]) -> bool:
        """Whether every right-hand side has the dimension it must have."""
        try:
            for node, expected in equations:
                self.check(node, expected)
        except DefinitionError:
            return False
        return True

    def spell(self, dimension: Dimension) -> str:
        return spell(dimension, self.coherent)

    def find(self, node: Expression) -> Dimension:
        """The dimension of an expression; DefinitionError where its parts do not fit."""
        match node:
            case Quantity(_, unit):
                return unit.dimension
            case Name(name):
                return self.of[name]
            case Negative(operand):
                return self.find(operand)
            case Call("abs", argument):
                return self.find(argument)
            case Call(function, argument):
                self._pure(argument, f"the argument of {function}")
                return DIMENSIONLESS
            case Choice(condition, if_true, if_false):
                self._condition(condition)
                return self._alike("choose between", if_true, if_false)
            case Binary("**", base, exponent):
                return self._power(base, exponent)
            case Binary("*" | "/" as operator, left, right):
                return combine(self.find(left), self.find(right), 1 if operator == "*" else -1)
            case Binary(operator, left, right):
                return self._alike("add" if operator == "+" else "subtract", left, right)
        raise TypeError(f"not an expression: {shown(node)}")

    def _pure(self, node: Expression, what: str) -> None:
        found = self.find(node)
        if found != DIMENSIONLESS:
            raise DefinitionError(f"{what} must be dimensionless, but {shown(Printer().text(node))} is {self.spell(found)}")

    def _power(self, base: Expression, exponent: Expression) -> Dimension:
        self._pure(exponent, "an exponent")
        found = self.find(base)
        if found == DIMENSIONLESS:
            return found
        if isinstance(exponent, Quantity):
            powers = [e * exponent.value for e in found]
            if all(p == int(p) for p in powers):
                return tuple(int(p) for p in powers)
        raise DefinitionError(f"{shown(Printer().text(base))} is {self.spell(found)} and can only be raised to a whole number")

    def _condition(self, node: Condition) -> None:
        for inner in walk(node):
            if isinstance(inner, Compare):
                self._alike("compare", inner.left, inner.right)

    def _alike(self, verb: str, left: Expression, right: Expression) -> Dimension:
        first, second = self.find(left), self.find(right)
        if first != second:
            printer = Printer()
            raise DefinitionError(
                f"cannot {verb} {shown(printer.text(left))}, which is {self.spell(first)}, "
                f"and {shown(printer.text(right))}, which is {self.spell(second)}"
            )
        return first


@dataclass(frozen=True)
class _Guess:
    """A dimension times a power of the unknown one; under a root, powers are fractions."""

    dimension: tuple[int | Fraction, ...]
    unknown: int | Fraction = 0


class _Solved(Exception):
    def __init__(self, dimension: Dimension) -> None:
        self.dimension = dimension


def infer(symbol: str, equations: list[tuple[Expression, Dimension]], of: Mapping[str, Dimension]) -> Dimension | None:
    """The dimension ``symbol`` must have for the equations to balance; None where they do not say.

    Parameters
    ----------
    equations : right-hand sides with the dimension each must have
    of : dimensions of all other symbols
    """
    for expression, expected in equations:
        try:
            _balance(_guess(expression, symbol, of), _Guess(expected))
        except _Solved as solved:
            return solved.dimension
    return None


def _balance(a: _Guess, b: _Guess) -> None:
    powers = a.unknown - b.unknown
    if powers:
        solved = [Fraction(y - x) / powers for x, y in zip(a.dimension, b.dimension, strict=True)]
        if all(d.denominator == 1 for d in solved):
            raise _Solved(tuple(int(d) for d in solved))


def _guess(node: Expression, symbol: str, of: Mapping[str, Dimension]) -> _Guess:
    match node:
        case Quantity(_, unit):
            return _Guess(unit.dimension)
        case Name(name):
            return _Guess(DIMENSIONLESS, 1) if name == symbol else _Guess(of[name])
        case Negative(operand):
            return _guess(operand, symbol, of)
        case Call(function, argument):
            inner = _guess(argument, symbol, of)
            if function == "abs":
                return inner
            _balance(inner, _Guess(DIMENSIONLESS))
            return _Guess(DIMENSIONLESS)
        case Binary("**", base, exponent):
            inner, power = _guess(base, symbol, of), Fraction(exponent.value if isinstance(exponent, Quantity) else 1)
            return _Guess(tuple(d * power for d in inner.dimension), inner.unknown * power)
        case Binary("*" | "/" as operator, left, right):
            a, b, sign = _guess(left, symbol, of), _guess(right, symbol, of), 1 if operator == "*" else -1
            product = tuple(x + sign * y for x, y in zip(a.dimension, b.dimension, strict=True))
            return _Guess(product, a.unknown + sign * b.unknown)
        case Choice(_, left, right) | Binary(_, left, right):
            a, b = _guess(left, symbol, of), _guess(right, symbol, of)
            _balance(a, b)
            return a
    raise TypeError(f"not an expression: {shown(node)}")
