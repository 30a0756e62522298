"""What ``import spikebridge`` offers beside definitions and figures: running, sweeping and comparing by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import experiment_of
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.elsewhere import choose_engine
from spikebridge.bridge.engines.running import run_one
from spikebridge.bridge.engines.worker import LIMIT_S
from spikebridge.reference.recording import Recording
from spikebridge.reports.analyses.sweep import Vary
from spikebridge.reports.analyses.sweep import sweep as sweep_points
from spikebridge.reports.formats.difference import PAGE, difference_page
from spikebridge.reports.formats.difference_words import sentence
from spikebridge.reports.proof import comparison as proof
from spikebridge.reports.proof.equivalence import difference as equivalence
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

P = ParamSpec("P")
Kind = TypeVar("Kind")


Subject = Experiment | Model | Path | str


def run(
    experiment: Subject, engine: str = "reference", scheme: str | None = None, limit_s: float = LIMIT_S, *,
    dt: Any = None, duration: Any = None, precision: str | None = None,
) -> Recording:  # fmt: skip
    """Run one experiment on one engine. A simulator's process waits a minute for the next run.

    Parameters
    ----------
    experiment : an Experiment, a Model that carries one, a catalogue name, or the path of a model or experiment file
    engine : reference, brian2, neuron, or another of the registry; ``"neuron=/other/venv/bin/python"`` runs in that Python
    scheme : one of the engine's; its default otherwise
    limit_s : after so many seconds the run is given up
    dt, duration : ``"0.01 ms"`` or another quantity, instead of the experiment's own
    precision : ``"float32"`` for single precision, likewise

    Raises
    ------
    DefinitionError : the experiment cannot be
    UsageError : there is no such engine or scheme
    NotRun : the engine cannot run it, and why

    Examples
    --------
    >>> recording = sb.run("leaky_integrate_and_fire", duration="30 ms")
    >>> recording
    <Recording of leaky_integrate_and_fire: reference ..., rk4, dt = 0.01 ms; 1 spike
     3001 samples of v (mV)>
    >>> recording["v"].shape
    (3001,)
    """
    changes: dict[str, Any] = {"dt": dt, "duration": duration, "precision": precision}
    chosen = choose_engine(engine)
    changes = {key: given for key, given in changes.items() if given is not None}
    subject = replace(experiment_of(experiment), **changes) if changes else experiment_of(experiment)
    return run_one(subject, chosen, find_scheme(chosen, scheme, subject.model), limit_s)


def sweep(
    experiment: Subject, vary: str, engine: str = "reference", scheme: str | None = None, limit_s: float = LIMIT_S
) -> pd.DataFrame:
    """Run one experiment at many values; a DataFrame with one row a value.

    Parameters
    ----------
    experiment : an Experiment, a Model that carries one, a catalogue name, or the path of a model or experiment file
    vary : a parameter, or a key of the stimulus, and its values: ``"g_Na=50:200:16mS/cm2"``
    engine, scheme, limit_s : as for ``run``

    Raises
    ------
    DefinitionError, UsageError : the experiment, what is varied, the engine or the scheme cannot be; nothing has run then

    Examples
    --------
    >>> experiment = sb.Experiment("leaky_integrate_and_fire", sb.step("2 nA", "5 ms"), duration="40 ms")
    >>> table = sb.sweep(experiment, "amplitude=1:3:3nA")
    >>> list(table["spikes"])
    [0, 2, 4]
    """
    from spikebridge.reports.formats.tables import sweep_table

    subject, chosen, varied = experiment_of(experiment), choose_engine(engine), Vary.parse(vary)
    points = sweep_points(subject, varied, chosen, find_scheme(chosen, scheme, subject.model), limit_s)
    return sweep_table(varied, points)


class Comparison(proof.Comparison):
    """A comparison that can be shown: the proof knows nothing of tables and plots, which are made from it."""

    def table(self) -> pd.DataFrame:
        """One row an engine: verdict, versions, every measure."""
        from spikebridge.reports.formats.tables import comparison_table

        return comparison_table(self)

    def plot(self) -> Figure:
        """The observed signal of every engine over the exact solution, residuals, spikes."""
        from spikebridge.reports.formats.comparison_plot import comparison_figure

        return comparison_figure(self)

    def show(self, output: str | Path | None = None) -> Path | None:
        """Open the report's page in a browser; in a notebook it is shown there.

        Parameters
        ----------
        output : a folder to keep it in, with its figures and JSON; otherwise it goes when Python ends

        Returns
        -------
        where the page is; None where it is in a notebook alone
        """
        from spikebridge.reports.formats.display import show

        return show(self, output)


def _shown(kind: type[Kind], measure: Callable[P, Any]) -> Callable[P, Kind]:
    """The same function, its arguments and its description; what it returns can be shown."""

    @wraps(measure)
    def measured(*given: P.args, **named: P.kwargs) -> Kind:
        return kind(**vars(measure(*given, **named)))

    return measured


compare = _shown(Comparison, proof.compare)


class Difference(equivalence.Difference, Result):
    """How two definitions differ; as text it is a sentence, and a page with both side by side."""

    def summary(self) -> list[tuple[str, str]]:
        return [("a", self.a.label), ("b", self.b.label), ("said", sentence(self))]

    def __str__(self) -> str:
        return sentence(self)

    def show(self, output: str | Path | None = None) -> Path | None:
        """Open the page in a browser; in a notebook it is shown there.

        Parameters
        ----------
        output : a folder to keep it in; otherwise it goes when Python ends

        Returns
        -------
        where the page is; None where it is in a notebook alone
        """
        from spikebridge.reports.formats.display import show_page

        return show_page(difference_page(self), PAGE, output)


diff = _shown(Difference, equivalence.diff)
