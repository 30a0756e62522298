"""What public functions of arrays promise in words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("reference", "bridge", "reports")
MODULES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))


def public_functions(tree: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef]:
    """Functions and methods, of public classes, whose names are public."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def signature(function: ast.FunctionDef) -> tuple[str, str]:
    """The types it takes, and the one it returns, as written."""
    given = [*function.args.args, *function.args.kwonlyargs]
    takes = " ".join(ast.unparse(argument.annotation) for argument in given if argument.annotation)
    return takes, ast.unparse(function.returns) if function.returns else ""


def speechless(tree: ast.Module) -> list[str]:
    """Public functions that take or return arrays and whose docstrings name no shape."""
    found = []
    for function in public_functions(tree):
        takes, returns = signature(function)
        told = ast.get_docstring(function) or ""
        if "ndarray" in takes + returns and "shape" not in told.lower():
            found.append(function.name)
    return found


@pytest.mark.parametrize("floor", FLOORS)
def test_functions_of_arrays_say_shapes(floor: str) -> None:
    """Whoever calls one learns from its docstring what to hand over and what comes back."""
    silent = {str(path.relative_to(ROOT)): speechless(ast.parse(path.read_text())) for path in MODULES if floor in path.parts}
    assert len(silent) > 10
    assert {path: names for path, names in silent.items() if names} == {}


def test_a_function_that_says_nothing_is_found() -> None:
    """And a private one is not looked at."""
    source = (
        "import numpy as np\ndef shown(x: np.ndarray) -> float:\n    '''The mean.'''\ndef _hidden(x: np.ndarray) -> float: ...\n"
    )
    assert speechless(ast.parse(source)) == ["shown"]
