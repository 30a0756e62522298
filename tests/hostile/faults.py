"""Faults of the machine, by the hundred: ``make faults COUNT=100``.

    python -m tests.hostile.faults 100                       that many, of all kinds, from seed 0
    python -m tests.hostile.faults 20 --only kill            of one kind
    python -m tests.hostile.faults 1 --seed 47 --only kill   one again

Each is a command of its own, of 1 to 20 seconds. Afterwards no process may be left after two seconds, no temporary folder, no file
half-written; what was said is one line without a traceback; and the next run is right. Exit status 1 where something was not.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.hostile import surroundings
from tests.hostile.damage import damaged
from tests.hostile.kills import COMMANDS, killed, prepare
from tests.hostile.surroundings import SKIPPED
from tests.hostile.trial import place

KINDS: dict[str, Callable[[random.Random, Path], dict[str, str]]] = {
    "kill": killed,
    "damaged cache": damaged,
    **surroundings.KINDS,
}
_WEIGHTS = {"kill": 6, "damaged cache": 3}  # of the others, 1


def main(arguments: list[str]) -> int:
    """Run the cases, print every bad one and the counts; the exit status."""
    parser = argparse.ArgumentParser(description="Faults of the machine, by the hundred.")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0, help="of the first case")
    parser.add_argument("--only", choices=sorted(KINDS), help="cases of this kind")
    given = parser.parse_args(arguments)
    counts: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory(prefix="spikebridge-faults-") as folder:
        warm = warmed(Path(folder) / "warm")
        for seed in range(given.seed, given.seed + given.count):
            kind, found = case(seed, given.only, warm)
            counts.update((kind, word) for word in ["cases", *(found or {"right": ""})])
            for word, what in found.items():
                print(f"seed {seed}, {kind}: {word}: {what[:2000]}", flush=True)
    print(summary(counts))
    return 0 if all(word in ("cases", "right", SKIPPED) for _, word in counts) else 1


def case(seed: int, only: str | None, warm: Path) -> tuple[str, dict[str, str]]:
    """Kind and faults of the case of that number."""
    draw = random.Random(seed)
    kind = only or draw.choices(list(KINDS), [_WEIGHTS.get(kind, 1) for kind in KINDS])[0]
    return kind, KINDS[kind](draw, warm)


def summary(counts: Counter[tuple[str, str]]) -> str:
    """A line a kind, and one for all; what is not there is not listed, but for what must be none."""
    kinds = sorted({kind for kind, _ in counts})
    always = ["cases", "right", "orphans", "left behind", "half-written"]
    words = [*always, *sorted({word for _, word in counts} - {*always})]
    rows = [
        f"{kind}: {', '.join(f'{word} {counts[kind, word]}' for word in words if word in always or counts[kind, word])}"
        for kind in kinds
    ]
    total = {word: sum(counts[kind, word] for kind in kinds) for word in words}
    return "\n".join([*rows, f"in all: {', '.join(f'{word} {n}' for word, n in total.items())}"])


def warmed(cache: Path) -> Path:
    """A cache in which everything is that the commands need."""
    with place() as here:
        prepare(here)
        for name, command in COMMANDS.items():
            ended = here.run(*command)
            if ended.status != 0:
                raise SystemExit(f"{name} does not run undisturbed: status {ended.status}: {ended.said}")
        here.cache.rename(cache)
    return cache


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
