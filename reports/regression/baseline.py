"""What an experiment gave before, kept as text that a person can review: one JSON file an experiment."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spikebridge.bridge.definition.equation import Equation
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.spike_rule import SpikeRule
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.opener import read_text
from spikebridge.reports.files import write_text
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.entry import Entry
from spikebridge.reports.proof.verdict import RULES, Verdict
from spikebridge.reports.regression.environment import environment

SCHEMA = 1
MAX_BYTES = 20_000_000
CHECKPOINTS = 20
_OLDEST_RULES = 1  # of a file that does not say
DIGITS = 13
_ROW = re.compile(r"\[\s+([^\[\]{}]*?)\s+\]")


@dataclass(frozen=True)
class Kept:
    """What one engine gave under one scheme.

    Attributes
    ----------
    checkpoints : of each variable, its values at ``times_ms``
    extremes : of each variable, its least and greatest value
    error : of each variable the distance to the exact solution, and of the spikes under ``spikes``: all that can be
        asked of an adaptive integrator, whose steps follow from its tolerance
    environment : versions, platform and compiler, by name
    rules : by which it was judged, see ``RULES``
    """

    verdict: Verdict
    spike_times_ms: tuple[float, ...]
    times_ms: tuple[float, ...]
    checkpoints: Mapping[str, tuple[float, ...]]
    extremes: Mapping[str, tuple[float, float]]
    units: Mapping[str, str]
    error: Mapping[str, float]
    environment: Mapping[str, str]
    rules: int = RULES


@dataclass(frozen=True)
class Baseline:
    """All that is kept of one experiment; ``definition`` says what it was, ``engines`` what each engine/scheme gave."""

    name: str
    definition: Mapping[str, str]
    engines: Mapping[str, Kept] = field(default_factory=dict)


# what a comparison gives -----------------------------------------------------------------------------------


def key_of(entry: Entry) -> str:
    """Engine and scheme: an engine's default scheme may become another one."""
    return f"{entry.name}/{entry.scheme.name}"


def definition_of(experiment: Experiment) -> dict[str, str]:
    """Everything that determines the result, by name, as text."""
    model, printer = experiment.model, Printer()
    rows = {name: text for name, text in experiment.described() if not name.startswith(("edges", "arrivals"))}
    rows |= {_left_side(e): f"{printer.text(e.expression)} : {e.unit}" for e in model.equations}
    rows |= {name: str(parameter) for name, parameter in model.parameters.items()}
    rows |= {f"initial {s}": repr(_rounded(model.initial_values[s] / model.factor(s))) for s in model.state_names}
    rules = [rule for rule in (model.spike, *model.events) if rule is not None]
    if model.input:
        rows[f"arriving spike, in {model.input.unit}"] = "; ".join(f"{s} = {printer.text(e)}" for s, e in model.input.reset)
    return rows | {f"event {i}": _rule(printer, rule) for i, rule in enumerate(rules, 1)}


def _left_side(equation: Equation) -> str:
    return f"d{equation.name}/dt" if equation.differential else f"{equation.name}[n+1]" if equation.iterated else equation.name


def _rule(printer: Printer, rule: SpikeRule) -> str:
    text = f"{printer.text(rule.left)} > {printer.text(rule.right)}"
    resets = "; ".join(f"{name} = {printer.text(value)}" for name, value in rule.reset)
    held = f", {rule.clamp} held for {printer.text(rule.refractory)}" if rule.refractory is not None else ""
    return f"{text}: {resets or 'no reset'}{held}"


def kept_of(comparison: Comparison, entry: Entry, checkpoints: int = CHECKPOINTS) -> Kept:
    """What is to be kept of an engine that ran; ``checkpoints`` samples beside the first, evenly over the run."""
    recording, experiment = entry.recording, comparison.experiment
    assert recording is not None
    at = np.unique(np.linspace(0, len(recording.t_ms) - 1, checkpoints + 1).round().astype(int))
    states = experiment.model.state_names
    return Kept(
        entry.verdict,
        _numbers(recording.spike_times_ms),
        _numbers(recording.t_ms[at]),
        {name: _numbers(recording[name][at]) for name in states},
        {name: (_rounded(recording[name].min()), _rounded(recording[name].max())) for name in states},
        {name: recording.units[name] for name in states},
        _errors(comparison, entry),
        environment(entry),
    )


