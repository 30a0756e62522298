"""Who may have made a recording: known schemes on known neurons, each run at the recording's own step and held against it.

What parts early is not run to its end: a few samples tell most schemes apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.expressions.quantity import ms
from spikebridge.bridge.system import build_system
from spikebridge.reference.arrivals import Arrivals
from spikebridge.reference.integrate import BRIAN2, NEURON, Convention, Trajectory, integrate
from spikebridge.reference.published_schemes import PUBLISHED
from spikebridge.reference.schemes import HIDDEN, INTEGRATORS, NO_MEMBRANE, SCHEMES, Scheme
from spikebridge.reference.system import System
from spikebridge.reference.time_grid import TimeGrid
from spikebridge.reports.proof.foreign_recording import ForeignRecording, signal_of
from spikebridge.reports.proof.match import Match
from spikebridge.reports.proof.suspects import other_regimes

# in samples: so far candidates are followed before those that have parted are left
_STAGES = (8, 40, 200, 1000, 5000)
_LABELS = (0, 1, -1)  # by how many steps samples may be labelled late
_FEW = 10  # samples from a parting on
# of a published scheme: how many of its steps may lie between two samples of the file
_THINNED = (2, 4, 5, 10, 20)


@dataclass(frozen=True)
class Candidate:
    """A scheme on a neuron, counting steps in one way.

    Attributes
    ----------
    regime : empty for the experiment's own constants
    every : how many of its steps lie between two samples
    """

    scheme: Scheme
    model: Model
    system: System
    convention: Convention
    regime: str = ""
    every: int = 1

    def step_ms(self, recording: ForeignRecording) -> float:
        return recording.dt_ms / self.every

    def run(self, experiment: Experiment, recording: ForeignRecording, samples: int | None = None) -> Trajectory | None:
        """As far as so many samples, to the end for None; None where the scheme does not suit the model or does not get there."""
        steps = self.every * (samples or samples_within(experiment, recording))
        return run_driven(experiment, self, self.step_ms(recording), steps)


def run_driven(experiment: Experiment, candidate: Candidate, dt_ms: float, steps: int, times: float = 1.0) -> Trajectory | None:
    """So many steps of a candidate under the experiment's stimulus, perhaps times a number."""
    grid = TimeGrid.over(steps * dt_ms, dt_ms)
    try:
        return integrate(
            candidate.system, candidate.scheme, steps * dt_ms, dt_ms, grid.seen(experiment.drive) * times, candidate.convention,
            arrivals_before(experiment, steps * dt_ms),
        )  # fmt: skip
    except (ArithmeticError, ValueError):
        return None


def arrivals_before(experiment: Experiment, end_ms: float) -> Arrivals:
    """The spikes that arrive in the beginning of an experiment."""
    coming = experiment.arrivals.times_ms < end_ms
    return Arrivals(experiment.arrivals.times_ms[coming], experiment.arrivals.weights[coming])


def samples_within(experiment: Experiment, recording: ForeignRecording) -> int:
    """How many of the recording's intervals fit into the experiment."""
    return round(experiment.duration_ms / recording.dt_ms)


def own_candidates(experiment: Experiment) -> list[Candidate]:
    """Every known scheme on the experiment's own model."""
    return list(_candidates(experiment.model, ""))


def regime_candidates(experiment: Experiment) -> list[Candidate]:
    """Every known scheme on each of the model's other regimes."""
    return [each for name, model in other_regimes(experiment.model) for each in _candidates(model, name)]


