"""What a difference of two definitions does to a run: both exactly, under one experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import default_experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.engines.reference_engine import exact_solution
from spikebridge.bridge.errors import UsageError
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.units import Unit
from spikebridge.reference.exact import Solution
from spikebridge.reports.proof.equivalence.difference import Difference
from spikebridge.reports.proof.verdict import Verdict


@dataclass(frozen=True)
class BothRuns:
    """Two exact solutions under one experiment, and how far they are apart.

    Attributes
    ----------
    spikes : of A and of B, in ms, shape (spikes,) each
    error_ms : to which spikes are known
    apart : largest difference of the observed signals, in ``unit``
    error : to which those are known
    parted_ms : when they are first further apart than they are known; None where they never are
    given : conductances that are 0 in both, and what they were run with
    """

    experiment: Experiment
    spikes: tuple[np.ndarray, np.ndarray]
    error_ms: float
    apart: float
    error: float
    unit: str
    parted_ms: float | None
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """Of the two limits, which exact solutions are."""
        return Verdict.AGREE if self.parted_ms is None else Verdict.OTHER_LIMIT


def run_both(found: Difference) -> BothRuns:
    """Solve both definitions exactly under A's experiment; a mechanism runs in its patch.

    Raises
    ------
    DefinitionError : B cannot be driven as A is
    UsageError : one is a mechanism and the other a whole neuron
    ExactError : there is no exact solution, and why
    """
    if bool(found.a.reads) != bool(found.b.reads):
        raise UsageError("--run: a mechanism and a whole neuron have no run in common; put it into a neuron, and compare those")
    models, given = _flowing(found)
    of_a = default_experiment(models[0])
    of_b = replace(of_a, model=models[1], observed="", record=())
    first, second = exact_solution(of_a), exact_solution(of_b)
    one, other = of_a.observed_of(first.states), of_b.observed_of(second.states)
    error = 10 * (_error(of_a, first) + _error(of_b, second)) + 1e-9 * float(np.ptp(one))
    apart = np.abs(one - other)
    parted = np.flatnonzero(~(apart <= error))
    return BothRuns(
        of_a, (np.asarray(first.spike_times_ms), np.asarray(second.spike_times_ms)), first.spike_error_ms + second.spike_error_ms,
        float(np.max(apart)), error, str(of_a.model.unit_of(of_a.observed)), float(first.t_ms[parted[0]]) if len(parted) else None, given,
    )  # fmt: skip


def _flowing(found: Difference) -> tuple[tuple[Model, Model], dict[str, str]]:
    """What runs, with conductances that are 0 in both, as those of a mechanism are until somebody sets them, at a usual value."""
    names, a, b = found.pairing.names, found.a, found.b
    still = [n for n in a.parameters if names.get(n) in b.parameters and a.default(n) == 0 == b.default(names[n])]
    given = {n: usual for n in still if (usual := _usual(a.unit(n)))}
    return (
        a.whole.with_parameters(given),
        b.whole.with_parameters({names[n]: value for n, value in given.items() if _usual(b.unit(names[n]))}),
    ), given


def _usual(unit: Unit) -> str:
    """A conductance in that unit which a neuron could have; empty for other units."""
    for usual in (Quantity(1.0, Unit.parse("mS/cm2")), Quantity(0.01, Unit.parse("uS"))):
        if unit.dimension == usual.unit.dimension:
            return str(usual)
    return ""


def _error(experiment: Experiment, solution: Solution) -> float:
    """To which the observed signal of an exact solution is known, in its unit."""
    return float(np.max(np.abs(experiment.observed_of(solution.state_errors[:, None]))))
