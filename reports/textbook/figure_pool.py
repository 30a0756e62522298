"""Many figures, on all cores: each is made by one of several processes, which keep their simulators from one to the next."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager

import loky

from spikebridge.bridge.engines.base import Engine
from spikebridge.bridge.engines.guard import wait_for_the_end_of
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Runner
from spikebridge.bridge.errors import BridgeError, NotRun
from spikebridge.reference.exact import ExactError
from spikebridge.reference.integrate import DivergenceError
from spikebridge.reports.textbook.figure import FigureFile
from spikebridge.reports.textbook.figure_run import MadeFigure, make_figure

Finish = Callable[[MadeFigure], object]
Outcome = tuple[MadeFigure, object] | BridgeError

_runner: Runner | None = None  # of this process, where it is one of the pool's


def make_figures(
    files: Sequence[FigureFile],
    engines: Sequence[Engine],
    limit_s: float,
    begin: Callable[[str], object],
    done: Callable[[MadeFigure, object], object],
    left: Callable[[BridgeError], object],
    finish: Finish = lambda made: None,
    processes: int | None = None,
) -> list[MadeFigure]:
    """All figures, in their order.

    Parameters
    ----------
    begin : told the name of each figure that is waited for
    finish : what is to be made of each, where it was made; drawing, for one, takes as long as many a run
    done : told of each figure, and what ``finish`` gave
    left : told why one cannot be made
    processes : how many make figures at the same time; one for each core otherwise
    """
    made = []
    with _makers(engines, limit_s, min(processes or os.cpu_count() or 1, len(files))) as makers:
        for file, wait in [(file, makers(file, finish)) for file in files]:
            begin(file.name)
            outcome = _outcome(file, wait)
            if isinstance(outcome, BridgeError):
                left(outcome)
            else:
                made.append(outcome[0])
                done(*outcome)
    return made


def _outcome(file: FigureFile, wait: Callable[[], Outcome]) -> Outcome:
    """What is waited for; a pool whose processes somebody kills makes no more figures."""
    try:
        return wait()
    except BrokenExecutor:
        return NotRun(f"{file.name}: a process that makes figures was killed; is there memory enough? Run it again, or alone")


Makers = Callable[[FigureFile, Finish], Callable[[], Outcome]]


@contextmanager
def _makers(engines: Sequence[Engine], limit_s: float, count: int) -> Iterator[Makers]:
    """What begins a figure and returns how to wait for it: this very process for one at a time, else a pool."""
    if count < 2:
        with Runner(list(engines), limit_s, stays=True) as runner:
            yield lambda file, finish: lambda: _made(file, engines, runner, finish)
        return
    # loky's pools carry figure files, which hold functions, and do not import a caller's __main__
    names = [engine.name for engine in engines]
    pool: Executor = loky.ProcessPoolExecutor(count, initializer=_open, initargs=(names, limit_s, os.getpid()))
    try:
        yield lambda file, finish: pool.submit(_make, file, names, finish).result
        pool.shutdown()
    finally:
        pool.shutdown(wait=False, kill_workers=True)  # type: ignore[call-arg]


def _open(names: Sequence[str], limit_s: float, owner: int) -> None:
    """In a process of the pool, once: its simulators. They end with it, and it ends with the pool's owner."""
    global _runner
    threading.Thread(target=_follow, args=(owner,), daemon=True).start()
    _runner = Runner([find_engine(name) for name in names], limit_s, stays=True)


def _follow(owner: int) -> None:
    """A pool's processes wait for work for ever where its owner was killed."""
    wait_for_the_end_of(owner)
    os._exit(1)


def _make(file: FigureFile, names: Sequence[str], finish: Finish) -> Outcome:
    assert _runner is not None
    return _made(file, [find_engine(name) for name in names], _runner, finish)


def _made(file: FigureFile, engines: Sequence[Engine], runner: Runner, finish: Finish) -> Outcome:
    try:
        made = make_figure(file, engines, runner)
    except (DivergenceError, ExactError) as error:
        return BridgeError(f"{file.name}: {error}")
    except BridgeError as error:
        return error
    return made, finish(made)
