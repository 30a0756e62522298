"""Comparisons and recordings as DataFrames, and the cells people read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from reference.recording import Recording
from reports.comparison import Comparison


def comparison_table(comparison: Comparison) -> pd.DataFrame:
    """One row an engine, indexed by its key; numbers carry their unit in the column's name."""
    rows = {}
    for entry in comparison.entries:
        row: dict[str, Any] = {"scheme": entry.scheme.name, "verdict": str(entry.verdict)}
        if entry.recording is not None:
            row |= {"version": entry.recording.version, "spikes": len(entry.recording.spike_times_ms)}
        for measure, score in entry.accuracy.items():
            row[f"{measure}_{score.unit}"] = np.nan if score.value is None else score.value
        if entry.translation:
            first = next(iter(entry.translation.max_abs))
            row |= {"translation_max_abs": entry.translation.max_abs[first], "translation_passed": entry.translation.passed}
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
