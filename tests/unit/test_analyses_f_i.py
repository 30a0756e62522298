"""f-I curves, rheobase and staircases against closed forms and converged values; see each test for its source."""

import numpy as np
import pytest

from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.analyses import Bench, Pulse, at_rest, f_i_curve, fit_onset, lowest_sustained, rheobase, staircase

HH = load("hodgkin_huxley").with_regime("rounded")
LIF = load("leaky_integrate_and_fire")


def lif_rate_hz(drive_mV: float, theta_mV: float, tau_ms: float, refractory_ms: float = 0.0, reset_mV: float = 0.0) -> float:
    """1/(tau_ref + tau ln((RI - reset)/(RI - theta))), potentials from rest; Gerstner et al. 2014, sec. 1.3."""
    return 1000.0 / (refractory_ms + tau_ms * np.log((drive_mV - reset_mV) / (drive_mV - theta_mV)))


def test_the_leaky_integrator_follows_its_formula() -> None:
    """1.501, 2 and 5 nA, Dayan & Abbott's parameters, on the exact solution; rheobase 1.5 nA."""
    model = LIF.with_regime("dayan_abbott")
    curve = f_i_curve(model, [1.4, 1.501, 2.0, 5.0], 300.0, engine="exact", dt_ms=1.0)
    expected = [0.0, *(lif_rate_hz(10.0 * i, 15.0, 10.0) for i in (1.501, 2.0, 5.0))]
    assert expected[1:] == pytest.approx([13.67262063, 72.13475204, 280.36732521], rel=1e-9)
    assert curve.rate_hz == pytest.approx(expected, rel=1e-9)
    assert curve.latency_ms[2] == pytest.approx(1000.0 / expected[2], rel=1e-9) and np.isnan(curve.latency_ms[0])
    found = rheobase(model, 2.0, 1.0, window_ms=200.0, tolerance=1e-6, dt_ms=0.05)
    assert found.value == pytest.approx(1.5, abs=1e-5) and found.unit == "nA"


def test_a_refractory_period_adds_to_every_interval() -> None:
    """Neuronal Dynamics' parameters: 2.1 and 4 nA, reset 5 mV above rest, the period of 2 ms on top."""
    curve = f_i_curve(LIF.with_regime("neurodynex"), [2.1, 4.0], 150.0, engine="exact", dt_ms=1.0)
    assert curve.rate_hz == pytest.approx([lif_rate_hz(10.0 * i, 20.0, 8.0, 2.0, 5.0) for i in (2.1, 4.0)], rel=1e-9)
    assert curve.rate_hz == pytest.approx([41.35527903, 154.39422237], rel=1e-9)


def test_a_population_gives_the_rates_that_single_runs_give() -> None:
    """Hodgkin-Huxley, 24 currents at once: f(10) 68.3138 Hz and f(50) 117.0329 Hz, converged; and to round-off each alone."""
    amplitudes = np.append(np.linspace(7.0, 9.9, 22), [10.0, 50.0])
    curve = f_i_curve(HH, amplitudes, 120.0, dt_ms=0.025)
    assert curve.rate_hz[-2:] == pytest.approx([68.3138279, 117.0329164], rel=3e-5)
    alone = f_i_curve(HH, amplitudes[-2:], 120.0, dt_ms=0.025)
    assert alone.rate_hz == pytest.approx(curve.rate_hz[-2:], rel=1e-11)
    assert list(curve.to_frame().columns) == ["amplitude (uA/cm2)", "rate_Hz", "mean_rate_Hz", "latency_ms", "spikes"]


def test_another_level_moves_spikes_but_not_rates() -> None:
    """First crossing of -40 mV at 10 and 50 uA/cm2: 1.6439102 and .5048915 ms, converged."""
    curve = f_i_curve(HH, [10.0, 50.0], 40.0, level=-40.0)
    assert curve.latency_ms == pytest.approx([1.6439102, 0.5048915], abs=2e-6)
    with pytest.raises(DefinitionError, match="a spike resets it, so another level would be another model"):
        f_i_curve(LIF, [2.0], 20.0, level=-60.0)


def test_firing_that_has_stopped_has_no_rate() -> None:
    """At 6 uA/cm2 two spikes, then silence."""
    curve = f_i_curve(HH, [6.0], 150.0, dt_ms=0.025)
    assert len(curve.spike_times_ms[0]) == 2 and curve.rate_hz[0] == 0.0


