"""Removable singularities: ``x/(exp(x) - 1)`` is 0/0 at x = 0 and becomes ``1/exprel(x)``."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bridge.expression import Binary, Call, Expression, Negative, Quantity, names, rebuild
from bridge.linearity import ONE, divide, multiply, negative


@dataclass(frozen=True)
class SingularityRemover:
    """Rewrites every quotient of c u by exp(k u) - 1 or 1 - exp(k u) with exprel; leaves the rest.

    Attributes
    ----------
    constants : the symbols that do not vary during a run
    """

    constants: frozenset[str]

    def __call__(self, expression: Expression) -> Expression:
        return rebuild(expression, self._rewrite)

    def _rewrite(self, node: Expression) -> Expression | None:
        if not (isinstance(node, Binary) and node.operator == "/"):
            return None
        found = _exponential_minus_one(node.right)
        if found is None or self._constant(found[1]):
            return None
        sign, argument = found
        split = self._split(node.left, argument)
        if split is None:
            return None
        # c u / (sign (exp(a) - 1)) with u = ratio a
        rest, ratio = split
        coefficient = multiply(rest, ratio)
        return divide(coefficient if sign > 0 else negative(coefficient), Call("exprel", self(argument)))

    def _constant(self, node: Expression) -> bool:
        return self.constants.issuperset(names(node))

    def _split(self, numerator: Expression, argument: Expression) -> tuple[Expression, Expression] | None:
        """(rest, ratio) with numerator = rest * u and u = ratio * argument, the ratio constant."""
        ratio = self._ratio(numerator, argument)
        if ratio is not None:
            return ONE, ratio
        match numerator:
            case Negative(operand):
                inner = self._split(operand, argument)
                return inner and (negative(inner[0]), inner[1])
            case Binary("*", left, right):
                if inner := self._split(right, argument):
                    return multiply(left, inner[0]), inner[1]
                if inner := self._split(left, argument):
                    return multiply(inner[0], right), inner[1]
            case Binary("/", left, right):
                inner = self._split(left, argument)
                return inner and (divide(inner[0], right), inner[1])
        return None

    def _ratio(self, u: Expression, a: Expression) -> Expression | None:
        """u / a where both are the same sum but for a constant factor."""
        factor_u, core_u = self._core(u)
        factor_a, core_a = self._core(a)
        terms_u, terms_a = _terms(core_u), _terms(core_a)
        if set(terms_u) != set(terms_a):
            return None
        quotients = {terms_u[k] / terms_a[k] for k in terms_u}
        if len(quotients) != 1:
            return None
        return divide(multiply(Quantity(float(quotients.pop())), factor_u), factor_a)

    def _core(self, node: Expression) -> tuple[Expression, Expression]:
        """(constant factor, what remains): -(v + 40*mV)/(10*mV) gives (-1/(10*mV), v + 40*mV)."""
        match node:
            case Negative(operand):
                factor, core = self._core(operand)
                return negative(factor), core
            case Binary("/", left, right) if self._constant(right):
                factor, core = self._core(left)
                return divide(factor, right), core
            case Binary("*", left, right) if self._constant(left) or self._constant(right):
                constant, varying = (left, right) if self._constant(left) else (right, left)
                factor, core = self._core(varying)
                return multiply(constant, factor), core
        return ONE, node


def _exponential_minus_one(node: Expression) -> tuple[int, Expression] | None:
    """(+1, a) for exp(a) - 1, (-1, a) for 1 - exp(a)."""
    match node:
        case Binary("-", Call("exp", argument), Quantity() as one) if one == ONE:
            return 1, argument
        case Binary("-", Quantity() as one, Call("exp", argument)) if one == ONE:
            return -1, argument
    return None


def _terms(node: Expression) -> dict[object, Fraction]:
    """A sum as term -> coefficient, exactly; constants under their unit, other terms under themselves."""
    match node:
        case Negative(operand):
            return {k: -c for k, c in _terms(operand).items()}
        case Binary("+" | "-" as sign, left, right):
            total = _terms(left)
            for key, coefficient in _terms(right).items():
                total[key] = total.get(key, Fraction(0)) + (coefficient if sign == "+" else -coefficient)
            return {k: c for k, c in total.items() if c}
        case Binary("*", Quantity(value, unit), right) if not unit.powers:
            return {k: Fraction(value) * c for k, c in _terms(right).items()}
        case Quantity(value, unit):
            return {unit: Fraction(value)} if value else {}
    return {node: Fraction(1)}
