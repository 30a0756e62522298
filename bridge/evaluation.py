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
    match node:
        case Quantity(value, unit):
            return coherent.coherent(value, unit)
        case Name(name):
            return values[name]
        case Negative(operand):
            return -evaluate(operand, values, coherent)
        case Call(function, argument):
            return _FUNCTIONS[function](evaluate(argument, values, coherent))
        case Binary(sign, left, right):
            return _OPERATORS[sign](evaluate(left, values, coherent), evaluate(right, values, coherent))
        case Choice(condition, if_true, if_false):
            chosen = holds(condition, values, coherent)
            if np.ndim(chosen) == 0:
                return evaluate(if_true if chosen else if_false, values, coherent)
            return np.where(chosen, evaluate(if_true, values, coherent), evaluate(if_false, values, coherent))
    raise TypeError(f"not an expression: {node!r}")


def holds(node: Condition, values: Mapping[str, Any], coherent: CoherentSystem) -> Any:
    """Whether a condition is true: a bool, or an array of them."""
    match node:
        case Compare(sign, left, right):
            return _COMPARISONS[sign](evaluate(left, values, coherent), evaluate(right, values, coherent))
        case Logic("and", left, right):
            return np.logical_and(holds(left, values, coherent), holds(right, values, coherent))
        case Logic(_, left, right):
            return np.logical_or(holds(left, values, coherent), holds(right, values, coherent))
        case Not(operand):
            return np.logical_not(holds(operand, values, coherent))
    raise TypeError(f"not a condition: {node!r}")
