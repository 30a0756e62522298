"""Where commands print, and signs of life while simulators build and run."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from spikebridge.bridge.engines.limits import WORTH_SAYING


class _Output(Console):
    """Standard output; a reader of a pipe who has left is the command line's business, not rich's status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def terminal() -> Console:
    """As wide as the terminal; a pipe has no width of its own and gets 100 characters."""
    return _Output(highlight=False, width=None if sys.stdout.isatty() else 100)


def _signs() -> Console:
    """Standard error, where a person watches it; quiet in a pipe and in continuous integration."""
    return Console(stderr=True, quiet=not sys.stderr.isatty() or bool(os.environ.get("CI")))


def tell_memory(needed: float) -> None:
    """On standard error, what a large run will need."""
    if needed > WORTH_SAYING:
        print(f"spikebridge: this takes up to about {needed / 1e9:.1f} GB of memory", file=sys.stderr)


def working() -> AbstractContextManager[object]:
    """A spinner."""
    return _signs().status("running; a new model is compiled first, in a few seconds")


@contextmanager
def advancing(total: int) -> Iterator[Callable[[str], None]]:
    """A bar over ``total`` steps; call what it gives with the name of each step that begins."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = _signs()
    with Progress(*columns, console=console, transient=True, disable=console.quiet) as bar:
        task = bar.add_task("", total=total)
        begun = [0]

        def begin(name: str) -> None:
            bar.update(task, completed=begun[0], description=name)
            begun[0] += 1

        yield begin


def command() -> str:
    """What was typed, for repeating it."""
    return shlex.join(["spikebridge", *sys.argv[1:]])
