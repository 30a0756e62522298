"""One step of a scheme on the printed translation of a model, as the operations it is made of.

The scheme's own function runs once, on values that write down what is done with them, through a system whose functions are
read from their printed text. So whatever the scheme and the translation say is what comes out, in the same order.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from spikebridge.bridge.expressions.syntax_tree import syntax_tree
from spikebridge.bridge.translate.operations import BranchError, Operations, Value
from spikebridge.reference.jumps import Rules
from spikebridge.reference.schemes import SCHEMES
from spikebridge.reference.system import Event, State, System

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip
_COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="
}  # fmt: skip


@dataclass(frozen=True)
class Printed:
    """A System by the printed texts of its functions, ``levels`` those of the rules that reset; attributes as there."""

    names: tuple[str, ...]
    rates: str
    voltage: int | None
    voltage_rate: str
    linear: str
    relax: str
    advance: str
    levels: tuple[str, ...]
    held: tuple[int, ...]
    silences: bool


@dataclass(frozen=True)
class Traced:
    """A step: the identifiers of what goes in, the values that come out, and where the levels are then.

    Attributes
    ----------
    new : the state after the step
    above : for every rule that resets, whether its level is above zero in that state
    """

    operations: Operations
    states: tuple[str, ...]
    stimulus: str
    new: tuple[Value, ...]
    above: tuple[Value, ...]


class _Recorded(System):
    """A system whose state is made of Values, of one neuron."""

    shape = ()
    plain = False  # or a scheme would take functions for Python's floats only


def traced(printed: Printed, scheme: str, resting: bool) -> Traced:
    """The step of that scheme, in or out of a refractory period.

    Raises
    ------
    BranchError : the step depends on its numbers, as where it iterates until nothing changes
    """
    operations = Operations()
    (states, stimulus) = _signature(printed.advance or printed.rates)
    system = _recorded(printed, tuple(map(operations.name, states)), operations)
    stepping: Any = system.hold(True) if resting else system
    dt_ms: Any = operations.name("dt", fixed=True)
    after = SCHEMES[scheme].step(stepping, system.initial, operations.name(stimulus), dt_ms)
    if resting:
        after = Rules(system).at_rest(True, system.initial, after)
    new = tuple(map(operations.value, after))
    above = tuple(_above(operations, _run(level, operations, (new,))) for level in printed.levels)
    return Traced(operations, states, stimulus, new, above)


def _above(operations: Operations, level: Any) -> Value:
    # a - b > 0 wherever a > b, and nowhere else
    left, right = level.of if isinstance(level, Value) and level.operation == "-" else (level, 0.0)
    return operations.made(">", left, right)


def _recorded(printed: Printed, state: State, operations: Operations) -> System:
    def read(text: str) -> Callable[..., Any] | None:
        return (lambda *arguments: _run(text, operations, arguments)) if text else None

    return _Recorded(
        printed.names,
        state,
        read(printed.rates) or _none,
        voltage=printed.voltage,
        voltage_rate=read(printed.voltage_rate),
        linear=read(printed.linear),
        relax=read(printed.relax),
        event=Event(_none, held=printed.held, silences=printed.silences),
        advance=read(printed.advance),
    )


def _none(*_: Any) -> State:
    raise BranchError


@lru_cache(maxsize=256)
def _function(text: str) -> ast.FunctionDef:
    (found,) = syntax_tree(text).body
    assert isinstance(found, ast.FunctionDef)
    return found


def _signature(text: str) -> tuple[tuple[str, ...], str]:
    """What a printed function calls the variables of its state, and the stimulus."""
    function = _function(text)
    unpacked = next(s for s in function.body if isinstance(s, ast.Assign))
    return tuple(ast.unparse(unpacked.targets[0]).strip("()").rstrip(",").split(", ")), function.args.args[1].arg


def _run(text: str, operations: Operations, arguments: tuple[Any, ...]) -> Any:
    """What a printed function returns for values."""
    function = _function(text)
    names = [each.arg for each in function.args.args]
    defaults = [ast.literal_eval(each) for each in function.args.defaults]
    known = dict(zip(names[-len(defaults) :], defaults, strict=True)) | dict(zip(names, arguments, strict=False))
    for statement in function.body:
        match statement:
            case ast.Assign([ast.Tuple(targets)], ast.Name(whole)):
                known |= {ast.unparse(target): x for target, x in zip(targets, known[whole], strict=True)}
            case ast.Assign([ast.Name(name)], expression):
                known[name] = _labelled(_value(expression, operations, known), name)
            case ast.Return(ast.expr() as expression):
                return _value(expression, operations, known)
    raise TypeError("a printed function returns something")


def _labelled(value: Any, name: str) -> Any:
    if isinstance(value, Value) and value.parts and not value.label:
        value.label = name
    return value


def _value(node: ast.expr, operations: Operations, known: dict[str, Any]) -> Any:
    def of(*nodes: ast.expr) -> list[Any]:
        return [_value(each, operations, known) for each in nodes]

    match node:
        case ast.Name(name):
            return known[name] if name in known else operations.name(name, fixed=True)
        case ast.Constant(number):
            return number
        case ast.BinOp(left, sign, right):
            return _BINARY[type(sign)](*of(left, right))
        case ast.UnaryOp(ast.USub(), operand):
            return -of(operand)[0]
        case ast.Tuple(elements):
            return tuple(of(*elements))
        case ast.Call(ast.Name(function), [argument]):
            return operations.made(function, *of(argument))
        case ast.IfExp(condition, if_true, if_false):
            return operations.made("if", *of(condition, if_true, if_false))
        case ast.Compare(left, [sign], [right]):
            return operations.made(_COMPARISON[type(sign)], *of(left, right))
        case ast.BoolOp(ast.And() | ast.Or() as sign, operands):
            return operations.made("and" if isinstance(sign, ast.And) else "or", *of(*operands))
        case ast.UnaryOp(ast.Not(), operand):
            return operations.made("not", *of(operand))
    raise TypeError(f"no printed function has a {type(node).__name__}")
