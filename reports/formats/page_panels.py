"""The curves of a comparison as plain data, thinned for display."""

from __future__ import annotations

from typing import Any

import numpy as np

from reports.comparison import Comparison
from reports.thinning import TOLERANCE, outline
from reports.traces import EXACT, Plot, Trace, label, plots

_MANY_CURVES = 40  # beyond these, each is followed less closely, so that a page stays small
_FEW_ENGINES = 3  # whose curves of several variables one plot can show at once


def panels(comparison: Comparison) -> list[dict[str, Any]]:
    """One dictionary a plot; ``at`` counts samples, ``y`` is in the unit of the axis."""
    found = plots(comparison)
    crowding = max(1.0, sum(len(plot.traces) for plot in found) / _MANY_CURVES)
    return [_panel(plot, crowding) for plot in found]


def quiet(comparison: Comparison) -> list[str]:
    """Engines whose curves of several variables wait to be asked for: where there are many, all but one of each engine."""
    ran = [entry for entry in comparison.entries if entry.recording is not None]
    if len(ran) <= _FEW_ENGINES:
        return []
    first = {entry.engine.name: label(entry) for entry in reversed(ran)}
    shown = [label(entry) for entry in ran if first[entry.engine.name] == label(entry)][:_FEW_ENGINES]
    return [label(entry) for entry in ran if label(entry) not in shown]


def _panel(plot: Plot, crowding: float) -> dict[str, Any]:
    tolerance = TOLERANCE * crowding * (2 if plot.several else 1)
    most = int(2000 / crowding)
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
