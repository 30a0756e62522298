"""The catalogue against closed forms and numbers computed before, by other means, from the printed equations.

Unless a table says otherwise its numbers come from an adaptive integrator of 8th order or a root finder,
run on equations typed from the source named in each model's file; they are good to one unit in the last
digit given, which is what the tolerances are.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import exp, log, pi

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from spikebridge.bridge.definition.experiment_file import default_experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.system import build_system
from spikebridge.reference.exact import solve, spikes_alone
from spikebridge.reference.stimulus import SILENCE, Step, Stimulus
from spikebridge.reference.system import State, System

# of the solution: errors of 1e-8 ms, a hundredth of what the numbers below can tell; closed forms get a tighter one
RTOL = 1e-10


def model_of(name: str, **changes: str) -> Model:
    """The model, in a regime and with parameters changed where they are given; a change may leave it without rest,
    so it starts where it rests before."""
    model, regime = load(name), changes.pop("regime", "")
    return (model.with_regime(regime) if regime else model).with_initial({"steady_state": False}).with_parameters(changes)


@cache
def system_of(name: str, **changes: str) -> System:
    return build_system(model_of(name, **changes))


def settled_at(system: System, v: float) -> State:
    """v, and every other variable at its steady state there."""
    state = (float(v), *system.initial[1:])
    # after a step without end each variable has relaxed to where its own equation leads
    return system.relax(state, 0.0, 1e12) if len(state) > 1 else state


def holding_current(system: System, v: float) -> float:
    """The constant stimulus under which v rests."""
    y = settled_at(system, v)
    without, with_one = system.rates(y, 0.0)[0], system.rates(y, 1.0)[0]
    return without / (without - with_one)


def eigenvalues(system: System, v: float) -> np.ndarray:
    """Of the linearised equations where v rests, per ms; central differences, good to 1e-9."""
    y = np.array(settled_at(system, v))
    columns = []
    for i in range(len(y)):
        h = np.zeros(len(y))
        h[i] = 1e-6 * max(1.0, abs(y[i]))
        above, below = (np.array(system.rates(tuple(map(float, x)), 0.0)) for x in (y + h, y - h))
        columns.append((above - below) / (2 * h[i]))
    return np.linalg.eigvals(np.array(columns).T)


def spikes_of(system: System, stimulus: Stimulus, duration: float, start: State | None = None, rtol: float = RTOL) -> np.ndarray:
    """Spike times in ms, from ``start`` or else the model's own initial state."""
    system = replace(system, initial=start) if start is not None else system
    return spikes_alone(system, duration, stimulus, rtol)


# resting states -----------------------------------------------------------------------------------------

RESTS = [
    ("morris_lecar", {}, {"v": -60.855382, "w": 0.0149150}, 1e-6),
    ("wang_buzsaki", {}, {"v": -64.0175649}, 1e-7),
    ("reduced_traub_miles", {}, {"v": -66.591093}, 1e-6),
    ("reduced_traub_miles_m", {}, {"v": -70.327768}, 1e-6),
    ("erisir", {}, {"v": -69.831436}, 1e-6),
    ("connor_stevens", {}, {"v": -67.9781172, "m": 0.0100699, "h": 0.965914, "n": 0.1558564, "a": 0.540423, "b": 0.2886663}, 1e-6),
    ("traub_miles", {}, {"v": -64.7646293}, 1e-7),
    ("golomb_amitai", {}, {"v": -73.8655412}, 1e-7),
    ("butera", {"regime": "silent"}, {"v": -62.688940}, 1e-6),
    ("butera", {"E_L": "-61 mV"}, {"v": -54.784690}, 1e-6),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "expected", "tolerance"), RESTS)
def test_a_model_rests_where_it_should(name, changes, expected, tolerance) -> None:
    """Without stimulus the currents cancel at the value given, and a model that starts at rest starts there."""
    system = system_of(name, **changes)
    v = brentq(lambda x: holding_current(system, x), expected["v"] - 0.3, expected["v"] + 0.3, xtol=1e-12)
    found = dict(zip(system.names, settled_at(system, v), strict=True))
    assert {k: found[k] for k in expected} == pytest.approx(expected, abs=tolerance)
    if load(name).steady_state:
        assert system.initial == pytest.approx(tuple(found.values()), abs=1e-9)


# where rest ends ----------------------------------------------------------------------------------------

