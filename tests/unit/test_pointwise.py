"""Definition, translation and hand-written neuron agree at random states; and what closed forms say of the hand-written ones."""

from importlib import import_module
from math import log

import numpy as np
import pytest

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.model import Model, Parameter
from spikebridge.bridge.definition.model_file import catalogue, load, parse_model
from spikebridge.bridge.system import build_system, interpret_system
from spikebridge.reference.exact import solve
from spikebridge.reference.neurons import (
    adex,
    eif,
    fitzhugh_nagumo,
    izhikevich,
    izhikevich_2007,
    passive_membrane,
    perfect_integrate_and_fire,
)
from spikebridge.reference.stimulus import Step
from spikebridge.reference.system import System
from spikebridge.reports.proof.oracles import ORACLES, oracle

RANDOM_STATES = 500
# exactly on the removable singularities of the rates
SINGULAR = {
    "hodgkin_huxley": (-40.0, -55.0),
    "hodgkin_huxley_relative": (25.0, 10.0),
    "connor_stevens": (-29.7, -45.7),
    "wang_buzsaki": (-35.0, -34.0),
    "reduced_traub_miles": (-54.0, -27.0, -52.0),
}
# where the states of a model live and, last, its stimulus, if not as in random_states; no further up than its spikes go
RANGES = {
    "adex": ((-100, -38), (-200, 500), (0, 1000)),
    "eif": ((-100, -42), (-1, 3)),
    "fitzhugh_nagumo": ((-3, 3), (-2, 3), (-1, 2)),
    "hindmarsh_rose": ((-2.5, 2.5), (-15, 2), (-1, 5), (0, 4)),
    "izhikevich": ((-90, 40), (-30, 30), (-10, 30)),
    "izhikevich_2007": ((-90, 60), (-200, 500), (0, 600)),
    "leaky_integrate_and_fire": ((-100, -40), (-1, 5)),
    "passive_membrane": ((-100, 0), (-200, 500)),
    "perfect_integrate_and_fire": ((-10, 30), (-1, 1)),
}


def random_states(name: str) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Voltages between -100 and 120 mV with the singular ones among them, gates between 0 and 1, currents; or as RANGES say."""
    rng = np.random.default_rng(1952)
    gates = [(0, 1)] * (len(load(name).state_names) - 1)
    *states, current = (rng.uniform(*between, RANDOM_STATES) for between in RANGES.get(name, ((-100, 120), *gates, (-20, 50))))
    states[0][: len(SINGULAR.get(name, ()))] = SINGULAR.get(name, ())
    return tuple(states), current


def right_hand_sides(system: System):
    """The rates, or a map's next state."""
    return system.advance or system.rates


def scaled_difference(found, expected) -> float:
    """Largest difference relative to the size of each rate over all states; nan where anything is not a number."""
    pairs = zip(found, expected, strict=True)
    return float(np.max([np.max(np.abs(a - b)) / (np.max(np.abs(b)) or 1.0) for a, b in pairs]))


@pytest.mark.parametrize("name", catalogue())
def test_the_numpy_source_says_what_the_definition_says(name) -> None:
    """For populations, at every random state, to 1e-12."""
    model = load(name)
    states, current = random_states(name)
    found = right_hand_sides(build_system(model, RANDOM_STATES))(states, current)
    expected = right_hand_sides(interpret_system(model, RANDOM_STATES))(states, current)
    print(scaled_difference(found, expected))
    assert scaled_difference(found, expected) < 1e-12


@pytest.mark.parametrize("name", catalogue())
def test_plain_floats_and_arrays_give_the_same(name) -> None:
    """The same source under math and under numpy, to 1e-12."""
    model = load(name)
    states, current = random_states(name)
    one, many = build_system(model), right_hand_sides(build_system(model, RANDOM_STATES))(states, current)
    for k in range(50):
        rates = right_hand_sides(one)(tuple(float(x[k]) for x in states), float(current[k]))
        for a, b in zip(rates, many, strict=True):
            # a rate may be constant
            assert a == pytest.approx(np.broadcast_to(b, RANDOM_STATES)[k], rel=1e-12, abs=1e-12 * np.max(np.abs(b)))


