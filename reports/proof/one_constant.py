"""The one constant that, changed alone, makes a known scheme give the samples of a recording: by Gauss and Newton.

Every parameter and the size of the stimulus is tried under every known scheme, on the first samples first; what explains
them is held against all. Only samples that are reproduced to round-off count, so nothing is named that merely comes near.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.errors import BridgeError
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.system import build_population, build_rates, build_system
from spikebridge.reference.integrate import integrate
from spikebridge.reference.published_schemes import AFFINE
from spikebridge.reference.system import State
from spikebridge.reference.time_grid import TimeGrid
from spikebridge.reports.metrics.numbers import quantity, short
from spikebridge.reports.proof.candidates import Candidate, Pair, arrivals_before, match_run, run_driven, samples_within
from spikebridge.reports.proof.culprit import Culprit
from spikebridge.reports.proof.foreign_recording import ForeignRecording
from spikebridge.reports.proof.match import Match
from spikebridge.reports.proof.unexplained import Gap, Judged, agreement
from spikebridge.reports.proof.verdict import Verdict
from spikebridge.reports.proof.written_digits import half_of_last_digit

_NUDGE = 1e-6  # of a constant, to see what it would change
_WINDOW = (200, 3000)  # samples of the first look, at least and at most
_BEHIND = 200  # samples behind the one at which the best candidate parts
_LEADING = 2  # schemes by which the others are started
_MOST = 5  # looks that are followed up
# steps of Gauss and Newton: to find a start, to choose among schemes and constants, and to fit
_STARTING, _SIFTING, _STEPS = 4, 2, 3
_NEAR = 1e3  # times what is allowed: a window that is left further off is not explained
_LONGER = 4  # each window beside the last
# constants with fewer digits were chosen, not rounded: that 36 may stand for 36.3 is no excuse
_ROUNDED_DIGITS = 5
_ALIKE = 2.0  # times the smallest distance: what explains as much is named too


@dataclass(frozen=True)
class Constant:
    """A parameter, or the size of the stimulus, with the factor that it takes.

    Attributes
    ----------
    written : what the definition says; None where that is no single number
    """

    name: str
    written: Quantity | None
    factor: float = 1.0

    @property
    def words(self) -> str:
        """What it is instead of what was expected."""
        change = self.factor - 1.0
        if self.written is None or abs(change) < 1e-3:
            digits = max(2, 1 - int(np.floor(np.log10(max(abs(change), 1e-15)))))
            return f"`{self.name}` times {self.factor:.{digits}f}"
        return f"`{self.name}` = {self.found} instead of {self.expected}"

    @property
    def expected(self) -> str:
        return "1" if self.written is None else str(self.written)

    @property
    def found(self) -> str:
        if self.written is None:
            return f"{self.factor:.9g}"
        unit = str(self.written.unit)
        # as many digits as show the change
        digits = min(17, max(9, 2 - int(np.floor(np.log10(max(abs(self.factor - 1.0), 1e-15))))))
        return f"{self.written.value * self.factor:.{digits}g}{'' if unit == '1' else f' {unit}'}"

    @property
    def rounded(self) -> bool:
        """Whether the digits that it was written with stand for the other value too."""
        if self.written is None:
            return False
        digits, half = half_of_last_digit(str(self.written).split()[0])
        return digits >= _ROUNDED_DIGITS and abs(self.written.value * (self.factor - 1.0)) <= half


@dataclass(frozen=True)
class Explained:
    """A recording that a known scheme gives under other constants, each alone; the best first."""

    candidate: Candidate
    match: Match
    constants: tuple[Constant, ...]
    share: float

    def judged(self, experiment: Experiment, recording: ForeignRecording, gap: Gap) -> Judged:
        """The same neuron where a constant's digits allow it, else another one."""
        unit, best = recording.units[recording.quantity], self.constants[0]
        others = f"; so does {' or '.join(c.words for c in self.constants[1:])}" if len(self.constants) > 1 else ""
        said = (
            f"the same equations; {best.words} explains the gap to {quantity(self.match.distance, unit)}, under {self.match.scheme} at "
            f"dt = {short(recording.dt_ms)} ms{self.match.labels}{others}"
        )
        culprits = tuple(Culprit("constant", c.name, c.expected, c.found, self.share) for c in self.constants)
        rounded = next((c for c in self.constants if c.rounded), None)
        if rounded is None:
            return Verdict.OTHER_LIMIT, said, culprits
        said += f"; {rounded.expected}, as `{rounded.name}` is written, stands for that too"
        # what the digits allow is no difference
        if gap.within_a_step:
            return Verdict.AGREE, f"{agreement(gap)}; {said}", ()
        return Verdict.DISCRETISATION, said, ()


