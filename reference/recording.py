"""What a run gives back, in one convention whichever engine ran.

N + 1 samples from t = 0 to t = N dt; at a reset the sample holds the value after it; a spike is the
interpolated upward crossing, and the label the engine itself gave is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spikebridge.reference.upstairs import Shown, upstairs


class RecordingError(ValueError):
    """A recording whose parts do not fit together."""


@dataclass(frozen=True)
class Recording(Shown):
    """A run of one experiment; ``recording["v"]`` is what was recorded of a variable.

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
    experiment : what was run; None where that is not known
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
    experiment: Any = field(default=None, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        for name, samples in self.values.items():
            if len(samples) != len(self.t_ms):
                raise RecordingError(f"{self.engine}: {name} has {len(samples)} samples at {len(self.t_ms)} times")
        if set(self.units) != set(self.values):
            raise RecordingError(f"{self.engine}: units are given for {sorted(self.units)}, values for {sorted(self.values)}")

    def __getitem__(self, name: str) -> np.ndarray:
        if not isinstance(name, str) or name not in self.values:
            raise RecordingError(f"{self.engine}: {name!r:.200} was not recorded; there are {', '.join(self.values)}")
        return self.values[name]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.values)

    def __repr__(self) -> str:
        symbols = [name if unit == "1" else f"{name} ({unit})" for name, unit in self.units.items()]
        more = f" and {len(symbols) - 8} more" if len(symbols) > 8 else ""
        of = f" of {self.experiment.name}" if self.experiment is not None else ""
        first = f"{of:.60}: {f'{self.engine} {self.version}, {self.scheme}':.100}, dt = {self.dt_ms:g} ms; {self.counted_spikes}"
        second = f"{len(self.t_ms)} samples of {', '.join(symbols[:8]):.200}{more}"
        return f"<Recording{_printable(first)}\n {_printable(second)}>"

    @property
    def counted_spikes(self) -> str:
        """How many there are, in words."""
        trains = self.spike_times_ms if isinstance(self.spike_times_ms, tuple) else (self.spike_times_ms,)
        number = sum(map(len, trains))
        return f"{number} spike{'' if number == 1 else 's'}"

    def to_frame(self) -> Any:
        """A pandas DataFrame, one row a sample: index ``t_ms``, columns ``v (mV)``, ``m`` as in the files that are written."""
        return upstairs("recording_frame")(self)

    def plot(self, *variables: str) -> Any:
        """A matplotlib Figure: what was recorded against time, a pair of axes for each unit, the spikes, the stimulus below.

        Parameters
        ----------
        variables : those to draw; all by default
        """
        return upstairs("recording_figure")(self, variables)

    def to_neo(self) -> Any:
        """A Neo Block of one segment: an AnalogSignal a variable, a SpikeTrain a neuron; Neo is an extra and may be missing."""
        return upstairs("recording_block")(self)


def _printable(text: str) -> str:
    """Without what a terminal would obey: names may be somebody else's."""
    return "".join(c if c.isprintable() else "?" for c in text)
