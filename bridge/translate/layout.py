"""Equations laid out in boxes: where fractions, exponents and parentheses go, the same for every typeset target."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from spikebridge.bridge.definition.equation import Equation
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.spike_rule import InputRule, SpikeRule
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
from spikebridge.bridge.expressions.printing import ATOM, CHOICE, POWER, PRODUCT, SUM
from spikebridge.bridge.shown import shown
from spikebridge.bridge.translate.notation import (
    Apply,
    Box,
    Digits,
    Fence,
    Fraction,
    Function,
    Letter,
    Minus,
    Prose,
    Quad,
    Root,
    Row,
    Scripts,
    Sign,
    Times,
    Units,
    Word,
    name_boxes,
    number_box,
    parts,
    walk,
)

SLASH = (SUM + PRODUCT) / 2  # a/b on one line: safe in a sum, but in a product it needs parentheses
LONGEST_EXPONENT = 7  # letters, digits and signs that are still read easily above the line

_FUNCTION_NAMES = {"log": "ln", "log10": "log"}


@dataclass(frozen=True)
class Line:
    """One line of a model: ``left = right``; without ``equals``, the label of a rule and the rule."""

    left: Box
    right: Box
    equals: bool = True


@dataclass(frozen=True)
class _Piece:
    """A laid-out expression, how tightly it binds, and whether a minus belongs before it."""

    box: Box
    binds: float
    minus: bool = False

    @property
    def whole(self) -> Box:
        return Row((Minus(), self.box)) if self.minus else self.box


@dataclass(frozen=True)
class Layout:
    """The boxes of one model.

    Attributes
    ----------
    flat : quotients in parentheses, roots and exponents get a slash, for targets that may lack tall parentheses
    enclosed : this layout is for what stands in such a place
    """

    model: Model
    flat: bool = False
    enclosed: bool = False

    @cached_property
    def names(self) -> Mapping[str, Box]:
        return name_boxes((*self.model.symbols, *self.model.arriving))

    def lines(self, of: Collection[str] = ()) -> tuple[Line, ...]:
        """The equations in the order of the file, then the spike rule; or the equations ``of`` some symbols alone."""
        equations = [Line(self._left(e), self.box(e.expression)) for e in self.model.equations if not of or e.name in of]
        if of:
            return tuple(equations)
        spike = self._rule("spike:", self.model.spike) if self.model.spike else ()
        events = (line for rule in self.model.events for line in self._rule("event:", rule))
        return (*equations, *spike, *events, *self._input())

    def box(self, node: Expression) -> Box:
        return self._piece(node).whole

    # lines ------------------------------------------------------------------------------------------

    def _left(self, equation: Equation) -> Box:
        name = self.names[equation.name]
        if equation.iterated:
            return Row((*_items(name), Fence(Row((Letter("n"), Sign("+"), Digits("1"))))))
        if not equation.differential:
            return name
        return Fraction(Row((Letter("d"), name)), Row((Letter("d"), Letter("t"))))

    def _rule(self, label: str, spike: SpikeRule) -> Iterator[Line]:
        yield Line(Prose(label), Row((self.box(spike.left), Sign(">"), self.box(spike.right))), equals=False)
        statements = self._statements(spike)
        if spike.refractory is not None:
            clamped = "refractory for " if spike.clamp == "state" else "no stimulus for "
            statements.append((Prose(clamped), self.box(spike.refractory)))
        if statements:
            yield self._together("reset:", statements)

    def _input(self) -> Iterator[Line]:
        if self.model.input:
            yield self._together("arriving spike:", self._statements(self.model.input))

    def _statements(self, rule: SpikeRule | InputRule) -> list[tuple[Box, ...]]:
        return [(self.names[name], Sign("←"), self.box(value)) for name, value in rule.reset]

    def _together(self, label: str, statements: list[tuple[Box, ...]]) -> Line:
        commas = [item for statement in statements for item in (Sign(","), Quad(), *statement)]
        return Line(Prose(label), Row(tuple(commas[2:])), equals=False)

    # expressions ------------------------------------------------------------------------------------

    def _piece(self, node: Expression) -> _Piece:
        match node:
            case Quantity():
                return _quantity(node)
            case Name(name):
                return _Piece(self.names[name], ATOM)
            case Call(function, argument):
                return self._call(function, argument)
            case Negative(operand):
                return self._negative(operand)
            case Choice(condition, if_true, if_false):
                words = (self.box(if_true), Prose(" if "), self._condition(condition), Prose(", else "), self.box(if_false))
                return _Piece(Row(words), CHOICE)
            case Binary("**", base, exponent):
                return self._power(base, exponent)
            case Binary("/"):
                return self._quotient(node)
            case Binary("*", left, right):
                return self._product([left, right])
            case Binary(operator, left, right):
                first, sign = self._piece(left), Sign("−" if operator == "-" else operator)
                before = _items(first.whole) if first.binds == SUM else (first.whole,)
                return _Piece(Row((*before, sign, self._inside(right, SLASH))), SUM)
        raise TypeError(f"not an expression: {shown(node)}")

    def _condition(self, node: Condition) -> Box:
        match node:
            case Compare(operator, left, right):
                return Row(
                    (self._inside(left, SUM), Sign({"<=": "≤", ">=": "≥"}.get(operator, operator)), self._inside(right, SUM))
                )
            case Logic(operator, left, right):
                return Row((Fence(self._condition(left)), Prose(f" {operator} "), Fence(self._condition(right))))
            case Not(operand):
                return Row((Prose("not "), Fence(self._condition(operand))))
        raise TypeError(f"not a condition: {shown(node)}")

    @cached_property
    def _within(self) -> Layout:
        return self if self.enclosed or not self.flat else replace(self, enclosed=True)

    def _inside(self, node: Expression, level: float) -> Box:
        """The expression where it may not start with a minus nor bind less tightly than ``level``."""
        piece = self._piece(node)
        return piece.box if piece.binds >= level and not piece.minus else self._fenced(node, piece)

    def _fenced(self, node: Expression, piece: _Piece) -> Fence:
        """The expression in parentheses, which grow only around a fraction."""
        # laid out again only where it comes out otherwise, or nested parentheses would take exponential time
        inside = piece.whole if self._within is self else self._within.box(node)
        return Fence(inside, tall=_has_fraction(inside))

    def _negative(self, operand: Expression) -> _Piece:
        piece = self._piece(operand)
        if piece.minus or piece.binds < SLASH:
            piece = _Piece(self._fenced(operand, piece), ATOM)
        return replace(piece, binds=min(piece.binds, PRODUCT), minus=True)

    def _product(self, factors: Sequence[Expression]) -> _Piece:
        first = self._piece(factors[0])
        if first.binds < PRODUCT:
            first = _Piece(self._fenced(factors[0], first), ATOM)
        box = first.box
        for factor in factors[1:]:
            right = self._inside(factor, PRODUCT)
            box = Row((*_items(box), _joint(box, right), *_items(right)))
        return _Piece(box, PRODUCT, first.minus)

    def _quotient(self, node: Expression) -> _Piece:
        """One quotient for a/b/c, with the minus of its numerator before it."""
        divisors: list[Expression] = []
        while isinstance(node, Binary) and node.operator == "/":
            divisors.insert(0, node.right)
            node = node.left
        minus, top = (True, node.operand) if isinstance(node, Negative) else (False, node)
        if self.enclosed:
            return self._slashed(minus, top, divisors)
        above, below = self._piece(top), self._product(divisors) if len(divisors) > 1 else self._piece(divisors[0])
        if above.minus and not minus:
            minus, above = True, replace(above, minus=False)
        return _Piece(Fraction(above.whole, below.whole), POWER, minus)

    def _slashed(self, minus: bool, top: Expression, divisors: Sequence[Expression]) -> _Piece:
        above = self._piece(top)
        if above.binds < PRODUCT or (minus and above.minus):
            above = _Piece(self._fenced(top, above), ATOM)
        below = Fence(self._product(divisors).whole) if len(divisors) > 1 else self._inside(divisors[0], POWER)
        return _Piece(Row((*_items(above.box), Sign("/"), below)), SLASH, minus or above.minus)

    def _power(self, base: Expression, exponent: Expression) -> _Piece:
        box, above = self._inside(base, ATOM), _raised(self._within._piece(exponent))
        # a name keeps its subscript below its own exponent
        scripts = replace(box, sup=above) if isinstance(box, Scripts) and box.sup is None else Scripts(box, sup=above)
        return _Piece(scripts, POWER)

    def _call(self, function: str, argument: Expression) -> _Piece:
        inside = self._within._piece(argument)
        if function == "sqrt":
            return _Piece(Root(inside.whole), ATOM)
        if function == "abs":
            return _Piece(Fence(inside.whole, bars=True, tall=True), ATOM)
        if function == "exp":
            return self._exponential(inside)
        name: Box = Function(_FUNCTION_NAMES.get(function, function))
        if function == "log10":
            name = Scripts(name, Digits("10"))
        return _Piece(Apply(name, Fence(inside.whole, tall=_has_fraction(inside.whole))), POWER)

    def _exponential(self, argument: _Piece) -> _Piece:
        above = _raised(argument)
        short = _length(above) <= LONGEST_EXPONENT and not _has_fraction(above)
        # a model may call something of its own e
        if short and "e" not in self.names:
            return _Piece(Scripts(Letter("e"), sup=above), POWER)
        return _Piece(Apply(Function("exp"), Fence(argument.whole, tall=True)), POWER)


def _raised(piece: _Piece) -> Box:
    """What stands above the line; a quotient of two names or numbers with a slash."""
    if isinstance(piece.box, Fraction) and _is_simple(piece.box.top) and _is_simple(piece.box.bottom):
        return replace(piece, box=Row((piece.box.top, Sign("/"), piece.box.bottom))).whole
    return piece.whole


def _quantity(quantity: Quantity) -> _Piece:
    box, minus = number_box(quantity.value), quantity.value < 0
    if quantity.unit.powers:
        return _Piece(Row((*_items(box), Units(quantity.unit))), PRODUCT, minus)
    binds = ATOM if isinstance(box, Digits) else POWER if isinstance(box, Scripts) else PRODUCT
    return _Piece(box, binds, minus)


def _joint(left: Box, right: Box) -> Box:
    """What stands between two factors: a dot where digits would run together, else a space or nothing."""
    first, last = _edge(right, 0), _edge(left, -1)
    if isinstance(first, Digits) or (isinstance(last, Digits) and isinstance(first, Fraction)):
        return Sign("·")
    return Times(space=not isinstance(left, Digits))


def _edge(box: Box, end: int) -> Box:
    """The outermost box on one side (0 left, -1 right) that a reader's eye meets in the line."""
    while isinstance(box, Row):
        box = box.items[end]
    return _edge(box.base, end) if isinstance(box, Scripts) and end == 0 else box


def _items(box: Box) -> tuple[Box, ...]:
    return box.items if isinstance(box, Row) else (box,)


def _has_fraction(box: Box) -> bool:
    return any(isinstance(b, Fraction) for b in walk(box))


def _is_simple(box: Box) -> bool:
    return isinstance(box, Letter | Word | Digits) or (isinstance(box, Scripts) and box.sup is None)


def _length(box: Box) -> int:
    """Letters, digits and signs, roughly."""
    own = len(box.text) if isinstance(box, Letter | Word | Digits | Sign | Function) else isinstance(box, Minus | Fence | Units)
    return own + sum(_length(part) for part in parts(box))
