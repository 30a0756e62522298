"""A recording's part in a comparison: what can be said of samples that nobody can refine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.engines.running import Run
from spikebridge.reference.schemes import EXACT
from spikebridge.reports.proof.accuracy import accuracy, error_of, spikes_of
from spikebridge.reports.proof.entry import Entry, Judge, Setting
from spikebridge.reports.proof.foreign import gap_of, judge_foreign, judge_known
from spikebridge.reports.proof.foreign_recording import RECORDED, foreign_recording
from spikebridge.reports.proof.recorded_ladder import RecordedLadder, by_step, sources_of
from spikebridge.reports.proof.samples import Samples, covering_samples


def recording_participant(given: Any, experiment: Experiment, name: str) -> RecordingParticipant:
    """One for what was given under a name: one source, or several at different steps, as ``sources_of`` takes them.

    Raises
    ------
    DefinitionError : they cannot be read, do not cover the experiment, or have the same step
    """
    coarsest, *finer = by_step([covering_samples(each, experiment, name) for each in sources_of(given)], name)
    return RecordingParticipant(name, coarsest, tuple(finer))


@dataclass(frozen=True)
class RecordingParticipant:
    """Samples from elsewhere, under the name they were given; they cover the experiment.

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
        found = accuracy(experiment, exact, recording)
        error = error_of(found, exact, recording) if recording.tells_spikes else found["max_abs"]
        if error.limit is not None and error is found["spike_shift"]:
            error = replace(error, limit=max(error.limit, recording.dt_ms))
        errors, spikes = (error, experiment.observed_of(exact.states)), spikes_of(found, exact)
        if not self.finer:
            verdict, because, culprits = judge_foreign(experiment, recording, errors, spikes)
            return Entry(key, self, recording, None, None, found, None, verdict, because, culprits=culprits)
        rungs = (recording, *(foreign_recording(each, experiment, self.name) for each in self.finer))
        verdict, because, convergence = RecordedLadder(experiment, exact, rungs).judged(error, spikes)
        # what is reproduced to round-off needs no limit
        known = judge_known(experiment, recording, gap_of(experiment, recording, errors, spikes))
        culprits = known[2] if known else ()
        verdict, because = (known[0], f"{known[1]}; {because}") if known else (verdict, because)
        return Entry(key, self, recording, None, None, found, convergence, verdict, because, culprits=culprits)
