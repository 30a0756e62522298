"""Expressions: the syntax tree of an equation, and the one way text becomes such a tree.

Text is parsed by Python's ``ast`` and rebuilt node by node under a whitelist; nothing is evaluated.
The tree keeps the author's order and parentheses, so that every translation reads like the original
and rounds alike.
"""

from __future__ import annotations

import ast
import contextlib
import keyword
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.decimals import decimal_product, decimal_quotient
from spikebridge.bridge.expressions.electrochemistry import FORMULAS, formula
from spikebridge.bridge.expressions.syntax_tree import expression_tree
from spikebridge.bridge.expressions.units import Unit, is_unit_atom, number
from spikebridge.bridge.shown import shown

MAX_CHARACTERS, MAX_NODES = 10_000, 5_000
MAX_DEPTH = MAX_EXPONENT = 100

FUNCTIONS: dict[str, int] = {  # name -> number of arguments
    "exp": 1, "exprel": 1, "log": 1, "log10": 1, "sqrt": 1, "abs": 1,
    "sin": 1, "cos": 1, "tan": 1, "sinh": 1, "cosh": 1, "tanh": 1, "arctan": 1,
}  # fmt: skip

GRAMMAR = ("if", "else", "and", "or", "not")  # what choices are made of; Python's other words are free
_APART = "_keyword"
_KEYWORDS = tuple(set(keyword.kwlist) - {*GRAMMAR, "True", "False", "None"})


@dataclass(frozen=True)
class Quantity:
    """A number with a unit: ``40*mV`` or ``0.1/mV/ms`` in an equation, ``"120 mS/cm2"`` of a parameter, ``"100 ms"`` of a run;
    dimensionless numbers too.

    ``written`` is the text it was read from, where its digits are shown as somebody wrote them; another text of the same
    number is the same quantity.
    """

    value: float
    unit: Unit = field(default_factory=Unit)
    written: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        """As written, else with the fewest digits that read back as the same number."""
        unit = str(self.unit)
        return self.written or (number(self.value) if unit == "1" else f"{number(self.value)} {unit}")


@dataclass(frozen=True)
class Name:
    """A symbol of the model."""

    id: str


@dataclass(frozen=True)
class Negative:
    """Minus the operand."""

    operand: Expression


@dataclass(frozen=True)
class Binary:
    """``left operator right`` with operator one of + - * / **."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Call:
    """A function of one argument."""

    function: str
    argument: Expression


@dataclass(frozen=True)
class Compare:
    """``left operator right`` with operator one of < <= > >=; a condition, not a number."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Logic:
    """``left and right``, ``left or right``."""

    operator: str
    left: Condition
    right: Condition


@dataclass(frozen=True)
class Not:
    """The opposite of a condition."""

    operand: Condition


@dataclass(frozen=True)
class Choice:
    """``if_true if condition else if_false``."""

    condition: Condition
    if_true: Expression
    if_false: Expression


Condition = Compare | Logic | Not
Expression = Quantity | Name | Negative | Binary | Call | Choice
Node = Expression | Condition
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_MENTIONED = "names it mentions"  # no field is called like that
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


def children(node: Node) -> tuple[Node, ...]:
    """The operands of a node."""
    match node:
        case Negative(operand) | Not(operand):
            return (operand,)
        case Binary(_, left, right) | Compare(_, left, right) | Logic(_, left, right):
            return (left, right)
        case Choice(condition, if_true, if_false):
            return (condition, if_true, if_false)
        case Call(_, argument):
            return (argument,)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def names(node: Node) -> tuple[str, ...]:
    """The symbols a tree mentions, in order of first appearance."""
    # kept with the tree, which never changes: every question of what depends on what asks again
    found = node.__dict__.get(_MENTIONED)
    if found is None:
        found = node.__dict__[_MENTIONED] = tuple(dict.fromkeys(n.id for n in walk(node) if isinstance(n, Name)))
    return found


def rebuild(node: Any, change: Callable[[Any], Expression | None]) -> Any:
    """The tree with ``change`` applied from the top; None from it means: go on below."""
    changed = change(node)
    if changed is not None:
        return changed
    match node:
        case Negative(operand):
            return Negative(rebuild(operand, change))
        case Binary(operator, left, right):
            return Binary(operator, rebuild(left, change), rebuild(right, change))
        case Call(function, argument):
            return Call(function, rebuild(argument, change))
        case Not(operand):
            return Not(rebuild(operand, change))
        case Compare(operator, left, right) | Logic(operator, left, right):
            return type(node)(operator, rebuild(left, change), rebuild(right, change))
        case Choice(condition, if_true, if_false):
            return Choice(rebuild(condition, change), rebuild(if_true, change), rebuild(if_false, change))
    return node


