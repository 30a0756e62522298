"""What one step explains where nothing else is at hand: the reference's own error under the scheme, at the step and at half of it."""

from __future__ import annotations

from dataclasses import dataclass

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.engines.base import Engine
from spikebridge.bridge.engines.reference_engine import ReferenceEngine
from spikebridge.bridge.errors import TranslationError
from spikebridge.reference.exact import Solution
from spikebridge.reference.integrate import DivergenceError
from spikebridge.reports.metrics.numbers import counted, quantity
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.refinement import refine

_LIKE = 2.0  # times the reference's error, which another program's conventions may make of it
_FALLS = 0.75  # of the error, at most, is left at half the step of a scheme that is in the reach of its limit


@dataclass(frozen=True)
class Halving:
    """What the reference errs by under a scheme, at a step and at half of it.

    Attributes
    ----------
    errors : of the spikes in ms, or of the waveform where there are none; None where the number of spikes differs
    spikes : found minus those of the exact solution
    """

    scheme: str
    errors: tuple[float | None, float | None]
    spikes: tuple[int, int]
    unit: str

    def explains(self, error: Score, spikes: int) -> bool:
        """Whether an engine's error, and its spikes minus those of the exact solution, are what this scheme leaves at the step, and less
        of it at half of that."""
        whole, half = self.errors
        if spikes or whole is None:
            return spikes == self.spikes[0] and abs(self.spikes[1]) < abs(spikes)
        if half is None or error.value is None or error.unit != self.unit:
            return False
        return half <= _FALLS * whole and error.value <= _LIKE * whole

    def words(self, expected: int) -> str:
        """Both errors, where the exact solution has so many spikes."""
        shown = (self._shown(k, expected) for k in (0, 1))
        return "under the reference's {} {}, and {} at half the step".format(self.scheme, *shown)

    def _shown(self, k: int, expected: int) -> str:
        error = self.errors[k]
        return counted(expected + self.spikes[k], "spike") if error is None else quantity(error, self.unit)


def halving(experiment: Experiment, exact: Solution, engine: Engine, scheme: EngineScheme) -> Halving | None:
    """By the reference, counting steps as the engine does; None where the scheme is none of its own, or does not get to the end."""
    chosen = _known(engine, experiment.model, scheme)
    if chosen is None:
        return None
    reference = ReferenceEngine()
    reference.convention = engine.convention
    rungs = (experiment, experiment.at_dt(experiment.dt_ms / 2))
    try:
        recordings = [reference.read(e, chosen, reference.execute(reference.prepare(e, chosen))) for e in rungs]
    except (TranslationError, DivergenceError):
        return None
    found, count = refine(experiment, exact, chosen, recordings), len(exact.spike_times_ms)
    whole, half = (len(recording.spike_times_ms) - count for recording in recordings)
    return Halving(chosen.name, (found.worst[0], found.worst[1]), (whole, half), found.ladder.unit)


def _known(engine: Engine, model: Model, scheme: EngineScheme) -> EngineScheme | None:
    """The scheme that the reference has under the name of its twin, or under its own."""
    names = {engine.twin(model, scheme), scheme.name, *scheme.aliases}
    own = ReferenceEngine.schemes.values()
    return next((s for s in own if s.twin is not None and names & {s.name, *s.aliases}), None)
