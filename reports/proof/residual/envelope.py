"""What the residual of a recording may be although the equations are right: the errors of every consistent scheme at its step.

Each scheme of first order reads some y_j at the wrong time when it advances y_i, by up to half a step either way: forward Euler all
of them half a step early, backward Euler late, a staggered scheme some of each. To first order the residual is then a sum of the
columns D_ij, what changes in it when equation i reads y_j at t + dt/2, with factors between -1 and 1. What is of second order is
bounded by how fast these columns change, F; what the file rounds, by N.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spikebridge.reports.proof.residual.bounded import bounded_least_squares
from spikebridge.reports.proof.residual.hypothesis import SAME, Batch, Hypothesis
from spikebridge.reports.proof.residual.propagation import Change, Equations, Run

BOUND = 1.25  # of the factors: 1 and what is of second order
_REACH_MS = 0.3  # how far a second-order error is felt
_SECOND = 0.05  # of the columns, per ms: second-order errors where the columns stand still
LOOSE = 3e-3  # relative: what an adaptive integrator with the usual loose tolerance of 1e-3 may leave, inside its steps too
_ROUND_OFF = 1e-9  # of all terms of an equation: what solvers inside a step leave over
_NEGLIGIBLE = 1e-9
_AVERAGED_MS = 2.0
_OUTLYING = 0.002  # the share of intervals that no fit need follow


@dataclass(frozen=True)
class Envelope:
    """The residual of one hypothesis beside what a scheme could leave.

    Attributes
    ----------
    residual : shape (recorded, intervals)
    columns : D, shape (columns, recorded, intervals), those that are nothing left out
    second, noise : F and N, shape (recorded, intervals)
    terms : the size of all terms of the recorded equations, shape (recorded, intervals)
    usable : shape (intervals,)
    length_ms : of every interval, shape (intervals,)
    """

    run: Run
    residual: np.ndarray
    columns: np.ndarray
    second: np.ndarray
    noise: np.ndarray
    terms: np.ndarray
    usable: np.ndarray
    length_ms: np.ndarray

    @cached_property
    def weights(self) -> np.ndarray:
        """One over what cannot be told apart, shape (recorded, intervals); 0 where nothing can be said."""
        usable = self.usable & np.all(np.isfinite(self.residual), axis=0) & np.all(np.isfinite(self.columns), axis=(0, 1))
        with np.errstate(all="ignore"):
            found = 1.0 / np.sqrt(self.second**2 + self.noise**2)
        return np.where(usable & np.isfinite(found), found, 0.0)

    @cached_property
    def beyond(self) -> np.ndarray:
        """q, by how much each residual exceeds what the columns allow together, shape (recorded, usable intervals)."""
        allowed = np.abs(self.columns).sum(axis=0) + self.second + 3 * self.noise
        return (np.abs(self.residual) / allowed)[:, np.all(self.weights > 0, axis=0)]

    @cached_property
    def loose(self) -> np.ndarray:
        """By how much each residual exceeds what errors of a loose tolerance in all variables would leave, of the same shape."""
        with np.errstate(all="ignore"):
            return (np.abs(self.residual) / (LOOSE * self.terms))[:, np.all(self.weights > 0, axis=0)]

    @cached_property
    def factors(self) -> np.ndarray:
        """The c that fit best, shape (columns,)."""
        return fitted(self.columns, self.residual, self.weights)[0]

    @cached_property
    def coherent(self) -> float:
        """The share of what is left that stays when it is averaged over 2 ms: a wrong equation errs one way for a while, the
        polynomials by which an adaptive solver fills its steps do not."""
        left = (self.residual - np.tensordot(self.factors, self.columns, 1)) * self.weights
        count = max(8, round(_AVERAGED_MS / float(np.median(self.length_ms))))
        whole = left.shape[1] // count * count
        if not whole or not np.any(left):
            return 1.0
        means = left[:, :whole].reshape(len(left), -1, count).mean(axis=2)
        return float(np.sqrt(np.mean(means**2) / np.mean(left[:, :whole] ** 2)))

    @cached_property
    def left(self) -> float:
        """The rms of what no scheme explains, in units of what cannot be told apart."""
        return fitted(self.columns, self.residual, self.weights)[1]


def fitted(
    columns: np.ndarray, residual: np.ndarray, weights: np.ndarray, free: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Factors with residual = sum of factors times columns, and the weighted rms of what is left.

    A few intervals in which everything changes within a step, or an equation has a kink, are left out; the worst of a first fit.

    Parameters
    ----------
    free : columns, shape (free, recorded, intervals), whose factors come first and are unbounded
    """
    count = 0 if free is None else len(free)
    used = weights > 0
    with np.errstate(all="ignore"):
        a = ((columns if free is None else np.concatenate([free, columns])) * weights)[:, used].T
        b = (residual * weights)[used]
    if not len(b) or not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        return np.full(a.shape[1], np.nan), float("inf")
    kept = np.ones(len(b), dtype=bool)
    for _ in range(2):
        factors = bounded_least_squares(a[kept], b[kept], count, BOUND)
        missed = np.abs(b - a @ factors)
        kept = missed <= np.quantile(missed, 1 - _OUTLYING)
    return factors, float(np.sqrt(np.mean(missed[kept] ** 2)))