Finding = tuple[Match, Candidate, Constant]


def constant_that_explains(
    experiment: Experiment, recording: ForeignRecording, pairs: Sequence[Pair], allowed: float
) -> Explained | None:
    """The constant, and its ties, under which a known scheme gives all samples; None where no single one does.

    Parameters
    ----------
    pairs : candidates on the experiment's own constants, as ``followed`` ranks them
    """
    constants = _constants(experiment)
    if not pairs or not constants or recording.quantity not in experiment.model.state_names:
        return None
    samples = _window(experiment, recording, pairs)
    starting = _starting(experiment.model, constants)
    fits = [
        _Fit(experiment, recording, *pair, starting)
        for pair in pairs
        if pair[1].every == 1 and AFFINE not in pair[0].scheme.needs
    ]
    looks = _looks(fits, constants, samples)
    found: list[Finding] = []
    for fit, constant in looks[:_MOST]:
        # under one scheme others may explain as much
        done = _followed_up(fit, constant, samples, allowed) if not found or found[0][1] is fit.candidate else None
        found += [(done[1], fit.candidate, done[0])] if done is not None else []
    return _best(pairs, found)


def _looks(fits: Sequence[_Fit], constants: Sequence[Constant], samples: int) -> list[tuple[_Fit, Constant]]:
    """Schemes with constants, those first that leave least of the first samples unexplained; the schemes that follow longest
    show all others where to start."""
    leading = [look for fit in _of_their_own(fits)[:_LEADING] for look in _fitted(fit, constants, samples, _STARTING)]
    near = {constant.name: constant for _, constant in sorted(leading, key=lambda look: -look[0])}
    starts = list(near.values())
    looks = [(left, fit, constant) for fit in fits for left, constant in _fitted(fit, starts, samples, _SIFTING)]
    return [(fit, constant) for _, fit, constant in sorted(looks, key=lambda look: look[0])]


def _of_their_own(fits: Sequence[_Fit]) -> list[_Fit]:
    """One of each scheme, in their order."""
    return list({fit.candidate.scheme.name: fit for fit in reversed(fits)}.values())[::-1]


def _best(pairs: Sequence[Pair], found: Sequence[Finding]) -> Explained | None:
    if not found:
        return None
    match, candidate, best = min(found, key=lambda each: each[0].distance)
    ties = [
        c for m, who, c in found if c is not best and who.scheme is candidate.scheme and m.distance <= _ALIKE * match.distance
    ]
    before = next(m.distance for who, m in pairs if who.scheme is candidate.scheme)
    share = 1.0 - min(1.0, match.distance / before) ** 2 if before > 0 else 0.0
    return Explained(candidate, match, (best, *ties), share)


def _constants(experiment: Experiment) -> list[Constant]:
    model = experiment.model
    found = [Constant(name, written) for name, written in model.parameters.items() if written.value != 0.0]
    if np.any(experiment.seen):
        amplitudes = [dict(part.values).get("amplitude") for part in experiment.currents]
        found.append(Constant(STIMULUS, amplitudes[0] if len(amplitudes) == 1 else None))
    return found


def _window(experiment: Experiment, recording: ForeignRecording, pairs: Sequence[Pair]) -> int:
    """How many samples the first look is at: beyond where the best candidate parts."""
    parted = max((match.parted_ms or 0.0) for _, match in pairs) / recording.dt_ms
    return int(min(max(parted + _BEHIND, _WINDOW[0]), _WINDOW[1], samples_within(experiment, recording)))


