"""Where commands print, and a sign of life while simulators build and run."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager

from rich.console import Console


class _Output(Console):
    """Standard output; a reader of a pipe who has left is the command line's business, not rich's status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def terminal() -> Console:
    """As wide as the terminal; a pipe has no width of its own and gets 100 characters."""
    return _Output(highlight=False, width=None if sys.stdout.isatty() else 100)


def working() -> AbstractContextManager[object]:
    """A spinner on stderr, where that is a terminal; elsewhere nothing is printed."""
    return Console(stderr=True).status("running; a new model is compiled first, in about 20 s")
