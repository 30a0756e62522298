"""The named settings of the catalogue: each has an experiment of its own that shows what it is known for.

As in test_catalogue, a number that is no closed form comes from an adaptive integrator of 8th order run on equations
typed from the source named in the model's file, with spikes located and steps cut at the stimulus' edges; it is good to
one unit in the last digit given.
"""

from __future__ import annotations

import string
from dataclasses import dataclass, replace
from math import exp, log, sqrt

import numpy as np
import pytest

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import catalogue, load
from spikebridge.bridge.engines.neuron_hh_engine import is_squid_axon
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.system import build_system
from spikebridge.reference.exact import Solution, solve, spikes_alone
from spikebridge.reference.functions import ghk_current
from spikebridge.reference.neurons import fitzhugh_nagumo
from spikebridge.reference.stimulus import Step
from spikebridge.reference.system import System
from spikebridge.reports.proof.oracles import oracle

RTOL = 1e-10


def experiment_of(name: str, regime: str, duration_ms: float | None = None, **changes: str) -> Experiment:
    """What the regime's file says, or longer, or with parameters changed."""
    experiment = load_experiment(name, regime)
    duration = experiment.duration if duration_ms is None else f"{duration_ms!r} ms"
    return replace(experiment, model=experiment.model.with_parameters(changes), duration=duration)


def solution_of(experiment: Experiment, t_ms: np.ndarray | None = None, system: System | None = None) -> Solution:
    """The exact solution, at times if any."""
    system = system or build_system(experiment.model)
    return solve(system, experiment.duration_ms, np.array([0.0]) if t_ms is None else t_ms, experiment.drive, rtol=RTOL)


def spikes_of(experiment: Experiment) -> np.ndarray:
    return spikes_alone(build_system(experiment.model), experiment.duration_ms, experiment.drive, RTOL)


