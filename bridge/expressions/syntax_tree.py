"""Python's own parser, for text of ours and of definitions: nothing is evaluated."""

from __future__ import annotations

import ast
import threading

# Python before 3.11.8 and 3.12.2 counts the depth of all trees that are being made in one place, and fails where two threads make one
# ("AST constructor recursion depth mismatch")
_ONE_AT_A_TIME = threading.Lock()


def syntax_tree(text: str) -> ast.Module:
    """The tree of a module; SyntaxError, ValueError, RecursionError or MemoryError where there is none."""
    with _ONE_AT_A_TIME:
        return ast.parse(text)


def expression_tree(text: str) -> ast.expr:
    """The tree of one expression; errors as above."""
    with _ONE_AT_A_TIME:
        return ast.parse(text, mode="eval").body
