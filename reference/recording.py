"""What a run gives back, in one convention whichever engine ran.

N + 1 samples from t = 0 to t = N dt; at a reset the sample holds the value after it; a spike is the
interpolated upward crossing, and the label the engine itself gave is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


class RecordingError(ValueError):
    """A recording whose parts do not fit together."""


@dataclass(frozen=True)
class Recording:
    """A run of one experiment.

    Attributes
    ----------
    t_ms : sample times, shape (samples,)
    values : one array per recorded variable, shape (samples,) or (samples, neurons)
    units : the unit of each, as written in the definition
    spike_times_ms : interpolated upward crossings; a tuple of arrays where there are several neurons
    raw_spike_times_ms : as the engine labels them
    engine, version, scheme : who computed it, and how
    dt_ms : step of a fixed-step scheme, sampling interval of an adaptive one
    wall_s : time the integration took, without imports and builds
    notes : what the engine did that a reader should know
    """

    t_ms: np.ndarray
    values: Mapping[str, np.ndarray]
    units: Mapping[str, str]
    spike_times_ms: np.ndarray | tuple[np.ndarray, ...]
    raw_spike_times_ms: np.ndarray | tuple[np.ndarray, ...]
    engine: str
    version: str
    scheme: str
    dt_ms: float
    wall_s: float = 0.0
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for name, samples in self.values.items():
            if len(samples) != len(self.t_ms):
                raise RecordingError(f"{self.engine}: {name} has {len(samples)} samples at {len(self.t_ms)} times")
        if set(self.units) != set(self.values):
            raise RecordingError(f"{self.engine}: units are given for {sorted(self.units)}, values for {sorted(self.values)}")

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.values:
            raise RecordingError(f"{self.engine}: {name!r} was not recorded; there are {', '.join(self.values)}")
        return self.values[name]
