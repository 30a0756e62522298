"""How files that somebody names are opened: regular files only, no more of them than is wanted, every failure one line."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

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
    with _opened(path, most, what) as file:
        data = file.read(most + 1)
        _check_size(path, len(data), most, what)
    return data


def check_file(path: Path, most: int, what: str = "") -> Path:
    """The path, for readers of others that open a file by its name: it is a regular file of at most ``most`` bytes.

    Raises
    ------
    DefinitionError : as ``read_bytes``
    """
    with _opened(path, most, what):
        return path


@contextmanager
def _opened(path: Path, most: int, what: str) -> Iterator[BinaryIO]:
    """A regular file that is not too large; DefinitionError where it is none, or cannot be read."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise DefinitionError(f"{path}: this is no regular file but a pipe or a device; copy it to a file first")
            _check_size(path, status.st_size, most, what)
            yield file
    except (OSError, ValueError, MemoryError) as error:
        raise DefinitionError(
            f"{path}: {getattr(error, 'strerror', None) or str(error) or 'there is not enough memory'}"
        ) from None


def _check_size(path: Path, size: int, most: int, what: str) -> None:
    if size > most:
        raise DefinitionError(f"{path}: the file has {size / 1e6:.1f} MB; {what or 'such a file'} has at most {most / 1e6:g} MB")


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
