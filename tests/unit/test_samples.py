"""Samples of one variable: read from files, arrays and Neo signals, or refused in one line."""

from __future__ import annotations

import gzip

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
        ("a.dat", "t v\n0 -65\n1 -64\n", None),
        ("a.mod", "t,v\n1,-65\n", "expected one of .csv, .txt, .dat, .tsv, .asc, .npz, .parquet, .nwb, .abf"),
        ("a.txt", "t (ms)\tv (mV)\n0\t-65\n1\t-64\n", None),
        ("a.csv", "t (ms);v (mV)\n0,0;-65,0\n1,0;-64,0\n", None),
        ("a.txt", "0,0 -65,0\n1,0 -64,5\n", None),
        ("a.txt", "# t (ms) v (mV)\n0 -65\n1 -64\n", None),
        ("a.dat", "0 -65\n1 -64\n", None),
        ("a.csv", '\ufeff"t";"v"\r\n0;-65\r\n1;-64\r\n', None),
        ("a.csv", "t,v,note\n0,-65,here\n1,-64,there\n", None),
        ("a.csv", "t/ms,v/mV\n0,-65\n1,-64\n", None),
        ("a.dat", "0 -65 0.1\n1 -64 0.2\n", 'its 3 columns have no names; give them with --columns "t (ms),v (mV),..."'),
        ("a.csv", "t,v\n0,-65\n1,nan\n", "the value of sample 2 is nan"),
        ("a.csv", "t,v\n0,-65\n1,\n", "line 3: there is nothing"),
        ("a.csv", "t,v\n0,-65\n1,-64,3\n", "line 3: expected 2 columns as in the first row, found 3"),
        ("a.csv", "t,v\n0,(-65+1j)\n1,-64\n", "line 2: '(-65+1j)' is not a real number"),
        ("a.csv", "t,v\n0,True\n1,False\n", "line 2: 'True' is not a real number"),
        ("a.csv", "t,v\n0,-65\n2,-64\n2,-63\n", "the times must increase; sample 3 at 2 ms follows one at 2 ms"),
        ("a.csv", "t,v,m\n0,-65,nan\n1,-64,0\n", "the value of sample 1 is no number; one column alone is judged with :v"),
        ("a.csv", "", "there are no rows in it"),
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


def test_columns_get_their_names_from_the_call(tmp_path) -> None:
    """Where the file has none, or in place of its own; one called - is left out."""
    path = tmp_path / "a.dat"
    path.write_text("0 1 -65 0.1\n1 1 -64 0.2\n")
    samples = read_samples(str(path), EXPERIMENT, "lab", ("t (ms)", "-", "v (mV)", "m"))
    assert samples.values.tolist() == [-65.0, -64.0] and samples.others["m"][0].tolist() == [0.1, 0.2]
    with pytest.raises(DefinitionError, match=r"a.dat: there are 4 columns, but 2 names: t, v$"):
        read_samples(str(path), EXPERIMENT, "lab", ("t", "v"))


def test_packed_text_is_read(tmp_path) -> None:
    """What ends in .csv.gz."""
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"t,v\n0,-65\n1,-64\n"))
    assert read_samples(f"{tmp_path}/a.csv.gz", EXPERIMENT, "lab").values.tolist() == [-65.0, -64.0]


@pytest.mark.parametrize(("last", "taken"), [(0.02, True), (0.002, True), (20.0, False), (2.0, False)])
def test_seconds_are_recognised_where_no_unit_is_written(tmp_path, last, taken) -> None:
    """The unit in which the recording comes closest to the experiment's 20 ms, and it is said; a unit that is written holds."""
    rows = "\n".join(f"{last * k / 10!r},{-65 + k}" for k in range(11))
    (tmp_path / "a.csv").write_text(f"t,v\n{rows}\n")
    (tmp_path / "b.csv").write_text(f"t (ms),v\n{rows}\n")
    samples = read_samples(f"{tmp_path}/a.csv", EXPERIMENT, "lab")
    assert samples.t_ms[-1] == pytest.approx(last * (1000 if taken else 1))
    assert bool(samples.remarks) == taken and all("taken for seconds" in said for said in samples.remarks)
    assert read_samples(f"{tmp_path}/b.csv", EXPERIMENT, "lab").t_ms[-1] == last


@pytest.mark.parametrize(
    ("values", "found"), [(T + 1j, "complex numbers"), (T > 3, "truth values"), (T.astype(str), "something else")]
)
def test_arrays_of_anything_but_real_numbers_are_refused(tmp_path, values, found) -> None:
    """In one line, and only where they are wanted."""
    np.savez(tmp_path / "a.npz", t=T, v=values, w=T)
    with pytest.raises(DefinitionError, match=f"^recording lab: .*a.npz: v: expected real numbers, found {found}$"):
        read_samples(f"{tmp_path}/a.npz", EXPERIMENT, "lab")
    assert np.array_equal(read_samples(f"{tmp_path}/a.npz:w", EXPERIMENT, "lab").values, T)


def test_gates_and_currents_are_columns_like_the_voltage(tmp_path) -> None:
    """Each under the model's name for it, in a unit that fits; a column that is asked for comes alone."""
    (tmp_path / "a.csv").write_text("t (ms),v (mV),m,I_K (nA/cm2),w\n0,-65,0,1000,3\n1,-64,1,2000,3\n")
    samples = read_samples(f"{tmp_path}/a.csv", EXPERIMENT, "lab")
    assert samples.quantity == "v" and {name: unit for name, (_, unit) in samples.others.items()} == {"m": "1", "I_K": "nA/cm2"}
    alone = read_samples(f"{tmp_path}/a.csv:I_K", EXPERIMENT, "lab")
    assert alone.quantity == "I_K" and not alone.others and alone.unit == "nA/cm2"
    with pytest.raises(DefinitionError, match="expected uA/cm2, found mV"):
        (tmp_path / "b.csv").write_text("t,v,I_K (mV)\n0,-65,0\n1,-64,1\n")
        read_samples(f"{tmp_path}/b.csv", EXPERIMENT, "lab")


@pytest.mark.parametrize(
    ("t_ms", "message"),
    [
        (
            np.arange(25.0, 30.0),
            r"^recording lab: a test lasts from 25 to 29 ms, the experiment from 0 to 20 ms: there must be two samples",
        ),
        (np.array([0.0, 5e-324, 1.0]), r"^recording lab: a test: samples 1 and 2 are 4.94e-324 ms apart; is that their time\?$"),
    ],
)
def test_a_recording_of_no_use_is_refused(t_ms, message) -> None:
    """Before anything runs."""
    with pytest.raises(DefinitionError, match=message):
        covering_samples(Samples(t_ms, np.sin(t_ms), "mV", "v", "a test"), EXPERIMENT, "lab")


@pytest.mark.parametrize(("unit", "said"), [("nA", "expected mV, found nA"), ("apples", "'apples' is not a unit")])
def test_samples_in_a_unit_of_something_else_are_refused(unit, said) -> None:
    """Before anything runs."""
    with pytest.raises(DefinitionError, match=said):
        covering_samples(Samples(np.arange(0, 21.0), np.zeros(21), unit, "v", "a test"), EXPERIMENT, "lab")
