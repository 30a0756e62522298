"""The states that a recording does not hold, under those it does; and what its equations leave over.

Over an interval of length H from t_n, the recorded y moves by (y(t_n + H) - y(t_n))/H. Its equation says: by the mean of
f(y(t), h(t)) over the interval, h being the other states, which follow their own equations under the recorded y(t). The
difference of the two is the residual: no derivative of samples is taken. Means are Simpson's, h takes classical Runge-Kutta steps.

All intervals go at once. A run of h is first guessed, then each interval is solved from the guess at its start, and what the ends
miss the next starts by is removed by Newton's method through the chain of all intervals (multiple shooting: Bock & Plitt 1984; with
all of them in parallel: Lim et al. 2024, arXiv:2309.12252). For gates, which are linear in themselves, one pass is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.model import STIMULUS
from spikebridge.bridge.expressions.expression import names
from spikebridge.bridge.system import Family, build_system
from spikebridge.reference.system import State
from spikebridge.reports.proof.residual.hypothesis import SAME, Batch, Hypothesis
from spikebridge.reports.proof.residual.tables import tabulated
from spikebridge.reports.proof.residual.trace import Trace

_SIMPSON = (1.0, 4.0, 1.0)
_PASSES, _SETTLED = 6, 1e-8
_NUDGE = 1e-6
_AT_ONCE = 60_000  # numbers in an array, to stay within a processor's cache


@dataclass(frozen=True)
class Run:
    """What became of a batch of hypotheses.

    Attributes
    ----------
    hidden : the other states at the ends of all intervals, shape (members, hidden, intervals + 1)
    residual : shape (members, recorded, intervals)
    carried : by how much the state at an interval's end follows the one at its start, shape (intervals, members, hidden, hidden)
    felt : by how much the recorded rates do, shape (intervals, members, recorded, hidden)
    """

    hidden: np.ndarray
    residual: np.ndarray
    carried: np.ndarray
    felt: np.ndarray

    def at_stage(self, stage: int) -> list[np.ndarray]:
        """The hidden states at the start, the middle or the end of all intervals, each of shape (members, intervals)."""
        first, last = self.hidden[:, :, :-1], self.hidden[:, :, 1:]
        return list((first if stage == 0 else last if stage == -1 else 0.5 * (first + last)).swapaxes(0, 1))

    def member(self, k: int) -> Run:
        """The run of one hypothesis alone."""
        one = slice(k, k + 1)
        return Run(self.hidden[one], self.residual[one], self.carried[:, one], self.felt[:, one])


@dataclass(frozen=True)
class Change:
    """A small change of the rates along a run.

    Attributes
    ----------
    rates : of every state, its mean over each interval, shape (states, intervals)
    start : of the hidden states at t = 0, shape (hidden,)
    jumps : of what acts at the ends of intervals, on hidden states, shape (hidden, intervals); nothing where None
    """

    rates: np.ndarray
    start: np.ndarray
    jumps: np.ndarray | None = None


@dataclass(frozen=True)
class Equations:
    """A model's equations under a trace."""

    family: Family
    trace: Trace

    @cached_property
    def names(self) -> tuple[str, ...]:
        return self.family.model.state_names

    @cached_property
    def hidden(self) -> tuple[int, ...]:
        """The places of the states that are not recorded."""
        return tuple(i for i in range(len(self.names)) if i not in self.trace.places)

    # rates ------------------------------------------------------------------------------------------------------

    def rates(self, batch: Batch, y: State, stimulus: np.ndarray, shape: tuple[int, ...]) -> list[np.ndarray]:
        """Of every state under every member, each of that shape."""
        values = batch.values(self.family.model.parameter_values)
        u = stimulus * batch.drive
        found = list(self.family.rates(y, u, values))
        for table, who in batch.tables:
            looked_up = tabulated(self.family, table, y, u, values)
            found = [x if new is None else np.where(who, new, x) for x, new in zip(found, looked_up, strict=True)]
        return [np.broadcast_to(x * batch.speeds(i), shape) for i, x in enumerate(found)]

    def state(self, stage: int, hidden: Sequence[np.ndarray], first: Sequence[np.ndarray] | None = None) -> State:
        """The state at a stage of every interval: recorded, and as given, each of shape (intervals,) or (members, intervals).

        Parameters
        ----------
        first : the rates of all states at the starts, by which the recorded ones go on towards a jump; flat where None
        """
        trace, values = self.trace, [np.empty(0)] * len(self.names)
        passed = trace.length_ms * (stage % trace.stages) / (trace.stages - 1)
        for row, place in enumerate(trace.places):
            flat = trace.values[row, stage]
            values[place] = (
                np.where(trace.onward, flat + passed * first[place], flat) if first is not None and self._jumps else flat
            )
        for place, x in zip(self.hidden, hidden, strict=True):
            values[place] = x
        return tuple(values)

    @cached_property
    def _jumps(self) -> bool:
        return bool(self.trace.onward.any())

    # one interval -----------------------------------------------------------------------------------------------

    def across(self, batch: Batch, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Every interval from the hidden states at its start, shape (hidden, members, intervals): those at its end, what acts there
        included, and the mean rates of the recorded ones, shape (recorded, members, intervals)."""
        trace, shape = self.trace, (batch.size, self.trace.intervals)
        substeps = (trace.stages - 1) // 2
        h = trace.length_ms / substeps
        first = self.rates(batch, self.state(0, list(hidden)), trace.drive[0], shape)
        means = np.zeros((len(trace.places), *shape))
        x = list(hidden)
        for k in range(substeps):
            mean = self._mean_slopes(batch, x, h, 2 * k, first)
            means += np.array([mean[i] for i in trace.places]) / substeps
            x = [a + h * mean[i] for a, i in zip(x, self.hidden, strict=True)]
        return self._ended(batch, np.array(x).reshape(len(self.hidden), *shape), first), means

    def _mean_slopes(
        self, batch: Batch, x: list[np.ndarray], h: np.ndarray, stage: int, first: list[np.ndarray]
    ) -> list[np.ndarray]:
        """Of all states, over a classical Runge-Kutta step from a stage."""
        slopes: list[list[np.ndarray]] = []
        for at, share in ((stage, 0.0), (stage + 1, 0.5), (stage + 1, 0.5), (stage + 2, 1.0)):
            moved = [a + share * h * slopes[-1][i] for a, i in zip(x, self.hidden, strict=True)] if share else x
            new = first if at == 0 else self.rates(batch, self.state(at, moved, first), self.trace.drive[at], first[0].shape)
            slopes.append(new)
        return [(a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(*slopes, strict=True)]

    def _ended(self, batch: Batch, hidden: np.ndarray, first: list[np.ndarray]) -> np.ndarray:
        """The hidden states after what acts at the ends of intervals."""
        if not len(hidden):
            return hidden
        y = self.state(-1, list(hidden), first)
        for n in self.trace.ends:
            hidden[:, :, n] = self._acted(n, batch, y)
        return hidden

    def _acted(self, n: int, batch: Batch, y: State) -> np.ndarray:
        """The hidden states after what acts at the end of interval n, shape (hidden, members); y are all ends before that."""
        values = batch.values(self.family.model.parameter_values)
        at: State = tuple(x[..., n : n + 1] for x in y)
        rules, weights = self.trace.ends[n]
        for weight in weights:
            at = self.family.arrive(at, weight * batch.weight, values)
        for rule in rules:
            at = self.family.reset(rule, at, values)
        return np.array([np.broadcast_to(at[i], (batch.size, 1))[:, 0] for i in self.hidden])

    def jumped(self, batch: Batch, run: Run, first: Sequence[np.ndarray]) -> np.ndarray:
        """What acts at the ends of intervals makes of a state near the run's, shape (members, hidden, intervals); 0 elsewhere."""
        found = np.zeros((batch.size, len(self.hidden), self.trace.intervals))
        if self.hidden and self.trace.ends:
            y = self.state(-1, run.at_stage(0), first)
            for n in self.trace.ends:
                found[..., n] = self._acted(n, batch, y).T
        return found

    # the whole run ----------------------------------------------------------------------------------------------

    def run(self, members: Sequence[Hypothesis], guess: np.ndarray | None = None) -> Run:
        """What the members make of the trace.

        Parameters
        ----------
        guess : the hidden states at the ends of intervals, shape (hidden, intervals + 1); those of the model itself where None
        """
        size = max(1, _AT_ONCE // self.trace.intervals)
        # a table makes all that are computed with it several times as slow
        order = sorted(range(len(members)), key=lambda k: members[k].table)
        tables = [members[k].table for k in order]
        cuts = [k for k in range(1, len(order)) if tables[k] != tables[k - 1]]
        groups = [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]
        chunks = [group[k : k + size] for group in groups for k in range(0, len(group), size)]
        with np.errstate(all="ignore"):
            parts = [self._run(Batch([members[k] for k in chunk]), guess) for chunk in chunks]
        back = np.argsort(order)
        fields = [(p.hidden, p.residual, p.carried, p.felt) for p in parts]
        hidden, residual, carried, felt = (
            np.concatenate(each, axis) for each, axis in zip(zip(*fields, strict=True), (0, 0, 1, 1), strict=True)
        )
        return Run(hidden[back], residual[back], carried[:, back], felt[:, back])

    def _run(self, batch: Batch, guess: np.ndarray | None) -> Run:
        start = self.started(batch)
        x = np.repeat((self.marched if guess is None else guess)[:, None], batch.size, axis=1)
        x[..., 0] = start
        for _ in range(_PASSES if self.hidden else 1):
            ends, means, carried, felt = self._linearised(batch, x[..., :-1])
            change = _chained(carried, ends - x[..., 1:])
            x[..., 1:] += change
            means[..., 1:] += np.einsum("nbrh,hbn->rbn", felt[1:], change[..., :-1])
            if self._settled(change, x):
                break
        residual = self.trace.slopes[:, None] - means
        return Run(x.swapaxes(0, 1), residual.swapaxes(0, 1), carried, felt)

    @cached_property
    def marched(self) -> np.ndarray:
        """The hidden states of the model itself at the ends of intervals, step by step, shape (hidden, intervals + 1)."""
        rates, trace, start = build_system(self.family.model).rates, self.trace, self.started(Batch([SAME]))[:, 0]
        recorded = [trace.values[:, k].T.tolist() for k in range(trace.stages)]
        drive, h = trace.drive.T.tolist(), (trace.length_ms / ((trace.stages - 1) // 2)).tolist()
        found = np.empty((len(self.hidden), trace.intervals + 1))
        found[:, 0] = x = start.tolist()
        for n in range(trace.intervals if x else 0):
            try:
                for k in range(0, trace.stages - 1, 2):
                    x = self._marched(rates, x, h[n], [r[n] for r in recorded[k : k + 3]], drive[n][k : k + 3])
            except (ArithmeticError, ValueError):
                x = [float("nan")] * len(x)
            found[:, n + 1] = x
            if n in trace.ends:
                found[:, n + 1 : n + 2] = self._ended_one(n, found[:, n + 1])
                x = found[:, n + 1].tolist()
        return found

    def _marched(
        self, rates: Callable[[State, float], State], x: list[float], h: float, recorded: list[list[float]], drive: list[float]
    ) -> list[float]:
        """One classical Runge-Kutta step of the hidden states in plain floats; recorded ones and stimulus at three stages."""
        slopes: list[State] = []
        for at, share in ((0, 0.0), (1, 0.5), (1, 0.5), (2, 1.0)):
            known = dict(zip(self.trace.places, recorded[at], strict=True))
            for place, a in zip(self.hidden, x, strict=True):
                known[place] = a + share * h * slopes[-1][place] if share else a
            slopes.append(rates(tuple(known[i] for i in range(len(known))), drive[at]))
        k1, k2, k3, k4 = slopes
        return [y + h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]) for y, i in zip(x, self.hidden, strict=True)]

    def _ended_one(self, n: int, hidden: np.ndarray) -> np.ndarray:
        """The hidden states of one run after what acts at the end of interval n."""
        ends = np.repeat(hidden[:, None, None], self.trace.intervals, axis=2)
        return self._acted(n, Batch([SAME]), self.state(-1, list(ends)))

    def _settled(self, change: np.ndarray, x: np.ndarray) -> bool:
        if not change.size:
            return True
        largest = np.max(np.abs(x), axis=2, keepdims=True) + 1e-300
        with np.errstate(all="ignore"):
            moved = np.max(np.abs(change) / largest, axis=(0, 2))
        return bool(np.all(~np.isfinite(moved) | (moved < _SETTLED)))

    def _linearised(self, batch: Batch, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Ends and means as ``across`` gives them, and their slopes along the hidden states at the starts."""
        ends, means = self.across(batch, x)
        size, count = len(self.hidden), len(self.trace.places)
        carried = np.empty((self.trace.intervals, batch.size, size, size))
        felt = np.empty((self.trace.intervals, batch.size, count, size))
        for j in range(size):
            largest = np.max(np.abs(x[j]), axis=1, keepdims=True)  # of each member: one may have left the numbers
            nudge = _NUDGE * np.where(np.isfinite(largest) & (largest > 0), largest, 1.0)
            beside = x.copy()
            beside[j] += nudge
            other_ends, other_means = self.across(batch, beside)
            carried[..., j] = ((other_ends - ends) / nudge).transpose(2, 1, 0)
            felt[..., j] = ((other_means - means) / nudge).transpose(2, 1, 0)
        return ends, means, carried, felt

    def started(self, batch: Batch) -> np.ndarray:
        """The hidden states at t = 0, shape (hidden, members): as the model has them under the first recorded values."""
        model, own = self.family.model, self.family.model.parameter_values
        first = {self.names[i]: self.trace.values[row, 0, 0] for row, i in enumerate(self.trace.places)}
        values = {name: x[:, 0] for name, x in batch.values(own).items()}
        known = {**own, **values, **first, STIMULUS: model.stimulus_at_rest}
        if model.steady_state:
            found = self._resting(batch, known)
        else:
            found = [self._initial(self.names[i], known) for i in self.hidden]
        plain = [np.broadcast_to(x, (batch.size,)) + batch.start(i) for x, i in zip(found, self.hidden, strict=True)]
        return np.array(plain, dtype=float).reshape(len(self.hidden), batch.size)

    def _initial(self, name: str, known: dict[str, np.ndarray]) -> np.ndarray:
        """The initial value of a state, or the value of a definition, from what is known."""
        model = self.family.model
        if name not in known:
            expression = model.initial[name] if name in model.initial else model.regular[name]
            for needed in names(expression):
                self._initial(needed, known)
            known[name] = evaluate(expression, known, model.coherent)
        return known[name]

    def _resting(self, batch: Batch, known: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Where the hidden states rest under the first recorded values, by Newton's method from where the model rests."""
        own = self.family.model.initial_values
        x = np.array([np.full(batch.size, own[self.names[i]]) for i in self.hidden])
        values = {name: value for name, value in known.items() if name in self.family.model.parameters}
        recorded = {i: self.trace.values[row, 0, 0] for row, i in enumerate(self.trace.places)}

        def rates(z: np.ndarray) -> np.ndarray:
            hidden = dict(zip(self.hidden, z, strict=True))
            y = tuple(hidden[i] if i in hidden else np.full(batch.size, recorded[i]) for i in range(len(self.names)))
            found = self.family.rates(y, np.full(batch.size, self.family.model.stimulus_at_rest), values)
            return np.array([np.broadcast_to(found[i], (batch.size,)) for i in self.hidden])

        for _ in range(_PASSES if len(x) else 0):
            x = x - _newton(rates, x)
        return list(x)

    # small changes ----------------------------------------------------------------------------------------------

    def responses(self, run: Run, changes: Sequence[Change]) -> np.ndarray:
        """By how much small changes along a run change its residual, shape (changes, recorded, intervals).

        Parameters
        ----------
        run : of one member, along which all changes are made, or of one for each change
        """
        rates = np.array([c.rates for c in changes]).reshape(len(changes), len(self.names), self.trace.intervals)
        own = -rates[:, list(self.trace.places)]
        if not self.hidden or not len(changes):
            return own
        pushed = rates[:, list(self.hidden)] * self.trace.length_ms
        for n in self.trace.ends:  # what a reset overwrites is forgotten
            pushed[..., n] *= np.abs(run.carried[n]).max(axis=2) > 0
        for k, change in enumerate(changes):
            if change.jumps is not None:
                pushed[k] += change.jumps
        hidden = _responding(run.carried, pushed, np.array([c.start for c in changes]))
        return own - np.einsum("nbrh,chn->crn" if run.felt.shape[1] == 1 else "ncrh,chn->crn", run.felt, hidden)


def _newton(rates: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """By how much x, shape (variables, members), misses the zero of rates, to first order; nothing where that is no number."""
    rate = rates(x)
    jacobian = np.empty((x.shape[1], len(x), len(x)))
    for j in range(len(x)):
        nudge = _NUDGE * np.maximum(np.abs(x[j]), 1e-3)
        beside = x.copy()
        beside[j] += nudge
        jacobian[:, :, j] = ((rates(beside) - rate) / nudge).T
    try:
        found = np.linalg.solve(jacobian, rate.T[..., None])[..., 0].T
    except np.linalg.LinAlgError:
        return np.zeros_like(x)
    return np.where(np.isfinite(found), found, 0.0)


def _chained(carried: np.ndarray, missed: np.ndarray) -> np.ndarray:
    """The changes d of all ends with d_(n+1) = carried_n d_n + missed_n and none at the start, shape (hidden, members, intervals)."""
    change = np.zeros_like(missed)
    d = np.zeros((missed.shape[1], missed.shape[0], 1))
    for n in range(missed.shape[2]):
        d = carried[n] @ d + missed[:, :, n].T[..., None]
        change[:, :, n] = d[..., 0].T
    return change


def _responding(carried: np.ndarray, pushed: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Changes of the hidden states at the starts of all intervals, shape (changes, hidden, intervals)."""
    found = np.empty_like(pushed)
    if carried.shape[1] == 1:  # one matrix for all changes
        d = start.T
        for n in range(pushed.shape[2]):
            found[:, :, n] = d.T
            d = carried[n, 0] @ d + pushed[:, :, n].T
        return found
    each = start[..., None]
    for n in range(pushed.shape[2]):
        found[:, :, n] = each[..., 0]
        each = carried[n] @ each + pushed[:, :, n, None]
    return found
