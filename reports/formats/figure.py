"""A figure's claims as text, JSON and rows of a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from spikebridge.bridge.engines.reference_engine import EXACT
from spikebridge.reports.metrics.numbers import counted, short
from spikebridge.reports.textbook.analysis_kind import AnalysisQuestion
from spikebridge.reports.textbook.claim_measures import described
from spikebridge.reports.textbook.claims import Claim
from spikebridge.reports.textbook.figure import FigureFile
from spikebridge.reports.textbook.figure_run import Finding, MadeFigure

PASSED, FAILED, NOTHING = "ok", "FAILS", "–"


def claim_words(file: FigureFile, claim: Claim) -> str:
    """What a claim is about."""
    if isinstance(claim.question, AnalysisQuestion):
        words = claim.question.described()
    else:
        words = described(claim.question)
    return words if len(file.runs) + len(file.analyses) == 1 else f"{claim.run}: {words}"


def by_claim(made: MadeFigure) -> list[tuple[Claim, dict[str, Finding]]]:
    """The findings of each claim, by engine, the exact solution first."""
    found: dict[int, tuple[Claim, dict[str, Finding]]] = {}
    for finding in made.findings:
        found.setdefault(id(finding.claim), (finding.claim, {}))[1][finding.engine] = finding
    return list(found.values())


def state(finding: Finding) -> str:
    """One word: passed, failed, shown only, not run, not asked."""
    if not finding.asked:
        return "not asked"
    if not finding.ran:
        return "not run"
    if not finding.claim.decides:
        return "shown"
    return "passed" if finding.passed else "failed"


def number(value: float | None, claim: Claim) -> str:
    """As many digits as the claim's tolerance deserves, and two more."""
    if value is None:
        return "none"
    return f"{value:.{max(digits(claim) + 2, 1)}f}".rstrip("0").rstrip(".")


def digits(claim: Claim) -> int:
    """Of the expected value, behind the point."""
    head = claim.text.split()[0].lower()
    mantissa, _, power = head.partition("e")
    return min(max(len(mantissa.partition(".")[2]) - int(power or 0), 0), 15)


def render_figure(made: MadeFigure, width: int) -> RenderableType:
    """The claims of one figure."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("claim", overflow="fold", ratio=2)
    table.add_column("expected", justify="right", no_wrap=True)
    table.add_column("tolerance", justify="right", no_wrap=True)
    for name in (EXACT, *made.engines):
        table.add_column(name, justify="right", overflow="fold")
    for claim, findings in by_claim(made):
        mark = "" if claim.decides else " (unconfirmed)"
        table.add_row(
            claim_words(made.file, claim) + mark, claim.text, f"{claim.tolerance:.2g}",
            *(_cell(findings[name]) for name in (EXACT, *made.engines)),
        )  # fmt: skip
    return Group(Text(f"{made.file.name}: {made.file.title}", "bold"), table, Text(summary(made), "dim"))


def _cell(finding: Finding) -> Text:
    if not finding.asked or not finding.ran:
        return Text(NOTHING if not finding.asked else "not run", "dim")
    text = number(finding.found, finding.claim)
    if finding.error:
        text += f" ±{short(finding.allowed)}"
    styles = {"failed": "bold red", "passed": "green"}
    return Text(text if finding.passed or not finding.claim.decides else f"{text} {FAILED}", styles.get(state(finding), "dim"))


def summary(made: MadeFigure) -> str:
    """How many claims passed, engine by engine."""
    parts = []
    for name in (EXACT, *made.engines):
        states = [state(f) for f in made.findings if f.engine == name]
        judged = states.count("passed") + states.count("failed")
        more = f", {states.count('not run')} not run" if "not run" in states else ""
        parts.append(f"{name} {states.count('passed')} of {judged}{more}")
    reasons = dict.fromkeys(f"{f.engine}: {f.reason}" for f in made.findings if f.reason and (not f.ran or f.passed is False))
    return "; ".join([f"{counted(len(made.file.claims), 'claim')}; passed: {', '.join(parts)}", *reasons])


def claim_rows(made: MadeFigure) -> list[dict[str, Any]]:
    """One row a claim and engine."""
    return [
        {
            "figure": made.file.name, "run": f.claim.run, "claim": claim_words(made.file, f.claim), "engine": f.engine,
            "scheme": f.scheme, "expected": f.claim.expected, "found": f.found, "unit": f.claim.unit,
            "tolerance": f.claim.tolerance, "integration_error": f.error, "allowed": f.allowed, "state": state(f),
            "reason": f.reason, "tolerance_reason": f.claim.reason, "source": f.claim.source,
        }
        for f in made.findings
    ]  # fmt: skip


def figures_json(figures: Sequence[MadeFigure]) -> str:
    """All figures, claim by claim, engine by engine."""
    return json.dumps({"schema": 1, "figures": [_figure_json(made) for made in figures]}, indent=2)


def _figure_json(made: MadeFigure) -> dict[str, Any]:
    return {
        "name": made.file.name,
        "title": made.file.title,
        "source": made.file.source,
        "status": made.status,
        "spike_error_ms": {name: error if isfinite(error) else None for name, error in made.spike_error_ms.items()},
        "claims": [
            {
                "run": claim.run, "claim": claim_words(made.file, claim), "what": claim.question.what, "expected": claim.expected,
                "unit": claim.unit, "tolerance": claim.tolerance, "tolerance_reason": claim.reason, "source": claim.source,
                "decides": claim.decides, "note": claim.note,
                "engines": {name: _finding_json(finding) for name, finding in findings.items()},
            }
            for claim, findings in by_claim(made)
        ],
    }  # fmt: skip


def _finding_json(finding: Finding) -> dict[str, Any]:
    ran = finding.ran and finding.asked
    return {
        "status": "ran" if ran else "not run" if finding.asked else "not asked",
        "reason": finding.reason or None,
        "scheme": finding.scheme or None,
        "found": finding.found,
        "integration_error": finding.error if ran else None,
        "allowed": finding.allowed if ran else None,
        "passed": finding.passed,
    }
