"""The site: it builds without a warning, and the code of its pages runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from figures import judge

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CODE = re.compile(r"^```python\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)


def test_the_site_builds_without_a_warning(tmp_path) -> None:
    """Every reference leads somewhere, every docstring is well formed; all on one page, where `make docs` makes a hundred with
    their navigation of the same."""
    pytest.importorskip("sphinx")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "singlehtml", "-d", tmp_path / "doctrees"]
    done = subprocess.run([*command, DOCS, tmp_path / "html"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "Victor" in (tmp_path / "html/index.html").read_text()


@pytest.mark.xdist_group("site")
@pytest.mark.parametrize("page", ["docs/tutorial.md", "docs/analyses.md", "docs/python.md"])
def test_the_code_of_a_page_runs(page, tmp_path) -> None:
    """From top to bottom, in an empty folder, as a reader would paste it."""
    script = "\n".join(CODE.findall((ROOT / page).read_text()))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("place", [0, 1])
def test_the_figure_files_of_the_gallerys_page_are_true(place, tmp_path) -> None:
    """They can be read, and the exact solution meets what they claim."""
    texts = re.findall(r"^```toml\n(.*?)^```", (DOCS / "gallery.md").read_text(), flags=re.DOTALL | re.MULTILINE)
    path = tmp_path / "figure.toml"
    path.write_text(texts[place])
    made = judge(path)
    assert [(f.claim.text, f.found) for f in made.findings if not f.passed] == []


def test_every_page_is_in_the_table_of_contents() -> None:
    """And there is nothing in it that is no page."""
    listed = re.findall(
        r"^([\w/-]+)$",
        "\n".join(re.findall(r"```\{toctree\}(.*?)```", (DOCS / "index.md").read_text(), flags=re.DOTALL)),
        flags=re.M,
    )
    pages = {str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md") if not path.parent.name.startswith("_")}
    pages = {page for page in pages if not page.startswith("_")}
    assert {name for name in listed if name} == pages - {"index"} | {"_figures/index"}
