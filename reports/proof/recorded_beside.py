"""What was recorded beside the signal that a verdict is about: is it what the same neuron has under the same scheme?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.errors import BridgeError
from spikebridge.bridge.system import build_system
from spikebridge.reference.exact import Solution
from spikebridge.reference.integrate import BRIAN2, NEURON, integrate
from spikebridge.reference.schemes import INTEGRATORS
from spikebridge.reports.metrics.numbers import quantity, short
from spikebridge.reports.proof.foreign_recording import ForeignRecording, signal_of
from spikebridge.reports.proof.written_digits import resolution

_ROUND_OFF = 1e-7  # of the range, as for the signal itself
_LATE = (-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2)  # steps

Near = Mapping[str, np.ndarray]  # by quantity: values near each sample, shape (len(_LATE), samples)


@dataclass(frozen=True)
class Stray:
    """A quantity that no arithmetic gives which gives the signal: by how much it is off at most, and from when on."""

    name: str
    unit: str
    distance: float
    since_ms: float

    def __str__(self) -> str:
        return (
            f"its {self.name} is another, off by up to {quantity(self.distance, self.unit)} from t = {short(self.since_ms)} ms on"
        )


def strays(experiment: Experiment, exact: Solution, recording: ForeignRecording) -> list[Stray] | None:
    """What was recorded beside the signal and is not what the exact solution, nor any scheme that gives the signal, has for it;
    it strays from the nearest of them. None where neither gives the signal, and nothing can be said.

    Two steps are allowed for: programs note currents and gates at different moments within a step, and label them a step late.
    """
    if not recording.others:
        return []
    candidates = list(_candidates(experiment, exact, recording))
    if not candidates:
        return None
    found = (min((_stray(recording, name, near) for near in candidates), key=lambda s: s.distance) for name in recording.others)
    return [stray for stray in found if stray.distance > 0]


def _candidates(experiment: Experiment, exact: Solution, recording: ForeignRecording) -> Iterator[Near]:
    """What the signal and everything beside it is near each sample, in the exact solution and under each scheme, where the signal is
    what was recorded."""
    for own, states in _runs(experiment, exact, recording):
        names = [recording.quantity, *recording.others]
        try:
            values = {name: signal_of(own, states, name) for name in names}
        except BridgeError:  # the run has left the numbers
            continue
        near = {
            name: np.stack([np.interp(recording.own_ms + late * recording.dt_ms, own.t_ms, x) for late in _LATE])
            for name, x in values.items()
        }
        if _gives(near[recording.quantity], recording):
            yield near


def _runs(experiment: Experiment, exact: Solution, recording: ForeignRecording) -> Iterator[tuple[Experiment, np.ndarray]]:
    """The exact solution, then a run of each scheme at the recording's step where the experiment is a whole number of those."""
    yield experiment, exact.states
    try:
        own = experiment.at_dt(recording.dt_ms)
    except BridgeError:
        return
    system = build_system(own.model)
    for scheme in INTEGRATORS:
        for convention in (NEURON, BRIAN2) if own.model.resets else (NEURON,):
            with suppress(ArithmeticError, ValueError):
                yield own, integrate(system, scheme, own.duration_ms, own.dt_ms, own.drive, convention, own.arrivals).states


def _gives(near: np.ndarray, recording: ForeignRecording) -> bool:
    """Whether the signal was recorded to round-off, but for values before a reset."""
    limit = _ROUND_OFF * float(np.ptp(recording.own_values)) + resolution(recording.own_values)
    at_one_label = np.median(np.abs(near[[_LATE.index(k) for k in (-1, 0, 1)]] - recording.own_values), axis=1)
    return bool(np.min(at_one_label) <= limit or _beyond(near, recording.own_values).max() == 0)


def _stray(recording: ForeignRecording, name: str, near: Near) -> Stray:
    beyond = _beyond(near[name], recording.others[name])
    since = float(recording.own_ms[int(np.argmax(beyond > 0))])
    return Stray(name, recording.units[name], float(beyond.max()), since)


def _beyond(near: np.ndarray, own: np.ndarray) -> np.ndarray:
    """How far samples lie outside of what is near them, shape (samples,)."""
    spread = 1e-6 * float(np.ptp(near)) + resolution(own)
    return np.maximum(np.maximum(near.min(axis=0) - spread - own, own - near.max(axis=0) - spread), 0.0)


def with_what_is_beside(because: str, recording: ForeignRecording, found: Sequence[Stray] | None) -> str:
    """The sentence about the signal, and what there is to say of all else."""
    if found:
        return f"{because}; but {'; '.join(map(str, found))}"
    if recording.others and found is not None:
        names = list(recording.others)
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return f"{because}; its {listed} {'fits' if len(names) == 1 else 'fit'} too"
    return because