# what is known ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """Of the spikes: how many, when the first come, and the last interval.

    Attributes
    ----------
    duration : ms, where the interval takes longer to settle than the experiment lasts
    changed : parameter that the source has otherwise
    """

    count: int
    first: tuple[float, ...] = ()
    interval: float | None = None
    duration: float | None = None
    changed: tuple[tuple[str, str], ...] = ()
    tolerance: float = 6e-5
    interval_tolerance: float = 6e-6


def patterns(**of: Known) -> dict[str, Known]:
    return of


# integrated up to 0 mV; from -10 mV it is 1e-7 ms to there
UP = (("V_peak", "-10 mV"),)

KNOWN: dict[str, dict[str, Known]] = {
    # the classes of figure 2
    "izhikevich": patterns(
        regular_spiking=Known(6, (17.8979, 23.1592, 52.1796, 84.5658, 116.9520, 149.3383)),
        intrinsically_bursting=Known(7, (18.1890, 20.1730, 23.0283, 54.0286, 82.4997)),
        chattering=Known(17, (18.4516, 19.7917, 21.2505, 22.8615, 24.6785, 26.8017)),
        fast_spiking=Known(19, (18.4944, 22.4197, 27.8450, 34.6474)),
        thalamo_cortical=Known(6, (38.8373, 50.1138, 65.8572, 88.5155, 116.2160)),
        thalamo_cortical_rebound=Known(7, (50.7491, 54.9213, 59.5889, 64.9393, 71.3167)),
        resonator=Known(2, (62.3283, 65.3030)),
        low_threshold_spiking=Known(20, (27.5400, 30.4687, 34.0224, 38.6133, 45.1830)),
    ),
    # panels A to T
    "izhikevich_2004": patterns(
        tonic_spiking=Known(5, (12.6305, 16.1171, 28.9216, 55.9179, 82.6647)),
        phasic_spiking=Known(1, (42.7464,)),
        tonic_bursting=Known(29, (24.4936, 25.6359, 26.8507, 28.1503)),
        phasic_bursting=Known(8, (38.2397, 41.4183, 44.8151, 48.4796)),
        mixed_mode=Known(7, (19.4516, 21.5775, 24.9445, 62.2340, 93.4414)),
        spike_frequency_adaptation=Known(6, (9.9914, 11.6223, 13.8515, 17.9760, 39.7164, 68.2497)),
        class_1_excitable=Known(10, (83.9416, 124.6231, 155.2219, 180.7948)),
        class_2_excitable=Known(17, (104.3379, 123.7665, 140.6971, 156.0274)),
        spike_latency=Known(1, (16.5926,)),
        subthreshold_oscillations=Known(1, (25.6324,)),
        resonator=Known(1, (336.7335,)),
        integrator=Known(1, (19.4758,)),
        rebound_spike=Known(1, (57.6339,)),
        rebound_burst=Known(14, (57.6339, 59.9398, 62.3477, 64.8685)),
        threshold_variability=Known(1, (91.8889,)),
        bistability=Known(7, (44.1600, 83.1447, 121.9094, 160.6803, 199.4509, 223.9774, 263.3142)),
        depolarizing_after_potential=Known(8, (11.0964, 14.8186, 19.5622, 25.0388)),
        accommodation=Known(1, (310.5040,)),
        inhibition_induced_spiking=Known(4, (93.2179, 151.7584, 210.2989, 254.5771)),
        inhibition_induced_bursting=Known(18, (85.1490, 86.2449, 87.3057, 88.3330)),
    ),
    "izhikevich_2007": patterns(
        RS=Known(13, (48.1801, 121.6459), 76.03504),
        IB=Known(12, (20.7679, 36.9068, 119.4524), 93.71254),
        CH=Known(22, (14.8962, 19.1662, 108.2334)),
    ),
    # Naud et al. 2008, figure 4
    "adex": patterns(
        brette_gerstner=Known(5, (31.79155, 45.37604, 61.19619, 79.77565, 101.64404), changed=UP, tolerance=6e-6),
        tonic=Known(62, (14.2229, 23.1518, 32.2421, 41.4576, 50.7686), 9.58525, changed=UP),
        adaptation=Known(12, (14.9040, 26.1718, 40.5479, 60.1580), 75.90887, changed=UP),
        initial_burst=Known(12, (5.4635, 8.8826, 16.2016, 70.9485, 135.0676), 63.95204, changed=UP),
        regular_bursting=Known(11, (16.1580, 19.0756, 24.1984, 155.9560, 161.3099, 294.5034), changed=UP),
        delayed_accelerating=Known(46, (33.5737, 54.1675, 73.2470, 91.1826), 10.27437, changed=UP),
        delayed_regular_bursting=Known(32, (57.1796, 60.3942, 64.7032, 72.1244, 128.9812), changed=UP),
        transient=Known(1, (30.2899,), changed=UP),
        irregular=Known(3, (15.6446, 19.0897, 23.5576), changed=UP, duration=30.0),
    ),
    "inap_ik": patterns(
        high_threshold=Known(3, (27.25821, 56.06312, 84.86802), 28.804901),
        low_threshold=Known(14, (6.02796, 50.47331, 54.32491), 3.659538),
        fast_k=Known(7, (11.19863, 13.46724, 15.71690), 2.249637),
    ),
    "morris_lecar": patterns(
        hopf=Known(5, interval=85.2906410, interval_tolerance=1e-7),
        snic=Known(6, interval=1000 / 13.2374032, interval_tolerance=1e-6),
        homoclinic=Known(13, interval=1000 / 24.4936433, duration=500.0, interval_tolerance=1e-6),
        ml1981=Known(55, interval=27.588841, duration=1500.0, interval_tolerance=2e-6),
    ),
    "fitzhugh_nagumo": patterns(
        standard=Known(5, interval=39.47441498, interval_tolerance=1e-5),
        neurodynex=Known(4, (0.97861, 43.50910, 81.88267), 38.373566),
        borgers=Known(7, (3.39416, 50.93720, 97.10680), 46.169600),
    ),
    "hindmarsh_rose": patterns(
        slow=Known(18, (186.0615, 197.8680, 210.3172)),
        medium=Known(6, (88.0170, 115.4246, 270.5440)),
        fast=Known(34, (3.4363, 6.8844, 10.4244)),
        neun=Known(75, (2.7696, 6.1384, 9.5481)),
    ),
    "hodgkin_huxley": patterns(
        hh1952=Known(8, interval=1000 / 86.470053),
        # until the step ends
        rounded=Known(6, interval=1000 / 68.3138279, duration=94.0),
        neuron=Known(6, interval=1000 / 68.3896447, duration=94.0),
        borgers=Known(7),
        warm=Known(17, (6.51504, 11.86543, 17.17067), interval=5.3025444),
    ),
    "hodgkin_huxley_relative": patterns(
        hh1952=Known(2, (0.3260, 10.9097)),
        rounded=Known(12),
    ),
    "connor_stevens": patterns(
        dayan_abbott=Known(3, (43.116752,), 1000 / 34.0459329, tolerance=1e-6),
        connor_1977=Known(2, interval=1000 / 9.7514813, interval_tolerance=1e-5),
    ),
    "butera": patterns(
        silent=Known(0),
        bursting=Known(20, (454.9187, 492.1475, 531.5670, 573.5933)),
        tonic=Known(8, interval=1000 / 5.0817827, interval_tolerance=1e-4),
    ),
    "eif": patterns(
        neurodynex=Known(3, interval=36.604755144, interval_tolerance=1e-8),
        wb_fit=Known(4, interval=1000 / 31.12228377, interval_tolerance=1e-7),
    ),
    "leaky_integrate_and_fire": patterns(
        dayan_abbott=Known(6, interval=1000 / 72.13475204, interval_tolerance=1e-8),
        neurodynex=Known(5, interval=1000 / 41.35527903, interval_tolerance=1e-8),
        borgers=Known(12, interval=1000 / 144.26950409, interval_tolerance=1e-8),
        notebook_sine=Known(6, (8.28052,)),
    ),
    "lif_rc": patterns(
        constant=Known(4, (21.15114,), 21.15114),
        two_inputs=Known(6, (14.54664,), 14.54664),
        weak_sine=Known(0),
        strong_sine=Known(10, (2.71649, 13.54156, 23.58212), 10.0, tolerance=6e-6),
        strong_short_decay=Known(30, (0.26720, 0.54216, 0.82537), 2.43256, tolerance=6e-6),
        weak_long_decay=Known(0),
        strong_long_decay=Known(232, (0.26377, 0.52828, 0.79353), 0.788122, tolerance=6e-6),
        weak_short_decay=Known(0),
    ),
    "traub_miles": patterns(
        brette_2007=Known(4, interval=1000 / 38.9848486, duration=99.0),
        brian_example=Known(4, interval=1000 / 13.854840, interval_tolerance=2e-5),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "regime"), [(name, regime) for name, of in KNOWN.items() for regime in of])
def test_a_regime_does_what_it_is_known_for(name, regime) -> None:
    """Number of spikes, the first times and the last interval of its own experiment."""
    known = KNOWN[name][regime]
    found = spikes_of(experiment_of(name, regime, known.duration, **dict(known.changed)))
    print(len(found), found[:6], np.diff(found)[-2:])
    assert len(found) == known.count
    assert found[: len(known.first)] == pytest.approx(np.array(known.first), abs=known.tolerance)
    if known.interval is not None:
        assert found[-1] - found[-2] == pytest.approx(known.interval, abs=known.interval_tolerance)


@pytest.mark.parametrize("name", KNOWN)
def test_nothing_is_left_out(name) -> None:
    """Every regime of these models is in the table above."""
    assert set(KNOWN[name]) == set(load(name).regimes)


@pytest.mark.parametrize(("name", "regime"), [(name, regime) for name in catalogue() for regime in load(name).regimes])
def test_every_regime_has_an_experiment(name, regime) -> None:
    """Of whichever model it is; it loads, and starts where its equations have a value."""
    assert load_experiment(name, regime).steps >= 1


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("lif", "leaky_integrate_and_fire"),
        ("qif", "quadratic_integrate_and_fire"),
        ("theta", "theta_neuron"),
        ("rc", "passive_membrane"),
        ("noisy_lif", "lif_noisy"),
    ],
)
def test_short_names_are_known(alias, name) -> None:
    """Each stands for the whole file."""
    assert load(alias).text == load(name).text


# what is more than a table ------------------------------------------------------------------------------


def bursts(spikes: np.ndarray, pause: float) -> tuple[np.ndarray, list[int]]:
    """When each burst begins, and how many spikes each has; the last may be cut short."""
    first = np.append(0, np.flatnonzero(np.diff(spikes) > pause) + 1)
    return spikes[first], np.diff(np.append(first, len(spikes))).tolist()


@pytest.mark.parametrize(
    ("name", "regime", "duration", "pause", "count", "period"),
    [
        ("hindmarsh_rose", "slow", 2200.0, 60.0, 9, 430.7756),
        ("hindmarsh_rose", "medium", 1600.0, 60.0, 2, 182.4214),
        ("butera", "bursting", 7000.0, 500.0, 10, 2204.5254),
    ],
)
def test_bursts_repeat(name, regime, duration, pause, count, period) -> None:
    """As many spikes in each, and as far apart, to 1e-4."""
    starts, counts = bursts(spikes_of(experiment_of(name, regime, duration)), pause)
    print(np.diff(starts), counts)
    assert counts[:-1] == [count] * (len(counts) - 1)
    assert np.diff(starts)[-1] == pytest.approx(period, abs=1.01e-4)


def test_the_cell_of_neun_bursts_at_its_own_level_too() -> None:
    """Neun counts crossings of 1: 75 there and at 0."""
    experiment = experiment_of("hindmarsh_rose", "neun")
    system = build_system(experiment.model)
    found = solution_of(experiment, system=replace(system, event=replace(system.event, level=lambda y: y[0] - 1))).spike_times_ms
    assert len(found) == 75
    assert found[:3] == pytest.approx([3.18476, 6.55765, 9.97162], abs=6e-6)


def test_the_axon_of_pyhh_fires_when_its_demo_says() -> None:
    """Crossings of 0 mV in v - 70 mV: 12, the first at 61.2872, 73.3603 and 84.9604 ms; the first peak is at 36.30 mV."""
    experiment = experiment_of("hodgkin_huxley_relative", "rounded")
    system = build_system(experiment.model)
    system = replace(system, event=replace(system.event, level=lambda y: y[0] - 70))
    found = solution_of(experiment, np.arange(60.0, 70.0, 0.001), system)
    assert len(found.spike_times_ms) == 12
    assert found.spike_times_ms[:3] == pytest.approx([61.2872, 73.3603, 84.9604], abs=6e-5)
    assert found.states[0].max() - 70 == pytest.approx(36.30, abs=6e-3)


def test_two_shocks_make_two_spikes() -> None:
    """The first peaks at 111.8717 mV, 0.6012 ms after the first shock begins."""
    t = np.arange(0, 5, 1e-4)
    v = solution_of(experiment_of("hodgkin_huxley_relative", "hh1952", 5.0), t).states[0]
    assert (v.max(), t[v.argmax()]) == (pytest.approx(111.8717, abs=6e-5), pytest.approx(0.6012, abs=1e-4))


def test_borgers_axon_is_the_rounded_one_under_more_current() -> None:
    """g_L times the 0.4 mV between their leaks, 0.12 uA/cm2: the same trace, to 1e-5 mV; firing waits for the pulse."""
    t = np.arange(0, 250, 0.5)
    experiment = experiment_of("hodgkin_huxley", "borgers")
    found = solution_of(experiment, t)
    rounded = load("hodgkin_huxley").with_regime("rounded")
    expected = solve(build_system(rounded), 250.0, t, experiment.drive + Step(0.12), rtol=RTOL)
    assert np.abs(found.states - expected.states).max() < 1e-5
    assert found.spike_times_ms[0] > 150


@pytest.mark.parametrize(
    ("regime", "expected"),
    [
        ("standard", (0.3312813375, 1.4187186625)),
        ("neurodynex", (None, 2.740929721)),
        ("borgers", (-4.291561427, 4.291561427)),
    ],
)
def test_fitzhugh_and_nagumo_oscillate_between_two_hopf_points(regime, expected) -> None:
    """Where the file's equations rest without damping: the trace of their linearisation is zero."""
    model = load("fitzhugh_nagumo").with_regime(regime)
    p, rates, h = model.parameter_values, build_system(model).rates, 1e-5
    found = fitzhugh_nagumo.hopf_currents(**p)
    for sign, current, printed in zip((-1, 1), found, expected, strict=True):
        v = sign * sqrt(p["c"] * (1 - p["eps"] * p["b"]) / 3)
        w = (v + p["a"]) / p["b"]
        assert rates((v, w), current) == pytest.approx((0.0, 0.0), abs=1e-13)
        along_v = rates((v + h, w), current)[0] - rates((v - h, w), current)[0]
        along_w = rates((v, w + h), current)[1] - rates((v, w - h), current)[1]
        assert (along_v + along_w) / (2 * h) == pytest.approx(0.0, abs=1e-8)
        assert printed is None or current == pytest.approx(printed, abs=1e-9)