def substitute(node: Expression, by: dict[str, Expression]) -> Expression:
    """The tree with symbols replaced."""
    return rebuild(node, lambda n: by.get(n.id) if isinstance(n, Name) else None)


# text -> tree ---------------------------------------------------------------------------------------


def parse_expression(text: str, known: set[str]) -> Expression:
    """Read one expression whose symbols are ``known`` or units.

    Raises
    ------
    DefinitionError : names what is not allowed, or unknown, without saying where; the caller knows
    """
    # Python's other keywords are fine names for a length constant or an initial value: spell them apart while Python parses
    spelled = {f"{name}{_APART}": name for name in known if keyword.iskeyword(name)}
    syntax = _syntax(text, spelled.values())
    try:
        tree = _Builder(known | set(spelled)).build(syntax, 0)
    except DefinitionError as error:
        raise DefinitionError(str(error).replace(_APART, "")) from None
    # min and max mention their arguments twice, and nested ones grow without end
    if sum(1 for _ in islice(walk(tree), MAX_NODES + 1)) > MAX_NODES:
        raise DefinitionError(f"the expression has more than {MAX_NODES} parts; name some of them")
    return _fold(substitute(tree, {apart: Name(name) for apart, name in spelled.items()}))


def _syntax(text: str, spelled: Iterable[str]) -> ast.expr:
    if len(text) > MAX_CHARACTERS:
        raise DefinitionError(f"the expression is {len(text)} characters long; at most {MAX_CHARACTERS} are read")
    if not text.isascii():
        odd = next(c for c in text if ord(c) > 127)
        raise DefinitionError(f"the character {shown(odd)} is not allowed; write plain ASCII")
    try:
        return _parsed(text, spelled)
    except SyntaxError as error:
        # a keyword that nobody has defined breaks the syntax too, and is better named than its place
        with contextlib.suppress(SyntaxError):
            return _parsed(text, _KEYWORDS)
        where = f" near column {error.offset}" if error.offset else ""
        raise DefinitionError(f"{shown(_short(text))} is not an expression{where}") from None
    except (RecursionError, MemoryError, ValueError):
        raise DefinitionError(f"{shown(_short(text))} is nested too deeply or holds a number too long to read") from None


def _parsed(text: str, apart: Iterable[str]) -> ast.expr:
    """Python's tree of a text in which some words have ``_keyword`` behind them."""
    words = "|".join(apart)
    return expression_tree((re.sub(rf"\b({words})\b", rf"\1{_APART}", text) if words else text).strip())


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def _source(node: ast.AST) -> str:
    """A node as text; a chain too deep even to print gives its kind."""
    try:
        return _short(ast.unparse(node))
    except (RecursionError, ValueError):  # ValueError: an integer too long to print
        return type(node).__name__


