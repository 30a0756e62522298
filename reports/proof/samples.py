"""Samples from elsewhere, of one quantity of the model and of what was recorded beside it: from a file, an array or Neo's signals."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.units import TIME_DIMENSION, Unit
from spikebridge.bridge.shown import shown
from spikebridge.reports.recordings.columns import Column, Table
from spikebridge.reports.recordings.neo_signals import is_neo, tables_of
from spikebridge.reports.recordings.registry import read_tables

LONGEST = 100  # durations of the experiment: a recording this long was read in another unit of time
_CLOSEST = 1e-9  # steps of the experiment: two samples nearer to each other than this are one
_SECONDS = "its times, which say no unit, are taken for seconds"


@dataclass(frozen=True)
class Samples:
    """A sampled quantity: times in ms, values in ``unit``, shapes (samples,).

    Attributes
    ----------
    name, origin : what it was called there, and where
    quantity : the state or definition of the model that it is; the experiment's observed signal where that is empty
    others : further quantities of the model by name, sampled at the same times, each with its unit
    remarks : what was taken for granted in reading them
    """

    t_ms: np.ndarray
    values: np.ndarray
    unit: str
    name: str
    origin: str
    quantity: str = ""
    others: Mapping[str, tuple[np.ndarray, str]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def covering_samples(source: Any, experiment: Experiment, name: str, columns: Sequence[str] = ()) -> Samples:
    """Samples as ``read_samples`` gives them, which have times in common with the experiment.

    Raises
    ------
    DefinitionError : they cannot be read, lie outside of the experiment, lie closer together than numbers can tell, or last so long
        that their unit of time must be another
    """
    samples = read_samples(source, experiment, name, columns)
    return covering(samples, experiment, f"recording {name}: {samples.origin}")


def covering(samples: Samples, experiment: Experiment, where: str) -> Samples:
    """Such samples with their unit, where they have times in common with the experiment; DefinitionError, as above, begins with where."""
    last = experiment.duration_ms
    unit = _unit(samples.unit, str(experiment.model.unit_of(samples.quantity or experiment.observed)), where)
    if samples.t_ms[-1] > LONGEST * last:
        raise DefinitionError(
            f"{where} lasts {samples.t_ms[-1]:g} ms, the experiment {last:g} ms; are its times in the unit that its header says?"
        )
    if np.sum((samples.t_ms > -1e-9 * last) & (samples.t_ms < last * (1 + 1e-9))) < 2:
        raise DefinitionError(
            f"{where} lasts from {samples.t_ms[0]:g} to {samples.t_ms[-1]:g} ms, the experiment from 0 to {last:g} ms: "
            "there must be two samples in common"
        )
    closest = int(np.argmin(np.diff(samples.t_ms)))
    if samples.t_ms[closest + 1] - samples.t_ms[closest] < _CLOSEST * experiment.dt_ms:
        between = samples.t_ms[closest + 1] - samples.t_ms[closest]
        raise DefinitionError(f"{where}: samples {closest + 1} and {closest + 2} are {between:.3g} ms apart; is that their time?")
    return replace(samples, unit=unit)


def read_samples(source: Any, experiment: Experiment, name: str, columns: Sequence[str] = ()) -> Samples:
    """Samples from ``FILE[:column]``, from Samples, or from a Neo block, segment or signal.

    Parameters
    ----------
    columns : what a file's columns are called, where it does not say so itself

    Raises
    ------
    DefinitionError : names the file and what is wrong in it
    """
    if isinstance(source, Samples):
        return checked(source)
    if is_neo(source):
        return checked(chosen_samples(tables_of(source), "", experiment, f"recording {name}: a Neo signal", "a Neo signal"))
    return checked(_from_file(str(source), experiment, name, columns))


def checked(samples: Samples) -> Samples:
    """Valid samples; DefinitionError names the first sample that is not, counted from 1."""
    where = samples.origin
    if len(samples.t_ms) < 2 or len(samples.t_ms) != len(samples.values):
        raise DefinitionError(f"{where}: expected at least two samples, as many as times")
    for what, values in (("time", samples.t_ms), ("value", samples.values)):
        if not np.all(np.isfinite(values)):
            k = int(np.argmin(np.isfinite(values)))
            raise DefinitionError(
                f"{where}: the {what} of sample {k + 1} is {values[k]:g}; times and values must be numbers in every row"
            )
    steps = np.diff(samples.t_ms)
    if not np.all(steps > 0):
        k = int(np.argmin(steps > 0))
        found = f"sample {k + 2} at {samples.t_ms[k + 1]:g} ms follows one at {samples.t_ms[k]:g} ms"
        raise DefinitionError(f"{where}: the times must increase; {found}")
    return samples


def _from_file(spec: str, experiment: Experiment, name: str, columns: Sequence[str]) -> Samples:
    text, column = spec, ""
    if not os.path.exists(spec) and ":" in spec:
        text, _, column = spec.rpartition(":")
    path = Path(text)
    where = f"recording {name}: {path}"
    if not os.path.exists(text):
        raise DefinitionError(f"{where}: no such file")
    try:
        return chosen_samples(read_tables(path, columns), column, experiment, where, path.name)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {str(error).removeprefix(f'{where}: ')}") from None


# which column is what --------------------------------------------------------------------------------


def chosen_samples(tables: Sequence[Table], asked: str, experiment: Experiment, where: str, origin: str) -> Samples:
    """The samples of the column that is asked for, of the observed signal, or of the first quantity of the model that there is."""
    model = experiment.model
    timed = [table for table in tables if table.time is not None]
    if not timed:
        raise DefinitionError(f"{where}: there is no column of times; call one t (ms)")
    table, column = _find(timed, asked, experiment, where)
    quantity = column.name if column.name in _variables(model) else ""
    of = model.unit_of(quantity or experiment.observed)
    time = table.time
    assert time is not None  # of the tables with one
    for each in (time, column):
        if each.fault:
            raise DefinitionError(f"{where}: {each.head}: {each.fault}")
    t_ms, remarks = _in_ms(time, experiment.duration_ms, where)
    unit = _unit(column.unit, str(of), f"{where}: {column.head}")
    others = {} if asked else _others(table, column, experiment, where)
    said = f"{origin}, column {column.head}" if column.head else origin
    return Samples(t_ms, column.values, unit, column.name, said, quantity, others, remarks)


def _find(tables: Sequence[Table], asked: str, experiment: Experiment, where: str) -> tuple[Table, Column]:
    every = [(table, column) for table in tables for column in table.others]
    wanted = [asked] if asked else [experiment.observed, *_variables(experiment.model)]
    for name in wanted:
        found = [each for each in every if each[1].head == name] or [each for each in every if each[1].name == name]
        if len(found) > 1:
            heads = ", ".join(column.head for _, column in found)
            raise DefinitionError(
                f"{where}: there are several columns {shown(name)}: {heads[:200]}; choose one with :{found[0][1].head}"
            )
        if found:
            return found[0]
    if not asked and len(every) == 1:
        return every[0]
    raise DefinitionError(
        f"{where}: there is no column {shown(wanted[0])}.{did_you_mean(wanted[0], [c.name or c.head for _, c in every])}"
    )


def _variables(model: Model) -> tuple[str, ...]:
    """What may be recorded of a model: its states, then its currents and other definitions."""
    return tuple(dict.fromkeys((*model.state_names, *model.definitions)))


def _others(table: Table, chosen: Column, experiment: Experiment, where: str) -> dict[str, tuple[np.ndarray, str]]:
    """Every other quantity of the model in the table, in numbers throughout and in a unit of that quantity."""
    model, found = experiment.model, {}
    for column in table.others:
        if column is chosen or column.name not in _variables(model) or len(column.values) != len(chosen.values):
            continue
        here = f"{where}: {column.head}"
        if column.fault or not np.all(np.isfinite(column.values)):
            fault = column.fault or f"the value of sample {int(np.argmin(np.isfinite(column.values))) + 1} is no number"
            raise DefinitionError(f"{here}: {fault}; one column alone is judged with :{chosen.name} behind the file's name")
        found[column.name] = (column.values, _unit(column.unit, str(model.unit_of(column.name)), here))
    return found


# units -----------------------------------------------------------------------------------------------


def _in_ms(time: Column, duration_ms: float, where: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Times in ms. Where no unit is written they are in ms, or in s where that comes closer to the experiment's duration."""
    if not time.unit:
        lasts = float(time.values[-1]) if len(time.values) else 0.0
        if 0 < lasts < duration_ms / np.sqrt(1000.0):
            return time.values * 1000.0, (_SECONDS,)
    in_ms = Unit.parse(_unit(time.unit, "ms", f"{where}: {time.head}"))
    if in_ms.dimension != TIME_DIMENSION:
        raise DefinitionError(f"{where}: {time.head}: expected a unit of time")
    return time.values * (in_ms.si / 1e-3), ()


def _unit(text: str, default: str, where: str) -> str:
    unit = text or default
    try:
        found = Unit.parse(unit)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}") from None
    if found.dimension != Unit.parse(default).dimension:
        raise DefinitionError(f"{where}: expected {default}, found {unit}")
    return unit
