"""How far single precision takes a run: the reference in it, beside itself in double precision under the same scheme.

No number but one is chosen: the roundings of an engine fall otherwise than the reference's, and may add up to more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.reference_engine import stepped
from spikebridge.bridge.system import build_system
from spikebridge.reference.integrate import Convention
from spikebridge.reference.schemes import Scheme, SchemeError
from spikebridge.reports.metrics.matching import shared_spikes

# what was seen of one run, for all of them
_OTHER_ROUNDINGS = 4.0


@dataclass(frozen=True)
class Drift:
    """What round-off may have done to a run in single precision by any time.

    Attributes
    ----------
    expected_ms : the spikes of the run in double precision
    spikes_ms : how far each of them may be moved; infinite from where it is no longer the same spike
    states : how far the samples of each variable may be, coherent, shape (variables, samples); never falling
    """

    expected_ms: np.ndarray
    spikes_ms: np.ndarray
    states: np.ndarray

    def of_first(self, count: int) -> float:
        """The furthest of the first ``count`` spikes, in ms."""
        return float(np.max(self.spikes_ms[:count], initial=0.0)) if count <= len(self.spikes_ms) else float("inf")


def drift(experiment: Experiment, scheme: str | Scheme, convention: Convention, starts: Sequence[int] = (0,)) -> Drift | None:
    """Measured on runs in single precision beside one in double; None where one of them does not get to the end.

    Parameters
    ----------
    scheme : of the reference
    convention : how the simulator that the runs stand for counts refractory steps
    starts : how many roundings from its place each run starts: every one is another draw of all roundings
    """
    single, double = (build_system(experiment.model, dtype=dtype) for dtype in (np.float32, np.float64))
    epsilon = np.finfo(np.float32).eps
    moved = [tuple(np.float32(x * (1 + k * epsilon)) for x in single.initial) for k in starts]
    try:
        true, *runs = [
            stepped(experiment, system, scheme, convention)
            for system in (double, *(replace(single, initial=start) for start in moved))
        ]
    except (SchemeError, ArithmeticError, ValueError):
        return None
    expected = np.asarray(true.spike_times_ms)
    shifts = np.max([_shifts(np.asarray(run.spike_times_ms), expected) for run in runs], axis=0)
    parted = np.max([np.abs(run.states - true.states) for run in runs], axis=0)
    return Drift(
        expected, _OTHER_ROUNDINGS * np.maximum.accumulate(shifts), _OTHER_ROUNDINGS * np.maximum.accumulate(parted, axis=1)
    )


def _shifts(spikes: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Of every spike that is still the same; infinite from the first that is not."""
    shared = shared_spikes(expected, [spikes])
    shifts = np.full(len(expected), np.inf)
    shifts[:shared] = np.abs(spikes[:shared] - expected[:shared])
    return shifts
