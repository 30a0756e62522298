"""In which floating-point numbers an engine computes."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.shown import shown


class Precision(StrEnum):
    """Of every operation of a run; the names are numpy's. What a run is judged by is in double precision always."""

    DOUBLE = "float64"
    SINGLE = "float32"

    @property
    def dtype(self) -> Any:
        """numpy's type, which makes numbers of this precision."""
        return np.float64 if self is Precision.DOUBLE else np.float32

    @property
    def words(self) -> str:
        """As people say it."""
        return f"{self.name.lower()} precision"


def read_precision(given: Any, where: str) -> Precision:
    """The precision of that name; DefinitionError, beginning with ``where``, where there is none."""
    known = [str(precision) for precision in Precision]
    if not isinstance(given, str) or given not in known:
        raise DefinitionError(f"{where}: expected {' or '.join(known)}, found {shown(given)}")
    return Precision(given)
