"""What living processes hold, and what killed ones have left."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spikebridge.bridge.held import abandoned, alone_in, hold, temporary_folder

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_held_is_not_abandoned(tmp_path, kind) -> None:
    """Until it is let go; renamed or not."""
    path = tmp_path / "a"
    path.write_text("") if kind == "file" else path.mkdir()
    assert abandoned(path)
    held = hold(path)
    assert not abandoned(path)
    assert not abandoned(path.rename(tmp_path / "b"))
    os.close(held)
    assert abandoned(tmp_path / "b")


def test_what_is_not_there_is_not_abandoned(tmp_path) -> None:
    """Another process has swept it."""
    assert not abandoned(tmp_path / "nothing")


def test_a_killed_process_holds_nothing(tmp_path) -> None:
    """Its children neither, which it started while it held it."""
    code = (
        f"import sys, subprocess; sys.path[:0] = [{str(ROOT / 'src')!r}]\nfrom spikebridge.bridge.held import hold\nfrom pathlib import Path\n"
        f"hold(Path({str(tmp_path)!r}))\nchild = subprocess.Popen(['sleep', '60'])\nprint(child.pid, flush=True)\nimport time; time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        child = int(process.stdout.readline())
        assert not abandoned(tmp_path)
        process.kill()
    assert abandoned(tmp_path)
    os.kill(child, 9)


def test_two_are_not_alone(tmp_path) -> None:
    """While one is, it is held."""
    with alone_in(tmp_path):
        assert not abandoned(tmp_path)
    assert abandoned(tmp_path)


def test_temporary_folders_of_the_killed_are_swept(tmp_path, monkeypatch) -> None:
    """After a minute; what is held stays, and so does what has another name."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    living, held = temporary_folder("a-")
    for name in ("a-left", "a-fresh", "b-other"):
        (tmp_path / name).mkdir()
    for old in (living, tmp_path / "a-left", tmp_path / "b-other"):
        os.utime(old, (time.time() - 100,) * 2)
    new, also = temporary_folder("a-")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([living.name, new.name, "a-fresh", "b-other"])
    os.close(held)
    os.close(also)
