"""What a report has to show over time: which curves stand together, and that each is what the model says it is."""

from __future__ import annotations

import numpy as np
import pytest
from runs import compared, spiking

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.reports.formats import page_panels
from spikebridge.reports.formats.page_data import page_data
from spikebridge.reports.formats.page_panels import quiet
from spikebridge.reports.formats.thinning import TOLERANCE
from spikebridge.reports.formats.traces import EXACT, Plot, plots
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.samples import Samples

pytestmark = pytest.mark.xdist_group("compared")

HH = "hodgkin_huxley"


def shown(found: list[Plot]) -> list[tuple[str, ...]]:
    """Variables plot by plot."""
    return [plot.variables for plot in found]


def test_voltage_gates_currents_and_residuals() -> None:
    """In this order; the injected current stands with the membrane's own."""
    found = plots(compared(HH))
    assert shown(found) == [("v",), ("m", "h", "n"), ("I_stim", "I_Na", "I_K", "I_L"), ("v",), ("v",)]
    assert [plot.id for plot in found] == ["voltage", "states-m", "currents-I_stim", "translation", "accuracy"]
    assert [plot.y_label for plot in found] == ["v (mV)", "", "uA/cm2", "Δv (mV)", "Δv (mV)"]
    assert [trace.label for trace in found[0].traces] == [EXACT, "reference rk4", "reference forward_euler"]


def test_currents_are_those_of_the_recorded_states() -> None:
    """Sodium: 120 mS/cm2 m**3 h (v - 50 mV), from what each engine itself recorded."""
    comparison = compared(HH)
    currents = plots(comparison)[2]
    for entry in comparison.entries:
        (trace,) = [t for t in currents.traces if t.variable == "I_Na" and t.label == f"reference {entry.scheme.name}"]
        r = entry.recording
        assert trace.samples == pytest.approx(120 * r["m"] ** 3 * r["h"] * (r["v"] - 50), rel=1e-12, abs=1e-12)


def test_the_stimulus_is_shown_as_it_was_seen() -> None:
    """20 uA/cm2 from 1 ms on, once."""
    (stimulus,) = [trace for trace in plots(compared(HH))[2].traces if trace.variable == "I_stim"]
    assert stimulus.label == EXACT
    assert stimulus.samples[[0, 39, 41, 400]] == pytest.approx([0, 0, 20, 20])


def test_a_model_without_units_has_no_currents() -> None:
    """Nothing there could be told from anything else."""
    assert shown(plots(compared("fitzhugh_nagumo"))) == [("v",), ("w",), ("v",), ("v",)]


def test_a_concentration_does_not_press_the_gates_flat() -> None:
    """Calcium runs to hundreds; and seven currents with the stimulus make two plots, equally full."""
    model = compare(Experiment("pinsky_rinzel", step("0.75 uA/cm2", "0 ms"), "30 ms", "0.05 ms"), ["reference"], quick=True)
    found = shown(plots(model))
    assert ("Ca",) in found
    assert ("h", "n", "s", "c", "q") in found
    assert [len(variables) for variables in found if variables[0].startswith("I_")] == [3, 4]


def test_under_a_clamp_the_current_is_the_picture() -> None:
    """And not among the currents again."""
    experiment = Experiment(HH, step("20 mV", "1 ms"), "3 ms", "0.05 ms", clamp="v")
    found = plots(compare(experiment, ["reference"], quick=True))
    assert (found[0].title, found[0].y_label) == ("Clamp current", "I_clamp (uA/cm2)")
    assert shown(found)[:2] == [("I_clamp",), ("m", "h", "n")]


def test_a_recording_from_elsewhere_has_what_it_has() -> None:
    """A voltage, and no gates."""
    comparison = compared(HH)
    recording = comparison.entries[0].recording
    samples = Samples(recording.t_ms, recording["v"], "mV", "v", "a test")
    found = plots(compare(spiking(HH, dt="0.025 ms"), ["reference"], quick=True, recordings={"lab": samples}))
    of_lab = [plot.id for plot in found if any(trace.label.startswith("lab") for trace in plot.traces)]
    assert of_lab == ["voltage", "accuracy"]


def test_where_there_are_many_engines_one_scheme_each_is_shown() -> None:
    """The others wait in the legend of plots of several variables."""
    schemes = ("rk4", "rk2", "forward_euler", "exponential_euler")
    assert quiet(compared(HH, quick=True, schemes=schemes)) == [f"reference {name}" for name in schemes[1:]]
    assert quiet(compared(HH)) == []


def test_curves_that_coincide_are_one() -> None:
    """rk4 at this step is the exact solution to far less than a pixel, forward Euler is not."""
    page = page_data(compared(HH))
    exact, rk4, euler = page["panels"][0]["series"]
    assert rk4["y"] is exact["y"]
    assert euler["y"] is not exact["y"]
    assert np.max(np.abs(compared(HH).entries[1].recording["v"] - compared(HH).exact_trace())) > 1


def test_nobody_fires_no_raster() -> None:
    """Nothing is drawn for a passive membrane; a missing spike shifts nobody."""
    assert page_data(compare("passive_membrane", ["reference"], quick=True))["raster"] is None
    comparison = compare(spiking("leaky_integrate_and_fire", "10.5 ms", "0.5 ms"), ["reference"], quick=True)
    exact, found = page_data(comparison)["raster"]["rows"]
    assert len(exact["times"]) == len(found["times"]) + 1
    assert all(shift > 0 for shift in found["shifts"])


def test_limits_and_their_uncertainty_stand_with_the_errors() -> None:
    """What the ladder extrapolates to, in the unit of the errors."""
    rows = page_data(compared(HH))["convergence"]
    for row, entry in zip(rows, compared(HH).entries, strict=True):
        assert row["limit"] == entry.convergence.difference
        assert row["gap"].endswith(" ms")
        assert " ± " in row["gap"]


def test_too_much_for_a_page_is_followed_less_closely(monkeypatch) -> None:
    """Within a pixel all the same: a two-hundred-and-fiftieth of the range; and the peaks as they were."""
    usual = page_panels.panels(compared(HH))
    monkeypatch.setattr(page_panels, "MOST_SAMPLES", 1000)
    few = page_panels.panels(compared(HH))
    assert page_panels._samples(few) < 0.6 * page_panels._samples(usual)
    for plot, panel in zip(plots(compared(HH)), few, strict=True):
        for trace, series in zip(plot.traces, panel["series"], strict=True):
            drawn = np.interp(np.arange(len(trace.samples)), series["at"], series["y"])
            assert np.max(np.abs(drawn - trace.samples)) <= (1 / 250 + TOLERANCE) * np.ptp(trace.samples)
            if trace.label != EXACT and series["y"] is not panel["series"][0]["y"]:
                assert np.max(series["y"]) == pytest.approx(np.max(trace.samples), abs=TOLERANCE * np.ptp(trace.samples))
