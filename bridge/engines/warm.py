"""Workers between runs: the next run of a session takes the worker that its last run on the engine has left.

Importing a simulator takes longer than most runs. A worker that waits here leaves after a minute, and all of them when the session
ends; where the session is killed, the guard of each ends it. Who takes a worker has it alone, so that runs in several threads are
as far apart as they would be in workers of their own, and a worker that is taken again forgets what it was asked before: a run that
is repeated gives the same bits.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Hashable
from dataclasses import dataclass

from spikebridge.bridge.engines.base import Engine
from spikebridge.bridge.engines.worker import Worker, surroundings_of

IDLE_S = 60.0


@dataclass(frozen=True)
class _Waiting:
    """An idle worker, and what sends it away."""

    worker: Worker
    timer: threading.Timer


class WarmWorkers:
    """At most one idle worker for each engine as its surroundings are: the compilers in PATH or the cache may be others by now."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self.idle_s = idle_s
        self._lock = threading.Lock()
        self._idle: dict[Hashable, _Waiting] = {}

    def take(self, engine: Engine) -> tuple[Hashable, Worker]:
        """A worker for that engine, a new one where none waits; and under what it is given back."""
        key = (engine.name, engine.module, engine.python, *surroundings_of(engine.python))
        with self._lock:
            waiting = self._idle.pop(key, None)
        if waiting is not None:
            waiting.timer.cancel()
            if waiting.worker.starts_over():
                return key, waiting.worker
            waiting.worker.close()
        return key, Worker(engine.module, True, engine.python)

    def give_back(self, key: Hashable, worker: Worker) -> None:
        """Keep it for the next run; one that is at work or gone, or beside another of its kind, is closed."""
        timer = threading.Timer(self.idle_s, self._leave, (key, worker))
        timer.daemon = True
        with self._lock:
            kept = worker.idle and key not in self._idle
            if kept:
                self._idle[key] = _Waiting(worker, timer)
                timer.start()
        if not kept:
            worker.close()

    def _leave(self, key: Hashable, worker: Worker) -> None:
        with self._lock:
            waiting = self._idle.get(key)
            if waiting is None or waiting.worker is not worker:
                return
            del self._idle[key]
        worker.close()

    def close(self) -> None:
        """Send all away at once."""
        with self._lock:
            waiting, self._idle = list(self._idle.values()), {}
        for each in waiting:
            each.timer.cancel()
        for each in waiting:
            each.worker.close()

    def forget(self) -> None:
        """Of a forked process: the workers are its parent's, and so is whoever may have held the lock."""
        self._lock, self._idle = threading.Lock(), {}


SESSION = WarmWorkers()
atexit.register(SESSION.close)
os.register_at_fork(after_in_child=SESSION.forget)
