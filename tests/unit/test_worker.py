"""Workers: a crash, a hang or an exception is one failed job, never more."""

import os
import signal
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from spikebridge.bridge.engines.worker import Worker
from spikebridge.bridge.errors import NotRun
from tests.processes import gone, soon

FAKE = """
import os, signal, time
from spikebridge.bridge.errors import NotRun, Spent

LOADED = {}
READY = []

def warm_up():
    if os.environ.get("FAKE_ENGINE_MISSING"):
        raise NotRun("the simulator is missing; install it with: pip install it")

def get_ready(jobs):
    READY.append([job.get("value") for job in jobs])

def clean_up():
    pass

def execute(job):
    match job["do"]:
        case "answer": return {"value": job["value"], "pid": os.getpid(), "cwd": os.listdir(), "ready": READY}
        case "segfault": os.kill(os.getpid(), signal.SIGSEGV)
        case "exit": print("last words"); os._exit(7)
        case "raise": raise ValueError("two\\nlines")
        case "refuse": raise NotRun("cannot do that")
        case "hang": time.sleep(600)
        case "load":
            if LOADED.setdefault("name", job["value"]) != job["value"]: raise Spent("name")
            return {"value": job["value"], "pid": os.getpid()}
        case "never": raise Spent("name")
"""


@pytest.fixture
def module(tmp_path, monkeypatch) -> str:
    (tmp_path / "fake_engine.py").write_text(FAKE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "fake_engine"


def answers(module: str, *jobs: dict, limit_s: float = 30.0) -> list:
    with Worker(module) as worker:
        return list(worker.run(jobs, limit_s))


def give(value: int) -> dict:
    return {"do": "answer", "value": value}


def test_answers_come_in_order_from_one_process_in_an_empty_folder(module) -> None:
    """Three jobs, one worker."""
    found = answers(module, give(1), give(2), give(3))
    assert [a["value"] for a in found] == [1, 2, 3]
    assert len({a["pid"] for a in found}) == 1
    assert found[0]["cwd"] == []


def test_an_engine_sees_all_jobs_before_the_first_is_run(module) -> None:
    """What they need in common is got ready at once; of a second batch it sees that one."""
    with Worker(module, stays=True) as worker:
        batches = [list(worker.run([give(1), give(2)], 30.0)), list(worker.run([give(3)], 30.0))]
    assert [[answer["ready"] for answer in batch] for batch in batches] == [[[[1, 2]]] * 2, [[[1, 2], [3]]]]


def test_what_cannot_be_got_ready_fails_its_batch_with_the_reason(module) -> None:
    """The next batch is none the worse."""
    with Worker(module, stays=True) as worker:
        failed = list(worker.run([{"do": "answer", "value": 1}, 2], 30.0))
        (good,) = worker.run([give(3)], 30.0)
    assert [str(answer) for answer in failed] == ["AttributeError: 'int' object has no attribute 'get'"] * 2
    assert good["value"] == 3


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        ("segfault", "the worker process was killed by SIGSEGV"),
        ("exit", "the worker process ended with status 7"),
        ("raise", "ValueError: two lines"),
        ("refuse", "cannot do that"),
    ],
)
def test_a_job_that_fails_says_why_and_the_others_run(module, job, reason) -> None:
    """Before and after it."""
    first, failed, last = answers(module, give(1), {"do": job}, give(3))
    assert (first["value"], last["value"]) == (1, 3)
    assert isinstance(failed, NotRun) and str(failed).startswith(reason)


def test_what_one_process_cannot_hold_goes_to_a_fresh_one(module) -> None:
    """Each job is answered, in order; a fresh process for each that needs one, and no more."""
    jobs = [{"do": "load", "value": value} for value in (1, 1, 2, 2, 1)]
    found = answers(module, *jobs)
    assert [a["value"] for a in found] == [1, 1, 2, 2, 1]
    pids = [a["pid"] for a in found]
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]


def test_answers_that_nobody_reads_do_not_hold_up_the_next_jobs(module) -> None:
    """More of them than the way between the processes holds: the worker would wait for a reader, and we for the worker."""
    big = {"do": "answer", "value": "x" * 1_000_000}
    with Worker(module, stays=True) as worker:
        with closing(worker.run([big, big, big], 30.0)) as answers:
            first = next(answers)
        (then,) = worker.run([give(4)], 30.0)
    assert len(first["value"]) == 1_000_000
    assert then["value"] == 4 and then["pid"] != first["pid"]


