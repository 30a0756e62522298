"""The readers of recordings: a registry in which every reader reads, and files as their own programs write them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from runs import recording_of

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.proof.samples import read_samples
from spikebridge.reports.recordings.columns import Column
from spikebridge.reports.recordings.registry import READERS, read_tables

FOLDER = Path(__file__).resolve().parents[1] / "data" / "recordings"
# what was written into them: pyabf 2.3.8 and pynwb 4.2.0 did, from a run of backward Euler; the first in steps of an amplifier
EXPERIMENT = Experiment("hodgkin_huxley", step("20 uA/cm2", "1 ms"), "10 ms", "0.05 ms")


def test_every_reader_says_what_it_reads() -> None:
    """The ends of file names, in small letters; which extra it needs; how it reads."""
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in READERS)
    readers = set(READERS.values())
    assert len(readers) == 5 and all(reader.__doc__ and callable(reader.read) for reader in readers)
    assert {reader.NEEDS for reader in readers} == {"", "parquet", "recordings"}


@pytest.mark.parametrize(
    ("head", "name", "unit"),
    [
        ("v (mV)", "v", "mV"), ("time [s]", "time", "s"), ("t_ms", "t", "ms"), ("v/mV", "v", "mV"), ("I / nA", "I", "nA"),
        ("I_Na", "I_Na", ""), ("v (\u00b5V)", "v", "uV"), ("v (millivolts)", "v", "mV"), ("a/2", "a/2", ""),
    ],
)  # fmt: skip
def test_a_head_is_a_name_and_perhaps_a_unit(head, name, unit) -> None:
    """In brackets, behind a stroke or an underscore; in the words and signs of others."""
    column = Column.under(head, np.zeros(2))
    assert (column.name, column.unit) == (name, unit)


def test_a_file_of_an_archive_is_read() -> None:
    """NWB: series under their names, in their own units, with times from a rate or from time stamps."""
    pytest.importorskip("h5py")
    run = recording_of(EXPERIMENT, "backward_euler")
    samples = read_samples(str(FOLDER / "clamp.nwb"), EXPERIMENT, "lab")
    assert samples.unit == "V" and np.allclose(samples.values * 1e3, run["v"], rtol=1e-14)
    assert np.allclose(samples.t_ms, run.t_ms, atol=1e-12)
    gate = read_samples(str(FOLDER / "clamp.nwb:n"), EXPERIMENT, "lab")
    assert gate.quantity == "n" and np.allclose(gate.values, run["n"], rtol=1e-14)


def test_a_file_of_an_amplifier_is_read() -> None:
    """ABF, by way of Neo: samples in steps of a converter."""
    pytest.importorskip("neo")
    run = recording_of(replace(EXPERIMENT, duration="20 ms", dt="0.01 ms"), "backward_euler")
    samples = read_samples(str(FOLDER / "clamp.abf"), EXPERIMENT, "lab")
    assert samples.unit == "mV" and np.allclose(samples.values, run["v"][:-1], atol=0.01)
    assert np.allclose(samples.t_ms, run.t_ms[:-1], atol=1e-9)


def test_neo_objects_are_read_by_the_names_of_their_signals() -> None:
    """A segment of two signals; the sweeps of a block are told apart by number."""
    pytest.importorskip("neo")
    import neo
    import quantities as pq

    of = {"sampling_rate": 20 * pq.kHz, "t_start": 0 * pq.ms}
    v, n = neo.AnalogSignal([-0.065, -0.064], units="V", name="v", **of), neo.AnalogSignal([0.3, 0.4], units="", name="n", **of)
    segment = neo.Segment()
    segment.analogsignals += [n, v]
    samples = read_samples(segment, EXPERIMENT, "lab")
    assert samples.values.tolist() == [-0.065, -0.064] and samples.unit == "V" and list(samples.others) == ["n"]
    assert samples.t_ms == pytest.approx([0.0, 0.05])
    block = neo.Block()
    block.segments += [segment, segment]
    with pytest.raises(DefinitionError, match=r"there are several columns 'v': v/1, v/2; choose one with :v/1$"):
        read_samples(block, EXPERIMENT, "lab")


@pytest.mark.parametrize("suffix", [".nwb", ".abf"])
def test_a_damaged_file_is_refused_in_one_line(tmp_path, suffix) -> None:
    """Whatever its reader makes of it."""
    pytest.importorskip("h5py" if suffix == ".nwb" else "neo")
    path = tmp_path / f"a{suffix}"
    path.write_bytes((FOLDER / f"clamp{suffix}").read_bytes()[:700])
    with pytest.raises(DefinitionError) as error:
        read_tables(path)
    assert "\n" not in str(error.value)
