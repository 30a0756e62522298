"""What a script has left: arrays by name, dictionaries and frames, Brian2's monitors, NEURON's vectors."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikebridge.bridge.engines.handed_over import handed_over

TIMES = ("t", "t_ms", "t_s", "time", "time_ms", "times", "ts", "tvec", "t_vec", "t_array")
_MOST = 64  # columns that one array or monitor is taken for
# Brian2's dimensions in the order m, kg, s, A, K, mol, cd
_UNITS = {
    (2, 1, -3, -1, 0, 0, 0): "V", (0, 0, 1, 0, 0, 0, 0): "s", (0, 0, 0, 1, 0, 0, 0): "A", (-2, -1, 3, 2, 0, 0, 0): "S",
    (-2, 0, 0, 1, 0, 0, 0): "A/m2", (-4, -1, 3, 2, 0, 0, 0): "S/m2", (-2, -1, 4, 2, 0, 0, 0): "F", (0, 0, -1, 0, 0, 0, 0): "1/s",
    (-3, 0, 0, 0, 0, 1, 0): "mol/m3", (0, 0, 0, 0, 0, 0, 0): "1",
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One quantity that was sampled: its name, how a person chooses it, its unit where that is known, shape (samples,)."""

    name: str
    label: str
    unit: str
    values: np.ndarray


@dataclass(frozen=True)
class Source:
    """Quantities that were sampled at the same times, which come first; ``kind`` says where, the surest kind first."""

    kind: str
    columns: tuple[Found, ...]


def sources(names: Mapping[str, Any], pointers: Mapping[str, str]) -> list[Source]:
    """All that can be read, in the order in which it is believed.

    Parameters
    ----------
    names : what the script has left in its namespace
    pointers : what NEURON's vectors record, by the name of the vector
    """
    own = {name: value for name, value in names.items() if not name.startswith("__")}
    given = {name: value.as_numpy() if _of_hoc(value) else value for name, value in handed_over().items()}
    found = list(_arrays(given, "sb.record", "")) if given else []
    found += _arrays(own, "names", "")
    for name, value in own.items():
        found += _held_in(name, value)
    for name, value in own.items():
        found += _monitor(name, value)
    return [*found, *_vectors(own, pointers)]


def _held_in(name: str, value: Any) -> Iterator[Source]:
    """A dictionary, such as what ``solve_ivp`` gives, or a frame of pandas, with times in it."""
    if isinstance(value, Mapping):
        yield from _arrays({str(key): each for key, each in value.items()}, "a dictionary", f"{name}.")
    elif type(value).__module__.startswith("pandas") and hasattr(value, "columns"):
        columns = {str(key): value[key].to_numpy() for key in value.columns}
        if value.index.name:
            columns.setdefault(str(value.index.name), value.index.to_numpy())
        yield from _arrays(columns, "a frame", f"{name}.")


def _arrays(names: Mapping[str, Any], kind: str, prefix: str) -> Iterator[Source]:
    """A source for each array of times, with all arrays as long beside it."""
    known = {name: array for name, value in names.items() if (array := _array(value)) is not None}
    for name in sorted((n for n in known if _of_time(n)), key=lambda n: TIMES.index(n.lower())):
        unit, times = known[name]
        if times.ndim != 1 or len(times) < 2:
            continue
        columns = [
            column for other, (u, values) in known.items() if not _of_time(other) for column in _split(other, u, values, len(times), prefix)
        ]  # fmt: skip
        if columns:
            plain = "t_ms" if name.lower().endswith("_ms") else "t_s" if name.lower() == "t_s" else "t"
            yield Source(kind, (Found(plain, prefix + name, unit, times), *columns))


def _of_time(name: str) -> bool:
    return name.lower() in TIMES


def _split(name: str, unit: str, values: np.ndarray, samples: int, prefix: str) -> list[Found]:
    """One column, or one for each row or column of a table as long as the times."""
    if values.shape == (samples,):
        return [Found(name, prefix + name, unit, values)]
    if values.ndim != 2 or samples not in values.shape:
        return []
    rows = values.T if values.shape[0] == samples else values
    if len(rows) == 1:
        return [Found(name, prefix + name, unit, rows[0])]
    return [Found(f"{name}[{k}]", f"{prefix}{name}[{k}]", unit, row) for k, row in enumerate(rows[:_MOST])]


