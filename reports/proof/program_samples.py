"""What somebody's program has recorded, as samples of a model: which of all that it left is the signal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.program import Program, ProgramRun
from spikebridge.bridge.engines.program_findings import Found, Source
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.shown import ECHOED, plain
from spikebridge.reports.proof.samples import Samples, checked, chosen_samples, covering
from spikebridge.reports.recordings.columns import Column, Table

_VOLTAGES = ("v", "vm", "v_m", "voltage", "volts", "membrane_potential", "v_vec", "vec_v", "v_soma", "soma_v", "vs")
_LISTED = 8

Choice = tuple[Source, Found]


def program_samples(program: Program, run: ProgramRun, experiment: Experiment) -> Samples:
    """The samples of the observed signal, or of the quantity that was asked for.

    Raises
    ------
    DefinitionError : nothing was recorded, or several things that it could be; says what there is and how to choose
    """
    source, column = the_signal(program, run, (experiment.observed, *experiment.model.state_names, *experiment.model.definitions))
    observed = experiment.observed
    known = {*experiment.model.state_names, *experiment.model.definitions}
    name = column.name if column.name in known else observed
    time, *others = source.columns
    kept = [c for c in others if c is not column and c.name != name]
    columns = [_column(time, time.name), _column(column, name), *(_column(c, c.name) for c in kept)]
    origin = program.script.name
    samples = chosen_samples([Table(tuple(columns))], name, experiment, program.name, origin)
    beside = chosen_samples([Table(tuple(columns))], "", experiment, program.name, origin).others if name == observed else {}
    samples = checked(replace(samples, others=beside, origin=f"{origin}, {source.kind}: {plain(column.label, ECHOED)}"))
    return covering(_in_its_unit(samples, column, experiment), experiment, samples.origin)


def _column(found: Found, name: str) -> Column:
    head = Column.under(name, found.values)
    return Column(head.name, found.unit or head.unit, found.values, name)


def _in_its_unit(samples: Samples, column: Found, experiment: Experiment) -> Samples:
    """Voltages without a unit are in volts where that is where the neuron starts, and millivolts are not."""
    model, name = experiment.model, samples.quantity or experiment.observed
    if column.unit or str(model.unit_of(name)) != "mV" or name not in model.state_names or Column.under(column.name, []).unit:
        return samples
    start, first = model.initial_values[name] / model.factor(name), float(samples.values[0])
    if abs(start) >= 1 and abs(first * 1000 - start) * 10 < abs(first - start) and np.max(np.abs(samples.values)) < 1:
        said = "its voltages, which say no unit, are taken for volts"
        return replace(samples, unit="V", remarks=(*samples.remarks, said))
    return samples


def the_signal(program: Program, run: ProgramRun, wanted: Sequence[str]) -> Choice:
    """What was asked for, or the first of the wanted names that is there, with its source; DefinitionError where that is not clear."""
    every = [(source, column) for source in run.sources for column in source.columns[1:]]
    if not every:
        raise DefinitionError(
            "it left no times with samples beside them: leave arrays t and v, call spikebridge.record(t=..., v=...), or record with a "
            "StateMonitor or h.Vector()"
        )
    if program.column:
        return _one(program, [c for c in every if program.column in (c[1].label, c[1].name)], every)
    for found in _hits(every, wanted):
        return _one(program, found, every)
    return _one(program, every if len(every) == 1 else [], every)


def _hits(every: Sequence[Choice], wanted: Sequence[str]) -> Iterator[list[Choice]]:
    """What goes by the first name, then by what voltages are called, then by other names; within each the surest kind alone."""
    first = dict.fromkeys((wanted[0].lower(), *_VOLTAGES))
    tried: list[tuple[str, Callable[[str], str]]] = [
        (wanted[0], str),
        *((name, str.lower) for name in first),
        *((name, str) for name in wanted[1:]),
    ]
    for name, spelled in tried:
        found = [choice for choice in every if spelled(_plain(choice[1].name)) == name]
        if found:
            yield [choice for choice in found if choice[0].kind == found[0][0].kind]


def _plain(name: str) -> str:
    """Without a unit or a number behind it."""
    return Column.under(name.partition("[")[0], []).name


def _one(program: Program, found: Sequence[Choice], every: Sequence[Choice]) -> Choice:
    """The only one, or the first of several that hold the same numbers."""
    if found and all(np.array_equal(c.values, found[0][1].values, equal_nan=True) for _, c in found):
        return found[0]
    labels = [plain(c.label, 40) for _, c in (found or every)]
    listed = ", ".join(labels[:_LISTED]) + (f" and {len(labels) - _LISTED} more" if len(labels) > _LISTED else "")
    asked = f"there is no {plain(program.column, 40)} in it" if program.column and not found else "it is not clear what is meant"
    how = f"--program {program.name}={program.script.name}:{labels[0]}"
    raise DefinitionError(f"{asked}: it recorded {listed}; choose with {how}")
