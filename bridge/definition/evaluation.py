"""The value of an expression, straight from its tree: slow, plain, and independent of every printer."""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

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
    walk,
)
from spikebridge.bridge.expressions.units import CoherentSystem
from spikebridge.bridge.shown import shown


def _exprel(x: Any) -> Any:
    if isinstance(x, (float, np.floating)):
        return np.expm1(x) / x if x else type(x)(1)
    at_zero = x == 0
    with np.errstate(over="ignore"):  # to infinity, as in C
        return np.where(at_zero, 1.0, np.expm1(x) / np.where(at_zero, 1.0, x))


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, np.ndarray) or isinstance(exponent, np.ndarray):
        # float_power is for double precision only
        return (np.power if np.result_type(base, exponent) == np.float32 else np.float_power)(base, exponent)
    result = base**exponent
    return math.nan if isinstance(result, complex) else result


def _plain(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same, but that of a plain float it makes one: numpy's own scalars take several times as long in what follows."""
    return lambda x: float(function(x)) if type(x) is float else function(x)


_NUMPY: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp, "exprel": _exprel, "log": np.log, "log10": np.log10, "sqrt": np.sqrt, "abs": np.abs,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "arctan": np.arctan,
}  # fmt: skip

_FUNCTIONS = {name: _plain(function) for name, function in _NUMPY.items()}
exponential = _FUNCTIONS["exp"]

Value = Callable[[Mapping[str, Any]], Any]
Kind = Callable[[float], Any]  # of the numbers in a definition: float, or single precision's

# each makes a function of what it stands between: an operator that is called as a function takes a tenth longer
_OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "+": lambda left, right: lambda values: left(values) + right(values),
    "-": lambda left, right: lambda values: left(values) - right(values),
    "*": lambda left, right: lambda values: left(values) * right(values),
    "/": lambda left, right: lambda values: left(values) / right(values),
    "**": lambda left, right: lambda values: _power(left(values), right(values)),
    "<": lambda left, right: lambda values: left(values) < right(values),
    "<=": lambda left, right: lambda values: left(values) <= right(values),
    ">": lambda left, right: lambda values: left(values) > right(values),
    ">=": lambda left, right: lambda values: left(values) >= right(values),
    "and": lambda left, right: lambda values: np.logical_and(left(values), right(values)),
    "or": lambda left, right: lambda values: np.logical_or(left(values), right(values)),
}


def evaluate(node: Expression, values: Mapping[str, Any], coherent: CoherentSystem, kind: Kind = float) -> Any:
    """The coherent value of an expression.

    Parameters
    ----------
    values : the coherent value of every symbol, floats or arrays that broadcast
    kind : makes a number of the precision that is computed in, as ``values`` have it

    Raises
    ------
    KeyError : a symbol has no value
    ZeroDivisionError, OverflowError : as plain floats do; arrays give inf and nan instead
    """
    return evaluator(node, coherent, kind)(values)


def zero_divisor(node: Expression, values: Mapping[str, Any], coherent: CoherentSystem) -> Expression | None:
    """The innermost part of an expression by which it divides and which is zero there; None where there is none.

    Parameters
    ----------
    values : the coherent value of every symbol, floats
    """
    for part in reversed([*walk(node)]):
        with contextlib.suppress(ArithmeticError):
            match part:
                case Binary("/", _, divisor) if evaluate(divisor, values, coherent) == 0:
                    return divisor
                case Binary("**", base, power) if evaluate(base, values, coherent) == 0 > evaluate(power, values, coherent):
                    return base
    return None


def holds(node: Condition, values: Mapping[str, Any], coherent: CoherentSystem, kind: Kind = float) -> Any:
    """Whether a condition is true: a bool, or an array of them."""
    return _condition(node, coherent, kind)(values)


def evaluator(node: Expression, coherent: CoherentSystem, kind: Kind = float) -> Value:
    """The expression as a function of the values of its symbols, as ``evaluate`` takes them: a function for each node of
    the tree, made once, for what is evaluated at every step."""
    match node:
        case Quantity(value, unit):
            number = kind(coherent.coherent(value, unit))
            return lambda values: number
        case Name(name):
            return operator.itemgetter(name)
        case Negative(operand):
            inner = evaluator(operand, coherent, kind)
            return lambda values: -inner(values)
        case Call(function, argument):
            of, inner = _FUNCTIONS[function], evaluator(argument, coherent, kind)
            return lambda values: of(inner(values))
        case Binary(sign, left, right):
            return _OPERATORS[sign](evaluator(left, coherent, kind), evaluator(right, coherent, kind))
        case Choice(condition, if_true, if_false):
            return _choice(
                _condition(condition, coherent, kind), evaluator(if_true, coherent, kind), evaluator(if_false, coherent, kind)
            )
    raise TypeError(f"not an expression: {shown(node)}")


def _choice(condition: Value, if_true: Value, if_false: Value) -> Value:
    def chosen(values: Mapping[str, Any]) -> Any:
        which = condition(values)
        if np.ndim(which) == 0:
            return (if_true if which else if_false)(values)
        return np.where(which, if_true(values), if_false(values))

    return chosen


def _condition(node: Condition, coherent: CoherentSystem, kind: Kind) -> Value:
    match node:
        case Compare(sign, left, right):
            return _OPERATORS[sign](evaluator(left, coherent, kind), evaluator(right, coherent, kind))
        case Logic(sign, left, right):
            return _OPERATORS[sign](_condition(left, coherent, kind), _condition(right, coherent, kind))
        case Not(operand):
            inner = _condition(operand, coherent, kind)
            return lambda values: np.logical_not(inner(values))
    raise TypeError(f"not a condition: {shown(node)}")
