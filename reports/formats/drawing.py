"""What of the page is drawn without a script: its main picture and the convergence of errors."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from spikebridge.reports.formats.encoding import line_style, numbers
from spikebridge.reports.formats.thinning import outline

NOTHING = "–"
_WIDTH, _HEIGHT = 1180, 250
_LEFT, _TOP, _RIGHT, _BOTTOM = 62, 24, 16, 22  # as in plot.js


class LogAxis(NamedTuple):
    """A logarithmic axis from ``low`` at ``start`` to ``high`` at ``end``, in units of the drawing."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self) -> list[tuple[float, str]]:
        """Decades, or as many as find room; where there are few of them, 2 and 5 between."""
        decades = math.log10(self.high / self.low)
        factors = (1, 2, 5) if decades < 2 else (1,)
        every = math.ceil(decades / 10)
        powers = range(math.floor(math.log10(self.low) / every) * every, math.ceil(math.log10(self.high)) + 1, every)
        values = [float(f"{factor}e{power}") for power in powers for factor in factors]
        text = "{:g}" if self.low > 1e-4 else "{:.0e}"
        return [(self.at(value), short_number(value, text)) for value in values if self.low <= value <= self.high]


class LinearAxis(NamedTuple):
    """A linear axis, likewise."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: Any) -> Any:
        return np.round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    def ticks(self, count: float) -> list[tuple[float, str]]:
        """About so many round numbers."""
        raw = (self.high - self.low) / count
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
        values = [k * step for k in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]
        return [(float(self.at(value)), f"{value:.6g}") for value in values]


def short_number(value: float, text: str = "{:.3g}") -> str:
    """As the script writes numbers: 2e-6 rather than 2e-06, 1 rather than 1e+00."""
    return re.sub(r"e\+?(-?)0*(\d)", r"e\1\2", text.format(value)).removesuffix("e0")


def picture(page: Mapping[str, Any], plots: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first panel as the script would draw it, for readers without."""
    if not page["panels"]:
        return None
    panel = page["panels"][0]
    curves = [(s["at"], np.array([np.nan if v is None else v for v in s["y"]], dtype=float)) for s in panel["series"]]
    known = np.concatenate([y[np.isfinite(y)] for _, y in curves]) if curves else np.array([])
    low, high = (float(known.min()), float(known.max())) if len(known) else (-1.0, 1.0)
    padding = max(0.06 * (high - low), 1e-5 * (max(-low, high) or 1))
    start, end = plots["extent"]
    across = LinearAxis(start, end, 0.0, _WIDTH - _LEFT - _RIGHT)
    upwards = LinearAxis(low - padding, high + padding, _HEIGHT - _TOP - _BOTTOM, 0.0)
    # engines that draw the same line share it
    paths = [_path(at, y, page["dt_ms"], across, upwards) for at, y in curves]
    numbered = {path: number for number, path in enumerate(dict.fromkeys(paths))}
    styles = [series["style"] for series in plots["panels"][0]["series"]]
    return {
        "width": _WIDTH, "height": _HEIGHT, "left": _LEFT, "top": _TOP, "w": _WIDTH - _LEFT - _RIGHT, "h": _HEIGHT - _TOP - _BOTTOM,
        "y_label": panel["y_label"],
        "across": [(_LEFT + x, text) for x, text in across.ticks(9)],
        "upwards": [(_TOP + y, text) for y, text in upwards.ticks(7)],
        "paths": list(numbered),
        "lines": [(style, numbered[path]) for style, path in zip(styles, paths, strict=True)],
    }  # fmt: skip


