"""Who takes part in a comparison, and what is found out about each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.engines.base import Engine
from spikebridge.bridge.engines.program import ProgramRun
from spikebridge.bridge.engines.running import Outcome, Run
from spikebridge.reference.exact import Solution
from spikebridge.reference.integrate import Convention
from spikebridge.reference.recording import Recording
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.convergence import Convergence
from spikebridge.reports.proof.culprit import Culprit
from spikebridge.reports.proof.drift import Drift
from spikebridge.reports.proof.suspects import Where
from spikebridge.reports.proof.translation_proof import TranslationProof
from spikebridge.reports.proof.verdict import Verdict

# of a program all runs together are one outcome
Judge = Callable[[str, Sequence[Outcome | tuple[ProgramRun, ...]]], "Entry"]


@dataclass(frozen=True)
class Setting:
    """What all who take part have in common.

    Attributes
    ----------
    drift : how far single precision may take a run of the experiment under this reference scheme, counted in this way, at this
        step in ms
    """

    experiment: Experiment
    exact: Solution
    drift: Callable[[str, Convention, float], Drift | None]


class Participant(Protocol):
    """Whatever takes part in a comparison: an engine under one of its schemes, a recording from elsewhere, a program.

    Attributes
    ----------
    name : what it goes by; several may share it, each under another scheme
    scheme : how its samples came about
    engine : what runs it; None where nothing is run
    """

    @property
    def name(self) -> str: ...

    @property
    def scheme(self) -> EngineScheme: ...

    @property
    def engine(self) -> Engine[Any] | None: ...

    def runs(self, experiment: Experiment, quick: bool) -> list[Run]:
        """What is to be run for it, the experiment as it stands first; without its ladder where that is ``quick``."""

    def judging(self, setting: Setting, runs: Sequence[Run]) -> Judge:
        """Work out what can be while its runs are under way; what is returned judges their outcomes, under the key it is given."""


@dataclass(frozen=True)
class Entry:
    """One participant's part in a comparison.

    ``key`` is its name, with the scheme behind a slash where the name takes part more than once; ``culprits`` are what differs,
    where that is known, the likeliest first.
    """

    key: str
    participant: Participant
    recording: Recording | None
    reason: str | None
    translation: TranslationProof | None = None
    accuracy: Mapping[str, Score] = field(default_factory=dict)
    convergence: Convergence | None = None
    verdict: Verdict = Verdict.NOT_RUN
    because: str = ""
    where: Where | None = None
    culprits: tuple[Culprit, ...] = ()

    @property
    def name(self) -> str:
        return self.participant.name

    @property
    def scheme(self) -> EngineScheme:
        return self.participant.scheme

    @property
    def engine(self) -> Engine[Any] | None:
        return self.participant.engine
