"""Which single change explains what a recording leaves over in the equations: by Gauss and Newton, for all candidates at once.

A candidate is fitted together with the columns of the envelope, so that what a scheme's error explains is not held against it. At
first everything counts alike, by extra noise of a share of the residual, so that a fit may come from far; in the end only what
cannot be told apart. The best are then looked at again with the envelope of their own hypothesis, and one is named where what is left
falls manyfold, to what a scheme leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spikebridge.reports.proof.residual.candidates import NUDGE, Candidate
from spikebridge.reports.proof.residual.envelope import Envelope, envelope_of, fitted
from spikebridge.reports.proof.residual.hypothesis import Batch, Hypothesis
from spikebridge.reports.proof.residual.propagation import Change, Equations, Run

FALLS, EXPLAINED = 5.0, 1.0
# what explains as much as the best: within this factor of what it leaves, or leaving what right equations leave
TIES, LIKE_A_SCHEME = 2.0, 0.3
# extra noise, as a share of the residual's rms; how many fits go on from each; and steps of Gauss and Newton under it
_LADDER = ((0.3, 24, 3), (0.1, 12, 2), (0.02, 8, 2), (0.0, 6, 2))
_WIDER = 3.0  # by how much the errors that are excused under a hypothesis may exceed those under the model
_LONGEST_STEP = {True: 1.0, False: 15.0}  # of the logarithm of a factor; of a shift in mV


@dataclass(frozen=True)
class Fit:
    """A candidate with the x that fits best, and what is then left, in units of what cannot be told apart.

    ``sure`` is by how much x may be off; ``back`` is the last x that could be followed; ``promise`` is the least that was left, to
    first order, from any x on the way: one that has gone too far at first comes back only slowly.
    """

    candidate: Candidate
    x: float
    left: float
    sure: float = 0.0
    back: float = 0.0
    promise: float = np.inf

    @property
    def hypothesis(self) -> Hypothesis:
        return self.candidate.at(self.x)


@dataclass(frozen=True)
class Named:
    """What explains a residual: the best first, then what explains it as well.

    Attributes
    ----------
    before, left : what is left without any change, and with the best
    """

    fits: tuple[Fit, ...]
    before: float
    left: float

    @property
    def explains(self) -> float:
        """The share of the squares that the best explains."""
        return max(0.0, 1.0 - (self.left / self.before) ** 2)


@dataclass(frozen=True)
class Search:
    """The candidates for what one recording leaves over.

    Attributes
    ----------
    base : the envelope of the model as it is
    slack : by how much more than F and N schemes are known to leave of this very model, at least 1
    """

    equations: Equations
    base: Envelope
    slack: float = 1.0

    def named(self, candidates: Sequence[Candidate]) -> Named | None:
        """The candidates that explain the residual; None where none does, or where there is nothing to explain."""
        before = self.base.left / self.slack
        if not FALLS < before < np.inf:
            return None
        fits = [Fit(c, x, np.inf) for c in candidates if not c.is_fixed for x in c.starts]
        fixed = [Fit(c, 0.0, np.inf) for c in candidates if c.is_fixed]
        residuals = self._run(fixed).residual if fixed else np.zeros(0)
        for noise, keep, steps in _LADDER:
            weights = self._weights(noise)
            fits = [replace(fit, promise=np.inf) for fit in fits]
            for _ in range(steps):
                fits = self._stepped(fits, weights)
            held = [replace(f, left=fitted(self.base.columns, r, weights)[1]) for f, r in zip(fixed, residuals, strict=True)]
            best = sorted([*fits, *held], key=lambda fit: min(fit.left, fit.promise))[:keep]
            fits = [fit for fit in best if not fit.candidate.is_fixed]
        fits = best
        best = sorted((self._looked_at(fit) for fit in _alone(fits)), key=lambda fit: fit.left)
        if not best or best[0].left > min(EXPLAINED, before / FALLS):
            return None
        ties = tuple(fit for fit in best if fit.left <= max(TIES * best[0].left, LIKE_A_SCHEME))
        return Named(ties, before, best[0].left)

    def limits(self, every: Sequence[Candidate]) -> dict[str, float]:
        """The relative change from which on each of these factors would be named, where its effect grows with it; by name."""
        fits = [Fit(c, 0.0, np.inf) for c in every]
        if not fits:
            return {}
        along = slopes(self.equations, fits, self._run(fits))
        weights = self.base.weights / self.slack
        sizes = [fitted(self.base.columns, column, weights)[1] for column in along]
        return {c.name: FALLS / size for c, size in zip(every, sizes, strict=True) if 0 < size < np.inf}

    def _run(self, fits: Sequence[Fit]) -> Run:
        return self.equations.run([fit.hypothesis for fit in fits], self.base.run.hidden[0])

    def _weights(self, noise: float) -> np.ndarray:
        """One over what counts as nothing, shape (recorded, intervals)."""
        base, used = self.base, self.base.weights > 0
        size = np.array([np.sqrt(np.mean(r[u] ** 2)) if u.any() else 1.0 for r, u in zip(base.residual, used, strict=True)])
        with np.errstate(all="ignore"):
            own = self.slack**2 * (base.second**2 + base.noise**2)
            return np.where(used, 1.0 / np.sqrt(own + (noise * size[:, None]) ** 2), 0.0)

    def _stepped(self, fits: list[Fit], weights: np.ndarray) -> list[Fit]:
        """Every fit a step of Gauss and Newton on, with what is left where it comes from."""
        if not fits:
            return []
        run = self._run(fits)
        along = slopes(self.equations, fits, run)
        found = []
        for k, fit in enumerate(fits):
            factors, left = fitted(self.base.columns, run.residual[k], weights, along[k][None])
            if not np.isfinite(left):
                found.append(replace(fit, x=0.5 * (fit.x + fit.back), left=left))
                continue
            change = float(np.nan_to_num(factors[0]))
            longest = _LONGEST_STEP[fit.candidate.factor]
            x = float(np.clip(fit.x - np.clip(change, -longest, longest), -fit.candidate.reach, fit.candidate.reach))
            found.append(replace(fit, x=x, left=left, back=fit.x, promise=min(left, fit.promise)))
        return found

    def _looked_at(self, fit: Fit) -> Fit:
        """A fit with the columns of its own hypothesis, and what those leave."""
        x, best = fit.x, replace(fit, left=np.inf)
        for _ in range(3):
            run = self.equations.run([fit.candidate.at(x)], self.base.run.hidden[0])
            own = envelope_of(self.equations, fit.candidate.at(x), run)
            free = None if fit.candidate.is_fixed else slopes(self.equations, [replace(fit, x=x)], run)
            # a hypothesis must not be excused by how wide it makes the envelope
            weights = np.maximum(own.weights, np.where(own.weights > 0, self.base.weights / _WIDER, 0.0)) / self.slack
            left = fitted(own.columns, own.residual, weights)[1]
            if left >= best.left or not np.isfinite(left) or abs(x) >= 0.99 * fit.candidate.reach:
                break
            best = Fit(fit.candidate, x, left, 0.0 if free is None else _sure(free, own, weights))
            if free is None:
                break
            x = x - float(np.nan_to_num(fitted(own.columns, own.residual, weights, free)[0][0]))
        return best


def _alone(fits: Sequence[Fit]) -> list[Fit]:
    """Of several fits of one candidate, the best."""
    return list({id(fit.candidate): fit for fit in sorted(fits, key=lambda f: -f.left)}.values())


def _sure(free: np.ndarray, own: Envelope, weights: np.ndarray) -> float:
    """The change of x that would be lost in what cannot be told apart."""
    lost = fitted(own.columns, free[0], weights)[1]
    return 1.0 / lost if lost > 0 and np.isfinite(lost) else 0.0


def slopes(equations: Equations, fits: Sequence[Fit], run: Run) -> np.ndarray:
    """How each residual changes with its x, shape (fits, recorded, intervals), along the run of all fits."""
    trace = equations.trace
    here = Batch([fit.hypothesis for fit in fits])
    beside = Batch([fit.candidate.at(fit.x + NUDGE) for fit in fits])
    means = np.zeros((len(equations.names), here.size, trace.intervals))
    with np.errstate(all="ignore"):
        first = equations.rates(here, equations.state(0, run.at_stage(0)), trace.drive[0], means.shape[1:])
        for share, stage in ((1 / 6, 0), (4 / 6, (trace.stages - 1) // 2), (1 / 6, -1)):
            y, u = equations.state(stage, run.at_stage(stage), first), trace.drive[stage]
            moved, still = (np.array(equations.rates(batch, y, u, means.shape[1:])) for batch in (beside, here))
            means += share * (moved - still)
        start = equations.started(beside) - equations.started(here)
        jumps = equations.jumped(beside, run, first) - equations.jumped(here, run, first)
        changes = [Change(means[:, k] / NUDGE, start[:, k] / NUDGE, jumps[k] / NUDGE) for k in range(here.size)]
        return equations.responses(run, changes)
