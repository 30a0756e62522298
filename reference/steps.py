"""The steps of the exact solution: explicit ones, and implicit ones where those would be kept short by stability.

At the tolerances of an exact solution an explicit step in a stiff stretch is not so short that it would explode, but as short as
it takes for its error not to feel the fast decay: h times the fastest rate is near 0.4, however slowly the solution moves. So stiffness is
not read off an eigenvalue but tried: now and then a step of the other method is attempted that would pay, and where it meets the
tolerance the other method goes on.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from spikebridge.reference.adaptive_step import AdaptiveStep
from spikebridge.reference.implicit_step import ImplicitStep, ImplicitStepTaken
from spikebridge.reference.plain_step import MOST_VARIABLES, PlainStep
from spikebridge.reference.stimulus import Shape
from spikebridge.reference.system import System

# an implicit step takes as long as six to ten explicit ones
_PAYS = 20.0  # how much longer an implicit step must be for it to be taken instead
_PAID = 8.0  # how much shorter an explicit one may be
_SOON, _LATE, _AGAIN = 100, 1600, 10  # steps between two tries: explicit ones at first, and at most; implicit ones


class Steps:
    """Steps through a stretch of time in which nothing jumps, by the method that gets on; of ``AdaptiveStep`` or ``PlainStep`` it has all
    that has nothing to do with one step.

    Attributes
    ----------
    stiff : whether implicit steps are taken
    """

    def __init__(self, system: System, rtol: float) -> None:
        alone = system.plain and len(system.names) <= MOST_VARIABLES
        explicit: Any = (PlainStep if alone else AdaptiveStep)(system, rtol)
        vector = (lambda y: tuple(y.tolist())) if alone else (lambda y: y)
        self._explicit, self._implicit = explicit, ImplicitStep(explicit.slope, vector, len(system.names), rtol)
        self.stiff, self._until = False, math.inf
        self._since, self._wait = 0, _SOON  # steps since the last try, and until the next one
        self._kept: list[ImplicitStepTaken | None] = []  # in their order; None for one that the explicit method keeps
        self.state, self.flat, self.slope, self.ahead = explicit.state, explicit.flat, explicit.slope, explicit.ahead
        self.levels, self.level_and_trend, self.may_cross = explicit.levels, explicit.level_and_trend, explicit.may_cross
        self.replaced = explicit.replaced

    def enter(self, system: System, current: Shape, until: float) -> None:
        """Go on where these equations hold up to that time, and this stimulus, a smooth function of the time in ms."""
        self._explicit.enter(system, current)
        self._until = until

    def attempt(self, t: float, h: float, y: Any, slope: Any) -> Any:
        """A step of size h from a state and its slope, or a good one of another size by the other method."""
        self._since += 1
        if self._since >= self._wait:
            other = self._tried(t, h, y, slope)
            if other is not None:
                return other
        return (self._implicit if self.stiff else self._explicit).attempt(t, h, y, slope)

    def _tried(self, t: float, h: float, y: Any, slope: Any) -> Any:
        """A step of the other method if that gets on better; None if not."""
        longer = h / _PAID if self.stiff else h * _PAYS
        if t + longer > self._until:
            return None
        other = self._explicit if self.stiff else self._implicit
        step = other.attempt(t, longer, y, slope)
        better, self._since = self.error(step) < 1.0, 0
        if better:
            self.stiff = not self.stiff
            self._wait = _AGAIN if self.stiff else _SOON
            return step
        self._wait = _AGAIN if self.stiff else min(2 * self._wait, _LATE)
        return None

    def part(self, step: Any, h: float) -> Any:
        """The first part of a step, up to h, by a step of its own."""
        if isinstance(step, ImplicitStepTaken):
            return self._implicit.part(step, h)
        return self._explicit.attempt(step.t, h, step.y0, step.first_slope)

    def error(self, step: Any) -> float:
        """The error of a step, relative to the tolerance."""
        return step.error if isinstance(step, ImplicitStepTaken) else float(self._explicit.error(step))

    def inside(self, step: Any, t: float) -> Any:
        """The solution at a time within the step."""
        method = self._implicit if isinstance(step, ImplicitStepTaken) else self._explicit
        return method.inside(step, t)

    def keep(self, step: Any) -> None:
        """Keep a step for ``kept``."""
        if isinstance(step, ImplicitStepTaken):
            self._kept.append(step)
        else:
            self._kept.append(None)
            self._explicit.keep(step)

    def kept(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """As ``dense_output.Kept`` says, shapes too."""
        implicit = [step for step in self._kept if step is not None]
        if not implicit:
            return self._explicit.kept()  # type: ignore[no-any-return]
        t, h = (np.array([getattr(step, name) for step in implicit]) for name in ("t", "h"))
        y0, polynomials = np.array([step.y0 for step in implicit]), np.array([step.polynomial for step in implicit])
        parts = [(t, h, y0, polynomials.swapaxes(0, 1))]
        if len(implicit) < len(self._kept):
            parts.insert(0, self._explicit.kept())
        # explicit ones first, and then back into their order
        place = np.argsort(np.argsort([step is not None for step in self._kept], kind="stable"), kind="stable")
        t, h, y0 = (np.concatenate([part[i] for part in parts])[place] for i in range(3))
        return t, h, y0, np.concatenate([part[3] for part in parts], axis=1)[:, place]
