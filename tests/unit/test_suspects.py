"""Where a gap begins and what is behind it, on runs whose fault is known."""

from __future__ import annotations

import pytest
from runs import as_neuron

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.engines.registry import ENGINES
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.suspects import find_where
from spikebridge.reports.proof.translation_proof import run_twin
from spikebridge.reports.proof.verdict import Verdict

HH = load("hodgkin_huxley")


def judged(monkeypatch, changes: dict[str, str] | None, scheme: str = "forward_euler", start: str = "1 ms"):
    """The reference's entry, as if it had been given a changed model."""
    engine = ENGINES["reference"]
    experiment = Experiment(HH, step("20 uA/cm2", start), "25 ms", "0.01 ms")
    if changes is not None:
        monkeypatch.setitem(ENGINES, "reference", as_neuron(engine, HH.with_parameters(changes)))
    return compare(experiment, ["reference"], {"reference": scheme}, quick=True)["reference"]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("g_Na", "121.2 mS/cm2", "g_Na = 121.2 instead of 120 mS/cm2"),
        ("g_K", "35.964 mS/cm2", "g_K = 35.964 instead of 36 mS/cm2"),
        ("E_L", "-54.4 mV", "E_L = -54.4 instead of -54.387 mV"),
        ("C_m", "1.01 uF/cm2", "C_m = 1.01 instead of 1 uF/cm2"),
    ],
)
@pytest.mark.parametrize("scheme", ["forward_euler", "rk4", "crank_nicolson"])
def test_the_one_wrong_constant_is_named_with_its_value(monkeypatch, name, value, shown, scheme) -> None:
    """To five digits, from the step defects alone."""
    entry = judged(monkeypatch, {name: value}, scheme)
    assert entry.verdict == Verdict.OTHER_LIMIT
    assert shown in entry.where.culprit and entry.where.culprit in entry.because
    (culprit,) = entry.culprits
    assert (culprit.kind, culprit.name, culprit.expected) == ("constant", name, str(HH.parameters[name]))
    assert culprit.found == value and culprit.explains > 0.9999


def test_a_scheme_explains_its_own_error(monkeypatch) -> None:
    """All of it, and where the first variable leaves the exact solution is told."""
    entry = judged(monkeypatch, None)
    assert entry.verdict == Verdict.DISCRETISATION and entry.where.culprit == "" and entry.culprits == ()
    assert entry.where.suspects[0].name == "the scheme at dt = 0.01 ms" and entry.where.suspects[0].share > 1 - 1e-6
    assert entry.where.variable in HH.state_names and 1 < entry.where.first_ms < 25


def test_a_moved_edge_explains_what_it_costs() -> None:
    """For rk4, whose own error is tiny, an edge 4 us off the grid explains nearly everything."""
    experiment = Experiment(HH, step("20 uA/cm2", "1.004 ms"), "25 ms", "0.01 ms")
    comparison = compare(experiment, ["reference"], {"reference": "rk4"}, quick=True)
    entry = comparison["reference"]
    twin = run_twin(experiment, entry.engine, entry.scheme)
    where = find_where(experiment, comparison.exact, entry.engine, entry.recording, twin, entry.translation)
    shares = {suspect.name: suspect.share for suspect in where.suspects}
    print(shares)
    assert shares["edges of the stimulus moved to the grid"] > 0.999


def test_resets_at_the_ends_of_steps_explain_what_they_cost() -> None:
    """Everything for rk4, whose own error is tiny; little for forward Euler; not asked where nothing resets."""
    experiment = load_experiment("adex")
    comparison = compare(experiment, ["reference"], {"reference": ["rk4", "forward_euler", "backward_euler"]}, quick=True)
    shares = [
        next(s.share for s in comparison[f"reference/{name}"].where.suspects if s.name == "resets at the ends of steps")
        for name in ("rk4", "forward_euler", "backward_euler")
    ]
    assert shares[0] > 0.9999 and 0.2 < shares[1] < 0.8 and shares[2] < 0.1
    assert "resets at the ends of steps explain 100 % of it" in comparison["reference/rk4"].because
    smooth = compare("fitzhugh_nagumo", ["reference"], {"reference": "forward_euler"}, quick=True)["reference"]
    assert all("reset" not in s.name for s in smooth.where.suspects)


def test_two_wrong_constants_are_not_blamed_on_one(monkeypatch) -> None:
    """Where no single parameter explains the defects, none is named."""
    entry = judged(monkeypatch, {"g_Na": "121 mS/cm2", "g_K": "37 mS/cm2"})
    assert entry.verdict == Verdict.OTHER_LIMIT and entry.where.culprit == ""
