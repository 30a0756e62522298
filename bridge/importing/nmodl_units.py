"""Units for the numbers of a .mod file: each number and symbol gets one, so that every sum adds like to like.

NMODL numbers are counted in the units that NEURON keeps, and most files leave them out (UNITSOFF). Each symbol and each number is an
unknown product of powers of unit atoms; what NEURON fixes (v in mV, a rate per ms) and what a sum or a function demands are linear
equations between their exponents. Where these contradict each other, the file itself adds millivolts to milliseconds: there a factor
of 1 in a fitting unit turns the number over, so that the numbers stay those of the file. What stays free follows the units that the
file declares, then none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import isclose, log10

from spikebridge.bridge.expressions.decimals import decimal_product
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
from spikebridge.bridge.expressions.units import Unit
from spikebridge.bridge.importing.nmodl_unit_words import TEN, Powers, in_words, unit_of

_Column = tuple[str, int | str]
_Form = tuple[dict[_Column, Fraction], Powers]  # unknown columns and known powers; their product is the unit


@dataclass
class _System:
    """Linear equations between the exponents of units, solved as they come."""

    pivots: dict[_Column, _Form] = field(default_factory=dict)

    def reduced(self, form: _Form) -> _Form:
        """The form with every column that is known replaced."""
        columns, powers = dict(form[0]), dict(form[1])
        while hit := next((c for c in columns if c in self.pivots), None):
            factor = columns.pop(hit)
            others, known = self.pivots[hit]
            _add(columns, others, factor)
            _add(powers, known, factor)
        return columns, powers

    def set_to(self, form: _Form, powers: Powers) -> Powers:
        """Demand that a form be that unit; returns what stands in the way, empty where nothing does."""
        columns, known = self.reduced(form)
        rest = dict(powers)
        _add(rest, known, Fraction(-1))
        if not columns:
            return rest
        column = next(iter(sorted(columns, key=lambda c: (c[0], -abs(columns[c])))))
        factor = columns.pop(column)
        solved = {c: -p / factor for c, p in columns.items()}, {a: p / factor for a, p in rest.items()}
        self.pivots[column] = solved
        for other, (inner, inner_known) in list(self.pivots.items()):
            if column in inner:
                self.pivots[other] = self.reduced((inner, inner_known))
        return {}

    def unit(self, column: _Column) -> Powers:
        """Of a column, once nothing is free any more."""
        columns, powers = self.reduced(({column: Fraction(1)}, {}))
        return powers if not columns else {}


def _add(to: dict, what: Mapping, factor: Fraction) -> None:
    for key, value in what.items():
        total = to.get(key, Fraction(0)) + factor * value
        if total:
            to[key] = total
        else:
            to.pop(key, None)


@dataclass
class Units:
    """The units of one mechanism.

    Parameters
    ----------
    fixed : the unit of what NEURON counts: v, states, currents, concentrations
    """

    fixed: Mapping[str, Powers]
    system: _System = field(default_factory=_System)
    literals: list[Quantity] = field(default_factory=list)
    casts: list[str] = field(default_factory=list)

    def symbol(self, name: str) -> _Form:
        """The unit of a symbol as a form."""
        return ({}, dict(self.fixed[name])) if name in self.fixed else ({("s", name): Fraction(1)}, {})

    def demand(self, trees: Iterable[tuple[str, Expression, _Form]]) -> dict[str, Expression]:
        """Each expression with a unit for every number unknown, and casts where the file contradicts itself; all must be of the form
        that stands beside them."""
        found = {}
        for name, tree, wanted in trees:
            node, form = self._walk(tree)
            found[name] = self._fit(node, form, wanted, name)
        return found

    def prefer(self, hints: Iterable[tuple[str, Powers]]) -> dict[str, Powers]:
        """Follow the units that the file declares; returns those that cannot be, with what the symbols are in."""
        refused = {}
        self._free({1.0})
        for name, powers in hints:
            if name not in self.fixed and self.system.set_to(self.symbol(name), powers):
                refused[name] = powers
        return refused

    def settle(self) -> None:
        """Give no unit to what is free still: numbers that are no powers of ten first, which may turn one unit into another."""
        plain = {q.value for q in self.literals if not _power_of_ten(q.value)}
        self._free(plain)
        self._free({q.value for q in self.literals})
        for _, (columns, _) in list(self.system.pivots.items()):
            for column in list(columns):
                self.system.set_to(({column: Fraction(1)}, {}), {})

    def _free(self, values: set[float]) -> None:
        # from the last, which stands nearest to what NEURON counts in fixed units
        for k, literal in reversed(list(enumerate(self.literals))):
            if literal.value in values:
                self.system.set_to(({("l", k): Fraction(1)}, {}), {})

    def of(self, name: str) -> Unit:
        """The unit of a symbol."""
        return unit_of(self.fixed[name] if name in self.fixed else self.system.unit(("s", name)))

    def whole(self) -> bool:
        """Whether every exponent is a whole number."""
        return all(p.denominator == 1 for _, powers in self.system.pivots.values() for p in powers.values())

    def written(self, node: Expression) -> Expression:
        """An expression of ``demand`` with the unit of every number in it."""
        return _Writer(self).written(node)

    # walking ------------------------------------------------------------------------------------------

    def _walk(self, node: Expression) -> tuple[Expression, _Form]:
        match node:
            case Quantity(value):
                self.literals.append(node)
                column = ("l", len(self.literals) - 1)
                return Name(f"{column[1]}:{value!r}"), ({column: Fraction(1)}, {})
            case Name(name):
                return node, self.symbol(name)
            case Negative(operand):
                inner, form = self._walk(operand)
                return Negative(inner), form
            case Call(function, argument):
                return self._called(function, argument)
            case Binary("**", base, exponent):
                return self._powered(base, exponent)
            case Binary("*" | "/" as operator, left, right):
                (a, first), (b, second) = self._walk(left), self._walk(right)
                return Binary(operator, a, b), _product(first, second, 1 if operator == "*" else -1)
            case Binary(operator, left, right):
                (a, first), (b, second) = self._walk(left), self._walk(right)
                return Binary(operator, a, self._fit(b, second, first, "sum")), first
            case Choice(condition, if_true, if_false):
                chosen = self._condition(condition)
                (a, first), (b, second) = self._walk(if_true), self._walk(if_false)
                return Choice(chosen, a, self._fit(b, second, first, "choice")), first
        raise TypeError(f"not an expression: {node}")

    def _called(self, function: str, argument: Expression) -> tuple[Expression, _Form]:
        inner, form = self._walk(argument)
        if function == "abs":
            return Call(function, inner), form
        return Call(function, self._fit(inner, form, ({}, {}), function)), ({}, {})

    def _powered(self, base: Expression, exponent: Expression) -> tuple[Expression, _Form]:
        inner, form = self._walk(base)
        power = _whole(exponent)
        if power is not None and abs(power) <= 4:  # a larger one leaves what units can be written in
            return Binary("**", inner, exponent), (
                {c: p * power for c, p in form[0].items()},
                {a: p * power for a, p in form[1].items()},
            )
        inner = self._fit(inner, form, ({}, {}), "power")
        if _value(exponent) is not None:
            return Binary("**", inner, exponent), ({}, {})
        above, of_above = self._walk(exponent)
        return Binary("**", inner, self._fit(above, of_above, ({}, {}), "exponent")), ({}, {})

    def _condition(self, node: Condition) -> Condition:
        match node:
            case Compare(operator, left, right):
                (a, first), (b, second) = self._walk(left), self._walk(right)
                return Compare(operator, a, self._fit(b, second, first, "comparison"))
            case Logic(operator, x, y):
                return Logic(operator, self._condition(x), self._condition(y))
            case Not(operand):
                return Not(self._condition(operand))
        raise TypeError(f"not a condition: {node}")

    def _fit(self, node: Expression, form: _Form, wanted: _Form, where: str) -> Expression:
        """The node, which must be of that form, perhaps times one in the unit that is missing."""
        columns, powers = dict(form[0]), dict(form[1])
        _add(columns, wanted[0], Fraction(-1))
        _add(powers, wanted[1], Fraction(-1))
        wrong = self.system.set_to((columns, powers), {})
        if not wrong:
            return node
        self.casts.append(where)
        factor = _literal(1.0, wrong)
        if all(power < 0 for _, power in factor.unit.powers):
            return Binary("/", node, _literal(1.0, {a: -p for a, p in wrong.items()}))
        return Binary("*", node, factor)


def _product(a: _Form, b: _Form, sign: int) -> _Form:
    columns, powers = dict(a[0]), dict(a[1])
    _add(columns, b[0], Fraction(sign))
    _add(powers, b[1], Fraction(sign))
    return columns, powers


def _value(node: Expression) -> float | None:
    match node:
        case Quantity(value):
            return value
        case Negative(operand):
            inner = _value(operand)
            return None if inner is None else -inner
    return None


def _whole(node: Expression) -> int | None:
    value = _value(node)
    return int(value) if value is not None and value == int(value) else None


def _power_of_ten(value: float) -> bool:
    if value <= 0:
        return False
    exponent = log10(value)
    return isclose(exponent, round(exponent), abs_tol=1e-12)


def _literal(value: float, powers: Powers) -> Quantity:
    """A number that is so many of a unit, in words that can stand in an equation."""
    if set(powers) <= {TEN}:  # a pure number, perhaps by way of two units of one dimension
        return Quantity(decimal_product(value, float(f"1e{int(powers.get(TEN, 0))}")))
    unit, missing = in_words(powers)
    return Quantity(decimal_product(value, float(f"1e{missing}")), unit)


@dataclass(frozen=True)
class _Writer:
    units: Units

    def written(self, node: Expression) -> Expression:
        match node:
            case Name(name) if ":" in name:
                return self._literal(name)
            case Negative(operand):
                inner = self.written(operand)
                return Quantity(-inner.value, inner.unit) if isinstance(inner, Quantity) and inner.value else Negative(inner)
            case Call(function, argument):
                return Call(function, self.written(argument))
            case Binary("**", base, exponent):
                return Binary("**", self.written(base), self.written(exponent))
            case Binary("*" | "/" as operator, left, right):
                return self._product(operator, left, right)
            case Binary(operator, left, right):
                return Binary(operator, self.written(left), self.written(right))
            case Choice(condition, if_true, if_false):
                return Choice(self._condition(condition), self.written(if_true), self.written(if_false))
        return node

    def _condition(self, node: Condition) -> Condition:
        match node:
            case Compare(operator, left, right):
                return Compare(operator, self.written(left), self.written(right))
            case Logic(operator, x, y):
                return Logic(operator, self._condition(x), self._condition(y))
            case Not(operand):
                return Not(self._condition(operand))
        raise TypeError(f"not a condition: {node}")

    def _literal(self, name: str) -> Expression:
        k, _, value = name.partition(":")
        powers = self.units.system.unit(("l", int(k)))
        return _literal(float(value), powers)

    def _product(self, operator: str, left: Expression, right: Expression) -> Expression:
        """Without a number that only turns one unit into another, as 1e-4 does pS/um2 into S/cm2."""
        a, b = self.written(left), self.written(right)
        if b == Quantity(1.0) and _is_other_number(right):
            return a
        if operator == "*" and a in (Quantity(1.0), Quantity(-1.0)) and _is_other_number(left):
            return b if a == Quantity(1.0) else Negative(b)
        return Binary(operator, a, b)


def _is_other_number(node: Expression) -> bool:
    """Whether it stands for a number of the file that is not one."""
    if isinstance(node, Negative):
        return _is_other_number(node.operand)
    return isinstance(node, Name) and ":" in node.id and not node.id.endswith(":1.0")
