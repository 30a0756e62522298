"""Voltage clamp, impedance and phase plane against closed forms."""

import numpy as np
import pytest

from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.analyses import clamp_family, impedance, impedance_on_engine, iv_curve, phase_plane

HH = load("hodgkin_huxley").with_regime("rounded")


def test_the_clamped_currents_of_hodgkin_huxley() -> None:
    """To 0 and -45 mV: peak g_Na 29.13675797 at .6176127 ms and 2.23248968 at 1.5215528 ms; g_K(2 ms) 10.41721669."""
    family = clamp_family(HH, -65.0, [-45.0, 0.0], 40.0, ["I_Na", "I_K"])
    sodium = iv_curve(family, "I_Na")
    assert sodium.least / (sodium.command - 50.0) == pytest.approx([2.23248968, 29.13675797], rel=1e-8)
    assert sodium.least_ms == pytest.approx([1.5215528, 0.6176127], abs=1e-6)
    assert sodium.least[1] == pytest.approx(-1456.83790, abs=1e-5)
    potassium = family.conductance("I_K", -77.0)[1]
    assert [potassium[400], potassium[-1]] == pytest.approx([10.41721669, 24.54922642], abs=1e-8)
    assert family["I_K"][1, 1000] == pytest.approx(1665.502055, abs=1e-6)
    assert list(iv_curve(family).to_frame().columns)[:2] == ["command (mV)", "least (uA/cm2)"]
    with pytest.raises(KeyError, match="'I_L' was not recorded"):
        family["I_L"]


def test_clamp_currents_on_the_exact_solution() -> None:
    """The same peak from the judge."""
    family = clamp_family(HH, -65.0, [0.0], 1.0, ["I_Na"], engine="exact")
    assert iv_curve(family, "I_Na").least[0] == pytest.approx(-1456.83790, abs=1e-5)


def test_only_a_membrane_can_be_clamped() -> None:
    """FitzHugh-Nagumo has no electrode; the integrators reset."""
    with pytest.raises(DefinitionError, match="there is no membrane potential driven by a current"):
        clamp_family("fitzhugh_nagumo", 0.0, [1.0])
    with pytest.raises(DefinitionError, match="a spike resets"):
        clamp_family("adex", -70.0, [-60.0])


def test_hodgkin_huxley_resonates_below_threshold() -> None:
    """.857436487 kohm cm2 at 0 Hz, a peak at 66.66777 Hz, 2.107091501 at 50 and .154325965 at 1000 Hz."""
    found = impedance(HH, [50.0, 1000.0])
    assert found.unit == "kohm cm2" and found.resting == pytest.approx(0.857436487, abs=1e-9)
    assert found.peak_hz == pytest.approx(66.66777, abs=1e-5)
    assert np.abs(found.impedance) == pytest.approx([2.107091501, 0.154325965], abs=1e-9)
    assert found.resonance == pytest.approx(2.8256, abs=1e-4)


def test_a_passive_membrane_only_filters() -> None:
    """R/(1 + 2 pi i f tau), no peak."""
    model = load("leaky_integrate_and_fire")
    found = impedance(model, [0.0, 10.0, 100.0])
    exact = 10.0 / (1 + 2j * np.pi * 1e-3 * found.frequency_hz * 10.0)
    assert found.impedance == pytest.approx(exact, rel=1e-9) and found.unit == "Mohm"
    assert (found.peak_hz, found.resonance) == (0.0, 1.0)
    assert found.to_frame()["phase_degrees"].iloc[0] == pytest.approx(0.0)


def test_the_impedance_of_an_engine_is_that_of_its_scheme() -> None:
    """Euler's step of a passive membrane has R dt/tau/(z - 1 + dt/tau) with z = exp(2 pi i f dt), half a step later; and with a short
    step Hodgkin and Huxley's axon has that of its equations."""
    f, dt = np.array([0.0, 10.0, 300.0]), 0.5
    found = impedance_on_engine("leaky_integrate_and_fire", f, 0.5, scheme="forward_euler", dt_ms=dt)
    z = np.exp(2j * np.pi * 1e-3 * f * dt)
    assert found.impedance == pytest.approx(10.0 * np.sqrt(z) * dt / 10.0 / (z - 1 + dt / 10.0), rel=1e-8)
    assert found.resting == pytest.approx(10.0, rel=1e-8) and (found.unit, found.peak_hz) == ("Mohm", 0.0)
    axon = impedance_on_engine(HH, [50.0, 70.0], scheme="rk4", dt_ms=0.02)
    assert axon.impedance == pytest.approx(impedance(HH, [50.0, 70.0]).impedance, rel=1e-4) and axon.peak_hz == 70.0


def test_nullclines_are_where_a_variable_stands_still() -> None:
    """FitzHugh-Nagumo: w = v - v^3/3 + I and w = (v + .7)/.8, crossing at the fixed point."""
    plane = phase_plane("fitzhugh_nagumo", (-2.5, 2.5), (-1.5, 2.0), stimulus=0.5)
    for line in plane.x_nullclines:
        assert line[:, 1] == pytest.approx(line[:, 0] - line[:, 0] ** 3 / 3 + 0.5, abs=2e-3)
    for line in plane.y_nullclines:
        assert line[:, 1] == pytest.approx((line[:, 0] + 0.7) / 0.8, abs=1e-9)
    assert [p.kind for p in plane.fixed_points] == ["unstable focus"]
    assert plane.dx.shape == (241, 241) and (plane.x_unit, plane.y_name) == ("1", "w")


def test_further_variables_follow_or_are_held() -> None:
    """The n-nullcline of Hodgkin-Huxley is n_inf(v), .3176769141 at -65 mV; where nothing is said, fast variables follow and
    slow ones are held where the model rests."""
    plane = phase_plane(HH, (-66.0, -64.0), (0.0, 1.0), "v", "n", others={"m": "steady", "h": 0.6}, points=41)
    line = np.vstack(plane.y_nullclines)
    assert line[np.argmin(np.abs(line[:, 0] + 65.0)), 1] == pytest.approx(0.3176769141, abs=1e-6)
    usual = phase_plane(HH, points=41)
    assert (usual.x_name, usual.y_name, usual.others["m"]) == ("v", "n", "steady")
    assert usual.others["h"] == pytest.approx(0.596111046, abs=5e-8)
    with pytest.raises(DefinitionError, match="v is its only variable, and a phase plane needs two"):
        phase_plane("leaky_integrate_and_fire", (-70.0, -50.0), (0.0, 1.0))
