"""A model as a System: state, voltage, events, populations; compiled and node by node."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.errors import DefinitionError, TranslationError
from spikebridge.bridge.system import build_population, build_rates, build_system, interpret_system

HH, LIF = load("hodgkin_huxley"), load("leaky_integrate_and_fire")
BUILDERS = (build_system, interpret_system)


def adapting(rule: str) -> Model:
    """Two variables, a reset of both in an order that matters."""
    return parse_model(
        f'name = "adapting"\nequations = """\ndv/dt = (E - v + R*I_stim - w)/tau : mV\ndw/dt = -w/(5*tau) : mV\ngap = v - theta : mV\n'
        f'I_stim : nA\n"""\n{rule}\n[parameters]\nE = "-65 mV"\nR = "10 Mohm"\ntau = "10 ms"\ntheta = "-50 mV"\n'
        f'[initial]\nv = "E"\nw = "1 mV"\n',
        "adapting.toml",
    )


@pytest.mark.parametrize("build", BUILDERS)
def test_a_system_starts_where_the_model_does(build) -> None:
    """One float a variable, or one array."""
    system = build(HH)
    assert system.names == HH.state_names and system.neurons is None
    assert system.initial == tuple(HH.initial_values.values())
    many = build(HH, neurons=3)
    assert many.neurons == 3 and [x.tolist() for x in many.initial] == [[x] * 3 for x in system.initial]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_population_has_the_precision_asked_for(dtype) -> None:
    """Also its rates: no constant of the source raises it."""
    system = build_system(HH, 4, dtype)
    rates = system.rates(system.initial, np.zeros(4, dtype=dtype))
    assert {np.asarray(x).dtype for x in (*system.initial, *rates)} == {np.dtype(dtype)}


@pytest.mark.parametrize("build", BUILDERS)
def test_the_voltage_and_its_rate_stand_alone(build) -> None:
    """The index, and the same number as among all rates."""
    system = build(HH)
    assert system.voltage == 0
    assert system.voltage_rate(system.initial, 10.0) == pytest.approx(system.rates(system.initial, 10.0)[0], rel=1e-15)
    assert build(load("fitzhugh_nagumo")).voltage is None


@pytest.mark.parametrize("build", BUILDERS)
def test_the_stimulus_enters_the_rates(build) -> None:
    """10 uA/cm2 on 1 uF/cm2 are 10 mV/ms."""
    system = build(HH)
    driven, silent = system.rates(system.initial, 10.0), system.rates(system.initial, 0.0)
    assert driven[0] - silent[0] == pytest.approx(10.0, rel=1e-12) and driven[1:] == silent[1:]


@pytest.mark.parametrize("build", BUILDERS)
def test_a_spike_without_reset_is_a_level(build) -> None:
    """Positive above 0 mV; nothing happens to the state."""
    event = build(HH).event
    assert event.reset is None and event.held == () and event.refractory_ms == 0.0
    assert event.level((1.5, 0.0, 0.0, 0.0)) == 1.5 and event.level((-1.5, 0.0, 0.0, 0.0)) == -1.5


def test_samples_of_a_run_that_went_astray_cross_without_a_warning() -> None:
    """Voltages at which rates overflow are above or below a level like any other."""
    system = interpret_system(load("reduced_traub_miles"), neurons=1)
    assert system.event is not None
    state = tuple(np.array([1e6, -1e6]) for _ in system.names)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (np.asarray(system.event.level(state)) > 0).tolist() == [True, False]


@pytest.mark.parametrize("build", BUILDERS)
def test_a_reset_and_its_rest(build) -> None:
    """To v_reset; v is held for 2 ms."""
    event = build(LIF).event
    assert event.reset((-49.0,)) == (-65.0,)
    assert (event.held, event.refractory_ms) == ((0,), 2.0)
    assert build(LIF.with_parameters(tau_refrac="0.5 s")).event.refractory_ms == 500.0


