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
    """What was given cannot be, whatever runs it: the base of what is wrong in a file and of what is wrong in a call.

    Examples
    --------
    >>> try:
    ...     sb.run("hodgkin_huxley", duration="5 mV")
    ... except sb.InputError as error:
    ...     print(error)
    hodgkin_huxley: duration: expected a time such as "10 ms", found '5 mV'
    """


class DefinitionError(InputError):
    """A model or experiment that cannot be: says where, what was found, what was expected.

    Examples
    --------
    >>> try:
    ...     sb.load("hodgkin_huxley").with_parameters(g_Na="120 mV")
    ... except sb.DefinitionError as error:
    ...     print(error)
    hodgkin_huxley: g_Na is measured in mS/cm2, but '120 mV' is not
    """


class UsageError(InputError):
    """An option or argument that cannot be: an engine, a scheme or a limit that is not there; says what there is.

    Examples
    --------
    >>> try:
    ...     sb.run("hodgkin_huxley", scheme="rk5")
    ... except sb.UsageError as error:
    ...     print(error)
    reference: there is no scheme 'rk5'. Did you mean 'rk6'?
    """


class TranslationError(BridgeError):
    """A model a target cannot express; says which property of the model is in the way."""


class NotRun(BridgeError):
    """An engine did not run an experiment; the message is the reason.

    Examples
    --------
    >>> try:
    ...     sb.run("hodgkin_huxley", limit_s=0.001)
    ... except sb.NotRun as error:
    ...     print(error)
    reference: no end within 0.001 s; give more with --limit, or shorten the run
    """


def expect(kind: type | tuple[type, ...], given: object, where: str, expected: str) -> None:
    """UsageError where an argument is of no such kind: functions that are called with it know what would have done."""
    if not isinstance(given, kind):
        raise UsageError(f"{where}: expected {expected}, found {shown(given)}")


def expect_names(given: object, where: str) -> None:
    """UsageError where it is no list of names; one name alone would be read letter by letter."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise UsageError(f"{where}: expected a list of names, found {shown(given)}")
    for name in given:
        expect(str, name, where, "names")


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
