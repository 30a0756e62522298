"""Guards of removable singularities: ``if (fabs(x) < 1e-6)`` beside ``x/(exp(x) - 1)``, and ``if (v == x) {v = v + small}``.

Our language takes such quotients by ``exprel``, which is right at the singularity and beside it, so that the guard says nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from spikebridge.bridge.definition.singularity import SingularityRemover
from spikebridge.bridge.expressions.expression import (
    Binary,
    Call,
    Compare,
    Condition,
    Expression,
    Logic,
    Negative,
    Quantity,
    names,
    walk,
)

NEAR = 1e-4  # within |x| < NEAR the first terms of a series differ from exprel by less than 1e-9


@dataclass
class Guards:
    """Which guards of a file are left out, by line.

    Attributes
    ----------
    constants : symbols that do not vary during a run
    shifts : whether ``if (v == x) {v = v + small}`` may be left out: not where a quotient stays that needs it
    """

    constants: frozenset[str]
    shifts: bool = True
    dropped: dict[int, str] = field(default_factory=dict)
    shifted: dict[int, str] = field(default_factory=dict)

    def covers(self, condition: Condition, if_true: Expression, if_false: Expression, line: int) -> bool:
        """Whether the choice is a guard that exprel makes unnecessary."""
        if _is_underflow(condition, if_true, if_false):
            self.dropped[line] = "exp"
            return True
        if is_equality(condition):
            if self.shifts and _is_shift(if_true, if_false):
                self.shifted[line] = "exprel is right at that very value"
                return True
        elif not _is_near_zero(condition):
            return False
        if not self._is_regular(if_false):
            return False
        self.dropped[line] = "exprel"
        return True

    def _is_regular(self, node: Expression) -> bool:
        """Whether exprel takes every quotient in it that would be 0/0, and there is one."""
        removed = SingularityRemover(self.constants)(node)
        return removed != node and not singular(removed)


def singular(node: Expression) -> bool:
    """Whether it divides by exp(a) - 1 or 1 - exp(a)."""
    return any(isinstance(n, Binary) and n.operator == "/" and _holds_difference(n.right) for n in walk(node))


def _holds_difference(node: Expression) -> bool:
    match node:
        case Binary("-" | "+", Call("exp", _), Quantity(value)) | Binary("-" | "+", Quantity(value), Call("exp", _)):
            minus = isinstance(node, Binary) and node.operator == "-"
            return abs(value) == 1.0 and (minus == (value > 0))
        case Binary("*" | "/", left, right):
            return _holds_difference(left) or _holds_difference(right)
        case Negative(operand):
            return _holds_difference(operand)
    return False


def _is_underflow(condition: Condition, if_true: Expression, if_false: Expression) -> bool:
    """0 in place of exp(x) where x < -50: the difference is below 2e-22."""
    match condition, if_true, if_false:
        case Compare("<" | "<=", x, Negative(Quantity(low))), Quantity(0.0), Call("exp", argument):
            return low >= 50 and x == argument
    return False


def is_equality(condition: Condition) -> bool:
    """Whether it is x == y, which our language writes as x <= y and x >= y."""
    match condition:
        case Logic("and", Compare("<=", a, b), Compare(">=", c, d)):
            return (a, b) == (c, d)
    return False


def _is_near_zero(condition: Condition) -> bool:
    match condition:
        case Compare("<" | "<=", Call("abs", argument), Quantity(value)):
            return 0 < value <= NEAR and bool(names(argument))
        case Compare(">" | ">=", Quantity(value), Call("abs", argument)):
            return 0 < value <= NEAR and bool(names(argument))
    return False


def _is_shift(if_true: Expression, if_false: Expression) -> bool:
    """x + 0.0001 in place of x."""
    match if_true:
        case Binary("+" | "-", left, Quantity(value)):
            return left == if_false and 0 < abs(value) <= 0.01
        case Binary("+", Quantity(value), right):
            return right == if_false and 0 < abs(value) <= 0.01
    return False
