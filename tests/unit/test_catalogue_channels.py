"""Maps, ion channels, thalamic and cortical cells, generalised integrate-and-fire, synapses: the catalogue against numbers.

Closed forms where there are any; else numbers of an adaptive integrator of 8th order, computed before, by other means,
from the authors' files; good to one unit in the last digit given. Numbers said to be computed here are this project's own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import exp, log, pi, sqrt, tanh

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.system import build_system, interpret_system
from spikebridge.reference.exact import Solution, solve, spikes_alone
from spikebridge.reference.iterated import iterate
from spikebridge.reference.stimulus import SILENCE, Step, Stimulus, Sum
from spikebridge.reference.system import State, System

RTOL = 1e-9


def model_of(name: str, **changes: str) -> Model:
    """The model, in a regime and with parameters changed where they are given."""
    model, regime = load(name), changes.pop("regime", "")
    return (model.with_regime(regime) if regime else model).with_parameters(changes)


@cache
def system_of(name: str, **changes: str) -> System:
    return build_system(model_of(name, **changes))


@cache
def rest_of(name: str, **changes: str) -> State:
    """Every variable at rest without stimulus."""
    return tuple(replace(model_of(name, **changes), steady_state=True).initial_values.values())


def steps(area_cm2: float, *given: tuple[float, ...]) -> Stimulus:
    """Steps of so many nA, with onset and end, as densities in uA/cm2."""
    return Sum(tuple(Step(1e-3 * nA / area_cm2, *when) for nA, *when in given))


def default_run(name: str, regime: str = "", rtol: float = RTOL) -> Solution:
    """The experiment of a model file, solved; a sample every half millisecond."""
    experiment = load_experiment(name, regime or None)
    t = np.arange(0, experiment.duration_ms, 0.5)
    return solve(build_system(experiment.model), experiment.duration_ms, t, experiment.drive, rtol)


def value(name: str, symbol: str, known: dict[str, float], **changes: str) -> float:
    """An intermediate symbol of a definition at a given state."""
    model = model_of(name, **changes)
    known = {**model.parameter_values, "I_stim": 0.0, **known}
    for needed in model.ordered_definitions:
        known[needed] = evaluate(model.regular[needed], known, model.coherent)
    return known[symbol]


# Rulkov's maps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rulkov", "rulkov_bistable"])
def test_a_translated_map_says_what_the_definition_says(name) -> None:
    """The next state of 500 random ones, in all three branches, as arrays and as floats: to 1e-12."""
    model, rng = load(name), np.random.default_rng(2002)
    states = tuple(rng.uniform(*between, 500) for between in ((-3, 3), (-5, -2), (-1, 1))[: len(model.state_names)])
    current = rng.uniform(-1, 1, 500)
    found, expected = (make(model, 500).advance(states, current) for make in (build_system, interpret_system))
    assert np.abs(np.array(found) - np.array(expected)).max() < 1e-12
    one = build_system(model)
    for k in range(500):
        assert one.advance(tuple(float(x[k]) for x in states), float(current[k])) == pytest.approx(
            [x[k] for x in found], abs=1e-12
        )


@pytest.mark.parametrize("alpha", [3.5, 4.0, 5.0, 6.0])
def test_a_rulkov_neuron_fires_above_the_sigma_of_the_paper(alpha) -> None:
    """The fixed point x = sigma - 1 loses its stability at sigma = 2 - sqrt(alpha/(1 - mu))."""
    threshold = 2 - sqrt(alpha / (1 - 0.001))
    for sigma, fires in ((threshold - 5e-3, False), (threshold + 5e-3, True)):
        system = system_of("rulkov", alpha=f"{alpha}", sigma=repr(sigma))
        x = sigma - 1
        near = (x + 1e-3, x - alpha / (1 - x))
        assert system.advance((x, near[1]), 0.0) == pytest.approx((x, near[1]), abs=1e-14)
        found = iterate(replace(system, initial=near), 20000.0, 1.0)
        assert (len(found.spike_times_ms) > 0) == fires
        assert fires or found.states[0, -1] == pytest.approx(x, abs=1e-6)


def test_a_rulkov_neuron_bursts_periodically() -> None:
    """alpha 6, sigma -0.1, computed here: 17 spikes every 330 iterates."""
    found = iterate(system_of("rulkov", regime="bursting"), 10000.0, 1.0).spike_times_ms
    starts = np.flatnonzero(np.diff(found) > 100) + 1
    assert np.diff(starts)[3:].tolist() == [17] * (len(starts) - 4)
    assert np.diff(found[starts])[3:].tolist() == [330.0] * (len(starts) - 4)


def test_pulses_switch_the_bistable_rulkov_neuron() -> None:
    """sigma rests where sigma = p tanh(2 sigma), on either side of zero: silent below, firing above."""
    experiment = load_experiment("rulkov_bistable")
    found = iterate(build_system(experiment.model), 2000.0, 1.0, experiment.drive)
    rest = brentq(lambda s: 0.6 * tanh(2 * s) - s, 0.1, 1.0)
    assert found.states[2][[490, 1490, 1999]] == pytest.approx([-rest, rest, -rest], abs=1e-9)
    spikes = found.spike_times_ms
    assert spikes[0] > 500 and spikes[-1] < 1600 and np.sum((spikes > 600) & (spikes < 1500)) > 20


# membranes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regime", "sodium", "chloride", "expected"),
    [("rest", 0.04, 0.45, -59.926680), ("action_potential", 20, 0.45, None), ("rest_johnston_wu", 0.03, 0.1, None), ("action_potential_johnston_wu", 15, 0.1, None)],
)  # fmt: skip
def test_a_membrane_settles_at_the_goldman_hodgkin_katz_voltage(regime, sodium, chloride, expected) -> None:
    """RT/F ln of the permeabilities times the concentrations; squid axon at 20 degrees Celsius: -59.926680 mV."""
    inside, outside = 400 + sodium * 50 + chloride * 560, 20 + sodium * 440 + chloride * 52
    ghk = 8314.462618 * 293.15 / 96485.33212 * log(outside / inside)
    assert expected is None or ghk == pytest.approx(expected, abs=6e-7)
    system = system_of("ghk_membrane", regime=regime)
    assert system.rates((ghk,), 0.0)[0] == pytest.approx(0.0, abs=1e-12)
    assert solve(system, 60.0, np.array([60.0])).states[0, -1] == pytest.approx(ghk, abs=1e-9)
    # at 0 mV, where the printed equation is 0/0, each ion diffuses: P F (inside - outside)
    diffusing = 1.8e-6 * 96485.33212 * (400 - 20 + sodium * (50 - 440) - chloride * (52 - 560))
    assert system.rates((0.0,), 0.0)[0] == pytest.approx(-diffusing, rel=1e-12)


@pytest.mark.parametrize(("v", "open_share"), [(-60.0, 0.079626369), (-20.0, 0.50814068), (0.0, 0.781181619)])
def test_magnesium_blocks_as_many_nmda_receptors_as_it_should(v, open_share) -> None:
    """In 1 mM; without magnesium all are open."""
    assert value("nmda_block", "B", {"v": v}) == pytest.approx(open_share, abs=6e-10)
    assert value("nmda_block", "B", {"v": v}, regime="no_magnesium") == 1.0


def test_the_current_of_blocked_receptors_turns_round_and_leaves_two_resting_states() -> None:
    """B v is lowest at -26.955186 mV; both folds of the membrane bound the currents under which it has two rests."""
    lowest = minimize_scalar(lambda v: v * value("nmda_block", "B", {"v": v}), bounds=(-60, 0), options={"xatol": 1e-9})
    assert lowest.x == pytest.approx(-26.955186, abs=1e-6)
    system = system_of("nmda_block")
    holding = [-100.0 * system.rates((v,), 0.0)[0] for v in np.linspace(-90, 0, 90001)]
    folds = [holding[k] for k in np.flatnonzero(np.diff(np.sign(np.diff(holding)))) + 1]
    assert folds == pytest.approx([8.65, -29.16], abs=6e-3)
    assert folds[1] < 0.0 < folds[0]


# resting states -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changes", "expected", "tolerance"),
    [
        ("pospischil", {"regime": "RS"}, -70.571233, 6e-7),
        ("thalamic_relay", {}, -74.3065, 6e-5),
        ("mainen_sejnowski", {}, -70.4878, 6e-5),
    ],
)
def test_a_cell_rests_where_it_should(name, changes, expected, tolerance) -> None:
    found = rest_of(name, **changes)
    assert found[0] == pytest.approx(expected, abs=tolerance)
    assert system_of(name, **changes).rates(found, 0.0) == pytest.approx([0.0] * len(found), abs=1e-9)


# spike times --------------------------------------------------------------------------------------------

RS_AREA, FS_AREA = pi * 96e-4**2, pi * 67e-4**2
RELAY_AREA, RETICULAR_AREA = pi * 100e-4 * 76.58e-4, pi * 64.52e-4 * 70e-4

# stimulus, duration, how many spikes, the first of them, tolerance
SPIKES = [
    ("pospischil", {"regime": "RS"}, steps(RS_AREA, (0.75, 300.0, 700.0)), 1000.0, 5, (320.5527, 348.5248, 387.9665, 456.8160, 592.4175), 6e-5),
    ("pospischil", {"regime": "FS"}, steps(FS_AREA, (0.5, 300.0, 700.0)), 1000.0, 20, (317.0210, 337.1918, 357.3623), 6e-5),
    # the times of the bursting cells are computed here; their numbers were given
    ("pospischil", {"regime": "IB"}, steps(RS_AREA, (0.15, 500.0, 2500.0)), 2600.0, 13, (617.7237, 624.6323, 631.1030), 6e-5),
    ("pospischil", {"regime": "LTS"}, steps(RS_AREA, (0.15, 400.0, 800.0)), 1000.0, 4, (431.4195, 445.1910, 517.3274, 720.6287), 6e-5),
    ("pospischil", {"regime": "LTS_rebound"}, steps(RS_AREA, (-0.075, 400.0, 800.0)), 1500.0, 1, (864.0378,), 6e-5),
    ("thalamic_relay", {}, steps(RELAY_AREA, (0.05, 480.0)), 800.0, 1, (555.393,), 6e-4),
    ("thalamic_relay", {}, steps(RELAY_AREA, (0.05,), (-0.1, 1500.0, 2000.0)), 2300.0, 7, (80.538, 2050.411), 6e-4),
    ("thalamic_reticular", {}, steps(RETICULAR_AREA, (0.03,), (-0.3, 100.0, 300.0)), 600.0, 7, (), 0.0),
    ("mainen_sejnowski", {}, Step(0.1, 5.0, 905.0), 1000.0, 9, (31.0622, 36.3127), 6e-5),
    ("mainen_sejnowski", {"rho": "140"}, Step(0.1, 5.0, 905.0), 30.0, 1, (25.1141,), 6e-5),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "stimulus", "duration", "count", "first", "tolerance"), SPIKES)
def test_a_cell_fires_when_it_should(name, changes, stimulus, duration, count, first, tolerance) -> None:
    found = spikes_alone(system_of(name, **changes), duration, stimulus, RTOL)
    print(name, changes, len(found), found[:8])
    assert len(found) == count
    assert found[: len(first)] == pytest.approx(np.array(first), abs=tolerance)
    if changes.get("regime") == "FS":
        assert np.diff(found)[2:-1] == pytest.approx(20.1704, abs=6e-5)


def test_repeated_bursting_starts_with_28_spikes() -> None:
    """Pospischil's IBR under 0.15 nA; the pause after the burst is longer than any interval in it."""
    found = spikes_alone(system_of("pospischil", regime="IBR"), 1300.0, steps(RS_AREA, (0.15, 500.0)), RTOL)
    intervals = np.diff(found)
    assert int(np.argmax(intervals > 100)) + 1 == 28
    assert intervals[27] > 400


