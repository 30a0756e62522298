"""All figures and their claims as one HTML page beside their pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from spikebridge.bridge.engines.reference_engine import EXACT
from spikebridge.reference.version import __version__
from spikebridge.reports.formats.figure import NOTHING, by_claim, claim_words, number, state, summary
from spikebridge.reports.formats.html import environment, style_of
from spikebridge.reports.metrics.numbers import counted, short
from spikebridge.reports.textbook.claims import Claim
from spikebridge.reports.textbook.figure_run import Finding, MadeFigure

_MARKS = {"passed": "✓", "failed": "✗", "shown": "·", "not run": "not run", "not asked": NOTHING}


def render_gallery(figures: Sequence[MadeFigure]) -> str:
    """The page as text; all strings come out as text, each figure's picture is NAME.png beside the page."""
    shown = [_figure(made) for made in figures]
    return (
        environment()
        .get_template("gallery.html.j2")
        .render(
            figures=shown,
            css=style_of("scroll.css", "gallery.css"),
            version=__version__,
            size=f"{counted(len(figures), 'figure')} with {counted(sum(len(made.file.claims) for made in figures), 'claim')}",
            failed=sum(state(f) == "failed" for made in figures for f in made.findings),
        )
    )


def _figure(made: MadeFigure) -> dict[str, Any]:
    columns = (EXACT, *made.engines)
    return {
        "name": made.file.name,
        "title": made.file.title,
        "about": made.file.about,
        "source": made.file.source,
        "picture": quote(f"{made.file.name}.png"),
        "alt": alt_text(made),
        "columns": columns,
        "summary": summary(made),
        "failed": made.status == 1,
        "rows": [_row(made, claim, findings, columns) for claim, findings in by_claim(made)],
    }


def alt_text(made: MadeFigure) -> str:
    """What the picture shows, for who cannot see it."""
    kinds: dict[str, int] = {}
    for panel in made.file.plan.panels:
        for name in [made.file.analyses[a].kind.words for a in panel.analyses] or [panel.kind]:
            kinds[name] = kinds.get(name, 0) + 1
    words = {
        "traces": "voltage or other variables over time", "stimulus": "stimulus over time", "phase": "phase plane",
        "pattern": "voltage over time with its stimulus", "raster": "spikes over time", "curve": "curve of a sweep",
        "rate": "instantaneous rate over time", "intervals": "histogram of intervals", "return_map": "interval against the next",
    }  # fmt: skip
    shown = "; ".join(f"{count} x {words.get(kind, kind)}" for kind, count in kinds.items())
    return f"{made.file.title}. {made.file.about} Panels: {shown}."


def _row(made: MadeFigure, claim: Claim, findings: Mapping[str, Finding], columns: Sequence[str]) -> dict[str, Any]:
    return {
        "words": claim_words(made.file, claim),
        "expected": claim.text,
        "tolerance": f"{claim.tolerance:.2g}",
        "reason": claim.reason,
        "source": claim.source,
        "note": claim.note,
        "decides": claim.decides,
        "cells": [_cell(findings[name]) for name in columns],
    }


def _cell(finding: Finding) -> dict[str, str]:
    here = state(finding)
    ran = here not in ("not run", "not asked")
    found = number(finding.found, finding.claim) if ran else ""
    return {
        "mark": _MARKS[here],
        "found": found,
        "allowed": f"±{short(finding.allowed)}" if finding.error and ran else "",
        "style": here.replace(" ", "-"),
        "title": finding.reason or (f"scheme {finding.scheme}" if finding.scheme else ""),
    }
