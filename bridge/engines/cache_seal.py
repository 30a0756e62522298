"""What tells a whole artefact of the cache from a damaged one: the size and the hash of every file, kept with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

SEAL = ".seal"  # in the folder of an artefact: a line a file
_healed: list[str] = []


def digest(path: Path) -> str:
    """Of a file's content, 32 hexadecimal digits; OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def seal(folder: Path) -> None:
    """Write down what the folder holds; OSError where that cannot be done."""
    lines = [f"{digest(path)} {path.stat().st_size} {path.relative_to(folder)}" for path in _files(folder)]
    (folder / SEAL).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def is_whole(folder: Path) -> bool:
    """Whether the folder holds what its seal says."""
    try:
        told = (folder / SEAL).read_text(encoding="utf-8").splitlines()
        return all(_fits(folder, *line.split(" ", 2)) for line in told) and len(told) == len(_files(folder))
    except (OSError, ValueError, TypeError):
        return False


def _fits(folder: Path, sum_: str, size: str, name: str) -> bool:
    path = folder / name
    return path.stat().st_size == int(size) and digest(path) == sum_


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SEAL)


def sealed_name(path: Path) -> str:
    """The name of a file that is shared alone: its own, and what its content must be."""
    return f"{digest(path)}-{path.name}"


def plain_name(path: Path) -> str | None:
    """The own name of such a file; None where its content is not what its name says."""
    sum_, dash, name = path.name.partition("-")
    try:
        return name if dash and name and digest(path) == sum_ else None
    except OSError:
        return None


def tell(damaged: Path) -> None:
    """Note that something in the cache was damaged and is made anew."""
    _healed.append(f"{damaged.parent.name}/{damaged.name} in the cache was damaged and has been built again")


def healed() -> list[str]:
    """What has been told since this was last asked."""
    told, _healed[:] = list(_healed), []
    return told
