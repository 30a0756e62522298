"""The algebra by which Brian2 makes code of equations, with the same results in less time.

For a large model under a Runge-Kutta scheme it takes far longer than the run that follows, most of it to compare expressions
node by node that are the same object, or that a glance tells apart, and to take the scheme itself to pieces for each model again.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


def quicken() -> None:
    """Do this in a process that has imported Brian2 and does nothing else; where sympy or Brian2 is arranged otherwise, nothing."""
    from brian2.stateupdaters import explicit
    from sympy.core import basic

    _replace(basic, "_aresame", _at_a_glance)
    _replace(explicit, "split_expression", cache)


@contextmanager
def for_good() -> Iterator[None]:
    """What is imported within this stays: no garbage is looked for among it, neither now nor before every run, as Brian2 does."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _replace(module: Any, name: str, by: Callable[[Any], Any]) -> None:
    if hasattr(module, name):
        setattr(module, name, by(getattr(module, name)))


def _at_a_glance(are_same: Callable[..., bool]) -> Callable[..., bool]:
    """Are two expressions the same in every node: one object is, and what is has one hash, which sympy keeps.

    Of what has a hash, which all has that Brian2 reads.
    """

    def are_same_quickly(a: Any, b: Any, approx: Any = None) -> bool:
        if approx is None:
            if a is b:
                return True
            if hash(a) != hash(b):
                return False
        return are_same(a, b) if approx is None else are_same(a, b, approx)

    return are_same_quickly