def thinned_candidates(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The same with several steps between two samples."""
    return [replace(each, every=every) for every in _THINNED for each in candidates]


def _candidates(model: Model, regime: str) -> Iterator[Candidate]:
    # NEURON takes the membrane of a model in volts per time as one of unit capacitance
    alone, membrane = (model, build_system(model)), (model.as_membrane, build_system(model.as_membrane))
    waits = model.spike is not None and model.spike.refractory is not None
    for scheme in (*(SCHEMES[name] for name in INTEGRATORS), HIDDEN, *PUBLISHED.values()):
        known, system = alone if NO_MEMBRANE in scheme.needs else membrane
        for convention in (NEURON, BRIAN2) if waits else (NEURON,):
            yield Candidate(scheme, known, system, convention, regime)


Pair = tuple[Candidate, Match]


def followed(experiment: Experiment, recording: ForeignRecording, candidates: Iterable[Candidate], allowed: float) -> list[Pair]:
    """Each candidate beside how it follows the recording, those first that never part, then those that part last.

    The distance of one that was left early is that of the samples that were looked at.

    Parameters
    ----------
    allowed : by how much the samples may be off, in the unit of the recording
    """
    total = samples_within(experiment, recording)
    going, found = list(candidates), list[Pair]()
    for samples in (*(n for n in _STAGES if n < total), total):
        known = [(each, match) for each in going if (match := _at_best(experiment, recording, each, allowed, samples))]
        going = [each for each, match in known if match.parted_ms is None]
        found += [(each, match) for each, match in known if match.parted_ms is not None or samples == total]
    return sorted(found, key=lambda pair: _rank(pair[1]))


def _rank(match: Match) -> tuple[float, int, float]:
    parted = np.inf if match.parted_ms is None else match.parted_ms
    return -parted, abs(match.late), match.distance


def _at_best(
    experiment: Experiment, recording: ForeignRecording, candidate: Candidate, allowed: float, samples: int
) -> Match | None:
    """Under the labels that follow longest; None where the candidate cannot be run."""
    run = candidate.run(experiment, recording, samples)
    if run is None:
        return None
    return min((match_run(experiment, recording, candidate, run, allowed, late) for late in _LABELS), key=_rank)


def whole(experiment: Experiment, recording: ForeignRecording, pair: Pair, allowed: float | np.ndarray) -> Match:
    """How a candidate follows over all samples, under the labels it was found with.

    Parameters
    ----------
    allowed : in the unit of the recording, a number or shape (own samples,)
    """
    candidate, match = pair
    run = candidate.run(experiment, recording)
    return match if run is None else match_run(experiment, recording, candidate, run, allowed, match.late)


def match_run(
    experiment: Experiment, recording: ForeignRecording, candidate: Candidate, run: Trajectory, allowed: float | np.ndarray,
    late: int = 0,
) -> Match:  # fmt: skip
    """A candidate's run beside the samples that fall into it.

    Parameters
    ----------
    allowed : in the unit of the recording, a number or shape (own samples,)
    late : by how many of its steps the recording labels its samples late
    """
    t_ms, dt_ms = recording.own_ms, candidate.step_ms(recording)
    signed, inside = gap_to(experiment, recording, candidate, run, late)
    at_reset = np.zeros(len(t_ms), dtype=bool)
    if candidate.model.resets and recording.quantity in candidate.model.state_names:
        resets = run.raw_spike_times_ms / dt_ms - candidate.convention.raw_shift_steps
        reached = _reached(experiment, recording, candidate.system, run, late)
        at_reset = (
            np.isin(np.rint(t_ms / dt_ms), np.rint(resets) + late * candidate.every) & (signed > allowed) & reached & inside
        )
    gap = np.where(at_reset | ~inside, 0.0, np.abs(signed))
    parted = gap > allowed
    first = int(np.argmax(parted))
    when, then = (float(t_ms[first]), float(gap[first : first + _FEW].max())) if parted.any() else (None, 0.0)
    return Match(
        candidate.scheme.name, candidate.regime, float(gap.max()), when, then, late, bool(at_reset.any()), candidate.every
    )


def gap_to(
    experiment: Experiment, recording: ForeignRecording, candidate: Candidate, run: Trajectory, late: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Own samples minus those of a run whose labels are moved by so many samples; and which of them fall into it, shape (own samples,) each."""
    t_ms, dt_ms = recording.own_ms, recording.dt_ms
    times = run.t_ms + late * dt_ms
    inside = (t_ms > times[0] - 0.5 * dt_ms) & (t_ms < times[-1] + 0.5 * dt_ms)
    signal = signal_in(experiment, recording, candidate, run)
    return np.where(inside, recording.own_values - np.interp(t_ms, times, signal), 0.0), inside


def signal_in(experiment: Experiment, recording: ForeignRecording, candidate: Candidate, run: Trajectory) -> np.ndarray:
    """What the recording is of, as a candidate's run has it, in its unit, shape (samples,)."""
    name, model = recording.quantity, candidate.model
    if name in model.state_names:
        return run.states[model.state_names.index(name)] / model.factor(name)
    of_run = replace(experiment, model=model, dt=ms(candidate.step_ms(recording)), duration=ms(float(run.t_ms[-1])))
    return signal_of(of_run, run.states, name)


def _reached(experiment: Experiment, recording: ForeignRecording, system: System, run: Trajectory, late: int) -> np.ndarray:
    """Whether each own sample has reached the level that sets a spike off, as only a value before a reset has."""
    if system.event is None:
        return np.zeros(len(recording.own_ms), dtype=bool)
    times = recording.own_ms - late * recording.dt_ms
    places = np.clip(np.searchsorted(run.t_ms, times - 1e-6 * recording.dt_ms), 0, run.states.shape[1] - 1)
    y = run.states[:, places].copy()
    factor = experiment.model.factor(recording.quantity)
    y[experiment.model.state_names.index(recording.quantity)] = recording.own_values * factor
    return np.broadcast_to(np.asarray(system.event.level(tuple(y))) > -1e-9 * abs(factor), recording.own_ms.shape)