def test_the_burst_after_a_hyperpolarisation_comes_from_equilibrium_too() -> None:
    """Relay cell at rest under 0.05 nA, 0.1 nA less from 500 to 1000 ms: six spikes, the first at 1050.4112 ms."""
    system, held = system_of("thalamic_relay"), steps(RELAY_AREA, (0.05,))
    settled = solve(system, 4000.0, np.array([4000.0]), held, 1e-11).states[:, -1]
    system = replace(system, initial=tuple(map(float, settled)))
    found = spikes_alone(system, 1200.0, held + steps(RELAY_AREA, (-0.1, 500.0, 1000.0)), 1e-10)
    assert len(found) == 6
    assert found[0] == pytest.approx(1050.4112, abs=6e-5)


@pytest.mark.parametrize(("nanoampere", "count"), [(0.1, 7), (-0.3, 0)])
def test_a_resting_reticular_cell_answers_a_current_not_its_end(nanoampere, count) -> None:
    """Without a holding current 0.1 nA for 200 ms make seven spikes, and after -0.3 nA there is no rebound."""
    system = replace(system_of("thalamic_reticular"), initial=rest_of("thalamic_reticular"))
    found = spikes_alone(system, 600.0, steps(RETICULAR_AREA, (nanoampere, 100.0, 300.0)), RTOL)
    assert len(found) == count


