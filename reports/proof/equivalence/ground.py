"""The common ground of two definitions: the same random states in the numbers of each, and what each makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spikebridge.reports.proof.equivalence.pairing import Pairing
from spikebridge.reports.proof.equivalence.sampling import conducts, drawn
from spikebridge.reports.proof.equivalence.sides import Formula, Known, Side

ROUND_OFF = 1e-9  # of a right-hand side at random states, cancellation included
_SEED = 20


@dataclass(frozen=True)
class Ground:
    """Two sides whose symbols are paired; every method takes and gives values of shape (samples,).

    Attributes
    ----------
    settled : states of A, and of B, that the other one lets settle at once: they are where they come to rest
    held : inputs of A, and of B, that have this coherent value at all states
    """

    a: Side
    b: Side
    pairing: Pairing
    size: int = 240
    settled: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    held: tuple[Mapping[str, float], Mapping[str, float]] = ({}, {})

    @cached_property
    def known(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Coherent values of the inputs of A and of B, shape (samples,) each; what is paired has one value in both."""
        generator = np.random.default_rng(_SEED)
        of_a = {n: self._drawn(self.a, n, n in self.pairing.names, generator) for n in self.a.inputs}
        back = {b: a for a, b in self.pairing.names.items()}
        of_b: dict[str, np.ndarray] = {}
        for name in self.b.inputs:
            other = back.get(name)
            if other in of_a:
                of_b[name] = self.to_b(other, name, of_a[other])
            else:
                of_b[name] = self._drawn(self.b, name, other is not None, generator)
                if other is not None and self._prescribed(self.b, name):
                    of_a[other] = self.to_a(other, name, of_b[name])
        for name, other in self.pairing.names.items():
            if other in self.b.definitions and name in of_a and self._prescribed(self.a, name):
                of_b[other] = self.to_b(name, other, of_a[name])
        for side, values, settled in zip((self.a, self.b), (of_a, of_b), self.settled, strict=True):
            values |= {n: steady(side, n, values) for n in settled}
        return of_a, of_b

    def _drawn(self, side: Side, name: str, shared: bool, generator: np.random.Generator) -> np.ndarray:
        """A parameter that only one of them has keeps its value, but for a conductance that is 0 until it is set: it hides a current."""
        found = drawn(side, name, generator, self.size)
        held = self.held[0 if side is self.a else 1]
        if name in held:
            return np.full_like(found, held[name])
        kept = name in side.parameters and not shared and (side.default(name) != 0 or not conducts(side.unit(name)))
        return np.full_like(found, side.default(name)) if kept else found

    def _prescribed(self, side: Side, name: str) -> bool:
        """Whether what the other side computes is given here: by a cell, or as a state."""
        return name in side.reads or name in side.states

    # the same quantity in both ------------------------------------------------------------------------

    def ratio(self, name: str, other: str) -> float | None:
        """What a coherent value of A's symbol is multiplied with to be B's; None where their units have nothing in common.

        A number without unit stands for that many of the unit that the other one is written in.
        """
        if self.a.unit(name).dimension == self.b.unit(other).dimension:
            return self.a.scale(name) / self.b.scale(other)
        if self.a.plain(name) or self.b.plain(other):
            return self.b.factor(other) / self.a.factor(name)
        return None

    def to_b(self, name: str, other: str, values: np.ndarray) -> np.ndarray:
        """Coherent values of shape (samples,) of A's symbol as those of B's."""
        ratio = self.ratio(name, other)
        return values if ratio is None else values * ratio

    def to_a(self, name: str, other: str, values: np.ndarray) -> np.ndarray:
        """Coherent values of shape (samples,) of B's symbol as those of A's."""
        ratio = self.ratio(name, other)
        return values if ratio is None else values / ratio

    # what each computes -------------------------------------------------------------------------------

    def of_a(self, name: str, other: Mapping[str, Formula] | None = None, given: Known | None = None) -> np.ndarray:
        """A's right-hand side in B's numbers, shape (samples,)."""
        return self.to_b(name, self.counterpart(name), self.a.computed(name, {**self.known[0], **(given or {})}, other))

    def of_b(self, name: str, other: Mapping[str, Formula] | None = None, given: Known | None = None) -> np.ndarray:
        """B's right-hand side, by A's name, shape (samples,)."""
        return self.b.computed(self.counterpart(name), {**self.known[1], **(given or {})}, other)

    def counterpart(self, name: str) -> str:
        return self.pairing.names[name]

    def turned(self) -> Ground:
        """The same with the sides exchanged."""
        return Ground(
            self.b, self.a, Pairing({b: a for a, b in self.pairing.names.items()}), self.size, self.settled[::-1], self.held[::-1]
        )

    def differs(self, name: str, given: Known | None = None) -> float:
        """How far A's right-hand side is from B's; ``given`` are values of shape (samples,) that A need not compute."""
        return distance(self.of_a(name, given=given), self.of_b(name))


def steady(side: Side, state: str, known: Known) -> np.ndarray:
    """Where a state comes to rest while all else stands still, were its rate linear in it; shape (samples,)."""
    closed, open_ = (side.computed(state, {**known, state: np.full_like(known[state], x)}) for x in (0.0, 1.0))
    with np.errstate(all="ignore"):
        return closed / (closed - open_)


def distance(left: np.ndarray, right: np.ndarray) -> float:
    """The largest relative difference of two arrays of shape (samples,), of values near zero against a typical one; inf where only
    one is a number, nan where neither ever is: they cannot be compared."""
    finite = np.isfinite(left) & np.isfinite(right)
    if np.any(np.isfinite(left) != np.isfinite(right)):
        return np.inf
    if not finite.any():
        return np.nan
    left, right = left[finite], right[finite]
    size = np.maximum(np.abs(left), np.abs(right))
    floor = 1e-6 * float(np.median(size)) or float(size.max()) or 1.0
    return float(np.max(np.abs(left - right) / np.maximum(size, floor)))


def same(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether two right-hand sides, shape (samples,) each, are equal to round-off."""
    return distance(left, right) <= ROUND_OFF
