"""What the HTML page shows of a comparison, as plain data."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import numpy as np

from bridge.errors import TranslationError
from bridge.model import Model
from bridge.translate.brian2_equations import Brian2Equations
from bridge.translate.mathml import equations
from bridge.translate.nmodl import Nmodl
from bridge.translate.numpy_source import NumpySource
from reference.version import __version__
from reports.comparison import Comparison, Entry
from reports.measures import measures
from reports.metrics.score import Score
from reports.numbers import quantity
from reports.thinning import thin
from reports.wording import COLUMNS, cells, sentence


def page_data(comparison: Comparison, figures: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything ``render_page`` needs; ``figures`` are names of files beside the page."""
    experiment, model = comparison.experiment, comparison.experiment.model
    columns = [c for c in COLUMNS if not (comparison.quick and c in ("observed order", "limit gap"))]
    return {
        "title": model.title,
        "name": experiment.name,
        "source": model.source,
        "verdict": str(comparison.verdict),
        "sentence": sentence(comparison),
        "command": comparison.command,
        "experiment": [list(pair) for pair in experiment.described()],
        "columns": columns,
        "rows": [_row(comparison, entry, columns) for entry in comparison.entries],
        "panels": _panels(comparison),
        "raster": {
            "rows": [{"label": "exact", "times": _numbers(comparison.exact.spike_times_ms), "shifts": None}, *_raster(comparison)]
        },
        "convergence": _convergence(comparison),
        "where": [_where(entry) for entry in comparison.entries if entry.where],
        "measures": _measures(comparison),
        "equations": equations(model),
        "parameters": [[name, str(parameter)] for name, parameter in model.parameters.items()],
        "listings": _listings(model),
        "provenance": _provenance(comparison),
        "figures": list(figures),
    }


def _row(comparison: Comparison, entry: Entry, columns: list[str]) -> dict[str, Any]:
    recording = entry.recording
    measured = cells(comparison, entry)
    return {
        "engine": entry.engine.name,
        "scheme": entry.scheme.name,
        "version": recording.version if recording else "",
        "dt": f"{recording.dt_ms:g} ms" if recording and entry.scheme.order else "",
        "wall": f"{recording.wall_s:.2g} s" if recording else "",
        "verdict": str(entry.verdict),
        "because": entry.because,
        "cells": {c: measured[c] for c in columns} if measured else {},
    }


def _panels(comparison: Comparison) -> list[dict[str, Any]]:
    name = comparison.experiment.model.state_names[0]
    unit = str(comparison.experiment.model.unit_of(name))
    label = name if unit == "1" else f"{name} ({unit})"
    t_ms, exact = comparison.exact.t_ms, comparison.exact_trace()
    ran = [(i, e) for i, e in enumerate(comparison.entries) if e.recording is not None]
    traces = [_series("exact", t_ms, exact, None)]
    traces += [_series(_label(comparison, e), t_ms, e.recording[name], i) for i, e in ran if e.recording]
    errors = [_series(_label(comparison, e), t_ms, e.recording[name] - exact, i) for i, e in ran if e.recording]
    residuals = [
        _series(_label(comparison, e), t_ms, e.translation.residual, i)
        for i, e in ran
        if e.translation is not None and e.translation.residual is not None
    ]
    panels = [
        {"id": "voltage", "title": "Membrane potential" if comparison.experiment.model.voltage == name else name,
         "y_label": label, "note": "Every engine over the exact solution.", "series": traces},
        {"id": "accuracy", "title": "Residual against the exact solution", "y_label": f"Δ{label}",
         "note": "Integration error at this step.", "series": errors},
    ]  # fmt: skip
    if residuals:
        note = "The reference runs the engine's own scheme at the same step: what remains is round-off, or a wrong translation."
        panels.insert(
            1,
            {
                "id": "translation",
                "title": "Residual against the scheme-matched reference",
                "y_label": f"Δ{label}",
                "note": note,
                "series": residuals,
            },
        )
    return panels


