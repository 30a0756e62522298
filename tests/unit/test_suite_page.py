"""The page of many comparisons: a word in every cell, a sentence on all, nothing hostile gets through."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from browser import CHROMIUM, Browser

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.reports.commands.grid import _write
from spikebridge.reports.commands.pages import Pages
from spikebridge.reports.formats.grid import suite_of
from spikebridge.reports.formats.suite_page import Suite, SuiteCell, SuiteRow, render_suite, suite_sentence
from spikebridge.reports.proof.grid import compare_all
from spikebridge.reports.proof.verdict import Verdict

pytestmark = pytest.mark.xdist_group("browser")

COLUMNS = (("reference", "rk4"), ("neuron", "backward_euler"), ("neuron", "cvode"))
HOSTILE = """</script><script>throw 1</script>"'{{7*7}}<img src=x onerror=throw(2)>&amp;"""


def row(name: str, *verdicts: Verdict, **more: str) -> SuiteRow:
    cells = {column: SuiteCell(v, f"{name} because", **more) for column, v in zip(COLUMNS, verdicts, strict=False)}
    return SuiteRow(name, f"The {name}", f"{name}/report.html", cells)


def suite(*rows: SuiteRow) -> Suite:
    return Suite("a suite", rows, COLUMNS, "spikebridge check", (("spikebridge", "0.1.0"),))


GOOD = row("adex", Verdict.AGREE, Verdict.DISCRETISATION, Verdict.AGREE)
WRONG = row("hh", Verdict.AGREE, Verdict.OTHER_LIMIT, Verdict.NO_CONVERGENCE)
ABSENT = row("rulkov", Verdict.AGREE, Verdict.NOT_RUN)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ((GOOD,), "The model is the same neuron on every engine that ran; 1 of 3 comparisons still show integration error."),
        ((row("a", Verdict.AGREE), row("b", Verdict.AGREE)), "All 2 models are the same neuron on every engine that ran."),
        ((GOOD, WRONG), "1 of 2 models is not the same neuron everywhere: hh."),
        ((WRONG, row("b", Verdict.OTHER_LIMIT), GOOD), "2 of 3 models are not the same neuron everywhere: hh and b."),
        ((WRONG, ABSENT), "1 of 2 models is not the same neuron everywhere: hh. 1 comparison did not run."),
        ((GOOD, row("b", Verdict.UNDECIDED)), "1 of 2 models may or may not be the same neuron everywhere: b."),
        ((GOOD, WRONG, row("b", Verdict.UNDECIDED)), "1 of 3 models is not the same neuron everywhere: hh."),
        ((row("a", Verdict.NOT_RUN),), "Nothing ran."),
        ((row("a", Verdict.NOT_RUN), row("b", Verdict.AGREE), row("c", Verdict.AGREE)),
         "The 2 models that ran are the same neuron on every engine that ran. 1 comparison did not run."),
        ((), "Nothing ran."),
        ((row("a", Verdict.AGREE, status="unchanged"), row("b", Verdict.AGREE, status="unchanged")),
         "All 2 models are the same neuron on every engine that ran. Nothing has changed against the baseline."),
        ((row("a", Verdict.AGREE, Verdict.AGREE, status="new"), row("b", Verdict.AGREE, status="changed")),
         "Against the baseline: 2 new, 1 changed. All 2 models are the same neuron on every engine that ran."),
    ],
)  # fmt: skip
def test_one_sentence_says_it_all(rows, sentence) -> None:
    """Which models, not how many cells; what did not run is never left out."""
    assert suite_sentence(suite(*rows)) == sentence


def test_many_wrong_models_are_not_all_named() -> None:
    """Six, and how many more."""
    sentence = suite_sentence(suite(*(row(f"m{k}", Verdict.OTHER_LIMIT) for k in range(9))))
    assert sentence == "9 of 9 models are not the same neuron everywhere: m0, m1, m2, m3, m4, m5 and 3 more."


def test_every_cell_has_symbol_word_colour_and_reason() -> None:
    """The reason as tooltip and for those who listen; a link to the model's own page."""
    html = render_suite(suite(GOOD, WRONG))
    assert '<td class="cell limits" title="converge to different limits: hh because">' in html
    assert re.search(r'aria-hidden="true">≠</span> other limit</span>.*<span class="unseen">: hh because</span>', html)
    links = [attributes["href"] for attributes in Tags(html).of("a")]
    assert links == ["./adex/report.html", "./hh/report.html"]
    assert len(re.findall("<td class=", html)) == 6


def test_what_asks_for_attention_is_written_out() -> None:
    """On paper there are no tooltips: everything that is wrong, missing or has changed, and nothing else."""
    notes = render_suite(suite(GOOD, WRONG, ABSENT, row("c", Verdict.AGREE, status="changed"))).split('id="notes"')[1]
    notes = notes.split("</section>")[0]
    assert re.findall(r"<dt>(\w+) <small>([\w ]+)</small>", notes) == [
        ("hh", "neuron backward_euler"), ("hh", "neuron cvode"), ("rulkov", "neuron backward_euler"), ("c", "reference rk4"),
    ]  # fmt: skip
    assert 'id="notes"' not in render_suite(suite(GOOD))


