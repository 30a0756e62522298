"""Shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# All cores are busy with tests; numpy's linear algebra on small matrices would only keep threads waiting for one another, for up
# to twice the processor time. Heeded by the library when it is loaded, here and in every process that a test starts.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# The same examples in every run, so that a run that passed passes again; ``--hypothesis-profile=random`` tries others.
# No example has a deadline: a busy machine is no fault.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def one_cache_for_all_tests(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    """Builds are made once a test run, in the test run's own place, unless SPIKEBRIDGE_CACHE says where."""
    if "SPIKEBRIDGE_CACHE" not in os.environ:
        base = tmp_path_factory.getbasetemp()
        shared = base.parent if worker_id != "master" else base
        os.environ["SPIKEBRIDGE_CACHE"] = str(shared / "spikebridge-cache")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of a group share what is built for them: groups that go unheeded cost minutes, and nobody would see it."""
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        if item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
            raise pytest.UsageError(f"{item.nodeid}: pytest {pytest.__version__} does not heed the groups of pytest-xdist")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """Where everything that tests need is promised to be there, as in continuous integration, what is skipped has failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("SPIKEBRIDGE_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped, where nothing may be: {call.excinfo.value if call.excinfo else ''}"
    return report
