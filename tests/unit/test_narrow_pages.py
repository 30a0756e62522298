"""Every kind of page on a telephone of 390 pixels: nothing is cut, and the page itself is not pushed sideways."""

from __future__ import annotations

import pytest
from browser import CHROMIUM, Browser
from figures import judge
from runs import compared

import spikebridge as sb
from spikebridge.reports.formats.cards import definition_page
from spikebridge.reports.formats.difference import difference_page
from spikebridge.reports.formats.gallery_page import render_gallery
from spikebridge.reports.formats.html import render_page
from spikebridge.reports.formats.page_data import page_data
from spikebridge.reports.formats.suite_page import Suite, SuiteCell, SuiteRow, render_suite
from spikebridge.reports.proof.verdict import Verdict

pytestmark = [pytest.mark.xdist_group("compared"), pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]
WIDTH = 390
# tables and formulas that reach out of the screen, unless a box around them scrolls
CUT = """[...document.querySelectorAll('table, math, svg, img, pre')].filter((each) => {
  if (!each.getClientRects().length || each.closest('.unseen, thead')) return false;
  let box = each;
  while (box && !/auto|scroll/.test(getComputedStyle(box).overflowX)) box = box.parentElement;
  return (box ?? each).getBoundingClientRect().right > innerWidth + 0.5;
}).map((each) => each.outerHTML.slice(0, 120))"""
ELLIPSES = "[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).textOverflow === 'ellipsis' && e.scrollWidth > e.clientWidth).length"


def pages() -> dict[str, str]:
    """A page of each kind, with names and tables that are wide."""
    columns = tuple(("neuron_hh_notable", f"a long scheme {k}") for k in range(12))
    cells = {column: SuiteCell(Verdict.DISCRETISATION, "why " * 30, status="changed") for column in columns}
    suite = Suite(
        "wide", [SuiteRow("hodgkin_huxley_with_a_very_long_name_of_its_own", "A model", "x/report.html", cells)], columns
    )
    return {
        "comparison": render_page(page_data(compared("hodgkin_huxley"))),
        "suite": render_suite(suite),
        "gallery": render_gallery([judge("lif_constant")]),
        "difference": difference_page(sb.diff("hodgkin_huxley", "wang_buzsaki")),
        "model": definition_page(sb.load("ping_pair")),
        "mechanism": definition_page(sb.load_mechanism("m_current")),
    }


def test_no_page_loses_columns_on_a_telephone(tmp_path) -> None:
    """Each table fits, or scrolls in its own box; no name ends in dots; everything can be read."""
    found = {}
    with Browser(tmp_path / "profile") as browser:
        for name, text in pages().items():
            path = tmp_path / f"{name}.html"
            path.write_text(text, encoding="utf-8")
            browser.open(path, WIDTH)
            found[name] = (browser.value("document.documentElement.scrollWidth"), browser.value(CUT), browser.value(ELLIPSES))
    assert found == dict.fromkeys(found, (WIDTH, [], 0))