# the largest current that leaves a resting state, and between which voltages it is found
SADDLE_NODES = [
    ("morris_lecar", {"regime": "snic"}, (-45.0, -20.0), 39.96315309, 1e-8),
    ("wang_buzsaki", {}, (-64.0, -55.0), 0.16008633, 1e-8),
    ("reduced_traub_miles", {}, (-67.0, -58.0), 0.11934571, 1e-8),
    ("connor_stevens", {}, (-68.0, -50.0), 8.11405331, 1e-8),
    ("traub_miles", {}, (-65.0, -55.0), 0.09094031, 1e-8),
    ("inap_ik", {}, (-70.0, -55.0), 4.51286763, 1e-8),
    # (V_T - E_L - Delta_T)/R_m
    ("eif", {}, (-60.0, -50.0), 0.4, 1e-12),
    ("eif", {"regime": "wb_fit"}, (-65.0, -55.0), 0.162, 1e-12),
    # (g_L + a) (V_T - E_L - Delta_T + Delta_T ln(1 + a/g_L))
    ("adex", {}, (-60.0, -45.0), 627.31109, 1e-5),
    ("adex", {"regime": "adaptation"}, (-60.0, -45.0), 256.31622, 1e-5),
    # (k (v_t - v_r) + b)^2/(4 k) = 18^2/2.8 - 180/2.8
    ("izhikevich_2007", {}, (-60.0, -40.0), 144 / 2.8, 1e-9),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "between", "expected", "tolerance"), SADDLE_NODES)
def test_rest_is_lost_in_a_saddle_node_at_the_current_given(name, changes, between, expected, tolerance) -> None:
    """The current that holds v has its maximum there."""
    system = system_of(name, **changes)
    found = minimize_scalar(lambda v: -holding_current(system, v), bounds=between, method="bounded", options={"xatol": 1e-9})
    assert between[0] + 0.01 < found.x < between[1] - 0.01
    assert -found.fun == pytest.approx(expected, abs=tolerance)


# current, frequency in Hz (None where none was given), and between which voltages
HOPF_POINTS = [
    ("morris_lecar", {}, (-35.0, -25.0), 93.85761837, None, 1e-6),
    ("morris_lecar", {}, (0.0, 15.0), 212.018816, None, 1e-5),
    ("morris_lecar", {"regime": "ml1981"}, (-5.0, 2.0), 289.651574, 38.4906, 1e-5),
    ("erisir", {}, (-69.0, -50.0), 7.01426192, 22.8755, 1e-7),
    ("inap_ik", {"regime": "low_threshold"}, (-60.0, -54.0), 14.65904, None, 1e-5),
    ("golomb_amitai", {}, (-73.0, -55.0), 0.36700824, None, 1e-7),
    ("connor_stevens", {"g_A": "0 mS/cm2"}, (-55.0, -50.0), -6.30730698, None, 1e-7),
    ("adex", {}, (-50.4, -50.2), 627.18246, None, 1e-5),
    ("adex", {"regime": "adaptation"}, (-50.0, -49.8), 256.180549, None, 1e-6),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "between", "current", "hertz", "tolerance"), HOPF_POINTS)
def test_rest_turns_unstable_in_a_hopf_point_at_the_current_given(name, changes, between, current, hertz, tolerance) -> None:
    """A complex pair of eigenvalues crosses the imaginary axis there."""
    system = system_of(name, **changes)

    def pair(v: float) -> complex:
        values = eigenvalues(system, v)
        return max(values[np.abs(values.imag) > 1e-9], key=lambda z: (z.real, z.imag), default=complex("nan"))

    grid = np.linspace(*between, 41)
    real = np.array([pair(v).real for v in grid])
    changes_sign = np.flatnonzero(real[:-1] * real[1:] < 0)
    assert len(changes_sign) == 1
    k = int(changes_sign[0])
    v = brentq(lambda x: pair(x).real, grid[k], grid[k + 1], xtol=1e-11)
    assert holding_current(system, v) == pytest.approx(current, abs=tolerance)
    if hertz is not None:
        assert 1000 * pair(v).imag / (2 * pi) == pytest.approx(hertz, abs=1e-4)


# firing rates -------------------------------------------------------------------------------------------

