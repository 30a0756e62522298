"""Where built artefacts live: by content, made in a temporary place and renamed when whole; what is damaged is made anew."""

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

from spikebridge.bridge.engines.cache_seal import is_whole, plain_name, seal, sealed_name, tell
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
    dies with its process. What no longer is what was built is removed and built again, and ``healed`` says so.

    Raises
    ------
    NotRun : the cache cannot be written, or another process has been building for too long
    """
    home = cache_folder() / kind
    final = home / key
    if _is_there(final):
        return final
    try:
        home.mkdir(parents=True, exist_ok=True)
        _sweep(home)
        with filelock.FileLock(home / f"{key}.lock", timeout=wait_s):
            if _is_there(final):
                return final
            making = home / f".{key}-{uuid.uuid4().hex[:8]}"
            making.mkdir()
            try:
                if final.exists():
                    tell(final)
                    final.rename(making / ".damaged")
                    shutil.rmtree(making / ".damaged")
                build(making)
                seal(making)
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


_whole: set[Path] = set()  # found so by this process


def _is_there(artefact: Path) -> bool:
    """Whether it is there, and whole; looked at once, and marked as used, which is what ``bounded`` goes by."""
    if artefact not in _whole and artefact.is_dir() and is_whole(artefact):
        _whole.add(artefact)
        with contextlib.suppress(OSError):
            os.utime(artefact)
    return artefact in _whole


def find_built(kind: str, key: str) -> Path | None:
    """The folder of an artefact that is in the cache, and whole."""
    artefact = cache_folder() / kind / key
    return artefact if _is_there(artefact) else None


class Overlay:
    """A private copy of a shared folder of finished files, for tools that write where they read.

    What a tool adds becomes shared by ``publish``, one whole file at a time; a kill leaves only the
    private copy, which is swept later. Files are hard links: a copy costs microseconds. Shared files carry their
    hash in their name; one that does not fit is removed, and the tool makes it again.
    """

    def __init__(self, kind: str, key: str) -> None:
        self.shared = cache_folder() / kind / key
        try:
            self.shared.mkdir(parents=True, exist_ok=True)
            _sweep(self.shared.parent)
            self.folder = self.shared.parent / f".{key}-{uuid.uuid4().hex[:8]}"
            self.folder.mkdir()
            for file in self.shared.iterdir():
                self._take(file)
        except OSError as error:
            raise NotRun(
                f"cannot use the cache {self.shared}: {error.strerror or error}; set {VARIABLE} to a folder that can be written"
            ) from None

    def _take(self, file: Path) -> None:
        name = plain_name(file)
        if name is None:
            tell(file)
            file.unlink(missing_ok=True)
            return
        with contextlib.suppress(FileExistsError):  # two that were built at once, each whole
            os.link(file, self.folder / name)

    def publish(self, pattern: str) -> list[str]:
        """Share the files that match; returns the names of those that are new."""
        new = []
        known = {file.name.partition("-")[2] for file in self.shared.iterdir()}
        for file in self.folder.glob(pattern):
            if file.name in known:
                continue
            with contextlib.suppress(FileExistsError):
                os.link(file, self.shared / sealed_name(file))
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
