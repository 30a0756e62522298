"""One engine's part in a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from spikebridge.bridge.engines.base import Engine, EngineScheme
from spikebridge.reference.recording import Recording
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.convergence import Convergence
from spikebridge.reports.proof.suspects import Where
from spikebridge.reports.proof.translation_proof import TranslationProof
from spikebridge.reports.proof.verdict import Verdict


@dataclass(frozen=True)
class Entry:
    """One engine's part in a comparison.

    ``key`` is the engine's name, with the scheme behind a slash where the engine takes part more than once.
    """

    key: str
    engine: Engine
    scheme: EngineScheme
    recording: Recording | None
    reason: str | None
    translation: TranslationProof | None = None
    accuracy: Mapping[str, Score] = field(default_factory=dict)
    convergence: Convergence | None = None
    verdict: Verdict = Verdict.NOT_RUN
    because: str = ""
    where: Where | None = None
