"""The JSON document: every key that scripts rely on, of the right type, and nothing that is not JSON."""

import json
import math

import numpy as np
import pytest
from runs import compared, spiking

from spikebridge.reports.formats.json_format import render_json
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import Verdict

pytestmark = pytest.mark.xdist_group("compared")

HH, LIF = "hodgkin_huxley", "leaky_integrate_and_fire"


def refuse(constant: str):
    raise AssertionError(f"{constant} is not JSON")


def document(comparison) -> dict:
    return json.loads(render_json(comparison), parse_constant=refuse)


ENGINE = {
    "status": str,
    "reason": type(None),
    "version": str,
    "scheme": str,
    "scheme_order": int,
    "dt_ms": float,
    "wall_s": float,
    "spike_times_ms": list,
    "raw_spike_times_ms": list,
    "translation": dict,
    "accuracy": dict,
    "convergence": dict,
    "verdict": str,
    "because": str,
}


def test_the_head_of_the_document() -> None:
    """Schema, model, experiment, verdict, exact solution, engines."""
    found = document(compared(HH))
    assert found["schema"] == 1
    assert found["model"] == HH
    assert found["experiment"]["duration_ms"] == 20.0
    assert found["experiment"]["dt_ms"] == 0.025
    assert found["experiment"]["precision"] == "float64"
    assert found["experiment"]["parameters"]["g_Na"] == "120 mS/cm2"
    assert found["experiment"]["stimulus"] == "step of 20 uA/cm2 from 1 ms to the end"
    assert found["verdict"] == "differ only by discretisation"
    assert set(found["exact"]) == {"spike_times_ms", "spike_error_ms"}
    assert len(found["exact"]["spike_times_ms"]) == 2
    assert 0 < found["exact"]["spike_error_ms"] < 1e-9
    assert list(found["engines"]) == ["reference/rk4", "reference/forward_euler"]


def test_every_key_of_an_engine_that_ran() -> None:
    """Present, and of its type."""
    for key, engine in document(compared(HH))["engines"].items():
        assert {name: type(engine[name]) for name in ENGINE} == ENGINE
        assert engine["status"] == "ran"
        assert key == f"reference/{engine['scheme']}"
        assert engine["verdict"] in set(Verdict)
        assert len(engine["spike_times_ms"]) == len(engine["raw_spike_times_ms"]) == 2


def test_the_translation_by_variable() -> None:
    """Four variables, four numbers each in three tables; passed is a truth value."""
    for engine in document(compared(HH))["engines"].values():
        found = engine["translation"]
        for table in ("max_abs", "step_defect", "limit"):
            assert list(found[table]) == ["v", "m", "h", "n"]
            assert all(type(x) is float for x in found[table].values())
        assert found["passed"] is True
        assert all(found["step_defect"][name] <= found["limit"][name] for name in found["limit"])


def test_the_accuracy_with_units_in_its_names() -> None:
    """The same numbers as the comparison's own."""
    comparison = compared(HH)
    for key, engine in document(comparison)["engines"].items():
        entry, found = comparison[key], engine["accuracy"]
        assert set(found) >= {"spike_count_difference", "max_spike_shift_ms", "max_abs_mV", "rms_mV", "coincidence_factor"}
        assert found["spike_count_difference"] == 0
        assert type(found["spike_count_difference"]) is int
        assert found["max_spike_shift_ms"] == entry.accuracy["spike_shift"].value
        assert found["max_abs_mV"] == entry.accuracy["max_abs"].value
        assert found["rms_mV"] == entry.accuracy["rms"].value
        assert found["coincidence_factor"] == pytest.approx(1.0)
        shifts = np.array(engine["spike_times_ms"]) - document(comparison)["exact"]["spike_times_ms"]
        assert found["max_spike_shift_ms"] == pytest.approx(np.abs(shifts).max(), abs=1e-12)


def test_the_convergence_in_spikes() -> None:
    """Four steps, four shifts, the order, the limit and how well it is known."""
    found = document(compared(HH))["engines"]["reference/forward_euler"]["convergence"]
    assert found["dt_ms"] == [0.025, 0.0125, 0.00625, 0.003125]
    assert len(found["max_spike_shift_ms"]) == 4
    assert found["order"] == pytest.approx(1.0, abs=0.1)
    assert 0 <= found["limit_difference_ms"] <= found["uncertainty_ms"]


def test_a_quantity_without_dimension() -> None:
    """FitzHugh and Nagumo's v is a pure number: max_abs_1 and rms_1, and the ladder in them too, for there is no spike."""
    engine = document(compared("fitzhugh_nagumo"))["engines"]["reference/forward_euler"]
    assert {"max_abs_1", "rms_1"} <= set(engine["accuracy"])
    assert engine["accuracy"]["max_spike_shift_ms"] == 0.0
    assert engine["spike_times_ms"] == []
    followed = {"order_uncertainty", "followed_until_ms", "followed_spikes"}
    assert {"dt_ms", "max_abs_1", "order", "limit_difference_1", "uncertainty_1", *followed} == set(engine["convergence"])
    assert " 1 of the exact" not in engine["because"]


def test_an_engine_that_did_not_run() -> None:
    """Status, reason and nulls: no key is missing."""
    comparison = compare(spiking(HH, dt="0.2 ms"), ["reference"], quick=True)
    found = document(comparison)
    engine = found["engines"]["reference"]
    assert set(ENGINE) <= set(engine)
    assert found["verdict"] == engine["verdict"] == engine["status"] == "not run"
    assert engine["reason"] == engine["because"] != ""
    for name in ("version", "wall_s", "spike_times_ms", "raw_spike_times_ms", "translation", "accuracy", "convergence"):
        assert engine[name] is None


def test_a_quick_comparison_has_no_convergence() -> None:
    """Null, and the document says that it was quick."""
    found = document(compared(HH, quick=True))
    assert found["quick"] is True
    assert {engine["convergence"] for engine in found["engines"].values()} == {None}


def test_an_adaptive_integrator_has_no_translation_and_a_ladder_of_tolerances() -> None:
    """Its rungs are relative to the first."""
    engine = document(compared(HH, schemes=("exact",)))["engines"]["reference"]
    assert engine["translation"] is None
    assert engine["convergence"]["tolerance"] == pytest.approx([1.0, 0.1, 0.01, 0.001])
    assert "dt_ms" not in engine["convergence"]


def test_spikes_that_cannot_be_matched_have_no_shift() -> None:
    """One spike of two: a difference of -1 and nulls."""
    comparison = compare(spiking(LIF, "10.5 ms", "0.5 ms"), ["reference"], quick=True)
    accuracy = document(comparison)["engines"]["reference"]["accuracy"]
    assert accuracy["spike_count_difference"] == -1
    assert accuracy["max_spike_shift_ms"] is None
    assert accuracy["spike_shifts_ms"] is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_what_json_does_not_have_becomes_null(value) -> None:
    """Anywhere in the document."""
    from spikebridge.reports.formats.json_format import _plain

    assert _plain({"a": [value, {"b": (value,)}], "c": np.array([1.0, value])}) == {"a": [None, {"b": [None]}], "c": [1.0, None]}
