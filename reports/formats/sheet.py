"""A textbook figure on paper: its panels in rows and columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from spikebridge.reports.formats.curves import STIMULUS, Curve, curves
from spikebridge.reports.style import COLOURS
from spikebridge.reports.textbook.figure import Panel, Plan
from spikebridge.reports.textbook.figure_run import MadeFigure

_GREY = "0.45"
_WIDTH, _ROW = 8.0, 2.1  # inches
_SQUARE = ("phase", "analysis", "return_map")
_ABOVE, _LINE = 7.0, 13.0  # points between axes and title where a legend lies between them, and a line of it
_SHAPES = ("o", "s", "D", "^")  # of engines beside the exact curve


def draw(made: MadeFigure) -> tuple[Figure, list[tuple[Panel, list[Curve]]]]:
    """The figure, and what is drawn in each panel."""
    plan = made.file.plan
    drawn = [(panel, curves(panel, made)) for panel in plan.panels]
    places, heights = _places(plan)
    figure = Figure(
        figsize=plan.size or (_WIDTH, max(3.2, sum(heights) * _ROW + 0.9)),
        layout=ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06, hspace=0.03, wspace=0.03),
    )
    grid = figure.add_gridspec(len(heights), plan.columns, height_ratios=heights)
    first: Axes | None = None
    for (panel, shown), (row, column, span) in zip(drawn, places, strict=True):
        axes = figure.add_subplot(grid[row, column : column + span], sharex=first if plan.share_x else None)
        first = first or axes
        draw_panel(axes, panel, shown, made)
        if plan.share_x and row < len(heights) - 1:
            axes.set_xlabel("")
            axes.tick_params(labelbottom=False)
    figure.align_ylabels()
    figure.suptitle(made.file.title, fontsize="large", parse_math=False)
    return figure, drawn


def _places(plan: Plan) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Row, column and width of each panel, and the height of each row; a panel that does not fit begins the next row."""
    places, heights, row, column = [], [1], 0, 0
    for panel in plan.panels:
        span = min(int(panel.settings.get("span", 1)), plan.columns)
        if column + span > plan.columns:
            row, column = row + 1, 0
            heights.append(1)
        places.append((row, column, span))
        heights[row] = max(
            heights[row], int(panel.settings.get("height", 2 if panel.kind in _SQUARE and plan.columns == 1 else 1))
        )
        column += span
    return places, heights


def draw_panel(axes: Axes, panel: Panel, shown: Sequence[Curve], made: MadeFigure) -> None:
    """One panel."""
    small = panel.kind == "pattern"
    narrow = made.file.plan.columns > int(panel.settings.get("span", 1))
    _draw_analyses(axes, panel, made)
    for curve in shown:
        _draw_curve(axes, panel, curve)
    axes.spines[["top", "right"]].set_visible(False)
    labels = (shown[0].x_label, shown[0].y_label) if shown else (axes.get_xlabel(), axes.get_ylabel())
    axes.set_xlabel(panel.text("x_label", labels[0]), parse_math=False)
    axes.set_ylabel(panel.text("y_label", labels[1]), parse_math=False)
    if panel.kind == "raster":
        axes.set_yticks(range(len(shown)), [curve.label for curve in shown], parse_math=False)
        axes.set_ylim(-0.7, len(shown) - 0.3)
        axes.grid(axis="y", color="0.92", linewidth=0.6)
        axes.set_axisbelow(True)
    _limits(axes, panel, shown)
    named = {text for text in axes.get_legend_handles_labels()[1] if text}
    legend = panel.kind not in ("raster", "pattern") and panel.settings.get("legend", len(named) > 1)
    rows = _legend(axes, len(named), narrow) if legend else 0
    if panel.text("title"):
        size, pad = ("small" if small else "medium"), (_ABOVE + _LINE * rows if rows else None)
        axes.set_title(panel.text("title"), fontsize=size, loc="left", pad=pad, parse_math=False)
    if small:
        _below(axes, [curve for curve in shown if curve.role == STIMULUS and np.ptp(curve.y) > 0])


