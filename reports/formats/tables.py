"""Comparisons and recordings as DataFrames, and the cells people read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from spikebridge.reference.recording import Recording
from spikebridge.reports.analyses.sweep import Point, Vary
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.entry import Entry
from spikebridge.reports.proof.grid import Grid
from spikebridge.reports.proof.measures import measures
from spikebridge.reports.regression.checking import Check


def comparison_table(comparison: Comparison) -> pd.DataFrame:
    """One row an engine, indexed by its key; numbers carry their unit in the column's name."""
    rows = {}
    for entry in comparison.entries:
        row: dict[str, Any] = {"scheme": entry.scheme.name, "precision": str(comparison.experiment.precision)}
        row["verdict"] = str(entry.verdict)
        if entry.recording is not None:
            row |= {"version": entry.recording.version, "spikes": len(entry.recording.spike_times_ms)}
        for measure, score in entry.accuracy.items():
            row[f"{measure}_{score.unit}"] = np.nan if score.value is None else score.value
        if entry.translation:
            largest = entry.translation.max_abs[comparison.experiment.observed]
            row |= {"translation_max_abs": largest, "translation_passed": entry.translation.passed}
        if entry.convergence:
            row["order"] = entry.convergence.order
        row["because"] = entry.because
        rows[entry.key] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def recording_table(recording: Recording) -> pd.DataFrame:
    """One row a sample; columns ``t_ms`` and, for every recorded variable, ``name (unit)``."""
    columns = {"t_ms": recording.t_ms}
    for name, samples in recording.values.items():
        unit = recording.units[name]
        columns[name if unit == "1" else f"{name} ({unit})"] = samples
    return pd.DataFrame(columns)


def measures_table(comparison: Comparison) -> pd.DataFrame:
    """One row a measure of an engine: experiment, engine, scheme, precision, version, verdict, measure, value, unit, reason."""
    rows = []
    for entry in comparison.entries:
        who = {"experiment": comparison.experiment.name, "engine": entry.name, "scheme": entry.scheme.name}
        who["precision"] = str(comparison.experiment.precision)
        who |= {"version": entry.recording.version if entry.recording else "", "verdict": str(entry.verdict)}
        for measure, score in _scores(comparison, entry).items():
            value = np.nan if score.value is None else score.value
            rows.append({**who, "measure": measure, "value": value, "unit": score.unit, "reason": score.reason})
        if not entry.accuracy:
            rows.append({**who, "measure": "", "value": np.nan, "unit": "", "reason": entry.because})
    return pd.DataFrame(rows)


def _scores(comparison: Comparison, entry: Entry) -> dict[str, Score]:
    if not entry.accuracy or entry.recording is None:
        return {}
    found = {**entry.accuracy, **measures(comparison.experiment, comparison.exact, entry.recording)}
    if entry.translation is not None:
        for name, defect in entry.translation.step_defect.items():
            limit = entry.translation.limit[name]
            found[f"step_defect_{name}"] = Score(defect, entry.recording.units[name], limit, f"round-off allows {limit:.2g}")
    if entry.convergence is not None:
        found["order"] = Score(entry.convergence.order, "1", None, "of convergence, observed")
        unit = entry.convergence.ladder.unit
        found["limit_difference"] = Score(
            entry.convergence.difference, unit, None, "of the limit of small steps from the exact solution"
        )
    return found


def grid_table(grid: Grid) -> pd.DataFrame:
    """One row a model under a scheme."""
    return pd.DataFrame(
        {
            "model": cell.model, "engine": cell.engine, "scheme": cell.scheme, "suits": cell.suits, "verdict": str(cell.verdict),
            "because": cell.because, "proven": cell.passed, "matched": cell.matched, "straying": cell.straying,
            "horizon_ms": cell.horizon_ms,
        }
        for cell in grid.cells.values()
    )  # fmt: skip


def check_table(check: Check) -> pd.DataFrame:
    """One row a result of a suite."""
    return pd.DataFrame(
        {
            "experiment": result.case, "engine": result.key.partition("/")[0], "scheme": result.key.partition("/")[2],
            "verdict": str(result.verdict), "because": result.because, "status": str(result.change.status),
            "change": result.change.because, "passed": result.passed,
        }
        for result in check.results
    )  # fmt: skip


def sweep_table(vary: Vary, points: Sequence[Point]) -> pd.DataFrame:
    """One row a value: spikes, the first, the rate at the end, the extremes of the observed signal; why it did not run."""
    head = f"{vary.name} ({vary.unit})" if vary.unit else vary.name
    return pd.DataFrame([{head: p.value, **_outcome(p)} for p in points])


def _outcome(point: Point) -> dict[str, Any]:
    recording = point.recording
    if recording is None:
        return {"spikes": np.nan, "first_spike_ms": np.nan, "rate_Hz": np.nan, "reason": point.reason}
    spikes = np.asarray(recording.spike_times_ms)
    name = point.observed
    suffix = "" if recording.units[name] == "1" else f" ({recording.units[name]})"
    return {
        "spikes": len(spikes),
        "first_spike_ms": float(spikes[0]) if len(spikes) else np.nan,
        "rate_Hz": 1000 / float(spikes[-1] - spikes[-2]) if len(spikes) > 1 else np.nan,
        f"min {name}{suffix}": float(recording[name].min()),
        f"max {name}{suffix}": float(recording[name].max()),
        "reason": "",
    }


WRITERS = {Comparison: measures_table, Grid: grid_table, Check: check_table}