# stimulus, how long to wait, start (rest where None; a voltage with the rest settled; or a whole state), rate in Hz, tolerance
RATES = [
    ("morris_lecar", {}, 100.0, 700.0, (10.0, 0.1), 1000 / 85.2906410, 1e-6),
    ("morris_lecar", {"regime": "snic"}, 50.0, 500.0, None, 13.2374032, 1e-6),
    ("morris_lecar", {"regime": "snic"}, 100.0, 400.0, None, 23.7683595, 1e-6),
    ("morris_lecar", {"regime": "homoclinic"}, 36.0, 500.0, (-5.0, 0.25), 24.4936433, 1e-6),
    ("morris_lecar", {"regime": "ml1981"}, 300.0, 1500.0, -50.0, 1000 / 27.588841, 2e-6),
    ("wang_buzsaki", {}, 1.0, 120.0, None, 59.7014870, 1e-6),
    ("wang_buzsaki", {}, 5.0, 70.0, None, 189.6254202, 1e-6),
    ("reduced_traub_miles", {}, 1.0, 120.0, None, 43.7135829, 1e-6),
    ("reduced_traub_miles", {}, 0.3, 300.0, None, 19.5721432, 1e-6),
    ("erisir", {}, 8.0, 150.0, -60.0, 85.0180056, 1e-6),
    ("connor_stevens", {}, 10.0, 180.0, None, 34.0459329, 1e-6),
    ("connor_stevens", {"regime": "connor_1977"}, 15.0, 120.0, None, 88.8427041, 1e-6),
    ("connor_stevens", {"regime": "connor_1977"}, 30.0, 60.0, None, 186.2815246, 1e-6),
    ("connor_stevens", {"g_A": "0 mS/cm2"}, 20.0, 60.0, -67.9781172, 233.3651357, 1e-6),
    ("inap_ik", {}, 10.0, 80.0, None, 141.372448, 1e-5),
    ("traub_miles", {}, 1.0, 120.0, None, 38.9848486, 1e-6),
    ("traub_miles", {"regime": "brian_example"}, 0.0, 300.0, None, 13.854840, 2e-6),
    ("golomb_amitai", {}, 3.0, 600.0, None, 32.8216, 1e-4),
    # from near its cycle, or h would take a minute to settle
    ("butera", {"regime": "tonic"}, 0.0, 2500.0, (-47.943, 0.00867059, 0.384919271), 5.0817827, 1e-6),
    ("eif", {"regime": "wb_fit"}, 0.5, 90.0, None, 31.12228377, 1e-7),
    ("eif", {"regime": "wb_fit"}, 2.0, 30.0, None, 98.83781750, 1e-7),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "current", "wait", "start", "expected", "tolerance"), RATES)
def test_a_model_fires_at_the_rate_given(name, changes, current, wait, start, expected, tolerance) -> None:
    """The last interval, when the first ones have been forgotten."""
    system = system_of(name, **changes)
    start = settled_at(system, start) if isinstance(start, float) else start
    found = spikes_of(system, Step(current), wait, start)
    print(name, changes, current, len(found), 1000 / np.diff(found)[-3:])
    assert 1000 / (found[-1] - found[-2]) == pytest.approx(expected, abs=tolerance)


# spike times --------------------------------------------------------------------------------------------


# uA/cm2: 0.75 and 0.5 nA into cylinders whose length and diameter are 96 and 67 um
RS_CLAMP, FS_CLAMP = 0.75e-3 / (pi * 96e-4**2), 0.5e-3 / (pi * 67e-4**2)

