"""Where built artefacts live: by content, made in a temporary place and renamed when whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import filelock
import platformdirs

from spikebridge.bridge.errors import NotRun

VARIABLE = "SPIKEBRIDGE_CACHE"
_STALE_S = 3600.0


def cache_folder() -> Path:
    """The user's cache, or what the environment variable SPIKEBRIDGE_CACHE says."""
    return Path(os.environ.get(VARIABLE) or platformdirs.user_cache_dir("spikebridge")).absolute()


def content_key(parts: Iterable[str]) -> str:
    """A name for content: equal parts, equal key."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:24]


def compiler_identity(name: str) -> str:
    """What tells one compiler from another without starting it: path, size and time of the program."""
    path = shutil.which(name)
    if path is None:
        return f"no {name}"
    status = Path(path).resolve().stat()
    return f"{Path(path).resolve()} {status.st_size} {status.st_mtime_ns}"


def built(kind: str, key: str, build: Callable[[Path], None], wait_s: float = 600.0) -> Path:
    """The folder of an artefact, built now if nobody has built it.

    ``build`` fills a fresh folder, which takes its final name only when ``build`` has returned: a kill in
    the middle leaves nothing that looks whole. A lock keeps two processes from doing the work twice; it
    dies with its process.

    Raises
    ------
    NotRun : the cache cannot be written, or another process has been building for too long
    """
    home = cache_folder() / kind
    final = home / key
    if final.is_dir():
        return final
    try:
        home.mkdir(parents=True, exist_ok=True)
        _sweep(home)
        with filelock.FileLock(home / f"{key}.lock", timeout=wait_s):
            if final.is_dir():
                return final
            making = home / f".{key}-{uuid.uuid4().hex[:8]}"
            making.mkdir()
            try:
                build(making)
                making.rename(final)
            finally:
                shutil.rmtree(making, ignore_errors=True)
    except filelock.Timeout:
        raise NotRun(f"another process has been building {kind} {key} for {wait_s:g} s") from None
    except OSError as error:
        raise NotRun(
            f"cannot build in the cache {home}: {error.strerror or error}; set {VARIABLE} to a folder that can be written"
        ) from None
    return final


def is_built(kind: str, key: str) -> bool:
    """Whether that artefact is in the cache."""
    return (cache_folder() / kind / key).is_dir()


class Overlay:
    """A private copy of a shared folder of finished files, for tools that write where they read.

    What a tool adds becomes shared by ``publish``, one whole file at a time; a kill leaves only the
    private copy, which is swept later. Files are hard links: a copy costs microseconds.
    """

    def __init__(self, kind: str, key: str) -> None:
        self.shared = cache_folder() / kind / key
        try:
            self.shared.mkdir(parents=True, exist_ok=True)
            _sweep(self.shared.parent)
            self.folder = self.shared.parent / f".{key}-{uuid.uuid4().hex[:8]}"
            self.folder.mkdir()
            for file in self.shared.iterdir():
                os.link(file, self.folder / file.name)
        except OSError as error:
            raise NotRun(
                f"cannot use the cache {self.shared}: {error.strerror or error}; set {VARIABLE} to a folder that can be written"
            ) from None

    def publish(self, pattern: str) -> list[str]:
        """Share the files that match; returns the names of those that are new."""
        new = []
        for file in self.folder.glob(pattern):
            with contextlib.suppress(FileExistsError):
                os.link(file, self.shared / file.name)
                new.append(file.name)
        return new

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _sweep(home: Path) -> None:
    """Remove what killed builds left behind."""
    for left in home.glob(".*-*"):
        try:
            if time.time() - left.stat().st_mtime > _STALE_S:
                shutil.rmtree(left, ignore_errors=True)
        except OSError:
            continue  # another process swept it
