"""A sign of life while simulators build and run."""

from __future__ import annotations

from contextlib import AbstractContextManager

from rich.console import Console


def working() -> AbstractContextManager[object]:
    """A spinner on stderr, where that is a terminal; elsewhere nothing is printed."""
    return Console(stderr=True).status("running; a new model is compiled first, in about 20 s")
