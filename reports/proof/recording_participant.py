"""A recording's part in a comparison: what can be said of samples that nobody can refine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.engines.running import Run
from spikebridge.reference.schemes import EXACT
from spikebridge.reports.proof.accuracy import accuracy, error_of, spikes_of
from spikebridge.reports.proof.entry import Entry, Judge, Setting
from spikebridge.reports.proof.foreign import judge_foreign
from spikebridge.reports.proof.foreign_recording import RECORDED, foreign_recording
from spikebridge.reports.proof.samples import Samples


@dataclass(frozen=True)
class RecordingParticipant:
    """Samples from elsewhere, under the name they were given; they cover the experiment."""

    name: str
    samples: Samples

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
        expected = experiment.observed_of(exact.states)
        verdict, because, culprits = judge_foreign(experiment, recording, (error, expected), spikes_of(found, exact))
        return Entry(key, self, recording, None, None, found, None, verdict, because, culprits=culprits)