def _array(value: Any) -> tuple[str, np.ndarray] | None:
    """Unit, where it has one, and real numbers of one or two dimensions; None for what is none."""
    # a namespace holds objects that answer to anything, and some, such as numpy's r_, without end
    if not isinstance(value, (np.ndarray, list, tuple)) and not {"magnitude", "to_numpy"} & set(dir(type(value))):
        return None
    unit = _unit(value)
    try:
        plain = value.magnitude if hasattr(type(value), "magnitude") else value
        array = np.array(plain, dtype=float, copy=True)
    except Exception:
        return None
    return (unit, array) if array.ndim in (1, 2) and array.size > 1 else None


def _of_hoc(value: Any) -> bool:
    return type(value).__module__ == "hoc" and hasattr(value, "as_numpy")


def _unit(value: Any) -> str:
    """Of Brian2's quantities, Pint's and those of the package quantities; empty where there is none."""
    if hasattr(type(value), "magnitude"):
        units = getattr(value, "units", "")
        return f"{units:~C}" if type(units).__module__.startswith("pint") else str(getattr(value, "dimensionality", ""))
    dimensions = getattr(value, "dim", None)
    return "" if dimensions is None else _of_dimensions(dimensions)


def _of_dimensions(dimensions: Any) -> str:
    exponents = tuple(getattr(dimensions, "_dims", (0,) * 7))
    return _UNITS.get(exponents, "")


# simulators ------------------------------------------------------------------------------------------


def _monitor(name: str, value: Any) -> Iterator[Source]:
    """Of a StateMonitor: all it records, in SI units; what records spikes alone has no samples."""
    if not type(value).__module__.startswith("brian2.monitors.state"):
        return
    times = np.array(value.t, dtype=float)
    columns = [
        column
        for variable in value.record_variables
        for column in _split(
            variable, _of_dimensions(value.variables[variable].dim), np.array(getattr(value, variable), dtype=float).T,
            len(times), f"{name}.",
        )
    ]  # fmt: skip
    if len(times) > 1:
        yield Source("a monitor", (Found("t", f"{name}.t", "s", times), *columns))


def _vectors(names: Mapping[str, Any], pointers: Mapping[str, str]) -> Iterator[Source]:
    """NEURON's vectors with those of times that are as long; each under what it records, where that is known."""
    neuron = sys.modules.get("neuron")
    if neuron is None or not hasattr(neuron, "h"):
        return
    found = [_vector(neuron.h, label, vector, pointers) for label, vector in _labelled(neuron.h, names)]
    vectors = [each for each in found if len(each.values) > 1]
    for time in (each for each in vectors if each.name == "t"):
        others = [each for each in vectors if each.name != "t" and len(each.values) == len(time.values)]
        if others:
            yield Source("a vector", (time, *others))


def _labelled(h: Any, names: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """All vectors by the names that the script gives them; those that it does not name under NEURON's own."""
    kind = type(h.Vector())
    named = {v.hname(): name for name, v in names.items() if isinstance(v, kind) and v.hname().startswith("Vector[")}
    return [(named.get(vector.hname(), vector.hname()), vector) for vector in h.List("Vector")]


def _vector(h: Any, label: str, vector: Any, pointers: Mapping[str, str]) -> Found:
    values = np.array(vector.as_numpy(), dtype=float)
    name = pointers.get(vector.hname()) or _by_last(h, values) or label
    return Found(name, label, {"t": "ms", "v": "mV"}.get(name, ""), values)


def _by_last(h: Any, values: np.ndarray) -> str:
    """What a vector records whose last number is, to the bit, what is there when the run has ended: the time or a voltage."""
    if len(values) < 2:
        return ""
    last, steps = values[-1], np.diff(values)
    if steps.min() > 0 and abs(last - h.t) <= 1e-9 * abs(last):
        return "t"
    return "v" if any(segment.v == last for section in h.allsec() for segment in section) else ""
