"""Who takes part in a comparison: engines by name, each under schemes by name, and recordings from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.base import Engine, EngineScheme, Occasion, find_scheme, suits_precision
from spikebridge.bridge.engines.elsewhere import choose_engine, plain_name, told_apart
from spikebridge.bridge.engines.program import Program
from spikebridge.bridge.engines.registry import engine_names, engines_for, find_engine
from spikebridge.bridge.errors import TranslationError, UsageError
from spikebridge.bridge.shown import shown
from spikebridge.reports.proof.engine_participant import EngineParticipant
from spikebridge.reports.proof.entry import Participant
from spikebridge.reports.proof.program_participant import ProgramParticipant
from spikebridge.reports.proof.recording_participant import recording_participant

Schemes = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Choice:
    """Who is to take part, and how much is to be proven.

    Attributes
    ----------
    engines : names, each perhaps with the Python of another environment; none for those that take part unasked
    schemes : for an engine, a scheme, several, or ``"all"``; the engine's default otherwise
    recordings : samples from elsewhere by name: ``FILE[,FILE...][:column]``, Samples, a Neo block, segment or signal, or a list of them at
        different steps
    quick : leave out the convergence ladder of fixed steps
    columns : what the columns of the recordings' files are called, where those do not say so themselves
    programs : somebody's own scripts by name: ``SCRIPT.py[:COLUMN][@PYTHON]``; only what a person typed comes in here
    """

    engines: tuple[str, ...] = ()
    schemes: Schemes = field(default_factory=dict)
    recordings: Mapping[str, Any] = field(default_factory=dict)
    quick: bool = False
    columns: tuple[str, ...] = ()
    programs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _ = self.named
        _ = self.own_programs
        taken = engine_names() if self.recordings or self.programs else ()
        for option, names in (("--recording", self.recordings), ("--program", self.programs)):
            for name in names:
                if name in taken or name == "exact" or not name.isidentifier():
                    raise UsageError(f"{option}: {shown(name)} must be a word, and not exact or the name of an engine")
        for name in self.programs.keys() & self.recordings.keys():
            raise UsageError(f"--program: there is a recording called {shown(name)}, too")

    @cached_property
    def named(self) -> list[Engine]:
        """The engines."""
        return taking_part(self.engines, self.schemes, choose_engine)

    @cached_property
    def own_programs(self) -> list[Program]:
        """Those that a person named."""
        return [Program.parse(name, given) for name, given in self.programs.items()]

    def participants(self, experiment: Experiment) -> list[Participant]:
        """All of them on this experiment; UsageError where there is no such scheme, DefinitionError where a recording cannot be."""
        recorded = [recording_participant(given, experiment, n, self.columns) for n, given in self.recordings.items()]
        return [*self._engines(experiment), *recorded, *map(ProgramParticipant, self.own_programs)]

    def _engines(self, experiment: Experiment) -> list[EngineParticipant]:
        chosen = [EngineParticipant(engine, scheme) for engine in self.named for scheme in self._schemes(engine, experiment)]
        return list({(each.name, each.scheme.name): each for each in chosen}.values())

    def _schemes(self, engine: Engine, experiment: Experiment) -> list[EngineScheme]:
        wanted = self.schemes.get(engine.name, self.schemes.get(plain_name(engine)))
        found: list[EngineScheme] = []
        for name in [wanted] if wanted is None or isinstance(wanted, str) else wanted:
            if name == "all":
                found += [scheme for scheme in engine.schemes.values() if _suits(engine, scheme, experiment)]
            else:
                found.append(find_scheme(engine, name, experiment.model))
        return found


def taking_part(engines: Sequence[str], schemes: Schemes, find: Callable[[str], Engine] = find_engine) -> list[Engine]:
    """The engines of those names, for none those that take part unasked.

    Raises
    ------
    UsageError : one is unknown, or a scheme is given for one that has no part
    NotRun : another package brings one that cannot be had
    """
    named = told_apart([find(name) for name in engines or engines_for(Occasion.COMPARISON)])
    known = {name for engine in named for name in (engine.name, plain_name(engine))}
    for name in schemes:
        if name not in known:
            advice = f"there are {', '.join(sorted(known))}" if "@" in name else f"add --engine {find_engine(name).name}"
            raise UsageError(f"a scheme is given for {name}, which does not take part; {advice}")
    return named


def _suits(engine: Engine, scheme: EngineScheme, experiment: Experiment) -> bool:
    """Whether the scheme can integrate this model at all, and in this precision; ``all`` means those."""
    try:
        engine.check(experiment.model, scheme)
    except TranslationError:
        return False
    return suits_precision(scheme, experiment.precision)
