"""Branches of limit cycles by collocation: one orbit after another, each from the one before.

A cycle is a boundary-value problem, so that unstable cycles are as easy as stable ones (Doedel, Keller & Kernevez 1991,
Int J Bifurcation Chaos 1:745). An orbit starts where the scanned variable is largest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spikebridge.reports.analyses.field import Field
from spikebridge.reports.analyses.root import root, scipy_module
from spikebridge.reports.result import Result

ROUGH, FINE = 1e-5, 1e-8  # largest residual of the equations, relative, along a branch and at folds
_NODES = 20_000
_FIRST = 0.01  # of a step: how far in the parameter the second cycle is sought
RANGE, POINT, LONG, ENOUGH, LOST = (  # how a branch may end
    "the range of the parameter ends", "the cycle shrinks to a point", "the period passes its longest",
    "so many cycles were asked for", "no further cycle is found",
)  # fmt: skip
_BETWEEN = 8  # points an interval, for extremes
_SMALL = 0.02  # a swing of the scanned variable, scaled, from which on there is hardly a cycle left
_CALM = 1.15  # a mesh that grows by less between two cycles is one that may be thinned; canards need all of theirs
_TURN = 1e-4  # of a step
_SLOPE = 0.005  # of a step: over which the change of the parameter is taken at a fold


@dataclass(frozen=True)
class Orbit(Result):
    """One cycle in scaled coordinates.

    Attributes
    ----------
    z : the state at the start, then period and parameter, shape (variables + 2,)
    mesh, states : from 0 to 1 along the period, shapes (nodes,) and (variables, nodes)
    residuals : of the equations, the root mean square over each interval of the mesh, relative
    """

    z: np.ndarray
    mesh: np.ndarray
    states: np.ndarray
    residuals: np.ndarray
    smooth: Any

    @property
    def residual(self) -> float:
        """The largest."""
        return float(np.max(self.residuals, initial=0.0))

    def ranges(self) -> np.ndarray:
        """Least and greatest value of every variable, shape (variables, 2); between nodes on the solver's own splines."""
        fine = np.concatenate([self.mesh[:-1] + share * np.diff(self.mesh) for share in np.arange(_BETWEEN) / _BETWEEN])
        values = self.smooth(fine)
        return np.stack([values.min(axis=1), values.max(axis=1)], axis=1)

    def thinned(self) -> Orbit:
        """Without every other node where the mesh is far finer than it need be; the solver only ever adds some.

        The residual goes with the fourth power of an interval, so that two made one have 16 times as much.
        """
        fine = self.residuals < ROUGH / 32.0
        spare = np.zeros(len(self.mesh), dtype=bool)
        spare[1:-1] = fine[:-1] & fine[1:]
        spare[::2] = False
        return replace(self, mesh=self.mesh[~spare], states=self.states[:, ~spare], residuals=np.array([]))

    def swing(self, variable: int) -> float:
        """Largest less smallest value of a variable, scaled."""
        return float(np.ptp(self.states[variable]))


