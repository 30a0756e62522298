"""matplotlib figures of a comparison."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from spikebridge.reports.formats.thinning import thin
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.shown_figure import ShownFigure
from spikebridge.reports.style import style

_EXACT = "0.35"


def comparison_figure(comparison: Comparison) -> ShownFigure:
    """Traces over the exact solution, error of each engine, lag of each spike."""
    figure = ShownFigure(figsize=(8.0, 7.6))
    voltage, error, shifts = figure.subplots(3, 1, height_ratios=(3, 2, 1.6))
    figure.subplots_adjust(left=0.11, right=0.98, top=0.88, bottom=0.07, hspace=0.34)
    error.sharex(voltage)
    name = comparison.experiment.observed
    unit = str(comparison.experiment.model.unit_of(name))
    unit = "" if unit == "1" else f" ({unit})"
    _traces(voltage, comparison, name)
    voltage.set_ylabel(f"{name}{unit}")
    figure.suptitle(comparison.experiment.model.title, y=0.985, parse_math=False)
    _errors(error, comparison, name)
    error.set(ylabel=f"|{name} - exact|{unit}", xlabel="time (ms)", yscale="log")
    _shifts(shifts, comparison)
    for axes in (voltage, error, shifts):
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(
        *voltage.get_legend_handles_labels(),
        frameon=False,
        fontsize="small",
        loc="upper center",
        bbox_to_anchor=(0.5, 0.96),
        ncols=4,
    )
    return figure


def _traces(axes: Axes, comparison: Comparison, name: str) -> None:
    axes.plot(*thin(comparison.exact.t_ms, comparison.exact_trace()), color=_EXACT, linewidth=2.4, alpha=0.5, label="exact")
    for index, entry in enumerate(comparison.entries):
        if entry.recording is not None:
            axes.plot(
                *thin(entry.recording.t_ms, entry.recording[name]),
                linewidth=1.0,
                label=f"{entry.name}, {entry.scheme.name}",
                **style(index),
            )


def _errors(axes: Axes, comparison: Comparison, name: str) -> None:
    for index, entry in enumerate(comparison.entries):
        if entry.recording is not None:
            distance = np.abs(entry.recording[name] - comparison.exact_trace())
            # zero has no place on a logarithmic axis
            axes.plot(*thin(entry.recording.t_ms, np.maximum(distance, 1e-16)), linewidth=0.9, **style(index))


def _shifts(axes: Axes, comparison: Comparison) -> None:
    exact = np.asarray(comparison.exact.spike_times_ms)
    for index, entry in enumerate(comparison.entries):
        if entry.recording is not None and len(entry.recording.spike_times_ms) == len(exact) > 0:
            lag = np.asarray(entry.recording.spike_times_ms) - exact
            axes.plot(np.arange(1, len(exact) + 1), lag, marker="o", markersize=3.5, linewidth=0.9, **style(index))
    axes.axhline(0.0, color=_EXACT, linewidth=0.8)
    axes.set(xlabel="spike", ylabel="lag (ms)")
    if len(exact) < 2:
        axes.set_xlim(0.5, max(len(exact), 1) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
