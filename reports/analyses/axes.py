"""The axes an analysis is drawn on: the caller's, or a figure of their own in the house style."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from spikebridge.reports.style import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes_of(axes: Axes | None, xlabel: str, ylabel: str) -> tuple[Axes, Callable[[int], dict[str, Any]]]:
    """Labelled axes, and the style of each line by its place."""
    from spikebridge.reports.shown_figure import ShownFigure

    if axes is None:
        axes = ShownFigure(figsize=(6.0, 4.2), layout="constrained").subplots()
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    return axes, style


def with_unit(name: str, unit: str) -> str:
    """``name (unit)``, without a bracket where there is no unit."""
    return name if unit == "1" else f"{name} ({unit})"
