"""Samples of one variable from elsewhere: from a file, an array or a Neo signal."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.units import TIME_DIMENSION, Unit
from spikebridge.bridge.shown import shown

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


def covering_samples(source: Any, experiment: Experiment, name: str) -> Samples:
    """Samples as ``read_samples`` gives them, which cover the experiment.

    Raises
    ------
    DefinitionError : they cannot be read, start late, end early, or last so long that their unit of time must be another
    """
    samples = read_samples(source, experiment, name)
    where, last = f"recording {name}: {samples.origin}", experiment.duration_ms
    unit = _unit(samples.unit, str(experiment.model.unit_of(experiment.observed)), where)
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
    return replace(samples, unit=unit)


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
            f"recording {name}: {path}: there is no column {shown(wanted)}.{did_you_mean(wanted, [heads[h][0] for h in others])}"
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
