"""A program's part in a comparison: it is run at smaller and smaller steps, and judged as recordings at several steps are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.engines.program import Program, ProgramLadder, ProgramRun
from spikebridge.bridge.engines.running import Outcome, Run
from spikebridge.bridge.errors import DefinitionError, NotRun
from spikebridge.reference.schemes import EXACT
from spikebridge.reports.proof.convergence import LEVELS
from spikebridge.reports.proof.entry import Entry, Judge, Setting
from spikebridge.reports.proof.program_samples import program_samples
from spikebridge.reports.proof.recording_participant import RecordingParticipant
from spikebridge.reports.proof.samples import Samples

PROGRAM = "program"  # what it has in place of a scheme


@dataclass(frozen=True)
class ProgramParticipant:
    """Somebody's own script, under the name it was given."""

    program: Program

    scheme = EngineScheme(PROGRAM, None, EXACT, "as the program has it")
    engine = None

    @property
    def name(self) -> str:
        return self.program.name

    def runs(self, experiment: Experiment, quick: bool) -> list[Run]:
        """None on an engine."""
        return []

    def ladder(self, experiment: Experiment, quick: bool) -> ProgramLadder:
        """The program at the experiment's step and, unless quick, at finer and finer ones."""
        steps = tuple(experiment.dt_ms / 2**k for k in range(1 if quick or experiment.model.discrete else LEVELS))
        return ProgramLadder(self.program, steps, experiment.duration_ms)

    def judging(self, setting: Setting, runs: Sequence[Run]) -> Judge:
        """As recordings are, at the steps that its samples show."""
        return lambda key, outcomes: self._judged(key, setting, outcomes[0])

    def _judged(self, key: str, setting: Setting, ran: Outcome | tuple[ProgramRun, ...]) -> Entry:
        if not isinstance(ran, tuple):
            return Entry(key, self, None, str(ran), because=str(ran))
        try:
            rungs, remark = distinct([program_samples(self.program, run, setting.experiment) for run in ran])
            entry = RecordingParticipant(self.name, rungs[0], rungs[1:]).judging(setting, ())(key, ())
        except (DefinitionError, NotRun) as error:
            return Entry(key, self, None, str(error), because=str(error))
        recording = entry.recording
        assert recording is not None  # of samples that cover the experiment
        made = replace(recording, version=ran[0].version, scheme=PROGRAM, wall_s=ran[0].wall_s)
        because = f"{entry.because}; {remark}" if remark else entry.because
        return replace(entry, participant=self, recording=made, because=because)


def distinct(rungs: Sequence[Samples]) -> tuple[tuple[Samples, ...], str]:
    """The samples of each run where those show its step; else of the first alone, and why."""
    steps = [float(np.median(np.diff(each.t_ms))) for each in rungs]
    if len(rungs) == 1:
        return tuple(rungs), ""
    if all(fine < coarse * (1 - 1e-3) for coarse, fine in pairwise(steps)):
        return tuple(rungs), ""
    return (rungs[0],), (
        f"its samples stay {steps[0]:g} ms apart whatever the step, so this is one recording: let it record every step of SPIKEBRIDGE_DT"
    )
