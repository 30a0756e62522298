"""What becomes of faults seeded into translated text: found, and blamed on which variable, or not. Held exactly."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from benchmarks.mutations import Fate, Outcome, outcomes
from spikebridge.bridge.definition.model_file import catalogue
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.worker import Worker
from tests.frozen.moved import FOLDER, Begin, Looked, Moved, Tell
from tests.frozen.table import Columns, Key, Row, differences, numbered, read_table, renewed, write_table

KIND = "mutations"
ENGINES = ("neuron", "brian2_numpy")
COLUMNS = Columns(("model", "fault"), ("outcome",))
# fewer and shorter than the benchmark's: Brian2's numpy code takes a second for each
FAULTS, STEPS = 3, 1000


def path_of(engine: str, folder: Path = FOLDER) -> Path:
    """The table of an engine."""
    return folder / KIND / f"{engine}.csv"


def rows_of(found: Sequence[Outcome]) -> dict[Key, Row]:
    """A row a fault; of two faults of one name the second is numbered."""
    names = numbered(outcome.fault for outcome in found)
    return {(outcome.model, name): (_said(outcome),) for outcome, name in zip(found, names, strict=True)}


def _said(outcome: Outcome) -> str:
    return f"{outcome.fate}, blamed on {outcome.blamed}" if outcome.fate is Fate.DETECTED else str(outcome.fate)


def _difference(key: Key, then: Row, now: Row) -> str:
    return "" if then == now else f"was {then[0]}, is {now[0]}"


def look(
    models: Collection[str] | None, update: bool, tell: Tell, begin: Begin = lambda name: None, folder: Path = FOLDER
) -> Looked:
    """Seed the faults of these models, or of the whole catalogue; ``update`` writes what moved."""
    chosen = [name for name in catalogue() if models is None or name in models]
    moved: list[Moved] = []
    compared = 0
    for engine in ENGINES if chosen else ():
        found, failures = _seeded(engine, chosen, begin)
        wanted = None if models is None else set(chosen)
        changes = held(engine, found, wanted, {failure.subject for failure in failures}, update, folder)
        moved += [*failures, *changes]
        compared += len(found)
    for each in moved:
        tell(each)
    return Looked(KIND, compared, tuple(moved))


def _seeded(engine_name: str, models: Sequence[str], begin: Begin) -> tuple[dict[Key, Row], list[Moved]]:
    """What became of every fault, and the models whose untouched translation does not even run."""
    engine = find_engine(engine_name)
    found: dict[Key, Row] = {}
    failures = []
    with Worker(engine.module, stays=True) as worker:
        for name in models:
            begin(f"{name} on {engine_name}")
            first, *others = outcomes(name, engine, worker, FAULTS, STEPS)
            if first.fate is Fate.NOT_RUN:
                failures.append(Moved(name, f"{engine_name}: not run: {first.reason}", ran=False))
            else:
                found |= rows_of([first, *others])
    return found, failures


def held(
    engine: str, now: Mapping[Key, Row], models: Collection[str] | None, not_run: Collection[str], update: bool, folder: Path
) -> list[Moved]:
    """What moved of an engine's table, of these models or of all; of those that did not run nothing is said."""
    kept = read_table(path_of(engine, folder), COLUMNS)
    here = {key: row for key, row in kept.items() if (models is None or key[0] in models) and key[0] not in not_run}
    changes = differences(here, now, _difference)
    if update and changes:
        others = {key: row for key, row in kept.items() if key not in here}
        every = others | renewed(here, now, changes)
        write_table(path_of(engine, folder), COLUMNS, dict(sorted(every.items(), key=lambda item: item[0][0])))
    return [Moved(f"{model} on {engine}, {fault}", said) for (model, fault), said in changes.items()]
