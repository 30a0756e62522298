"""An engine's part in a comparison: its ladder of runs, the reference's own beside it, and what both prove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.engines.base import Engine
from spikebridge.bridge.engines.program import ProgramRun
from spikebridge.bridge.engines.running import Outcome, Run
from spikebridge.bridge.errors import NotRun
from spikebridge.reference.integrate import DivergenceError
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import EXACT, SchemeError
from spikebridge.reports.proof.accuracy import accuracy, error_of, spikes_of
from spikebridge.reports.proof.convergence import LEVELS, Convergence
from spikebridge.reports.proof.drift import Drift
from spikebridge.reports.proof.entry import Entry, Judge, Setting
from spikebridge.reports.proof.halving import halving
from spikebridge.reports.proof.refinement import order_of, refine
from spikebridge.reports.proof.sensitivity import Sensitivity, sensitivity
from spikebridge.reports.proof.suspects import find_where
from spikebridge.reports.proof.translation_proof import Twin, prove_translation, run_twin
from spikebridge.reports.proof.verdict import Evidence, Verdict, judge


@dataclass(frozen=True)
class EngineParticipant:
    """An engine under one of its schemes."""

    engine: Engine
    scheme: EngineScheme

    @property
    def name(self) -> str:
        return self.engine.name

    def runs(self, experiment: Experiment, quick: bool) -> list[Run]:
        """The run asked for and, unless quick, finer and finer ones; an adaptive integrator has no other proof."""
        engine, scheme = self.engine, self.scheme
        levels = range(
            1 if scheme.order == EXACT or experiment.model.discrete or (quick and scheme.order is not None) else LEVELS
        )
        adaptive = scheme.order is None
        # an adaptive integrator that puts resets at the ends of its steps, or plays samples, is refined in both
        steps = not adaptive or experiment.model.resets or experiment.drive.rectangles is None
        return [
            Run(experiment.at_dt(experiment.dt_ms / 2**k) if steps and k else experiment, engine, scheme, k if adaptive else 0)
            for k in levels
        ]

    def judging(self, setting: Setting, runs: Sequence[Run]) -> Judge:
        """The reference runs meanwhile as this engine should."""
        twin, drifts = self._twin(setting.experiment), self._drifts(setting, runs)

        def judged(key: str, outcomes: Sequence[Outcome | tuple[ProgramRun, ...]]) -> Entry:
            first = outcomes[0]
            if not isinstance(first, Recording):
                return Entry(key, self, None, str(first), because=str(first))
            recordings = [o for o in outcomes if isinstance(o, Recording)]
            failed = next(((run, o) for run, o in zip(runs, outcomes, strict=True) if isinstance(o, NotRun)), None)
            if failed is not None:
                reason = f"at the finer dt of {failed[0].experiment.dt}: {failed[1]}"
                return Entry(key, self, first, reason, because=reason)
            return self._entry(key, setting, recordings, twin, drifts)

        return judged

    def _twin(self, experiment: Experiment) -> Twin | None:
        """The reference's own run; None where it has none, or does not get to the end: then the engine will not either."""
        try:
            return run_twin(experiment, self.engine, self.scheme)
        except (SchemeError, DivergenceError):
            return None

    def _drifts(self, setting: Setting, runs: Sequence[Run]) -> list[Drift | None]:
        """How far single precision may take each rung of the ladder; nothing of double, where that is lost in the noise."""
        experiment = setting.experiment
        if experiment.precision is Precision.DOUBLE or len(runs) < 2 or experiment.precision not in self.engine.precisions:
            return []
        twin = self.engine.twin(experiment.model, self.scheme)
        return [setting.drift(twin, self.engine.convention, run.experiment.dt_ms) if twin else None for run in runs]

    def _entry(
        self, key: str, setting: Setting, recordings: Sequence[Recording], twin: Twin | None, drifts: Sequence[Drift | None]
    ) -> Entry:
        experiment, exact, engine, scheme, first = setting.experiment, setting.exact, self.engine, self.scheme, recordings[0]
        translation = prove_translation(experiment, engine, scheme, first, twin) if twin else None
        found = accuracy(experiment, exact, first)
        convergence = refine(experiment, exact, scheme, recordings, drifts) if len(recordings) > 1 else None
        alone = translation is None and convergence is None and scheme.order is not None
        step = f"dt = {experiment.dt}" if scheme.order else "this tolerance" if scheme.order is None else "every iteration"
        evidence = Evidence(
            experiment.dt_ms, step, order_of(experiment, scheme), translation, error_of(found, exact, first),
            spikes_of(found, exact), convergence, _why_sensitive(setting, convergence), engine.suspicion, experiment.precision,
            halving(experiment, exact, engine, scheme) if alone else None,
        )  # fmt: skip
        verdict, because = judge(evidence)
        where = find_where(experiment, exact, engine, first, twin, translation) if verdict is not Verdict.AGREE else None
        if where is not None and where.reason:
            because = f"{because}; {where.reason}"
        return Entry(
            key, self, first, None, translation, found, convergence, verdict, because, where, where.culprits if where else ()
        )


def _why_sensitive(setting: Setting, convergence: Convergence | None) -> Sensitivity | None:
    """Asked only where runs can be compared for a while and no longer."""
    followed = convergence is not None and convergence.until_ms is not None
    return sensitivity(setting.experiment, setting.exact) if followed else None
