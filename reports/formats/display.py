"""A comparison's page in front of whoever asks for it: in the browser, or in the notebook itself."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from spikebridge.bridge.held import temporary_folder
from spikebridge.reports.files import check_folder, write_text
from spikebridge.reports.formats.html import render_page
from spikebridge.reports.formats.output import write_report
from spikebridge.reports.formats.page_data import page_data
from spikebridge.reports.proof.comparison import Comparison

_HEIGHT = 900  # pixels of a notebook


@dataclass(frozen=True)
class Page:
    """A whole page within somebody else's, where its style, its script and its security policy stay its own."""

    text: str = field(repr=False)

    def _repr_html_(self) -> str:
        frame = f'sandbox="allow-scripts" style="border: 0; width: 100%; height: {_HEIGHT}px"'
        return f'<iframe title="spikebridge" {frame} srcdoc="{escape(self.text, quote=True)}"></iframe>'


def show(comparison: Comparison, output: str | Path | None = None) -> Path | None:
    """Show the page, and write it where ``output`` says or a browser needs it.

    Parameters
    ----------
    output : a folder for the page, its figures and its JSON; without one a browser is given a temporary one, which goes at exit

    Returns
    -------
    where the page is; None where it is in a notebook alone

    Raises
    ------
    UsageError : that folder cannot be
    """
    return _present(lambda folder: write_report(comparison, folder), lambda: render_page(page_data(comparison)), output)


def show_page(text: str, name: str, output: str | Path | None = None) -> Path | None:
    """The same of a page that is one file, called ``name``."""
    return _present(lambda folder: write_text(folder / name, text), lambda: text, output)


def _present(write: Callable[[Path], Path], text: Callable[[], str], output: str | Path | None) -> Path | None:
    display = notebook()
    folder = check_folder(Path(output), "output") if output is not None else None if display else _temporary()
    page = write(folder) if folder is not None else None
    if display is not None:
        display(Page(text()))
    elif page is not None:
        webbrowser.open(page.resolve().as_uri())
    return page


def notebook() -> Callable[[Any], object] | None:
    """What shows an object there, where this runs in a notebook's kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    found: Callable[[Any], object] | None = ipython.display.display if ipython and hasattr(shell, "kernel") else None
    return found


def _temporary() -> Path:
    """A folder that goes when this process does; should it be killed, with the next one that makes such a folder."""
    folder, held = temporary_folder("spikebridge-page-")
    atexit.register(_remove, folder, held)
    return folder / "report"  # in it, since who writes into a folder waits until nobody holds that


def _remove(folder: Path, held: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(held)
