"""What a panel shows, as numbers: the curves, spikes and points that are drawn and written as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from spikebridge.bridge.expressions.expression import Name
from spikebridge.reference.recording import Recording
from spikebridge.reports.analyses.spike_train import instantaneous_rate, interval_histogram, return_map
from spikebridge.reports.formats.thinning import thin
from spikebridge.reports.textbook.claim_measures import Question, described, spikes
from spikebridge.reports.textbook.claims import Claim
from spikebridge.reports.textbook.figure import FigureRun, Panel
from spikebridge.reports.textbook.figure_run import MadeFigure

STIMULUS = "stimulus"
BINS = 1500


@dataclass(frozen=True)
class Curve:
    """One line, row of spikes or set of points.

    Attributes
    ----------
    run : whose it is; ``colour`` numbers what should look different within the panel
    x, y : shape (points,); x is in ms where the panel shows time
    end : of the axis of time, where the last point does not say
    """

    run: str
    label: str
    x: np.ndarray
    y: np.ndarray
    x_label: str
    y_label: str
    colour: int = 0
    role: str = "line"
    end: float | None = None


def curves(panel: Panel, made: MadeFigure) -> list[Curve]:
    """All curves of a panel, in the order in which they are drawn."""
    return list(_MAKERS[panel.kind](panel, made))


def label_of(name: str, unit: str) -> str:
    """A variable with its unit, for an axis."""
    return name if unit in ("", "1") else f"{name} ({unit})"


def _shown(panel: Panel, made: MadeFigure) -> Iterator[tuple[int, FigureRun, Recording]]:
    for i, name in enumerate(panel.runs):
        yield i, made.file.runs[name], made.exact[name]


def _traces(panel: Panel, made: MadeFigure) -> Iterator[Curve]:
    one = len(panel.runs) == 1
    for i, run, recording in _shown(panel, made):
        names = panel.settings.get("variables") or [run.experiment.observed]
        for j, name in enumerate(names):
            label = name if one else run.label if len(names) == 1 else f"{run.label}, {name}"
            unit = recording.units[name]
            y_label = label_of(name if len(names) == 1 else "", unit) or label_of(", ".join(names), unit)
            t, y = thin(*_seen(panel, *_topped(run, recording, name)), BINS)
            yield Curve(run.name, label, t, y, "time (ms)", y_label, i * len(names) + j)


def _topped(run: FigureRun, recording: Recording, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The samples, and before every reset the level that was reached, which samples show only by chance."""
    model = run.experiment.model
    rule = model.spike
    times = np.asarray(recording.spike_times_ms)
    if rule is None or not rule.reset or rule.left != Name(name) or not isinstance(rule.right, Name) or not len(times):
        return recording.t_ms, recording[name]
    level = model.value(rule.right) / model.factor(name)
    places = np.searchsorted(recording.t_ms, times)
    return np.insert(recording.t_ms, places, times), np.insert(recording[name], places, level)