@pytest.mark.parametrize(
    ("regime", "current", "hertz", "tolerance"),
    [("high_threshold", 4.52, 11.4578, 6e-5), ("high_threshold", 10.0, 141.372448, 1e-5)],
)
def test_high_threshold_potassium_lets_the_rate_start_from_zero(regime, current, hertz, tolerance) -> None:
    """11.4578 Hz a little above the saddle-node at 4.51287 uA/cm2."""
    system = build_system(load("inap_ik").with_regime(regime))
    found = spikes_alone(system, 4500 / hertz, Step(current), RTOL)
    assert 1000 / (found[-1] - found[-2]) == pytest.approx(hertz, abs=tolerance)


def test_weak_inputs_stay_below_threshold() -> None:
    """4.54874 mV at 9.4587 ms, 3.14980 mV at 4.6210 ms, and of the sine what its formula says."""
    expected = {"weak_long_decay": (4.54874, 9.4587), "weak_short_decay": (3.14980, 4.6210)}
    for regime, (peak, when) in expected.items():
        # A R (exp(-t/tau) - exp(-t/RC))/(1 - RC/tau), highest where both fall alike
        tau, rc = {"weak_long_decay": (100.0, 2.5), "weak_short_decay": (10.0, 2.5)}[regime]
        t = log(tau / rc) * tau * rc / (tau - rc)
        assert (t, 5 * (exp(-t / tau) - exp(-t / rc)) / (1 - rc / tau)) == (
            pytest.approx(when, abs=6e-5),
            pytest.approx(peak, abs=6e-6),
        )
        found = solution_of(experiment_of("lif_rc", regime), np.array([t])).states[0][0]
        assert found == pytest.approx(peak, abs=6e-6)
    t = np.arange(0, 100, 0.01)
    found = solution_of(experiment_of("lif_rc", "weak_sine"), t).states[0]
    x = 0.2 * np.pi * 2.5
    formula = 5 / (1 + x**2) * (np.sin(0.2 * np.pi * t) - x * np.cos(0.2 * np.pi * t) + x * np.exp(-t / 2.5))
    assert np.abs(found - formula).max() < 1e-7
    assert found.max() < 5


