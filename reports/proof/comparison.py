"""A comparison: one experiment on several engines, side by side, and what was measured between them."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment, load_experiment
from spikebridge.bridge.definition.precision import Precision, read_precision
from spikebridge.bridge.engines.base import Engine, EngineScheme, find_scheme, suits_precision
from spikebridge.bridge.engines.recording_engine import ForeignRecording, RecordingEngine
from spikebridge.bridge.engines.reference_engine import exact_solution
from spikebridge.bridge.engines.registry import DEFAULT, ENGINES, find_engine
from spikebridge.bridge.engines.running import Outcome, Run, Runner
from spikebridge.bridge.engines.worker import LIMIT_S
from spikebridge.bridge.errors import NotRun, TranslationError, UsageError
from spikebridge.reference.exact import Solution
from spikebridge.reference.integrate import DivergenceError
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import EXACT, SchemeError
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.metrics.spikes import coincidence_factor, max_spike_shift, spike_count_difference
from spikebridge.reports.metrics.waveform import max_abs_difference, one_step_of_motion, rms_difference
from spikebridge.reports.proof.convergence import LEVELS, Convergence
from spikebridge.reports.proof.drift import Drift, drift
from spikebridge.reports.proof.entry import Entry
from spikebridge.reports.proof.foreign import judge_foreign
from spikebridge.reports.proof.measures import matched, measures
from spikebridge.reports.proof.refinement import order_of, refine
from spikebridge.reports.proof.sensitivity import Sensitivity, sensitivity
from spikebridge.reports.proof.suspects import find_where
from spikebridge.reports.proof.translation_proof import Twin, prove_translation, run_twin
from spikebridge.reports.proof.verdict import Evidence, Verdict, judge, worst

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Comparison:
    """Everything measured between the engines on one experiment."""

    experiment: Experiment
    exact: Solution
    entries: tuple[Entry, ...]
    quick: bool
    command: str = ""

    @property
    def verdict(self) -> Verdict:
        return worst(entry.verdict for entry in self.entries)

    def __repr__(self) -> str:
        return f"<Comparison of {self.experiment.name}: {'; '.join(f'{e.key}: {e.verdict}' for e in self.entries)}>"

    def __getitem__(self, key: str) -> Entry:
        for entry in self.entries:
            if entry.key == key:
                return entry
        raise KeyError(f"{key!r} does not take part; there are {', '.join(e.key for e in self.entries)}")

    @property
    def platform(self) -> str:
        return f"{platform.system()} {platform.machine()}, Python {'.'.join(map(str, sys.version_info[:3]))}"

    def exact_trace(self) -> np.ndarray:
        """The observed signal of the exact solution, in its unit, shape (samples,)."""
        return self.experiment.observed_of(self.exact.states)

    def spikes(self, key: str) -> pd.DataFrame:
        """One row a spike of an engine: expected, found, shift, and whether it is matched, missing or extra."""
        from spikebridge.reports.metrics.spike_table import match_table

        return match_table(matched(self._recording(key), self.exact))

    def measures(self, key: str) -> pd.DataFrame:
        """One row a metric of an engine: value, unit, reason."""
        import pandas as pd

        found = measures(self.experiment, self.exact, self._recording(key))
        rows = {name: {"value": s.value, "unit": s.unit, "reason": s.reason} for name, s in found.items()}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "unit", "reason"])

    def _recording(self, key: str) -> Recording:
        recording = self[key].recording
        if recording is None:
            raise KeyError(f"{key!r} did not run: {self[key].reason}")
        return recording


def compare(
    experiment: Experiment | str | Callable[[], Experiment],
    engines: Sequence[str] = (),
    schemes: Mapping[str, str | Sequence[str]] | None = None,
    quick: bool = False,
    limit_s: float = LIMIT_S,
    command: str = "",
    meanwhile: Callable[[], object] = lambda: None,
    runner: Runner | None = None,
    recordings: Mapping[str, Any] | None = None,
    precision: str | None = None,
) -> Comparison:
    """Run one experiment on several engines, prove and judge.

    Parameters
    ----------
    experiment : an Experiment, the path of a file, a catalogue name, or a function that makes one while
        the simulators are already being imported
    engines : names; reference, brian2 and neuron by default
    schemes : for an engine, a scheme, several, or ``"all"``; the engine's default otherwise
    quick : leave out the convergence ladder of fixed steps; adaptive integrators have no other proof
    limit_s : after so long an engine's run is given up
    command : how to repeat this, for the report
    meanwhile : called while the simulators are busy
    recordings : samples from elsewhere by name: ``FILE[:column]``, Samples or a Neo signal; each takes part like an engine
    runner : with the engines' workers, where there is one already; ``limit_s`` is then its own
    precision : ``"float32"`` for single precision, instead of the experiment's own; engines that have none are not run

    Raises
    ------
    DefinitionError : the experiment cannot be
    UsageError : there is no such engine or scheme
    ExactError : there is no exact solution to judge by
    """
    named = taking_part(engines, schemes or {}) + _recorded(recordings or {})
    with nullcontext(runner) if runner else Runner(named, limit_s) as workers:
        experiment = _made(experiment)
        if precision is not None:
            experiment = replace(experiment, precision=read_precision(precision, "precision"))
        for engine in named:
            if isinstance(engine, RecordingEngine):
                engine.load(experiment)
        chosen = _chosen(named, schemes or {}, experiment)
        rungs = [_rungs(experiment, engine, scheme, quick) for engine, scheme in chosen]
        wait = workers.start([run for ladder in rungs for run in ladder])
        exact = exact_solution(experiment)
        twins = [_twin(experiment, engine, scheme) for engine, scheme in chosen]
        drifts = _drifts(experiment, rungs)
        meanwhile()
        outcomes = iter(wait())
    results = [[next(outcomes) for _ in ladder] for ladder in rungs]
    keys = _keys(chosen)
    entries = (
        _entry(experiment, exact, key, ladder, result, twin, moved)
        for key, ladder, result, twin, moved in zip(keys, rungs, results, twins, drifts, strict=True)
    )
    return Comparison(experiment, exact, tuple(entries), quick, command)


def _made(experiment: Experiment | str | Callable[[], Experiment]) -> Experiment:
    if isinstance(experiment, Experiment):
        return experiment
    return experiment() if callable(experiment) else load_experiment(experiment)


def taking_part(engines: Sequence[str], schemes: Mapping[str, str | Sequence[str]]) -> list[Engine]:
    """The engines of those names, the default ones for none; UsageError where one is unknown or has no part."""
    named = list(dict.fromkeys(engines or DEFAULT))
    for name in schemes:
        find_engine(name)
        if name not in named:
            raise UsageError(f"a scheme is given for {name}, which does not take part; add --engine {name}")
    return [find_engine(name) for name in named]


def _chosen(
    engines: Sequence[Engine], schemes: Mapping[str, str | Sequence[str]], experiment: Experiment
) -> list[tuple[Engine, EngineScheme]]:
    chosen: list[tuple[Engine, EngineScheme]] = []
    for engine in engines:
        wanted = schemes.get(engine.name)
        for name in [wanted] if wanted is None or isinstance(wanted, str) else wanted:
            if name == "all":
                chosen += [(engine, scheme) for scheme in engine.schemes.values() if _suits(engine, scheme, experiment)]
            else:
                chosen.append((engine, find_scheme(engine, name, experiment.model)))
    return list({(engine.name, scheme.name): (engine, scheme) for engine, scheme in chosen}.values())


def _suits(engine: Engine, scheme: EngineScheme, experiment: Experiment) -> bool:
    """Whether the scheme can integrate this model at all, and in this precision; ``all`` means those."""
    try:
        engine.check(experiment.model, scheme)
    except TranslationError:
        return False
    return suits_precision(scheme, experiment.precision)


def _keys(chosen: Sequence[tuple[Engine, EngineScheme]]) -> list[str]:
    names = [engine.name for engine, _ in chosen]
    return [e.name if names.count(e.name) == 1 else f"{e.name}/{s.name}" for e, s in chosen]


def _rungs(experiment: Experiment, engine: Engine, scheme: EngineScheme, quick: bool) -> list[Run]:
    """The run asked for and, unless quick, finer and finer ones; an adaptive integrator has no other proof."""
    levels = range(1 if scheme.order == EXACT or (quick and scheme.order is not None) else LEVELS)
    if scheme.order is None:
        capped = experiment.model.resets or experiment.drive.rectangles is None
        # an adaptive integrator that puts resets at the ends of its steps, or plays samples, is refined in both
        return [Run(experiment.at_dt(experiment.dt_ms / 2**k) if capped and k else experiment, engine, scheme, k) for k in levels]
    return [Run(experiment if k == 0 else experiment.at_dt(experiment.dt_ms / 2**k), engine, scheme) for k in levels]


def _twin(experiment: Experiment, engine: Engine, scheme: EngineScheme) -> Twin | None:
    """The reference's own run; None where it has none, or does not get to the end: then the engine will not either."""
    try:
        return run_twin(experiment, engine, scheme)
    except (SchemeError, DivergenceError):
        return None


