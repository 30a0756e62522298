"""The HTML report: nothing hostile gets through, nothing is loaded, and its script runs in a browser."""

from __future__ import annotations

import copy
import json
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from reports.formats.html import LogAxis, render_page

HOSTILE = """</script><script>alert(1)</script>"'{{7*7}}<img src=x onerror=alert(2)>&amp;\u2028"""
COLUMNS = ["translation", "step defect", "spikes", "max spike shift", "max |dV|", "rms", "observed order", "limit gap"]
CELLS = ["3e-11 mV", "4e-14 mV", "7 of 7", "0.17 ms", "23 mV", "1.9 mV", "1.01", "2e-7 mV"]
EQUATION = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>v</mi><mo>=</mo><mn>0</mn></math>'
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


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
    t = [0.05 * k for k in range(2001)]
    potential = [-65 + 90 * math.exp(-(((time % 15) - 7) ** 2)) for time in t]
    residual = [2e-11 * math.sin(time) for time in t]
    residual[100:110] = [None] * 10
    exact = {"label": "exact", "t": t, "y": potential, "role": "exact"}
    engines = [{"label": name, "t": t, "role": "engine", "index": k} for k, name in enumerate(("neuron", "brian2"))]
    return [
        {
            "id": "voltage",
            "title": "Membrane potential",
            "y_label": "v (mV)",
            "note": "A note.",
            "series": [exact, *({**engine, "y": potential} for engine in engines)],
        },
        {
            "id": "translation",
            "title": "Residual",
            "y_label": "v (mV)",
            "note": "",
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


def test_json_round_trips_with_shared_times(page):
    data = Reader(render_page(page)).data
    assert len(data["times"]) == 1
    for panel, drawn in zip(page["panels"], data["panels"], strict=True):
        for series, curve in zip(panel["series"], drawn["series"], strict=True):
            assert curve["label"] == series["label"]
            assert data["times"][curve["t"]] == pytest.approx(series["t"], rel=1e-8)
            assert [value is None for value in curve["y"]] == [value is None for value in series["y"]]
            both = [pair for pair in zip(curve["y"], series["y"], strict=True) if pair[1] is not None]
            assert [a for a, _ in both] == pytest.approx([b for _, b in both], rel=1e-8, abs=0)
    assert data["raster"][1]["shifts"] == [0.01, None]
    assert data["extent"] == [0.0, 100.0]


def test_gaps_and_what_json_cannot_hold(page):
    series = {"label": "neuron", "role": "engine", "index": 0}
    series |= {"t": [None, 1.0, None, 3.0, 4.0], "y": [1.0, None, 2.0, math.nan, math.inf]}
    page["panels"] = [{**page["panels"][0], "series": [series]}]
    data = Reader(render_page(page)).data
    assert data["times"] == [[1.0, 1.0, 1.0, 3.0, 4.0]]
    assert data["panels"][0]["series"][0]["y"] == [None] * 5


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
    assert reader.data == {"extent": [0.0, 1.0], "times": [], "panels": [], "raster": []}
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
    assert html.count('class="marker s0"') == 2
    assert html.count('class="marker s1"') == 1
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
    assert re.findall(r'class="trace (\w+)"', table) == ["s0", "s1"]


def test_log_axis_ticks():
    assert [text for _, text in LogAxis(0.0005, 0.02, 0, 100).ticks()] == ["0.0005", "0.001", "0.002", "0.005", "0.01", "0.02"]
    assert [text for _, text in LogAxis(3e-9, 2e-6, 0, 100).ticks()] == ["1e-8", "1e-7", "1e-6"]
    assert [text for _, text in LogAxis(2e-5, 2e1, 0, 100).ticks()][-2:] == ["1", "1e1"]
    assert LogAxis(1e-4, 1e-2, 0, 100).at(1e-3) == 50


def test_rendering_leaves_the_data_alone(page):
    before = copy.deepcopy(page)
    assert render_page(page) == render_page(page)
    assert page == before


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("hostile", [False, True])
def test_script_runs_in_a_browser(page, tmp_path, hostile):
    target = tmp_path / "page.html"
    target.write_text(render_page({**poisoned(page), "equations": [EQUATION]} if hostile else page), encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    flags += " --disable-component-update --disable-sync --enable-logging=stderr --dump-dom"
    command = [CHROMIUM, *flags.split(), f"--user-data-dir={tmp_path / 'profile'}", target.as_uri()]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=True)
    assert "CONSOLE" not in run.stderr
    assert re.search(r'<html[^>]* data-plots="3"', run.stdout)
    # two layers for each of three and two curves
    assert len(re.findall(r'<path class="trace [a-z0-9]+( under)?" d="M\d', run.stdout.split('class="marks"', 1)[1])) >= 10
