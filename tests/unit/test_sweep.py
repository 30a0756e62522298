"""Sweeps: what may be varied, and what comes out."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from spikebridge.bridge.definition.drive import step, stimulus
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.errors import DefinitionError, UsageError
from spikebridge.reports.analyses.sweep import Vary, sweep
from spikebridge.reports.cli import main

LIF = Experiment("leaky_integrate_and_fire", step("2 nA", "0 ms"), "100 ms", "0.01 ms")


@pytest.mark.parametrize(
    ("text", "name", "values", "unit"),
    [
        ("g_Na=50:200:4mS/cm2", "g_Na", (50.0, 100.0, 150.0, 200.0), "mS/cm2"),
        ("g_Na=50:200:4 mS/cm2", "g_Na", (50.0, 100.0, 150.0, 200.0), "mS/cm2"),
        ("a=0.1:0.3:3", "a", (0.1, 0.2, 0.3), ""),
        ("E_L=-60:-50:2mV", "E_L", (-60.0, -50.0), "mV"),
        ("x=1e-3:1:1", "x", (0.001,), ""),
    ],
)
def test_a_range_is_read(text, name, values, unit) -> None:
    """Both ends belong to it; values have no round-off to show."""
    assert Vary.parse(text) == Vary(name, values, unit)


@pytest.mark.parametrize(
    "text", ["", "g_Na", "=1:2:3", "g=1:2", "g=1:2:x", "g=1:2:0", "g=1:2:99999", "g=a:b:3", "g=1:2:-3", "g=inf:2:3"]
)
def test_another_text_is_refused(text) -> None:
    """With an example."""
    with pytest.raises(UsageError, match="--vary: expected"):
        Vary.parse(text)


def test_a_part_of_several_stimuli_is_called_by_its_number() -> None:
    """And without one is refused, with the full names; an unknown one with all there is."""
    two = Experiment(LIF.model, step("2 nA", "0 ms") + step("1 nA", "50 ms"), "100 ms", "0.01 ms")
    varied = Vary.parse("stimulus2.amplitude=0:1:2nA").applied(two, 1.0)
    assert [str(dict(part.values)["amplitude"]) for part in varied.stimulus] == ["2 nA", "1 nA"]
    assert Vary.parse("stimulus.2.amplitude=0:1:2nA").applied(two, 1.0).stimulus == varied.stimulus
    both = "'amplitude' is both stimulus.1.amplitude and stimulus.2.amplitude; write one of these"
    with pytest.raises(UsageError, match=both):
        Vary.parse("amplitude=0:1:2nA").applied(two, 1.0)
    for name in ("stimulus3.amplitude", "stimulus1.frequency"):
        with pytest.raises(UsageError, match=f"neither a parameter nor a stimulus with '{name}'"):
            Vary.parse(f"{name}=0:1:2nA").applied(two, 1.0)


@pytest.mark.parametrize(("name", "unit"), [("amplitude", "nA"), ("tau_m", "ms"), ("initial.v", "mV")])
def test_a_range_without_a_unit_is_told_which(name, unit) -> None:
    """As it is to be typed; nothing has run."""
    what = f"--vary: '{name}' is measured in {unit}, and the unit is missing; write {name}=0:20:5{unit}"
    with pytest.raises(UsageError, match=f"^{re.escape(what)}$"):
        Vary.parse(f"{name}=0:20:5").applied(LIF, 0.0)


def test_whole_numbers_are_varied_too() -> None:
    """Such as the seed of a noise; a value between is refused."""
    noisy = Experiment(LIF.model, stimulus("noise", sigma="1 nA", interval="0.1 ms", seed=1), "10 ms", "0.01 ms")
    other = Vary.parse("seed=1:3:3").applied(noisy, 2.0)
    assert dict(other.stimulus[0].values)["seed"] == 2 and not np.array_equal(other.seen, noisy.seen)
    with pytest.raises(DefinitionError, match=r"seed: expected a whole number, found '1.5'"):
        Vary.parse("seed=1:2:3").applied(noisy, 1.5)


def test_a_unit_that_is_none_is_refused() -> None:
    """By the option that has it."""
    with pytest.raises(UsageError, match="--vary: 'xx' is not a unit"):
        Vary.parse("tau_m=5:20:4xx").applied(LIF, 5.0)


def test_the_rate_over_the_current_is_the_closed_form() -> None:
    """T = t_ref + tau ln((R I + E_L - v_reset)/(R I + E_L - theta)) (Gerstner et al. 2014, sec. 1.3), to a step an interval."""
    engine = find_engine("reference")
    points = sweep(LIF, Vary.parse("amplitude=1.4:3:5nA"), engine, engine.schemes["rk4"])
    for point in points:
        spikes = np.asarray(point.recording.spike_times_ms)
        if 10 * point.value <= 15:
            assert len(spikes) == 0
            continue
        period = 2 + 10 * np.log(10 * point.value / (10 * point.value - 15))
        assert np.diff(spikes)[-1] == pytest.approx(period, abs=0.011)


def test_the_command_writes_what_it_prints(tmp_path, capsys) -> None:
    """A table, as text, JSON and CSV; a value at which an engine does not run has status 3 and the reason."""
    with pytest.raises(SystemExit) as end:
        main(["sweep", "leaky_integrate_and_fire", "--vary", "tau_m=5:20:4ms", "--output", str(tmp_path / "a.csv"), "--json"])
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert end.value.code == 0 and [row["tau_m (ms)"] for row in rows] == [5, 10, 15, 20]
    table = pd.read_csv(tmp_path / "a.csv")
    assert table["spikes"].tolist() == [row["spikes"] for row in rows] and table["spikes"].is_monotonic_decreasing
    with pytest.raises(SystemExit) as end:
        main(["sweep", "fitzhugh_nagumo", "--vary", "amplitude=0:1e8:2", "--duration", "5 ms"])
    out = capsys.readouterr().out
    assert end.value.code == 3 and "left the numbers" in " ".join(out.split())
