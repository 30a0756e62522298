"""Positions in a sequence as figure files write them: 1, 2, ... from the start, -1, -2, ... from the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.shown import shown

LAST = -1


def read_position(given: Any, where: str) -> int:
    """The position; ``"last"`` is -1. DefinitionError says what was expected."""
    if given == "last":
        return LAST
    if isinstance(given, bool) or not isinstance(given, int) or given == 0:
        raise DefinitionError(f'{where}: expected 1, 2, ..., "last" or -1, -2, ... from the end, found {shown(given)}')
    return given


def at_position(found: Sequence[Any] | np.ndarray, k: int) -> Any:
    """What stands there; None where there are fewer.

    Parameters
    ----------
    found : a sequence, or an array of shape (found, ...)
    k : 1, 2, ... from the start, -1, -2, ... from the end
    """
    index = k - 1 if k > 0 else k
    return found[index] if -len(found) <= index < len(found) else None
