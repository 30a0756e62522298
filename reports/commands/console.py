"""Where commands print, and signs of life while simulators build and run."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from spikebridge.bridge.engines.limits import WORTH_SAYING
from spikebridge.bridge.engines.stages import watched

_PIPE = 100  # characters


class _Output(Console):
    """Standard output; a reader of a pipe who has left is the command line's business, not rich's status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def terminal() -> Console:
    """As wide as the terminal; a pipe has no width of its own and gets what COLUMNS says, or 100 characters."""
    told = os.environ.get("COLUMNS", "")
    width = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 0
    return _Output(highlight=False, width=None if sys.stdout.isatty() else width or _PIPE)


def _signs() -> Console:
    """Standard error, where a person watches it; quiet in a pipe and in continuous integration."""
    return Console(stderr=True, quiet=not sys.stderr.isatty() or bool(os.environ.get("CI")))


def tell_memory(needed: float) -> None:
    """On standard error, what a large run will need."""
    if needed > WORTH_SAYING:
        print(f"spikebridge: this takes up to about {needed / 1e9:.1f} GB of memory", file=sys.stderr)


@contextmanager
def working() -> Iterator[None]:
    """A line for each engine, and what else is computed: what it is doing, and for how long. All of it is gone at the end."""
    console = _signs()
    columns = (SpinnerColumn(), TextColumn("{task.fields[who]}", markup=False), TextColumn("{task.description}", markup=False))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=console.quiet) as lines:
        tasks: dict[str, TaskID] = {}

        def tell(who: str, what: str) -> None:
            if who not in tasks:
                tasks[who] = lines.add_task("", total=None, who=who)
            lines.update(tasks[who], description=what, visible=bool(what))

        with watched(tell):
            yield


@contextmanager
def advancing(total: int) -> Iterator[Callable[[str], None]]:
    """A bar over ``total`` steps; call what it gives with the name of each step that begins."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = _signs()
    with Progress(*columns, console=console, transient=True, disable=console.quiet) as bar:
        task = bar.add_task("", total=total)
        begun: list[str] = []

        def begin(name: str) -> None:
            bar.update(task, completed=len(begun), description=name)
            begun.append(name)

        def tell(who: str, what: str) -> None:
            bar.update(task, description=": ".join([*begun[-1:], *([f"{who} {what}"] if what else [])]))

        with watched(tell):
            yield begin


def command() -> str:
    """What was typed, for repeating it."""
    return shlex.join(["spikebridge", *sys.argv[1:]])
