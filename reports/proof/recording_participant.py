"""A recording's part in a comparison: what can be said of samples that nobody can refine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.engines.running import Run
from spikebridge.reference.exact import Solution
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import EXACT
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.accuracy import accuracy_of, error_of, spikes_of
from spikebridge.reports.proof.entry import Entry, Judge, Setting
from spikebridge.reports.proof.foreign import gap_of, judge_foreign, judge_known
from spikebridge.reports.proof.foreign_recording import RECORDED, ForeignRecording, common, foreign_recording, signal_of
from spikebridge.reports.proof.recorded_beside import strays, with_what_is_beside
from spikebridge.reports.proof.recorded_ladder import by_step, recorded_ladder, sources_of
from spikebridge.reports.proof.samples import Samples, covering_samples
from spikebridge.reports.proof.verdict import FINE, Verdict

_FEWEST = 4  # samples that can be evidence
_STILL = 1e-3  # of the range of the whole run: a part that moves less is a rest


def recording_participant(given: Any, experiment: Experiment, name: str, columns: Sequence[str] = ()) -> RecordingParticipant:
    """One for what was given under a name: one source, or several at different steps, as ``sources_of`` takes them.

    Raises
    ------
    DefinitionError : they cannot be read, have no times in common with the experiment, or have the same step
    """
    coarsest, *finer = by_step([covering_samples(each, experiment, name, columns) for each in sources_of(given)], name)
    return RecordingParticipant(name, coarsest, tuple(finer))


@dataclass(frozen=True)
class RecordingParticipant:
    """Samples from elsewhere, under the name they were given; they have times in common with the experiment.

    ``finer`` are those of the same at smaller and smaller steps.
    """

    name: str
    samples: Samples
    finer: tuple[Samples, ...] = ()

    scheme = EngineScheme(RECORDED, None, EXACT, "samples as they were recorded")
    engine = None

    def runs(self, experiment: Experiment, quick: bool) -> list[Run]:
        """None: it has been recorded."""
        return []

    def judging(self, setting: Setting, runs: Sequence[Run]) -> Judge:
        """Which neuron it is, and under which scheme."""
        return lambda key, outcomes: self._entry(key, setting)

    def _entry(self, key: str, setting: Setting) -> Entry:
        experiment, exact = setting.experiment, setting.exact
        recording = foreign_recording(self.samples, experiment, self.name)
        expected = signal_of(experiment, exact.states, recording.quantity)
        shorter, seen = common(exact, recording)
        found = _accuracy(experiment, shorter, seen, expected[recording.within])
        error = error_of(found, shorter, seen) if recording.tells_spikes else found["max_abs"]
        if error.limit is not None and error is found["spike_shift"]:
            error = replace(error, limit=max(error.limit, recording.dt_ms))
        spikes = spikes_of(found, shorter)
        nothing = _tells_nothing(recording, expected)
        if nothing:
            because = _with_remarks(nothing, experiment, recording)
            return Entry(key, self, recording, None, None, found, None, Verdict.UNDECIDED, because)
        if self.finer:
            return self._of_ladder(key, setting, recording, (error, expected), spikes, found)
        verdict, because, culprits = judge_foreign(experiment, recording, (error, expected), spikes)
        if verdict in FINE:
            beside = strays(experiment, exact, recording)
            verdict = Verdict.OTHER_LIMIT if beside else verdict
            because = with_what_is_beside(because, recording, beside)
        because = _with_remarks(because, experiment, recording)
        return Entry(key, self, recording, None, None, found, None, verdict, because, culprits=culprits)

    def _of_ladder(
        self, key: str, setting: Setting, recording: ForeignRecording, errors: tuple[Score, np.ndarray], spikes: tuple[int, int],
        found: dict[str, Score],
    ) -> Entry:  # fmt: skip
        """Judged by where the recordings lead, unless the coarsest is reproduced to round-off, which needs no limit."""
        experiment, exact = setting.experiment, setting.exact
        rungs = (recording, *(foreign_recording(each, experiment, self.name) for each in self.finer))
        verdict, because, convergence = recorded_ladder(experiment, exact, rungs).judged(errors[0], spikes)
        known = judge_known(experiment, recording, gap_of(experiment, recording, errors, spikes))
        culprits = known[2] if known else ()
        verdict, because = (known[0], f"{known[1]}; {because}") if known else (verdict, because)
        because = _with_remarks(because, experiment, recording)
        return Entry(key, self, recording, None, None, found, convergence, verdict, because, culprits=culprits)


def _tells_nothing(recording: ForeignRecording, expected: np.ndarray) -> str:
    """Why the samples are no evidence, whatever they agree with; empty where they are.

    Parameters
    ----------
    expected : the exact signal of the whole experiment, shape (samples,)
    """
    if len(recording.own_ms) < _FEWEST:
        return f"{len(recording.own_ms)} samples are too few to tell one neuron from another"
    if recording.partial and np.ptp(expected[recording.within]) < _STILL * np.ptp(expected):
        return f"nothing happens {recording.span}, where it has samples: any neuron at rest gives these; record what the stimulus does"
    return ""


def _accuracy(experiment: Experiment, exact: Solution, recording: Recording, expected: np.ndarray) -> dict[str, Score]:
    """Of what the recording is of."""
    assert isinstance(recording, ForeignRecording)
    name, model = recording.quantity, experiment.model
    known = 0.0
    if name in model.state_names:
        known = float(exact.state_errors[model.state_names.index(name)]) / model.factor(name)
    return accuracy_of(experiment, exact, recording, name, expected, known)


def _with_remarks(because: str, experiment: Experiment, recording: ForeignRecording) -> str:
    """The sentence with what was judged, where that is not the observed signal throughout, and what was taken for granted."""
    parts = [because, *recording.remarks]
    if recording.quantity != experiment.observed:
        parts[0] = f"by its {recording.quantity}: {because}"
    if recording.partial:
        parts.append(f"judged {recording.span}, where it has samples, of the experiment's {experiment.duration}")
    return "; ".join(parts)
