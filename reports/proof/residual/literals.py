"""The numbers inside a model's equations as parameters, so that one may be another without a new translation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from spikebridge.bridge.definition.equation import Equation
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.expressions.expression import Binary, Expression, Name, Negative, Quantity, rebuild, walk


@dataclass(frozen=True)
class Literal:
    """A number with its unit in the equation of ``symbol``; where it stands there more than once, it is one literal."""

    symbol: str
    quantity: Quantity

    def __str__(self) -> str:
        return f"{self.quantity} in {self.symbol}"


@dataclass(frozen=True)
class Lifted:
    """A model whose literals are parameters too.

    Attributes
    ----------
    literals : what the added parameters stand for, by name
    """

    model: Model
    literals: Mapping[str, Literal]

    def divides(self, name: str) -> bool:
        """Whether the parameter stands alone under a fraction somewhere, as a slope or a time constant does."""
        nodes = (node for e in self.model.equations for node in walk(e.expression))
        return any(isinstance(n, Binary) and n.operator == "/" and n.right == Name(name) for n in nodes)


def lifted(model: Model) -> Lifted:
    """The model with the literals of its equations as parameters; not plain 0 and 1, exponents and units that a value is taken in."""
    lifting = _Lifting(_prefix(model), {})
    equations = tuple(lifting.of(equation) for equation in model.equations)
    parameters = {**model.parameters, **{name: literal.quantity for name, literal in lifting.literals.items()}}
    return Lifted(replace(model, equations=equations, parameters=parameters), lifting.literals)


def _prefix(model: Model) -> str:
    prefix = "literal_"
    while any(symbol.startswith(prefix) for symbol in model.symbols):
        prefix += "_"
    return prefix


@dataclass(frozen=True)
class _Lifting:
    """Gives names to literals as it meets them."""

    prefix: str
    literals: dict[str, Literal]

    def of(self, equation: Equation) -> Equation:
        here: dict[tuple[float, str], str] = {}

        def named(node: Any) -> Expression | None:
            match node:
                case Binary("**", base, Quantity() as exponent):
                    return Binary("**", rebuild(base, named), exponent)
                case Binary("*" | "/" as operator, left, Quantity(1.0) as unit):
                    return Binary(operator, rebuild(left, named), unit)
                case Quantity(value, unit) if value != 0.0 and (unit.powers or abs(value) != 1.0):
                    key = abs(value), str(unit)
                    name = here.setdefault(key, f"{self.prefix}{len(self.literals) + 1}")
                    self.literals.setdefault(name, Literal(equation.name, Quantity(abs(value), unit)))
                    return Negative(Name(name)) if value < 0 else Name(name)
            return None

        return replace(equation, expression=rebuild(equation.expression, named))
