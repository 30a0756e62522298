"""Recordings of one experiment at several steps: where they lead as the step shrinks, which one recording cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reference.exact import Solution
from spikebridge.reports.metrics.numbers import quantity, short
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.convergence import ORDER_TOLERANCE, Convergence
from spikebridge.reports.proof.foreign_recording import RECORDED, ForeignRecording
from spikebridge.reports.proof.refinement import refine
from spikebridge.reports.proof.samples import Samples
from spikebridge.reports.proof.verdict import Evidence, Verdict, judge

_ORDERS = (1, 2, 3, 4, 5, 6)
_EVEN = 0.02  # by which the ratios of neighbouring steps may differ
# two steps: the share of the gap that half the step leaves of an error of first order, with some of the second; and what is left
# where it is hardly an error of the step at all
_HALVED, _KEPT = 0.55, 0.8


def sources_of(given: Any) -> list[Any]:
    """One source a step: the parts of ``a.csv,b.csv,c.csv[:column]``, each with the column; of a sequence its items.

    A comma that belongs to the name of a file that exists is none that parts files.
    """
    if isinstance(given, (list, tuple)):
        return [part for each in given for part in sources_of(each)]
    if not isinstance(given, (str, Path)) or "," not in str(given) or Path(given).is_file():
        return [given]
    files, colon, column = str(given).rpartition(":")
    if not colon or "," in column or "/" in column:
        files, column = str(given), ""
    return [f"{file}:{column}" if column else file for file in _parted(files.split(","))]


def _parted(pieces: list[str]) -> list[str]:
    """The names that the pieces make, the longest that exist first."""
    found = []
    while pieces:
        joined = (n for n in range(len(pieces), 1, -1) if Path(",".join(pieces[:n])).is_file())
        count = next(joined, 1)
        found.append(",".join(pieces[:count]))
        pieces = pieces[count:]
    return found


def by_step(rungs: Sequence[Samples], name: str) -> tuple[Samples, ...]:
    """The samples from coarse to fine; DefinitionError where two have the same step."""
    steps = [float(np.median(np.diff(each.t_ms))) for each in rungs]
    order = np.argsort(steps)[::-1]
    for k, j in pairwise(order):
        if steps[k] < steps[j] * (1 + 1e-3):
            raise DefinitionError(
                f"recording {name}: {rungs[k].origin} and {rungs[j].origin} have the same step of {steps[j]:g} ms; "
                "recordings that are given together are of one experiment at different steps"
            )
    return tuple(rungs[k] for k in order)


def recorded_ladder(experiment: Experiment, exact: Solution, rungs: Sequence[ForeignRecording]) -> RecordedLadder:
    """Of recordings from coarse to fine; where one of them has no samples the exact solution stands in for all."""
    first, last = max(rung.own_ms[0] for rung in rungs), min(rung.own_ms[-1] for rung in rungs)

    def inside(times: Any) -> np.ndarray:
        return np.asarray(times)[(np.asarray(times) >= first) & (np.asarray(times) <= last)]

    on = np.all([rung.within for rung in rungs], axis=0)
    name, expected = experiment.observed, experiment.observed_of(exact.states)
    filled = (
        replace(
            rung, values={**rung.values, name: np.where(on, rung[name], expected)}, spike_times_ms=inside(rung.spike_times_ms)
        )
        for rung in rungs
    )
    return RecordedLadder(experiment, replace(exact, spike_times_ms=inside(exact.spike_times_ms)), tuple(filled))


@dataclass(frozen=True)
class RecordedLadder:
    """Recordings of one experiment, from coarse to fine."""

    experiment: Experiment
    exact: Solution
    rungs: tuple[ForeignRecording, ...]

    def judged(self, error: Score, spikes: tuple[int, int]) -> tuple[Verdict, str, Convergence | None]:
        """The verdict, one sentence a person can act on, and where the recordings lead.

        Parameters
        ----------
        error, spikes : of the coarsest
        """
        if any(rung.quantity != self.experiment.observed for rung in self.rungs):
            name = self.experiment.observed
            return Verdict.UNDECIDED, f"recordings at several steps are judged by {name}, which these do not all hold", None
        if len(self.rungs) == 2:
            return (*self._by_two(), None)
        found = self._convergence()
        step = f"dt = {short(self.rungs[0].dt_ms)} ms"
        order = None if found.order is None else round(found.order)
        verdict, because = judge(Evidence(self.rungs[0].dt_ms, step, order or None, None, error, spikes, found))
        if verdict in (Verdict.AGREE, Verdict.DISCRETISATION) and found.until_ms is None:
            known = quantity(found.uncertainty or 0.0, found.ladder.unit)
            because = f"{because}; its {len(self.rungs)} steps lead to the exact solution, known to {known}"
        return verdict, because, found

    def _convergence(self) -> Convergence:
        """Under the order that the recordings themselves show, where they show one."""
        found = self._refined(1)
        for order in _ORDERS[1:]:
            if found.order is not None and abs(found.order - order) < ORDER_TOLERANCE:
                return self._refined(order)
        return found

    def _refined(self, order: int) -> Convergence:
        scheme = EngineScheme(RECORDED, None, order, "samples as they were recorded")
        steps = [rung.dt_ms for rung in self.rungs]
        ratios = np.divide(steps[:-1], steps[1:])
        even = np.ptp(ratios) <= _EVEN * ratios[0]
        found = refine(self.experiment, self.exact, scheme, self.rungs, ratio=float(np.mean(ratios)))
        return found if even else replace(found, order=None)

    def _by_two(self) -> tuple[Verdict, str]:
        """The same neuron where the gap shrinks with the step as that of a scheme of first order does, or faster; another one
        where it hardly does."""
        coarse, fine, unit = self._gaps()
        steps = f"dt = {short(self.rungs[0].dt_ms)} and {short(self.rungs[1].dt_ms)} ms"
        if coarse is None or fine is None:
            return Verdict.UNDECIDED, f"at {steps} it has not as many spikes as the exact solution: {self._next}"
        first, last = (float(np.max(np.abs(x), initial=0.0)) for x in (coarse, fine))
        halvings = np.log2(self.rungs[0].dt_ms / self.rungs[1].dt_ms)
        said = f"at {steps} it is off by up to {quantity(first, unit)} and {quantity(last, unit)}"
        if last <= _HALVED**halvings * first + self._noise(unit):
            return Verdict.DISCRETISATION, f"{said}: the gap falls as integration error does, and two steps tell no more"
        if last > _KEPT * first + self._noise(unit):
            limit = f"its limit is about {quantity(last, unit)} from the exact solution"
            return Verdict.OTHER_LIMIT, f"{said}, which hardly falls with the step: {limit}"
        return Verdict.UNDECIDED, f"{said}, which falls more slowly than integration error does: {self._next}"

    @property
    def _next(self) -> str:
        return f"record at {self.rungs[-1].dt_ms / 2:.4g} ms too"

    def _gaps(self) -> tuple[np.ndarray | None, np.ndarray | None, str]:
        """Of the spikes, or of the waveform where there are none, coarse and fine, with their unit; None for another number of spikes."""
        truth = np.asarray(self.exact.spike_times_ms)
        trains = [np.asarray(rung.spike_times_ms) for rung in self.rungs]
        if self.rungs[0].tells_spikes and (len(truth) or any(map(len, trains))):
            first, second = (train - truth if len(train) == len(truth) else None for train in trains)
            return first, second, "ms"
        name, expected = self.experiment.observed, self.experiment.observed_of(self.exact.states)
        return self.rungs[0][name] - expected, self.rungs[1][name] - expected, self.rungs[0].units[name]

    def _noise(self, unit: str) -> float:
        """What the gaps are uncertain by: the exact solution's own error, and for resets on the grid a step each."""
        if unit != "ms":
            place = self.experiment.observed_index
            return float(self.exact.state_errors[place]) / self.experiment.model.factor(self.experiment.observed)
        resets = len(self.exact.spike_times_ms) if self.experiment.model.resets else 0
        return float(self.exact.spike_error_ms) + resets * self.rungs[-1].dt_ms