@dataclass(frozen=True)
class _Fit:
    """One candidate, to be run with constants changed by factors."""

    experiment: Experiment
    recording: ForeignRecording
    candidate: Candidate
    match: Match
    starting: Mapping[str, Model]

    def missing(self, changed: Sequence[Constant], samples: int) -> np.ndarray | None:
        """The first samples minus those of a run with each change alone, shape (samples, changes); None where one cannot be run."""
        experiment, dt_ms = self.experiment, self.recording.dt_ms
        grid = TimeGrid.over(samples * dt_ms, dt_ms)
        factors = np.array([c.factor if c.name == STIMULUS else 1.0 for c in changed])
        arrivals = arrivals_before(experiment, samples * dt_ms)
        try:
            system = build_population([_with(self.starting[each.name], each) for each in changed])
            seen = grid.seen(experiment.drive)[:, None] * factors
            run = integrate(system, self.candidate.scheme, samples * dt_ms, dt_ms, seen, self.candidate.convention, arrivals)
        except (ArithmeticError, ValueError, BridgeError):
            return None
        places = np.rint(self.recording.own_ms / dt_ms).astype(int) - self.match.late
        inside = (places >= 0) & (places <= samples)
        name, model = self.recording.quantity, experiment.model
        found = run.states[model.state_names.index(name)][places[inside]] / model.factor(name)
        gap = self.recording.own_values[inside][:, None] - found
        return np.where(self._apart(run.raw_spike_times_ms, places[inside]), 0.0, gap)

    def _apart(self, trains: Sequence[np.ndarray], places: np.ndarray) -> np.ndarray:
        """Samples at resets, which may hold the value before, or fall on another step, shape (samples, 1)."""
        if not self.candidate.model.resets:
            return np.zeros((len(places), 1), dtype=bool)
        at = np.rint(np.concatenate([*trains, np.zeros(0)]) / self.recording.dt_ms)
        at = at - self.candidate.convention.raw_shift_steps
        return np.isin(places, np.concatenate([at - 1, at, at + 1]))[:, None]


def _with(model: Model, changed: Constant) -> Model:
    if changed.name == STIMULUS:
        return model
    own = model.parameters[changed.name]
    return model.with_parameters({changed.name: Quantity(own.value * changed.factor, own.unit)})


def _starting(model: Model, constants: Sequence[Constant]) -> dict[str, Model]:
    """The model for runs with each constant changed: where it has no part in the initial values, with these as numbers, which are
    found again for every value otherwise."""
    start = {s: Quantity(x / model.factor(s), model.unit_of(s)) for s, x in model.initial_values.items()}
    fixed = replace(model, initial=start, steady_state=False)
    moving = {c.name for c in constants if c.name != STIMULUS and _moves_the_start(model, c)}
    return {c.name: model if c.name in moving else fixed for c in constants}


def _moves_the_start(model: Model, constant: Constant) -> bool:
    try:
        return _with(model, _scaled(constant, 1.0 + _NUDGE)).initial_values != model.initial_values
    except BridgeError:
        return True


def _scaled(constant: Constant, factor: float) -> Constant:
    return Constant(constant.name, constant.written, factor)


def _fitted(fit: _Fit, constants: Sequence[Constant], samples: int, rounds: int) -> list[tuple[float, Constant]]:
    """Every constant after some steps of Gauss and Newton, alone, and the squared gap that its last step leaves, by the straight
    line; without those that lead a run out of the numbers."""
    looks = [(np.inf, constant) for constant in constants]
    for _ in range(rounds):
        looks = _stepped(fit, [constant for _, constant in looks], samples)
    return looks


def _stepped(fit: _Fit, constants: Sequence[Constant], samples: int) -> list[tuple[float, Constant]]:
    """One step for every constant, all runs at once."""
    if not constants:
        return []
    nudged = [_scaled(c, c.factor + _NUDGE) for c in constants]
    missing = fit.missing([*constants, *nudged], samples)
    if missing is None:  # one of them leaves the numbers
        return [each for c in constants for each in _stepped(fit, [c], samples)] if len(constants) > 1 else []
    gap = missing[:, : len(constants)]
    moved = (gap - missing[:, len(constants) :]) / _NUDGE
    sizes = np.sum(moved**2, axis=0)
    changes = np.where(sizes > 0.0, np.sum(moved * gap, axis=0) / np.where(sizes > 0.0, sizes, 1.0), 0.0)
    left = np.sum((gap - changes * moved) ** 2, axis=0)
    return [
        (float(rest), _scaled(c, c.factor + float(np.clip(change, -0.5, 0.5))))
        for rest, c, change in zip(left, constants, changes, strict=True)
    ]


