"""The pages in a real browser: what a reader sees, does and prints. Skipped where there is no Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser
from runs import compared

from spikebridge.reports.formats.html import render_page
from spikebridge.reports.formats.page_data import page_data

pytestmark = [pytest.mark.xdist_group("compared"), pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]
HH = "hodgkin_huxley"
HOSTILE = """</script><script>throw 1</script>"'{{7*7}}<img src=x onerror=throw(2)>&amp;"""
SECTIONS = [
    "States and currents",
    "Residuals",
    "Spikes",
    "Convergence",
    "Where and why",
    "Measures",
    "Model",
    "Listings",
    "Provenance",
]
WIDTH = "document.documentElement.scrollWidth"
TICKS = "[...document.querySelectorAll('[data-index=\"{}\"][data-kind=trace] .axes .middle')].map((each) => +each.textContent)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """Hodgkin and Huxley's neuron, on the reference alone."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render_page(page_data(compared(HH))), encoding="utf-8")
    return path


def hostile(tmp_path: Path) -> Path:
    """The same page where everything a definition brings is hostile."""
    page = page_data(compared(HH))
    page |= dict.fromkeys(("title", "name", "source", "sentence", "command"), HOSTILE)
    page["parameters"] = [[HOSTILE, HOSTILE]]
    for panel in page["panels"]:
        panel |= {"title": HOSTILE, "y_label": HOSTILE, "note": HOSTILE}
        panel["variables"] = [name + HOSTILE for name in panel["variables"]]
        panel["series"] = [{**s, "label": s["label"] + HOSTILE, "variable": s["variable"] + HOSTILE} for s in panel["series"]]
    for row in page["raster"]["rows"]:
        row["label"] += HOSTILE
    path = tmp_path / "hostile.html"
    path.write_text(render_page(page), encoding="utf-8")
    return path


def press(browser: Browser, key: str) -> None:
    for kind in ("keyDown", "keyUp"):
        browser.ask("Input.dispatchKeyEvent", type=kind, key=key, text="\r" if key == "Enter" and kind == "keyDown" else "")
    browser.frame()


def quiet(browser: Browser) -> bool:
    """Nothing logged, nothing refused, nothing asked for but the page."""
    return not browser.logged and all(url.startswith(("file:", "data:")) for url in browser.requested)


def test_every_plot_is_drawn_and_nothing_is_logged_or_loaded(browser, report) -> None:
    """Five plots of traces and one of spikes, each with lines."""
    browser.open(report)
    assert browser.value("document.documentElement.dataset.plots") == "6"
    lines = "[...document.querySelectorAll('.plot')].map((each) => each.querySelectorAll('.marks path[d^=M]').length)"
    assert min(browser.value(lines)) >= 3
    assert quiet(browser)
    assert len(browser.requested) == 1


def test_hostile_names_are_shown_and_do_nothing(browser, tmp_path) -> None:
    """As text, in the page, in legends and in plots."""
    browser.open(hostile(tmp_path))
    assert browser.value("document.documentElement.dataset.plots") == "6"
    assert browser.value("document.querySelector('h1').textContent") == HOSTILE
    assert HOSTILE in browser.value("document.querySelector('.key span').textContent")
    assert browser.value("document.querySelectorAll('script').length") == 2
    assert browser.value("document.querySelectorAll('img').length") == 0
    assert quiet(browser)


def test_the_first_screen_has_verdict_picture_and_table(browser, report) -> None:
    """On a laptop of 1280 by 800, without scrolling."""
    browser.open(report, 1280, 800)
    for what in (".headline", ".chart", ".engines"):
        assert browser.value(f"document.querySelector('{what}').getBoundingClientRect().bottom") <= 800


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_wider_than_the_screen(browser, report, width) -> None:
    """No page that must be pushed about sideways; every plot is inside its screen."""
    browser.open(report, width)
    assert browser.value(WIDTH) == width
    assert (
        browser.value("Math.max(...[...document.querySelectorAll('.chart')].map((e) => e.getBoundingClientRect().right))")
        <= width
    )


def test_zooming_is_shared_by_all_plots_and_shows_the_spike_as_it_is(browser, report) -> None:
    """By keys on the voltage; every plot then shows the same stretch, and says how many samples it draws."""
    browser.open(report)
    whole = browser.value(TICKS.format(0))
    browser.value("document.querySelector('.chart.timed').focus()")
    for _ in range(3):
        press(browser, "+")
    ticks = [browser.value(TICKS.format(k)) for k in range(5)]
    assert all(each == ticks[0] for each in ticks)
    assert max(ticks[0]) - min(ticks[0]) < 0.2 * (max(whole) - min(whole))
    assert re.fullmatch(r"\d+ of 101 samples", browser.value("document.querySelector('.drawn').textContent"))
    assert not browser.value("document.querySelector('.reset').hidden")
    press(browser, "0")
    assert browser.value(TICKS.format(0)) == whole


def test_dragging_zooms(browser, report) -> None:
    """From a quarter of the voltage's time to the half."""
    browser.open(report)
    box = browser.value("(({left, width, top}) => [left, width, top])(document.querySelector('.area').getBoundingClientRect())")
    for kind, share in (("mousePressed", 0.25), ("mouseMoved", 0.4), ("mouseMoved", 0.5), ("mouseReleased", 0.5)):
        browser.ask(
            "Input.dispatchMouseEvent",
            type=kind,
            x=box[0] + share * box[1],
            y=box[2] + 50,
            button="left",
            clickCount=1,
            buttons=1,
        )
    browser.frame()
    ticks = browser.value(TICKS.format(2))
    assert min(ticks) >= 5
    assert max(ticks) <= 10