@pytest.mark.parametrize("build", BUILDERS)
def test_assignments_of_a_reset_follow_one_another(build) -> None:
    """The second sees what the first has done; definitions are those before the reset."""
    model = adapting('spike = "v > theta"\nreset = """\nw += 2*mV\nv = E + w + gap\n"""')
    assert build(model).event.reset((-45.0, 1.0)) == pytest.approx((-57.0, 3.0), rel=1e-15)
    many = build(model, neurons=2).event.reset((np.array([-45.0, -40.0]), np.array([1.0, 1.0])))
    assert [x.tolist() for x in many] == [[-57.0, -52.0], [3.0, 3.0]]


def test_the_variable_that_crosses_is_the_one_that_rests() -> None:
    """Whichever it is; where the level is a difference of two, nobody can say."""
    rest = 'reset = "v = E"\nrefractory = "2 ms"'
    assert adapting(f'spike = "v > theta"\n{rest}').held == ("v",)
    assert adapting(f'spike = "w > 1*mV"\n{rest}').held == ("w",)
    assert adapting('spike = "v > theta"\nreset = "v = E"').held == ()
    assert HH.held == ()
    with pytest.raises(TranslationError, match=r"^adapting: a refractory period needs a spike rule on one state variable$"):
        adapting(f'spike = "v - w > theta"\n{rest}').held


@pytest.mark.parametrize("build", BUILDERS)
def test_coefficients_give_the_rates(build) -> None:
    """x' = A x + B, with the other variables where they are."""
    system = build(HH)
    slopes, offsets = system.linear(system.initial, 10.0)
    rates = system.rates(system.initial, 10.0)
    for a, b, x, rate in zip(slopes, offsets, system.initial, rates, strict=True):
        assert a * x + b == pytest.approx(rate, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("build", BUILDERS)
def test_a_rate_that_is_not_linear_has_no_coefficients(build) -> None:
    """The cubic of FitzHugh and Nagumo."""
    assert build(load("fitzhugh_nagumo")).linear is None


def test_the_source_reaches_nothing_but_its_own_names() -> None:
    """No builtins: what a definition could smuggle in would find nothing to call."""
    scope = build_system(HH).rates.__globals__
    assert scope["__builtins__"] == {}
    assert not {name for name in scope if name in ("open", "eval", "exec", "__import__", "np", "numpy")}


def test_neurons_of_a_population_may_differ_in_parameters_and_start() -> None:
    """Each has the rates it has alone."""
    models = [HH, HH.with_parameters(g_Na="100 mS/cm2", E_L="-50 mV"), HH.with_initial({"v": "-40 mV"})]
    system = build_population(models)
    together = np.array(system.rates(system.initial, np.full(3, 2.0)))
    for j, model in enumerate(models):
        alone = build_system(model)
        assert together[:, j] == pytest.approx(alone.rates(alone.initial, 2.0), rel=1e-12)


def test_a_population_shares_its_equations_and_its_refractory_period() -> None:
    """What differs is named."""
    with pytest.raises(DefinitionError, match="hodgkin_huxley: a population needs the same equations in each of its neurons"):
        build_population([HH, LIF])
    with pytest.raises(DefinitionError, match="a population needs the same refractory period in each of its neurons"):
        build_population([LIF, LIF.with_parameters(tau_refrac="3 ms")])


def test_rates_as_a_function_of_one_parameter() -> None:
    """Whatever value it has in the model, for many values at once."""
    rates = build_rates(HH, "g_L")
    state = tuple(np.full(2, x) for x in HH.initial_values.values())
    found = rates(state, np.zeros(2), np.array([0.3, 0.6]))
    for j, g_L in enumerate(("0.3 mS/cm2", "0.6 mS/cm2")):
        alone = build_system(HH.with_parameters(g_L=g_L))
        assert found[0][j] == pytest.approx(alone.rates(alone.initial, 0.0)[0], rel=1e-12)