def _drifts(experiment: Experiment, rungs: Sequence[Sequence[Run]]) -> list[Sequence[Drift | None]]:
    """How far single precision may take each rung of each ladder; nothing of double, where that is lost in the noise.

    Engines under one scheme share what was measured.
    """
    if experiment.precision is Precision.DOUBLE:
        return [()] * len(rungs)
    of_one = cache(lambda scheme, convention, dt_ms: drift(experiment.at_dt(dt_ms), scheme, convention))
    return [
        [of_one(twin, run.engine.convention, run.experiment.dt_ms) if (twin := run.engine.twin(experiment.model, run.scheme)) else None
         for run in ladder if len(ladder) > 1 and experiment.precision in run.engine.precisions]
        for ladder in rungs
    ]  # fmt: skip


# one engine -------------------------------------------------------------------------------------------


def _entry(
    experiment: Experiment, exact: Solution, key: str, runs: Sequence[Run], outcomes: Sequence[Outcome], twin: Twin | None,
    drifts: Sequence[Drift | None],
) -> Entry:  # fmt: skip
    engine, scheme, first = runs[0].engine, runs[0].scheme, outcomes[0]
    if isinstance(first, NotRun):
        return Entry(key, engine, scheme, None, str(first), because=str(first))
    failed = next(((run, o) for run, o in zip(runs, outcomes, strict=True) if isinstance(o, NotRun)), None)
    if failed is not None:
        reason = f"at the finer dt of {failed[0].experiment.dt}: {failed[1]}"
        return Entry(key, engine, scheme, first, reason, because=reason)
    recordings = [o for o in outcomes if isinstance(o, Recording)]
    if isinstance(first, ForeignRecording):
        return _foreign_entry(experiment, exact, key, engine, scheme, first)
    translation = prove_translation(experiment, engine, scheme, first, twin) if twin else None
    accuracy = _accuracy(experiment, exact, first)
    convergence = refine(experiment, exact, scheme, recordings, drifts) if len(recordings) > 1 else None
    error = accuracy["spike_shift"] if len(exact.spike_times_ms) or len(first.spike_times_ms) else accuracy["max_abs"]
    spikes = (int(accuracy["spike_count"].value or 0), len(exact.spike_times_ms))
    step = f"dt = {experiment.dt}" if scheme.order else "this tolerance" if scheme.order is None else "every iteration"
    evidence = Evidence(
        experiment.dt_ms, step, order_of(experiment, scheme), translation, error, spikes, convergence,
        _why_sensitive(experiment, exact, convergence), getattr(engine, "suspicion", ""), experiment.precision,
    )  # fmt: skip
    verdict, because = judge(evidence)
    where = find_where(experiment, exact, engine, first, twin, translation) if verdict is not Verdict.AGREE else None
    if where is not None and where.reason:
        because = f"{because}; {where.reason}"
    return Entry(key, engine, scheme, first, None, translation, accuracy, convergence, verdict, because, where)


