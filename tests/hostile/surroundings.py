"""Surroundings in which a program can find itself: full and read-only disks, closed streams, missing tools, company."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.hostile.kills import COMMANDS, listed, prepare, undisturbed
from tests.hostile.trial import Place, place, refusal_faults

SKIPPED = "skipped"
_WRITING = ("compare", "check", "figure", "run", "sweep")


def full_disk(draw: random.Random, warm: Path) -> dict[str, str]:
    """Too little room for the cache, for what is written, or for temporary files."""
    which = draw.choice(("cache", "out", "out", "tmp"))
    size = draw.choice((4, 16, 40, 100, 200, 300, 500, 1000)) if which != "cache" else draw.choice((4, 16, 64, 150, 300))
    name = draw.choice(_WRITING) if which != "cache" else draw.choice(("compare", "run", "sweep"))
    with place(None if which == "cache" else warm) as here, mounted(here.folder / which, f"size={size}k") as there:
        if not there:
            return {SKIPPED: "a small tmpfs cannot be mounted here"}
        prepare(here)
        ended = here.run(*COMMANDS[name])
        faults = refusal_faults(ended, (0, 2, 3))
        if ended.status and which == "cache" and "SPIKEBRIDGE_CACHE" not in ended.said + _reasons(here):
            faults["wrong"] = f"says nothing of SPIKEBRIDGE_CACHE: {ended.said}"
        if ended.status and which == "out" and "out" not in ended.said:
            faults["wrong"] = f"does not name the file: {ended.said}"
        faults |= _afterwards(here) | listed({"picture without its page": _alone(here)})
        return _told(f"{which} of {size} kB, {name}", faults)


def read_only(draw: random.Random, warm: Path) -> dict[str, str]:
    """Places that cannot be written. File modes bind no root, so that the places are mounted so."""
    which, name = draw.choice(("cache", "cache", "out", "baseline", "tmp")), draw.choice(_WRITING)
    cold = draw.random() < 0.5
    with place(None if cold and which == "cache" else warm) as here, mounted(here.folder / which, "ro") as there:
        if not there:
            return {SKIPPED: "nothing can be mounted here"}
        prepare(here)
        ended = here.run(*COMMANDS[name])
        faults = refusal_faults(ended, (0, 2, 3)) | _afterwards(here)
        if which == "cache" and ended.status == 3 and "SPIKEBRIDGE_CACHE" not in ended.said + _reasons(here):
            faults["wrong"] = f"says nothing of SPIKEBRIDGE_CACHE: {ended.said}"
        if which == "out" and ended.status == 0:
            faults["wrong"] = f"success, but nothing can have been written: {ended.said}"
        return _told(f"{which} read-only, {name}", faults)


STREAMS = {
    "standard output closed": ">&-", "standard error closed": "2>&-", "standard input closed": "<&-", "all closed": "<&- >&- 2>&-",
    "output and error closed": ">&- 2>&-", "output full": ">/dev/full", "error full": "2>/dev/full", "both full": ">/dev/full 2>&1",
    "reader gone": "| true", "both to a reader that is gone": "2>&1 | true",
}  # fmt: skip


def closed_streams(draw: random.Random, warm: Path) -> dict[str, str]:
    """Streams that are not there, full, or read by nobody: the files are what they would have been."""
    name, how = draw.choice(sorted(COMMANDS)), draw.choice(sorted(STREAMS))
    with place(warm) as here:
        prepare(here)
        script = f'set -o pipefail; "$@" {STREAMS[how]}'
        import sys

        with (here.folder / "said").open("wb") as said:
            process = subprocess.Popen(
                ["bash", "-c", script, "bash", sys.executable, "-m", "spikebridge", *COMMANDS[name]],
                cwd=here.folder, env=here.environment(), stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip
        faults = refusal_faults(here.ended(process), (0, 2, 141))
        _, _, results = undisturbed(name, warm)
        if here.results() != results:
            faults["wrong"] = "the files are not what they are otherwise"
        return _told(f"{name}, {how}", faults | _afterwards(here))


def missing_tools(draw: random.Random, warm: Path) -> dict[str, str]:
    """Compilers, make or simulators that are not there: said, with how to get them, and the rest runs."""
    names = draw.sample(("g++", "gcc", "make", "c++", "cc", "neuron", "brian2"), draw.choice((1, 1, 2, 3)))
    engine = draw.choice(("neuron", "brian2", "brian2_cython"))
    with place() as here:
        hidden = here.folder / "hidden"
        for simulator in ("neuron", "brian2"):
            if simulator in names:
                (hidden / simulator).mkdir(parents=True)
                (hidden / simulator / "__init__.py").write_text("raise ImportError('not here')\n")
        path = os.pathsep.join(filter(None, [str(hidden), here.environment()["PYTHONPATH"]]))
        environment = {"PATH": str(_tools(here.folder / "bin", set(names))), "PYTHONPATH": path}
        compare = (
            "compare",
            "passive_membrane",
            "--duration",
            "2 ms",
            "--dt",
            "0.1 ms",
            "--quick",
            "--engine",
            "reference",
            "--engine",
            engine,
            "--output",
            "out",
        )
        ended = here.run(*compare, environment=environment)
        faults = refusal_faults(ended, (0, 3))
        if ended.status == 3 and "install" not in ended.said.replace("\n", " "):
            faults["wrong"] = f"does not say how to get it: {ended.said}"
        return _told(f"{engine} without {', '.join(names)}", faults | _afterwards(here))


def together(draw: random.Random, warm: Path) -> dict[str, str]:
    """Two to four processes at once on a cold cache: each is right, and each thing is built once."""
    name, count = draw.choice(("compare", "run", "sweep")), draw.choice((2, 3, 4))
    with place() as here:
        fellows = [Place(_folder(here.folder / f"p{k}")) for k in range(count)]
        processes = [each.start(*COMMANDS[name], environment={"SPIKEBRIDGE_CACHE": str(here.cache)}) for each in fellows]
        faults: dict[str, str] = {}
        for each, process in zip(fellows, processes, strict=True):
            faults |= refusal_faults(each.ended(process), (0,)) | _afterwards(each)
            if each.results() != undisturbed(name, warm)[2]:
                faults["wrong"] = "the files are not what they are otherwise"
        libraries = list(here.cache.glob("neuron/*/libnrnmech.so"))
        if len(libraries) != 1:
            faults["wrong"] = f"{len(libraries)} libraries in the cache"
        return _told(f"{count} times {name}", faults | listed({"left behind": here.leftovers()}))


@contextmanager
def mounted(at: Path, options: str) -> Iterator[bool]:
    """A small file system of its own there; False where that is not allowed. What was there before is copied into a read-only one."""
    held = at.with_name(f"{at.name}-before")
    at.mkdir(exist_ok=True)
    shutil.copytree(at, held)
    done = _mount("-t", "tmpfs", "-o", "size=100m" if options == "ro" else options, "tmpfs", str(at))
    if not done:
        yield False
        return
    try:
        if options == "ro":
            shutil.copytree(held, at, dirs_exist_ok=True)
            _mount("-o", "remount,ro", str(at))
        yield True
    finally:
        subprocess.run(["umount", "-l", str(at)], check=False, capture_output=True)


def _mount(*arguments: str) -> bool:
    return (
        shutil.which("mount") is not None
        and not subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode
    )


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@cache
def _programs() -> dict[str, Path]:
    """Every program on the path, the first of each name."""
    folders = [Path(folder) for folder in reversed(os.environ["PATH"].split(os.pathsep)) if Path(folder).is_dir()]
    return {path.name: path for folder in folders for path in folder.iterdir()}


def _tools(folder: Path, without: set[str]) -> Path:
    """A folder of links to every program but those; compilers go by many names."""
    folder.mkdir()
    kinds = {
        "g++": ("g++", "c++", "clang++"),
        "c++": ("c++",),
        "gcc": ("gcc", "cc", "clang"),
        "cc": ("cc",),
        "make": ("make", "gmake"),
    }
    gone = tuple(name for missing in without for name in kinds.get(missing, ()))
    for name, path in _programs().items():
        if not any(name == each or name.startswith(f"{each}-") or name.endswith(f"-{each}") for each in gone):
            (folder / name).symlink_to(path)
    return folder


def _afterwards(here: Place) -> dict[str, str]:
    return listed({
        "orphans": here.orphans(), "half-written": here.half_written(),
        "left behind": [*here.temporary_files(), *here.leftovers()],
    })  # fmt: skip


def _alone(here: Place) -> list[str]:
    """Pictures of a comparison whose page is not there."""
    return [str(path) for path in here.outputs() if path.name == "comparison.png" and not path.with_name("report.html").exists()]


def _reasons(here: Place) -> str:
    """What the documents say of engines that did not run."""
    return "".join(
        path.read_text(encoding="utf-8") for path in here.outputs() if path.suffix == ".json" and not path.name.startswith(".")
    )


def _told(what: str, faults: dict[str, str]) -> dict[str, str]:
    return {word: f"{what}: {said}" for word, said in faults.items()}


KINDS: dict[str, Callable[[random.Random, Path], dict[str, str]]] = {
    "full disk": full_disk, "read-only place": read_only, "closed streams": closed_streams, "missing tools": missing_tools, "processes at once": together,
}  # fmt: skip