def _draw_analyses(axes: Axes, panel: Panel, made: MadeFigure) -> None:
    """What the analyses draw of themselves; the panel makes the legend."""
    for name in panel.analyses:
        analysis = made.file.analyses[name]
        looks = analysis.kind.looks
        looks[panel.text("look", next(iter(looks)))](made.analyses[name], analysis, axes)
    legend = axes.get_legend()
    if legend is not None:
        legend.remove()


def _legend(axes: Axes, entries: int, narrow: bool) -> int:
    """Above the panel, where it hides nothing; returns its number of lines."""
    columns = min(entries, 3 if narrow else 5)
    legend = axes.legend(
        frameon=False, fontsize="small", ncols=columns, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1,
        handlelength=1.4, columnspacing=1.2,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
    return -(-entries // columns)


def _draw_curve(axes: Axes, panel: Panel, curve: Curve) -> None:
    colour = COLOURS[curve.colour % len(COLOURS)]
    if curve.role == "spikes":
        axes.eventplot([curve.x], lineoffsets=[float(curve.colour)], linelengths=0.8, linewidths=0.9, colors=COLOURS[0])
    elif curve.role == "points":
        axes.plot(curve.x, curve.y, marker=".", markersize=4, linewidth=1.1, color=colour, label=curve.label)
    elif curve.role == "dots":
        axes.plot(curve.x, curve.y, linestyle="", marker=".", markersize=3, color=colour)
    elif curve.role == "marks":
        shape, size = _SHAPES[(curve.colour - 1) % len(_SHAPES)], 3.0 + 2.0 * curve.colour
        known = {line.get_label() for line in axes.get_lines()}
        label = "" if curve.label in known else curve.label
        axes.plot(
            curve.x,
            curve.y,
            linestyle="",
            marker=shape,
            markersize=size,
            fillstyle="none",
            color="0.3",
            label=label,
            markeredgewidth=0.8,
        )
    elif curve.role == "bars":
        axes.bar(curve.x, curve.y, width=panel.settings["bin_ms"], align="edge", color=colour, label=curve.label)
    elif curve.role == "dots":
        axes.plot(curve.x, curve.y, linestyle="", marker=".", markersize=3.5, color=colour, label=curve.label)
    elif panel.kind == "analysis":
        axes.plot(curve.x, curve.y, color="0.2", linewidth=0.9, label=curve.label)
    elif curve.role == STIMULUS and panel.kind != "pattern":
        axes.plot(curve.x, curve.y, color=_GREY if len(panel.runs) == 1 else colour, linewidth=1.2, label=curve.label)
    elif curve.role != STIMULUS:
        axes.plot(curve.x, curve.y, color=colour, linewidth=1.0, label=curve.label)


def _limits(axes: Axes, panel: Panel, shown: Sequence[Curve]) -> None:
    if shown and shown[0].end is not None:
        axes.set_xlim(0.0, max(c.end or 0.0 for c in shown))
    elif shown and shown[0].x_label == "time (ms)":
        ends = [float(c.x[-1]) for c in shown if len(c.x)]
        starts = [float(c.x[0]) for c in shown if len(c.x) and c.role != "spikes"]
        if ends and starts:
            axes.set_xlim(min(starts), max(ends))
    if "x_range" in panel.settings:
        axes.set_xlim(*panel.settings["x_range"])
    if "y_range" in panel.settings:
        axes.set_ylim(*panel.settings["y_range"])
    elif panel.kind == "stimulus":
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, -0.05 * high), max(high, -0.05 * low))
    if panel.kind not in ("curve", "analysis"):
        axes.xaxis.set_major_locator(MaxNLocator(6, min_n_ticks=3, steps=[1, 2, 2.5, 5, 10]))


def _below(axes: Axes, stimuli: Sequence[Curve]) -> None:
    """The stimulus under the trace, without a scale of its own; the title says more where that matters."""
    if not stimuli:
        return
    low, high = axes.get_ylim()
    room = 0.22 * (high - low)
    for curve in stimuli:
        span = float(np.ptp(curve.y))
        shape = (curve.y - float(np.min(curve.y))) / span if span else np.zeros(len(curve.y))
        axes.plot(curve.x, low - room + 0.6 * room * shape, color=_GREY, linewidth=1.0)
    ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
    axes.set_ylim(low - 1.15 * room, high)
    axes.set_yticks(ticks)
    axes.spines["left"].set_bounds(low, high)
