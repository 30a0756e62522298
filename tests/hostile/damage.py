"""Artefacts of the cache that are cut short, emptied, flipped in a bit, gone, or something else."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.hostile.kills import listed
from tests.hostile.trial import place, refusal_faults

ENGINES = ("neuron", "brian2_cython", "coreneuron")
_FOLDERS = {"neuron": ("neuron",), "brian2_cython": ("brian2",), "coreneuron": ("neuron", "coreneuron")}


def command(engine: str) -> tuple[str, ...]:
    """One that needs what that engine has compiled, and says what it noticed."""
    short = ("passive_membrane", "--quick", "--duration", "2 ms", "--dt", "0.1 ms")
    return ("compare", *short, "--engine", "reference", "--engine", engine, "--output", "out")


def _flip(path: Path, draw: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(bytes(data))


def _into_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, Callable[[Path, random.Random], object]] = {
    "cut short": lambda path, draw: path.write_bytes(path.read_bytes()[: draw.randrange(path.stat().st_size)]),
    "emptied": lambda path, _: path.write_bytes(b""),
    "a bit flipped": _flip,
    "gone": lambda path, _: path.unlink(),
    "a folder": lambda path, _: _into_a_folder(path),
    "grown": lambda path, draw: path.write_bytes(path.read_bytes() + draw.randbytes(9)),
}


def damaged(draw: random.Random, warm: Path) -> dict[str, str]:
    """What is wrong with a run on a damaged cache, and with the next one."""
    engine, how = draw.choices(ENGINES, (4, 2, 1))[0], draw.choice(sorted(DAMAGE))
    with place(full_cache(warm)) as here:
        folders = [here.cache / name for name in _FOLDERS[engine]]
        files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".lock"]
        path = draw.choice([file for file in files if file.stat().st_size])
        DAMAGE[how](path, draw)
        told = f"{engine}, {path.relative_to(here.cache)} {how}"
        first = here.run(*command(engine))
        faults = refusal_faults(first, (0,))
        if (
            not faults
            and how != "gone"
            and "damaged" not in (here.folder / "out" / "comparison.json").read_text(encoding="utf-8")
        ):
            faults = {"not said": first.said}
        second = here.run("cache", "--check")
        if "nothing is damaged" not in second.said:
            faults["next run"] = second.said
        faults |= listed({"left behind": [*here.leftovers(), *here.temporary_files()], "orphans": here.orphans()})
        return {word: f"{told}: {what}" for word, what in faults.items()}


@cache
def full_cache(warm: Path) -> Path:
    """A cache with what every engine here compiles, beside the warm one."""
    full = warm.with_name("full")
    with place() as here:  # an empty one: every artefact is one that its command needs
        for engine in ENGINES:
            ended = here.run(*command(engine))
            assert ended.status == 0, ended
        shutil.copytree(here.cache, full, ignore=shutil.ignore_patterns("*.lock"))
    return full
