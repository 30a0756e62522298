"""Faults nobody foresaw, closed streams, streams that lack characters: one line and a status, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spikebridge.reports import cli
from spikebridge.reports.commands.last_resort import FAULT

RUN = [sys.executable, "-m", "spikebridge"]


def test_a_fault_of_ours_is_one_line_with_its_own_status(monkeypatch, capsys) -> None:
    """Status 1 means a disagreement, and nothing else; the trace is written where the line says."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError("a\x1b[31mb" * 200)

    monkeypatch.setattr(cli.cli, "main", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main(["models"])
    out, err = capsys.readouterr()
    assert ended.value.code == FAULT == 70
    assert out == "" and err.count("\n") == 1 and err.strip().isprintable()
    assert err.startswith("spikebridge: a fault of spikebridge itself, not of what it was given: KeyError: ")
    trace = Path(err.rsplit(" ", 1)[1].strip())
    assert "KeyError" in trace.read_text() and "fail" in trace.read_text()
    trace.unlink()


def test_memory_that_is_not_there_is_no_fault_of_ours(monkeypatch, capsys) -> None:
    """It says what to do."""

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(cli.cli, "main", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main(["models"])
    assert ended.value.code == 2 and "shorten the run" in capsys.readouterr().err


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_change_no_status(redirection) -> None:
    """Nor does a file that is opened later take the place of one."""
    command = " ".join(f"'{word}'" for word in RUN)
    good = subprocess.run(f"{command} models {redirection}", shell=True, capture_output=True, text=True)
    bad = subprocess.run(f"{command} show nothing_like_it {redirection}", shell=True, capture_output=True, text=True)
    assert (good.returncode, bad.returncode) == (0, 2)
    assert "Traceback" not in good.stderr + bad.stderr


def test_characters_that_a_stream_lacks_are_escaped(tmp_path) -> None:
    """As in a job whose locale knows only ASCII."""
    path = tmp_path / "odd.toml"
    text = subprocess.run([*RUN, "show", "leaky_integrate_and_fire"], capture_output=True, text=True, check=True).stdout
    path.write_text(text.replace('title = "', 'title = "Érisir\u2028', 1), encoding="utf-8")
    narrow = {**os.environ, "LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([*RUN, "show", str(path), "--as", "toml"], capture_output=True, env=narrow)
    assert done.returncode == 0, done.stderr
    assert b"\\xc9risir" in done.stdout
