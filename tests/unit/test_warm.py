"""Workers between runs: taken again while a session lasts, never by two at once, and gone in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from spikebridge.bridge.engines.running import staying
from spikebridge.bridge.engines.warm import SESSION, WarmWorkers
from tests.processes import gone, soon

FAKE = """
import os
ASKED = []
def warm_up(): pass
def clean_up(): pass
def get_ready(jobs): ASKED.extend(jobs)
def start_over(): ASKED.clear()
def execute(job): return {"pid": os.getpid(), "asked": list(ASKED)}
"""
SCRIPT = """
import sys, time
from types import SimpleNamespace
from spikebridge.bridge.engines.running import Runner
from spikebridge.bridge.engines.warm import SESSION
with Runner([SimpleNamespace(name="fake", module="fake_engine", python="")], session=SESSION) as runner:
    (answer,) = runner.workers["fake"].run(["job"])
print(answer["pid"], flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def engine(tmp_path, monkeypatch) -> SimpleNamespace:
    """One whose runs say in which process they were, and of which jobs that was told."""
    (tmp_path / "fake_engine.py").write_text(FAKE)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    return SimpleNamespace(name="fake", module="fake_engine", python="")


@pytest.fixture
def session():
    """Workers of a session of the test's own."""
    workers = WarmWorkers()
    yield workers
    workers.close()


def ran(session: WarmWorkers, engine: SimpleNamespace, job: str) -> dict:
    """The answer to one job; the worker waits afterwards."""
    key, worker = session.take(engine)
    (answer,) = worker.run([job])
    session.give_back(key, worker)
    return answer


def test_the_next_run_takes_the_worker_of_the_last(session, engine) -> None:
    """It is the same process, and knows of its own job alone, as a new one would."""
    first, second = ran(session, engine, "a"), ran(session, engine, "b")
    assert first["pid"] == second["pid"] and (first["asked"], second["asked"]) == (["a"], ["b"])


def test_two_runs_at_once_have_a_worker_each(session, engine) -> None:
    """One of the two waits afterwards, the other is gone."""
    taken = [session.take(engine) for _ in range(2)]
    pids = [next(worker.run(["a"]))["pid"] for _, worker in taken]
    for key, worker in taken:
        session.give_back(key, worker)
    assert pids[0] != pids[1] and not gone(pids[0]) and gone(pids[1])


def test_a_worker_in_other_surroundings_is_another(session, engine, monkeypatch) -> None:
    """Another compiler in PATH, say, is seen by the next run."""
    first = ran(session, engine, "a")
    monkeypatch.setenv("CXX", "another")
    assert ran(session, engine, "b")["pid"] != first["pid"]


def test_one_that_died_while_it_waited_is_not_taken(session, engine) -> None:
    """Nobody's run fails of it."""
    first = ran(session, engine, "a")["pid"]
    os.kill(first, signal.SIGKILL)
    assert soon(lambda: gone(first))
    assert ran(session, engine, "b")["pid"] != first


def test_an_idle_worker_leaves_after_a_while(engine) -> None:
    """By itself, and the next run has a new one."""
    session = WarmWorkers(idle_s=0.01)
    first = ran(session, engine, "a")["pid"]
    assert soon(lambda: gone(first))
    assert ran(session, engine, "b")["pid"] != first
    session.close()


def test_a_forked_process_leaves_its_parents_workers_alone(engine) -> None:
    """They would answer one process what the other has asked."""
    key, worker = SESSION.take(engine)
    SESSION.give_back(key, worker)
    child = os.fork()
    if not child:
        os._exit(len(SESSION._idle))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert SESSION.take(engine)[1] is worker
    worker.close()


@pytest.mark.parametrize("killed", [False, True], ids=["ends", "is killed"])
def test_no_worker_outlives_its_session(engine, killed) -> None:
    """Whether it ends or is killed."""
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pid = int(process.stdout.readline())
    assert not gone(pid)
    if killed:
        process.kill()
    process.communicate("\n")
    assert soon(lambda: gone(pid)) if killed else gone(pid)


def test_one_run_after_another_shares_a_worker(engine) -> None:
    """Of all that runs on one engine in a session."""
    with staying(engine) as first:
        workers = dict(first.workers)
    with staying(engine) as second:
        assert second.workers == workers
    SESSION.close()
    assert gone(workers["fake"].process.pid)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_waiting_worker_that_does_not_answer_is_replaced(session, engine, monkeypatch, sent) -> None:
    """Though it was killed, or stopped, in this very moment: the run that comes next does not fail by it."""
    monkeypatch.setattr("spikebridge.bridge.engines.worker._LEAVE_S", 0.3)
    first = ran(session, engine, "a")["pid"]
    os.kill(first, sent)
    assert ran(session, engine, "b")["asked"] == ["b"]


def test_jobs_that_are_called_off_while_they_are_prepared_never_begin(session, engine) -> None:
    """Ctrl-C came before they were sent: nobody waits for them, and the worker serves the next run."""
    key, worker = session.take(engine)
    pid = next(worker.run(["a"]))["pid"]
    worker.interrupt()
    assert [str(answer) for answer in worker.run(["b", "c"])] == ["it was interrupted"] * 2
    session.give_back(key, worker)
    assert ran(session, engine, "d") == {"pid": pid, "asked": ["d"]}
