"""Results as JSON, schema 1: what scripts rely on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from spikebridge.reports.formats.check import version_lines
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.metrics.spikes import spike_shifts
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.convergence import Convergence
from spikebridge.reports.proof.entry import Entry
from spikebridge.reports.proof.foreign_recording import common
from spikebridge.reports.proof.grid import Grid
from spikebridge.reports.proof.measures import measures
from spikebridge.reports.proof.suspects import Where
from spikebridge.reports.regression.checking import Check

SCHEMA = 1


def render_json(comparison: Comparison) -> str:
    """One JSON document; infinities and undefined numbers become null."""
    return json.dumps(_plain(comparison_document(comparison)), indent=2)


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """The document as plain data."""
    experiment, exact = comparison.experiment, comparison.exact
    return {
        "schema": SCHEMA,
        "model": experiment.model.name,
        "experiment": {
            "name": experiment.name,
            **dict(experiment.described()),
            "observed": experiment.observed,
            "duration_ms": experiment.duration_ms,
            "dt_ms": experiment.dt_ms,
            "precision": str(experiment.precision),
            "parameters": {name: str(p) for name, p in experiment.model.parameters.items()},
            "initial": {s: experiment.model.initial_values[s] / experiment.model.factor(s) for s in experiment.model.state_names},
        },
        "verdict": str(comparison.verdict),
        "quick": comparison.quick,
        "platform": comparison.platform,
        "exact": {"spike_times_ms": exact.spike_times_ms, "spike_error_ms": exact.spike_error_ms},
        "engines": {entry.key: _engine(comparison, entry) for entry in comparison.entries},
    }


def _engine(comparison: Comparison, entry: Entry) -> dict[str, Any]:
    recording, ran = entry.recording, entry.recording is not None and entry.reason is None
    proof = entry.translation
    return {
        "status": "ran" if ran else "not run",
        "reason": entry.reason,
        "version": recording.version if recording else None,
        "scheme": entry.scheme.name,
        "scheme_order": entry.scheme.order or None,
        "dt_ms": recording.dt_ms if recording else comparison.experiment.dt_ms,
        "wall_s": recording.wall_s if recording else None,
        "notes": list(recording.notes) if recording else [],
        "spike_times_ms": recording.spike_times_ms if recording else None,
        "raw_spike_times_ms": recording.raw_spike_times_ms if recording else None,
        "translation": None if proof is None else {
            "max_abs": proof.max_abs, "step_defect": proof.step_defect, "limit": proof.limit,
            "passed": proof.passed, "against": proof.against, "straying": proof.straying, "horizon_ms": proof.horizon_ms,
        },
        "accuracy": _accuracy(comparison, entry) if entry.accuracy else None,
        "convergence": _convergence(entry.convergence) if entry.convergence else None,
        "where": _where(entry.where) if entry.where else None,
        "culprits": [asdict(culprit) for culprit in entry.culprits],
        "metrics": _metrics(comparison, entry) if entry.accuracy else None,
        "verdict": str(entry.verdict),
        "because": entry.because,
    }  # fmt: skip


def _accuracy(comparison: Comparison, entry: Entry) -> dict[str, Any]:
    scores: Mapping[str, Score] = entry.accuracy
    assert entry.recording is not None
    exact, recording = common(comparison.exact, entry.recording)
    shifts = spike_shifts(np.asarray(recording.spike_times_ms), np.asarray(exact.spike_times_ms))
    return {
        "spike_count_difference": int(scores["spike_count"].value or 0),
        "max_spike_shift_ms": scores["spike_shift"].value,
        "spike_shifts_ms": shifts,
        f"max_abs_{_suffix(scores['max_abs'].unit)}": scores["max_abs"].value,
        f"rms_{_suffix(scores['rms'].unit)}": scores["rms"].value,
        "coincidence_factor": scores["coincidence"].value,
    }


def _metrics(comparison: Comparison, entry: Entry) -> dict[str, Any]:
    assert entry.recording is not None
    return {
        name: {"value": score.value, "unit": score.unit, "reason": score.reason}
        for name, score in measures(comparison.experiment, comparison.exact, entry.recording).items()
    }


def _where(where: Where) -> dict[str, Any]:
    return {
        "first_divergence_ms": where.first_ms,
        "first_variable": where.variable,
        "suspects": [{"name": suspect.name, "share": suspect.share} for suspect in where.suspects],
        "culprit": where.culprit or None,
    }


def _convergence(convergence: Convergence) -> dict[str, Any]:
    ladder = convergence.ladder
    unit = _suffix(ladder.unit)
    spikes = ladder.unit == "ms"
    return {
        ladder.kind: list(ladder.steps),
        ("max_spike_shift_ms" if spikes else f"max_abs_{unit}"): list(convergence.worst),
        "order": convergence.order,
        "order_uncertainty": convergence.order_uncertainty,
        **({f"round_off_{unit}": list(ladder.round_off)} if ladder.round_off else {}),
        **({"limits_minus_exact_ms": convergence.limit} if spikes else {}),
        **({"waveform": _waveform(convergence.waveform)} if convergence.waveform else {}),
        "followed_until_ms": convergence.until_ms,
        "followed_spikes": convergence.spikes,
        f"limit_difference_{unit}": convergence.difference,
        f"uncertainty_{unit}": convergence.uncertainty,
    }


def _waveform(convergence: Convergence) -> dict[str, Any]:
    unit = _suffix(convergence.ladder.unit)
    return {
        f"max_abs_{unit}": list(convergence.worst),
        "order": convergence.order,
        "settled": convergence.settled,
        f"limit_difference_{unit}": convergence.difference,
        f"uncertainty_{unit}": convergence.uncertainty,
    }


def _suffix(unit: str) -> str:
    return unit.replace("/", "_per_").replace("*", "_")


def grid_json(grid: Grid) -> str:
    """One JSON document, schema 1."""
    return json.dumps({"schema": SCHEMA, "verdict": str(grid.verdict), "quick": grid.quick, "models": _cells(grid)}, indent=2)


def _cells(grid: Grid) -> dict[str, Any]:
    rows: dict[str, Any] = {model: {} for model in grid.models}
    for cell in grid.cells.values():
        rows[cell.model][f"{cell.engine}/{cell.scheme}"] = {
            "verdict": str(cell.verdict),
            "because": cell.because,
            "suits": cell.suits,
            "translation": None if cell.passed is None else {
                "passed": cell.passed, "matched": cell.matched, "straying": cell.straying, "horizon_ms": cell.horizon_ms,
            },
        }  # fmt: skip
    return rows


def check_json(check: Check) -> str:
    """One JSON document, schema 1."""
    cases: dict[str, Any] = {}
    for result in check.results:
        case = cases.setdefault(
            result.case, {"definition_changes": (check.definitions or {}).get(result.case, []), "engines": {}}
        )
        case["engines"][result.key] = {
            "verdict": str(result.verdict),
            "because": result.because,
            "accepted": result.accepted,
            "status": str(result.change.status),
            "change": result.change.because,
            "versions": {name: {"then": then, "now": now} for name, (then, now) in result.change.versions.items()},
            "passed": result.passed,
        }
    document = {
        "schema": SCHEMA,
        "suite": check.suite.name,
        "baseline": str(check.suite.baseline) if check.suite.baseline else None,
        "status": check.status,
        "updated": check.updated,
        "written": list(check.written),
        "versions": version_lines(check),
        "experiments": cases,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Only what JSON has."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


WRITERS = {Comparison: render_json, Grid: grid_json, Check: check_json}
