"""A recording from elsewhere as one more engine: samples of the observed signal from a file or an array."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import Answer, EngineScheme, Job
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.expression import Name
from spikebridge.bridge.expressions.units import TIME_DIMENSION, Unit
from spikebridge.reference.integrate import NEURON
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import EXACT
from spikebridge.reference.spikes import upward_crossings

LONGEST = 100  # durations of the experiment: a recording this long was read in another unit of time
MAX_BYTES = 200_000_000
_TIMES = ("t", "time", "times", "t_ms", "time_ms")
# "v (mV)", "v [mV]", "v_mV", "v"
_HEADER = re.compile(r"^\s*(?P<name>.*?)\s*(?:[(\[]\s*(?P<unit>[^)\]]*)\s*[)\]]|_(?P<suffix>m?[Vs]|u[Vs]))?\s*$")


@dataclass(frozen=True)
class Samples:
    """A sampled variable: times in ms, values in ``unit``, shapes (samples,)."""

    t_ms: np.ndarray
    values: np.ndarray
    unit: str
    name: str
    origin: str


@dataclass(frozen=True)
class ForeignRecording(Recording):
    """A recording on the experiment's grid, with the samples as they were beside it, in the variable's own unit;
    ``tells_spikes`` where the spike rule is about that variable, so that its samples show them."""

    own_ms: np.ndarray = field(default_factory=lambda: np.array([]))
    own_values: np.ndarray = field(default_factory=lambda: np.array([]))
    tells_spikes: bool = True


class RecordingEngine:
    """Takes part under the name it is given; it has nothing to run."""

    about = "a recording from elsewhere"
    schemes: Mapping[str, EngineScheme] = {"recorded": EngineScheme("recorded", None, EXACT, "samples as they were recorded")}
    convention = NEURON
    precisions: tuple[Precision, ...] = tuple(Precision)
    module = ""

    def __init__(self, name: str, source: str | Path | Samples | Any) -> None:
        self.name, self.source = name, source

    def default_scheme(self, model: Model) -> str:
        return "recorded"

    def check(self, model: Model, scheme: EngineScheme) -> None:
        """Samples suit any model."""

    def prepare(self, experiment: Experiment, scheme: EngineScheme, refinement: int = 0) -> Job:
        return {"experiment": experiment}

    def execute(self, job: Job) -> Answer:
        """Read the samples; DefinitionError says what is wrong with them."""
        return {"samples": read_samples(self.source, job["experiment"], self.name)}

    def load(self, experiment: Experiment) -> None:
        """Read the samples before anything runs; DefinitionError where they cannot be or do not cover the experiment."""
        samples = read_samples(self.source, experiment, self.name)
        where, last = f"recording {self.name}: {samples.origin}", experiment.duration_ms
        if samples.t_ms[0] > 1e-6 * last:
            raise DefinitionError(f"{where} starts at {samples.t_ms[0]:g} ms, the experiment at 0 ms")
        if samples.t_ms[-1] < last * (1 - 1e-9):
            raise DefinitionError(
                f'{where} ends at {samples.t_ms[-1]:g} ms, the experiment at {last:g} ms; a shorter one is had with --duration "... ms"'
            )
        if samples.t_ms[-1] > LONGEST * last:
            raise DefinitionError(
                f"{where} lasts {samples.t_ms[-1]:g} ms, the experiment {last:g} ms; are its times in the unit that its header says?"
            )
        self.source = samples

    def twin(self, model: Model, scheme: EngineScheme) -> str | None:
        return None

    def slack(self, model: Model, scheme: EngineScheme, dt_ms: float) -> float:
        return 0.0

    def compiled(self, recording: Recording) -> bool:
        return False

    def read(self, experiment: Experiment, scheme: EngineScheme, answer: Answer) -> Recording:
        model, samples = experiment.model, answer["samples"]
        name, t_ms = experiment.observed, experiment.t_ms
        unit = model.unit_of(name)
        values = samples.values * (Unit.parse(samples.unit).si / unit.si)
        dt_ms = float(np.median(np.diff(samples.t_ms)))
        spikes = _spikes(experiment, samples.t_ms, values * model.factor(name))
        spikes = spikes[spikes <= experiment.duration_ms]
        error = interpolation_error(samples.t_ms, values)
        on_grid = bool(np.all(np.isin(np.round(t_ms / dt_ms, 6) % 1, (0.0, 1.0)))) and len(samples.t_ms) > 1
        notes = (
            f"read from {samples.origin}, sampled every {dt_ms:g} ms",
            "no interpolation" if on_grid else f"interpolated with an error of up to {error:.2g} {unit}",
        )
        inside = samples.t_ms <= experiment.duration_ms * (1 + 1e-9)
        return ForeignRecording(
            t_ms, {name: resampled(samples.t_ms, values, t_ms)}, {name: str(unit)}, spikes, spikes, self.name, "recorded",
            "recorded", dt_ms, 0.0, notes, samples.t_ms[inside], values[inside], _tells_spikes(experiment),
        )  # fmt: skip


def _tells_spikes(experiment: Experiment) -> bool:
    spike = experiment.model.spike
    return spike is not None and isinstance(spike.left, Name) and spike.left.id == experiment.observed


def _spikes(experiment: Experiment, t_ms: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Crossings of the model's level where that is about the recorded variable; of a variable that resets, its falls."""
    spike = experiment.model.spike
    if spike is None or not _tells_spikes(experiment):
        return np.array([])
    level = experiment.model.value(spike.right)
    if not spike.reset:
        return upward_crossings(t_ms, values - level)
    falls = np.flatnonzero(np.diff(values) < -0.25 * (level - values.min())) + 1
    return t_ms[falls]