def _errors(comparison: Comparison, entry: Entry) -> dict[str, float]:
    exact, recording, model = comparison.exact, entry.recording, comparison.experiment.model
    assert recording is not None
    found = {}
    for name, expected, own in zip(model.state_names, exact.states, exact.state_errors, strict=True):
        factor = model.factor(name)
        found[name] = _up(float(np.max(np.abs(recording[name] * factor - expected)) + own) / factor)
    spikes, truth = np.asarray(recording.spike_times_ms), np.asarray(exact.spike_times_ms)
    if len(spikes) == len(truth):
        found["spikes"] = _up(float(np.max(np.abs(spikes - truth), initial=0.0)) + exact.spike_error_ms)
    return found


def _rounded(value: Any) -> float:
    return float(f"{float(value):.{DIGITS}g}")


def _up(value: float) -> float:
    """Two digits, not less than the value."""
    if not value > 0 or not math.isfinite(value):
        return value
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / unit) * unit:.2g}")


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(_rounded(x) for x in values)


# files -----------------------------------------------------------------------------------------------------


def path_of(folder: Path, name: str) -> Path:
    """The file of an experiment's baseline."""
    return folder / f"{name}.json"


def write_baseline(folder: Path, baseline: Baseline) -> Path:
    """Write it whole; OSError where it cannot be written."""
    return write_text(path_of(folder, baseline.name), render_baseline(baseline))


def render_baseline(baseline: Baseline) -> str:
    """As JSON, a line a spike and a line a checkpoint, so that a diff shows what moved."""
    engines = {key: _plain(kept) for key, kept in sorted(baseline.engines.items())}
    document = {"schema": SCHEMA, "definition": dict(baseline.definition), "engines": engines}
    return _ROW.sub(_on_one_line, json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)) + "\n"


def _on_one_line(match: re.Match[str]) -> str:
    """A row of a table; a list of one number a line stays as it is."""
    parts = [part.strip() for part in match[1].split("\n")]
    return f"[{' '.join(parts)}]"


def _plain(kept: Kept) -> dict[str, Any]:
    names = list(kept.checkpoints)
    columns = zip(kept.times_ms, *(kept.checkpoints[n] for n in names), strict=True)
    return {
        "verdict": str(kept.verdict),
        "rules": kept.rules,
        "environment": dict(kept.environment),
        "spikes_ms": [[i, t] for i, t in enumerate(kept.spike_times_ms, 1)],
        "variables": [["t_ms", "ms"], *([name, kept.units[name]] for name in names)],
        "checkpoints": [list(row) for row in columns],
        "extremes": {name: list(kept.extremes[name]) for name in names},
        "error_against_exact": dict(kept.error),
    }


def read_baseline(folder: Path, name: str) -> Baseline | None:
    """What is kept of an experiment; None where nothing is.

    Raises
    ------
    DefinitionError : the file is there, but is no baseline
    """
    path = path_of(folder, name)
    if not path.exists():
        return None
    try:
        document = json.loads(read_text(path, MAX_BYTES, "a baseline"))
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise ValueError(f'expected "schema": {SCHEMA}')
        definition = {str(k): str(v) for k, v in document["definition"].items()}
        return Baseline(name, definition, {str(key): _read(given) for key, given in document["engines"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else getattr(error, "strerror", None) or str(error)
        raise DefinitionError(
            f"{path}: this is no baseline: {why}; restore the file, or remove it and run with --update"
        ) from None


def _read(given: Mapping[str, Any]) -> Kept:
    names = [str(name) for name, _ in given["variables"][1:]]
    rows = [[float(x) for x in row] for row in given["checkpoints"]]
    if not names or not rows or any(len(row) != len(names) + 1 for row in rows):
        raise ValueError("checkpoints and variables do not fit together")
    columns = dict(zip(names, (tuple(column) for column in list(zip(*rows, strict=True))[1:]), strict=True))
    return Kept(
        Verdict(given["verdict"]),
        tuple(float(t) for _, t in given["spikes_ms"]),
        tuple(row[0] for row in rows),
        columns,
        {name: (float(low), float(high)) for name, (low, high) in ((n, given["extremes"][n]) for n in names)},
        {str(name): str(unit) for name, unit in given["variables"][1:]},
        {str(k): float(v) for k, v in given["error_against_exact"].items()},
        {str(k): str(v) for k, v in given["environment"].items()},
        int(given.get("rules", _OLDEST_RULES)),
    )