def _followed_up(fit: _Fit, constant: Constant, samples: int, allowed: float) -> tuple[Constant, Match] | None:
    """The constant fitted on longer and longer windows until all samples are explained; None where one window is not."""
    while True:
        fitted = _fitted(fit, [constant], samples, _STEPS)
        missing = fit.missing([fitted[0][1]], samples) if fitted else None
        if missing is None or float(np.max(np.abs(missing))) > _NEAR * allowed or _is_the_schemes(fit, fitted[0][1]):
            return None
        constant = fitted[0][1]
        match = _over_all(fit, constant, allowed)
        total = samples_within(fit.experiment, fit.recording)
        if match is None or match.parted_ms is None or samples == total:
            return (constant, match) if match is not None and match.parted_ms is None else None
        samples = min(max(_LONGER * samples, int(match.parted_ms / fit.recording.dt_ms) + _BEHIND), total)


def _over_all(fit: _Fit, constant: Constant, allowed: float) -> Match | None:
    model = fit.candidate.model
    changed = Candidate(fit.candidate.scheme, model, build_system(_with(model, constant)), fit.candidate.convention)
    times = constant.factor if constant.name == STIMULUS else 1.0
    total = samples_within(fit.experiment, fit.recording)
    run = run_driven(fit.experiment, changed, fit.recording.dt_ms, total, times)
    return None if run is None else match_run(fit.experiment, fit.recording, changed, run, allowed, fit.match.late)


def _is_the_schemes(fit: _Fit, constant: Constant) -> bool:
    """Whether the change may be an unknown scheme's error: where a constant is the speed of an equation whose own slope never
    varies, any one-step scheme of it is any other's at another speed."""
    model, dt_ms = fit.candidate.model, fit.recording.dt_ms
    if constant.name == STIMULUS:
        return False
    run = fit.candidate.run(fit.experiment, fit.recording, min(_WINDOW[0], samples_within(fit.experiment, fit.recording)))
    if run is None:
        return False
    states = tuple(run.states[:, :: max(1, run.states.shape[1] // 8)])
    rates, value = build_rates(model, constant.name), model.parameter_values[constant.name]
    stimulus = float(fit.experiment.drive.at(0.5 * dt_ms))
    with np.errstate(all="ignore"):
        slow, fast = (np.broadcast_arrays(*rates(states, stimulus, value * x), states[0])[:-1] for x in (1.0, 1.0 + _NUDGE))
        return any(
            _proportional(a, b) and abs(constant.factor - 1.0) <= dt_ms * _steady_slope(rates, states, stimulus, value, i)
            for i, (a, b) in enumerate(zip(slow, fast, strict=True))
        )


def _proportional(rate: np.ndarray, nudged: np.ndarray) -> bool:
    """Whether a rate grows, or falls, by as much as the constant that was nudged, wherever it was looked at."""
    share = (nudged / rate - 1.0) / _NUDGE
    return bool(np.all(np.abs(np.abs(share[np.abs(rate) > 0]) - 1.0) < 1e-3)) and bool(np.any(rate))


def _steady_slope(rates: Callable[..., State], states: State, stimulus: float, value: float, i: int) -> float:
    """Of an equation in its own variable, per ms; 0 where it varies from state to state."""
    size = 1e-3 * max(float(np.max(np.abs(states[i]))), 1e-3)
    low, high = (rates((*states[:i], states[i] + x, *states[i + 1 :]), stimulus, value)[i] for x in (-size, size))
    slopes = np.abs(high - low) / (2 * size)
    return float(np.max(slopes)) if np.ptp(slopes) <= 1e-6 * np.max(slopes) else 0.0
