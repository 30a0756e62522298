"""The comparison as a table for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from spikebridge.reports.formats.wording import cells, sentence
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.verdict import Verdict

_COLUMNS = ("translation", "spikes", "max spike shift", "max error", "observed order", "limit gap")
_SHORT = {"max spike shift": "spike shift", "observed order": "order"}
STYLES = {
    Verdict.AGREE: "bold green",
    Verdict.DISCRETISATION: "bold yellow",
    Verdict.UNDECIDED: "bold magenta",
    Verdict.NOT_RUN: "bold magenta",
    Verdict.NO_CONVERGENCE: "bold red",
    Verdict.OTHER_LIMIT: "bold red",
}


def render_terminal(comparison: Comparison, width: int = 100) -> RenderableType:
    """Title, table, why, and the verdict in a sentence."""
    experiment = comparison.experiment
    columns = [c for c in _COLUMNS if not (comparison.quick and c in ("observed order", "limit gap"))]
    # verdicts stand with their reasons, so that all columns fit into 80 characters
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1 if width < 90 else 2, 0, 0))
    table.add_column("engine", overflow="fold")
    for column in columns:
        table.add_column(_SHORT.get(column, column), no_wrap=True)
    for entry in comparison.entries:
        measured = cells(comparison, entry)
        row = [Text(measured.get(column, "-")) for column in columns]
        engine = Text(f"{entry.name}\n") + Text(entry.scheme.name, "dim")
        table.add_row(engine, *row)
    head = Text(f"{experiment.model.title}\n", "bold") + Text(
        "; ".join(f"{k}: {v}" for k, v in experiment.described()) + "\n", "dim"
    )
    why = Text("\n").join(
        Text.assemble((f"{e.key}: ", "bold"), (str(e.verdict), STYLES[e.verdict]), f": {e.because}") for e in comparison.entries
    )
    verdict = Text(f"\n{comparison.verdict!s}: ", STYLES[comparison.verdict]) + Text(sentence(comparison))
    return Group(head, table, Text(""), why, verdict)