def _seen(panel: Panel, t: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What lies in the panel's range, so that it is not thinned for the sake of what does not."""
    if "x_range" not in panel.settings:
        return t, y
    first, last = np.searchsorted(t, panel.settings["x_range"])
    kept = slice(max(int(first) - 1, 0), int(last) + 1)
    return t[kept], y[kept]


def _stimulus(panel: Panel, made: MadeFigure) -> Iterator[Curve]:
    for i, run, recording in _shown(panel, made):
        model = run.experiment.model
        unit = model.stimulus_unit
        t, y = _drawn_edges(run, recording)
        yield Curve(run.name, run.label, t, y, "time (ms)", label_of("I", str(unit)), i, STIMULUS)


def _drawn_edges(run: FigureRun, recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    """The stimulus, with both its values at each edge."""
    drive, end = run.experiment.drive, run.experiment.duration_ms
    inside = np.array([edge for edge in drive.edges_ms if 0 < edge < end])
    grid = np.array([0.0, end]) if drive.rectangles is not None else recording.t_ms
    tiny = 1e-9 * end
    times = np.unique(np.concatenate([grid, inside - tiny, inside]))
    factor = run.experiment.model.coherent.factor(run.experiment.model.stimulus_unit)
    return thin(times, np.asarray(drive.at(times), dtype=float) / factor, BINS)


def _pattern(panel: Panel, made: MadeFigure) -> Iterator[Curve]:
    yield from _traces(panel, made)
    yield from _stimulus(panel, made)


def _phase(panel: Panel, made: MadeFigure) -> Iterator[Curve]:
    x, y = panel.text("x"), panel.text("y")
    for i, run, recording in _shown(panel, made):
        labels = label_of(x, recording.units[x]), label_of(y, recording.units[y])
        yield Curve(run.name, run.label, *_path(recording[x], recording[y]), *labels, i)


def _path(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A path in the plane with fewer points: one wherever it has moved by a 500th of its range."""
    span = [float(np.ptp(z)) or 1.0 for z in (x, y)]
    moved = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x) / span[0], np.diff(y) / span[1]))])
    keep = np.unique(np.append(np.searchsorted(moved, np.arange(0, moved[-1], 0.002)), len(x) - 1))
    return x[keep], y[keep]


def _orbits(panel: Panel, made: MadeFigure) -> Iterator[Curve]:
    """The paths of runs over what an analysis draws."""
    if panel.runs:
        yield from _phase(panel, made)


def _rate(panel: Panel, made: MadeFigure) -> Iterator[Curve]:
    for i, run, recording in _shown(panel, made):
        found = instantaneous_rate(recording)
        values = found.t_ms, found.rate_hz
        yield Curve(run.name, run.label, *values, "time (ms)", "instantaneous rate (Hz)", i, "points")


def _intervals(panel: Panel, made: MadeFigure) -> Iterator[Curve]:
    for i, run, recording in _shown(panel, made):
        found = interval_histogram(recording, panel.settings["bin_ms"], panel.settings.get("after_ms", 0.0))
        values = found.start_ms, found.count
        yield Curve(run.name, run.label, *values, "interspike interval (ms)", "count", i, "bars")


def _return_map(panel: Panel, made: MadeFigure) -> Iterator[Curve]:
    for i, run, recording in _shown(panel, made):
        found = return_map(recording, panel.settings.get("after_ms", 0.0))
        values = found.interval_ms, found.next_interval_ms
        yield Curve(run.name, run.label, *values, "interval n (ms)", "interval n + 1 (ms)", i, "dots")


def _raster(panel: Panel, made: MadeFigure) -> Iterator[Curve]:
    for i, run, recording in _shown(panel, made):
        times = np.asarray(recording.spike_times_ms)
        y_label = made.file.axes[run.sweep].label if run.sweep else ""
        label = f"{run.value:.4g}" if run.value is not None else run.label
        yield Curve(
            run.name, label, times, np.full(len(times), float(i)), "time (ms)", y_label, i, "spikes", run.experiment.duration_ms
        )


def _resets(panel: Panel, made: MadeFigure) -> Iterator[Curve]:
    """A variable right after every reset, against what the sweep varies: as many points as the attractor has."""
    for _, run, recording in _shown(panel, made):
        asked = panel.question or Question("reset_value", run.experiment.observed)
        count = len(spikes(recording, asked))
        found = [replace(asked, given={**asked.given, "k": k}).answer(recording) for k in range(1, count + 1)]
        y = np.array([np.nan if value is None else value for value in found])
        name = asked.variable
        axes = made.file.axes[run.sweep].label, label_of(f"{name} after a reset", recording.units[name])
        yield Curve(run.name, "", np.full(count, run.value, dtype=float), y, *axes, 0, "dots")


def _alike(claim: Claim, question: Question) -> bool:
    """Whether a claim is about what a panel draws: the same measure of the same variable, and the same spike."""
    asked = claim.question
    if not isinstance(asked, Question) or asked.what != question.what or asked.given.get("k") != question.given.get("k"):
        return False
    return asked.variable == question.variable


def _marks(question: Question, sweep: str, made: MadeFigure) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """What each engine gives where a claim asks it for the same measure."""
    for engine in made.engines:
        runs = made.file.runs
        found = {
            runs[f.claim.run].value: f.found
            for f in made.findings
            if f.engine == engine and _alike(f.claim, question) and runs[f.claim.run].sweep == sweep and f.found is not None
        }
        if found:
            yield engine, np.array(list(found), dtype=float), np.array(list(found.values()))


def _curve(panel: Panel, made: MadeFigure) -> Iterator[Curve]:
    question = panel.question or Question("frequency", made.file.runs[panel.runs[0]].experiment.observed)
    what = question.what
    sweeps = list(dict.fromkeys(made.file.runs[name].sweep for name in panel.runs))
    for i, sweep in enumerate(sweeps):
        members = made.file.members(sweep)
        x = np.array([run.value for run in members], dtype=float)
        answers = [question.answer(made.exact[run.name]) for run in members]
        y = np.array([np.nan if answer is None else answer for answer in answers])
        first = made.exact[members[0].name]
        words = "frequency" if what == "frequency" else described(question)
        axes = made.file.axes[sweep].label, label_of(words, question.unit(first))
        yield Curve(sweep, members[0].label if members[0].label != members[0].name else sweep, x, y, *axes, i, "points")
    for sweep in sweeps:
        for j, (engine, at, found) in enumerate(_marks(question, sweep, made), 1):
            yield Curve(sweep, engine, at, found, *axes, j, "marks")


_MAKERS: Mapping[str, Callable[[Panel, MadeFigure], Iterator[Curve]]] = {
    "traces": _traces,
    "stimulus": _stimulus,
    "pattern": _pattern,
    "phase": _phase,
    "raster": _raster,
    "resets": _resets,
    "curve": _curve,
    "analysis": _orbits,
    "rate": _rate,
    "intervals": _intervals,
    "return_map": _return_map,
}
