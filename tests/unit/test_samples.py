"""Samples of one variable: read from files, arrays and Neo signals, or refused in one line."""

from __future__ import annotations

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.proof.samples import Samples, covering_samples, read_samples

EXPERIMENT = Experiment("hodgkin_huxley", step("20 uA/cm2", "1 ms"), "20 ms", "0.025 ms")
T = np.arange(0, 20.0, 0.1)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "t (ms),v (mV)\n0,-65\n1,-64\n", None),
        ("a.csv", "time [s],v_mV,m\n0,-65,0\n0.001,-64,0\n", None),
        ("a.csv", "t (ms),v (V)\n0,-0.065\n1,-0.064\n", None),
        ("a.csv", "x,v\n0,-65\n1,-64\n", "there is no column of times; call one t (ms)"),
        ("a.csv", "t,w\n0,-65\n1,x\n", "times and values must be numbers in every row"),
        ("a.csv", "t,a,b\n0,-65,1\n1,-64,1\n", "there is no column 'v'. Known: a, b."),
        ("a.csv", "t,v (nA)\n0,-65\n1,-64\n", "expected mV, found nA"),
        ("a.csv", "t,v (apples)\n0,-65\n1,-64\n", "'apples' is not a unit"),
        ("a.csv", "t,v\n1,-65\n0,-64\n", "the times must increase"),
        ("a.csv", "t,v\n1,-65\n", "expected at least two samples"),
        ("a.dat", "t,v\n1,-65\n", "expected a .csv, .parquet or .npz file"),
    ],
)
def test_files_are_read_or_their_fault_is_named(tmp_path, name, text, message) -> None:
    """Units from the head of a column; one line for what cannot be."""
    path = tmp_path / name
    path.write_text(text)
    if message is None:
        samples = read_samples(str(path), EXPERIMENT, "lab")
        assert samples.t_ms.tolist() == [0.0, 1.0] and samples.values[0] in (-65.0, -0.065)
        return
    with pytest.raises(DefinitionError) as error:
        read_samples(str(path), EXPERIMENT, "lab")
    assert message in str(error.value) and "\n" not in str(error.value)


def test_arrays_come_from_npz_by_name(tmp_path) -> None:
    """And a column can be asked for behind a colon."""
    np.savez(tmp_path / "a.npz", t_ms=T, v=np.sin(T), w=np.cos(T))
    assert np.array_equal(read_samples(f"{tmp_path}/a.npz", EXPERIMENT, "lab").values, np.sin(T))
    assert np.array_equal(read_samples(f"{tmp_path}/a.npz:w", EXPERIMENT, "lab").values, np.cos(T))
    with pytest.raises(DefinitionError, match=r"no such file$"):
        read_samples(str(tmp_path / "b.npz"), EXPERIMENT, "lab")


def test_times_in_another_unit_are_asked_about() -> None:
    """Milliseconds under a header of seconds last a thousand times too long."""
    long = Samples(1000.0 * T, np.full(len(T), -65.0), "mV", "v", "a test")
    with pytest.raises(
        DefinitionError, match="lasts 19900 ms, the experiment 20 ms; are its times in the unit that its header says"
    ):
        covering_samples(long, EXPERIMENT, "lab")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            slice(0, 400),
            r"^recording lab: a test ends at 9.975 ms, the experiment at 20 ms; a shorter one is had with --duration",
        ),
        (slice(200, None), r"^recording lab: a test starts at 5 ms, the experiment at 0 ms$"),
    ],
)
def test_a_recording_that_does_not_cover_the_experiment_is_refused(part, message) -> None:
    """Before anything runs."""
    t_ms = np.arange(801) * 0.025
    with pytest.raises(DefinitionError, match=message):
        covering_samples(Samples(t_ms[part], np.sin(t_ms)[part], "mV", "v", "a test"), EXPERIMENT, "lab")


@pytest.mark.parametrize(("unit", "said"), [("nA", "expected mV, found nA"), ("apples", "'apples' is not a unit")])
def test_samples_in_a_unit_of_something_else_are_refused(unit, said) -> None:
    """Before anything runs."""
    with pytest.raises(DefinitionError, match=said):
        covering_samples(Samples(np.arange(0, 21.0), np.zeros(21), unit, "v", "a test"), EXPERIMENT, "lab")
