"""What the page's script draws, packed: a curve is two strings, one of steps between samples, one of heights.

Steps are variable-length integers of seven bits a byte, heights are sixteen bits between the curve's lowest and highest
value, 65535 for a gap; both in base64. That is about four characters a sample, where decimal numbers take twenty.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

COLOURS, DASHES = 6, 5  # s0 to s5 and d0 to d4 in page.css
EXACT_STYLE = "exact"
GAP = 65535
_STEPS = GAP - 1


def line_style(place: int, variable: int | None = None) -> str:
    """Classes of an engine's line: colour and dashes are the engine's, unless the colours are needed for variables."""
    return f"s{(place if variable is None else variable) % COLOURS} d{place % DASHES}"


def encoded(page: Mapping[str, Any]) -> dict[str, Any]:
    """Everything plot.js needs; curves that are the same one are kept once."""
    curves: dict[int, list[Any]] = {}
    places: dict[int, int] = {}

    def place_of(series: Mapping[str, Any]) -> int:
        key = id(series["y"])
        if key not in places:
            places[key] = len(curves)
            curves[places[key]] = _curve(series["at"], series["y"])
        return places[key]

    panels = [
        {
            "y_label": panel["y_label"],
            "several": panel["several"],
            "series": [
                {"label": s["label"], "variable": s["variable"], "style": _style(panel, s), "curve": place_of(s)}
                for s in panel["series"]
            ],
        }
        for panel in page["panels"]
    ]
    styles = {s["label"]: s["style"] for panel in panels if not panel["several"] for s in panel["series"]}
    raster = [_lane(row, styles, lane) for lane, row in enumerate((page["raster"] or {}).get("rows", []))]
    last = max((int(s["at"][-1]) for panel in page["panels"] for s in panel["series"] if len(s["at"])), default=0)
    times = [time for row in raster for time in row["times"] if time is not None]
    end = max([last * page["dt_ms"], *times], default=0.0) or 1.0
    return {
        "dt": page["dt_ms"],
        "extent": [min([0.0, *times]), float(f"{end:.9g}")],
        "curves": list(curves.values()),
        "quiet": list(page["quiet"]),
        "panels": panels,
        "raster": raster,
    }


def numbers(values: Iterable[float | None]) -> list[float | None]:
    """Nine significant digits; what JSON cannot hold (infinities, NaN) becomes a gap."""
    return [None if value is None or not math.isfinite(value) else float(f"{value:.9g}") for value in values]


def _style(panel: Mapping[str, Any], series: Mapping[str, Any]) -> str:
    variable = panel["variables"].index(series["variable"]) if panel["several"] else None
    if series["role"] == "exact":
        return EXACT_STYLE if variable is None else f"s{variable % COLOURS} wide"
    return line_style(series["index"], variable)


def _curve(at: Sequence[int] | np.ndarray, y: Sequence[float | None] | np.ndarray) -> list[Any]:
    """Steps, heights, lowest, highest."""
    heights = np.array([np.nan if value is None else value for value in y], dtype=float)
    finite = np.isfinite(heights)
    low, high = (float(heights[finite].min()), float(heights[finite].max())) if finite.any() else (0.0, 0.0)
    share = (heights - low) / ((high - low) or 1.0)
    packed = np.where(finite, np.round(np.where(finite, share, 0.0) * _STEPS), GAP).astype("<u2")
    return [_text(_varints(np.diff(np.asarray(at, dtype=int), prepend=0))), _text(packed.tobytes()), *numbers([low, high])]


def _varints(steps: Iterable[int]) -> bytes:
    """The low seven bits first; the eighth says that more follow."""
    out = bytearray()
    for step in map(int, steps):
        while step > 127:
            out.append(step & 127 | 128)
            step >>= 7
        out.append(step)
    return bytes(out)


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _lane(row: Mapping[str, Any], styles: Mapping[str, str], lane: int) -> dict[str, Any]:
    return {
        "label": row["label"],
        "style": styles.get(row["label"], line_style(lane)),
        "times": numbers(row["times"]),
        "shifts": numbers(row["shifts"] or []),
    }
