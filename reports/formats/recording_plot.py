"""matplotlib figures of a recording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS
from spikebridge.reference.recording import Recording
from spikebridge.reports.formats.thinning import thin
from spikebridge.reports.shown_figure import ShownFigure
from spikebridge.reports.style import COLOURS, style

_WIDTH, _PANEL, _MOST = 8.0, 1.9, 12.0  # inches


def recording_figure(recording: Recording, variables: Sequence[str] = ()) -> ShownFigure:
    """The recorded variables against time, those of one unit on axes of their own, with the spikes; the stimulus below.

    Parameters
    ----------
    variables : those to draw, all otherwise; RecordingError where one was not recorded
    """
    panels = _panels(recording, variables or list(recording.values))
    below = _stimulus(recording)
    heights = [1.0] * len(panels) + [0.45] * (below is not None)
    figure = ShownFigure(figsize=(_WIDTH, min(_MOST, 0.9 + _PANEL * sum(heights))), layout="constrained")
    axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for each, names in zip(axes, panels, strict=False):
        _draw(each, recording, names)
    _spikes(axes[0], recording)
    if below is not None:
        axes[-1].plot(*thin(recording.t_ms, below[1]), color="0.35", linewidth=1.0)
        axes[-1].update_datalim([(recording.t_ms[0], 0.0)])  # how strong it is shows against none
        axes[-1].autoscale_view()
        axes[-1].set_ylabel(below[0])
    axes[-1].set_xlabel("time (ms)")
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
        each.label_outer(remove_inner_ticks=True)
    figure.suptitle(_title(recording), fontsize="medium", parse_math=False)
    return figure


def _panels(recording: Recording, names: Sequence[str]) -> list[list[str]]:
    """What shares axes: what has one unit, but of pure numbers only those between 0 and 1, as gates are."""
    panels: dict[str, list[str]] = {}
    for name in names:
        samples, unit = recording[name], recording.units[name]
        alone = unit == "1" and not (np.min(samples) >= -0.01 and np.max(samples) <= 1.01)
        panels.setdefault(name if alone else f"({unit})", []).append(name)
    return list(panels.values())


def _draw(axes: Axes, recording: Recording, names: Sequence[str]) -> None:
    for index, name in enumerate(names):
        axes.plot(*thin(recording.t_ms, recording[name]), label=name, linewidth=1.0, **style(index))
    axes.set_ylabel(_label(", ".join(names[:4]) + ", ..." * (len(names) > 4), recording.units[names[0]]), parse_math=False)
    if len(names) > 1:
        axes.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))


def _label(name: str, unit: str) -> str:
    return name if unit == "1" else f"{name}\n({unit})"


def _spikes(axes: Axes, recording: Recording) -> None:
    """A mark above the first axes at each spike."""
    trains = recording.spike_times_ms if isinstance(recording.spike_times_ms, tuple) else (recording.spike_times_ms,)
    times = np.concatenate(trains)
    above = np.full(len(times), 1.03)
    axes.plot(times, above, "v", color=COLOURS[1], markersize=4, transform=axes.get_xaxis_transform(), clip_on=False)


def _stimulus(recording: Recording) -> tuple[str, np.ndarray] | None:
    """Its label and its values at the samples, shape (samples,); None where there is none, or it is drawn as what is clamped."""
    experiment = recording.experiment
    if not isinstance(experiment, Experiment) or not experiment.currents or experiment.clamp or STIMULUS in recording.values:
        return None
    return _label(STIMULUS, str(experiment.model.stimulus_unit)), experiment.drive.at(recording.t_ms) / experiment.model.factor(
        STIMULUS
    )


def _title(recording: Recording) -> str:
    of = f"{recording.experiment.name}: " if isinstance(recording.experiment, Experiment) else ""
    return f"{of}{recording.engine} {recording.version}, {recording.scheme}, dt = {recording.dt_ms:g} ms"
