"""The harness of faults: cases are the same every time, and it finds what it looks for."""

import subprocess
from collections import Counter
from pathlib import Path
from typing import NoReturn

import pytest
from loky.process_executor import TerminatedWorkerError

from spikebridge.bridge.errors import NotRun
from spikebridge.reports.textbook.figure_file import load_figure
from spikebridge.reports.textbook.figure_pool import _outcome
from tests.hostile import faults
from tests.hostile.faults import KINDS, SKIPPED, case, main, summary
from tests.hostile.surroundings import mounted
from tests.hostile.trial import Ended, Place, refusal_faults

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find processes")


def test_a_number_is_a_case_and_all_kinds_come(monkeypatch, tmp_path) -> None:
    """The same kind with the same draws, so that what is found can be tried again."""
    drawn: list[float] = []
    for kind in KINDS:
        monkeypatch.setitem(KINDS, kind, lambda draw, _: drawn.append(draw.random()) or {})
    kinds = [case(seed, None, tmp_path)[0] for seed in range(60)]
    assert [case(seed, None, tmp_path)[0] for seed in range(60)] == kinds and drawn[:60] == drawn[60:]
    assert set(kinds) == set(KINDS)
    assert case(3, "kill", tmp_path)[0] == "kill"


def test_what_is_left_is_found(tmp_path, monkeypatch) -> None:
    """A process, a temporary file, half a build, half a file under its own name or another."""
    monkeypatch.setattr("tests.hostile.trial.GONE_S", 0.0)
    here = Place(tmp_path)
    good = {
        "report.html": b"<html></html>\n",
        "a.csv": b"t,v\n0,1\n",
        "a.json": b"{}",
        "a.svg": b"<svg></svg>",
        "a.py": b"x = 1\n",
    }
    (tmp_path / "out").mkdir()
    for name, data in good.items():
        (tmp_path / "out" / name).write_bytes(data)
    assert not [*here.half_written(), *here.leftovers(), *here.temporary_files(), *here.orphans()]
    assert here.results()["out/a.csv"] == "t,v\n0,1\n"
    for name, data in good.items():
        (tmp_path / "out" / name).write_bytes(data[:-2])
    (tmp_path / "out" / "b.csv").write_bytes(b"t,v\n0,1\n0\n")
    (tmp_path / "out" / ".a-12345678.part.csv").write_bytes(b"")
    (tmp_path / "tmp" / "x").mkdir()
    (tmp_path / "cache" / "neuron" / ".key-1").mkdir(parents=True)
    with subprocess.Popen(["sleep", "60"], env=here.environment()) as left:
        assert here.orphans() == ["sleep 60 "]
        left.kill()
    assert here.half_written() == sorted(f"out/{name}" for name in [*good, "b.csv"])
    assert here.temporary_files() == ["tmp/x"]
    assert here.leftovers() == ["out/.a-12345678.part.csv", "cache/neuron/.key-1"]


@pytest.mark.parametrize(
    ("ended", "word"),
    [
        (Ended(None, ""), "hung"), (Ended(70, "spikebridge: a fault, see spikebridge-fault-x.txt"), "crashed"), (Ended(-11, ""), "crashed"),
        (Ended(0, "Traceback (most recent call last)"), "crashed"), (Ended(1, "differ"), "wrong"), (Ended(2, "x\n" * 9), "wrong"), (Ended(3, "not run"), ""),
    ],
)  # fmt: skip
def test_how_a_command_ends(ended, word) -> None:
    """By itself, with a status that fits, in few words."""
    assert "".join(refusal_faults(ended, (0, 2, 3))) == word


def test_a_file_system_that_cannot_be_mounted_is_said(tmp_path, monkeypatch) -> None:
    """What was there stays."""
    monkeypatch.setattr("tests.hostile.surroundings._mount", lambda *_: False)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "x").write_text("kept")
    with mounted(tmp_path / "cache", "ro") as there:
        assert not there and (tmp_path / "cache" / "x").read_text() == "kept"


@pytest.mark.parametrize(("found", "status"), [({}, 0), ({SKIPPED: "no"}, 0), ({"orphans": "sleep"}, 1)])
def test_the_status_says_whether_something_was_bad(found, status, monkeypatch, capsys) -> None:
    """Skipped is counted, and not bad."""
    monkeypatch.setattr(faults, "warmed", lambda path: path)
    monkeypatch.setitem(KINDS, "kill", lambda draw, warm: found)
    assert main(["3", "--only", "kill"]) == status
    word = next(iter(found), "right")
    assert f"{word} 3" in capsys.readouterr().out.splitlines()[-1]


def test_the_summary_counts_by_kind() -> None:
    """What must be none is there even where it is none."""
    lines = summary(
        Counter(
            {
                ("kill", "cases"): 2,
                ("kill", "right"): 1,
                ("kill", "orphans"): 1,
                ("full disk", SKIPPED): 1,
                ("full disk", "cases"): 1,
            }
        )
    ).splitlines()
    assert lines[0] == "full disk: cases 1, right 0, orphans 0, left behind 0, half-written 0, skipped 1"
    assert lines[-1] == "in all: cases 3, right 1, orphans 1, left behind 0, half-written 0, skipped 1"


def test_a_killed_process_of_the_pool_is_a_figure_that_was_not_made() -> None:
    """Found by killing it: it was a fault of the program."""

    def wait() -> NoReturn:
        raise TerminatedWorkerError("SIGKILL")

    found = _outcome(load_figure("basic_start"), wait)
    assert isinstance(found, NotRun) and str(found).startswith("basic_start: a process that makes figures was killed")
