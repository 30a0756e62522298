"""What a run may take: time, for what is computed in this very process, and memory, estimated before it is taken."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.errors import NotRun, UsageError
from spikebridge.bridge.shown import shown

MEMORY = "SPIKEBRIDGE_MEMORY"  # the variable that raises or lowers what may be taken
WORTH_SAYING = 200e6  # bytes
# numbers held for each sample of each variable: measured as 4 to 6 for one run or a quick comparison, 75 to 92 with the ladder, whose
# finest rungs have eight times the samples (Hodgkin-Huxley, Izhikevich)
ONE_RUN, WITH_LADDER = 8, 100
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(kB|MB|GB)\s*\Z")
_AGAIN_S = 10.0  # longer than a worker takes to leave: what tidies up is not interrupted
_UNITS = {"kB": 1e3, "MB": 1e6, "GB": 1e9}


@contextmanager
def within(limit_s: float, what: str) -> Iterator[None]:
    """Give up what is computed inside after so long, as a worker's job is given up.

    Only the main thread can be interrupted, and only where the system has interval timers; elsewhere there is no limit. Within
    another such block the outer one's limit holds.

    Raises
    ------
    NotRun : it took longer
    """
    timed = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    if not timed or signal.getitimer(signal.ITIMER_REAL)[0] > 0:
        yield
        return

    spent: list[NotRun] = []

    def give_up(_: int, __: FrameType | None) -> None:
        spent.append(NotRun(f"{what}: no end within {limit_s:g} s; give more with --limit, or shorten the run"))
        raise spent[0]

    before = signal.signal(signal.SIGALRM, give_up)
    # again after a while: what is raised while garbage is collected goes nowhere
    signal.setitimer(signal.ITIMER_REAL, limit_s, _AGAIN_S)
    try:
        yield
    except Exception:
        if spent:  # and Python's own parser makes another error of it
            raise spent[0] from None
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def needed_bytes(experiment: Experiment, copies: int = ONE_RUN) -> float:
    """About what this experiment takes in memory; ``copies`` are those held of each sample."""
    variables = len(experiment.model.states) + len(experiment.record) + 2  # and time and stimulus
    return 8.0 * copies * (experiment.steps + 1) * variables


def memory_limit() -> float:
    """Bytes that a run may take: what the variable says, else half of what this machine has.

    Raises
    ------
    UsageError : the variable says something else
    """
    text = os.environ.get(MEMORY)
    if text:
        match = _SIZE.match(text)
        if match is None:
            raise UsageError(f'{MEMORY}: expected a size such as "8 GB", found {shown(text)}')
        return float(match[1]) * _UNITS[match[2]]
    try:
        return 0.5 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 4e9


def check_memory(experiment: Experiment, copies: int = ONE_RUN) -> float:
    """The bytes that it needs, before any is taken; UsageError where they are more than may be."""
    needed, most = needed_bytes(experiment, copies), memory_limit()
    if needed > most:
        raise UsageError(
            f"{experiment.name}: {experiment.duration} at dt = {experiment.dt} would take about {needed / 1e9:.1f} GB of memory, and "
            f"{most / 1e9:.1f} GB may be taken; shorten it, take a larger dt{', or --quick' if copies == WITH_LADDER else ''}, or set {MEMORY} to a larger size"
        )
    return needed
