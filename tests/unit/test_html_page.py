"""The HTML report: nothing hostile gets through, nothing is loaded, and its script runs in a browser."""

from __future__ import annotations

import base64
import copy
import json
import math
import re
import struct
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from spikebridge.reports.formats.drawing import LinearAxis, LogAxis, convergence
from spikebridge.reports.formats.encoding import GAP
from spikebridge.reports.formats.html import render_page

HOSTILE = """</script><script>alert(1)</script>"'{{7*7}}<img src=x onerror=alert(2)>&amp;\u2028"""
COLUMNS = ["translation", "step defect", "spikes", "max spike shift", "max |dV|", "rms", "observed order", "limit gap"]
CELLS = ["3e-11 mV", "4e-14 mV", "7 of 7", "0.17 ms", "23 mV", "1.9 mV", "1.01", "2e-7 mV"]
EQUATION = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>v</mi><mo>=</mo><mn>0</mn></math>'


def row(engine: str, verdict: str) -> dict:
    return {
        "engine": engine,
        "scheme": "backward_euler",
        "version": "9.0.2",
        "dt": "0.01 ms",
        "wall": "0.03 s",
        "verdict": verdict,
        "because": f"What {engine} gives vanishes with the step.",
        "cells": dict(zip(COLUMNS, CELLS, strict=True)),
    }


def panels() -> list[dict]:
    at = list(range(2001))
    t = [0.05 * k for k in at]
    potential = [-65 + 90 * math.exp(-(((time % 15) - 7) ** 2)) for time in t]
    residual = [2e-11 * math.sin(time) for time in t]
    residual[100:110] = [None] * 10
    exact = {"label": "exact", "variable": "v", "at": at, "y": potential, "role": "exact"}
    engines = [{"label": n, "variable": "v", "at": at, "role": "engine", "index": k} for k, n in enumerate(("neuron", "brian2"))]
    gates = [{**each, "variable": name, "y": [0.5 + 0.5 * math.sin(time + k) for time in t]}
             for k, name in enumerate(("m", "h")) for each in (exact, *engines)]  # fmt: skip
    return [
        {
            "id": "voltage",
            "title": "Membrane potential",
            "y_label": "v (mV)",
            "note": "A note.",
            "several": False,
            "variables": ["v"],
            "series": [exact, *({**engine, "y": potential} for engine in engines)],
        },
        {
            "id": "states-m",
            "title": "m, h",
            "y_label": "",
            "note": "",
            "several": True,
            "variables": ["m", "h"],
            "series": gates,
        },
        {
            "id": "translation",
            "title": "Residual",
            "y_label": "v (mV)",
            "note": "",
            "several": False,
            "variables": ["v"],
            "series": [{**engine, "y": residual} for engine in engines],
        },
    ]


@pytest.fixture
def page() -> dict:
    absent = {"engine": "nest", "scheme": None, "version": None, "verdict": "not run", "because": "Not installed.", "cells": {}}
    return {
        "title": "Squid giant axon",
        "name": "hodgkin_huxley",
        "source": "Hodgkin & Huxley 1952",
        "verdict": "differ only by discretisation",
        "sentence": "All 2 engines compute this model.",
        "command": "spikebridge compare hodgkin_huxley",
        "experiment": [["duration", "100 ms"], ["dt", "0.01 ms"]],
        "rows": [row("neuron", "agree"), row("brian2", "differ only by discretisation"), absent],
        "columns": COLUMNS,
        "dt_ms": 0.05,
        "quiet": [],
        "panels": panels(),
        "raster": {
            "rows": [
                {"label": "exact", "times": [7.0, 22.0, 37.0], "shifts": None},
                {"label": "neuron", "times": [7.01, 22.0], "shifts": [0.01, None]},
            ]
        },
        "convergence": [
            {"label": "neuron backward_euler", "dt_ms": [0.01, 0.005], "error_ms": [0.17, 0.08], "order": "1.01", "index": 0},
            {"label": "brian2 rk4", "dt_ms": [0.01, 0.005], "error_ms": [2e-6, 0.0], "order": "3.9", "index": 1},
        ],
        "equations": [EQUATION],
        "parameters": [["g_Na", "120 mS/cm2"]],
        "listings": [["Brian2 equations", "dv/dt = -v/tau : volt"], ["NEURON mechanism", "BREAKPOINT { }"], ["numpy", "v = 0"]],
        "provenance": [["spikebridge", "0.1.0"], ["platform", "Linux"]],
        "figures": ["voltage.svg", "two words.svg"],
    }


