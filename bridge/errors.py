"""What can be wrong with a definition, an experiment, or a run; each message is one line a person can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from spikebridge.bridge.shown import plain, shown


class BridgeError(Exception):
    """Base of every error the bridge raises on purpose; whatever its message quotes, it is one line that can be printed."""

    def __init__(self, message: object = "") -> None:
        super().__init__(plain(str(message)))


class InputError(BridgeError):
    """What was given cannot be, whatever runs it: the base of what is wrong in a file and of what is wrong in a call."""


class DefinitionError(InputError):
    """A model or experiment that cannot be: says where, what was found, what was expected."""


class UsageError(InputError):
    """An option or argument that cannot be: an engine, a scheme or a limit that is not there; says what there is."""


class TranslationError(BridgeError):
    """A model a target cannot express; says which property of the model is in the way."""


class NotRun(BridgeError):
    """An engine did not run an experiment; the message is the reason."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint at the known names, starting with a blank; lists them all where none is close."""
    known = sorted(set(known))
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if not close:
        close = [k for k in known if k.lower() == name.lower()][:1]
    if close:
        return f" Did you mean {shown(close[0])}?"
    return f" Known: {', '.join(known)}." if known else ""


class Spent(Exception):
    """A worker process has loaded what cannot be unloaded, and cannot do this job; a fresh one can."""
