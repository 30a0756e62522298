"""Draws the pictures of the page of analyses again: ``python docs/analysis_pictures.py [NAME...]``, from the line of code beside each."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import spikebridge as sb

HERE = Path(__file__).parent
# the code of a section, and its picture, which is named after the analysis
LINE = re.compile(r"^`(?P<code>sb\.analyses\..*)`\n\n!\[[^\]]*\]\((?P<picture>analyses/\w+\.png)\)$", flags=re.M)


def lines() -> dict[str, str]:
    """Code by the path of its picture, as the page has them."""
    page = (HERE / "analyses.md").read_text(encoding="utf-8")
    return {found["picture"]: found["code"] for found in LINE.finditer(page)}


if __name__ == "__main__":
    (HERE / "analyses").mkdir(exist_ok=True)
    wanted = sys.argv[1:]
    for picture, code in lines().items():
        if wanted and Path(picture).stem not in wanted:
            continue
        figure = eval(code, {"sb": sb})  # the page is our own
        figure.set_size_inches(4.6, 3.1)
        figure.savefig(HERE / picture, dpi=80)
        print(picture)
