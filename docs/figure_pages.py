"""A page of the site for every figure of the gallery, from the figure's own file and from what ``spikebridge figure`` found."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from spikebridge.reports.formats.figure import claim_words, number
from spikebridge.reports.textbook.claims import Claim
from spikebridge.reports.textbook.figure import FigureFile
from spikebridge.reports.textbook.figure_file import load_figure
from spikebridge.reports.textbook.gallery_files import gallery

HERE = Path(__file__).parent
PAGES = "_figures"  # in the sources of the site, made anew by every build
# where the gallery was made: spikebridge figure --all --output docs/_build/gallery
MADE = Path(os.environ.get("SPIKEBRIDGE_GALLERY", HERE / "_build" / "gallery"))
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|$~^-])")


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir) / PAGES, MADE))
    return {"version": "1", "parallel_read_safe": True}


def write_pages(folder: Path, made: Path) -> None:
    """The pages and pictures of all figures, and their index; without results where the gallery has not been made."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    data = made / "gallery.json"
    found = {}
    if data.exists():
        found = {figure["name"]: figure for figure in json.loads(data.read_text(encoding="utf-8"))["figures"]}
    files = [load_figure(name) for name in gallery()]
    for file in files:
        picture = made / f"{file.name}.png"
        if picture.exists():
            shutil.copy(picture, folder / picture.name)
        page = _page(file, found.get(file.name), picture.exists())
        (folder / f"{file.name}.md").write_text(page, encoding="utf-8")
    (folder / "index.md").write_text(_index(files, bool(found)), encoding="utf-8")


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _index(files: list[FigureFile], judged: bool) -> str:
    lines = ["# Figures", "", f"{len(files)} figures with {sum(len(file.claims) for file in files)} claims."]
    if not judged:
        lines += ["", "This site was built without their pictures and results; `make gallery` makes them."]
    lines += ["", "```{toctree}", ":maxdepth: 1", "", *(file.name for file in files), "```", ""]
    return "\n".join(lines)


def _page(file: FigureFile, found: dict[str, Any] | None, pictured: bool) -> str:
    lines = [f"# {_plain(file.title)}", "", _plain(file.about), ""]
    if pictured:
        lines += [f"![{_plain(file.title)}]({file.name}.png)", ""]
    lines += [_plain(file.source), "", f"    spikebridge figure {file.name}", "", "## Claims", ""]
    lines += _claims(file, found)
    lines += ["", "## The file", "", "````toml", gallery()[file.name].read_text(encoding="utf-8").strip(), "````", ""]
    return "\n".join(lines)


def _claims(file: FigureFile, found: dict[str, Any] | None) -> list[str]:
    engines = list(found["claims"][0]["engines"]) if found and found["claims"] else []
    head = ["claim", "expected", "tolerance", *engines, "source"]
    rows = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for i, claim in enumerate(file.claims):
        cells = [_cell(found["claims"][i]["engines"][name], claim) for name in engines] if found else []
        words = [_plain(claim_words(file, claim)), _plain(claim.text), f"{claim.tolerance:.2g}"]
        rows.append("| " + " | ".join([*words, *cells, _plain(claim.source)]) + " |")
    return rows


def _cell(finding: dict[str, Any], claim: Claim) -> str:
    if finding["status"] != "ran":
        return finding["status"]
    mark = {True: "✓", False: "✗", None: "·"}[finding["passed"]]
    return f"{mark} {_plain(number(finding['found'], claim))}"
