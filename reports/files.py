"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from spikebridge.bridge.errors import UsageError


def check_file(path: Path, option: str) -> Path:
    """The path, before anything is run.

    Raises
    ------
    UsageError : there is a folder of that name, or none that it can be written into; the message begins with the option
    """
    if path.is_dir():
        raise UsageError(f"{option}: {path} is a folder; name a file")
    _check_above(path.parent, path, option)
    return path


def check_folder(path: Path, option: str) -> Path:
    """Likewise a folder, which need not be there yet."""
    if path.exists() and not path.is_dir():
        raise UsageError(f"{option}: {path} is a file; name a folder")
    _check_above(path, path, option)
    return path


def _check_above(folder: Path, path: Path, option: str) -> None:
    """UsageError unless the folder can be written, or made in the nearest one there is."""
    there = next((above for above in (folder, *folder.absolute().parents) if os.path.lexists(above)), folder)
    if not there.is_dir():
        raise UsageError(f"{option}: {path}: {there} is no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"{option}: {path}: the folder {there} cannot be written")


def write_whole(path: Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` fill a temporary file beside ``path``, then give it its name.

    Raises
    ------
    OSError : naming ``path``, where it cannot be written
    """
    write_together({path: write})
    return path


def write_together(writers: Mapping[Path, Callable[[Path], object]]) -> None:
    """Several files that belong together: all are written aside before the first takes its name, or none is there.

    Raises
    ------
    OSError : naming the file that cannot be written
    """
    waiting: list[tuple[Path, Path]] = []
    try:
        for path, write in writers.items():
            with _named(path):
                waiting.append((_beside(path), path))
                write(waiting[-1][0])
                os.chmod(waiting[-1][0], 0o666 & ~_umask())
        for temporary, path in waiting:
            with _named(path):
                temporary.replace(path)
    finally:
        for temporary, _ in waiting:
            temporary.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    """A new empty file in the same folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:60]}-", suffix=path.suffix)
    os.close(handle)
    return Path(name)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """The reader knows the file, not the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def text_writer(text: str) -> Callable[[Path], object]:
    """What writes the text as UTF-8."""
    return lambda temporary: temporary.write_text(text, encoding="utf-8")


def write_text(path: Path, text: str) -> Path:
    """Text as UTF-8, whole or not at all."""
    return write_whole(path, text_writer(text))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