def test_rheobase_of_hodgkin_huxley() -> None:
    """2.2409459 uA/cm2 for one spike within 60 ms, converged."""
    found = rheobase(HH, 2.3, 2.2, window_ms=60.0, tolerance=1e-5, dt_ms=0.02)
    assert found.above - found.uncertainty - 1e-6 < 2.2409459 < found.above + 1e-6
    with pytest.raises(ValueError, match="there is no threshold up to 1 uA/cm2: give a higher end of the search"):
        rheobase(HH, 1.0, window_ms=20.0, dt_ms=0.025)
    with pytest.raises(ValueError, match="the threshold lies below 5 uA/cm2: give a lower start"):
        rheobase(HH, 6.0, 5.0, window_ms=20.0, dt_ms=0.025)


def test_sustained_firing_begins_at_the_fold_of_cycles() -> None:
    """Between 6.260, where it ends within a second, and 6.265."""
    found = lowest_sustained(HH, 6.4, 6.0, window_ms=500.0, tail_ms=50.0, tolerance=0.2, dt_ms=0.025)
    assert found.above - found.uncertainty < 6.2642 < found.above


def test_a_square_root_fits_the_onset_of_a_saddle_node_on_a_circle() -> None:
    """Quadratic integrate-and-fire: f = sqrt(I)/pi per ms times a factor that the finite reset makes; onset 0 within its error."""
    model = load("quadratic_integrate_and_fire")
    curve = f_i_curve(model, [0.01, 0.015, 0.02, 0.03], 150.0, from_rest=False, dt_ms=0.01)
    fit = fit_onset(curve)
    assert abs(fit.onset) < max(3 * fit.onset_error, 5e-4) and fit.misfit_hz < 0.01 * curve.rate_hz[-1]
    assert fit.gain_hz == pytest.approx(1000.0 / np.pi, rel=0.05)
    with pytest.raises(ValueError, match="needs three currents with firing, not 2"):
        fit_onset(curve, below=0.015)


def test_hodgkin_huxley_fires_and_rests_at_one_current() -> None:
    """Climbed in small stairs it is silent at 9.5 and fires from 10 on (Hopf at 9.78); on the way down it goes on at 8."""
    resting = HH.with_initial({"steady_state": True})
    up = [2.0, 3.5, 5.0, 6.5, 7.5, 8.5, 9.5, 11.5]
    stairs = staircase(resting, up, dwell_ms=150.0, down=[11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0], dt_ms=0.025)
    late = dict(zip(zip(stairs.amplitude, stairs.rising, strict=True), stairs.late_spikes, strict=True))
    assert late[9.5, True] == 0 and late[11.5, True] > 3
    assert late[9.5, False] > 3 and stairs.fires_from == 11.5 and stairs.fires_down_to <= 9.0
    assert len(stairs.to_frame()) == 15


def test_a_staircase_of_a_model_with_a_reset_is_one_run() -> None:
    """No hysteresis: the same counts up and down but for one spike across the edge."""
    stairs = staircase(LIF, [1.0, 2.0, 3.0], dwell_ms=100.0, dt_ms=0.02)
    assert stairs.spikes[[0, 4]].tolist() == [0, 0] and abs(int(stairs.spikes[1]) - int(stairs.spikes[3])) <= 1


def test_what_cannot_be_counted_is_refused() -> None:
    """A model without a spike; one that never rests."""
    with pytest.raises(DefinitionError, match="there is no spike rule, so there is nothing to count"):
        f_i_curve("passive_membrane", [1.0], 10.0)
    with pytest.raises(ValueError, match="2 models do not fit 1 protocols"):
        Bench().responses([LIF, LIF], [[Pulse(1.0)]], 1.0)


def test_parameters_vary_over_a_population_too() -> None:
    """Thirty sodium conductances in one run, one of them checked alone."""
    models = [HH.with_parameters(g_Na=f"{g} mS/cm2") for g in np.linspace(100.0, 158.0, 30)]
    with Bench(dt_ms=0.025) as bench:
        together = bench.responses(models, [[Pulse(10.0)]] * 30, 40.0)
        alone = bench.response(models[7], [Pulse(10.0)], 40.0)
    assert together[7].spike_times_ms == pytest.approx(alone.spike_times_ms, abs=1e-9)
    assert len({round(float(r.spike_times_ms[0]), 6) for r in together}) == 30


def test_rest_is_reached_from_the_model_s_own_start() -> None:
    """-64.9997224 mV with E_L -54.4 mV, converged."""
    assert at_rest(HH).initial_values["v"] == pytest.approx(-64.9997224, abs=1e-7)