@pytest.mark.parametrize("name", catalogue())
def test_the_definition_as_written_agrees_with_its_regular_form(name) -> None:
    """Away from 0/0 the exprel form changes nothing, to 1e-12."""
    model = load(name)
    states, _ = random_states(name)
    keep = np.min([np.abs(states[0] - v) for v in SINGULAR.get(name, (1e9,))], axis=0) > 0.1
    known = {**model.parameter_values, **{s: x[keep] for s, x in zip(model.state_names, states, strict=True)}, "I_stim": 0.0}
    as_written = dict(known)
    for symbol in model.ordered_definitions:
        known[symbol] = evaluate(model.regular[symbol], known, model.coherent)
        as_written[symbol] = evaluate(model.definitions[symbol], as_written, model.coherent)
        assert known[symbol] == pytest.approx(as_written[symbol], rel=1e-12)


@pytest.mark.parametrize("name", [n for n in catalogue() if all(load(n).linear.values())])
def test_linear_form_gives_the_rates(name) -> None:
    """A x + B is the rate, for every variable, to 1e-12 of its largest."""
    model = load(name)
    states, current = random_states(name)
    system = build_system(model, RANDOM_STATES)
    slopes, offsets = system.linear(states, current)
    found = [a * x + b for a, x, b in zip(slopes, states, offsets, strict=True)]
    assert scaled_difference(found, system.rates(states, current)) < 1e-12


# neurons written by hand --------------------------------------------------------------------------------

# what the hand-written neuron holds fast: it counts its potentials from rest
FIXED = {"hodgkin_huxley": ("E_Na", "E_K"), "hodgkin_huxley_relative": ("V_Na", "V_K")}
CHANGED = "every parameter changed"
VARIANTS = [(name, variant) for name in ORACLES for variant in ("", *load(name).regimes, CHANGED)]


def variant_of(name: str, variant: str) -> Model:
    """The model, in a regime, or with each of its parameters changed by a per cent or more, each differently."""
    model = load(name)
    if variant != CHANGED:
        return model.with_regime(variant) if variant else model
    free = [(key, p) for key, p in model.parameters.items() if key not in FIXED.get(name, ())]
    return model.with_parameters({key: Parameter(p.value * (1.01 + k / 1000) + 0.001, p.unit) for k, (key, p) in enumerate(free)})


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_the_hand_written_neuron_has_the_rates(name, variant) -> None:
    """Oracle and translation, whatever the parameters, to 1e-12, exactly on the singular voltages too."""
    model = variant_of(name, variant)
    states, current = random_states(name)
    by_hand, translated = oracle(model)(RANDOM_STATES), build_system(model, RANDOM_STATES)
    found, expected = by_hand.rates(states, current), translated.rates(states, current)
    assert (by_hand.names, by_hand.voltage) == (translated.names, translated.voltage)
    assert np.all(np.isfinite(found))
    print(scaled_difference(found, expected))
    assert scaled_difference(found, expected) < 1e-12
    if translated.voltage is not None:
        alone = by_hand.voltage_rate(states, current)
        assert scaled_difference([alone], [expected[translated.voltage]]) < 1e-12


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_the_hand_written_neuron_spikes_alike(name, variant) -> None:
    """The same level, the same state after a reset, and the same variables held for as long, to 1e-12."""
    model = variant_of(name, variant)
    states, _ = random_states(name)
    by_hand, translated = (system.event for system in (oracle(model)(RANDOM_STATES), build_system(model, RANDOM_STATES)))
    if translated is None:
        assert by_hand is None
        return
    assert scaled_difference([by_hand.level(states)], [translated.level(states)]) < 1e-12
    assert (by_hand.refractory_ms, by_hand.held) == (translated.refractory_ms, translated.held)
    assert (by_hand.reset is None) == (translated.reset is None)
    if translated.reset is not None:
        found, expected = by_hand.reset(states), translated.reset(states)
        assert np.max([np.max(np.abs(a - b)) for a, b in zip(found, expected, strict=True)]) <= 1e-12


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_the_hand_written_neuron_relaxes_alike(name, variant) -> None:
    """NEURON's cnexp wherever the translation has it, over short and long steps, to 1e-12."""
    model = variant_of(name, variant)
    states, current = random_states(name)
    by_hand, translated = oracle(model)(RANDOM_STATES), build_system(model, RANDOM_STATES)
    assert (by_hand.relax is None) == (translated.relax is None)
    for dt in (0.01, 1.0, 100.0) if translated.relax else ():
        found, expected = by_hand.relax(states, current, dt), translated.relax(states, current, dt)
        assert scaled_difference(found, expected) < 1e-12


