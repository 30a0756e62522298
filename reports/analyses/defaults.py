"""Where an analysis looks when it is not told: currents, times and ranges of a model's own size.

The experiment that a model's file carries says how strongly it is driven and how fast it fires; the linearisation where it starts
says which current moves its voltage.
"""

from __future__ import annotations

import numpy as np

from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import run_one
from spikebridge.bridge.errors import DefinitionError, NotRun
from spikebridge.reference.recording import Recording
from spikebridge.reports.analyses.field import Field, held_steady
from spikebridge.reports.analyses.response import EXACT
from spikebridge.reports.analyses.subject import Subject, experiment_of, model_of

_NICE = np.array([1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0])
_GRID = 301  # voltages at which the resting current is looked at
_FAR = 100.0  # times a current that does something: beyond it nobody looks
_MARGIN = 0.15  # of a range, at either end


def nice(value: float) -> float:
    """The round number above: 1, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten."""
    ten = 10.0 ** np.floor(np.log10(value))
    return float(f"{ten * _NICE[np.searchsorted(_NICE, value / ten * (1 - 1e-9))]:.3g}")


def usual_run(subject: Subject) -> Recording:
    """The subject's own experiment, on the reference; by the exact solution where fixed steps fail."""
    experiment, engine = experiment_of(subject), find_engine("reference")
    try:
        return run_one(experiment, engine, find_scheme(engine, None, experiment.model))
    except NotRun:  # steps too long for equations so stiff
        return run_one(experiment, engine, find_scheme(engine, EXACT, experiment.model))


def usual_current(subject: Subject) -> float:
    """The strongest current of the subject's experiment, in the unit in which the model is driven; 0 where it has none."""
    experiment = experiment_of(subject)
    seen = experiment.seen / experiment.model.factor(STIMULUS)
    return float(f"{seen[np.argmax(np.abs(seen))]:.12g}")


def pace_ms(subject: Subject) -> float:
    """The median interval between the spikes of the subject's experiment; a tenth of its duration where there are too few."""
    times = usual_run(subject).spike_times_ms
    several = not isinstance(times, tuple) and len(times) > 2
    return float(np.median(np.diff(np.asarray(times)))) if several else 0.1 * experiment_of(subject).duration_ms


def some_current(subject: Subject) -> float:
    """A current above 0 that does something: the usual one, else what displaces the rest by 10 mV, or by 1 where it has no unit."""
    usual = abs(usual_current(subject))
    model = model_of(subject)
    if usual or model.discrete:
        return usual or 1.0
    field = Field(model)
    scanned = field.scanned
    _, slopes, drive = field.linearised(field.start, 0.0, field.unit)
    if not abs(drive[scanned]) > 0:
        raise DefinitionError(
            f"{model.name}: its stimulus does not drive {model.state_names[scanned]}, so no current does anything"
        )
    found = field.scale[scanned] * max(abs(slopes[scanned, scanned]), 1e-3) / abs(drive[scanned]) / field.unit
    return nice(float(found))


def own_range(subject: Subject, variable: str, also: tuple[float, ...] = ()) -> tuple[float, float]:
    """What a variable goes through in the subject's experiment and the values ``also``, with a margin, in its own unit."""
    experiment = experiment_of(subject)
    run = usual_run(subject)
    values = [*also, experiment.model.initial_values[variable] / experiment.model.factor(variable)]
    if variable in run.values:
        values += [float(np.min(run[variable])), float(np.max(run[variable]))]
    low, high = min(values), max(values)
    wide = _MARGIN * (high - low or max(abs(high), 1.0))
    return low - wide, high + wide


def range_of(subject: Subject, parameter: str = STIMULUS) -> tuple[float, float]:
    """Of the stimulus, from 0 to beyond where rest gains or loses stability; of a parameter, from half its value to 1.5 times it.

    Raises
    ------
    DefinitionError : a parameter that is 0 has no size of its own
    """
    model = model_of(subject)
    field = Field(model, parameter)
    if parameter != STIMULUS:
        present = field.present / field.unit
        if not present:
            raise DefinitionError(f"{model.name}: {parameter} is 0, which says nothing about its range; give low and high")
        low, high = sorted((0.5 * present, 1.5 * present))
        return low, high
    far = _FAR * some_current(subject)
    turns = [x for x in _turns(field, own_range(subject, model.state_names[field.scanned])) if abs(x) < far]
    values = [0.0, usual_current(subject), *turns] if turns else [0.0, 2.0 * some_current(subject)]
    return _rounded(min(values), 1.1 * max(values))


def _rounded(low: float, high: float) -> tuple[float, float]:
    return (-nice(-1.1 * low) if low < 0 else 0.0), (nice(high) if high > 0 else 0.0)


def _turns(field: Field, voltages: tuple[float, float]) -> list[float]:
    """Constant currents at which the rest at some voltage of that range changes its stability, in the unit of the stimulus."""
    held = np.linspace(*voltages, _GRID) * field.units[field.scanned]
    states = held_steady(field, held, 0.0)
    rates, driven = (field(states, p)[field.scanned] for p in (0.0, field.unit))
    with np.errstate(all="ignore"):
        current = -rates / (driven - rates)
        good = np.flatnonzero(np.isfinite(current))
        jacobians = np.moveaxis(field.jacobian(states[:, good], current[good] * field.unit), -1, 0)
    fine = np.all(np.isfinite(jacobians), axis=(1, 2))
    growth = np.max(np.linalg.eigvals(jacobians[fine]).real, axis=1)
    changes = np.flatnonzero(growth[1:] * growth[:-1] < 0)
    return [float(x) for x in current[good][fine][changes]]


def clamped_voltages(model: Model, rest: float) -> np.ndarray:
    """Commands of a voltage clamp, shape (commands,): from 30 mV below the rest to 110 mV above it, by 10 mV, in the voltage's unit."""
    field = Field(model)
    step = field.scale[field.scanned] / field.units[field.scanned]
    return np.round(rest / step) * step + step * np.arange(-3.0, 12.0)