def _recorded(recordings: Mapping[str, Any]) -> list[Engine]:
    for name in recordings:
        if name in ENGINES or name == "exact" or not name.isidentifier():
            raise UsageError(f"--recording: {name!r} must be a word, and not exact or the name of an engine")
    return [RecordingEngine(name, source) for name, source in recordings.items()]


def _foreign_entry(
    experiment: Experiment, exact: Solution, key: str, engine: Engine, scheme: EngineScheme, recording: ForeignRecording
) -> Entry:
    """What can be said of samples that nobody can refine."""
    accuracy = _accuracy(experiment, exact, recording)
    spiking = recording.tells_spikes and (len(exact.spike_times_ms) or len(recording.spike_times_ms))
    error = accuracy["spike_shift" if spiking else "max_abs"]
    if spiking and error.limit is not None:
        error = replace(error, limit=max(error.limit, recording.dt_ms))
    count = (int(accuracy["spike_count"].value or 0), len(exact.spike_times_ms))
    verdict, because = judge_foreign(experiment, recording, (error, experiment.observed_of(exact.states)), count)
    return Entry(key, engine, scheme, recording, None, None, accuracy, None, verdict, because)


def _accuracy(experiment: Experiment, exact: Solution, recording: Recording) -> dict[str, Score]:
    name = experiment.observed
    found, expected = recording[name], experiment.observed_of(exact.states)
    spikes, truth = np.asarray(recording.spike_times_ms), np.asarray(exact.spike_times_ms)
    waveform = max_abs_difference(found, expected, recording.units[name])
    limit = one_step_of_motion(expected) + float(exact.state_errors[experiment.observed_index]) / experiment.model.factor(name)
    return {
        "spike_count": spike_count_difference(spikes, truth),
        "spike_shift": max_spike_shift(spikes, truth, experiment.dt_ms),
        "max_abs": Score(waveform.value, waveform.unit, limit, "the waveform moves as far in one step"),
        "rms": rms_difference(found, expected, recording.units[name]),
        "coincidence": coincidence_factor(spikes, truth, experiment.duration_ms),
    }


def _why_sensitive(experiment: Experiment, exact: Solution, convergence: Convergence | None) -> Sensitivity | None:
    """Asked only where runs can be compared for a while and no longer."""
    return sensitivity(experiment, exact) if convergence is not None and convergence.until_ms is not None else None
