"""The value of an expression, straight from its tree: slow, plain, and independent of every printer."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from spikebridge.bridge.expression import (
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
from spikebridge.bridge.units import CoherentSystem


def _exprel(x: Any) -> Any:
    if isinstance(x, float):
        return np.expm1(x) / x if x else 1.0
    x = np.asarray(x, dtype=float)
    at_zero = x == 0
    with np.errstate(over="ignore"):  # to infinity, as in C
        return np.where(at_zero, 1.0, np.expm1(x) / np.where(at_zero, 1.0, x))


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, np.ndarray) or isinstance(exponent, np.ndarray):
        return np.float_power(base, exponent)
    result = base**exponent
    return math.nan if isinstance(result, complex) else result


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp, "exprel": _exprel, "log": np.log, "log10": np.log10, "sqrt": np.sqrt, "abs": np.abs,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "arctan": np.arctan,
}  # fmt: skip

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": _power,
}  # fmt: skip

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


Value = Callable[[Mapping[str, Any]], Any]


def evaluate(node: Expression, values: Mapping[str, Any], coherent: CoherentSystem) -> Any:
    """The coherent value of an expression.

    Parameters
    ----------
    values : the coherent value of every symbol, floats or arrays that broadcast

    Raises
    ------
    KeyError : a symbol has no value
    ZeroDivisionError, OverflowError : as plain floats do; arrays give inf and nan instead
    """
    return evaluator(node, coherent)(values)


def holds(node: Condition, values: Mapping[str, Any], coherent: CoherentSystem) -> Any:
    """Whether a condition is true: a bool, or an array of them."""
    return _condition(node, coherent)(values)


def evaluator(node: Expression, coherent: CoherentSystem) -> Value:
    """The expression as a function of the values of its symbols, as ``evaluate`` takes them: a function for each node of
    the tree, made once, for what is evaluated at every step."""
    match node:
        case Quantity(value, unit):
            number = coherent.coherent(value, unit)
            return lambda values: number
        case Name(name):
            return operator.itemgetter(name)
        case Negative(operand):
            inner = evaluator(operand, coherent)
            return lambda values: -inner(values)
        case Call(function, argument):
            of, inner = _FUNCTIONS[function], evaluator(argument, coherent)
            return lambda values: of(inner(values))
        case Binary(sign, left, right):
            return _both(_OPERATORS[sign], evaluator(left, coherent), evaluator(right, coherent))
        case Choice(condition, if_true, if_false):
            return _choice(_condition(condition, coherent), evaluator(if_true, coherent), evaluator(if_false, coherent))
    raise TypeError(f"not an expression: {node!r}")


def _both(of: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    return lambda values: of(left(values), right(values))


def _choice(condition: Value, if_true: Value, if_false: Value) -> Value:
    def chosen(values: Mapping[str, Any]) -> Any:
        which = condition(values)
        if np.ndim(which) == 0:
            return (if_true if which else if_false)(values)
        return np.where(which, if_true(values), if_false(values))

    return chosen


def _condition(node: Condition, coherent: CoherentSystem) -> Value:
    match node:
        case Compare(sign, left, right):
            return _both(_COMPARISONS[sign], evaluator(left, coherent), evaluator(right, coherent))
        case Logic(sign, left, right):
            of = np.logical_and if sign == "and" else np.logical_or
            return _both(of, _condition(left, coherent), _condition(right, coherent))
        case Not(operand):
            inner = _condition(operand, coherent)
            return lambda values: np.logical_not(inner(values))
    raise TypeError(f"not a condition: {node!r}")
