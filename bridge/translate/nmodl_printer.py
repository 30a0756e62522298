"""Expressions in NMODL."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from spikebridge.bridge.expressions.expression import Condition, Expression, Name, Quantity
from spikebridge.bridge.expressions.printing import ATOM, PRODUCT, Printer, number
from spikebridge.bridge.expressions.units import CoherentSystem, Unit
from spikebridge.bridge.translate.nmodl_words import unit_text

_FUNCTIONS = {"abs": "fabs", "arctan": "atan"}


class NmodlPrinter(Printer):
    """Numbers with their units behind them, powers with a caret."""

    power = "^"

    def __init__(self, identifiers: Mapping[str, str], coherent: CoherentSystem, coherent_unit: Callable[[Unit], Unit]) -> None:
        self.identifiers, self.coherent, self.coherent_unit = identifiers, coherent, coherent_unit

    def name(self, name: str) -> str:
        return self.identifiers.get(name, name)  # a LOCAL has no name in the model

    def call(self, function: str, argument: str) -> str:
        return f"{_FUNCTIONS.get(function, function)}({argument})"

    def choice(self, condition: Condition, if_true: Expression, if_false: Expression) -> tuple[str, int]:
        raise TypeError("NMODL chooses in statements; see Statements in nmodl_statements.py")

    def logic(self, operator: str, left: str, right: str) -> str:
        return f"{left} {'&&' if operator == 'and' else '||'} {right}"

    def negation(self, condition: str) -> str:
        return f"!{condition}"

    def quantity(self, quantity: Quantity) -> tuple[str, int]:
        text = number(self.coherent.coherent(quantity.value, quantity.unit))
        if quantity.unit.powers:
            text += f" {unit_text(self.coherent_unit(quantity.unit))}"
        return text, ATOM


class RatePrinter(NmodlPrinter):
    """For x' = ...: the parser that NMODL turns on these lines aborts at a caret."""

    def power_of(self, base: Expression, exponent: Expression) -> tuple[str, int]:
        if isinstance(base, Name) and exponent in (Quantity(2.0), Quantity(3.0), Quantity(4.0)):
            return "*".join([self.name(base.id)] * int(exponent.value)), PRODUCT
        return f"pow({self.text(base)}, {self.text(exponent)})", ATOM
