"""What the HTML page shows of a comparison, as plain data."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.mathml import equations
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.bridge.translate.numpy_source import NumpySource
from spikebridge.reference.exact import Solution
from spikebridge.reference.recording import Recording
from spikebridge.reference.version import __version__
from spikebridge.reports.formats.page_panels import panels, quiet
from spikebridge.reports.formats.traces import label
from spikebridge.reports.formats.wording import COLUMNS, cells, sentence
from spikebridge.reports.metrics.numbers import quantity, short
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.convergence import Convergence
from spikebridge.reports.proof.entry import Entry
from spikebridge.reports.proof.measures import MOST_SPIKES, matched, measures
from spikebridge.reports.regression.environment import compiler


def page_data(comparison: Comparison, figures: tuple[str, ...] = (), changes: Sequence[str] = ()) -> dict[str, Any]:
    """Everything ``render_page`` needs; ``figures`` are names of files beside the page, ``changes`` what is no longer as it was."""
    experiment, model = comparison.experiment, comparison.experiment.model
    columns = [c for c in COLUMNS if not (comparison.quick and c in ("observed order", "limit gap"))]
    return {
        "title": model.title,
        "name": experiment.name,
        "source": model.source,
        "verdict": str(comparison.verdict),
        "sentence": sentence(comparison),
        "changes": list(changes),
        "command": comparison.command,
        "experiment": [list(pair) for pair in experiment.described()],
        "columns": columns,
        "rows": [_row(comparison, entry, columns) for entry in comparison.entries],
        "dt_ms": experiment.dt_ms,
        "panels": panels(comparison),
        "quiet": quiet(comparison),
        "raster": _raster(comparison),
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
        "engine": entry.name,
        "scheme": entry.scheme.name,
        "version": recording.version if recording else "",
        "dt": f"{recording.dt_ms:g} ms" if recording and entry.scheme.order else "",
        "wall": f"{recording.wall_s:.2g} s" if recording else "",
        "verdict": str(entry.verdict),
        "because": entry.because,
        "cells": {c: measured[c] for c in columns} if measured else {},
    }


def _raster(comparison: Comparison) -> dict[str, Any] | None:
    """One lane the exact solution, one each engine; None where nobody fires."""
    rows: list[dict[str, Any]] = [{"label": "exact", "times": _numbers(comparison.exact.spike_times_ms), "shifts": None}]
    for entry in comparison.entries:
        if entry.recording is not None:
            times = np.asarray(entry.recording.spike_times_ms)
            rows.append({"label": label(entry), "times": _numbers(times), "shifts": _shifts(entry.recording, comparison.exact)})
    return {"rows": rows} if any(row["times"] for row in rows) else None


def _shifts(recording: Recording, exact: Solution) -> list[float | None]:
    """Of every spike against the exact one it is paired with; None where it is one too many."""
    times = np.asarray(recording.spike_times_ms)
    if max(len(times), len(exact.spike_times_ms)) > MOST_SPIKES and len(times) != len(exact.spike_times_ms):
        return [None] * len(times)
    pairs = matched(recording, exact)
    shifts = dict(zip(pairs.found_ms.tolist(), pairs.shifts_ms.tolist(), strict=True))
    return _numbers([shifts.get(time, np.nan) for time in times.tolist()])


def _where(entry: Entry) -> dict[str, Any]:
    where = entry.where
    assert where is not None
    begins = f"{where.variable} at {where.first_ms:.6g} ms" if where.first_ms is not None else "nowhere by more than one step"
    shares = [f"{suspect.name}: {100 * suspect.share:.3g} %" for suspect in where.suspects if suspect.share > 0.005]
    return {
        "engine": entry.key,
        "begins": begins,
        "first_ms": where.first_ms,
        "suspects": "; ".join(shares) or "none of the usual",
        "culprit": where.culprit,
    }


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
                "label": label(entry), "index": index, "unit": found.ladder.unit, "dt_ms": list(found.ladder.steps),
                "error_ms": list(found.worst), "order": "-" if found.order is None else f"{found.order:.2f}", "limit": found.difference, "gap": _gap(found),
            })  # fmt: skip
    return rows or None


def _gap(found: Convergence) -> str:
    """Where the ladder leads, and how well that is known."""
    if found.difference is None or found.uncertainty is None:
        return "-"
    unit = found.ladder.unit
    return f"{short(found.difference)} ± {quantity(found.uncertainty, unit)}"


def _listings(model: Model) -> list[list[str]]:
    listings = []
    translations: tuple[tuple[str, Callable[[], str]], ...] = (
        ("Brian2 equations", lambda: Brian2Equations(model).text),
        ("NEURON mechanism", lambda: Nmodl(model).text),
        ("numpy", lambda: NumpySource(model).text),
    )
    for title, translate in translations:
        try:
            listings.append([title, translate()])
        except TranslationError as error:
            listings.append([title, f"Cannot be expressed: {error}"])
    return listings


def _provenance(comparison: Comparison) -> list[list[str]]:
    rows = [["spikebridge", __version__], ["model file", comparison.experiment.model.origin]]
    for entry in comparison.entries:
        if entry.recording is not None and entry.engine is not None and entry.engine.module:
            compiled = [f"compiled by {compiler()}"] if entry.engine.compiled(entry.recording) else []
            notes = [*entry.recording.notes, *compiled]
            more = f" ({'; '.join(notes)})" if notes else ""
            rows.append([label(entry), f"{entry.recording.version}{more}"])
    rows += [["numpy", importlib.metadata.version("numpy")], ["platform", comparison.platform]]
    rows.append(["exact solution", f"Dormand-Prince 8(5,3), spike times to {comparison.exact.spike_error_ms:.1g} ms"])
    return rows


def _numbers(values: Any) -> list[float | None]:
    """Plain floats, seven digits: enough for a pixel and a read-out; None where there is no number."""
    return [float(f"{x:.7g}") if np.isfinite(x) else None for x in np.asarray(values, dtype=float)]