# stimulus with onset and end, duration, start as above, how many spikes (None where it was not given), the first of
# them, the last interval (likewise), tolerance
SPIKES = [
    ("reduced_traub_miles", {}, (10.0, 100.0, 112.0), 112.0, None, None, (101.0861, 105.8826, 110.6718), None, 6e-5),
    # latency of the first spike, above rheobase and far above
    ("connor_stevens", {}, (10.0, 0.0, 60.0), 60.0, None, None, (38.116752,), None, 1e-6),
    ("connor_stevens", {}, (20.0, 0.0, 12.0), 12.0, None, None, (8.435739,), None, 1e-6),
    # Hodgkin and Huxley's axon as a patch, released from states of its own choice
    ("hodgkin_huxley_patch", {}, (0.1, 0.0, 50.0), 50.0, (-65.0, 0.05, 0.6, 0.3), 4, (1.5516,), None, 6e-5),
    ("hodgkin_huxley_patch", {}, (0.1, 0.0, 100.0), 100.0, (-80.0, 0.1, 0.01, 0.7), 7, (11.4124,), None, 6e-5),
    # the authors' cells under a current clamp; levels at 0 mV
    ("pospischil", {"regime": "RS"}, (RS_CLAMP, 300.0, 700.0), 600.0, None, None, (320.5527, 348.5248, 387.9665, 456.8160, 592.4175), None, 6e-5),
    ("pospischil", {"regime": "FS"}, (FS_CLAMP, 300.0, 700.0), 360.0, None, None, (317.0210, 337.1918, 357.3623), None, 6e-5),
    # Naud et al. 2008, figure 4, integrated to 0 mV; from -10 mV it is 1e-7 ms to there
    ("adex", {"regime": "tonic", "V_peak": "-10 mV"}, (500.0, 0.0, 600.0), 600.0, None, 62, (14.2229, 23.1518, 32.2421, 41.4576, 50.7686), 9.58525, 6e-5),
    ("adex", {"regime": "initial_burst", "V_peak": "-10 mV"}, (400.0, 0.0, 600.0), 600.0, None, 12, (5.4635, 8.8826, 16.2016, 70.9485, 135.0676), None, 6e-5),
    ("adex", {"regime": "delayed_accelerating", "V_peak": "-10 mV"}, (300.0, 0.0, 600.0), 600.0, None, 46, (33.5737, 54.1675, 73.2470, 91.1826), 10.27437, 6e-5),
    ("adex", {"regime": "irregular", "V_peak": "-10 mV"}, (160.0, 0.0, 60.0), 60.0, None, None, (15.6446, 19.0897, 23.5576, 30.2655, 48.9761), None, 6e-5),
    # Brette & Gerstner 2005: steps from rest, and the pulse of 1 nA
    ("adex", {"V_peak": "-10 mV"}, (600.0, 0.0, 1000.0), 1000.0, None, 1, (49.441,), None, 6e-4),
    ("adex", {"V_peak": "-10 mV"}, (800.0, 0.0, 1000.0), 1000.0, None, 17, (17.7195, 40.4852, 71.2670), None, 6e-5),
    ("adex", {"V_peak": "-10 mV"}, (1000.0, 20.0, 120.0), 140.0, None, 5, (31.79155, 45.37604, 61.19619, 79.77565, 101.64404), None, 6e-6),
    # Izhikevich 2007, figures of sec. 8.2
    ("izhikevich_2007", {"regime": "RS"}, (100.0, 0.0, 1000.0), 1000.0, None, 13, (48.1801, 121.6459), 76.03504, 6e-5),
    ("izhikevich_2007", {"regime": "IB"}, (500.0, 0.0, 1000.0), 1000.0, None, 12, (20.7679, 36.9068, 119.4524), 93.71254, 6e-5),
    ("izhikevich_2007", {"regime": "CH"}, (200.0, 0.0, 1000.0), 1000.0, None, 22, (14.8962, 19.1662, 108.2334), None, 6e-5),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "step", "duration", "start", "count", "first", "last", "tolerance"), SPIKES)
def test_a_model_fires_when_it_should(name, changes, step, duration, start, count, first, last, tolerance) -> None:
    """The number of spikes, the first of them and the last interval."""
    found = spikes_of(system_of(name, **changes), Step(*step), duration, start)
    print(name, changes, len(found), found[:5])
    assert len(found) == count or count is None
    assert found[: len(first)] == pytest.approx(np.array(first), abs=tolerance)
    assert last is None or found[-1] - found[-2] == pytest.approx(last, abs=6e-6)


def test_a_lower_cut_off_of_adex_comes_early_by_as_much_as_the_file_says() -> None:
    """V_T + 5 Delta_T, the file's default: 31.7286 ... 101.3208 ms instead of 31.79155 ... 101.64404 in the 1 nA pulse."""
    found = spikes_of(system_of("adex"), Step(1000.0, 20.0, 120.0), 140.0)
    assert found[[0, -1]] == pytest.approx([31.7286, 101.3208], abs=6e-5)


def test_butera_bursts_ten_spikes_every_2_2_seconds() -> None:
    """E_L = -58 mV, after the first burst: period 2204.5254 ms, ten spikes."""
    found = spikes_of(system_of("butera"), SILENCE, 7800.0)
    starts = np.flatnonzero(np.diff(found) > 500) + 1
    print(np.diff(found[starts]), np.diff(starts))
    assert np.diff(starts).tolist() == [10] * (len(starts) - 1)
    assert np.diff(found[starts])[-1] == pytest.approx(2204.5254, abs=1e-4)


def test_erisir_stays_at_rest_where_it_could_fire() -> None:
    """A step of 5 uA/cm2 from rest: no spike in a second."""
    assert len(spikes_of(system_of("erisir"), Step(5.0), 1000.0)) == 0


