"""The report as one self-contained HTML page: no file beside it, no network, readable without JavaScript."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from itertools import zip_longest
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from spikebridge.reports.formats.drawing import NOTHING, convergence, picture, short_number
from spikebridge.reports.formats.encoding import encoded

_SCRIPTS = ("curves.js", "numbers.js", "plots.js", "view.js")


class Mark(NamedTuple):
    """How a verdict looks: a symbol and a style class, never colour alone."""

    symbol: str
    style: str


MARKS = {
    "agree": Mark("=", "agree"),
    "differ only by discretisation": Mark("≈", "discretisation"),
    "converge to different limits": Mark("≠", "limits"),
    "do not converge": Mark("↛", "diverge"),
    "undecided": Mark("?", "undecided"),
    "not run": Mark(NOTHING, "absent"),
}
_UNKNOWN = Mark(NOTHING, "absent")

# what JSON may hold and an HTML parser could take for markup; json.dumps has escaped all that is not ASCII
_MARKUP = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&"})


def render_page(page: Mapping[str, Any]) -> str:
    """The page as text.

    Every string of ``page`` comes out as text, except ``equations``: MathML of our own making, which is
    inserted as it stands.

    Parameters
    ----------
    page : title, verdict, rows, panels and so on, as the comparison gives them

    Returns
    -------
    a complete HTML document
    """
    script, plots = script_of(*_SCRIPTS), encoded(page)
    template = environment().get_template("page.html.j2")
    return template.render(
        page=page,
        plots=plots,
        sections=_sections(page["panels"]),
        picture=picture(page, plots),
        convergence=convergence(page["convergence"] or []),
        spikes=_spike_table(plots["raster"]),
        styles=_styles(plots),
        equations=[trusted(equation) for equation in page["equations"]],
        figures=[(name, "./" + quote(name)) for name in page["figures"]],
        css=style_of("common.css", "scroll.css", "page.css"),
        script=trusted(script),
        script_hash=policy_hash(script),
        data=trusted(embedded(plots)),
    )


def environment() -> Environment:
    """Templates of this package; everything a definition brings is escaped."""
    found = Environment(
        loader=PackageLoader("spikebridge.reports.formats", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["mark"] = mark
    found.globals["nothing"] = NOTHING
    return found


def mark(verdict: str) -> Mark:
    """How a verdict looks; one that is not known looks like one that was not reached."""
    return MARKS.get(verdict, _UNKNOWN)


def script_of(*names: str) -> str:
    """Our scripts as one, with names of their own."""
    return "(() => {\n'use strict';\n" + "\n".join(map(_asset, names)) + "})();\n"


def style_of(*names: str) -> Markup:
    """Our style sheets as one."""
    return trusted("\n".join(map(_asset, names)))


def _asset(name: str) -> str:
    return files("spikebridge.reports.formats").joinpath("page", name).read_text(encoding="utf-8")


def trusted(text: str) -> Markup:
    """Text that is inserted unescaped: our own files, our MathML, JSON already made safe."""
    return Markup(text)  # noqa: S704


def policy_hash(script: str) -> str:
    """The source expression by which the page's security policy admits this script and no other."""
    return "sha256-" + b64encode(sha256(script.encode()).digest()).decode()


def embedded(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).translate(_MARKUP)


def _sections(panels: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, list[int]]]:
    """The plots below the first by what they show: identity, heading, which."""
    rest = range(1, len(panels))
    several = [k for k in rest if panels[k]["several"]]
    found = [("states", "States and currents", several), ("residuals", "Residuals", [k for k in rest if k not in several])]
    return [section for section in found if section[2]]


def _styles(plots: Mapping[str, Any]) -> dict[str, str]:
    """How the line of each engine looks, by its label."""
    return {s["label"]: s["style"] for panel in plots["panels"] if not panel["several"] for s in panel["series"]}


def _spike_table(raster: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """One row per spike, one column per row of the raster: the time in ms, and the shift in µs where there is one."""
    columns = [[_spike(*pair) for pair in zip_longest(row["times"], row["shifts"])] for row in raster]
    return [list(line) for line in zip_longest(*columns, fillvalue=NOTHING)]


def _spike(time_ms: float | None, shift_ms: float | None) -> str:
    if time_ms is None:
        return NOTHING
    return f"{time_ms:.4f}" if shift_ms is None else f"{time_ms:.4f} ({short_number(1000 * shift_ms, '{:+.3g}')})"
