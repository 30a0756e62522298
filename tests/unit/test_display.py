"""A comparison's page in a browser or in a notebook."""

from __future__ import annotations

import html
import sys
from types import SimpleNamespace

import pytest

import spikebridge as sb
from spikebridge.reports.formats import display


@pytest.fixture(scope="module")
def comparison():
    return sb.Experiment("passive_membrane", sb.step("1 pA"), "5 ms", "0.1 ms").compare(["reference"], quick=True)


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """What a browser is asked to open."""
    found: list[str] = []
    monkeypatch.setattr(display.webbrowser, "open", found.append)
    return found


def test_it_is_opened_in_a_browser_and_goes_in_the_end(comparison, opened, monkeypatch) -> None:
    """From a temporary folder."""
    ends: list = []
    monkeypatch.setattr(display.atexit, "register", lambda *given: ends.append(given))
    page = comparison.show()
    assert opened == [page.resolve().as_uri()] and page.read_text().lstrip().startswith("<!doctype html>")
    ((end, *given),) = ends
    end(*given)
    assert not page.parent.parent.exists() and "spikebridge-page-" in str(page)


def test_it_is_kept_where_one_says(comparison, opened, tmp_path) -> None:
    """With its figures and its JSON; a file in its place is refused."""
    page = comparison.show(tmp_path / "here")
    assert page == tmp_path / "here" / "report.html" and len(opened) == 1
    assert {each.name for each in page.parent.iterdir()} >= {"comparison.json", "comparison.png"}
    (tmp_path / "file").write_text("")
    with pytest.raises(sb.UsageError, match=f"^output: {tmp_path / 'file'} is a file; name a folder$"):
        comparison.show(tmp_path / "file")


def test_a_notebook_shows_the_page_itself(comparison, opened, monkeypatch) -> None:
    """The whole of it, in a frame of its own; no browser is opened, nothing is written."""
    shown: list = []
    kernel = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=1), display=SimpleNamespace(display=shown.append))
    monkeypatch.setitem(sys.modules, "IPython", kernel)
    assert comparison.show() is None and not opened
    (page,) = shown
    assert repr(page) == "Page()"
    frame = page._repr_html_()
    assert html.unescape(frame.partition('srcdoc="')[2].rpartition('"')[0]) == page.text
    assert 'sandbox="allow-scripts"' in frame and page.text.lstrip().startswith("<!doctype html>")


def test_a_terminal_of_ipython_is_no_notebook(monkeypatch) -> None:
    """It cannot show a page."""
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace()))
    assert display.notebook() is None
