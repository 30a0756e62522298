"""Hostile input by the thousand: ``make fuzz COUNT=10000``.

    python -m tests.hostile.fuzz 10000            that many cases, from seed 0
    python -m tests.hostile.fuzz 1 --seed 4711    one case again, and what it printed

Each runs in a process forked from this one, in a folder of its own, under limits of time and memory. It may be refused in one line
(status 2, 3), or accepted (0, 1, 4). It may not crash (status 70, a signal, a traceback, a refusal of many lines), hang, or make
anything run that it brought along. Exit status 1 where one did.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.material import CANARY, Case, case, write

HANGS_S = 60.0
MEMORY = 4_000_000_000
GOOD = ("refused", "accepted")


@dataclass(frozen=True)
class Fate:
    """What became of a case: a word, and what was printed."""

    word: str
    said: str


def main(arguments: list[str]) -> int:
    """Run the cases, print counts and every bad one; the exit status."""
    parser = argparse.ArgumentParser(description="Hostile input by the thousand.")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0, help="of the first case")
    given = parser.parse_args(arguments)
    import spikebridge.reports.commands.compare
    import spikebridge.reports.formats.output  # noqa: F401

    counts: Counter[tuple[str, str]] = Counter()
    for seed in range(given.seed, given.seed + given.count):
        drawn = case(seed)
        fate = fate_of(drawn)
        counts[drawn.kind, fate.word] += 1
        if fate.word not in GOOD or given.count == 1:
            print(
                f"seed {seed}, {drawn.kind}: {fate.word}: {list(map(_short, drawn.arguments))}: {fate.said[-1500:]}", flush=True
            )
    print(summary(counts))
    return 0 if all(word in GOOD for _, word in counts) else 1


def summary(counts: Counter[tuple[str, str]]) -> str:
    """A line a kind, and one for all."""
    words = [*GOOD, "crashed", "hung", "executed", "half-written"]
    rows = [
        f"{kind}: " + ", ".join(f"{word} {counts[kind, word]}" for word in words) for kind in sorted({kind for kind, _ in counts})
    ]
    return "\n".join(
        [*rows, "in all: " + ", ".join(f"{word} {sum(n for (_, w), n in counts.items() if w == word)}" for word in words)]
    )


def fate_of(given: Case) -> Fate:
    """Run it in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="spikebridge-fuzz-") as place:
        folder = Path(place) / "work"
        folder.mkdir()
        write(given, folder)
        output = Path(place) / "said"
        child = os.fork()
        if child == 0:
            _run(given, folder, output)
        status = _waited(child)
        said = output.read_bytes().decode("utf-8", "replace") if output.exists() else ""
        return Fate(_word(status, said, folder), said)


def _run(given: Case, folder: Path, output: Path) -> None:
    """In the child; never returns."""
    os.setsid()
    os.chdir(folder)
    handle = os.open(output, os.O_WRONLY | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(handle, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ |= {"SPIKEBRIDGE_CACHE": str(folder / "cache"), "TMPDIR": str(folder), "CI": "1"}
    tempfile.tempdir = str(folder)
    from spikebridge.reports.cli import main as command_line

    sys.argv = ["spikebridge", *given.arguments]
    try:
        command_line(list(given.arguments))
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 99
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _waited(child: int) -> int | None:
    """Its exit status, negative for a signal; None where it hung."""
    until = time.monotonic() + HANGS_S
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _word(status: int | None, said: str, folder: Path) -> str:
    # touch makes a file of just that name; a folder may be called after the text that would have
    if any(path.name == CANARY and path.is_file() for path in folder.parent.rglob("*")):
        return "executed"
    if any(path.name.startswith(".") for path in folder.rglob("*") if "cache" not in path.parts):
        return "half-written"
    if status is None:
        return "hung"
    if status in (2, 3) and "Traceback" not in said:
        return "refused" if len(said.splitlines()) <= 6 else "crashed"
    return "accepted" if status in (0, 1, 4) and "Traceback" not in said else "crashed"


def _short(text: str) -> str:
    return text if len(text) < 60 else f"{text[:60]}..."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