def resampled(t_ms: np.ndarray, values: np.ndarray, at_ms: np.ndarray) -> np.ndarray:
    """Values at other times: exact where they coincide with samples, else by the cubic through the four around."""
    if len(t_ms) < 4:
        return np.interp(at_ms, t_ms, values)
    k = np.clip(np.searchsorted(t_ms, at_ms, side="right") - 1, 1, len(t_ms) - 3)
    nodes = np.stack([k - 1, k, k + 1, k + 2])
    x, y = t_ms[nodes], values[nodes]
    total = np.zeros(len(at_ms))
    for i in range(4):
        weight = np.ones(len(at_ms))
        for j in range(4):
            if j != i:
                weight *= (at_ms - x[j]) / (x[i] - x[j])
        total += weight * y[i]
    return total


def interpolation_error(t_ms: np.ndarray, values: np.ndarray) -> float:
    """A bound on what ``resampled`` misses: leaving out every other sample misses it by sixteen times as much."""
    if len(t_ms) < 9:
        return float(np.ptp(values))
    missed = np.abs(resampled(t_ms[::2], values[::2], t_ms[1::2]) - values[1::2])[2:-2]
    return float(np.max(missed, initial=0.0)) / 8  # twice the sixteenth


# reading -------------------------------------------------------------------------------------------------


def read_samples(source: Any, experiment: Experiment, name: str) -> Samples:
    """Samples from ``FILE[:column]``, from Samples, or from a Neo AnalogSignal.

    Raises
    ------
    DefinitionError : names the file and what is wrong in it
    """
    if isinstance(source, Samples):
        return _checked(source)
    if hasattr(source, "magnitude") and hasattr(source, "times"):
        unit = str(source.units.dimensionality)
        times = np.asarray(source.times.rescale("ms").magnitude, dtype=float)
        return _checked(
            Samples(times, np.asarray(source.magnitude, dtype=float).reshape(len(times), -1)[:, 0], unit, name, "a Neo signal")
        )
    return _checked(_from_file(str(source), experiment, name))


def _checked(samples: Samples) -> Samples:
    where = samples.origin
    if len(samples.t_ms) < 2 or len(samples.t_ms) != len(samples.values):
        raise DefinitionError(f"{where}: expected at least two samples, as many as times")
    if not (np.all(np.isfinite(samples.t_ms)) and np.all(np.isfinite(samples.values))):
        raise DefinitionError(f"{where}: times and values must be numbers in every row")
    if not np.all(np.diff(samples.t_ms) > 0):
        raise DefinitionError(f"{where}: the times must increase")
    return samples


def _from_file(spec: str, experiment: Experiment, name: str) -> Samples:
    text, column = spec, ""
    if not Path(spec).is_file() and ":" in spec:
        text, _, column = spec.rpartition(":")
    path = Path(text)
    if not path.is_file():
        raise DefinitionError(f"recording {name}: {path}: no such file")
    if path.stat().st_size > MAX_BYTES:
        raise DefinitionError(f"recording {name}: {path}: files of up to {MAX_BYTES / 1e6:g} MB are read")
    try:
        columns = _columns(path)
    except ImportError:
        raise DefinitionError(
            f"recording {name}: {path}: Parquet files need pyarrow; install it with: pip install 'spikebridge[parquet]'"
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise DefinitionError(f"recording {name}: {path}: {str(error).splitlines()[0][:200]}") from None
    heads = {head: _head(head) for head in columns}
    time = next((head for head, (plain, _) in heads.items() if plain.lower() in _TIMES), None)
    if time is None:
        raise DefinitionError(f"recording {name}: {path}: there is no column of times; call one t (ms)")
    others = [head for head in columns if head != time]
    wanted = column or experiment.observed
    chosen = next((head for head in others if wanted in (head, heads[head][0])), None)
    if chosen is None and not column and len(others) == 1:
        chosen = others[0]
    if chosen is None:
        raise DefinitionError(
            f"recording {name}: {path}: there is no column {wanted!r}.{did_you_mean(wanted, [heads[h][0] for h in others])}"
        )
    unit = _unit(heads[chosen][1], str(experiment.model.unit_of(experiment.observed)), f"recording {name}: {path}: {chosen}")
    in_ms = Unit.parse(_unit(heads[time][1], "ms", f"recording {name}: {path}: {time}"))
    if in_ms.dimension != TIME_DIMENSION:
        raise DefinitionError(f"recording {name}: {path}: {time}: expected a unit of time")
    return Samples(columns[time] * (in_ms.si / 1e-3), columns[chosen], unit, heads[chosen][0], f"{path.name}, column {chosen}")


def _columns(path: Path) -> dict[str, np.ndarray]:
    if path.suffix == ".npz":
        if not zipfile.is_zipfile(path):
            raise ValueError("this is no .npz file that numpy.savez has written")
        with np.load(path, allow_pickle=False) as archive:
            return {key: np.asarray(archive[key], dtype=float).ravel() for key in archive.files}
    import pandas as pd

    if path.suffix not in (".csv", ".txt", ".parquet"):
        raise ValueError("expected a .csv, .parquet or .npz file")
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, comment="#")
    return {str(head): pd.to_numeric(table[head], errors="coerce").to_numpy(dtype=float) for head in table.columns}


def _head(text: str) -> tuple[str, str]:
    match = _HEADER.match(text)
    assert match is not None  # every text matches
    return match["name"], match["unit"] or match["suffix"] or ""


def _unit(text: str, default: str, where: str) -> str:
    unit = text or default
    try:
        found = Unit.parse(unit)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}") from None
    if found.dimension != Unit.parse(default).dimension:
        raise DefinitionError(f"{where}: expected {default}, found {unit}")
    return unit