@pytest.mark.parametrize(("millisiemens", "count"), [(50 + 7 * 150 / 19, 7), (50 + 9 * 150 / 19, 8), (120.0, 8)])
def test_sodium_conductance_sets_the_count_of_the_patch(millisiemens, count) -> None:
    """0.1 uA, g_Na of 105.26, 121.05 and 120 mS/cm2: 7, 8 and 8 spikes in 100 ms; at 120 the interval is 13.437 ms."""
    system = system_of("hodgkin_huxley_patch", g_Na=f"{millisiemens * 7.854e-3!r} mS")
    found = spikes_of(system, Step(0.1), 100.0, (-65.0, 0.05, 0.6, 0.3))
    assert len(found) == count
    if millisiemens == 120.0:
        assert np.diff(found)[-1] == pytest.approx(13.437, abs=6e-4)


# closed forms -------------------------------------------------------------------------------------------


def test_the_patch_is_the_axon_times_its_area() -> None:
    """0.1 uA into 7.854e-3 cm2: the trace of hodgkin_huxley under that density, to 1e-9 mV."""
    t = np.arange(0, 50, 0.1)
    patch = solve(system_of("hodgkin_huxley_patch"), 50.0, t, Step(0.1)).states
    axon = solve(system_of("hodgkin_huxley", regime="hh1952"), 50.0, t, Step(0.1 / 7.854e-3)).states
    assert np.abs(patch - axon).max() < 1e-9


@pytest.mark.parametrize(
    ("regime", "current", "R", "C", "theta", "v_rest", "count"),
    [("", 0.8, 6.4, 0.9, 5.0, 0.4, 4), ("two_inputs", 2.3, 3.3, 1.0, 7.5, 0.2, 6)],
)
def test_a_resistor_and_a_capacitor_fire_at_logarithmic_intervals(regime, current, R, C, theta, v_rest, count) -> None:
    """R C ln((R I - v_rest)/(R I - theta)); with the parameters of the file 21.15114 ms."""
    interval = R * C * log((R * current - v_rest) / (R * current - theta))
    if not regime:
        assert interval == pytest.approx(21.15114, abs=6e-6)
    found = spikes_of(system_of("lif_rc", regime=regime), Step(current), 100.0, rtol=1e-13)
    assert len(found) == count
    assert found == pytest.approx(interval * np.arange(1, count + 1), abs=1e-9)


def test_a_capacitor_fires_in_proportion_to_the_current() -> None:
    """Perfect integrator: C theta/I between spikes, plus the refractory period, whatever the current."""
    for current in (0.1, 0.3, 1.0):
        found = spikes_of(system_of("perfect_integrate_and_fire"), Step(current), 100.0, rtol=1e-13)
        charging = 0.2 * 16.4 / current
        assert found == pytest.approx(charging + (charging + 2.0) * np.arange(len(found)), abs=1e-9)
        assert len(found) == int((100.0 + 2.0) / (charging + 2.0))


def test_a_passive_membrane_charges_and_discharges_exponentially() -> None:
    """E_L + I/g_L (1 - exp(-t/tau)) in the default experiment, and back; tau 10 ms, I/g_L 10 mV."""
    experiment, t = default_experiment(load("passive_membrane")), np.arange(0, 100.5, 0.5)
    found = solve(build_system(experiment.model), 100.0, t, experiment.drive).states[0]
    up = np.where(t > 10, 10 * -np.expm1(-(np.minimum(t, 60) - 10) / 10), 0.0)
    expected = -70 + up * np.where(t > 60, np.exp(-(t - 60) / 10), 1.0)
    assert np.abs(found - expected).max() < 1e-11


@pytest.mark.parametrize(("current", "expected"), [(0.5, 36.604755144), (0.8, 1000 / 76.960775740)])
def test_an_exponential_neuron_takes_the_integral_of_its_own_rate(current, expected) -> None:
    """T is the integral of dv/v' from the reset to the cut-off: 36.604755144 ms at 0.5 nA, 76.960775740 Hz at 0.8 nA."""

    def pace(v: float) -> float:
        return 12.0 / (-65 - v + 2 * exp((v + 55) / 2) + 20 * current)

    found = np.diff(spikes_of(system_of("eif", regime="neurodynex"), Step(current), 3.5 * expected))[-1]
    assert quad(pace, -60, -30, epsabs=1e-12, epsrel=1e-12, limit=200)[0] == pytest.approx(expected, abs=1e-8)
    assert found == pytest.approx(expected, abs=1e-8)
