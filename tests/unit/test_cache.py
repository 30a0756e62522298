"""The build cache: whole or not at all, once for all, whoever is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spikebridge.bridge.engines.cache import Overlay, built, content_key
from spikebridge.bridge.errors import NotRun

ROOT = Path(__file__).resolve().parents[2]
SLOW_BUILD = """
import sys, time
from pathlib import Path
from spikebridge.bridge.engines.cache import built

def build(folder):
    (folder / "part").write_text("half")
    print("building", flush=True)
    time.sleep(float(sys.argv[1]))
    (folder / "whole").write_text("whole")

print(sorted(p.name for p in built("kind", "key", build).iterdir()), flush=True)
"""


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SPIKEBRIDGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def start(seconds: float) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", SLOW_BUILD, str(seconds)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_equal_content_has_an_equal_key_and_parts_do_not_run_together() -> None:
    """("ab", "c") is not ("a", "bc")."""
    assert content_key(["ab", "c"]) == content_key(["ab", "c"]) != content_key(["a", "bc"])


def test_an_artefact_is_built_once(cache) -> None:
    """The second request finds it."""
    calls = []
    for _ in range(2):
        built("kind", "key", lambda folder: calls.append((folder / "x").write_text("x")))
    assert len(calls) == 1


def test_a_build_that_fails_leaves_nothing_and_may_be_tried_again(cache) -> None:
    """Neither the artefact nor its temporary folder."""

    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise NotRun("the compiler said no")

    with pytest.raises(NotRun, match="the compiler said no"):
        built("kind", "key", fail)
    assert [p.name for p in (cache / "kind").iterdir() if not p.name.endswith(".lock")] == []
    assert built("kind", "key", lambda folder: None).is_dir()


def test_two_processes_build_once_and_both_get_the_whole(cache) -> None:
    """The second waits for the first."""
    first, second = start(1.0), start(1.0)
    outputs = [p.communicate(timeout=60)[0] for p in (first, second)]
    assert sum("building" in out for out in outputs) == 1
    assert all("['part', 'whole']" in out for out in outputs)


def test_a_kill_in_mid_build_leaves_nothing_that_looks_whole(cache) -> None:
    """The next process builds anew at once: the lock died with its process."""
    killed = start(60.0)
    assert killed.stdout.readline() == "building\n"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (cache / "kind" / "key").exists()
    began = time.monotonic()
    assert "['part', 'whole']" in start(0.0).communicate(timeout=60)[0]
    assert time.monotonic() - began < 30


def test_what_killed_builds_left_is_swept_after_an_hour(cache) -> None:
    """Old temporary folders go, fresh ones may belong to somebody."""
    built("kind", "key", lambda folder: None)
    old, fresh = cache / "kind" / ".old-1", cache / "kind" / ".fresh-1"
    for folder in (old, fresh):
        folder.mkdir()
    os.utime(old, (time.time() - 7200,) * 2)
    built("kind", "other", lambda folder: None)
    assert not old.exists() and fresh.exists()


def test_a_cache_that_cannot_be_written_says_what_to_set(tmp_path, monkeypatch) -> None:
    """A file where the folder should be."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SPIKEBRIDGE_CACHE", str(tmp_path / "file"))
    with pytest.raises(NotRun, match=r"cannot build in the cache .*; set SPIKEBRIDGE_CACHE to a folder that can be written"):
        built("kind", "key", lambda folder: None)


def test_an_overlay_shares_whole_files_and_keeps_its_own(cache) -> None:
    """What one publishes, the next finds; what it does not, nobody sees."""
    first = Overlay("kind", "key")
    (first.folder / "a.so").write_text("a")
    (first.folder / "a.tmp").write_text("half")
    assert first.publish("*.so") == ["a.so"]
    assert first.publish("*.so") == []
    second = Overlay("kind", "key")
    assert [p.name for p in second.folder.iterdir()] == ["a.so"]
    for overlay in (first, second):
        overlay.close()
    assert [p.name for p in (cache / "kind").iterdir()] == ["key"]


def test_a_relative_cache_is_one_place_for_user_and_worker(tmp_path, monkeypatch) -> None:
    """A worker runs in a folder of its own, which goes when it goes: a cache there would be built anew every time."""
    from spikebridge.bridge.engines.cache import cache_folder
    from spikebridge.bridge.engines.worker import Worker

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPIKEBRIDGE_CACHE", "mine")
    (tmp_path / "where_engine.py").write_text(
        "from spikebridge.bridge.engines.cache import cache_folder\ndef warm_up(): pass\ndef get_ready(jobs): pass\ndef clean_up(): pass\n"
        "def execute(job): return {'cache': str(cache_folder())}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Worker("where_engine") as worker:
        (answer,) = worker.run([{}], 30.0)
    assert answer == {"cache": str(tmp_path / "mine")} == {"cache": str(cache_folder())}
