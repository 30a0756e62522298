"""What is going on, told to whoever watches: nobody does unless somebody has asked to.

A worker process tells it over the connection on which it answers; here it comes from the threads that wait for workers, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, str], object]


def _nobody(who: str, what: str) -> None:
    """Nothing happens."""


_listeners: list[Listener] = [_nobody]


def stage(who: str, what: str) -> None:
    """Say what an engine, the exact solution or a proof is doing from now on; nothing for one that is done."""
    _listeners[-1](who, what)


def listen(listener: Listener) -> None:
    """Have all of this process told to ``listener`` from now on."""
    _listeners.append(listener)


@contextmanager
def watched(listener: Listener) -> Iterator[None]:
    """Within this, what goes on is told to ``listener``, from whichever thread."""
    listen(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
