"""How sensitive the exact solution is: does a difference grow, and how near is another number of spikes?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS
from spikebridge.bridge.system import build_system
from spikebridge.reference.exact import ExactError, Solution, spikes_alone
from spikebridge.reference.stimulus import Step, Stimulus, Sum
from spikebridge.reports.metrics.numbers import counted, quantity, short

# changes of the stimulus that are tried, of its largest value
_SHARES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
_RTOL = 1e-10
# below, differences are still rounding; above, they are as large as the attractor
_GROWTH = (1e-12, 1e-3)
_CHAOTIC = 1e3  # growth that a phase which drifts does not reach


@dataclass(frozen=True)
class Sensitivity:
    """What makes a run hard to follow.

    Attributes
    ----------
    e_fold_ms : in how much time a difference grows e-fold; None where it does not grow exponentially
    margin : the smallest change of the stimulus, of those tried, that changes the number of spikes, in the unit of the
        stimulus; None where none does
    becoming : the number of spikes there
    """

    e_fold_ms: float | None
    margin: float | None
    becoming: int | None
    unit: str

    @property
    def sentence(self) -> str:
        """In words, for the end of a sentence; empty where nothing was found."""
        parts = []
        if self.margin is not None and self.becoming is not None:
            more = "more" if self.margin > 0 else "less"
            parts.append(f"{quantity(abs(self.margin), self.unit)} {more} stimulus gives {counted(self.becoming, 'spike')}")
        if self.e_fold_ms is not None:
            parts.append(f"a difference grows e-fold every {short(self.e_fold_ms)} ms")
        return " and ".join(parts)


def sensitivity(experiment: Experiment, exact: Solution) -> Sensitivity:
    """Measure growth on the two solutions that the exact one is made of, and the margin by solving again."""
    margin, becoming = _margin(experiment, exact)
    return Sensitivity(growth_time(exact), margin, becoming, str(experiment.model.stimulus_unit))


def growth_time(exact: Solution) -> float | None:
    """In how many ms a difference between two solutions grows e-fold, by a line through its logarithm; None for less
    than a thousandfold growth over what a drifting phase and a single jump explain."""
    if exact.gap is None or len(exact.t_ms) < 10:
        return None
    grown = np.maximum.accumulate(exact.gap)
    inside = (grown > _GROWTH[0]) & (grown < _GROWTH[1])
    if inside.sum() < 10:
        return None
    t, logs = exact.t_ms[inside], np.log(grown[inside])
    # one spike that grazes its level is one jump, however high; a phase that drifts grows in proportion to time
    growth = logs[-1] - logs[0] - np.diff(logs).max()
    if growth < np.log(_CHAOTIC) + np.log(max(t[-1] / max(t[0], t[1] - t[0]), 1.0)):
        return None
    slope = float(np.polyfit(t, logs, 1)[0])
    return 1 / slope if slope > 0 else None


def _margin(experiment: Experiment, exact: Solution) -> tuple[float | None, int | None]:
    largest = _largest(experiment)
    expected = len(np.asarray(exact.spike_times_ms))
    for share in _SHARES if largest else ():
        for sign in (1.0, -1.0):
            change = sign * share * largest
            found = _spikes(experiment, Step(change))
            if found is not None and found != expected:
                return change / experiment.model.factor(STIMULUS), found
    return None, None


def _largest(experiment: Experiment) -> float:
    times = np.linspace(0.0, experiment.duration_ms, 1001)
    return float(np.max(np.abs(experiment.drive.at(times))))


def _spikes(experiment: Experiment, more: Stimulus) -> int | None:
    drive = Sum((experiment.drive, more))
    try:
        return len(spikes_alone(build_system(experiment.model), experiment.duration_ms, drive, _RTOL, experiment.arrivals))
    except ExactError:
        return None
