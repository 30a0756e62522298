"""The result of a suite as JUnit XML, which continuous integration services read.

Elements and attributes are those of Maven Surefire's schema, the stricter dialect that Jenkins reads too: a test suite
with its counts, one test case a result, a failure or an error with a message.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from reports.formats.check import version_lines
from reports.regression.change import Status
from reports.regression.checking import Check, Result

# characters that XML 1.0 cannot hold, written or escaped
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(check: Check) -> str:
    """The document; a result that is no longer what it was is a failure, one that did not run an error."""
    results = check.results
    errors = [r for r in results if _kind(r) == "error"]
    failures = [r for r in results if _kind(r) == "failure"]
    suite = ElementTree.Element(
        "testsuite",
        {
            "name": _text(f"spikebridge.{check.suite.name}"),
            "tests": str(len(results)),
            "errors": str(len(errors)),
            "skipped": "0",
            "failures": str(len(failures)),
            "time": f"{sum(r.wall_s for r in results):.3f}",
        },
    )
    properties = ElementTree.SubElement(suite, "properties")
    for i, line in enumerate(version_lines(check), 1):
        ElementTree.SubElement(properties, "property", {"name": f"version change {i}", "value": _text(line)})
    for result in results:
        _case(suite, check, result)
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _kind(result: Result) -> str:
    if result.passed:
        return ""
    return "error" if not result.ran and result.change.status is not Status.GONE else "failure"


def _case(suite: ElementTree.Element, check: Check, result: Result) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {
            "name": _text(result.key),
            "classname": _text(f"{check.suite.name}.{result.case}"),
            "time": f"{result.wall_s:.3f}",
        },
    )
    kind = _kind(result)
    if kind:
        word, why = (
            (result.change.status, result.change.because)
            if result.accepted or not result.ran
            else (result.verdict, result.because)
        )
        lines = [f"{word}: {why}", f"verdict: {result.verdict}: {result.because}"]
        lines += [f"{name}: {then} became {now}" for name, (then, now) in result.change.versions.items()]
        lines += (check.definitions or {}).get(result.case, [])
        failed = ElementTree.SubElement(case, kind, {"message": _text(lines[0]), "type": _text(str(word))})
        failed.text = _text("\n".join(lines))
    else:
        ElementTree.SubElement(case, "system-out").text = _text(f"{result.verdict}: {result.because}")


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
