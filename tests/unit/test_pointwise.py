"""Definition, translation and hand-written neuron agree at random states, before anything is integrated."""

import numpy as np
import pytest

from bridge.evaluation import evaluate
from bridge.model_file import catalogue, load
from bridge.system import build_system, interpret_system
from reports.oracles import ORACLES, oracle

RANDOM_STATES = 500
# exactly on the removable singularities of Hodgkin and Huxley's rates
SINGULAR = {"hodgkin_huxley": (-40.0, -55.0), "hodgkin_huxley_relative": (25.0, 10.0)}


def random_states(name: str) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Voltages between -100 and 120 mV with the singular ones among them, gates between 0 and 1, currents."""
    rng = np.random.default_rng(1952)
    model = load(name)
    v = rng.uniform(-100, 120, RANDOM_STATES)
    v[: len(SINGULAR.get(name, ()))] = SINGULAR.get(name, ())
    gates = (rng.uniform(0, 1, RANDOM_STATES) for _ in model.state_names[1:])
    return (v, *gates), rng.uniform(-20, 50, RANDOM_STATES)


def scaled_difference(found, expected) -> float:
    """Largest difference relative to the size of each rate over all states."""
    pairs = zip(found, expected, strict=True)
    return max(float(np.max(np.abs(a - b)) / np.max(np.abs(b))) for a, b in pairs)


@pytest.mark.parametrize("name", catalogue())
def test_the_numpy_source_says_what_the_definition_says(name) -> None:
    """For populations, at every random state, to 1e-12."""
    model = load(name)
    states, current = random_states(name)
    found = build_system(model, RANDOM_STATES).rates(states, current)
    expected = interpret_system(model, RANDOM_STATES).rates(states, current)
    print(scaled_difference(found, expected))
    assert scaled_difference(found, expected) < 1e-12


@pytest.mark.parametrize("name", catalogue())
def test_plain_floats_and_arrays_give_the_same(name) -> None:
    """The same source under math and under numpy, to 1e-12."""
    model = load(name)
    states, current = random_states(name)
    one, many = build_system(model), build_system(model, RANDOM_STATES).rates(states, current)
    for k in range(50):
        rates = one.rates(tuple(float(x[k]) for x in states), float(current[k]))
        for a, b in zip(rates, many, strict=True):
            assert a == pytest.approx(b[k], rel=1e-12, abs=1e-12 * np.max(np.abs(b)))


@pytest.mark.parametrize("name", ORACLES)
def test_the_hand_written_neuron_agrees(name) -> None:
    """Oracle and translation, to 1e-12, exactly on the singular voltages too."""
    model = load(name)
    states, current = random_states(name)
    by_hand = oracle(model)(RANDOM_STATES)
    found = build_system(model, RANDOM_STATES).rates(states, current)
    assert np.all(np.isfinite(found))
    print(scaled_difference(found, by_hand.rates(states, current)))
    assert scaled_difference(found, by_hand.rates(states, current)) < 1e-12


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
