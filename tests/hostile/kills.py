"""kill -9 of a command, or of any process that it has started, at a random moment."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from tests.hostile.trial import Place, place, refusal_faults
from tests.processes import left

SUITE = """engines = ["reference", "neuron"]
[[experiment]]
run = "passive_membrane"
duration = "5 ms"
[[experiment]]
run = "leaky_integrate_and_fire"
duration = "5 ms"
engines = ["reference", "brian2_numpy"]
"""
_ENGINES = ("--engine", "reference", "--engine", "neuron")
_SHORT = ("passive_membrane", "--duration", "5 ms", "--dt", "0.1 ms")
COMMANDS: dict[str, tuple[str, ...]] = {
    "compare": ("compare", *_SHORT, "--quick", *_ENGINES, "--engine", "brian2_numpy", "--output", "out"),
    "run": ("run", *_SHORT, "--engine", "neuron", "--output", "out/run.csv"),
    "check": ("check", "suite.toml", "--update", "--output", "out"),
    "figure": ("figure", "basic_start", "four_panel_demo", *_ENGINES, "--output", "out"),
    "sweep": ("sweep", *_SHORT, "--vary", "g_L=1:9:5nS", "--engine", "neuron", "--output", "out/sweep.csv"),
}  # fmt: skip


def killed(draw: random.Random, warm: Path) -> dict[str, str]:
    """What is wrong after one kill; empty where nothing is."""
    name, whom, cold = draw.choices(list(COMMANDS), (3, 3, 3, 1, 2))[0], draw.choice(("parent", "another")), draw.random() < 0.3
    moment = draw.uniform(0.02, 1.0) * undisturbed(name, warm)[0]
    with place(None if cold else warm) as here:
        told = f"{name}, {whom} after {moment:.2f} s, {'cold' if cold else 'warm'}"
        return {word: f"{told}: {what}" for word, what in _killed(here, name, whom, moment, warm, draw).items()}


def _killed(here: Place, name: str, whom: str, moment: float, warm: Path, draw: random.Random) -> dict[str, str]:
    prepare(here)
    process = here.start(*COMMANDS[name])
    time.sleep(moment)
    others = [pid for pid in left(here.mark) if pid != process.pid]
    with suppress(ProcessLookupError):
        os.kill(draw.choice(others) if whom == "another" and others else process.pid, signal.SIGKILL)
    alone = whom == "another" and bool(others)
    ended = here.ended(process)
    # a worker that is gone is a run that there is not; killed before it was needed, it is started again
    faults = refusal_faults(ended, (0, 3) if alone else (-signal.SIGKILL, 0))
    faults |= listed({"orphans": here.orphans(), "left behind": here.temporary_files(), "half-written": here.half_written()})
    again = here.run(*COMMANDS[name])
    _, status, results = undisturbed(name, warm)
    found = here.results() if again.status == status else {}
    if found != results:
        wrong = [path for path in {*found, *results} if found.get(path) != results.get(path)]
        faults["next run"] = f"status {again.status}, {wrong[:5]}: {again.said[-500:]}"
    return faults | listed({"left behind afterwards": [*here.leftovers(), *here.temporary_files()]})


def prepare(here: Place) -> None:
    """What the commands read."""
    (here.folder / "suite.toml").write_text(SUITE, encoding="utf-8")


def listed(found: dict[str, list[str]]) -> dict[str, str]:
    """Only what there is."""
    return {word: ", ".join(what) for word, what in found.items() if what}


@cache
def undisturbed(name: str, warm: Path) -> tuple[float, int | None, dict[str, str]]:
    """How long a command takes that nobody kills, its status, and what it finds."""
    with place(warm) as here:
        prepare(here)
        began = time.monotonic()
        ended = here.run(*COMMANDS[name])
        took = time.monotonic() - began
        assert ended.status == 0 and here.results(), ended
        return took, ended.status, here.results()