@pytest.mark.parametrize(
    ("regime", "nanoampere", "area"),
    [("RS", 0.75, RS_AREA), ("FS", 0.5, FS_AREA), ("IB", 0.15, RS_AREA), ("IBR", 0.15, RS_AREA), ("LTS", 0.15, RS_AREA), ("LTS_rebound", -0.075, RS_AREA)],
)  # fmt: skip
def test_experiments_have_the_current_of_the_authors_files(regime, nanoampere, area) -> None:
    """Pospischil's amplitudes in nA over the area of the cylinder, to six digits."""
    (stimulus,) = load_experiment("pospischil", regime).drive.pieces
    assert stimulus.amplitude == pytest.approx(1e-3 * nanoampere / area, rel=3e-6)


@pytest.mark.parametrize(("regime", "bursts", "spikes"), [("", 2, 8), ("tonic", 3, 3), ("rebound", 1, 6)])
def test_a_relay_cell_fires_singly_or_in_bursts(regime, bursts, spikes) -> None:
    """Huguenard & McCormick's currents, computed here: -0.3 nA make a burst every 0.27 s, +0.3 nA single spikes."""
    found = default_run("huguenard_mccormick", regime).spike_times_ms
    assert (np.sum(np.diff(found) > 30) + 1, len(found)) == (bursts, spikes)


