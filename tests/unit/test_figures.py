"""The figure: what is drawn, in which colours, with which labels."""

import io

import numpy as np
import pytest
from runs import compared, spiking

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.reports.formats.comparison_plot import comparison_figure
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.style import COLOURS, style

pytestmark = pytest.mark.xdist_group("compared")

HH = "hodgkin_huxley"


def test_traces_errors_and_lags_of_every_engine() -> None:
    """Three panels: the exact trace and each engine, each error, each lag; units on the axes."""
    comparison = compared(HH)
    voltage, error, lag = comparison_figure(comparison).axes
    assert len(voltage.lines) == 1 + 2
    assert len(error.lines) == 2
    assert (voltage.get_ylabel(), error.get_ylabel(), lag.get_ylabel()) == ("v (mV)", "|v - exact| (mV)", "lag (ms)")
    assert error.get_yscale() == "log"
    shifts = comparison["reference/forward_euler"].recording.spike_times_ms - comparison.exact.spike_times_ms
    assert lag.lines[1].get_ydata() == pytest.approx(shifts, abs=1e-15)
    assert list(lag.lines[1].get_xdata()) == list(range(1, len(shifts) + 1))


def test_the_peaks_drawn_are_the_peaks_recorded() -> None:
    """Thinning for display costs no millivolt."""
    comparison = compared(HH)
    lines = comparison_figure(comparison).axes[0].lines
    for line, entry in zip(lines[1:], comparison.entries, strict=True):
        assert np.max(line.get_ydata()) == np.max(entry.recording["v"])


def test_legend_and_title_name_model_and_engines() -> None:
    """The exact solution first."""
    figure = comparison_figure(compared(HH))
    assert figure.get_suptitle() == "Squid giant axon, resting potential -65 mV"
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["exact", "reference, rk4", "reference, forward_euler"]


def test_a_model_without_units_has_labels_without_brackets() -> None:
    """No (1) on the axis."""
    assert comparison_figure(compared("fitzhugh_nagumo")).axes[0].get_ylabel() == "v"


def test_engines_that_did_not_run_are_left_out() -> None:
    """And nobody else changes colour by it."""
    comparison = compare(spiking(HH, dt="0.2 ms"), ["reference"], {"reference": ["rk4", "backward_euler"]}, quick=True)
    voltage = comparison_figure(comparison).axes[0]
    assert len(voltage.lines) == 2
    assert voltage.lines[1].get_color() == COLOURS[1]


def test_a_train_with_another_number_of_spikes_has_no_lags() -> None:
    """Only the zero line is left."""
    comparison = compare(spiking("leaky_integrate_and_fire", "10.5 ms", "0.5 ms"), ["reference"], quick=True)
    assert comparison["reference"].accuracy["spike_count"].value == -1
    assert len(comparison_figure(comparison).axes[2].lines) == 1


@pytest.mark.parametrize(("duration", "spikes"), [("5 ms", 1), ("2 ms", 0)])
def test_spikes_are_counted_in_whole_numbers(duration, spikes) -> None:
    """Ticks at 1, not at 0.6 and 1.4, however few there are."""
    comparison = compare(Experiment(HH, step("20 uA/cm2", "1 ms"), duration, "0.05 ms"), ["reference"], quick=True)
    assert len(comparison.exact.spike_times_ms) == spikes
    figure = comparison_figure(comparison)
    figure.savefig(io.BytesIO(), format="png")
    assert all(tick == round(tick) for tick in figure.axes[2].get_xticks())


def test_twelve_engines_look_different() -> None:
    """By colour and dashes together."""
    assert len({tuple(style(k).values()) for k in range(12)}) == 12


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_figure_can_be_saved(kind) -> None:
    """In any format; an error of nought has a place on a logarithmic axis."""
    out = io.BytesIO()
    comparison = compare(spiking("leaky_integrate_and_fire", dt="0.05 ms"), ["reference"], {"reference": "exact"}, quick=True)
    comparison_figure(comparison).savefig(out, format=kind)
    assert len(out.getvalue()) > 5000
