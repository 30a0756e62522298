"""Removable singularities: ``x/(exp(x) - 1)`` is 0/0 at x = 0 and becomes ``1/exprel(x)``."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from spikebridge.bridge.definition.linearity import MINUS_ONE, ONE, divide, multiply, negative
from spikebridge.bridge.expressions.expression import Binary, Call, Expression, Name, Negative, Quantity, names, rebuild
from spikebridge.bridge.expressions.units import Unit

_Factor = tuple[Expression, int]  # with the power 1 or -1


@dataclass(frozen=True)
class SingularityRemover:
    """Rewrites every quotient of c u by exp(k u) - 1 or 1 - exp(k u) with exprel; leaves the rest.

    Attributes
    ----------
    constants : the symbols that do not vary during a run
    """

    constants: frozenset[str]

    def __call__(self, expression: Expression) -> Expression:
        rewritten: Expression = rebuild(expression, self._rewrite)
        return rewritten

    def _rewrite(self, node: Expression) -> Expression | None:
        """A product in which a factor cancels the zero of a divisor; None for anything else."""
        if not (isinstance(node, Binary) and node.operator in "*/"):
            return None
        factors = _factors(node)
        matched = False
        while pair := self._pair(factors):
            top, bottom, ratio, argument = pair
            factors[top], factors[bottom] = (ratio, 1), (Call("exprel", self(argument)), -1)
            matched = True
        if not matched:
            return None
        product: Expression = ONE
        for factor, power in factors:
            part = factor if isinstance(factor, Call) and factor.function == "exprel" else self(factor)
            product = multiply(product, part) if power > 0 else divide(product, part)
        return product

    def _pair(self, factors: list[_Factor]) -> tuple[int, int, Expression, Expression] | None:
        """(index of u, index of the divisor, ratio, a) with u / divisor = ratio / exprel(a)."""
        for bottom, (divisor, power) in enumerate(factors):
            found = _exponential_minus_one(divisor) if power < 0 else None
            if found is None or self._constant(found[1]):
                continue
            sign, argument = found
            for top, (u, other) in enumerate(factors):
                ratio = self._ratio(u, argument) if other > 0 else None
                if ratio is not None:
                    return top, bottom, ratio if sign > 0 else negative(ratio), argument
        return None

    def _constant(self, node: Expression) -> bool:
        return self.constants.issuperset(names(node))

    def _ratio(self, u: Expression, a: Expression) -> Expression | None:
        """u / a where both are the same sum but for a constant factor."""
        over_u, under_u, core_u = self._core(u)
        over_a, under_a, core_a = self._core(a)
        terms_u, terms_a = _terms(core_u), _terms(core_a)
        if set(terms_u) != set(terms_a):
            return None
        quotients = {_quotient(terms_u[k], terms_a[k]) for k in terms_u}
        if len(quotients) != 1:
            return None
        over = multiply(multiply(Quantity(*quotients.pop()), over_u), under_a)
        return divide(over, multiply(under_u, over_a))

    def _core(self, node: Expression) -> tuple[Expression, Expression, Expression]:
        """A constant factor as a fraction, and what remains: -(v + 40*mV)/(10*mV) gives (-1, 10*mV, v + 40*mV).

        What divides stays apart, or 0.017*5.2 would be 0.017 divided by a rounded 1/5.2.
        """
        match node:
            case Negative(operand):
                over, under, core = self._core(operand)
                return negative(over), under, core
            case Binary("/", left, right) if self._constant(right):
                over, under, core = self._core(left)
                return over, multiply(under, right), core
            case Binary("*", left, right) if self._constant(left) or self._constant(right):
                constant, varying = (left, right) if self._constant(left) else (right, left)
                over, under, core = self._core(varying)
                return multiply(constant, over), under, core
        return ONE, ONE, node


def _factors(node: Expression) -> list[_Factor]:
    """A product as its factors in order, each with the power 1 or -1."""
    match node:
        case Negative(operand):
            return [(MINUS_ONE, 1), *_factors(operand)]
        case Binary("*", left, right):
            return _factors(left) + _factors(right)
        case Binary("/", left, right):
            return _factors(left) + [(factor, -power) for factor, power in _factors(right)]
    return [(node, 1)]


def _exponential_minus_one(node: Expression) -> tuple[int, Expression] | None:
    """(+1, a) for exp(a) - 1, (-1, a) for 1 - exp(a)."""
    match node:
        case Binary("-", Call("exp", argument), Quantity() as one) if one == ONE:
            return 1, argument
        case Binary("-", Quantity() as one, Call("exp", argument)) if one == ONE:
            return -1, argument
        case Binary("+", Call("exp", argument), Quantity() as one) | Binary("+", Quantity() as one, Call("exp", argument)) if (
            one == MINUS_ONE
        ):
            return 1, argument
    return None


_Constant = tuple[Fraction, Unit]
_NUMBER = Name("")  # stands for the term without a symbol


def _terms(node: Expression) -> dict[Expression, _Constant]:
    """A sum as term -> constant before it, exactly; decimals are taken as written."""
    match node:
        case Negative(operand):
            return {k: (-c, unit) for k, (c, unit) in _terms(operand).items()}
        case Binary("+" | "-" as sign, left, right):
            total = _terms(left)
            for key, (c, unit) in _terms(right).items():
                before = total.get(key, (Fraction(0), unit))
                if before[1] != unit:  # the same term in two units is not gathered, and so not recognised
                    return {node: (Fraction(1), Unit())}
                total[key] = (before[0] + (c if sign == "+" else -c), unit)
            return {k: c for k, c in total.items() if c[0]}
        case Quantity(value, unit):
            return {_NUMBER: (_exact(value), unit)} if value else {}
        case Binary("*", Quantity(value, unit), inner) | Binary("*", inner, Quantity(value, unit)):
            return {k: (_exact(value) * c, unit * u) for k, (c, u) in _terms(inner).items()}
        case Binary("/", inner, Quantity(value, unit)) if value:
            return {k: (c / _exact(value), u * unit**-1) for k, (c, u) in _terms(inner).items()}
    return {node: (Fraction(1), Unit())}


def _quotient(a: _Constant, b: _Constant) -> tuple[float, Unit]:
    return float(a[0] / b[0]), a[1] * b[1] ** -1


def _exact(value: float) -> Fraction:
    return Fraction(repr(value))
