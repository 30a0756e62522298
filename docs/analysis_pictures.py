"""Draws the pictures of the page of analyses again: ``python docs/analysis_pictures.py [NAME...]``, from the line of code beside each."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# the code of a section, and its picture, which is named after the analysis
LINE = re.compile(r"^`(?P<code>sb\.analyses\..*)`\n\n!\[[^\]]*\]\(analyses/(?P<name>\w+)\.png\)$", flags=re.M)


def script(wanted: list[str]) -> str:
    """What a reader of the page would run, and saves what comes out."""
    page = (HERE / "analyses.md").read_text(encoding="utf-8")
    lines = ["import spikebridge as sb"]
    for found in LINE.finditer(page):
        if not wanted or found["name"] in wanted:
            lines += [f"figure = {found['code']}", "figure.set_size_inches(4.6, 3.1)"]
            lines += [f"figure.savefig('analyses/{found['name']}.png', dpi=80)"]
    return "\n".join(lines)


if __name__ == "__main__":
    (HERE / "analyses").mkdir(exist_ok=True)
    sys.exit(subprocess.run([sys.executable, "-c", script(sys.argv[1:])], cwd=HERE).returncode)
