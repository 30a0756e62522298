"""What every analysis gives back: numbers with units that become a table and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@runtime_checkable
class Analysed(Protocol):
    """The result of an analysis."""

    def to_frame(self) -> pd.DataFrame:
        """Its numbers, the unit of each column in the column's name."""

    def plot(self, axes: Axes | None = None) -> Figure:
        """Its picture, on the axes given or on a figure of its own."""


def frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    """A table of these columns; pandas is loaded when there is one to make."""
    import pandas as pd

    return pd.DataFrame(dict(columns))
