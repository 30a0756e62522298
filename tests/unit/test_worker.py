"""Workers: a crash, a hang or an exception is one failed job, never more."""

import os
import sys
from pathlib import Path

import pytest

from bridge.errors import NotRun
from bridge.worker import Worker

FAKE = """
import os, signal, time
from bridge.errors import NotRun

def warm_up():
    if os.environ.get("FAKE_ENGINE_MISSING"):
        raise NotRun("the simulator is missing; install it with: pip install it")

def clean_up():
    pass

def execute(job):
    match job["do"]:
        case "answer": return {"value": job["value"], "pid": os.getpid(), "cwd": os.listdir()}
        case "segfault": os.kill(os.getpid(), signal.SIGSEGV)
        case "exit": print("last words"); os._exit(7)
        case "raise": raise ValueError("two\\nlines")
        case "refuse": raise NotRun("cannot do that")
        case "hang": time.sleep(600)
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


def test_a_job_that_hangs_is_given_up_and_its_process_is_gone(module) -> None:
    """After the limit; the next job runs in a new process."""
    first, hung, last = answers(module, give(1), {"do": "hang"}, give(3), limit_s=2.0)
    assert str(hung) == "no answer within 2 s"
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