def envelope(equations: Equations, hypothesis: Hypothesis = SAME, guess: np.ndarray | None = None) -> Envelope:
    """The residual of a hypothesis and all that belongs to it; ``guess`` as of ``Equations.run``, shape (hidden, intervals + 1)."""
    run = equations.run([hypothesis], guess)
    return envelope_of(equations, hypothesis, run)


def envelope_of(equations: Equations, hypothesis: Hypothesis, run: Run) -> Envelope:
    """The same where the run has been made."""
    trace, batch = equations.trace, Batch([hypothesis])
    with np.errstate(all="ignore"):
        changes, terms = _lags(equations, batch, run)
        columns = equations.responses(run, changes)
    size = np.max(np.abs(np.where(trace.usable, columns, 0.0)), axis=2, initial=0.0)  # (columns, recorded)
    largest = np.max(np.nan_to_num(size, nan=np.inf), axis=0, keepdims=True)
    columns = columns[np.any(size > _NEGLIGIBLE * largest, axis=1)] if len(columns) else columns
    noise = trace.noise + _ROUND_OFF * terms
    return Envelope(run, run.residual[0], columns, _second_order(equations, columns), noise, terms, trace.usable, trace.length_ms)


def _lags(equations: Equations, batch: Batch, run: Run) -> tuple[list[Change], np.ndarray]:
    """What each equation changes by when it reads one variable, or the stimulus, half a step later; and the size of all terms of
    the recorded ones, shape (recorded, intervals)."""
    trace, places = equations.trace, range(len(equations.names))
    half, shape = 0.5 * trace.dt_ms, (1, trace.intervals)
    weights = np.array([1.0, 4.0, 1.0]) / 6
    mean = {(i, j): np.zeros(trace.intervals) for i in places for j in places}
    late = np.zeros((len(places), trace.intervals))
    terms = np.zeros((len(trace.places), trace.intervals))
    first = equations.rates(batch, equations.state(0, run.at_stage(0)), trace.drive[0], shape)
    # a recorded state moves as it did, whatever its equation says
    slopes = (trace.values[:, -1] - trace.values[:, 0]) / trace.length_ms
    moving = {j: np.where(trace.onward, first[j][0], slope) for j, slope in zip(trace.places, slopes, strict=True)}
    for share, stage in zip(weights, (0, (trace.stages - 1) // 2, -1), strict=True):
        y, u = equations.state(stage, run.at_stage(stage), [x[0] for x in first]), trace.drive[stage]
        rates = equations.rates(batch, y, u, shape)
        for j in places:
            by = half * moving.get(j, rates[j])
            moved = equations.rates(batch, (*y[:j], y[j] + by, *y[j + 1 :]), u, shape)
            for i in places:
                mean[i, j] += share * (moved[i] - rates[i])[0]
            terms += share * np.abs([_slope((moved[i] - rates[i])[0], by) * y[j] for i in trace.places]).reshape(terms.shape)
        if trace.varying:
            late += share * (np.array(equations.rates(batch, y, trace.late[stage], shape)) - np.array(rates))[:, 0]
    found = [Change(_alone(len(places), {i: rate}), np.zeros(len(equations.hidden))) for (i, _), rate in mean.items()]
    if trace.varying:
        found += [Change(_alone(len(places), {i: late[i]}), np.zeros(len(equations.hidden))) for i in places]
    return found, terms


def _slope(change: np.ndarray, by: np.ndarray) -> np.ndarray:
    by = np.broadcast_to(by, (1, *change.shape))[0]
    return np.where(by == 0.0, 0.0, change / np.where(by == 0.0, 1.0, by))


def _alone(count: int, rates: dict[int, np.ndarray]) -> np.ndarray:
    shape = next(iter(rates.values())).shape
    return np.array([rates.get(i, np.zeros(shape)) for i in range(count)])


def _second_order(equations: Equations, columns: np.ndarray) -> np.ndarray:
    """F: how fast the columns change within a step, the fastest nearby, and a share of the columns themselves."""
    trace = equations.trace
    if not len(columns):
        return np.zeros((len(trace.places), trace.intervals))
    middle = trace.start_ms + 0.5 * trace.length_ms
    change = np.zeros_like(columns)
    change[..., 1:-1] = trace.dt_ms * (columns[..., 2:] - columns[..., :-2]) / (middle[2:] - middle[:-2])
    change[..., ~trace.usable] = 0.0
    reach = max(1, round(_REACH_MS / float(np.median(trace.length_ms))))
    fastest = _largest_within(0.5 * np.abs(change).sum(axis=0), reach)
    return fastest + _SECOND * trace.dt_ms * np.abs(columns).sum(axis=0)


def _largest_within(x: np.ndarray, reach: int) -> np.ndarray:
    """The largest of each row within ``reach`` places either way."""
    padded = np.pad(x, ((0, 0), (reach, reach)))
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=1).max(axis=2)