def test_a_calcium_current_by_the_constant_field_equation_reverses_at_the_nernst_potential() -> None:
    """RT/2F ln(outside/inside), in both thalamic cells that have it."""
    for name, inside, kelvin in (("thalamic_relay", "Ca", 307.15), ("huguenard_mccormick", "Ca_in", 308.65)):
        calcium = 1e-3 if inside == "Ca" else 5e-5
        nernst = 8314.462618 * kelvin / (2 * 96485.33212) * log(2 / calcium)
        state = dict.fromkeys(load(name).state_names, 1.0) | {"Ca": calcium}
        below, there, above = (value(name, "I_T", state | {"v": nernst + d}) for d in (-1e-3, 0.0, 1e-3))
        assert below < 0 < above
        assert abs(there) < 1e-9 * above


# Mihalas & Niebur's neuron ------------------------------------------------------------------------------


@pytest.mark.parametrize(("regime", "rate"), [("tonic_spiking", 1.5), ("class_1", 1.000001)])
def test_without_its_moving_threshold_the_neuron_fires_like_any_leaky_one(regime, rate) -> None:
    """tau ln(I/(I - 20 mV/tau)) with tau = C/g_L = 20 ms: 21.972 and 276.310 ms."""
    found = default_run("mihalas_niebur", regime, 1e-12).spike_times_ms
    interval = 20 * log(20 * rate / (20 * rate - 20))
    assert np.diff(found, prepend=0.0) == pytest.approx(interval, rel=1e-7)