class Reader(HTMLParser):
    """Collects what a browser would see: tags with attributes, text by the tag it stands in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.tags[-1][0] if self.tags else "", data))

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)

    @property
    def data(self) -> dict:
        """The JSON the script reads."""
        after = next(k for k, (_, attributes) in enumerate(self.tags) if attributes.get("id") == "data")
        assert self.tags[after][0] == "script"
        return json.loads(next(text for tag, text in self.texts if tag == "script" and text.startswith("{")))


def poisoned(value):
    """The same structure with every free text replaced by a hostile one."""
    if isinstance(value, dict):
        fixed = {"verdict", "role", "cells"}
        return {key: each if key in fixed else poisoned(each) for key, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each) for each in value]
    return HOSTILE if isinstance(value, str) else value


def test_verdict_is_symbol_word_and_colour(page):
    html = render_page(page)
    assert '<div class="headline discretisation">' in html
    assert '<span class="symbol" aria-hidden="true">≈</span>' in html
    assert '<p class="word">differ only by discretisation</p>' in html
    assert "<title>Squid giant axon: differ only by discretisation (spikebridge)</title>" in html


@pytest.mark.parametrize(
    ("verdict", "style"),
    [
        ("agree", "agree"),
        ("converge to different limits", "limits"),
        ("do not converge", "diverge"),
        ("not run", "absent"),
        ("something new", "absent"),
    ],
)
def test_every_verdict_has_a_style(page, verdict, style):
    page["verdict"] = verdict
    html = render_page(page)
    assert f'<div class="headline {style}">' in html
    assert re.search(rf"\.{style} {{ --tone", html)


def test_hostile_strings_come_out_as_text(page):
    clean, dirty = Reader(render_page(page)), Reader(render_page({**poisoned(page), "equations": [EQUATION]}))
    assert dirty.count("script") == clean.count("script") == 2
    assert dirty.count("img") == 0
    assert not any(name.startswith("on") for _, attributes in dirty.tags for name in attributes)
    assert sum(text.count(HOSTILE) for _, text in dirty.texts) > 30
    assert dirty.data["panels"][0]["series"][0]["label"] == HOSTILE
    assert not any("49" in text and "{{" not in text for tag, text in dirty.texts if tag == "h1")


def test_hostile_verdicts_and_cells_are_text_too(page):
    page["verdict"] = page["rows"][0]["verdict"] = HOSTILE
    page["rows"][0]["cells"] = dict.fromkeys(COLUMNS, HOSTILE)
    reader = Reader(render_page(page))
    assert reader.count("script") == 2
    assert reader.count("img") == 0


def test_figure_names_stay_relative_links(page):
    page["figures"] = ["javascript:alert(1)", "//elsewhere.example/x.svg", "two words.svg"]
    links = [attributes["href"] for tag, attributes in Reader(render_page(page)).tags if tag == "a"]
    assert [link for link in links if not link.startswith(("#", "./"))] == []
    assert "./two%20words.svg" in links


def test_embedded_json_escapes_markup(page):
    page["panels"][0]["series"][1]["label"] = HOSTILE
    html = render_page(page)
    embedded = html.split('id="data">')[1].split("</script>")[0]
    assert not set(embedded) & set("<>&\u2028\u2029")


def unpacked(curve: list) -> tuple[list[int], list[float | None]]:
    """Sample numbers and heights of a packed curve, written anew from what encoding.py says of it."""
    steps, packed, low, high = curve
    at, step, shift = [], 0, 0
    for byte in base64.b64decode(steps):
        step |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            at.append(step + (at[-1] if at else 0))
            step = shift = 0
    data = base64.b64decode(packed)
    shares = struct.unpack(f"<{len(data) // 2}H", data)
    return at, [None if share == GAP else low + share / (GAP - 1) * (high - low) for share in shares]


def test_curves_survive_packing(page):
    page["panels"][0]["series"][1]["at"] = list(range(0, 2001 * 300, 300))  # steps of more than one byte
    data = Reader(render_page(page)).data
    for panel, drawn in zip(page["panels"], data["panels"], strict=True):
        for series, packed in zip(panel["series"], drawn["series"], strict=True):
            at, heights = unpacked(data["curves"][packed["curve"]])
            assert packed["label"] == series["label"]
            assert [height is None for height in heights] == [value is None for value in series["y"]]
            numbers = [value for value in series["y"] if value is not None]
            step = (max(numbers) - min(numbers)) / 65534
            assert [h for h in heights if h is not None] == pytest.approx(numbers, rel=1e-8, abs=0.51 * step)
            assert (max(h for h in heights if h is not None) - max(numbers)) < 1e-8 * abs(max(numbers))
    assert at == page["panels"][-1]["series"][-1]["at"]
    assert data["raster"][1]["shifts"] == [0.01, None]
    assert data["extent"] == [0.0, 30_000.0]


def test_curves_that_are_one_are_kept_once(page):
    exact = page["panels"][0]["series"][0]
    page["panels"][0]["series"][1] |= {"at": exact["at"], "y": exact["y"]}
    data = Reader(render_page(page)).data
    first = data["panels"][0]["series"]
    assert first[0]["curve"] == first[1]["curve"]


def test_gaps_and_what_json_cannot_hold(page):
    series = {"label": "neuron", "variable": "v", "role": "engine", "index": 0}
    series |= {"at": [0, 1, 2, 3, 4], "y": [None, 1.0, math.nan, math.inf, 2.0]}
    page["panels"] = [{**page["panels"][0], "series": [series]}]
    html = render_page(page)
    data = Reader(html).data
    assert unpacked(data["curves"][0]) == ([0, 1, 2, 3, 4], [None, 1.0, None, None, 2.0])
    assert "nan" not in html.split('class="marks">')[1].split("</g>")[0]


def test_engine_that_did_not_run_gives_its_reason(page):
    html = render_page(page)
    body = html.split("nest\n")[1].split("</tbody>")[0]
    assert "not run" in body
    assert "Not installed." in body
    assert 'class="number"' not in body


def test_nothing_to_draw(page):
    page.update(panels=[], raster=None, convergence=None, figures=[], equations=[], verdict="not run")
    html = render_page(page)
    reader = Reader(html)
    assert reader.data == {"dt": 0.05, "extent": [0.0, 1.0], "curves": [], "quiet": [], "panels": [], "raster": []}
    ids = {attributes["id"] for _, attributes in reader.tags if "id" in attributes}
    targets = {attributes["href"][1:] for tag, attributes in reader.tags if tag == "a"}
    assert targets <= ids
    assert len(html.encode()) < 60_000


def test_readable_without_script(page):
    text = "".join(text for tag, text in Reader(render_page(page)).texts if tag not in ("script", "style"))
    for expected in ("All 2 engines compute this model.", "3e-11 mV", "dv/dt = -v/tau : volt", "7.0100 (+10)", "120 mS/cm2"):
        assert expected in text
    assert EQUATION in render_page(page)


def test_nothing_is_loaded(page):
    html = render_page(page)
    reader = Reader(html)
    namespaces = {"http://www.w3.org/1998/Math/MathML", "http://www.w3.org/2000/svg"}
    assert set(re.findall(r"""https?://[^\s"'<>]+""", html)) <= namespaces
    assert not any("src" in attributes for _, attributes in reader.tags)
    assert [attributes["href"] for tag, attributes in reader.tags if tag == "link"] == ["data:,"]
    assert "@import" not in html
    assert "url(" not in html
    policy = next(attributes["content"] for _, attributes in reader.tags if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none';")
    assert "script-src 'sha256-" in policy


def test_convergence_leaves_out_an_error_of_nought(page):
    html = render_page(page)
    # one beside the name of the order
    assert html.count('class="marker s0 d0"') == 2 + 1
    assert html.count('class="marker s1 d1"') == 1 + 1
    page["convergence"] = [{**page["convergence"][0], "error_ms": [0.0, None]}]
    assert 'id="convergence"' not in render_page(page)


def test_convergence_names_every_unit(page):
    page["convergence"][1]["unit"] = "mV"
    html = render_page(page)
    assert "error (ms or mV)" in html
    assert '<td class="number">0.17 ms</td>' in html
    assert '<td class="number">2e-6 mV</td>' in html


@pytest.mark.parametrize("label", ["brian2", "brian2 backward_euler"])
def test_table_shows_the_line_of_each_engine(page, label):
    page["panels"][0]["series"][2]["label"] = label
    table = render_page(page).split('<table class="engines">')[1].split("</table>")[0]
    assert re.findall(r'class="trace ([^"]+)"', table) == ["s0 d0", "s1 d1"]


def test_log_axis_ticks():
    assert [text for _, text in LogAxis(0.0005, 0.02, 0, 100).ticks()] == ["0.0005", "0.001", "0.002", "0.005", "0.01", "0.02"]
    assert [text for _, text in LogAxis(3e-9, 2e-6, 0, 100).ticks()] == ["1e-8", "1e-7", "1e-6"]
    assert [text for _, text in LogAxis(2e-5, 2e1, 0, 100).ticks()][-2:] == ["1", "1e1"]
    assert LogAxis(1e-4, 1e-2, 0, 100).at(1e-3) == 50


def test_a_wide_log_axis_leaves_decades_out():
    labels = [text for _, text in LogAxis(1e-14, 1e2, 300, 0).ticks()]
    assert len(labels) <= 10
    assert "1" in labels


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-80, 40, ["-80", "-60", "-40", "-20", "0", "20", "40"]),
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (-3e-12, 3e-12, ["-3e-12", "-2e-12", "-1e-12", "0", "1e-12", "2e-12", "3e-12"]),
    ],
)
def test_linear_axis_ticks(low, high, expected):
    axis = LinearAxis(low, high, 200, 0)
    assert [text for _, text in axis.ticks(7)] == expected
    assert (axis.at(low), axis.at(high)) == (200, 0)


