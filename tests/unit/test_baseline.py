"""Baselines: written, read back, reviewed; what round-off may change in them, and what is a change."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from runs import spiking

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.quantity import Parameter
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import RULES, Verdict
from spikebridge.reports.regression.baseline import (
    Baseline,
    definition_of,
    kept_of,
    read_baseline,
    render_baseline,
    write_baseline,
)
from spikebridge.reports.regression.change import Status, definition_changes, judge_change

HH = spiking("hodgkin_huxley", "30 ms", "0.025 ms")


def made(experiment: Experiment = HH, scheme: str = "backward_euler"):
    comparison = compare(experiment, ["reference"], {"reference": scheme}, quick=True)
    return comparison, comparison["reference"], kept_of(comparison, comparison["reference"])


@pytest.fixture(scope="module")
def hh():
    return made()


def judged(hh, kept):
    comparison, entry, now = hh
    return judge_change(kept, now, comparison.experiment, entry)


# files ----------------------------------------------------------------------------------------------------


def test_what_is_written_reads_back(hh, tmp_path) -> None:
    """To the digits that are kept, which are those of the file."""
    comparison, _, kept = hh
    baseline = Baseline("hh", definition_of(comparison.experiment), {"reference/backward_euler": kept})
    path = write_baseline(tmp_path, baseline)
    assert read_baseline(tmp_path, "hh") == baseline
    assert [p.name for p in tmp_path.iterdir()] == ["hh.json"] and read_baseline(tmp_path, "other") is None
    assert path.stat().st_size < 5000


def test_a_diff_shows_what_moved(hh) -> None:
    """One line a spike, one line a checkpoint, one line a part of the definition."""
    comparison, _, kept = hh
    text = render_baseline(Baseline("hh", definition_of(comparison.experiment), {"reference/backward_euler": kept}))
    lines = [line.strip().rstrip(",") for line in text.splitlines()]
    assert [f"[{i}, {t!r}]" for i, t in enumerate(kept.spike_times_ms, 1)] == [
        x for x in lines if re.fullmatch(r"\[\d+, [^,]*\]", x)
    ]
    assert '"g_Na": "120 mS/cm2"' in lines and '"dm/dt": "phi*(alpha_m*(1 - m) - beta_m*m) : 1"' in lines
    rows = [line for line in lines if line.startswith("[") and line.count(",") == 4]
    assert len(rows) == len(kept.times_ms) and rows[0].startswith("[0.0, -65.0, ")


KEPT = (
    '{"schema": 1, "definition": {}, "engines": {"a/b": {"variables": [["t_ms", "ms"], ["v", "mV"]], "checkpoints": [[0, %s]]}}}'
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[]", 'expected "schema": 1'),
        ('{"schema": 2}', 'expected "schema": 1'),
        ('{"schema": 1}', "'definition' is missing"),
        ('{"schema": 1, "definition": {}, "engines": {"a/b": {}}}', "'variables' is missing"),
        ('{"schema": 1, "definition": {}, "engines": 3}', "no attribute"),
        ("[" * 100_000, "no baseline"),
        (KEPT % "1e999", "inf is no finite number"),
        (KEPT % f'"{"9" * 400}"', "'999"),
        (KEPT % ("9" * 400), "int too large"),
    ],
)
def test_a_file_that_is_no_baseline_is_named(tmp_path, text, why) -> None:
    """With what to do about it; never a traceback."""
    (tmp_path / "hh.json").write_text(text)
    with pytest.raises(DefinitionError) as error:
        read_baseline(tmp_path, "hh")
    assert "hh.json: this is no baseline" in str(error.value) and why in str(error.value) and "--update" in str(error.value)


# what has changed -----------------------------------------------------------------------------------------


def test_the_same_is_unchanged(hh) -> None:
    """To the last digit kept."""
    change = judged(hh, hh[2])
    assert change.status is Status.UNCHANGED and change.because == "equal to the last digit kept" and change.versions == {}


def test_another_verdict_by_newer_rules_is_no_change(hh) -> None:
    """The numbers are what they were: it reads judged by new rules; by the same rules, or with other numbers, it has changed."""
    older = replace(hh[2], verdict=Verdict.UNDECIDED, rules=1)
    change = judged(hh, older)
    assert change.status is Status.REJUDGED
    assert "the verdict was: undecided; it is now: differ only by discretisation; " in change.because
    assert change.because.endswith("; the numbers are what they were: equal to the last digit kept")
    moved = replace(older, spike_times_ms=(*older.spike_times_ms[:-1], older.spike_times_ms[-1] + 0.01))
    for kept in (replace(older, rules=RULES), moved):
        assert judged(hh, kept).status is Status.CHANGED


def test_a_baseline_that_does_not_say_its_rules_has_the_oldest(hh, tmp_path) -> None:
    """Files of before rules were counted are read as they are."""
    path = write_baseline(tmp_path, Baseline("hh", {}, {"reference/backward_euler": hh[2]}))
    document = json.loads(path.read_text())
    assert document["engines"]["reference/backward_euler"].pop("rules") == RULES
    path.write_text(json.dumps(document))
    assert read_baseline(tmp_path, "hh").engines["reference/backward_euler"] == replace(hh[2], rules=1)


REORDERED = [
    *(("hodgkin_huxley", scheme) for scheme in ("backward_euler", "crank_nicolson", "rk4", "exponential_euler")),
    *(("leaky_integrate_and_fire", scheme) for scheme in ("backward_euler", "rk4")),
    ("hindmarsh_rose", "rk2"),
]


@pytest.mark.parametrize(("name", "scheme"), REORDERED)
def test_another_order_of_the_same_operations_is_unchanged(name, scheme) -> None:
    """As another compiler or machine would have it: the first rate once multiplied and divided again."""
    experiment = (
        Experiment(load(name), step("3", "1 ms"), "100 ms", "0.05 ms")
        if name == "hindmarsh_rose"
        else spiking(name, "40 ms", "0.025 ms")
    )
    kept = made(experiment, scheme)[2]
    text, first = experiment.model.text, experiment.model.equations[0]
    line = next(line for line in text.splitlines() if line.startswith(f"d{first.name}/dt"))
    left, right = line.split("=", 1)
    expression, unit = right.rsplit(":", 1)
    other = parse_model(text.replace(line, f"{left}= ({expression.strip()})*0.7/0.7 :{unit}"), "reordered")
    comparison, entry, now = made(replace(experiment, model=other), scheme)
    change = judge_change(kept, now, comparison.experiment, entry)
    assert change.status is Status.UNCHANGED, change.because


@pytest.mark.parametrize("parameter", ["g_Na", "g_K", "g_L", "E_Na", "E_K", "E_L", "C_m"])
@pytest.mark.parametrize("change", [1.001, 1.00001])
def test_a_thousandth_of_a_parameter_is_a_change(hh, parameter, change) -> None:
    """And a hundred thousandth too; the sentence says where and how far beyond round-off."""
    given = HH.model.parameters[parameter]
    model = HH.model.with_parameters({parameter: Parameter(given.value * change, given.unit)})
    comparison, entry, now = made(replace(HH, model=model))
    found = judge_change(hh[2], now, comparison.experiment, entry)
    assert found.status is Status.CHANGED
    assert "spike 1 was at" in found.because and "where what round-off can have grown to is" in found.because


def test_a_spike_more_or_less_is_named(hh) -> None:
    """With its time."""
    kept = hh[2]
    assert len(kept.spike_times_ms) == 3
    fewer = judged(hh, replace(kept, spike_times_ms=kept.spike_times_ms[:2]))
    assert fewer.because == f"3 spikes, before 2 (one more at {kept.spike_times_ms[2]:.6g} ms)"
    more = judged(hh, replace(kept, spike_times_ms=(*kept.spike_times_ms, 29.0)))
    assert more.because == "3 spikes, before 4 (one less at 29 ms)"


def test_a_variable_is_named_with_its_time_and_unit(hh) -> None:
    """Where the spikes are in place."""
    kept = hh[2]
    values = list(kept.checkpoints["n"])
    values[5] += 1e-6
    change = judged(hh, replace(kept, checkpoints={**kept.checkpoints, "n": tuple(values)}))
    assert change.status is Status.CHANGED and change.because.startswith("n at 7.5 ms was ")
    between = judged(hh, replace(kept, extremes={**kept.extremes, "v": (kept.extremes["v"][0], 47.0)}))
    assert between.because.startswith("the greatest v was 47 mV, is ")


def test_another_step_or_verdict_is_a_change(hh) -> None:
    """Nothing else can be compared then."""
    _, entry, now = hh
    other = made(replace(HH, dt="0.05 ms"))[2]
    assert "duration, dt or the variables have changed" in judged(hh, replace(other, times_ms=other.times_ms[:-1])).because
    worse = judged(hh, replace(now, verdict="converge to different limits"))
    assert (
        worse.because.startswith("the verdict was: converge to different limits; it is now: ") and entry.because in worse.because
    )


def test_the_versions_that_changed_are_told(hh) -> None:
    """Then and now, whether or not the result changed."""
    kept = replace(hh[2], environment={**hh[2].environment, "numpy": "1.0", "gone": "3"})
    change = judged(hh, kept)
    assert change.status is Status.UNCHANGED
    assert change.versions == {"numpy": ("1.0", hh[2].environment["numpy"]), "gone": ("3", "-")}


def test_an_adaptive_integrator_is_held_to_its_own_error() -> None:
    """Not to round-off: its steps may fall otherwise."""
    comparison, entry, kept = made(scheme="exact")
    assert entry.translation is None
    shift = kept.error["spikes"]
    for factor, status in ((0.5, Status.UNCHANGED), (50.0, Status.CHANGED)):
        moved = tuple(t + factor * shift for t in kept.spike_times_ms)
        change = judge_change(replace(kept, spike_times_ms=moved), kept, comparison.experiment, entry)
        assert change.status is status, change.because


def test_what_chaos_has_parted_is_not_compared() -> None:
    """But what came before is; and until when is said."""
    comparison, entry, kept = made(load_experiment("rulkov", "irregular_bursting"), "iteration")
    name = next(iter(kept.checkpoints))

    def off_at(i: int):
        values = list(kept.checkpoints[name])
        values[i] += 1e-6
        changed = replace(kept, checkpoints={**kept.checkpoints, name: tuple(values)})
        return judge_change(changed, kept, comparison.experiment, entry)

    late, early = off_at(-1), off_at(2)
    assert late.status is Status.UNCHANGED and re.search(r"until \d+ ms, where round-off alone parts runs", late.because)
    assert early.status is Status.CHANGED and f"{name} at {kept.times_ms[2]:g} ms was" in early.because


def test_what_of_a_definition_changed_is_said(hh) -> None:
    """Value by value."""
    other = definition_of(replace(HH, model=HH.model.with_parameters({"g_Na": "121 mS/cm2"}), dt="0.05 ms"))
    assert definition_changes(definition_of(HH), other) == ["dt: 0.025 ms became 0.05 ms", "g_Na: 120 mS/cm2 became 121 mS/cm2"]
    assert definition_changes({"a": "1"}, {"b": "2"}) == ["a = 1 is gone", "b = 2 is new"]


def test_numbers_that_json_has_not_are_never_written(hh) -> None:
    """A baseline is made of numbers."""
    kept = replace(hh[2], error={"v": float(np.nan)})
    with pytest.raises(ValueError, match="JSON"):
        render_baseline(Baseline("hh", {}, {"a/b": kept}))
    assert json.loads(render_baseline(Baseline("hh", {}, {"a/b": hh[2]})))["schema"] == 1
