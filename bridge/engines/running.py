"""Running jobs on engines: here for the reference, in worker processes for simulators."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.base import Answer, Engine, EngineScheme, Job, check_precision
from spikebridge.bridge.engines.limits import within
from spikebridge.bridge.engines.program import ProgramLadder, ProgramRun
from spikebridge.bridge.engines.warm import SESSION, WarmWorkers
from spikebridge.bridge.engines.worker import LIMIT_S, Worker
from spikebridge.bridge.errors import BridgeError, NotRun, UsageError, expect
from spikebridge.bridge.shown import shown
from spikebridge.reference.recording import Recording

Outcome = Recording | NotRun
MAX_LIMIT_S = 1e6  # what the system can wait for has an end


@dataclass(frozen=True)
class Run:
    """One experiment on one engine with one scheme; ``refinement`` as in ``Engine.prepare``."""

    experiment: Experiment
    engine: Engine
    scheme: EngineScheme
    refinement: int = 0


class Runner:
    """Runs on all engines at once, one worker process an engine; a context manager.

    Workers start when the runner is made, so that simulators are imported while definitions are read. They end with
    their first jobs unless the runner ``stays`` for more; what is started while an engine is busy waits its turn. A runner of a
    ``session`` takes workers that wait and leaves them for the next.
    """

    def __init__(
        self, engines: Sequence[Engine], limit_s: float = LIMIT_S, stays: bool = False, session: WarmWorkers | None = None
    ) -> None:
        expect((int, float), limit_s, "limit", "seconds")
        if not 0 < limit_s <= MAX_LIMIT_S:
            raise UsageError(f"limit: expected seconds, above 0 and up to {MAX_LIMIT_S:g}, found {shown(limit_s)}")
        self.limit_s, self.stays = limit_s, stays or session is not None
        self.session, self._taken = session, dict[str, Hashable]()
        by_name = {engine.name: engine for engine in engines if engine.module}
        self.workers = {name: self._worker(engine) for name, engine in by_name.items()}
        # a worker answers in the order it is asked: one thread each
        self.threads = {name: ThreadPoolExecutor(max_workers=1) for name in self.workers}
        self._ladders: list[tuple[ProgramLadder, ThreadPoolExecutor]] = []

    def _worker(self, engine: Engine) -> Worker:
        if self.session is None:
            return Worker(engine.module, self.stays, engine.python)
        self._taken[engine.name], worker = self.session.take(engine)
        return worker

    def start(self, runs: Sequence[Run]) -> Callable[[], list[Outcome]]:
        """Begin; the returned function waits for the outcomes, in the order of ``runs``."""
        pending: list[tuple[list[int], Future[list[Outcome]]]] = []
        outcomes: list[Outcome | None] = [None] * len(runs)
        for name, worker in self.workers.items():
            mine = [i for i, run in enumerate(runs) if run.engine.name == name]
            pending.append((mine, self.threads[name].submit(self._on_worker, worker, [runs[i] for i in mine])))

        def wait() -> list[Outcome]:
            for i, run in enumerate(runs):
                if not run.engine.module:
                    outcomes[i] = self._here(run)
            for mine, future in pending:
                for i, outcome in zip(mine, future.result(), strict=True):
                    outcomes[i] = outcome
            return [outcome for outcome in outcomes if outcome is not None]

        return wait

    def start_ladder(self, ladder: ProgramLadder) -> Callable[[], tuple[ProgramRun, ...] | NotRun]:
        """Begin the runs of somebody's program, beside the engines'; the returned function waits for them."""
        thread = ThreadPoolExecutor(max_workers=1)
        self._ladders.append((ladder, thread))
        return thread.submit(ladder.run, self.limit_s).result

    def _on_worker(self, worker: Worker, runs: Sequence[Run]) -> list[Outcome]:
        prepared = [_prepared(run) for run in runs]
        # closed also where an answer cannot be read, or the worker would wait for ever for a reader of the others
        with closing(worker.run([job for job in prepared if not isinstance(job, NotRun)], self.limit_s)) as answers:
            return [
                job if isinstance(job, NotRun) else _read(run, next(answers)) for run, job in zip(runs, prepared, strict=True)
            ]

    def _here(self, run: Run) -> Outcome:
        try:
            with within(self.limit_s, run.engine.name):
                return _here(run)
        except NotRun as error:
            return error

    def close(self) -> None:
        for ladder, thread in self._ladders:
            ladder.stop()
            thread.shutdown(cancel_futures=True)
        for worker in self.workers.values():
            worker.interrupt()
        for thread in self.threads.values():
            thread.shutdown(cancel_futures=True)
        for name, worker in self.workers.items():
            if self.session is None:
                worker.close()
            else:
                self.session.give_back(self._taken[name], worker)

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_AT_HAND: ContextVar[Runner | None] = ContextVar("runner at hand", default=None)


@contextmanager
def at_hand(runner: Runner) -> Iterator[None]:
    """Within this, ``staying`` gives this runner instead of starting workers of its own."""
    token = _AT_HAND.set(runner)
    try:
        yield
    finally:
        _AT_HAND.reset(token)


@contextmanager
def staying(engine: Engine, limit_s: float = LIMIT_S) -> Iterator[Runner]:
    """A runner with that engine's worker for one job after another: the one at hand where it has it, else one of the session's."""
    runner = _AT_HAND.get()
    if runner is not None and runner.stays and engine.name in runner.workers:
        yield runner
        return
    with Runner([engine], limit_s, session=SESSION) as own:
        yield own


def run_one(experiment: Experiment, engine: Engine, scheme: EngineScheme, limit_s: float = LIMIT_S) -> Recording:
    """One run; NotRun says why there is none."""
    with staying(engine, limit_s) as runner:
        outcome = runner.start([Run(experiment, engine, scheme)])()[0]
    if isinstance(outcome, NotRun):
        raise outcome
    return outcome


def _prepared(run: Run) -> Job | NotRun:
    try:
        check_precision(run.engine, run.scheme, run.experiment)
        return run.engine.prepare(run.experiment, run.scheme, run.refinement)
    except BridgeError as error:
        return NotRun(str(error))


def _read(run: Run, answer: Answer | NotRun) -> Outcome:
    if isinstance(answer, NotRun):
        return answer
    try:
        recording = run.engine.read(run.experiment, run.scheme, answer)
        return replace(recording, notes=(*recording.notes, *answer.get("healed", ())), experiment=run.experiment)
    except NotRun as error:
        return error


def _here(run: Run) -> Outcome:
    job = _prepared(run)
    if isinstance(job, NotRun):
        return job
    try:
        return replace(run.engine.read(run.experiment, run.scheme, run.engine.execute(job)), experiment=run.experiment)
    except (BridgeError, ArithmeticError) as error:
        return NotRun(str(error))