@dataclass(frozen=True)
class _Builder:
    known: set[str]

    def build(self, node: ast.AST, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise DefinitionError(f"the expression is nested more than {MAX_DEPTH} levels deep; name its parts")
        below = depth + 1
        match node:
            case ast.Constant(value=bool()) | ast.Constant(value=complex()):
                raise DefinitionError(f"{shown(node.value)} is not a real number")
            case ast.Constant(value=int() | float() as value):
                return Quantity(_number(value))
            case ast.Name(id=name):
                return self._symbol(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Negative(self.build(operand, below))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.build(operand, below)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return Binary(_OPERATORS[type(op)], self.build(left, below), self.build(right, below))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return Choice(self.condition(test, below), self.build(body, below), self.build(orelse, below))
            case ast.Call(func=ast.Name(id="min" | "max" as which), args=[first, second], keywords=[]):
                a, b = self.build(first, below), self.build(second, below)
                return Choice(Compare("<" if which == "min" else ">", a, b), a, b)
            case ast.Call(func=ast.Name(id="int"), args=[test], keywords=[]) if "int" not in self.known:
                return Choice(self.condition(test, below), Quantity(1.0), Quantity(0.0))
            case ast.Call(func=ast.Name(id=function), args=args, keywords=[]) if not any(
                isinstance(a, ast.Starred) for a in args
            ):
                return self._call(function, args, below)
        raise DefinitionError(
            f"{shown(_source(node))} is not allowed in an equation; use + - * / **, numbers, names, 'a if condition else b', min, max and {', '.join((*FUNCTIONS, *FORMULAS))}"
        )

    def condition(self, node: ast.AST, depth: int) -> Condition:
        """What may stand after ``if``; DefinitionError for a number."""
        if depth > MAX_DEPTH:
            raise DefinitionError(f"the expression is nested more than {MAX_DEPTH} levels deep; name its parts")
        below = depth + 1
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                return Compare(_COMPARISONS[type(op)], self.build(left, below), self.build(right, below))
            case ast.BoolOp(op=op, values=[first, *rest]):
                result = self.condition(first, below)
                for value in rest:
                    result = Logic("and" if isinstance(op, ast.And) else "or", result, self.condition(value, below))
                return result
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.condition(operand, below))
        raise DefinitionError(
            f"{shown(_source(node))} is not a condition; write for example 'v < -80*mV', joined by and, or, not"
        )

    def _symbol(self, name: str) -> Expression:
        if name in self.known:
            return Name(name)
        # other single letters are far more often a forgotten parameter than a volt or a metre
        if (len(name) > 1 or name == "K") and is_unit_atom(name):
            return Quantity(1.0, Unit.atom(name))
        if name == "degC":
            raise DefinitionError('degC cannot be multiplied; give the temperature as a parameter such as "6.3 degC", kept in K')
        raise DefinitionError(f"{shown(_short(name))} is used but never defined.{did_you_mean(name, self.known)}")

    def _call(self, function: str, args: list[ast.expr], depth: int) -> Expression:
        if function in FORMULAS:
            return self._formula(function, [self.build(arg, depth) for arg in args], depth)
        if function not in FUNCTIONS:
            hint = did_you_mean(function, (*FUNCTIONS, *FORMULAS))
            raise DefinitionError(f"{shown(_short(function))} is not a function a model may use.{hint}")
        if len(args) != FUNCTIONS[function]:
            raise DefinitionError(f"{function} takes {FUNCTIONS[function]} argument, not {len(args)}")
        return Call(function, self.build(args[0], depth))

    def _formula(self, function: str, args: list[Expression], depth: int) -> Expression:
        """The expression that a call stands for, with the arguments in their places."""
        places = {f"arg{k}_": _fold(arg) for k, arg in enumerate(args)}
        values = [a.value if isinstance(a, Quantity) and not a.unit.powers else None for a in places.values()]
        tree = _parsed(formula(function, list(places), values), ())
        return substitute(_Builder(set(places)).build(tree, depth), places)


def _number(value: int | float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise DefinitionError("a number in the expression is too large")
    return number


# constants ------------------------------------------------------------------------------------------


def _fold(node: Any) -> Any:
    """Gather numbers and units into quantities: ``0.1/mV/ms`` is one constant, ``-5*mV`` another."""
    match node:
        case Not(operand):
            return Not(_fold(operand))
        case Compare(operator, left, right) | Logic(operator, left, right):
            return type(node)(operator, _fold(left), _fold(right))
        case Choice(condition, if_true, if_false):
            return Choice(_fold(condition), _fold(if_true), _fold(if_false))
        case Call(function, argument):
            return Call(function, _fold(argument))
        case Negative(operand):
            inner = _fold(operand)
            return Quantity(-inner.value, inner.unit) if isinstance(inner, Quantity) else Negative(inner)
        case Binary(operator, left, right):
            return _fold_binary(operator, _fold(left), _fold(right))
    return node


def _fold_binary(operator: str, left: Expression, right: Expression) -> Expression:
    if operator == "**":
        if isinstance(right, Quantity) and not right.unit.powers and abs(right.value) > MAX_EXPONENT:
            raise DefinitionError(f"the exponent {right.value:g} is larger than {MAX_EXPONENT}")
        if isinstance(left, Quantity) and isinstance(right, Quantity) and not right.unit.powers:
            return _constant_power(left, right.value)
        return Binary(operator, left, right)
    if not (isinstance(left, Quantity) and isinstance(right, Quantity) and operator in "*/"):
        return Binary(operator, left, right)
    if operator == "*":
        return _checked(decimal_product(left.value, right.value), left.unit * right.unit)
    if right.value == 0.0:
        raise DefinitionError("the expression divides by zero")
    return _checked(decimal_quotient(left.value, right.value), left.unit * right.unit**-1)


def _constant_power(base: Quantity, exponent: float) -> Expression:
    whole = exponent == int(exponent)
    if base.unit.powers and not whole:
        return Binary("**", base, Quantity(exponent))
    try:
        value = base.value**exponent
    except (OverflowError, ZeroDivisionError):
        raise DefinitionError(f"{base.value:g}**{exponent:g} is not a finite number") from None
    if isinstance(value, complex):
        raise DefinitionError(f"({base.value:g})**{exponent:g} is not a real number")
    return _checked(value, base.unit ** int(exponent) if whole else Unit())


def _checked(value: float, unit: Unit) -> Quantity:
    if not math.isfinite(value):
        raise DefinitionError("a constant in the expression is too large")
    return Quantity(value, unit)