def test_the_place_where_runs_part_is_shown_on_request(browser, report) -> None:
    """Every plot then shows the time at which the first variable leaves the exact solution, under the cursor."""
    browser.open(report)
    first_ms = compared(HH).entries[1].where.first_ms
    browser.value("document.querySelector('.goto').click()")
    browser.frame()
    assert float(browser.value("document.querySelector('.clock').textContent").split()[1]) == pytest.approx(first_ms)
    ticks = browser.value(TICKS.format(3))
    assert first_ms - 0.41 < min(ticks) <= max(ticks) < first_ms + 0.41


def test_legends_work_from_the_keyboard(browser, report) -> None:
    """An engine put out is put out in every plot of one variable, and not in those of several."""
    browser.open(report)
    drawn = "[...document.querySelectorAll('.plot[data-kind=trace]')].map((each) => each.querySelectorAll('.marks path').length)"
    before = browser.value(drawn)
    browser.value("document.querySelectorAll('.key')[1].focus()")
    press(browser, "Enter")
    after = browser.value(drawn)
    several = browser.value(
        "[...document.querySelectorAll('.plot[data-kind=trace]')].map((e) => !!e.querySelector('[data-kind=variable]'))"
    )
    assert [a == b for a, b in zip(before, after, strict=True)] == several
    assert browser.value("document.activeElement.getAttribute('aria-pressed')") == "false"


def test_a_cursor_reads_the_exact_voltage(browser, report) -> None:
    """What the legend says at a time is the recorded value, to the digits it shows."""
    comparison = compared(HH)
    browser.open(report)
    browser.value("document.querySelector('.chart.timed').focus()")
    for key in ("ArrowRight", "ArrowRight"):
        browser.ask("Input.dispatchKeyEvent", type="keyDown", key=key, modifiers=8)
    browser.frame()
    at_ms = float(browser.value("document.querySelector('.clock').textContent").split()[1])
    shown = float(browser.value("document.querySelector('.value').textContent"))
    truth = comparison.exact_trace()
    expected = truth[round(at_ms / 0.025)]
    assert shown == pytest.approx(expected, abs=(truth.max() - truth.min()) / 1000)


def test_spikes_and_peaks_are_where_they_were(browser, report) -> None:
    """The highest sample of every curve, drawn within a pixel of its height and at its time."""
    comparison = compared(HH)
    entry = comparison.entries[1]
    browser.open(report)
    size = "(({width, height}) => [width.baseVal.value, height.baseVal.value])(document.querySelector('.area'))"
    width, height = browser.value(size)
    path = browser.value(
        "[...document.querySelectorAll('.plot')][0].querySelectorAll('.marks .trace:not(.under)')[2].getAttribute('d')"
    )
    points = [tuple(map(float, pair)) for pair in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)]
    peak = min(points, key=lambda point: point[1])
    assert peak[0] == pytest.approx(entry.recording["v"].argmax() / 800 * width, abs=1)
    low, high = (
        f([f(t) for t in (comparison.exact_trace(), *(e.recording["v"] for e in comparison.entries))]) for f in (min, max)
    )
    padding = 0.06 * (high - low)
    assert peak[1] == pytest.approx(height * (high + padding - entry.recording["v"].max()) / (high - low + 2 * padding), abs=1)


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_is_legible(browser, report, dark) -> None:
    """A contrast of at least 4.5 to 1 in both colour schemes, with a plot zoomed and an engine put out."""
    browser.open(report, dark=dark)
    browser.value("document.querySelectorAll('.key')[1].click()")
    browser.value("document.querySelector('.chart.timed').focus()")
    press(browser, "+")
    contrast, where = browser.least_contrast()
    assert contrast >= 4.5, where


def test_paper_is_white_and_has_every_section(browser, report) -> None:
    """Printed from a dark screen; the outline of the document lists the headings."""
    browser.open(report, dark=True)
    printed = browser.pdf()
    titles = re.findall(rb"/Title \(((?:\\.|[^)\\])*)\)", printed)
    assert [title.decode() for title in titles if title.decode() in SECTIONS] == SECTIONS
    browser.ask("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_without_script_the_picture_and_all_words_are_there(browser, report) -> None:
    """The voltage as it was drawn beforehand; what needs a script is not shown empty."""
    browser.open(report, script=False)
    document = browser.ask("DOM.getDocument")["root"]["nodeId"]

    def box(selector: str) -> int:
        node = browser.ask("DOM.querySelector", nodeId=document, selector=selector)["nodeId"]
        try:
            return browser.ask("DOM.getBoxModel", nodeId=node)["model"]["height"]
        except RuntimeError:
            return 0

    assert box(".plot.still") > 200
    assert box(".engines") > 50
    assert (box("#residuals"), box("#states"), box("#plot-help")) == (0, 0, 0)
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)


def test_the_page_is_small(report) -> None:
    """Five plots of nearly thirty curves of 801 samples."""
    assert report.stat().st_size < 150_000
