"""A textbook figure as data: the runs it shows, its analyses, how its panels are drawn and what it claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.reports.textbook.analysis_kind import FigureAnalysis
from spikebridge.reports.textbook.claim_measures import Question
from spikebridge.reports.textbook.claims import Claim


@dataclass(frozen=True)
class FigureRun:
    """One run of a figure, or one member of a sweep.

    Attributes
    ----------
    label : for a legend
    exact_only : why engines do not run it; empty where they do
    scheme : the scheme of the reference that the run is about, where it is about one; the exact solution otherwise
    sweep, value : of which sweep, and where in it
    """

    name: str
    label: str
    experiment: Experiment
    exact_only: str = ""
    scheme: str = ""
    sweep: str = ""
    value: float | None = None


@dataclass(frozen=True)
class Axis:
    """What a sweep varies, for a figure's axis."""

    name: str
    unit: str
    label: str


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes
    ----------
    kind : a name in KINDS
    runs : names of the runs it shows; of a sweep, all its members
    analyses : names of the analyses it shows
    settings : the keys of its kind, and of its looks, as far as they are given
    question : what a panel about sweeps measures
    """

    kind: str
    runs: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    question: Question | None = None
    analyses: tuple[str, ...] = ()

    def text(self, key: str, default: str = "") -> str:
        return str(self.settings.get(key, default))


@dataclass(frozen=True)
class Plan:
    """All panels, row by row; ``size`` is the figure's width and height in inches, chosen where it is not given."""

    panels: tuple[Panel, ...]
    columns: int = 1
    size: tuple[float, float] | None = None
    share_x: bool = False


@dataclass(frozen=True)
class FigureFile:
    """One figure of the gallery."""

    name: str
    title: str
    about: str
    source: str
    schemes: Mapping[str, str]
    runs: Mapping[str, FigureRun]
    axes: Mapping[str, Axis]
    analyses: Mapping[str, FigureAnalysis]
    plan: Plan
    claims: tuple[Claim, ...]

    def members(self, sweep: str) -> list[FigureRun]:
        """The runs of a sweep, in its order."""
        return [run for run in self.runs.values() if run.sweep == sweep]

    @property
    def claimed(self) -> list[FigureRun]:
        """The runs that claims are about; what is only drawn needs no other engine."""
        wanted = {claim.run for claim in self.claims}
        return [run for run in self.runs.values() if run.name in wanted]
