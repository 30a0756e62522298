"""What an analysis gives back, in a few words: its numbers in short, arrays by how many they are and how far they reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from spikebridge.bridge.shown import plain, shown
from spikebridge.reference.upstairs import Shown

_MOST = 460  # characters of a whole description
_EACH = 70  # of one part


class Result(Shown):
    """A dataclass of numbers that introduces itself shortly."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # before dataclass() writes one of its own, which prints arrays
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = Result.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={plain(text, _EACH)}" for name, text in self.summary())
        return f"{type(self).__name__}({plain(parts, _MOST)})"

    def summary(self) -> list[tuple[str, str]]:
        """Each part's name, and what it is in a few words; a result that has better words for itself says those."""
        return [(each.name, in_short(getattr(self, each.name))) for each in fields(self)]  # type: ignore[arg-type]


def in_short(value: Any) -> str:
    """A value in a few words, whatever it is."""
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return plain(_listed(f"{shown(key, 30).strip(chr(39))}: {in_short(x)}" for key, x in value.items()), _EACH)
    if isinstance(value, tuple | list):
        return plain(_several(value), _EACH)
    return plain(value, _EACH) if isinstance(value, str) else plain(shown(value, _EACH), _EACH)


def _array(value: np.ndarray) -> str:
    """``61 from 0 to 20``; shapes of more axes as they are written."""
    if 0 < value.size <= 4 and value.ndim == 1 and value.dtype.kind in "fiuc":
        return f"[{', '.join(f'{x:.4g}' for x in value)}]"
    size = " x ".join(map(str, value.shape)) or "1"
    if not value.size or value.dtype.kind not in "fiu" or not np.isfinite(value).any():
        return f"{size} values"
    return f"{size} from {np.nanmin(value):.5g} to {np.nanmax(value):.5g}"


def _several(value: tuple[Any, ...] | list[Any]) -> str:
    if len(value) > 3 or any(isinstance(each, np.ndarray) for each in value):
        kind = {type(each).__name__ for each in value}
        return f"{len(value)} of {kind.pop() if len(kind) == 1 else 'several kinds'}"
    return f"[{_listed(in_short(each) for each in value)}]"


def _listed(texts: Any) -> str:
    return ", ".join(texts)
