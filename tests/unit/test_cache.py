"""The build cache: whole or not at all, once for all, whoever is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spikebridge.bridge.engines.cache import Overlay, built, content_key, find_built
from spikebridge.bridge.engines.cache_care import artefacts, bounded, damaged, sweep_all
from spikebridge.bridge.engines.cache_seal import SEAL, healed
from spikebridge.bridge.errors import NotRun, UsageError
from spikebridge.reports.commands.cache import look_after_cache, size_of

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

print(sorted(p.name for p in built("kind", "key", build).glob("[!.]*")), flush=True)
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


def test_what_killed_builds_left_is_swept_by_the_next(cache) -> None:
    """And by looking after the cache; what a living process is making stays, however long it takes."""
    overlay = Overlay("kind", "key")
    left = cache / "kind" / ".left-1"
    for sweeping in (lambda: built("kind", "other", lambda folder: None), sweep_all, lambda: Overlay("kind", "more").close()):
        left.mkdir()
        os.utime(overlay.folder, (0, 0))
        sweeping()
        assert not left.exists() and overlay.folder.exists()
    overlay.close()
    assert not overlay.folder.exists()


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


DAMAGE = {
    "cut short": lambda file: file.write_bytes(file.read_bytes()[:-3]),
    "emptied": lambda file: file.write_bytes(b""),
    "another byte": lambda file: file.write_bytes(b"X" + file.read_bytes()[1:]),
    "gone": lambda file: file.unlink(),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
    "one too many": lambda file: file.with_name("more").write_bytes(b"x"),
    "no seal": lambda file: file.with_name(SEAL).unlink(),
    "a seal that is none": lambda file: file.with_name(SEAL).write_bytes(b"\xff\x00"),
}  # fmt: skip


def test_what_stands_where_it_cannot_is_removed(cache, monkeypatch) -> None:
    """A file in place of an artefact's folder, a folder in place of a file that is shared."""
    built("kind", "key", lambda folder: None)
    for path in ((cache / "kind" / "key"), (cache / "other" / "key" / "ab-x.so")):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            (path / SEAL).unlink()
            path.rmdir()
            path.write_text("")
        else:
            path.mkdir()
    monkeypatch.setattr("spikebridge.bridge.engines.cache._whole", set())
    assert built("kind", "key", lambda folder: None).is_dir()
    overlay = Overlay("other", "key")
    assert not list(overlay.shared.iterdir()) and not list(overlay.folder.iterdir())
    overlay.close()
    assert len(healed()) == 2


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_artefact_is_built_once_more_and_that_is_said(cache, kind, monkeypatch) -> None:
    """By whoever comes next; afterwards it is as good as new."""
    calls = []

    def build(folder: Path) -> None:
        calls.append(folder)
        (folder / "library.so").write_bytes(b"whole")

    DAMAGE[kind](built("kind", "key", build) / "library.so")
    # another process has not looked yet
    monkeypatch.setattr("spikebridge.bridge.engines.cache._whole", set())
    assert find_built("kind", "key") is None
    for _ in range(2):
        assert (built("kind", "key", build) / "library.so").read_bytes() == b"whole"
    assert len(calls) == 2
    assert healed() == ["kind/key in the cache was damaged and has been built again"]
    assert healed() == []


def test_a_damaged_shared_file_is_left_out_and_removed(cache) -> None:
    """The tool that wants it makes it anew and shares it again."""
    first = Overlay("kind", "key")
    for name in ("a.so", "b.so"):
        (first.folder / name).write_text(name)
    first.publish("*.so")
    first.close()
    shared = next((cache / "kind" / "key").glob("*-a.so"))
    shared.unlink()
    shared.write_text("a.s")
    second = Overlay("kind", "key")
    assert [p.name for p in second.folder.iterdir()] == ["b.so"]
    assert healed() == [f"key/{shared.name} in the cache was damaged and has been built again"]
    (second.folder / "a.so").write_text("a.so")
    assert second.publish("*.so") == ["a.so"]
    second.close()


# looking after it -------------------------------------------------------------------------------------


def fill(cache: Path, *sizes: int) -> None:
    """Artefacts of these sizes, the first used longest ago."""
    for k, size in enumerate(sizes):
        folder = built("neuron", f"key{k}", lambda folder, size=size: (folder / "x").write_bytes(b"x" * size))
        os.utime(folder, (1e9 + k, 1e9 + k))
    overlay = Overlay("brian2", "tools")
    (overlay.folder / "m.so").write_bytes(b"y" * 500)
    overlay.publish("*.so")
    overlay.close()


def test_the_cache_says_what_it_holds(cache, capsys) -> None:
    """By kind, and in all; locks and seals are not counted as artefacts."""
    fill(cache, 10_000, 20_000)
    assert look_after_cache(check=False, clear=False, limit=None) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(str(cache))
    assert lines[1:] == ["  brian2: 1 artefact, 0.0 MB", "  neuron: 2 artefacts, 0.0 MB", "  in all: 3 artefacts, 0.0 MB"]


def test_a_check_removes_what_is_damaged(cache, capsys) -> None:
    """And nothing else."""
    fill(cache, 100, 200)
    (cache / "neuron" / "key1" / "x").write_bytes(b"")
    assert [each.path.name for each in damaged()] == ["key1"]
    look_after_cache(check=True, clear=False, limit=None)
    assert capsys.readouterr().out.startswith("damaged, and removed: 1 artefact")
    assert not (cache / "neuron" / "key1").exists() and (cache / "neuron" / "key0").exists()
    look_after_cache(check=True, clear=False, limit=None)
    assert capsys.readouterr().out.startswith("nothing is damaged")


def test_the_cache_is_bounded_from_what_was_used_longest_ago(cache) -> None:
    """What was used last stays."""
    fill(cache, 1000, 2000, 3000)
    kept = sum(each.size for each in artefacts()[1:])
    assert [each.path.name for each in bounded(kept)] == ["key0"]
    assert bounded(kept) == []
    bounded(0)
    assert artefacts() == []


@pytest.mark.parametrize(("text", "size"), [("500 MB", 500_000_000), ("1.5GB", 1_500_000_000), ("12", 12), ("3 kB", 3000)])
def test_sizes_as_people_write_them(text, size) -> None:
    """In bytes."""
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["much", "-1 MB", "1e9", "5 MiB", ""])
def test_a_size_that_is_none_is_refused(text) -> None:
    """With one that is."""
    with pytest.raises(UsageError, match='expected a size such as "500 MB"'):
        size_of(text)


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
