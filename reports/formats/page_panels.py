"""The curves of a comparison as plain data, thinned for display."""

from __future__ import annotations

from typing import Any

import numpy as np

from spikebridge.reports.formats.thinning import MOST, TOLERANCE, outline
from spikebridge.reports.formats.traces import EXACT, Plot, Trace, label, plots
from spikebridge.reports.proof.comparison import Comparison

MOST_SAMPLES = 28_000  # on a page: some 120 kB
_COARSEST = 1 / 250  # of a curve's range: a pixel
_FEW_ENGINES = 3  # whose curves of several variables one plot can show at once


def panels(comparison: Comparison) -> list[dict[str, Any]]:
    """One dictionary a plot; ``at`` counts samples, ``y`` is in the unit of the axis.

    Where that is too much for a page, curves are followed less closely, yet within a pixel.
    """
    found, tolerance, most = plots(comparison), TOLERANCE, MOST
    while True:
        made = [_panel(plot, tolerance, most) for plot in found]
        if tolerance >= _COARSEST or _samples(made) <= MOST_SAMPLES:
            return made
        tolerance, most = 2 * tolerance, most * 3 // 4


def _samples(made: list[dict[str, Any]]) -> int:
    """What is kept of all curves; those that are one count once."""
    return sum({id(series["y"]): len(series["y"]) for panel in made for series in panel["series"]}.values())


def quiet(comparison: Comparison) -> list[str]:
    """Engines whose curves of several variables wait to be asked for: where there are many, all but one of each engine."""
    ran = [entry for entry in comparison.entries if entry.recording is not None]
    if len(ran) <= _FEW_ENGINES:
        return []
    first = {entry.name: label(entry) for entry in reversed(ran)}
    shown = [label(entry) for entry in ran if first[entry.name] == label(entry)][:_FEW_ENGINES]
    return [label(entry) for entry in ran if label(entry) not in shown]


def _panel(plot: Plot, tolerance: float, most: int) -> dict[str, Any]:
    tolerance = min(_COARSEST, 2 * tolerance) if plot.several else tolerance
    exact = {trace.variable: trace for trace in plot.traces if trace.label == EXACT}
    drawn = {name: _thinned(trace.samples, most, tolerance) for name, trace in exact.items()}
    return {
        "id": plot.id, "title": plot.title, "y_label": plot.y_label, "note": plot.note, "several": plot.several,
        "variables": list(plot.variables),
        "series": [
            {
                "label": trace.label, "variable": trace.variable,
                **({"role": "exact"} if trace.place is None else {"role": "engine", "index": trace.place}),
                **(drawn[trace.variable] if _coincides(trace, exact) else _thinned(trace.samples, most, tolerance)),
            }
            for trace in plot.traces
        ],
    }  # fmt: skip


def _coincides(trace: Trace, exact: dict[str, Trace]) -> bool:
    """Whether a curve lies so close to the exact one that the same line is drawn for both."""
    if trace.variable not in exact:
        return False
    truth = exact[trace.variable].samples
    with np.errstate(invalid="ignore"):
        return bool(np.all(np.abs(trace.samples - truth) <= TOLERANCE * np.ptp(truth)))


def _thinned(samples: np.ndarray, most: int, tolerance: float) -> dict[str, Any]:
    at = outline(samples, most, tolerance)
    return {"at": at, "y": samples[at]}
