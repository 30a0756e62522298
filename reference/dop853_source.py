"""The Dormand-Prince method for one neuron as plain arithmetic: text made of the tables in ``dop853``, and compiled.

With arrays a step of four variables takes 2.7 times as long. The sums are those of the tables, term by term, so a step is the same
to the last bit wherever exp is. The equations are called, not written in: that would save a step of Hodgkin & Huxley's 7 % of its
time, and cost a text to compile for every model, where now those with as many variables share one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from spikebridge.reference.dop853 import ALL_STAGES, E3, E5, STAGES, A, B, D

# the slopes that the dense output is made of, and those of them that the step itself has
DENSE_STAGES = tuple(np.flatnonzero(D.any(axis=0)).tolist())
KEPT_STAGES = tuple(stage for stage in DENSE_STAGES if stage <= STAGES)


@dataclass(frozen=True)
class WrittenOut:
    """The compiled functions of ``source``."""

    step: Callable[..., Any]
    row: Callable[..., Any]
    ahead: Callable[..., Any]


@cache
def written_out(variables: int, constant: bool) -> WrittenOut:
    """The method for so many variables, with a ``constant`` stimulus or one that is a function of the time."""
    found: dict[str, Any] = {"__builtins__": {}, "abs": abs, "sqrt": math.sqrt}
    exec(source(variables, constant), found)  # noqa: S102 - nothing but the numbers of the tables is in this text
    return WrittenOut(found["step"], found["row"], found["ahead"])


def source(variables: int, constant: bool) -> str:
    """The text of three functions.

    ``step`` gives the state after h, the slopes at ``KEPT_STAGES`` and the error relative to the tolerance. ``row`` gives, of such
    a step, all numbers that the solution inside it is made of: t, h, both states, the slopes at ``DENSE_STAGES``. ``ahead`` goes
    along a slope.
    """
    text = _Text(variables, constant)
    return "\n".join([*text.step(), "", "", *text.row(), "", "", *text.ahead(), ""])


@dataclass(frozen=True)
class _Text:
    variables: int
    constant: bool

    def step(self) -> Iterator[str]:
        yield "def step(rates, current, t, h, y, k0, atol, rtol):"
        yield f"    {self._each('y')} = y"
        yield f"    {self._each('k0')} = k0"
        for stage in range(1, STAGES):
            yield f"    {self._slopes(stage, self._state(A[stage]))}"
        for i in range(self.variables):
            yield f"    end_{i} = {_along(B, i)}"
        yield f"    end = {self._each('end')}"
        yield f"    {self._slopes(STAGES, 'end')}"
        yield from self._error()
        yield f"    return end, ({', '.join(f'k{stage}' for stage in KEPT_STAGES)}), error"

    def _error(self) -> Iterator[str]:
        """Hairer's combination of the two embedded errors, as a root mean square."""
        yield "    fifth = third = 0.0"
        for i in range(self.variables):
            yield f"    a, b = abs(y_{i}), abs(end_{i})"
            yield "    scale = atol + rtol*(a if a > b else b)"
            yield f"    a, b = ({_sum(E5, i)})/scale, ({_sum(E3, i)})/scale"
            yield "    fifth += a*a"
            yield "    third += b*b"
        yield f"    error = h*fifth/sqrt((fifth + 0.01*third)*{self.variables}) if fifth or third else 0.0"

    def row(self) -> Iterator[str]:
        kept = [self._each(f"k{stage}") for stage in KEPT_STAGES]
        yield "def row(rates, current, t, h, y, end, slopes):"
        yield f"    {self._each('y')} = y"
        yield f"    {', '.join(f'({each})' for each in kept)} = slopes"
        for stage in range(STAGES + 1, ALL_STAGES):
            yield f"    {self._slopes(stage, self._state(A[stage]))}"
        later = ", ".join(f"*k{stage}" for stage in DENSE_STAGES if stage > STAGES)
        yield f"    return (t, h, *y, *end, {', '.join(each.rstrip(',') for each in kept)}, {later})"

    def ahead(self) -> Iterator[str]:
        yield "def ahead(y, k0, h):"
        yield f"    {self._each('y')} = y"
        yield f"    {self._each('k0')} = k0"
        yield f"    return {', '.join(f'y_{i} + h*k0_{i}' for i in range(self.variables))}{',' if self.variables == 1 else ''}"

    def _each(self, name: str) -> str:
        """The values of a vector by the name of each, as a tuple of Python."""
        return ", ".join(f"{name}_{i}" for i in range(self.variables)) + ("," if self.variables == 1 else "")

    def _state(self, weights: np.ndarray) -> str:
        """The state at a stage, as a tuple."""
        return f"({', '.join(_along(weights, i) for i in range(self.variables))}{',' if self.variables == 1 else ''})"

    def _slopes(self, stage: int, state: str) -> str:
        """A stage's slopes: together where somebody wants them so, and one by one."""
        together = f"k{stage} = " if stage in DENSE_STAGES else ""
        node = float(A[stage].sum()) if stage != STAGES else 1.0
        current = "current" if self.constant else f"current(t + {'' if node == 1.0 else f'{node!r}*'}h)"
        return f"{together}{self._each(f'k{stage}')} = rates({state}, {current})"


def _along(weights: np.ndarray, variable: int) -> str:
    """One variable's straight way from the start of the step along the weighted slopes."""
    return f"y_{variable} + h*({_sum(weights, variable)})"


def _sum(weights: np.ndarray, variable: int) -> str:
    return " + ".join(f"{weight!r}*k{stage}_{variable}" for stage, weight in enumerate(weights.tolist()) if weight)
