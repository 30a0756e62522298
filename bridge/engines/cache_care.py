"""Looking after the cache: what it holds, what in it is damaged, and how to make it smaller."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spikebridge.bridge.engines.cache import cache_folder
from spikebridge.bridge.engines.cache_seal import is_whole, plain_name


@dataclass(frozen=True)
class Artefact:
    """Something built, which is used as a whole: a folder, or a file shared alone.

    Attributes
    ----------
    kind : what it was built for, as the folder of the cache is called
    size : bytes
    used_s : when it was last used, in seconds since 1970
    """

    kind: str
    path: Path
    size: int
    used_s: float

    @property
    def whole(self) -> bool:
        """Whether it is what was built."""
        return is_whole(self.path) if self.path.is_dir() else plain_name(self.path) is not None

    def remove(self) -> None:
        """It is built again when it is wanted; what another process has loaded stays with that."""
        if self.path.is_dir():
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            self.path.unlink(missing_ok=True)


def artefacts() -> list[Artefact]:
    """All that the cache holds, the one used longest ago first."""
    found = [_artefact(kind, path) for kind, path in _places()]
    return sorted((each for each in found if each is not None), key=lambda each: each.used_s)


def damaged() -> list[Artefact]:
    """Those that are no longer what was built."""
    return [each for each in artefacts() if not each.whole]


def bounded(most: int) -> list[Artefact]:
    """Remove what was used longest ago until at most so many bytes are left; returns what was removed."""
    present = artefacts()
    left, removed = sum(each.size for each in present), []
    for each in present:
        if left <= most:
            break
        each.remove()
        removed.append(each)
        left -= each.size
    return removed


def _places() -> Iterator[tuple[str, Path]]:
    """Kind and path of each; one level further down where files are shared alone, under the tools that made them."""
    for kind in _listed(cache_folder()):
        for entry in _listed(kind):
            if not entry.is_dir():
                continue
            alone = [file for file in _listed(entry) if file.is_file() and "-" in file.name]
            if kind.name == "brian2":
                yield from ((kind.name, file) for file in alone)
            else:
                yield kind.name, entry


def _listed(folder: Path) -> list[Path]:
    """Without what is being made and the locks of it."""
    try:
        return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and path.suffix != ".lock"]
    except OSError:
        return []


def _artefact(kind: str, path: Path) -> Artefact | None:
    with contextlib.suppress(OSError):  # another process may have removed it
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        return Artefact(kind, path, sum(file.stat().st_size for file in files), path.stat().st_mtime)
    return None