def _label(comparison: Comparison, entry: Entry) -> str:
    return f"{entry.engine.name} {entry.scheme.name}"


def _series(label: str, t_ms: np.ndarray, y: np.ndarray, index: int | None) -> dict[str, Any]:
    t, values = thin(t_ms, y)
    role = {"role": "exact"} if index is None else {"role": "engine", "index": index}
    return {"label": label, "t": _numbers(t), "y": _numbers(values), **role}


def _raster(comparison: Comparison) -> list[dict[str, Any]]:
    exact = np.asarray(comparison.exact.spike_times_ms)
    rows = []
    for entry in comparison.entries:
        if entry.recording is not None:
            times = np.asarray(entry.recording.spike_times_ms)
            shifts = _numbers(times - exact) if len(times) == len(exact) else [None] * len(times)
            rows.append({"label": _label(comparison, entry), "times": _numbers(times), "shifts": shifts})
    return rows


def _where(entry: Entry) -> dict[str, str]:
    where = entry.where
    assert where is not None
    begins = f"{where.variable} at {where.first_ms:.6g} ms" if where.first_ms is not None else "nowhere by more than one step"
    shares = [f"{suspect.name}: {100 * suspect.share:.3g} %" for suspect in where.suspects if suspect.share > 0.005]
    return {"engine": entry.key, "begins": begins, "suspects": "; ".join(shares) or "none of the usual", "culprit": where.culprit}


def _measures(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a metric, one cell an engine."""
    ran = [entry for entry in comparison.entries if entry.recording is not None]
    found = {e.key: measures(comparison.experiment, comparison.exact, e.recording) for e in ran if e.recording is not None}
    names = dict.fromkeys(name for scores in found.values() for name in scores)
    return [
        {
            "name": name.replace("_", " "),
            "reason": next((s[name].reason for s in found.values() if name in s), ""),
            "cells": {key: _score(scores.get(name)) for key, scores in found.items()},
        }
        for name in names
    ]


def _score(score: Score | None) -> str:
    return "-" if score is None or score.value is None else quantity(score.value, score.unit)


def _convergence(comparison: Comparison) -> list[dict[str, Any]] | None:
    rows = []
    for index, entry in enumerate(comparison.entries):
        found = entry.convergence
        if found is not None and found.ladder.kind == "dt_ms":
            rows.append({
                "label": _label(comparison, entry), "index": index, "unit": found.ladder.unit, "dt_ms": list(found.ladder.steps),
                "error_ms": list(found.worst), "order": "-" if found.order is None else f"{found.order:.2f}",
            })  # fmt: skip
    return rows or None


def _listings(model: Model) -> list[list[str]]:
    listings = []
    for title, translate in (
        ("Brian2 equations", lambda: Brian2Equations(model).text),
        ("NEURON mechanism", lambda: Nmodl(model).text),
        ("numpy", lambda: NumpySource(model).text),
    ):
        try:
            listings.append([title, translate()])
        except TranslationError as error:
            listings.append([title, f"Cannot be expressed: {error}"])
    return listings


def _provenance(comparison: Comparison) -> list[list[str]]:
    rows = [["spikebridge", __version__], ["model file", comparison.experiment.model.origin]]
    for entry in comparison.entries:
        if entry.recording is not None and entry.engine.module:
            notes = f" ({'; '.join(entry.recording.notes)})" if entry.recording.notes else ""
            rows.append([f"{entry.engine.name}, {entry.scheme.name}", f"{entry.recording.version}{notes}"])
    rows += [["numpy", importlib.metadata.version("numpy")], ["platform", comparison.platform]]
    rows.append(["exact solution", f"Dormand-Prince 8(5,3), spike times to {comparison.exact.spike_error_ms:.1g} ms"])
    return rows


def _numbers(values: Any) -> list[float | None]:
    """Plain floats, seven digits: enough for a pixel and a read-out; None where there is no number."""
    return [float(f"{x:.7g}") if np.isfinite(x) else None for x in np.asarray(values, dtype=float)]
