"""``spikebridge cache``."""

from __future__ import annotations

import re

from spikebridge.bridge.engines.cache import VARIABLE, cache_folder
from spikebridge.bridge.engines.cache_care import Artefact, artefacts, bounded, damaged
from spikebridge.bridge.errors import UsageError
from spikebridge.bridge.shown import shown
from spikebridge.reports.metrics.numbers import counted

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(B|kB|MB|GB)?\s*\Z")
_UNITS = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}


def look_after_cache(check: bool, clear: bool, limit: str | None) -> int:
    """Remove what was asked to go, then say what the cache holds."""
    most = None if limit is None else size_of(limit)
    if check:
        _removed(damaged(), "damaged, and removed: {}; each is built again when it is wanted", "nothing is damaged")
    if clear:
        most = 0
    if most is not None:
        _tell(bounded(most), "removed: {}", "nothing had to go")
    print(f"{cache_folder()} ({VARIABLE} names another place)")
    held = artefacts()
    for kind in sorted({each.kind for each in held}):
        print(f"  {kind}: {_summed([each for each in held if each.kind == kind])}")
    print(f"  in all: {_summed(held)}")
    return 0


def size_of(text: str) -> int:
    """Bytes of a size such as ``500 MB``; UsageError otherwise."""
    match = _SIZE.match(text)
    if match is None:
        raise UsageError(f'--limit: expected a size such as "500 MB", found {shown(text)}')
    return int(float(match[1]) * _UNITS[match[2] or "B"])


def _removed(found: list[Artefact], some: str, none: str) -> None:
    for each in found:
        each.remove()
    _tell(found, some, none)


def _tell(found: list[Artefact], some: str, none: str) -> None:
    print(some.format(_summed(found)) if found else none)


def _summed(found: list[Artefact]) -> str:
    return f"{counted(len(found), 'artefact')}, {sum(each.size for each in found) / 1e6:.1f} MB"
