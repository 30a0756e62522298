"""Recordings as nobody has recorded them: each is refused in one line, before it has taken memory or time."""

import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.recordings import columns
from spikebridge.reports.recordings.columns import Column
from spikebridge.reports.recordings.registry import READERS, read_tables


def refusal(path: Path) -> str:
    """The one line that a recording is refused with."""
    with pytest.raises(DefinitionError) as error:
        read_tables(path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 600
    return str(error.value)


def series(path: Path, fill: Callable[..., object]) -> Path:
    """An archive with one series, whose data ``fill`` makes."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        group = file.create_group("v")
        fill(group, h5py)
        group["starting_time"] = 0.0
        group["starting_time"].attrs["rate"] = 1000.0
    return path


LINES = {
    "a line without end": (b"," * 2_000_000, "one of its lines has 2,000,000 characters; at most 1,000,000 are read"),
    "lines without end": (b"\n" * 10_000_001, "it has more than 10,000,000 lines"),
    "a field of 200,000 digits that is no number": (b"t,v\n0,1\n1," + b"9" * 200_000 + b"x\n", None),
    "a head of 400,000 brackets": (b"a(" * 400_000 + b"\n0 1\n1 2\n", "there are 2 columns, but 400000 names: a, a"),
}


@pytest.mark.parametrize("name", LINES)
def test_text_is_bounded(tmp_path, name) -> None:
    """Lines, characters of a line, fields: each becomes objects of many times its size, and none is read twice."""
    data, message = LINES[name]
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    if message is None:
        assert read_tables(path)[0].others[0].fault.startswith("line 3: '999")
    else:
        assert refusal(path).startswith(message)


def test_a_packed_file_is_bounded_unpacked(tmp_path, monkeypatch) -> None:
    """However little it takes packed."""
    monkeypatch.setattr("spikebridge.reports.recordings.text_table.MAX_BYTES", 1_000_000)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"0,1\n" * 300_000))
    assert refusal(path) == "unpacked it has more than 1 MB"


def test_an_array_larger_than_its_archive_is_refused(tmp_path) -> None:
    """Its head promises what nobody could hold."""
    import zipfile

    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("t.npy", head.getvalue())
    assert refusal(tmp_path / "a.npz").startswith("it cannot be read: ")


def test_a_table_of_equal_numbers_is_bounded(tmp_path, monkeypatch) -> None:
    """Parquet packs millions of them into a few bytes."""
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(columns, "MAX_SAMPLES", 999)
    parquet.write_table(pyarrow.table({"t": np.zeros(1000)}), tmp_path / "a.parquet")
    assert refusal(tmp_path / "a.parquet") == "it has 1000 samples; a recording has at most 999"


def test_an_archive_is_bounded_before_it_is_read(tmp_path) -> None:
    """The data of a series need not be in the file to be read from it."""
    path = series(tmp_path / "a.nwb", lambda group, _: group.create_dataset("data", (10**9,), "f8", chunks=(1000,)))
    assert refusal(path) == "it has 1000000000 samples; a recording has at most 50,000,000"


def test_an_archive_that_leads_to_other_files_is_refused(tmp_path) -> None:
    """By a link, or by where its data lie: nothing but the file that was named is opened."""
    os.mkfifo(tmp_path / "pipe")

    def link(group, h5py) -> None:
        group["data"] = h5py.ExternalLink(str(tmp_path / "pipe"), "/x")

    def data(group, h5py) -> None:
        group.create_dataset("data", (9,), "u1", external=[(str(tmp_path / "pipe"), 0, 9)])

    for fill in (link, data):
        said = refusal(series(tmp_path / "a.nwb", fill))
        assert said == "'v/data' in it lies in another file; copy it into this one"


def test_sweeps_that_overlap_are_counted_each(tmp_path, monkeypatch) -> None:
    """A small file can name the same samples again and again."""
    pytest.importorskip("neo")
    monkeypatch.setattr(columns, "MAX_SAMPLES", 100)
    path = Path(__file__).resolve().parents[1] / "data" / "recordings" / "clamp.abf"
    assert "samples; a recording has at most 100" in refusal(path)


@pytest.mark.parametrize("suffix", sorted(READERS))
def test_a_pipe_is_refused_whatever_it_is_called(tmp_path, suffix) -> None:
    """Reading it would wait for ever."""
    pytest.importorskip("neo")
    pytest.importorskip("h5py")
    pytest.importorskip("pyarrow")
    os.mkfifo(tmp_path / f"pipe{suffix}")
    assert refusal(tmp_path / f"pipe{suffix}") == "this is no regular file but a pipe or a device; copy it to a file first"


def test_names_of_columns_hold_nothing_that_a_terminal_obeys() -> None:
    """They go into messages, pages and tables."""
    column = Column.under("v\n\x1b[31m\u202e" + "x" * 5000 + " (mV)", np.zeros(2))
    assert column.head.isprintable() and column.name.isprintable() and len(column.head) < 250
