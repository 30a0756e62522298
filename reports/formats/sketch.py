"""A curve as a small picture: SVG that stands in a page of somebody else's, such as a notebook."""

from __future__ import annotations

from html import escape

import numpy as np

from spikebridge.bridge.shown import plain
from spikebridge.reports.formats.thinning import outline
from spikebridge.reports.metrics.numbers import short

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 520, 96, 70, 10, 18
_MOST = 400  # points
_RIGHT = 8


def sketch(t_ms: np.ndarray, y: np.ndarray, name: str, unit: str, spikes_ms: np.ndarray | None = None) -> str:
    """An ``<svg>`` of one signal against time, with its range, its name and unit, and a mark above each spike.

    Parameters
    ----------
    t_ms, y : evenly spaced samples, shape (samples,)
    spikes_ms : shape (spikes,)
    """
    finite = y[np.isfinite(y)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    span, right, bottom = (high - low) or 1.0, _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    start, end = float(t_ms[0]), float(t_ms[-1])

    def across(t: np.ndarray) -> np.ndarray:
        return _LEFT + (t - start) / ((end - start) or 1.0) * (right - _LEFT)

    kept = outline(y, _MOST)
    kept = kept[np.isfinite(y[kept])]
    upwards = bottom - (y[kept] - low) / span * (bottom - _TOP)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across(t_ms[kept]), upwards, strict=True))
    marks = "".join(f'<path class="spike" d="M{x - 3:.1f} 1h6l-3 5z"/>' for x in across(_some(spikes_ms)))
    label = escape(plain(name, 20))
    unit = "" if unit == "1" else escape(plain(unit, 20))
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label} against time">'
        f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{right}"/><polyline class="curve" points="{points}"/>{marks}'
        f'<text x="0" y="{_HEIGHT / 2 - 7}">{label}</text><text x="0" y="{_HEIGHT / 2 + 7}">{unit}</text>'
        f'{_numbers(low, high)}<text x="{_LEFT}" y="{_HEIGHT - 4}">{start:g}</text>'
        f'<text x="{right}" y="{_HEIGHT - 4}" text-anchor="end">{end:g} ms</text></svg>'
    )


def _some(spikes_ms: np.ndarray | None) -> np.ndarray:
    """So many that they can still be told apart."""
    return np.array([]) if spikes_ms is None else np.asarray(spikes_ms)[:100]


def _numbers(low: float, high: float) -> str:
    """The range of the signal, at its ends; a signal that does not move has one number."""
    ends = [(high, _TOP + 8), (low, _HEIGHT - _BOTTOM)] if high > low else [(low, _HEIGHT - _BOTTOM)]
    return "".join(f'<text x="{_LEFT - 5}" y="{y}" text-anchor="end">{escape(short(value))}</text>' for value, y in ends)
