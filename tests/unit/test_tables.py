"""Comparisons and recordings as DataFrames."""

import io

import numpy as np
import pandas as pd
import pytest
from runs import compared, recording_of, spiking

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.reports.commands.run import run_experiment
from spikebridge.reports.formats.tables import comparison_table, recording_table
from spikebridge.reports.proof.comparison import compare

pytestmark = pytest.mark.xdist_group("compared")

HH = "hodgkin_huxley"


def test_one_row_an_engine_with_units_in_the_names() -> None:
    """Every measure is the one of the entry."""
    comparison = compared(HH)
    table = comparison_table(comparison)
    assert list(table.index) == [entry.key for entry in comparison.entries] == ["reference/rk4", "reference/forward_euler"]
    for entry in comparison.entries:
        row = table.loc[entry.key]
        assert row["scheme"] == entry.scheme.name
        assert row["verdict"] == str(entry.verdict)
        assert row["because"] == entry.because
        assert row["spikes"] == len(entry.recording.spike_times_ms)
        assert row["spike_shift_ms"] == entry.accuracy["spike_shift"].value
        assert row["max_abs_mV"] == entry.accuracy["max_abs"].value
        assert row["rms_mV"] == entry.accuracy["rms"].value
        assert row["translation_max_abs"] == entry.translation.max_abs["v"]
        assert row["translation_passed"]
        assert row["order"] == entry.convergence.order


def test_measures_without_meaning_are_missing_values() -> None:
    """Another number of spikes has no shift: a gap in the column, not a nought."""
    # spikes at 4.567 and 10.134 ms; on the grid the first reset waits until 5 ms, and the second spike comes after the end
    experiment = spiking("leaky_integrate_and_fire", duration="10.5 ms", dt="0.5 ms")
    comparison = compare(experiment, ["reference"], {"reference": ["exact", "rk4"]}, quick=True)
    table = comparison_table(comparison)
    assert table.loc["reference/rk4", "spike_count_spikes"] == -1.0
    assert np.isnan(table.loc["reference/rk4", "spike_shift_ms"])
    assert table.loc["reference/exact", "spike_shift_ms"] == 0.0


def test_an_engine_that_did_not_run_has_a_row_too() -> None:
    """With the reason, and no measures."""
    experiment = spiking(HH, dt="0.2 ms")
    table = comparison_table(compare(experiment, ["reference"], {"reference": ["rk4", "backward_euler"]}, quick=True))
    assert table.loc["reference/rk4", "verdict"] == "not run"
    assert table.loc["reference/rk4", "because"].endswith("try a smaller dt")
    assert np.isnan(table.loc["reference/rk4", "max_abs_mV"])
    assert table.loc["reference/backward_euler", "max_abs_mV"] > 0


def test_a_recording_has_a_row_a_sample_and_units_in_its_heading() -> None:
    """Recorded definitions too; what has no unit has none in its name."""
    experiment = Experiment(HH, step("10 uA/cm2", "1 ms"), "5 ms", "0.05 ms", ("v", "I_Na"))
    recording = recording_of(experiment, "rk4")
    table = recording_table(recording)
    assert list(table.columns) == ["t_ms", "v (mV)", "m", "h", "n", "I_Na (uA/cm2)"]
    assert len(table) == 101
    assert np.array_equal(table["v (mV)"], recording["v"])


def written(tmp_path, name: str):
    changes = {
        "settings": (),
        "regime": None,
        "duration": "5 ms",
        "dt": "0.05 ms",
        "precision": None,
        "observe": None,
        "limit_s": 60.0,
    }
    path = tmp_path / name
    assert run_experiment(HH, "reference", "rk4", str(path), changes) == 0
    return path


def test_a_csv_file_gives_back_every_bit(tmp_path, capsys) -> None:
    """Read again, each number is the one that was recorded."""
    text = written(tmp_path, "run.csv").read_text()
    assert text.splitlines()[0] == "t_ms,v (mV),m,h,n"
    back = np.genfromtxt(io.StringIO(text), delimiter=",", skip_header=1)
    recording = recording_of(Experiment(HH, load_experiment(HH).stimulus, "5 ms", "0.05 ms"), "rk4")
    assert back.shape == (101, 5)
    assert np.array_equal(back[:, 1], recording["v"])
    assert f"wrote {tmp_path / 'run.csv'}: 101 samples of v, m, h, n" in capsys.readouterr().out


def test_a_parquet_file_gives_back_every_bit(tmp_path) -> None:
    """The same columns."""
    pytest.importorskip("pyarrow")
    back = pd.read_parquet(written(tmp_path, "run.parquet"))
    assert list(back.columns) == ["t_ms", "v (mV)", "m", "h", "n"]
    text = written(tmp_path, "run.csv").read_text()
    assert np.array_equal(back.to_numpy(), np.genfromtxt(io.StringIO(text), delimiter=",", skip_header=1))