def _path(at: Sequence[int], y: np.ndarray, dt_ms: float, across: LinearAxis, upwards: LinearAxis) -> str:
    """To half a pixel, which is all that can be seen without zooming."""
    every = np.arange(at[0], at[-1] + 1) if len(at) else np.array([], dtype=int)
    heights = np.interp(every, at, y) if len(at) else y
    keep = outline(heights, 1200, 1 / 400) if len(at) else every
    parts, last = [], None
    for x, height in zip(across.at(every[keep] * dt_ms), upwards.at(heights[keep]), strict=True):
        here = None if math.isnan(height) else (x, height)
        if here and last:
            parts.append(f"l{x - last[0]:.4g} {height - last[1]:.4g}")
        elif here:
            parts.append(f"M{x:.6g} {height:.6g}h0")
        last = here
    return "".join(parts).replace(" -", "-")


def convergence(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """A log-log plot of the error against the time step; a logarithm has no place for an error of nought.

    At the left, where the step would be nought, stands how far the extrapolated limit is from the exact solution.
    """
    curves = [_positive(row["dt_ms"], row["error_ms"]) for row in rows]
    points = [point for curve in curves for point in curve]
    if not points:
        return None
    steps, errors = zip(*points, strict=True)
    limits = [row["limit"] for row in rows if row.get("limit")]
    across = LogAxis(min(steps) / 1.25, max(steps) * 1.25, 112.0 if limits else 62.0, 430.0)
    upwards = LogAxis(min(*errors, *limits, errors[0]) / 2, max(*errors, *limits, errors[0]) * 2, 290.0, 24.0)
    distinct = sorted(set(steps), reverse=True)
    # a pure number has the unit 1, which nobody writes
    units = ["" if row.get("unit") == "1" else row.get("unit", "ms") for row in rows]
    named = " or ".join(dict.fromkeys(filter(None, units)))
    common = units[0] if len(set(units)) == 1 else None  # stands above the table instead of in every cell
    drawn = [_drawn(row, position, curve, "" if unit == common else unit, distinct, across, upwards)
             for position, (row, curve, unit) in enumerate(zip(rows, curves, units, strict=True))]  # fmt: skip
    _set_apart(drawn)
    return {
        "y_label": f"error ({named})" if named else "error",
        # the time steps themselves, while there is room for them
        "across": [(across.at(step), short_number(step)) for step in distinct] if len(distinct) <= 6 else across.ticks(),
        "upwards": upwards.ticks(),
        "steps": [short_number(step) for step in distinct],
        "limits": bool(limits),
        "unit": common,
        "rows": drawn,
    }


def _drawn(
    row: Mapping[str, Any], position: int, curve: Sequence[tuple[float, float]], unit: str, distinct: Sequence[float],
    across: LogAxis, upwards: LogAxis,
) -> dict[str, Any]:  # fmt: skip
    place, errors = row.get("index", position), dict(curve)
    points = [(across.at(step), upwards.at(error)) for step, error in curve]
    return {
        "label": row["label"],
        "order": row["order"],
        "place": place,
        "style": line_style(place),
        "points": points,
        "errors": [f"{short_number(errors[step])} {unit}".strip() if step in errors else NOTHING for step in distinct],
        "limit": upwards.at(row["limit"]) if row.get("limit") else None,
        "gap": row.get("gap", NOTHING),
        "label_y": points[0][1] + 4 if points else None,
    }


def _set_apart(rows: Sequence[dict[str, Any]]) -> None:
    """Labels at the ends of lines, moved until none is upon another."""
    labelled = sorted((row for row in rows if row["label_y"] is not None), key=lambda row: row["label_y"])
    for above, below in pairwise(labelled):
        below["label_y"] = max(below["label_y"], round(above["label_y"] + 12, 2))
    over = labelled[-1]["label_y"] - 290 if labelled else 0
    for row in reversed(labelled) if over > 0 else ():
        row["label_y"] -= over
        over = max(0, over - 1)


def _positive(steps: Sequence[float | None], errors: Sequence[float | None]) -> list[tuple[float, float]]:
    pairs = zip(numbers(steps), numbers(errors), strict=True)
    return [(step, error) for step, error in pairs if step and error and step > 0 and error > 0]
