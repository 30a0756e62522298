"""An equation taken apart as Brian2's exponential_euler does: x' = A x + B, where A and B may still mention x.

Brian2 writes the definitions out, expands the products and collects the powers of x (sympy's ``expand`` and ``collect``). It takes an
equation that has the first power of x and beside it at most one other: a constant, in which an exp(x) may hide, or, say, x**2,
which it then forgets. What was measured is held by tests/unit/test_conditional.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from spikebridge.bridge.definition.linearity import (
    MAX_NODES,
    ONE,
    ZERO,
    LinearForm,
    NotLinear,
    add,
    depends,
    divide,
    multiply,
    negative,
)
from spikebridge.bridge.expressions.expression import Binary, Choice, Expression, Name, Negative, Quantity

_MOST = 12  # exponents that are written out


@dataclass(frozen=True)
class _Term:
    """A power of x times a factor, in which x may hide inside of a function or of a denominator."""

    power: int
    factor: Expression


def conditionally_linear(expression: Expression, variable: str, definitions: Mapping[str, Expression]) -> LinearForm | None:
    """A and B as Brian2 finds them; None where it refuses the equation.

    Parameters
    ----------
    definitions : intermediate symbols; those that depend on the variable are written out
    """
    try:
        terms = list(_Terms(variable, definitions).of(expression))
    except NotLinear:
        return None
    if not depends(expression, variable, definitions):
        return LinearForm(ZERO, expression)
    sums = _collected(terms)
    if len(sums) > 2 or 1 not in sums:
        return None
    return LinearForm(sums[1], sums.get(0, ZERO))


def _collected(terms: Iterable[_Term]) -> dict[int, Expression]:
    """The factor of each power that does not cancel."""
    sums: dict[int, Expression] = {}
    for term in terms:
        before = sums.get(term.power, ZERO)
        sums[term.power] = ZERO if before == negative(term.factor) else add(before, term.factor)
    return {power: factor for power, factor in sums.items() if factor != ZERO}


class _Terms:
    """One search for the terms of an expression; it gives up where products written out grow without end."""

    def __init__(self, variable: str, definitions: Mapping[str, Expression]) -> None:
        self.variable, self.definitions, self.budget = variable, definitions, MAX_NODES

    def of(self, node: Expression) -> Iterator[_Term]:
        """The terms that the expression is the sum of."""
        if not depends(node, self.variable, self.definitions):
            yield self._term(0, node)
            return
        match node:
            case Name(name):
                yield from [self._term(1, ONE)] if name == self.variable else self.of(self.definitions[name])
            case Negative(operand):
                yield from (_Term(t.power, negative(t.factor)) for t in self.of(operand))
            case Binary("+", left, right):
                yield from (*self.of(left), *self.of(right))
            case Binary("-", left, right):
                yield from (*self.of(left), *self.of(Negative(right)))
            case Binary("*", left, right):
                yield from self._product(list(self.of(left)), list(self.of(right)))
            case Binary("/", left, right):
                yield from self._quotient(left, right)
            case Binary("**", base, Quantity(exponent)) if exponent == int(exponent) and 0 < exponent <= _MOST:
                yield from self._power(base, int(exponent))
            case Choice(condition, if_true, if_false):
                yield from (self._term(t.power, Choice(condition, t.factor, ZERO)) for t in self.of(if_true))
                yield from (self._term(t.power, Choice(condition, ZERO, t.factor)) for t in self.of(if_false))
            case _:
                yield self._term(0, node)

    def _term(self, power: int, factor: Expression) -> _Term:
        self.budget -= 1
        if self.budget < 0:
            raise NotLinear
        return _Term(power, factor)

    def _product(self, left: list[_Term], right: list[_Term]) -> Iterator[_Term]:
        return (self._term(a.power + b.power, multiply(a.factor, b.factor)) for a in left for b in right)

    def _quotient(self, left: Expression, right: Expression) -> Iterator[_Term]:
        below = list(self.of(right))
        # a sum stays where it is, below the line
        power, factor = (below[0].power, below[0].factor) if len(below) == 1 else (0, right)
        above = _collected(self.of(left))
        return (self._term(n - power, divide(each, factor)) for n, each in above.items())

    def _power(self, base: Expression, exponent: int) -> list[_Term]:
        factor = list(self.of(base))
        product = factor
        for _ in range(exponent - 1):
            product = list(self._product(product, factor))
        return product
