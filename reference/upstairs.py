"""Methods whose work is done on a floor above: an experiment runs, a recording is drawn, a definition is shown in a notebook.

Users look for them at the object. Who does the work is not known down here: ``spikebridge`` says in which module it is, and that is
loaded when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

home = ""  # the module, which spikebridge names before anything else of it can be imported


def upstairs(name: str) -> Callable[..., Any]:
    """What does this there."""
    found: Callable[..., Any] = getattr(import_module(home), name)
    return found


class Shown:
    """What notebooks show as HTML."""

    def _repr_html_(self) -> str:
        found: str = upstairs("html")(self)
        return found