def test_what_no_process_can_hold_is_one_failed_job(module) -> None:
    """It is not tried for ever."""
    found = answers(module, {"do": "never"}, give(2))
    assert "cannot take name beside what it has loaded" in str(found[0]) and found[1]["value"] == 2


def test_a_job_that_hangs_is_given_up_and_its_process_is_gone(module) -> None:
    """After the limit; the next job runs in a new process."""
    with Worker(module, stays=True) as worker:
        (first,), (hung,), (last,) = (
            list(worker.run([job], s)) for job, s in ((give(1), 30), ({"do": "hang"}, 0.1), (give(3), 30))
        )
    assert str(hung) == "no answer within 0.1 s"
    assert last["value"] == 3 and last["pid"] != first["pid"]
    assert not Path(f"/proc/{first['pid']}").exists() or sys.platform != "linux"


def test_a_simulator_that_cannot_be_imported_fails_every_job_with_the_reason(module, monkeypatch) -> None:
    """And with how to get it."""
    monkeypatch.setenv("FAKE_ENGINE_MISSING", "1")
    assert [str(a) for a in answers(module, give(1), give(2))] == [
        "the simulator is missing; install it with: pip install it"
    ] * 2


def test_closing_leaves_no_process_and_no_folder(module) -> None:
    """Even in the middle of a job."""
    worker = Worker(module)
    pid, folder = worker.process.pid, worker.folder
    worker.close()
    assert worker.process.returncode is not None
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


# trouble from outside ---------------------------------------------------------------------------------

GRANDCHILD = """
import subprocess, time
def warm_up(): pass
def get_ready(jobs): pass
def clean_up(): pass
def execute(job):
    if job["do"] == "wrapped":
        try:
            raise OSError("no room left on the moon")
        except OSError as error:
            raise RuntimeError("something was wrong with an object made here") from error
    if job["do"] == "spawn":
        return {"pid": subprocess.Popen(["sleep", "600"]).pid}
    time.sleep(600)
"""


@pytest.fixture
def parent(tmp_path, monkeypatch) -> str:
    (tmp_path / "parent_engine.py").write_text(GRANDCHILD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "parent_engine"


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_a_worker_killed_from_outside_costs_the_job_it_had(module) -> None:
    """The out-of-memory killer, for one: the jobs behind it run in a new process."""
    with Worker(module) as worker:
        answers = worker.run([give(1), {"do": "hang"}, give(3)], 60.0)
        first = next(answers)
        os.kill(first["pid"], signal.SIGKILL)
        assert str(next(answers)) == "the worker process was killed by SIGKILL"
        last = next(answers)
        assert last["value"] == 3 and last["pid"] != first["pid"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_a_hang_takes_its_children_along(parent) -> None:
    """A compiler that a worker had started dies with the worker."""
    with Worker(parent, stays=True) as worker:
        (started,) = worker.run([{"do": "spawn"}], 30.0)
        assert not gone(started["pid"])
        (hung,) = worker.run([{"do": "hang"}], 0.1)
        assert str(hung) == "no answer within 0.1 s"
        assert soon(lambda: gone(started["pid"]))


def test_the_cause_of_an_error_is_what_is_told(parent) -> None:
    """Brian2 wraps every error in one that says where an object was made."""
    with Worker(parent) as worker:
        assert [str(answer) for answer in worker.run([{"do": "wrapped"}], 30.0)] == ["OSError: no room left on the moon"]


def test_an_engine_that_cannot_even_be_imported_fails_every_job(tmp_path, monkeypatch) -> None:
    """With the last line of the traceback."""
    (tmp_path / "broken_engine.py").write_text("import nothing_of_that_name\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Worker("broken_engine") as worker:
        found = [str(answer) for answer in worker.run([{}, {}], 30.0)]
    assert found == ["the worker process ended with status 1: ModuleNotFoundError: No module named 'nothing_of_that_name'"] * 2


def test_an_interruption_from_another_thread_ends_every_job(module) -> None:
    """Those behind it are not begun, no error is raised on either side, nothing is left."""
    for pause in (0.0, 0.05, 0.3):
        worker, found = Worker(module), []
        thread = threading.Thread(target=lambda: found.extend(worker.run([{"do": "hang"}, give(2)], 60.0)))  # noqa: B023
        thread.start()
        time.sleep(pause)
        worker.interrupt()
        thread.join(timeout=30)
        worker.close()
        assert len(found) == 2 and all("the worker process was killed by SIG" in str(answer) for answer in found)
        assert worker.process.returncode is not None and not worker.folder.exists()
