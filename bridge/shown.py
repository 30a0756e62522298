"""How what somebody else has written enters a message: bounded, on one line, and with nothing a terminal would obey.

Names, values, file names and what workers say are text from elsewhere. All of it goes through here.
"""

from __future__ import annotations

import reprlib
import unicodedata
from typing import Any

ECHOED = 200  # characters of somebody's own text, at most
MESSAGE = 4000  # characters of a whole message

# control, format (which marks of direction are), surrogate, private and unassigned characters, separators of lines and paragraphs
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def plain(text: str, most: int = MESSAGE) -> str:
    """The text on one line, without what cannot be seen: such characters are written as escapes, line ends as blanks."""
    kept = text if len(text) <= most else text[:most]
    if not kept.isascii() or not kept.isprintable():
        kept = "".join(map(_seen, kept))
    return kept + "..." if len(text) > most else kept


def first_unseen(text: str) -> str | None:
    """The first character of a free text that cannot be seen and is no blank or line end; None where there is none."""
    if text.isascii() and text.isprintable():
        return None
    return next((c for c in text if not c.isspace() and unicodedata.category(c) in _UNSEEN), None)


def _seen(character: str) -> str:
    if character in "\r\n\t":
        return " "
    if unicodedata.category(character) not in _UNSEEN:
        return character
    return character.encode("unicode_escape").decode("ascii")


class _Bounded(reprlib.Repr):
    """Python's own bounded repr, which a value nested in itself or a number of a million digits does not upset."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother, self.maxlong = 3, most, most, most

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to write a longer one
        return str(x) if x.bit_length() < 600 else f"a number of some {int(x.bit_length() * 0.30103) + 1} digits"

    def repr_str(self, x: str, level: int) -> str:
        return repr(x) if len(x) <= self.maxstring else repr(x[: self.maxstring]) + "..."


def shown(value: Any, most: int = ECHOED) -> str:
    """A value as Python writes it, in at most about so many characters, whatever it is."""
    try:
        return plain(_Bounded(most).repr(value), most + 5)
    except Exception:  # somebody's own object may fail at this, too
        return f"a {type(value).__name__}"