@pytest.mark.parametrize(("name", "variant"), [(n, v) for n, v in VARIANTS if oracle(load(n))(None).linear])
def test_the_hand_written_neuron_has_the_linear_form(name, variant) -> None:
    """The same A and B, where it has them, to 1e-12."""
    model = variant_of(name, variant)
    states, current = random_states(name)
    by_hand, translated = oracle(model)(RANDOM_STATES), build_system(model, RANDOM_STATES)
    for found, expected in zip(by_hand.linear(states, current), translated.linear(states, current), strict=True):
        for a, b in zip(found, expected, strict=True):
            assert np.max(np.abs(a - b)) <= 1e-12 * np.max(np.abs(b))


@pytest.mark.parametrize("name", ORACLES)
def test_the_hand_written_neuron_takes_floats_and_arrays(name) -> None:
    """One neuron and a population through the same lines, to 1e-12."""
    states, current = random_states(name)
    one, many = oracle(load(name))(None), oracle(load(name))(RANDOM_STATES)
    rates = many.rates(states, current)
    for k in range(50):
        y = tuple(float(x[k]) for x in states)
        for a, b in zip(one.rates(y, float(current[k])), rates, strict=True):
            assert a == pytest.approx(b[k], rel=1e-12, abs=1e-12 * np.max(np.abs(b)))
        if one.relax:
            relaxed = many.relax(states, current, 0.1)
            assert one.relax(y, float(current[k]), 0.1) == pytest.approx([x[k] for x in relaxed], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", [n for n in ORACLES if n != "hodgkin_huxley_relative"])
def test_a_listing_run_as_it_stands_is_the_catalogue_model(name) -> None:
    """The parameters that a hand-written neuron has by itself, and where it starts: six digits of the resting state."""
    states, current = random_states(name)
    by_hand, model = import_module(f"spikebridge.reference.neurons.{name}").system(), load(name)
    assert scaled_difference(by_hand.rates(states, current), build_system(model, RANDOM_STATES).rates(states, current)) < 1e-12
    assert by_hand.initial == pytest.approx(tuple(model.initial_values.values()), abs=1e-6)


def test_no_hand_written_neuron_stands_in_for_an_edited_copy_of_a_catalogue_file() -> None:
    """Not even where the copy kept the name of the file; for the file itself, read again, it does."""
    model = load("adex")
    copy = parse_model(model.text.replace("- w + I_stim", "- 2*w + I_stim"), model.origin)
    assert (oracle(copy), oracle(parse_model(model.text, model.origin)) is not None) == (None, True)


# closed forms -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("current", [0.1, 0.3, 1.0])
def test_a_perfect_integrator_fires_once_per_charge(current) -> None:
    """C (theta - v_reset)/I between spikes and the refractory period beside it: 12.9333 ms with the values of the file."""
    found = solve(perfect_integrate_and_fire.system(), 100.0, np.array([0.0]), Step(current)).spike_times_ms
    assert len(found) > 1
    assert np.diff(found) == pytest.approx(perfect_integrate_and_fire.interval(current), abs=1e-9)
    assert perfect_integrate_and_fire.interval(0.3) == pytest.approx(2 + 0.2 * 16.4 / 0.3)
    assert perfect_integrate_and_fire.interval(0.0) == np.inf


def test_a_passive_membrane_answers_a_step_with_an_exponential() -> None:
    """E_L + I/g_L (1 - exp(-t g_L/C)): after one time constant 6.3212 mV of ten, in arrays and floats."""
    t = np.arange(0, 50.5, 0.5)
    found = solve(passive_membrane.system(), 50.0, t, Step(100.0)).states[0]
    assert found == pytest.approx(passive_membrane.response(t, 100.0), abs=1e-10)
    assert passive_membrane.response(10.0, 100.0) + 70 == pytest.approx(6.321205588)


def test_the_exponential_neuron_loses_its_rest_at_rheobase() -> None:
    """(V_T - E_L - Delta_T)/R, 0.4 nA in the exercises and 0.162 nA in the fit: dv/dt touches zero at V_T."""
    fit = {"E_L": -65.0, "V_T": -59.9, "Delta_T": 3.48}
    assert eif.rheobase() == pytest.approx(0.4)
    assert eif.rheobase(R=10.0, **fit) == pytest.approx(0.162)
    for system, v_T, current in ((eif.system(), -55.0, 0.4), (eif.system(tau_m=10.0, R=10.0, **fit), -59.9, 0.162)):
        rate = system.voltage_rate((v_T + np.linspace(-5, 5, 1001),), current)
        assert np.argmin(rate) == 500
        assert rate[500] == pytest.approx(0.0, abs=1e-12)


def test_the_adaptive_exponential_neuron_rests_up_to_the_currents_of_2005() -> None:
    """Saddle-node 627.31109 pA, Hopf point 627.18246 pA, where the formulas of Touboul and Brette have them."""
    saddle_node, hopf = -50.4 + 2 * log(1 + 4 / 30), -50.4 + 2 * log(1 + 281 / (30 * 144))
    assert adex.holding_current(saddle_node) == pytest.approx(627.31109, abs=6e-6)
    assert adex.holding_current(hopf) == pytest.approx(627.18246, abs=6e-6)
    for v in (saddle_node, hopf, -60.0):
        rates = adex.system().rates((v, 4 * (v + 70.6)), adex.holding_current(v))
        assert rates == pytest.approx((0.0, 0.0), abs=1e-12)


def test_izhikevichs_neurons_lose_their_rest_in_a_saddle_node() -> None:
    """4 mV/ms at -60 mV in the model of 2003; 144/2.8 pA at -51.43 mV in the regular spiking cell of 2007."""
    assert izhikevich.saddle_node() == pytest.approx(4.0)
    assert izhikevich_2007.saddle_node() == pytest.approx(144 / 2.8)
    v = (-60.0 - 40.0 - 2 / 0.7) / 2
    for system, y, current in (
        (izhikevich.system(), (-60.0, -12.0), 4.0),
        (izhikevich_2007.system(), (v, -2 * (v + 60)), 144 / 2.8),
    ):
        assert system.rates(y, current) == pytest.approx((0.0, 0.0), abs=1e-12)


def test_fitzhugh_nagumo_oscillates_between_two_hopf_points() -> None:
    """0.3312813375 and 1.4187186625, which add up to 1.75: there rest has no damping."""
    found = fitzhugh_nagumo.hopf_currents()
    assert found == pytest.approx((0.3312813375, 1.4187186625), abs=6e-11)
    system, h = fitzhugh_nagumo.system(), 1e-5
    for sign, current in zip((-1, 1), found, strict=True):
        v = sign * (1 - 0.08 * 0.8) ** 0.5
        w = (v + 0.7) / 0.8
        assert system.rates((v, w), current) == pytest.approx((0.0, 0.0), abs=1e-14)
        pairs = (((v + h, w), (v - h, w)), ((v, w + h), (v, w - h)))
        slopes = [(system.rates(a, current)[i] - system.rates(b, current)[i]) / (2 * h) for i, (a, b) in enumerate(pairs)]
        assert sum(slopes) == pytest.approx(0.0, abs=1e-9)
