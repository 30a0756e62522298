"""The operations of a calculation, written down while it runs: values that know how they came to be.

A ``Value`` goes through a function in the place of a number; what comes out is the tree of all operations on the way, in their
order. An operation on the same values is the same Value, so it need be done but once. Nothing is rearranged: what is
simplified has the same result to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
# the functions that raise for some numbers; ``np.exp`` is what a scheme asks for, where the translation's exp has a bound
_RAISING = frozenset(("log", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "np.exp"))


class BranchError(TypeError):
    """The calculation looks at a number to decide what to do next, so that one run through it does not say it all."""


class Value:
    """One number of a calculation.

    Attributes
    ----------
    operation : an operator, ``-x``, ``if``, ``and``, ``or``, ``not``, a function's name, ``name`` or ``number``
    of : what it is applied to; of a name or a number, its text
    fixed : whether it is the same in every step, as it is made of parameters and numbers alone
    raises : whether an exception may come of computing it, where that differs from step to step
    label : what a definition calls it
    """

    __slots__ = ("fixed", "label", "of", "operation", "operations", "raises")

    def __init__(self, operations: Operations, operation: str, of: tuple[Any, ...], fixed: bool) -> None:
        self.operations, self.operation, self.of, self.fixed = operations, operation, of, fixed
        self.label = ""
        divides = operation == "/" and not of[1].fixed
        self.raises = not fixed and (divides or operation == "**" or operation in _RAISING)

    @property
    def parts(self) -> tuple[Value, ...]:
        """The values it is made of."""
        return () if self.operation in ("name", "number") else self.of

    def __add__(self, other: Any) -> Value:
        return self.operations.made("+", self, other)

    def __radd__(self, other: Any) -> Value:
        return self.operations.made("+", other, self)

    def __sub__(self, other: Any) -> Value:
        return self.operations.made("-", self, other)

    def __rsub__(self, other: Any) -> Value:
        return self.operations.made("-", other, self)

    def __mul__(self, other: Any) -> Value:
        return self.operations.made("*", self, other)

    def __rmul__(self, other: Any) -> Value:
        return self.operations.made("*", other, self)

    def __truediv__(self, other: Any) -> Value:
        return self.operations.made("/", self, other)

    def __rtruediv__(self, other: Any) -> Value:
        return self.operations.made("/", other, self)

    def __pow__(self, other: Any) -> Value:
        return self.operations.made("**", self, other)

    def __rpow__(self, other: Any) -> Value:
        return self.operations.made("**", other, self)

    def __neg__(self) -> Value:
        return self.operations.made("-x", self)

    def exp(self) -> Value:
        """What ``np.exp`` makes of it."""
        return self.operations.made("np.exp", self)

    def __bool__(self) -> bool:
        raise BranchError

    __float__ = __bool__
    # not of shape (): a scheme then leaves out what it does for lone numbers only, such as a look whether one is zero
    ndim = 1


class Operations:
    """All operations of one calculation, in the order in which they came."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self._known: dict[tuple[Any, ...], Value] = {}

    def name(self, name: str, fixed: bool = False) -> Value:
        """A number that comes from outside."""
        return self._one("name", (name,), fixed)

    def made(self, operation: str, *of: Any) -> Value:
        """The result of an operation on values and numbers."""
        values = tuple(map(self.value, of))
        same = _SAME.get(operation)
        simpler = same(self, *values) if same else None
        return self._one(operation, values, all(x.fixed for x in values)) if simpler is None else simpler

    def value(self, x: Any) -> Value:
        """A value, or a number as one."""
        # a whole number beside a float is a float, and slower; the text tells 0 from -0
        return x if isinstance(x, Value) else self._one("number", (repr(float(x)),), True)

    def forget(self) -> None:
        """Let go of the values, which know of this; or they would wait for the garbage collector."""
        self.values.clear()
        self._known.clear()

    def _one(self, operation: str, of: tuple[Any, ...], fixed: bool) -> Value:
        found = self._known.get((operation, of))
        if found is None:
            found = self._known[operation, of] = Value(self, operation, of, fixed)
            self.values.append(found)
        return found


def _times(_: Operations, a: Value, b: Value) -> Value | None:
    return b if _is_one(a) else a if _is_one(b) else None


def _over(_: Operations, a: Value, b: Value) -> Value | None:
    if _is_one(b):
        return a
    if a.operation == "-x" and b.fixed:  # the sign can be taken of either, and here it can be taken once
        return a.of[0] / -b
    return None


def _minus(operations: Operations, a: Value) -> Value | None:
    return operations.value(-float(a.of[0])) if a.operation == "number" else None


def _is_one(a: Value) -> bool:
    return a.operation == "number" and a.of[0] == "1.0"


_SAME: dict[str, Callable[..., Value | None]] = {"*": _times, "/": _over, "-x": _minus}


def made_of(values: Iterable[Value]) -> set[Value]:
    """These values and all that they are made of."""
    found, waiting = set(), list(values)
    while waiting:
        value = waiting.pop()
        if value not in found:
            found.add(value)
            waiting += value.parts
    return found


def discarded(operations: Operations, results: Iterable[Value]) -> list[Value]:
    """What no result is made of and may raise an exception all the same: the last values on the way to each."""
    needed = made_of(results)
    used = {part for value in operations.values for part in value.parts}
    last = [value for value in operations.values if value not in used and value not in needed]
    return [value for value in last if any(x.raises for x in made_of([value]) - needed)]
