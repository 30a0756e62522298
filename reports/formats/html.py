"""The report as one self-contained HTML page: no file beside it, no network, readable without JavaScript."""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from itertools import zip_longest
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

NOTHING = "–"
LINE_STYLES = 6  # s0 to s5 in page.css


class Mark(NamedTuple):
    """How a verdict looks: a symbol and a style class, never colour alone."""

    symbol: str
    style: str


_MARKS = {
    "agree": Mark("=", "agree"),
    "differ only by discretisation": Mark("≈", "discretisation"),
    "converge to different limits": Mark("≠", "limits"),
    "do not converge": Mark("↛", "diverge"),
    "not run": Mark(NOTHING, "absent"),
}
_UNKNOWN = Mark("?", "absent")

# what JSON may hold and an HTML parser could take for markup; json.dumps has escaped all that is not ASCII
_MARKUP = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&"})


def render_page(page: Mapping[str, Any]) -> str:
    """The page as text.

    Every string of ``page`` comes out as text, except ``equations``: MathML of our own making, which is
    inserted as it stands. Curves keep nine significant digits, more than a screen can show.

    Parameters
    ----------
    page : title, verdict, rows, panels and so on, as the comparison gives them

    Returns
    -------
    a complete HTML document
    """
    script = _asset("plot.js")
    plots = _plots(page)
    template = _environment().get_template("page.html.j2")
    return template.render(
        page=page,
        plots=plots,
        convergence=_convergence(page["convergence"] or []),
        spikes=_spike_table(plots["raster"]),
        styles={series["label"]: series["style"] for panel in plots["panels"] for series in panel["series"]},
        equations=[_trusted(equation) for equation in page["equations"]],
        figures=[(name, "./" + quote(name)) for name in page["figures"]],
        css=_trusted(_asset("page.css")),
        script=_trusted(script),
        script_hash=_policy_hash(script),
        data=_trusted(_embedded(plots)),
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports.formats", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["mark"] = lambda verdict: _MARKS.get(verdict, _UNKNOWN)
    environment.globals["nothing"] = NOTHING
    return environment


def _asset(name: str) -> str:
    return files("reports.formats").joinpath("page", name).read_text(encoding="utf-8")


def _trusted(text: str) -> Markup:
    """Text that is inserted unescaped: our own files, our MathML, JSON already made safe."""
    return Markup(text)  # noqa: S704


def _policy_hash(script: str) -> str:
    """The source expression by which the page's security policy admits this script and no other."""
    return "sha256-" + b64encode(sha256(script.encode()).digest()).decode()


def _embedded(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).translate(_MARKUP)


# what the script draws


def _plots(page: Mapping[str, Any]) -> dict[str, Any]:
    """Curves mostly share their times, so each list of times is kept once and curves hold its index."""
    times: dict[tuple[float | None, ...], int] = {}
    panels = [
        {
            "y_label": panel["y_label"],
            "series": [_series(series, position, times) for position, series in enumerate(panel["series"])],
        }
        for panel in page["panels"]
    ]
    styles = {series["label"]: series["style"] for panel in panels for series in panel["series"]}
    raster = [_raster_row(row, styles, lane) for lane, row in enumerate((page["raster"] or {}).get("rows", []))]
    axes = [_times(each) for each in times]
    known = [time for each in [*axes, *(row["times"] for row in raster)] for time in each if time is not None]
    extent = [min(known, default=0.0), max(known, default=0.0)]
    if extent[0] == extent[1]:
        extent[1] += 1.0
    return {"extent": extent, "times": axes, "panels": panels, "raster": raster}


def _series(series: Mapping[str, Any], position: int, times: dict[tuple[float | None, ...], int]) -> dict[str, Any]:
    t = tuple(series["t"])
    exact = series["role"] == "exact"
    return {
        "label": series["label"],
        "style": "exact" if exact else _line_style(series.get("index", position)),
        "t": times.setdefault(t, len(times)),
        "y": _numbers(None if time is None else value for time, value in zip(t, series["y"], strict=True)),
    }


def _raster_row(row: Mapping[str, Any], styles: Mapping[str, str], lane: int) -> dict[str, Any]:
    return {
        "label": row["label"],
        "style": styles.get(row["label"], _line_style(lane)),
        "times": _numbers(row["times"]),
        "shifts": _numbers(row["shifts"] or []),
    }


def _line_style(index: int) -> str:
    return f"s{index % LINE_STYLES}"


def _numbers(values: Iterable[float | None]) -> list[float | None]:
    """Nine significant digits; what JSON cannot hold (infinities, NaN) becomes a gap."""
    return [None if value is None or not math.isfinite(value) else float(f"{value:.9g}") for value in values]


def _times(values: Sequence[float | None]) -> list[float | None]:
    """A missing time repeats the one before, so that times stay sorted and the script can search them."""
    times = _numbers(values)
    last = next((time for time in times if time is not None), None)
    for k, time in enumerate(times):
        last = times[k] = last if time is None else time
    return times


# what the template draws


def _spike_table(raster: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """One row per spike, one column per row of the raster: the time in ms, and the shift in µs where there is one."""
    columns = [[_spike(*pair) for pair in zip_longest(row["times"], row["shifts"])] for row in raster]
    return [list(line) for line in zip_longest(*columns, fillvalue=NOTHING)]


def _spike(time_ms: float | None, shift_ms: float | None) -> str:
    if time_ms is None:
        return NOTHING
    return f"{time_ms:.4f}" if shift_ms is None else f"{time_ms:.4f} ({_short(1000 * shift_ms, '{:+.3g}')})"


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
        """Decades, and where there are few of them, 2 and 5 between."""
        factors = (1, 2, 5) if self.high < 100 * self.low else (1,)
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        values = [float(f"{factor}e{power}") for power in powers for factor in factors]
        text = "{:g}" if self.low > 1e-4 else "{:.0e}"
        return [(self.at(value), _short(value, text)) for value in values if self.low <= value <= self.high]


def _short(value: float, text: str = "{:.3g}") -> str:
    """As the script writes numbers: 2e-6 rather than 2e-06, 1 rather than 1e+00."""
    return re.sub(r"e\+?(-?)0*(\d)", r"e\1\2", text.format(value)).removesuffix("e0")


def _convergence(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """A log-log plot of the error against the time step; a logarithm has no place for an error of nought."""
    curves = [_positive(row["dt_ms"], row["error_ms"]) for row in rows]
    points = [point for curve in curves for point in curve]
    if not points:
        return None
    steps, errors = zip(*points, strict=True)
    across = LogAxis(min(steps) / 1.25, max(steps) * 1.25, 62.0, 510.0)
    upwards = LogAxis(min(errors) / 2, max(errors) * 2, 290.0, 24.0)
    distinct = sorted(set(steps), reverse=True)
    # a pure number has the unit 1, which nobody writes
    units = ["" if row.get("unit") == "1" else row.get("unit", "ms") for row in rows]
    named = " or ".join(dict.fromkeys(filter(None, units)))
    return {
        "y_label": f"error ({named})" if named else "error",
        # the time steps themselves, while there is room for them
        "across": [(across.at(step), _short(step)) for step in distinct] if len(distinct) <= 6 else across.ticks(),
        "upwards": upwards.ticks(),
        "steps": [_short(step) for step in distinct],
        "rows": [
            {
                "label": row["label"],
                "order": row["order"],
                "index": row.get("index", position),
                "style": _line_style(row.get("index", position)),
                "points": [(across.at(step), upwards.at(error)) for step, error in curve],
                "errors": [
                    f"{_short(dict(curve)[step])} {unit}".strip() if step in dict(curve) else NOTHING for step in distinct
                ],
            }
            for position, (row, curve, unit) in enumerate(zip(rows, curves, units, strict=True))
        ],
    }


def _positive(steps: Sequence[float | None], errors: Sequence[float | None]) -> list[tuple[float, float]]:
    pairs = zip(_numbers(steps), _numbers(errors), strict=True)
    return [(step, error) for step, error in pairs if step and error and step > 0 and error > 0]
