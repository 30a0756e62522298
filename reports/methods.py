"""What objects of the floors below do here, by the names they ask for (``spikebridge.reference.upstairs``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from spikebridge.bridge.definition.mechanism import Mechanism
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.translate.latex import Latex
from spikebridge.reference.recording import Recording
from spikebridge.reports.formats.cards import html
from spikebridge.reports.front_door import compare, run
from spikebridge.reports.recordings.neo_signals import block_of as recording_block

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["compare", "html", "latex", "recording_block", "recording_figure", "recording_frame", "run"]


def latex(given: Model | Mechanism) -> str:
    """The equations in LaTeX; of a mechanism its own alone."""
    found = Latex(given) if isinstance(given, Model) else Latex(given.alone, tuple(given.equation_lines))
    return found.text


def recording_frame(recording: Recording) -> pd.DataFrame:
    """One row a sample, indexed by ``t_ms``."""
    from spikebridge.reports.formats.tables import recording_table

    return recording_table(recording).set_index("t_ms")


def recording_figure(recording: Recording, variables: Sequence[str] = ()) -> Figure:
    """What was recorded against time."""
    from spikebridge.reports.formats import recording_plot

    return recording_plot.recording_figure(recording, variables)
