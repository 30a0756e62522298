"""The convergence proof: errors down a ladder of steps, the order they show, the limit they point at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

LEVELS = 4  # dt, dt/2, dt/4, dt/8
# how far an observed order may lie from the scheme's own and still count as its own
ORDER_TOLERANCE = 0.4


@dataclass(frozen=True)
class Ladder:
    """Errors against the exact solution on finer and finer steps.

    Attributes
    ----------
    steps : the step, or the tolerance of an adaptive integrator, of each rung, coarse to fine
    errors : signed errors on each rung, shape (points,); None where the spike counts differ
    unit : of the errors
    kind : what ``steps`` are: ``dt_ms``, or ``tolerance`` relative to the first rung's
    noise : what the exact solution itself is uncertain by
    jitter : how far waiting for the grid may move the errors of each rung; none where they fall smoothly
    round_off : how far round-off alone may move them; none where it is lost in ``noise``
    """

    steps: tuple[float, ...]
    errors: tuple[np.ndarray | None, ...]
    unit: str
    noise: float
    kind: str = "dt_ms"
    jitter: tuple[float, ...] = ()
    round_off: tuple[float, ...] = ()


@dataclass(frozen=True)
class Convergence:
    """What a ladder says.

    ``difference`` is the distance of the extrapolated limit from the exact solution, known to ``uncertainty``.
    """

    ladder: Ladder
    worst: tuple[float | None, ...]
    order: float | None
    difference: float | None
    uncertainty: float | None
    settled: bool
    # where only the first spikes can be followed: until when, and how many
    until_ms: float | None = None
    spikes: int | None = None
    # how far the order found one rung earlier lies from it
    order_uncertainty: float | None = None
    # the error that is left in the limit, of each point
    limit: np.ndarray | None = None
    # where the waveform leads, and where it does away from the spikes, each of which falls between other samples on every rung
    waveform: Convergence | None = None
    between_spikes: Convergence | None = None

    @property
    def reaches_exact(self) -> bool:
        """Whether the limit is the exact solution, as far as the ladder can tell."""
        return (
            self.settled and self.difference is not None and self.uncertainty is not None and self.difference <= self.uncertainty
        )

    @property
    def drowned(self) -> bool:
        """Whether round-off alone explains all that the finest rung is off by, so that the ladder tells nothing."""
        if not self.ladder.round_off:
            return False
        found, explained = self.worst[-1], self.ladder.round_off[-1]
        return explained == np.inf or (found is not None and found <= explained)


def climb(ladder: Ladder, nominal_order: int | None, ratio: float = 2.0, kinked: np.ndarray | None = None) -> Convergence:
    """Estimate order and limit of a ladder.

    Where the observed order is the scheme's own, Richardson's extrapolation removes the leading error and
    the last two extrapolations bound what is left (Roache 1997, Annu Rev Fluid Mech 29:123). Where it is
    not, nothing is extrapolated, and the limit is only known to the size of the last changes; and to the
    finest rung's jitter, for several grids may by chance move an event by the same amount. It is never known better than
    round-off leaves the rungs it is made of, nor settled where that has no bound.

    Parameters
    ----------
    nominal_order : of the scheme; None where errors follow no power of the step: an adaptive integrator,
        or a neuron whose resets fall on the grid and jump about within a step
    ratio : between neighbouring rungs
    kinked : points whose errors bend on their way to the limit, which no order describes, shape (points,): others are judged
        where there are any, and nothing is extrapolated where there are none
    """
    worst = tuple(None if e is None else float(np.max(np.abs(e), initial=0.0)) for e in ladder.errors)
    tail = _common_tail(ladder.errors)
    if len(tail) < 3:
        return Convergence(ladder, worst, None, None, None, False)
    if kinked is not None and kinked.all():
        nominal_order, kinked = None, None
    straight = slice(None) if kinked is None or len(kinked) != len(tail[-1]) else ~kinked
    changes = [float(np.max(np.abs(a - b)[straight], initial=0.0)) for a, b in pairwise(tail)]
    order = _observed_order(changes, ladder.noise, ratio) if nominal_order is not None else None
    rounded = ladder.round_off or (0.0,) * len(ladder.errors)
    bounded = all(np.isfinite(rounded[-2:]))
    if nominal_order is not None and order is not None and abs(order - nominal_order) < ORDER_TOLERANCE:
        last, before = (_extrapolated(tail[k - 1], tail[k], nominal_order, ratio) for k in (-1, -2))
        gap = float(np.max(np.abs(last - before)[straight], initial=0.0))
        known = gap + ladder.noise + (rounded[-1] * ratio**nominal_order + rounded[-2]) / (ratio**nominal_order - 1)
        return Convergence(
            ladder, worst, order, float(np.max(np.abs(last)[straight], initial=0.0)), known, bounded,
            order_uncertainty=_order_uncertainty(changes, ladder.noise, ratio, order), limit=last,
        )  # fmt: skip
    difference = worst[-1] or 0.0
    uncertainty = 2.0 * max(changes[-2:]) + ladder.noise + sum(ladder.jitter[-1:]) + rounded[-1]
    if ladder.round_off and min(changes[-2:]) <= sum(rounded[-2:]):
        order = None  # it would be that of round-off
    # neighbouring rungs may lie as far apart as both jitters, whatever the coarser ones did; and errors that jump
    # about still fall by eight over three halvings, of which half is a generous sign
    first = max(float(np.max(np.abs(tail[0]), initial=0.0)), 2 * (ladder.noise + rounded[-1]))
    apart = ladder.noise + sum(ladder.jitter[-2:]) + sum(rounded[-2:])
    settled = bounded and (changes[-1] <= max(changes[0], apart) or difference <= 0.5 * first)
    spread = _order_uncertainty(changes, ladder.noise, ratio, order)
    return Convergence(ladder, worst, order, difference, uncertainty, settled, order_uncertainty=spread, limit=tail[-1])


def _common_tail(errors: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    """The finest rungs that have as many spikes as the exact solution, without a gap."""
    tail: list[np.ndarray] = []
    for error in reversed(errors):
        if error is None:
            break
        tail.insert(0, error)
    return tail


def _observed_order(changes: Sequence[float], noise: float, ratio: float) -> float | None:
    """From the last two changes; None where they are lost in the noise."""
    coarse, fine = changes[-2], changes[-1]
    if fine <= 2 * noise or coarse <= 2 * noise:
        return None
    return float(np.log(coarse / fine) / np.log(ratio))


def _order_uncertainty(changes: Sequence[float], noise: float, ratio: float, order: float | None) -> float | None:
    """From the two changes before, where there are as many."""
    before = _observed_order(changes[:-1], noise, ratio) if order is not None and len(changes) > 2 else None
    return abs(order - before) if order is not None and before is not None else None


def _extrapolated(coarse: np.ndarray, fine: np.ndarray, order: int, ratio: float) -> np.ndarray:
    limit: np.ndarray = fine + (fine - coarse) / (ratio**order - 1)
    return limit
