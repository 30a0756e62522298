"""Whether an engine still gives what it gave: unchanged to round-off, or changed, and then where and by how much."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.reports.metrics.numbers import counted, quantity, short
from spikebridge.reports.proof.entry import Entry
from spikebridge.reports.regression.baseline import DIGITS, Kept
from spikebridge.reports.regression.round_off import RoundOff, measure_round_off


class Status(StrEnum):
    """What became of a result since its baseline was made.

    *Unchanged* passes; so do *judged by new rules*, where the numbers are unchanged, and *not kept*, of what has no baseline.
    """

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    REJUDGED = "judged by new rules"
    NEW = "new"
    GONE = "gone"
    NOT_RUN = "not run"
    NOT_KEPT = "not kept"


@dataclass(frozen=True)
class Change:
    """A status, why, and what of the environment is different.

    Attributes
    ----------
    largest_ms, largest : the largest shift of a spike, and difference of a variable, where those were compared
    versions : name to (then, now)
    """

    status: Status
    because: str
    versions: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Limits:
    """What may differ: of each variable a function of time and the most at any time, of each spike a time; nothing is
    said after ``until_ms``."""

    variable: Mapping[str, Callable[[float], float]]
    largest: Mapping[str, float]
    spike: Callable[[int], float]
    until_ms: float
    reason: str


def judge_change(kept: Kept, now: Kept, experiment: Experiment, entry: Entry) -> Change:
    """Compare what an engine gives now with what it gave.

    Two numbers may differ by what round-off, measured on this very model, can have grown to; an adaptive integrator's by
    its own error, for its steps follow from its tolerance.
    """
    versions = {
        name: (kept.environment.get(name, "-"), now.environment.get(name, "-"))
        for name in dict.fromkeys((*kept.environment, *now.environment))
        if kept.environment.get(name) != now.environment.get(name)
    }
    moved = _moved(kept, now, experiment, entry)
    if now.verdict is not kept.verdict:
        changed = moved.status is Status.CHANGED
        said = f"the verdict was: {kept.verdict}; it is now: {now.verdict}; {entry.because}; "
        if kept.rules < now.rules and not changed:
            return Change(Status.REJUDGED, f"{said}the numbers are what they were: {moved.because}", versions)
        return Change(Status.CHANGED, f"{said}{moved.because}" if changed else said.removesuffix("; "), versions)
    return replace(moved, versions=versions)


def _moved(kept: Kept, now: Kept, experiment: Experiment, entry: Entry) -> Change:
    """What the numbers say."""
    if kept.times_ms != now.times_ms or kept.units != now.units or set(kept.checkpoints) != set(now.checkpoints):
        return Change(Status.CHANGED, "the samples are others: checkpoints, duration, dt or the variables have changed")
    if _same(kept, now):
        return Change(Status.UNCHANGED, "equal to the last digit kept")
    limits = _limits(kept, experiment, entry)
    found = _first_spike(kept, now, limits) or _first_checkpoint(kept, now, limits) or _first_extreme(kept, now, limits)
    if found:
        return Change(Status.CHANGED, found)
    until = "" if limits.until_ms == float("inf") else f" until {short(limits.until_ms)} ms, where round-off alone parts runs"
    return Change(Status.UNCHANGED, f"within {limits.reason}{until}")


def _same(kept: Kept, now: Kept) -> bool:
    return (kept.spike_times_ms, kept.checkpoints, kept.extremes) == (now.spike_times_ms, now.checkpoints, now.extremes)


# how much may differ ----------------------------------------------------------------------------------------


def _limits(kept: Kept, experiment: Experiment, entry: Entry) -> _Limits:
    assert entry.recording is not None
    grown = None
    if entry.translation is not None and entry.engine is not None:
        grown = measure_round_off(experiment, entry.engine, entry.scheme, entry.recording)
    return _grown_limits(grown, experiment) if grown is not None else _own_error(kept)


def _grown_limits(grown: RoundOff, experiment: Experiment) -> _Limits:
    def of(envelope: np.ndarray) -> Callable[[float], float]:
        return lambda t: float(envelope[min(round(t / experiment.dt_ms), len(envelope) - 1)])

    def spike(i: int) -> float:
        return float(grown.spikes_ms[i]) if i < len(grown.spikes_ms) else 0.0

    largest = {name: float(envelope.max()) for name, envelope in grown.envelope.items()}
    return _Limits(
        {n: of(e) for n, e in grown.envelope.items()}, largest, spike, grown.until_ms, "what round-off can have grown to"
    )


def _own_error(kept: Kept) -> _Limits:
    """For an adaptive integrator."""

    def always(error: float) -> Callable[[float], float]:
        return lambda _: error

    spike = kept.error.get("spikes", 0.0)
    errors = {name: kept.error.get(name, 0.0) for name in kept.checkpoints}
    variables = {name: always(error) for name, error in errors.items()}
    return _Limits(variables, errors, lambda _: spike, float("inf"), "the integrator's own error")


def _kept_digits(value: float) -> float:
    """What writing both numbers down to so many digits can have changed."""
    return 10.0 ** (1 - DIGITS) * abs(value)


# what does differ -------------------------------------------------------------------------------------------


def _first_spike(kept: Kept, now: Kept, limits: _Limits) -> str:
    before = [[t for t in times if t < limits.until_ms] for times in (kept.spike_times_ms, now.spike_times_ms)]
    moved, first = 0.0, ""
    for i, (then, t) in enumerate(zip(*before, strict=False)):
        limit = limits.spike(i) + _kept_digits(t)
        if abs(t - then) > limit:
            moved = moved if abs(moved) > abs(t - then) else t - then
            first = first or f"spike {i + 1} was at {then:.9g} ms, is at {t:.9g} ms, where {limits.reason} is {short(limit)} ms"
    counts = [len(times) for times in before]
    if counts[0] != counts[1]:
        which = min(counts)
        at = max(before, key=len)[which]
        gained = (
            f"{'one more' if counts[1] > counts[0] else 'one less'} at {at:.6g} ms" if abs(counts[1] - counts[0]) == 1 else ""
        )
        count = f"{counted(counts[1], 'spike')}, before {counts[0]}{f' ({gained})' if gained else ''}"
        return f"{count}; {first}" if first else count
    return f"{first}; spikes have moved by up to {short(abs(moved))} ms" if first else ""


def _first_checkpoint(kept: Kept, now: Kept, limits: _Limits) -> str:
    for i, t in enumerate(kept.times_ms):
        for name in kept.checkpoints:
            then, value = kept.checkpoints[name][i], now.checkpoints[name][i]
            limit = limits.variable[name](t) + _kept_digits(value)
            if t < limits.until_ms and not abs(value - then) <= limit:
                unit = kept.units[name]
                return (
                    f"{name} at {t:g} ms was {_exactly(then, unit)}, is {_exactly(value, unit)}, "
                    f"where {limits.reason} is {quantity(limit, unit)}"
                )
    return ""


def _first_extreme(kept: Kept, now: Kept, limits: _Limits) -> str:
    """The least and greatest value of the run, which may lie between checkpoints."""
    if limits.until_ms != float("inf"):
        return ""
    for name, then in kept.extremes.items():
        for word, was, value in zip(("least", "greatest"), then, now.extremes[name], strict=True):
            limit = limits.largest[name] + _kept_digits(value)
            if not abs(value - was) <= limit:
                unit = kept.units[name]
                return (
                    f"the {word} {name} was {_exactly(was, unit)}, is {_exactly(value, unit)}, "
                    f"where {limits.reason} is {quantity(limit, unit)}"
                )
    return ""


def _exactly(value: float, unit: str) -> str:
    return f"{value:.9g}" if unit == "1" else f"{value:.9g} {unit}"


def definition_changes(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What of the definition is not as it was, in words; empty where it is the same."""
    found = []
    for name in dict.fromkeys((*then, *now)):
        old, new = then.get(name), now.get(name)
        if old != new:
            was = f"{name}: {old} became {new}" if old and new else f"{name} = {new} is new" if new else f"{name} = {old} is gone"
            found.append(was)
    return found
