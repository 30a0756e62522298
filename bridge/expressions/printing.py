"""Infix text from expression trees: one printer per target overrides what the target says otherwise."""

from __future__ import annotations

from spikebridge.bridge.expressions.expression import (
    Binary,
    Call,
    Choice,
    Compare,
    Condition,
    Expression,
    Logic,
    Name,
    Negative,
    Not,
    Quantity,
)
from spikebridge.bridge.expressions.units import Unit, number
from spikebridge.bridge.shown import shown

CHOICE, SUM, PRODUCT, SIGN, POWER, ATOM = 0, 1, 2, 3, 4, 5
_PRECEDENCE = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "**": POWER}


def unit_factors(unit: Unit, power: str = "**") -> list[str]:
    """``["/mV", "/ms"]`` for 1/mV/ms, ``["*mV"]`` for mV; squares and cubes as cm2, cm3."""
    factors = []
    for name, exponent in unit.powers:
        size = abs(exponent)
        text = name if size == 1 else f"{name}{size}" if size in (2, 3) else f"{name}{power}{size}"
        factors.append(("*" if exponent > 0 else "/") + text)
    return factors


class Printer:
    """Prints in the dialect of model files, with as few parentheses as keep the order of evaluation."""

    power = "**"

    def text(self, node: Expression) -> str:
        return self._print(node)[0]

    # what targets override; each returns the text and how tightly it binds

    def name(self, name: str) -> str:
        return name

    def quantity(self, quantity: Quantity) -> tuple[str, int]:
        factors = unit_factors(quantity.unit)
        plain = number(quantity.value)
        if not factors:
            return plain, SIGN if quantity.value < 0 else ATOM
        if plain == "1" and factors[0].startswith("*"):
            text = "".join(factors)[1:]
        else:
            text = plain + "".join(factors)
        return text, ATOM if len(factors) == 1 and plain == "1" and factors[0][0] == "*" else PRODUCT

    def call(self, function: str, argument: str) -> str:
        return f"{function}({argument})"

    def power_of(self, base: Expression, exponent: Expression) -> tuple[str, int]:
        return f"{self._inside(base, ATOM)}{self.power}{self._inside(exponent, POWER)}", POWER

    def choice(self, condition: Condition, if_true: Expression, if_false: Expression) -> tuple[str, int]:
        return f"{self._inside(if_true, SUM)} if {self.condition(condition)} else {self._inside(if_false, SUM)}", CHOICE

    def logic(self, operator: str, left: str, right: str) -> str:
        return f"{left} {operator} {right}"

    def negation(self, condition: str) -> str:
        return f"not {condition}"

    # the tree

    def condition(self, node: Condition) -> str:
        """A condition; what is joined stands in parentheses."""
        match node:
            case Compare(operator, left, right):
                return f"{self._inside(left, SUM)} {operator} {self._inside(right, SUM)}"
            case Logic(operator, left, right):
                return self.logic(operator, f"({self.condition(left)})", f"({self.condition(right)})")
            case Not(operand):
                return self.negation(f"({self.condition(operand)})")
        raise TypeError(f"not a condition: {shown(node)}")

    def _print(self, node: Expression) -> tuple[str, int]:
        match node:
            case Quantity():
                return self.quantity(node)
            case Name(name):
                return self.name(name), ATOM
            case Call(function, argument):
                return self.call(function, self.text(argument)), ATOM
            case Negative(operand):
                return f"-{self._inside(operand, POWER)}", SIGN
            case Choice(condition, if_true, if_false):
                return self.choice(condition, if_true, if_false)
            case Binary("**", base, exponent):
                return self.power_of(base, exponent)
            case Binary(operator, left, right):
                level = _PRECEDENCE[operator]
                space = " " if level == SUM else ""
                # the right operand is always tighter, so that the order of rounding stays the author's
                return f"{self._inside(left, level)}{space}{operator}{space}{self._inside(right, level + 1)}", level
        raise TypeError(f"not an expression: {shown(node)}")

    def _inside(self, node: Expression, level: int) -> str:
        text, binds = self._print(node)
        if text.startswith("-") and level > SUM + 1:
            return f"({text})"
        return text if binds >= level else f"({text})"