class Continuation:
    """The branch through one cycle.

    Parameters
    ----------
    scale : what counts as one of each variable, of the period and of the parameter, shape (variables + 2,)
    """

    def __init__(self, field: Field, scale: np.ndarray) -> None:
        self.field, self.scale = field, scale

    def rates(self, states: np.ndarray, period: float, parameter: float) -> np.ndarray:
        """Scaled rates per period at scaled states, shape (variables, points).

        Parameters
        ----------
        states : scaled, shape (variables, points)
        period, parameter : scaled
        """
        n = self.field.size
        scale = self.scale[:n, None]
        return period * self.scale[n] * self.field(states * scale, parameter * self.scale[n + 1]) / scale

    def solve(self, guess: Orbit, z: np.ndarray, plane: np.ndarray, tolerance: float = ROUGH) -> Orbit | None:
        """The cycle on the plane through z across ``plane``, from the shape of another; None where there is none.

        Parameters
        ----------
        z, plane : shape (variables + 2,), scaled as ``Orbit.z``
        tolerance : largest residual, relative
        """
        n, scanned = self.field.size, self.field.scanned

        def ends(first: np.ndarray, last: np.ndarray, free: np.ndarray) -> np.ndarray:
            here = np.concatenate([first, free])
            turning = self.rates(first[:, None], free[0], free[1])[scanned]
            return np.concatenate([last - first, turning, [plane @ (here - z)]])

        with np.errstate(all="ignore"):  # a guess that leads astray is refused below
            found = scipy_module("integrate").solve_bvp(
                lambda _, y, free: self.rates(y, free[0], free[1]), ends, guess.mesh, guess.states, p=z[n:], tol=tolerance,
                max_nodes=_NODES,
            )  # fmt: skip
        if found.status != 0 or not np.all(np.isfinite(found.p)) or found.p[0] <= 0:
            return None
        return Orbit(np.concatenate([found.y[:, 0], found.p]), found.x, found.y, found.rms_residuals, found.sol)

    def first(self, t_ms: np.ndarray, states: np.ndarray, parameter: float) -> Orbit | None:
        """The cycle near one period of an orbit at that parameter; None where there is none.

        Parameters
        ----------
        t_ms : from 0 to the period, shape (times,)
        states : coherent, shape (variables, times)
        parameter : coherent
        """
        n, period = self.field.size, float(t_ms[-1])
        top = int(np.argmax(states[self.field.scanned]))
        turned = np.concatenate([states[:, top:-1], states[:, : top + 1]], axis=1) / self.scale[:n, None]
        mesh = np.concatenate([t_ms[top:-1] - t_ms[top], t_ms[: top + 1] - t_ms[top] + period]) / period
        z = np.concatenate([turned[:, 0], [period / self.scale[n], parameter / self.scale[n + 1]]])
        return self.solve(Orbit(z, mesh, turned, np.array([]), None), z, np.eye(n + 2)[-1])

    def follow(
        self, first: Orbit, sign: float, bounds: tuple[float, float], step: float, most: int, longest_ms: float
    ) -> tuple[list[Orbit], str]:
        """Cycles one way along the branch, ``first`` among them, and how it ends."""
        scanned, n = self.field.scanned, self.field.size
        tangent = sign * np.eye(n + 2)[-1]
        cycles, h, calm = [first], _FIRST * step, False
        while len(cycles) < most and h > 1e-4 * step:
            last = cycles[-1]
            there = last.z + h * tangent
            guess = last.thinned() if calm else last
            new = self.solve(guess, there, tangent)
            calm = new is not None and len(new.mesh) < _CALM * len(guess.mesh)
            # the first tangent is a guess; later a cycle further off than the step lies on another branch
            if new is None or (len(cycles) > 1 and float(np.linalg.norm(new.z - last.z)) > 1.2 * h):
                h *= 0.5
                continue
            tangent = (new.z - last.z) / np.linalg.norm(new.z - last.z)
            cycles.append(new)
            true = new.z * self.scale
            ends = (not bounds[0] <= true[-1] <= bounds[1], new.swing(scanned) < _SMALL, true[-2] > longest_ms)
            if any(ends):
                return cycles, (RANGE, POINT, LONG)[ends.index(True)]
            # where a cycle shrinks to a point, it comes out on the other side as itself
            h = min(1.5 * h, step, 0.4 * new.swing(scanned))
        return cycles, ENOUGH if len(cycles) >= most else LOST

    def refined(self, orbit: Orbit) -> Orbit:
        """The cycle of the same period, solved finely: what a homoclinic orbit's parameter is read from."""
        fine = self.solve(orbit, orbit.z, np.eye(len(orbit.z))[-2], FINE)
        return orbit if fine is None else fine

    def folds(self, cycles: list[Orbit]) -> list[Orbit]:
        """Where the parameter turns along the branch, in its order.

        The parameter must come back by ``_TURN`` on both sides: towards a homoclinic orbit it only stops.
        """
        values = np.array([cycle.z[-1] for cycle in cycles])
        peaks = scipy_module("signal").find_peaks
        turning = sorted({int(k) for sign in (1.0, -1.0) for k in peaks(sign * values, prominence=_TURN)[0]})
        return [self._fold(*cycles[k - 1 : k + 2]) for k in turning]

    def _fold(self, left: Orbit, before: Orbit, right: Orbit) -> Orbit:
        """The cycle at which the parameter turns between two; the one between them where a canard leaves nothing to find."""
        tangent = (right.z - left.z) / np.linalg.norm(right.z - left.z)
        ends = tangent @ (left.z - before.z), tangent @ (right.z - before.z)
        h = ends[1] - ends[0]

        def at(length: float) -> Orbit:
            z = before.z + length * tangent
            rough = self.solve(before, z, tangent)
            fine = None if rough is None else self.solve(rough, z, tangent, FINE)
            if fine is None:
                raise ArithmeticError
            return fine

        def slope(length: float) -> float:
            return float(at(length + _SLOPE * h).z[-1] - at(length - _SLOPE * h).z[-1])

        try:
            return at(root(slope, *ends, 1e-5 * h))
        except (ArithmeticError, ValueError):
            return before

    def monodromy(self, orbit: Orbit) -> np.ndarray:
        """How small displacements at the start have grown after one period, in scaled coordinates.

        Interval by interval the exponential of Magnus' fourth-order series, at two Gauss points (Blanes et al. 2009, Phys
        Rep 470:151), in its Pade approximation (2, 3), which like the exponential damps what decays fast within an interval.

        Returns
        -------
        shape (variables, variables)
        """
        n = self.field.size
        period, parameter = orbit.z[n] * self.scale[n], orbit.z[n + 1] * self.scale[n + 1]
        scale, width = self.scale[:n], np.diff(orbit.mesh)
        before, after = (
            np.moveaxis(self.field.jacobian(orbit.smooth(orbit.mesh[:-1] + share * width) * scale[:, None], parameter), -1, 0)
            * scale / scale[:, None]
            for share in (0.5 - np.sqrt(3.0) / 6.0, 0.5 + np.sqrt(3.0) / 6.0)
        )  # fmt: skip
        h, one = period * width[:, None, None], np.eye(n)
        x = 0.5 * h * (before + after) + np.sqrt(3.0) / 12.0 * h**2 * (after @ before - before @ after)
        square = x @ x
        factors = np.linalg.solve(one - 0.6 * x + 0.15 * square - x @ square / 60.0, one + 0.4 * x + 0.05 * square)
        total = one
        for factor in factors:
            total = factor @ total
        return total