def test_a_scheme_that_does_not_suit_is_no_failure() -> None:
    """It is not counted, and says why."""
    unsuited = SuiteCell(Verdict.NOT_RUN, "dv/dt is not linear", suits=False)
    page = suite(replace(GOOD, cells={**GOOD.cells, COLUMNS[2]: unsuited}), row("b", Verdict.AGREE))
    html = render_suite(page)
    assert page.verdict is Verdict.DISCRETISATION
    assert "not run</button>" not in html
    assert "does not suit: dv/dt is not linear" in html
    assert html.count("not asked for</span>") == 2


def test_hostile_names_are_text() -> None:
    """Titles, names, reasons, notes, statuses, links."""
    cell = SuiteCell(Verdict.OTHER_LIMIT, HOSTILE, HOSTILE, HOSTILE)
    rows = [SuiteRow(HOSTILE, HOSTILE, HOSTILE, {(HOSTILE, HOSTILE): cell}), SuiteRow("b", "", "javascript:alert(1)", {})]
    found = Tags(render_suite(Suite(HOSTILE, rows, ((HOSTILE, HOSTILE),), HOSTILE, ((HOSTILE, HOSTILE),))))
    assert len(found.of("script")) == 1
    assert not found.of("img")
    assert all(link["href"].startswith("./") for link in found.of("a"))
    assert not any(name.startswith("on") for _, attributes in found.found for name in attributes)
    assert found.text.count(HOSTILE) > 10


def test_nothing_is_loaded() -> None:
    """The policy admits our script alone."""
    html = render_suite(suite(GOOD))
    assert "default-src 'none'; script-src 'sha256-" in html
    assert not re.findall(r"https?://", html)
    assert not any("src" in attributes for _, attributes in Tags(html).found)


def test_a_large_suite_stays_small() -> None:
    """Sixty models by fourteen schemes."""
    columns = tuple((f"engine {k // 5}", f"scheme {k}") for k in range(14))
    cells = {column: SuiteCell(Verdict.DISCRETISATION, "spikes are off by up to 0.17 ms; " * 4) for column in columns}
    html = render_suite(Suite("many", [SuiteRow(f"m{k}", "A title", f"m{k}/report.html", cells) for k in range(60)], columns))
    assert len(html.encode()) < 500_000


# the command ------------------------------------------------------------------------------------------


def short(name: str) -> Experiment:
    return Experiment(name, step({"hodgkin_huxley": "20 uA/cm2", "adex": "2000 pA"}[name], "1 ms"), "5 ms", "0.05 ms")


def test_comparisons_are_handed_on_and_become_a_page(tmp_path) -> None:
    """Each with the command that repeats it; the grid becomes the index."""
    pages, seen = Pages(tmp_path), []

    def report(model, comparison) -> None:
        seen.append((model, comparison.command))
        pages.add(model, comparison)

    schemes = {"reference": ["rk4", "forward_euler"]}
    grid = compare_all(["hodgkin_huxley", "adex"], ["reference"], schemes, quick=True, load=short, report=report)
    options = "--engine reference --scheme reference=rk4 --scheme reference=forward_euler --quick"
    assert seen == [(name, f"spikebridge compare {name} {options}") for name in ("hodgkin_huxley", "adex")]
    index = _write(pages, grid)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == [
        "adex/report.html", "grid.json", "hodgkin_huxley/report.html", "index.html",
    ]  # fmt: skip
    for link in Tags(index.read_text()).of("a"):
        assert (tmp_path / link["href"]).is_file()
    assert json.loads((tmp_path / "grid.json").read_text())["schema"] == 1
    assert suite_of(grid, {}).rows[0].link is None


# in a browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_filter_works_from_the_keyboard(browser, tmp_path) -> None:
    """A slash leads to it, Escape empties it; a count shows the models with that verdict."""
    path = tmp_path / "index.html"
    path.write_text(render_suite(suite(GOOD, WRONG, ABSENT)), encoding="utf-8")
    browser.open(path, 400)
    assert browser.value("document.documentElement.scrollWidth") == 400
    names = "[...document.querySelectorAll('.matrix tbody tr:not([hidden]) th a')].map((each) => each.textContent)"

    def press(key: str, text: str = "") -> list[str]:
        browser.ask("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
        browser.ask("Input.dispatchKeyEvent", type="keyUp", key=key)
        return browser.value(names)

    assert press("/", "/") == ["adex", "hh", "rulkov"]
    assert press("h", "h") == ["adex", "hh", "rulkov"]  # "The"
    assert press("h", "h") == ["hh"]
    assert press("Escape") == ["adex", "hh", "rulkov"]
    browser.value("document.querySelector('[data-verdict=\"not run\"]').focus()")
    assert press("Enter", "\r") == ["rulkov"]
    assert not browser.logged
    assert len(browser.requested) == 1


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("dark", [False, True])
def test_the_matrix_is_legible_and_only_it_is_pushed_sideways(browser, tmp_path, dark) -> None:
    """Many columns on a narrow screen: the page keeps its width; every text has a contrast of 4.5 to 1."""
    columns = tuple(("engine", f"a long scheme {k}") for k in range(24))
    cells = dict(
        zip(
            columns,
            [SuiteCell(v, "why " * 30, status=s) for v in Verdict for s in ("", "changed", "unchanged", "new")],
            strict=True,
        )
    )
    path = tmp_path / "index.html"
    path.write_text(render_suite(Suite("wide", [SuiteRow("m", "A model", None, cells)] * 30, columns)), encoding="utf-8")
    browser.open(path, 400, dark=dark)
    assert browser.value("document.documentElement.scrollWidth") == 400
    contrast, where = browser.least_contrast()
    assert contrast >= 4.5, where
