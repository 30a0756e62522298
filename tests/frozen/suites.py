"""Suites of experiments whose results are frozen as the baselines of ``spikebridge check``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from spikebridge.reports.formats.check import attention
from spikebridge.reports.regression.change import Status
from spikebridge.reports.regression.checking import check
from spikebridge.reports.regression.suite import read_suite
from tests.frozen.moved import FOLDER, Begin, Looked, Moved, Tell

_VERSIONS = "versions"  # what goes with a change, and is none


def look(
    kind: str, models: Collection[str] | None, update: bool, tell: Tell, begin: Begin = lambda name: None, folder: Path = FOLDER
) -> Looked:
    """Run the suite of that kind, or its cases of these models; ``update`` writes what moved."""
    suite = read_suite(folder / f"{kind}.toml")
    cases = tuple(case for case in suite.cases if models is None or case.name in models)
    if not cases:
        return Looked(kind, 0)
    found = check(replace(suite, cases=cases, complete=models is None), update, progress=begin, writes=update)
    said = attention(found)
    moved = tuple(Moved(who, what, ran=not what.startswith(str(Status.NOT_RUN))) for who, what in said if who != _VERSIONS)
    for each in moved:
        tell(each)
    return Looked(kind, len(found.results), moved, tuple(what for who, what in said if who == _VERSIONS))