# computed here; what each panel of figure 1 is called tells what to expect
PANELS = {
    "tonic_spiking": 9, "class_1": 1, "adaptation": 10, "phasic_spiking": 5, "accommodation": 3, "threshold_variability": 1,
    "rebound_spike": 1, "class_2": 8, "integrator": 1, "input_bistability": 14, "hyperpolarised_spiking": 3,
    "hyperpolarised_bursting": 13, "tonic_bursting": 24, "phasic_bursting": 7, "rebound_burst": 7, "mixed_mode": 19,
    "afterpotentials": 1, "basal_bistability": 25, "preferred_frequency": 3, "spike_latency": 1,
}  # fmt: skip


def test_the_neuron_fires_in_twenty_ways() -> None:
    """The number of spikes in every panel."""
    assert {
        regime: len(default_run("mihalas_niebur", regime).spike_times_ms) for regime in load("mihalas_niebur").regimes
    } == PANELS


def test_firing_that_a_pulse_starts_another_one_ends() -> None:
    """Basal bistability: pulses from 0 to 10 and from 100 to 110 ms; between them the neuron fires by itself."""
    found = default_run("mihalas_niebur", "basal_bistability").spike_times_ms
    assert np.sum((found > 20) & (found < 100)) > 10
    assert found[-1] < 115


# Tsodyks & Markram's synapse ----------------------------------------------------------------------------


def releases(regime: str, count: int) -> np.ndarray:
    """u x at each of the first presynaptic spikes: what is left of x, taken back to before the release."""
    system = system_of("tsodyks_markram", regime=regime)
    rate = model_of("tsodyks_markram", regime=regime).parameter_values["rate"]
    times = 10.0037 + np.arange(count) / rate
    found = solve(system, times[-1] + 1.0, np.array([0.0]), rtol=1e-13).spike_times_ms
    assert found == pytest.approx(times, abs=1e-9)
    after = solve(system, times[-1] + 1.0, found, rtol=1e-13).states
    x, u = after[system.names.index("x")], after[system.names.index("u")]
    return x * u / (1 - u)


@pytest.mark.parametrize(
    ("regime", "expected"),
    [
        ("depressing", {1: 0.5, 2: 0.26426272, 3: 0.15395217, 40: 0.056936028}),
        ("facilitating", {1: 0.03, 2: 0.05531337, 10: 0.137049341}),
        ("facilitating_70", {1: 0.03, 2: 0.05674012, 3: 0.07862409, 20: 0.093254854}),
        ("inhibitory", {1: 0.04, 2: 0.07461314, 3: 0.1030896, 20: 0.242062701}),
    ],
)
def test_a_synapse_depresses_or_facilitates_as_it_should(regime, expected) -> None:
    """What each presynaptic spike releases, to the digits given; the 40th of the depressing synapse is stationary."""
    found = releases(regime, max(expected))
    for number, release in expected.items():
        assert found[number - 1] == pytest.approx(release, abs=6e-9), number


def test_the_first_postsynaptic_potential_peaks_as_a_difference_of_two_exponentials() -> None:
    """Depressing synapse: 0.7599063 mV, 8.4008665 ms after the spike."""
    A, tau_m, tau_in = 100 * 0.25 * 0.5, 40.0, 3.0
    peak = log(tau_m / tau_in) * tau_m * tau_in / (tau_m - tau_in)
    height = A * tau_in / (tau_m - tau_in) * (exp(-peak / tau_m) - exp(-peak / tau_in))
    assert (peak, height) == (pytest.approx(8.4008665, abs=6e-8), pytest.approx(0.7599063, abs=6e-8))
    t = 10.0037 + peak + np.array([-0.01, 0.0, 0.01])
    v = solve(system_of("tsodyks_markram", regime="depressing"), 30.0, t, SILENCE, 1e-13).states[0]
    assert v[1] + 70 == pytest.approx(height, abs=1e-10)
    assert v[0] < v[1] > v[2]
