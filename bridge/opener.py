"""How files that somebody names are opened: regular files only, no more of them than is wanted, every failure one line."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from spikebridge.bridge.errors import DefinitionError


def read_bytes(path: Path, most: int, what: str = "") -> bytes:
    """The content of a file of at most ``most`` bytes.

    A pipe or a device is refused before it is read: it might never end, or wait for ever.

    Parameters
    ----------
    most : bytes; one more than that is never held
    what : what the file is read as, for the message where it is too large

    Raises
    ------
    DefinitionError : one line naming the file: it is missing, no file, too large, or cannot be read
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DefinitionError(f"{path}: this is no regular file but a pipe or a device; copy it to a file first")
            size, data = os.fstat(file.fileno()).st_size, file.read(most + 1)
    except (OSError, ValueError, MemoryError) as error:
        raise DefinitionError(
            f"{path}: {getattr(error, 'strerror', None) or str(error) or 'there is not enough memory'}"
        ) from None
    if len(data) > most:
        raise DefinitionError(
            f"{path}: the file has {max(size, len(data)) / 1e6:.1f} MB; {what or 'such a file'} has at most {most / 1e6:g} MB"
        )
    return data


def _without_waiting(name: str, flags: int) -> int:
    """Opening a pipe that nobody writes to would not come back."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def read_text(path: Path, most: int, what: str = "") -> str:
    """The content as text: UTF-8, perhaps after a byte order mark, with which some editors begin a file.

    Raises
    ------
    DefinitionError : as ``read_bytes``, or it is not UTF-8 text
    """
    try:
        return read_bytes(path, most, what).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise DefinitionError(f"{path}: the file is not UTF-8 text") from None
