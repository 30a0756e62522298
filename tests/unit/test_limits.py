"""What a run may take: time in this very process, and memory before it is taken."""

import contextlib
import signal
import threading
import time

import pytest

from spikebridge.bridge.engines.limits import ONE_RUN, WITH_LADDER, check_memory, memory_limit, needed_bytes, within
from spikebridge.bridge.errors import NotRun, UsageError
from spikebridge.reports.cli import main
from spikebridge.reports.commands.changes import ExperimentChanges


def test_what_takes_too_long_is_given_up() -> None:
    """An endless loop, too; afterwards no timer is left."""
    with pytest.raises(NotRun, match=r"the search: no end within 0.05 s; give more with --limit"), within(0.05, "the search"):
        while True:
            pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_ends_in_time_is_left_alone() -> None:
    """And the handler that was there before is there again."""
    before = signal.getsignal(signal.SIGALRM)
    with within(60.0, "the search"):
        pass
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_outer_limit_holds() -> None:
    """A part of a run gets no more than the run."""
    with pytest.raises(NotRun, match="the whole"), within(0.05, "the whole"), within(60.0, "a part"):
        while True:
            pass


def test_another_thread_goes_without() -> None:
    """It cannot be interrupted, and must not fail for that."""
    done = []

    def work() -> None:
        with within(0.001, "a thread"):
            time.sleep(0.01)
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


def test_memory_is_refused_before_it_is_taken(monkeypatch) -> None:
    """With what it would take, what may be taken, and how to raise it."""
    long = ExperimentChanges(duration="100 s").made("hodgkin_huxley")
    monkeypatch.setenv("SPIKEBRIDGE_MEMORY", "1 GB")
    with pytest.raises(
        UsageError,
        match=r"would take about \d+\.\d GB of memory, and 1\.0 GB may be taken; .* or --quick, or set SPIKEBRIDGE_MEMORY",
    ):
        check_memory(long, WITH_LADDER)
    monkeypatch.setenv("SPIKEBRIDGE_MEMORY", "500 GB")
    assert check_memory(long, WITH_LADDER) == needed_bytes(long, WITH_LADDER) == needed_bytes(long) * WITH_LADDER / ONE_RUN


@pytest.mark.parametrize("text", ["much", "1e9", "-1 GB", "8"])
def test_a_size_that_is_none_is_refused(monkeypatch, text) -> None:
    """Naming the variable."""
    monkeypatch.setenv("SPIKEBRIDGE_MEMORY", text)
    with pytest.raises(UsageError, match='SPIKEBRIDGE_MEMORY: expected a size such as "8 GB"'):
        memory_limit()


def test_the_machine_says_how_much_there_is(monkeypatch) -> None:
    """Half of it may be taken."""
    monkeypatch.delenv("SPIKEBRIDGE_MEMORY", raising=False)
    assert 1e8 < memory_limit() < 1e14


LONG = ["hodgkin_huxley", "--duration", "1900 ms", "--limit", "0.1"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["run", *LONG, "--engine", "reference"], "reference"),
        (["compare", *LONG, "--engine", "reference", "--quick"], "the exact solution"),
    ],
    ids=["reference", "exact"],
)
def test_the_limit_binds_what_runs_in_this_process(arguments, what, capsys) -> None:
    """Status 3 and one line, as for an engine that takes too long."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (3, "")
    assert err == f"spikebridge: {what}: no end within 0.1 s; give more with --limit, or shorten the run\n"


def test_a_limit_that_python_makes_another_error_of_is_still_a_limit(monkeypatch) -> None:
    """What is raised within the parser of Python 3.11 comes out as a SystemError; in a garbage collection, not at all: it is raised again."""
    monkeypatch.setattr("spikebridge.bridge.engines.limits._AGAIN_S", 0.1)
    with pytest.raises(NotRun, match="the parser: no end"), within(0.05, "the parser"):
        try:
            while True:
                pass
        except NotRun:
            raise SystemError("AST constructor recursion depth mismatch") from None
    with pytest.raises(NotRun, match="the collection: no end"), within(0.05, "the collection"):
        with contextlib.suppress(NotRun):
            while True:
                pass
        while True:
            pass
