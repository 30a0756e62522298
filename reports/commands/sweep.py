"""``spikebridge sweep``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.elsewhere import choose_engine
from spikebridge.bridge.engines.limits import ONE_RUN, check_memory
from spikebridge.reports.analyses.sweep import Point, Vary, sweep
from spikebridge.reports.commands.changes import ExperimentChanges, chosen_from
from spikebridge.reports.commands.console import advancing, tell_memory, terminal
from spikebridge.reports.formats.table_file import check_table_file, write_table


def sweep_experiment(
    name: str, vary: str, engine_name: str, scheme_name: str | None, output: str | None, as_json: bool, changes: Mapping[str, Any]
) -> int:
    """Run at every value, print the table, write it where asked; the status says whether all ran."""
    varied, engine = Vary.parse(vary), choose_engine(engine_name)
    path = check_table_file(output, "--output") if output else None
    experiment = chosen_from(changes, ExperimentChanges).made(name)
    tell_memory(check_memory(experiment, ONE_RUN * len(varied.values)))
    scheme = find_scheme(engine, scheme_name, experiment.model)
    with advancing(len(varied.values)) as begin:
        points = sweep(experiment, varied, engine, scheme, changes["limit_s"], begin)
    from spikebridge.reports.formats.tables import sweep_table

    table = sweep_table(varied, points)
    if path:
        write_table(path, table)
    rows = table.to_dict(orient="records")
    if as_json:
        document = {
            "schema": 1,
            "experiment": experiment.name,
            "engine": engine.name,
            "scheme": scheme.name,
            "precision": str(experiment.precision),
            "rows": _plain(rows),
        }
        print(json.dumps(document, indent=2))
    else:
        _print(rows)
        if path:
            print(f"\nwrote {path}: {len(rows)} values")
    return _status(points)


def _status(points: list[Point]) -> int:
    return 3 if any(point.recording is None for point in points) else 0


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Only what JSON has."""
    return [{k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()} for row in rows]


def _print(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    shown = [column for column in rows[0] if column != "reason" or any(row["reason"] for row in rows)]
    for column in shown:
        table.add_column(column, justify="left" if column == "reason" else "right", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in shown))
    terminal().print(table)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.7g}" if math.isfinite(value) else "-"
    return str(value)
