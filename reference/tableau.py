"""Explicit Runge-Kutta methods as data: a tableau of exact fractions, and the one step that all of them take.

A row is kept as whole numbers over one denominator. So every coefficient is exact in double and in single precision, and a
step is rounded as it is written: ``y + dt/6*(k1 + 2*k2 + 2*k3 + k4)``. That text is what runs, at the speed of one written
by hand, and what an exported script says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm

from spikebridge.reference.system import State, System, Value


@dataclass(frozen=True)
class Row:
    """One row of a tableau over its common denominator; ``terms`` are (which slope, whole coefficient), without the zeros."""

    denominator: int
    terms: tuple[tuple[int, int], ...]

    @property
    def sum(self) -> str:
        """The weighted slopes as text, such as ``k1 + 2*k2 - k4``; slopes count from 1."""
        text = ""
        for k, c in self.terms:
            size = "" if abs(c) == 1 else f"{abs(c)}*"
            sign = (" - " if c < 0 else " + ") if text else "-" if c < 0 else ""
            text += f"{sign}{size}k{k + 1}"
        return text

    @cached_property
    def along(self) -> Callable[[State, float, Sequence[State]], State]:
        """``along(y, h, slopes)`` gives ``y + h*(k1 + 2*k2 ...)``, where h is dt over the denominator."""
        ks = ", ".join(f"k{k + 1}" for k, _ in self.terms)
        columns = ", ".join(f"k[{k}]" for k, _ in self.terms)
        # nothing but the whole numbers of a tableau is in this text
        made: Callable[[State, float, Sequence[State]], State] = eval(  # noqa: S307
            f"lambda y, h, k: tuple([y + h*({self.sum}) for y, {ks} in zip(y, {columns})])"
        )
        return made


@dataclass(frozen=True)
class Tableau:
    """An explicit Runge-Kutta method in Butcher's notation, each row as text such as ``"1/3 -1/6"``.

    Attributes
    ----------
    nodes : where in the step each stage stands, in steps; the first stands at 0
    stages : of every stage but the first, the coefficients of the slopes before it
    weights : of all slopes in the step

    Raises
    ------
    ValueError : a row does not sum to its node, or the weights do not sum to 1
    """

    nodes: str
    stages: tuple[str, ...]
    weights: str

    def __post_init__(self) -> None:
        nodes, rows = fractions(self.nodes), [fractions(row) for row in (*self.stages, self.weights)]
        if [len(row) for row in rows] != [*range(1, len(nodes)), len(nodes)]:
            raise ValueError(
                "a tableau has a row for every stage but the first, each one longer than the last, and one weight a stage"
            )
        for row, total in zip(rows, (*nodes[1:], 1), strict=True):
            if sum(row) != total:
                raise ValueError(f"the row {' '.join(map(str, row))} sums to {sum(row)} instead of {total}")

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The stages after the first, then the step itself."""
        return tuple(_row(fractions(row)) for row in (*self.stages, self.weights))

    def step(self, system: System, y: State, stimulus: Value, dt_ms: float) -> State:
        """One step, with the stimulus held over it."""
        slopes = [system.rates(y, stimulus)]
        for stage in self.rows[:-1]:
            slopes.append(system.rates(stage.along(y, dt_ms / stage.denominator, slopes), stimulus))
        return self.rows[-1].along(y, dt_ms / self.rows[-1].denominator, slopes)


def fractions(row: str) -> tuple[Fraction, ...]:
    """The numbers of a row."""
    return tuple(map(Fraction, row.split()))


def _row(values: Sequence[Fraction]) -> Row:
    denominator = lcm(*(value.denominator for value in values))
    return Row(denominator, tuple((k, int(value * denominator)) for k, value in enumerate(values) if value))


# the form Brian2 calls rk2
MIDPOINT = Tableau("0 1/2", ("1/2",), "0 1")
# Heun 1900, Z Math Phys 45:23
HEUN = Tableau("0 1", ("1",), "1/2 1/2")
# Kutta 1901, Z Math Phys 46:435
KUTTA = Tableau("0 1/2 1/2 1", ("1/2", "0 1/2", "0 0 1"), "1/6 1/3 1/3 1/6")
# RungeKutta6 of the simulator Neun, its decimals as the fractions they stand for; six stages reach order 5 at most
NEUN = Tableau(
    "0 1/5 3/10 3/5 9/10 1",
    ("1/5", "3/40 9/40", "3/10 -9/10 6/5", "3/40 27/40 -3/5 3/4", "107/162 5/2 -140/27 35/9 -70/81"),
    "8/81 0 25/63 25/108 25/81 -1/28",
)
# Butcher 1964, On Runge-Kutta processes of high order, J Austral Math Soc 4:179
BUTCHER = Tableau(
    "0 1/3 2/3 1/3 1/2 1/2 1",
    ("1/3", "0 2/3", "1/12 1/3 -1/12", "-1/16 9/8 -3/16 -3/8", "0 9/8 -3/8 -3/4 1/2", "9/44 -9/11 63/44 18/11 0 -16/11"),
    "11/120 0 27/40 27/40 -4/15 -4/15 11/120",
)