def test_the_general_form_of_2004_is_the_model_of_2003() -> None:
    """With the coefficients of the file the same rates, to 1e-12, and the same reset."""
    rng = np.random.default_rng(2004)
    new, old = (build_system(load(name)) for name in ("izhikevich_2004", "izhikevich"))
    assert new.names == old.names
    for v, u, current in zip(rng.uniform(-90, 40, 50), rng.uniform(-30, 30, 50), rng.uniform(-10, 30, 50), strict=True):
        y = (float(v), float(u))
        assert new.rates(y, float(current)) == pytest.approx(old.rates(y, float(current)), abs=1e-11)
    regime = load("izhikevich").with_parameters(d="6 mV")
    assert build_system(regime).event.reset((31.0, -3.0)) == new.event.reset((31.0, -3.0))


# other names --------------------------------------------------------------------------------------------


def test_figures_letters_name_regimes_too() -> None:
    """The classes and panels of Izhikevich's figures, each once, to the same model; a wrong one is told the real names."""
    types = ("RS", "IB", "CH", "FS", "TC", "TC_rebound", "RZ", "LTS")
    for name, aliases in (
        ("izhikevich", [f"type_{t}" for t in types]),
        ("izhikevich_2004", [f"pattern_{k}" for k in string.ascii_uppercase[:20]]),
    ):
        model = load(name)
        found = {alias: known for known, regime in model.regimes.items() for alias in regime.aliases}
        assert sorted(found) == sorted(aliases) and len(set(found.values())) == len(aliases)
        assert all(model.with_regime(alias) == model.with_regime(known) for alias, known in found.items())
    assert load("izhikevich").with_regime("type_FS").parameters["a"].value == 0.1
    assert load_experiment("izhikevich_2004", "pattern_Q").model.parameters["d"].value == -21.0
    with pytest.raises(DefinitionError, match="izhikevich: there is no regime 'type_XX'"):
        load("izhikevich").with_regime("type_XX")


