"""Words that the programs which read a translation keep for themselves, as benchmarks/reserved_names.py measured them.

The lists lie in ``reserved``, one file a program; each says in its first lines how it was measured, and with which version.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "reserved"


@cache
def reserved(*lists: str) -> frozenset[str]:
    """The words of these lists."""
    lines = (line for name in lists for line in (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines())
    return frozenset(line for line in lines if not line.startswith("#"))
