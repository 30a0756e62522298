"""Files are written whole or not at all."""

import errno
import os
import stat

import pytest

from spikebridge.bridge.errors import UsageError
from spikebridge.reports.files import check_file, check_folder, text_writer, write_text, write_together, write_whole


def test_text_is_written_as_utf_8_and_folders_are_made(tmp_path) -> None:
    """The path comes back."""
    path = tmp_path / "a" / "b" / "report.txt"
    assert write_text(path, "Δv ≤ 1e-9\n") == path
    assert path.read_bytes() == "Δv ≤ 1e-9\n".encode()
    assert os.listdir(path.parent) == ["report.txt"]


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_failure_half_way_leaves_the_old_file(tmp_path, error) -> None:
    """Nothing of the new one, and no temporary file beside it."""
    path = write_text(tmp_path / "report.txt", "old")

    def fail(temporary) -> None:
        temporary.write_text("half of the n")
        raise error

    with pytest.raises(type(error)):
        write_whole(path, fail)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.txt"]


def test_nobody_sees_a_file_before_it_is_whole(tmp_path) -> None:
    """While it is being written there is none of that name, and the writer sees the right suffix."""
    path = tmp_path / "trace.csv"

    def write(temporary) -> None:
        assert temporary.suffix == ".csv"
        assert temporary.parent == tmp_path
        assert not path.exists()
        temporary.write_text("t_ms\n")
        assert not path.exists()

    write_whole(path, write)
    assert path.exists()


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_permissions_are_those_of_any_new_file(tmp_path, mask, mode) -> None:
    """Not those of a temporary one, which only its owner may read."""
    before = os.umask(mask)
    try:
        path = write_text(tmp_path / "report.txt", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_an_error_names_the_file_asked_for(tmp_path) -> None:
    """Not the temporary one; a file stands where the folder should be."""
    (tmp_path / "taken").write_text("")
    path = tmp_path / "taken" / "report.txt"
    with pytest.raises(OSError, match="taken") as raised:
        write_text(path, "x")
    assert raised.value.filename == str(path)
    assert raised.value.strerror


def test_files_that_belong_together_are_all_there_or_none(tmp_path) -> None:
    """A full disk leaves no picture without its page."""
    old = write_text(tmp_path / "report.html", "old")

    def fail(temporary) -> None:
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left on device") as error:
        write_together({tmp_path / "picture.png": text_writer("drawn"), old: fail})
    assert error.value.filename == str(old)
    assert os.listdir(tmp_path) == ["report.html"] and old.read_text() == "old"
    write_together({tmp_path / "picture.png": text_writer("drawn"), old: text_writer("new")})
    assert sorted(os.listdir(tmp_path)) == ["picture.png", "report.html"] and old.read_text() == "new"


def test_a_folder_that_cannot_be_written_is_found_before(tmp_path, monkeypatch) -> None:
    """Also where the folder of the file is yet to be made in it."""
    # root may write everywhere, so that the system is asked in its place
    monkeypatch.setattr(os, "access", lambda folder, how: folder != tmp_path)
    with pytest.raises(UsageError, match=r"--junit: .*: the folder .* cannot be written"):
        check_file(tmp_path / "a" / "b.xml", "--junit")


def test_what_can_be_written_is_let_through(tmp_path) -> None:
    """Whether it is there or not."""
    assert check_file(tmp_path / "a" / "b.xml", "--junit") == tmp_path / "a" / "b.xml"
    assert check_folder(tmp_path / "a" / "b", "--output") == tmp_path / "a" / "b"
    assert check_folder(tmp_path, "--output") == tmp_path