def test_the_sine_of_the_notebook_is_a_regime_of_the_neuron() -> None:
    """The spikes of lif_sine_rest, the first at 8.28052 ms."""
    found = spikes_of(load_experiment("lif", "notebook_sine"))
    assert found[0] == pytest.approx(8.28052, abs=5e-6)
    assert np.allclose(found, spikes_of(load_experiment("lif_sine_rest")), rtol=0, atol=1e-9)


def test_the_axon_is_faster_where_it_is_warm() -> None:
    """18.5 degC: all rates 3**1.22 times as fast, as in the hand-written neuron; at 6.3 degC the factor is 1 to the last bit."""
    model = load("hodgkin_huxley")
    assert 3 ** ((model.parameter_values["T"] - model.parameter_values["T_rates"]) / 10) == 1.0
    warm = model.with_regime("warm")
    state = (-40.0, 0.2, 0.5, 0.4)
    slow, fast = (build_system(each).rates(state, 0.0) for each in (model, warm))
    assert fast[0] == slow[0] and [f / s for f, s in zip(fast[1:], slow[1:], strict=True)] == pytest.approx(
        [3**1.22] * 3, rel=1e-13
    )
    make = oracle(warm)
    assert make is not None and make(None).rates(state, 0.0) == pytest.approx(fast, rel=1e-13)
    assert is_squid_axon(warm) and is_squid_axon(model)


def test_the_names_of_the_formulas_lead_to_the_membrane_that_shows_them() -> None:
    """It settles at the potential of its one ion, or of several; its currents are those of a constant field."""
    model = load("ghk_current")
    assert load("nernst") == load("ghk_voltage") == model and model.name == "ghk_membrane"
    p = model.parameter_values
    currents = _defined(model, -20.0)
    assert currents["I_K"] == pytest.approx(ghk_current(1.8e-6, -20.0, 400.0, 20.0, 1, p["T"]), rel=1e-13)
    assert currents["I_Cl"] == pytest.approx(ghk_current(8.1e-7, -20.0, 52.0, 560.0, -1, p["T"]), rel=1e-13)


def _defined(model: Model, v: float) -> dict[str, float]:
    """What the definitions of the membrane are at a potential."""
    known = {**model.parameter_values, "v": v}
    for name in model.ordered_definitions:
        known[name] = evaluate(model.regular[name], known, model.coherent)
    return known
