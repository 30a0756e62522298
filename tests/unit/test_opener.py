"""Files that somebody names: regular ones only, no more of them than is wanted, every failure one line."""

import os
from pathlib import Path

import pytest

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.opener import read_bytes, read_text


def refusal(path: Path, most: int = 100) -> str:
    """The one line that a path is refused with."""
    with pytest.raises(DefinitionError) as error:
        read_bytes(path, most, "a definition")
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/null"])
def test_devices_are_not_read(device) -> None:
    """Some never end."""
    assert refusal(Path(device)) == f"{device}: this is no regular file but a pipe or a device; copy it to a file first"


def test_a_pipe_that_nobody_writes_to_does_not_wait(tmp_path) -> None:
    """It would wait for ever."""
    os.mkfifo(tmp_path / "pipe.toml")
    assert "no regular file" in refusal(tmp_path / "pipe.toml")


def test_one_byte_more_than_allowed_is_refused(tmp_path) -> None:
    """With both sizes; what is allowed is read."""
    path = tmp_path / "model.toml"
    path.write_bytes(b"x" * 100)
    assert read_bytes(path, 100) == b"x" * 100
    path.write_bytes(b"x" * 101)
    assert refusal(path) == f"{path}: the file has 0.0 MB; a definition has at most 0.0001 MB"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing.toml", "No such file or directory"),
        ("a\0b.toml", "embedded null byte"),
        ("x" * 300, "File name too long"),
        (".", "Is a directory"),
    ],
)
def test_names_that_cannot_be_opened(tmp_path, name, message) -> None:
    """Missing, with a character no name has, too long, a folder."""
    assert message in refusal(tmp_path / name)


def test_a_path_that_is_no_text_is_shown_escaped(tmp_path) -> None:
    """Bytes that are no UTF-8 in a name must not break the message that names it."""
    said = refusal(tmp_path / os.fsdecode(b"caf\xe9.toml"))
    assert "caf\\udce9.toml" in said
    said.encode()


def test_text_is_read_with_any_line_end_and_mark(tmp_path) -> None:
    """As editors of all systems write it; other encodings are refused."""
    path = tmp_path / "model.toml"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert read_text(path, 100) == "a\nb\nc\n"
    path.write_bytes("ä".encode("latin-1"))
    with pytest.raises(DefinitionError, match="not UTF-8 text"):
        read_text(path, 100)
