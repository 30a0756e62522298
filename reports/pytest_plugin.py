"""Experiments as tests: every ``*.experiment.toml`` that pytest meets is run, compared and held to its baseline.

Light to load: nothing of the simulators, pandas or matplotlib is imported before a test runs. Each file is one test, so
that any worker of pytest-xdist can take it.

In the configuration of pytest:

* ``spikebridge_engines``: engines that take part, a list; reference, brian2 and neuron without it.
* ``spikebridge_ladder``: whether the limit of small steps is proven too.
* ``spikebridge_baseline``: a folder of baselines; without one nothing is kept.
* ``spikebridge_reports``: where the pages of failed tests go; ``spikebridge-reports`` without it.

``--spikebridge-update`` makes what is found now the baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from spikebridge.reports import front_door
    from spikebridge.reports.proof.comparison import Comparison
    from spikebridge.reports.regression.suite import Suite

_SUFFIX = ".experiment.toml"


class DisagreementError(AssertionError):
    """Engines disagree, or a result is no longer what it was; the message says all a person needs."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The settings above, and the option."""
    group = parser.getgroup("spikebridge", "do simulators compute the same neuron?")
    group.addoption(
        "--spikebridge-update", action="store_true", help="make what is found now the baseline of *.experiment.toml files"
    )
    parser.addini("spikebridge_engines", "engines that run *.experiment.toml files", type="args", default=[])
    parser.addini("spikebridge_ladder", "prove the limit of small steps too", type="bool", default=False)
    parser.addini("spikebridge_baseline", "folder of the baselines of *.experiment.toml files", type="string", default="")
    parser.addini("spikebridge_reports", "folder of the pages of failed tests", type="string", default="spikebridge-reports")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Experiment files are test files, wherever they lie."""
    if file_path.name.endswith(_SUFFIX):
        return ExperimentFile.from_parent(parent, path=file_path)
    return None


class ExperimentFile(pytest.File):
    """A file with one experiment, which is one test."""

    def collect(self) -> Iterable[pytest.Item]:
        yield ExperimentItem.from_parent(self, name=self.path.name.removesuffix(_SUFFIX))


class ExperimentItem(pytest.Item):
    """The test: all engines run, none disagrees, and nothing has changed since the baseline."""

    def runtest(self) -> None:
        from spikebridge.reports.regression.checking import check

        made: list[tuple[Comparison, list[str]]] = []
        update = bool(self.config.getoption("--spikebridge-update"))
        result = check(self._suite(), update, done=lambda _, comparison, changes: made.append((comparison, changes)))
        if result.status:
            from spikebridge.reports.formats.check import failure_text

            page = write_pages(self.config, self.nodeid, made)
            raise DisagreementError(f"{failure_text(result)}{page}")

    def _suite(self) -> Suite:
        """A suite of this one file; its baseline lies in the baseline folder as the file lies in the root folder."""
        from spikebridge.reports.regression.suite import Suite, case_of

        given, root = str(self.config.getini("spikebridge_baseline")), self.config.rootpath
        case = case_of(
            str(self.path), tuple(self.config.getini("spikebridge_engines")), bool(self.config.getini("spikebridge_ladder"))
        )
        beside = self.path.parent.relative_to(root) if self.path.is_relative_to(root) else Path()
        return Suite(case.name, (case,), root / given / beside if given else None, complete=False)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message alone; a traceback of this plugin would help nobody."""
        from spikebridge.bridge.errors import BridgeError
        from spikebridge.reference.exact import ExactError

        if isinstance(excinfo.value, (DisagreementError, BridgeError, ExactError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"experiment: {self.name}"


@pytest.fixture
def compare_neurons(request: pytest.FixtureRequest) -> Callable[..., front_door.Comparison]:
    """``compare_neurons(experiment, engines=..., ...)``: a comparison as ``spikebridge.compare`` makes it, which fails the test
    where an engine disagrees or does not run; ``expect`` names a verdict that is no failure."""

    def compared(experiment: Any, *engines: str, expect: str | None = None, **options: Any) -> front_door.Comparison:
        from spikebridge.reports.formats.check import comparison_failure
        from spikebridge.reports.front_door import compare

        comparison = compare(experiment, options.pop("engines", engines), **options)
        failure = comparison_failure(comparison, expect)
        if failure:
            page = write_pages(request.config, request.node.nodeid, [(comparison, [])])
            pytest.fail(f"{failure}{page}", pytrace=False)
        return comparison

    return compared


def write_pages(config: pytest.Config, nodeid: str, comparisons: Sequence[tuple[Comparison, list[str]]]) -> str:
    """Write the pages of a failed test, each with what has changed, into a folder of its own; a line that says where, empty where
    there are none."""
    from spikebridge.reports.formats.output import write_report

    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in nodeid.replace("::", "-"))[-150:].strip(".")
    folder = config.rootpath / str(config.getini("spikebridge_reports")) / safe
    try:
        pages = [write_report(made, folder / made.experiment.name, changes) for made, changes in comparisons]
    except OSError as error:
        return f"\nno report: {error.filename}: {error.strerror}"
    return "".join(f"\nreport: {page}" for page in pages)
