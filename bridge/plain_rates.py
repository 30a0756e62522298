"""The equations of one neuron in plain floats made fast, by rewriting the tree of their source.

Most of an exact solution is spent here. What parameters alone decide is computed once, as Python would compute it each time, and
exp and exprel are those of C, which raise where they overflow or divide by zero; where they do, the source as it was answers. So
every float comes out as before, to the last bit, but what is made of infinite states, or of exp just before it overflows (709 to
709.8), which the source says is infinite.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from spikebridge.bridge.expressions.syntax_tree import syntax_tree

_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip
# names that no symbol of a model can have
_EXP, _EXPM1, _CAREFUL, _ERROR = "C's exp", "C's expm1", "careful", "ArithmeticError"
_ARGUMENT = "argument of expm1"


def fast_rates(source: str, functions: Mapping[str, Any], parameters: Mapping[str, float]) -> Callable[..., Any]:
    """The function ``rates`` of a scalar source, fast.

    Parameters
    ----------
    source : the text of the function
    functions : the namespace that it was compiled in, ``rates`` among it
    parameters : the numbers in it that never change, by their names in the source
    """
    tree = rewritten(source, functions, parameters)
    names = {**functions, _EXP: math.exp, _EXPM1: math.expm1, _CAREFUL: functions["rates"], _ERROR: ArithmeticError}
    # the text is the printer's, see bridge.system
    exec(compile(tree, "<numpy translation, rewritten>", "exec"), names)  # noqa: S102
    return names["rates"]


def rewritten(source: str, functions: Mapping[str, Any], parameters: Mapping[str, float]) -> ast.Module:
    """The tree of the fast function; parameters as there."""
    tree = syntax_tree(source)
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    _rewrite(function, _Rewriter(functions, parameters))
    return ast.fix_missing_locations(tree)


def _rewrite(function: ast.FunctionDef, rewriter: _Rewriter) -> None:
    """Rewrite the body, without the definitions that turn out to be numbers, and let the careful function stand behind it."""
    body: list[ast.stmt] = []
    for statement in function.body:
        statement = rewriter.visit(statement)
        match statement:
            case ast.Assign([ast.Name(name)], ast.Constant(int() | float() as value)):
                rewriter.known[name] = value
            case _:
                body.append(statement)
    arguments: list[ast.expr] = [ast.Name(each.arg, ast.Load()) for each in function.args.args]
    careful = ast.Return(ast.Call(ast.Name(_CAREFUL, ast.Load()), arguments, []))
    function.body = [ast.Try(body, [ast.ExceptHandler(ast.Name(_ERROR, ast.Load()), None, [careful])], [], [])]


class _Rewriter(ast.NodeTransformer):
    def __init__(self, functions: Mapping[str, Any], known: Mapping[str, float]) -> None:
        self.functions, self.known = functions, dict(known)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        known = isinstance(node.ctx, ast.Load) and node.id in self.known
        return ast.Constant(self.known[node.id]) if known else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        node.left, node.right = self.visit(node.left), self.visit(node.right)
        match node.left, node.right:
            case ast.Constant(left), ast.Constant(right):
                return _number(_OPERATORS[type(node.op)], left, right) or node
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        node.operand = self.visit(node.operand)
        match node:
            case ast.UnaryOp(ast.USub(), ast.Constant(value)):
                return _number(operator.neg, value) or node
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        (argument,) = node.args = [self.visit(each) for each in node.args]
        if isinstance(argument, ast.Constant):
            return _number(self.functions[node.func.id], argument.value) or node
        if node.func.id == "exp":
            return ast.Call(ast.Name(_EXP, ast.Load()), [argument], [])
        if node.func.id == "exprel":
            named = ast.NamedExpr(ast.Name(_ARGUMENT, ast.Store()), argument)
            return ast.BinOp(ast.Call(ast.Name(_EXPM1, ast.Load()), [named], []), ast.Div(), ast.Name(_ARGUMENT, ast.Load()))
        return node


def _number(function: Callable[..., Any], *arguments: Any) -> ast.Constant | None:
    """The value as a constant; None where there is none that is real."""
    try:
        value = function(*arguments)
    except (ArithmeticError, ValueError):
        return None
    return ast.Constant(value) if isinstance(value, (int, float)) else None
