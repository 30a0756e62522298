"""The notebooks of the site: they run from top to bottom, and what is committed of them holds no output."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))


@pytest.mark.xdist_group("site")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path, monkeypatch) -> None:
    """In a fresh kernel and an empty folder, every cell; each draws what it says."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    drawn = [out for cell in notebook.cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
    assert bool(drawn) == (path.stem != "a_ci_check")


def test_the_notebooks_are_committed_without_output() -> None:
    """Four; outputs, counts of execution and widgets stay out, so that a diff shows what somebody wrote."""
    assert [path.stem for path in NOTEBOOKS] == [
        "a_ci_check", "comparing_simulators", "hodgkin_huxley_step_by_step", "integrate_and_fire",
    ]  # fmt: skip
    for path in NOTEBOOKS:
        notebook = json.loads(path.read_text())
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert code and all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code), path
        assert set(notebook["metadata"]) == {"kernelspec", "language_info"}, path
