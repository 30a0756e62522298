"""The agreement grid: every model on every engine under every scheme, one verdict a cell."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.engines.base import Engine, EngineScheme, Occasion
from spikebridge.bridge.engines.registry import engines_for, find_engine
from spikebridge.bridge.engines.running import Runner
from spikebridge.bridge.engines.worker import LIMIT_S
from spikebridge.bridge.errors import BridgeError, TranslationError
from spikebridge.reference.exact import ExactError
from spikebridge.reports.proof.comparison import Comparison, compare
from spikebridge.reports.proof.entry import Entry
from spikebridge.reports.proof.taking_part import taking_part
from spikebridge.reports.proof.translation_proof import MATCH
from spikebridge.reports.proof.verdict import FINE, Verdict, worst
from spikebridge.reports.result import Result

MAPS_SCHEME = "iteration"


@dataclass(frozen=True)
class Cell:
    """What became of one model on one engine under one scheme.

    Attributes
    ----------
    suits : False where scheme and model do not go together; ``because`` then says which property is in the way
    straying : how far the whole run strays from the scheme-matched one, of the variable's range; None without such a run
    horizon_ms : where round-off alone takes runs apart, the time by which it has; the run is then judged step by step
    """

    model: str
    engine: str
    scheme: str
    verdict: Verdict
    because: str
    suits: bool = True
    passed: bool | None = None
    straying: float | None = None
    horizon_ms: float | None = None

    @property
    def matched(self) -> bool | None:
        """Whether the translation is proven over the whole run, not only step by step; None without a matched run."""
        return None if self.straying is None else bool(self.passed) and self.straying <= MATCH

    @property
    def fine(self) -> bool:
        """Whether nothing here asks for attention."""
        return not self.suits or self.verdict in FINE


@dataclass(frozen=True)
class Grid(Result):
    """All cells; ``columns`` are (engine, scheme), in the order of the table."""

    models: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    cells: Mapping[tuple[str, str, str], Cell]
    quick: bool

    def summary(self) -> list[tuple[str, str]]:
        columns = ", ".join(f"{engine}/{scheme}" for engine, scheme in self.columns)
        return [("models", str(len(self.models))), ("columns", columns), ("verdict", str(self.verdict))]

    def cell(self, model: str, engine: str, scheme: str) -> Cell | None:
        """What stands in one place of the table; that of a map stands in each engine's first column."""
        found = self.cells.get((model, engine, scheme))
        first = next(column for column in self.columns if column[0] == engine) == (engine, scheme)
        of_map = self.cells.get((model, engine, MAPS_SCHEME)) if first else None
        return of_map if of_map is not None and of_map.suits else found

    @property
    def verdict(self) -> Verdict:
        """The worst of those that could be."""
        return worst(cell.verdict for cell in self.cells.values() if cell.suits)


def compare_all(
    models: Sequence[str],
    engines: Sequence[str] = (),
    schemes: Mapping[str, Sequence[str]] | None = None,
    quick: bool = False,
    limit_s: float = LIMIT_S,
    progress: Callable[[str, list[Cell]], object] = lambda model, cells: None,
    load: Callable[[str], Experiment] = load_experiment,
    report: Callable[[str, Comparison], object] = lambda model, comparison: None,
) -> Grid:
    """Compare the default experiment of every model; one worker an engine for all of them.

    Parameters
    ----------
    engines, schemes, quick, limit_s : as in ``compare``; without a choice all schemes of the simulators
    progress : called with each model's cells as they are known
    load : gives a model's experiment
    report : called with each model's comparison, where there is one; none of them is kept

    Raises
    ------
    DefinitionError : an engine or a scheme cannot be
    """
    named = taking_part(engines, schemes or {})
    chosen = {engine.name: (schemes or {}).get(engine.name) or _schemes(engine) for engine in named}
    cells: dict[tuple[str, str, str], Cell] = {}
    with Runner(named, limit_s, stays=True) as runner:
        for model in models:
            found = list(_row(load(model), model, named, chosen, quick, runner, report))
            cells |= {(cell.model, cell.engine, cell.scheme): cell for cell in found}
            progress(model, found)
    return Grid(tuple(models), _columns(named, cells), cells, quick)


def _schemes(engine: Engine) -> Sequence[str]:
    """One column for the reference under its own default; every scheme of the simulators."""
    return ("all",) if engine.module else ()


def _row(
    experiment: Experiment,
    name: str,
    engines: Sequence[Engine],
    schemes: Mapping[str, Sequence[str]],
    quick: bool,
    runner: Runner,
    report: Callable[[str, Comparison], object],
) -> Iterator[Cell]:
    given = {engine: list(of) for engine, of in schemes.items() if of}
    for engine in engines:
        yield from _unsuited(name, engine, experiment.model, schemes[engine.name])
    try:
        command = _command(name, engines, given, quick)
        comparison = compare(experiment, [e.name for e in engines], given, quick, command=command, runner=runner)
    except (BridgeError, ExactError) as error:
        for engine in engines:
            scheme = engine.default_scheme(experiment.model)
            yield Cell(name, engine.name, scheme, Verdict.NOT_RUN, f"nothing to judge by: {error}")
        return
    report(name, comparison)
    yield from (_cell(name, entry) for entry in comparison.entries)


def _command(model: str, engines: Sequence[Engine], schemes: Mapping[str, Sequence[str]], quick: bool) -> str:
    """How to repeat one row of the grid."""
    words = ["spikebridge", "compare", model]
    if tuple(engine.name for engine in engines) != engines_for(Occasion.COMPARISON):
        words += [word for engine in engines for word in ("--engine", engine.name)]
    words += [word for engine, of in schemes.items() for scheme in of for word in ("--scheme", f"{engine}={scheme}")]
    return shlex.join([*words, "--quick"] if quick else words)


def _unsuited(name: str, engine: Engine, model: Model, schemes: Sequence[str]) -> Iterator[Cell]:
    """A cell for every scheme of the engine that cannot be meant for this model."""
    for scheme in engine.schemes.values() if "all" in schemes else ():
        reason = _reason(engine, scheme, model)
        if reason and not (scheme.name == MAPS_SCHEME and not model.discrete):
            yield Cell(name, engine.name, scheme.name, Verdict.NOT_RUN, reason, suits=False)


def _reason(engine: Engine, scheme: EngineScheme, model: Model) -> str | None:
    try:
        engine.check(model, scheme)
    except TranslationError as error:
        return str(error)
    return None


def _cell(name: str, entry: Entry) -> Cell:
    proof = entry.translation
    return Cell(
        name, entry.name, entry.scheme.name, entry.verdict, entry.because or entry.reason or "",
        passed=proof.passed if proof else None, straying=proof.straying if proof else None,
        horizon_ms=proof.horizon_ms if proof else None,
    )  # fmt: skip


def _columns(engines: Sequence[Engine], cells: Mapping[tuple[str, str, str], Cell]) -> tuple[tuple[str, str], ...]:
    """In the order of the engines and of their schemes; the scheme of maps stands in every engine's first column."""
    present = {(engine, scheme) for _, engine, scheme in cells}
    if all(scheme == MAPS_SCHEME for _, scheme in present):
        return tuple((e.name, MAPS_SCHEME) for e in engines)
    return tuple((e.name, s) for e in engines for s in find_engine(e.name).schemes if (e.name, s) in present and s != MAPS_SCHEME)