def test_limits_stand_left_of_the_errors_and_labels_apart():
    ladder = {"dt_ms": [0.02, 0.01], "order": "1.00"}
    rows = [{"label": f"engine {k}", "error_ms": [0.2 + k / 1e4, 0.1], "index": k, **ladder} for k in range(4)]
    rows[0] |= {"limit": 1e-6, "gap": "1e-6 ± 2e-6 ms"}
    drawn = convergence(rows)
    assert drawn["limits"]
    assert [row["limit"] is None for row in drawn["rows"]] == [False, True, True, True]
    assert all(x > 106 for row in drawn["rows"] for x, _ in row["points"])
    heights = sorted(row["label_y"] for row in drawn["rows"])
    assert all(below - above >= 12 for above, below in pairwise(heights))
    assert drawn["rows"][0]["gap"] == "1e-6 ± 2e-6 ms"


def test_the_picture_is_drawn_without_the_script(page):
    marks = render_page(page).split('class="marks">')[1].split("</g>")[0]
    # all three curves are one line here
    assert marks.count("<path id=") == 1
    assert re.findall(r'<use class="trace ([^"]+)"', marks) == ["exact", "s0 d0", "s1 d1"]
    points = re.search(r' d="(M[^"]+)"', marks)[1]
    assert len(points) < 8000
    x, y = map(float, re.match(r"M(\S+) (\S+)h0", points).groups())
    assert x == 0
    assert 0 < y < 204


def test_rendering_leaves_the_data_alone(page):
    before = copy.deepcopy(page)
    assert render_page(page) == render_page(page)
    assert page == before
