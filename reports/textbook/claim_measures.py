"""What a claim can be about: numbers measured on one recording, each by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from spikebridge.reference.recording import Recording
from spikebridge.reference.spikes import upward_crossings
from spikebridge.reports.analyses.burst import Bursts, bursts
from spikebridge.reports.analyses.spike_train import steady_rate_hz
from spikebridge.reports.metrics.extrema import highest, lowest
from spikebridge.reports.metrics.positions import LAST, at_position


@dataclass(frozen=True)
class Question:
    """A measure and what it must be told.

    Attributes
    ----------
    what : a name in MEASURES
    variable : which signal; the one that the experiment observes where a reader names none
    given : ``k`` (from 1; -1 is the last), ``level`` (in the variable's unit), ``at``, ``after``, ``before`` and ``gap``
        (ms), as far as the measure takes them
    """

    what: str
    variable: str
    given: Mapping[str, Any] = field(default_factory=dict)

    def unit(self, recording: Recording) -> str:
        """Of the answer."""
        fixed = MEASURES[self.what].unit
        return fixed or recording.units[self.variable]

    @property
    def discrete(self) -> bool:
        """Whether the answer is a count, which an integration error changes by one or not at all."""
        return MEASURES[self.what].discrete

    def answer(self, recording: Recording) -> float | None:
        """The number; None where the recording has no such spike."""
        return MEASURES[self.what].find(recording, self)

    def wait(self, answer: float, recording: Recording) -> float:
        """How far waiting for the grid may move the answer where each reset happens at the end of a step."""
        return MEASURES[self.what].wait(answer, self, recording)


def _no_wait(answer: float, question: Question, recording: Recording) -> float:
    return 0.0


@dataclass(frozen=True)
class Measure:
    """One way to measure; ``unit`` is empty where it is the variable's, ``discrete`` says that things are counted."""

    unit: str
    keys: tuple[str, ...]
    words: str
    find: Callable[[Recording, Question], float | None]
    wait: Callable[[float, Question, Recording], float] = _no_wait
    discrete: bool = False


def spikes(recording: Recording, question: Question) -> np.ndarray:
    """Spike times in ms, shape (spikes,), within the question's window: of the model's own rule, or upward crossings of a level."""
    given = question.given
    times = np.asarray(recording.spike_times_ms)
    if "level" in given:
        times = upward_crossings(recording.t_ms, recording[question.variable] - given["level"])
    return times[(times >= given.get("after", -np.inf)) & (times <= given.get("before", np.inf))]


def _counted(recording: Recording, question: Question) -> float:
    return float(len(spikes(recording, question)))


def _spike_time(recording: Recording, question: Question) -> float | None:
    return _pick(spikes(recording, question), question)


def _reset_time(recording: Recording, question: Question) -> float | None:
    """The end of the step in which a spike comes, where it is reset; a script that steps on a grid notes this time."""
    time = _spike_time(recording, question)
    # a time that round-off leaves just short of a point of the grid belongs to the step that begins there
    return None if time is None else recording.dt_ms * (math.floor(time / recording.dt_ms + 1e-9) + 1)


def _interval(recording: Recording, question: Question) -> float | None:
    return _pick(np.diff(spikes(recording, question)), question)


def _frequency(recording: Recording, question: Question) -> float:
    return steady_rate_hz(spikes(recording, question))


def _mean_rate(recording: Recording, question: Question) -> float:
    intervals = np.diff(spikes(recording, question))
    return 1000.0 / float(np.mean(intervals)) if len(intervals) else 0.0


def _interval_cv(recording: Recording, question: Question) -> float | None:
    """Standard deviation of the intervals over their mean."""
    intervals = np.diff(spikes(recording, question))
    return float(np.std(intervals) / np.mean(intervals)) if len(intervals) > 1 else None


def _pick(values: np.ndarray, question: Question) -> float | None:
    value = at_position(values, question.given.get("k", LAST))
    return None if value is None else float(value)


def _peak(recording: Recording, question: Question) -> tuple[float, float] | None:
    times = spikes(recording, question)
    stretch = at_position(list(pairwise([*times, np.inf])), question.given.get("k", 1))
    return None if stretch is None else highest(*_window(recording, question.variable, *stretch))


def _extreme(
    find: Callable[[np.ndarray, np.ndarray], tuple[float, float]],
) -> Callable[[Recording, Question], tuple[float, float]]:
    def found(recording: Recording, question: Question) -> tuple[float, float]:
        window = question.given.get("after", -np.inf), question.given.get("before", np.inf)
        return find(*_window(recording, question.variable, *window))

    return found


def _window(recording: Recording, name: str, start: float, stop: float) -> tuple[np.ndarray, np.ndarray]:
    """The samples of that stretch, and enough on both sides to interpolate at its ends."""
    first, last = np.searchsorted(recording.t_ms, [start, stop])
    return recording.t_ms[max(first - 1, 0) : last + 1], recording[name][max(first - 1, 0) : last + 1]


def _value(recording: Recording, question: Question) -> float:
    at = question.given.get("at", float(recording.t_ms[-1]))
    return float(np.interp(at, recording.t_ms, recording[question.variable]))


def _reset_value(recording: Recording, question: Question) -> float | None:
    """What the variable is right after a spike's reset: the line through the next two samples, back at the spike.

    The sample at the spike itself may be one before the reset, where the spike falls on the grid.
    """
    line = _after_reset(recording, question)
    return None if line is None else line[0]


def _after_reset(recording: Recording, question: Question) -> tuple[float, float] | None:
    """Value right after the spike, and slope per ms."""
    time = _spike_time(recording, question)
    first = 0 if time is None else int(np.searchsorted(recording.t_ms, time + 1e-6 * recording.dt_ms, side="right"))
    if time is None or first + 1 >= len(recording.t_ms):
        return None
    values = recording[question.variable]
    slope = float(values[first + 1] - values[first]) / recording.dt_ms
    return float(values[first]) - slope * float(recording.t_ms[first] - time), slope


def _bursts(recording: Recording, question: Question) -> Bursts:
    return bursts(spikes(recording, question), question.given["gap"])


def _burst_count(recording: Recording, question: Question) -> float:
    return float(len(_bursts(recording, question)))


def _burst_size(recording: Recording, question: Question) -> float | None:
    return _pick(_bursts(recording, question).spikes, question)


def _burst_period(recording: Recording, question: Question) -> float | None:
    return _pick(_bursts(recording, question).periods_ms, question)


def _resets_before(answer: float, question: Question, recording: Recording) -> float:
    return float(np.sum(np.asarray(recording.spike_times_ms) <= answer)) * recording.dt_ms


def _two_steps(answer: float, question: Question, recording: Recording) -> float:
    return 2 * recording.dt_ms


def two_steps_in_hz(rate_hz: float, dt_ms: float) -> float:
    """Of an interval, in Hz: each of its ends waits for the grid."""
    return rate_hz**2 * 2 * dt_ms / 1000.0


def _two_steps_in_hz(answer: float, question: Question, recording: Recording) -> float:
    return two_steps_in_hz(answer, recording.dt_ms)


def _slope_of_a_step(answer: float, question: Question, recording: Recording) -> float:
    line = _after_reset(recording, question)
    return 0.0 if line is None else abs(line[1]) * recording.dt_ms


def _part(
    find: Callable[[Recording, Question], tuple[float, float] | None], index: int
) -> Callable[[Recording, Question], float | None]:
    def found(recording: Recording, question: Question) -> float | None:
        both = find(recording, question)
        return None if both is None else both[index]

    return found


_SPIKES = ("level", "variable", "after", "before")
_EXTREME = ("variable", "after", "before")
MEASURES: dict[str, Measure] = {
    "spike_count": Measure("1", _SPIKES, "number of spikes", _counted, discrete=True),
    "spike_time": Measure("ms", ("k", *_SPIKES), "time of spike {k}", _spike_time, _resets_before),
    "reset_time": Measure("ms", ("k", *_SPIKES), "end of the step of spike {k}", _reset_time, _resets_before),
    "interval": Measure("ms", ("k", *_SPIKES), "interval {k}", _interval, _two_steps),
    "frequency": Measure("Hz", _SPIKES, "frequency, from the last interval", _frequency, _two_steps_in_hz),
    "mean_rate": Measure("Hz", _SPIKES, "mean rate, from all intervals", _mean_rate, _two_steps_in_hz),
    "interval_cv": Measure("1", _SPIKES, "coefficient of variation of the intervals", _interval_cv),
    "peak": Measure("", ("k", *_SPIKES), "peak of spike {k}", _part(_peak, 1)),
    "peak_time": Measure("ms", ("k", *_SPIKES), "time of the peak of spike {k}", _part(_peak, 0)),
    "maximum": Measure("", _EXTREME, "largest {variable}", _part(_extreme(highest), 1)),
    "maximum_time": Measure("ms", _EXTREME, "time of the largest {variable}", _part(_extreme(highest), 0)),
    "minimum": Measure("", _EXTREME, "smallest {variable}", _part(_extreme(lowest), 1)),
    "minimum_time": Measure("ms", _EXTREME, "time of the smallest {variable}", _part(_extreme(lowest), 0)),
    "value": Measure("", ("variable", "at"), "{variable} {at}", _value),
    "reset_value": Measure(
        "", ("k", "variable", "after", "before"), "{variable} after the reset of spike {k}", _reset_value, _slope_of_a_step
    ),
    "burst_count": Measure("1", ("gap", *_SPIKES), "number of bursts", _burst_count, discrete=True),
    "burst_size": Measure("1", ("k", "gap", *_SPIKES), "spikes in burst {k}", _burst_size, discrete=True),
    "burst_period": Measure("ms", ("k", "gap", *_SPIKES), "onset of burst {k} to the next", _burst_period, _two_steps),
}


def described(question: Question) -> str:
    """The question in words."""
    given = question.given
    k = {1: "1", LAST: "last"}.get(given.get("k", 1 if question.what in ("peak", "peak_time") else LAST), str(given.get("k")))
    at = f"at {given['at']:g} ms" if "at" in given else "at the end"
    words = MEASURES[question.what].words.format(k=k, variable=question.variable, at=at)
    words = (
        words.replace("spike last", "the last spike")
        .replace("interval last", "last interval")
        .replace("burst last", "the last burst")
    )
    window = [f"{word} {given[word]:g} ms" for word in ("after", "before") if word in given]
    level = [f"crossings of {given['level']:g}"] if "level" in given else []
    return ", ".join([words, *level, *window])
