"""Results as JUnit XML, which continuous integration services read.

Elements and attributes are those of Maven Surefire's schema, the stricter dialect that Jenkins reads too: a test suite
with its counts, one test case for an experiment on an engine, a failure or an error with a message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from spikebridge.reports.formats.check import version_lines
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.grid import Grid
from spikebridge.reports.proof.verdict import FINE, Verdict
from spikebridge.reports.regression.change import Status
from spikebridge.reports.regression.checking import Check, Result

# characters that XML 1.0 cannot hold, written or escaped
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class _Case:
    """One test case; ``kind`` is failure, error or empty, ``word`` its type, ``lines`` what is said."""

    classname: str
    name: str
    wall_s: float
    kind: str
    word: str
    lines: Sequence[str]


def render_junit(check: Check) -> str:
    """A suite: a result that is no longer what it was is a failure, one that did not run an error."""
    cases = [_case_of(check, result) for result in check.results]
    return _document(f"spikebridge.{check.suite.name}", cases, version_lines(check))


def comparison_junit(comparison: Comparison) -> str:
    """A comparison: an engine that disagrees is a failure, one that did not run an error."""
    name = comparison.experiment.name
    cases = []
    for entry in comparison.entries:
        wall = entry.recording.wall_s if entry.recording else 0.0
        key = f"{entry.name}/{entry.scheme.name}"
        cases.append(
            _Case(f"compare.{name}", key, wall, _kind(entry.verdict), str(entry.verdict), [f"{entry.verdict}: {entry.because}"])
        )
    return _document(f"spikebridge.compare.{name}", cases)


def grid_junit(grid: Grid) -> str:
    """The matrix of all models: a case for every scheme that suits a model."""
    cases = []
    for cell in grid.cells.values():
        if cell.suits:
            said, key = [f"{cell.verdict}: {cell.because}"], f"{cell.engine}/{cell.scheme}"
            cases.append(_Case(f"compare.{cell.model}", key, 0.0, _kind(cell.verdict), str(cell.verdict), said))
    return _document("spikebridge.compare", cases)


def _kind(verdict: Verdict) -> str:
    return "error" if verdict is Verdict.NOT_RUN else "" if verdict in FINE else "failure"


def _case_of(check: Check, result: Result) -> _Case:
    classname = f"{check.suite.name}.{result.case}"
    said = f"{result.verdict}: {result.because}"
    if result.passed:
        return _Case(classname, result.key, result.wall_s, "", "", [said])
    kind = "error" if not result.ran and result.change.status is not Status.GONE else "failure"
    unlike = result.accepted or not result.ran
    word = str(result.change.status if unlike else result.verdict)
    lines = [f"{word}: {result.change.because if unlike else result.because}", f"verdict: {said}"]
    lines += [f"{name}: {then} became {now}" for name, (then, now) in result.change.versions.items()]
    lines += (check.definitions or {}).get(result.case, [])
    return _Case(classname, result.key, result.wall_s, kind, word, lines)


def _document(name: str, cases: Sequence[_Case], notes: Sequence[str] = ()) -> str:
    count = {kind: str(sum(case.kind == kind for case in cases)) for kind in ("error", "failure")}
    suite = ElementTree.Element(
        "testsuite",
        {
            "name": _text(name),
            "tests": str(len(cases)),
            "errors": count["error"],
            "skipped": "0",
            "failures": count["failure"],
            "time": f"{sum(case.wall_s for case in cases):.3f}",
        },
    )
    properties = ElementTree.SubElement(suite, "properties")
    for i, line in enumerate(notes, 1):
        ElementTree.SubElement(properties, "property", {"name": f"version change {i}", "value": _text(line)})
    for case in cases:
        _add(suite, case)
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _add(suite: ElementTree.Element, case: _Case) -> None:
    named = {"name": _text(case.name), "classname": _text(case.classname), "time": f"{case.wall_s:.3f}"}
    element = ElementTree.SubElement(suite, "testcase", named)
    if case.kind:
        inner = ElementTree.SubElement(element, case.kind, {"message": _text(case.lines[0]), "type": _text(case.word)})
    else:
        inner = ElementTree.SubElement(element, "system-out")
    inner.text = _text("\n".join(case.lines))


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


WRITERS = {Comparison: comparison_junit, Grid: grid_junit, Check: render_junit}
