"""The driver: resets, refractory periods, conventions, divergence."""

import numpy as np
import pytest

from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.system import build_population, build_system
from spikebridge.reference.integrate import BRIAN2, NEURON, DivergenceError, integrate
from spikebridge.reference.neurons import leaky_integrate_and_fire
from spikebridge.reference.schemes import INTEGRATORS, MEMBRANE_LESS, SCHEMES, SchemeError
from spikebridge.reference.stimulus import Step
from spikebridge.reference.system import System

DT = 0.1


@pytest.mark.parametrize(("convention", "frozen"), [(NEURON, 20), (BRIAN2, 19)])
def test_refractory_steps_are_counted_as_the_simulator_counts(convention, frozen) -> None:
    """2 ms at dt 0.1: NEURON rests 20 steps, Brian2 one less, for it counts from the start of the crossing step."""
    run = integrate(leaky_integrate_and_fire.system(tau_ref=2.0), "forward_euler", 40.0, DT, Step(2.0), convention)
    v = run.states[0]
    reset = int(np.flatnonzero(np.diff(v) < -5)[0]) + 1
    assert v[reset] == -65.0
    assert np.all(v[reset : reset + frozen + 1] == -65.0)
    assert v[reset + frozen + 1] > -65.0


def test_labels_follow_the_simulator() -> None:
    """Brian2 labels a spike with the start of its step, NEURON with the end."""
    runs = [integrate(leaky_integrate_and_fire.system(), "rk4", 40.0, DT, Step(2.0), c) for c in (BRIAN2, NEURON)]
    assert runs[1].raw_spike_times_ms == pytest.approx(runs[0].raw_spike_times_ms + DT)
    assert runs[1].spike_times_ms == pytest.approx(runs[0].spike_times_ms)


@pytest.mark.parametrize("scheme", [s for s in INTEGRATORS if s not in MEMBRANE_LESS])
def test_grid_spikes_match_the_closed_form_to_the_step(scheme) -> None:
    """To one step a spike, which the reset on the grid costs; Euler's own error adds another."""
    expected = leaky_integrate_and_fire.spike_times(2.0, 0.0, 100.0)
    run = integrate(leaky_integrate_and_fire.system(), scheme, 100.0, 0.001, Step(2.0))
    assert len(run.spike_times_ms) == len(expected)
    lag = np.abs(run.spike_times_ms - np.array(expected)) / (np.arange(len(expected)) + 1)
    assert np.all(lag <= (0.002 if scheme in ("forward_euler", "backward_euler") else 0.001))


def test_a_population_with_resets_does_what_each_neuron_does() -> None:
    """Bit for bit, with three currents."""
    model, currents = load("leaky_integrate_and_fire"), np.array([0.0, 2.0, 5.0])
    together = integrate(build_system(model, 3), "rk4", 50.0, DT, Step(currents))
    for j, current in enumerate(currents):
        alone = integrate(build_system(model), "rk4", 50.0, DT, Step(float(current)))
        assert np.abs(together.states[:, :, j] - alone.states).max() < 1e-12
        assert together.spike_times_ms[j] == pytest.approx(alone.spike_times_ms)


REFRACTORY = """
name = "refractory"
equations = '''
dv/dt = (E_L - v + R*I_stim - u)/tau : mV
du/dt = -u/tau_w                     : mV
I_stim : nA
'''
spike = "v > theta"
reset = '''
v = E_L
u += 1*mV
'''
refractory = "1 ms"
refractory_clamp = "CLAMP"
[[event]]
when = "u > 3*mV"
reset = '''
u = 1*mV
v -= 1*mV
'''
[parameters]
E_L = "-65 mV"
R = "10 Mohm"
tau = "10 ms"
theta = "-50 mV"
tau_w = "20 ms"
[initial]
v = "E_L"
u = "0 mV"
"""


@pytest.mark.parametrize("clamp", ["state", "current"])
@pytest.mark.parametrize("scheme", [s for s in INTEGRATORS if s not in MEMBRANE_LESS])
def test_copies_in_front_jump_and_rest_as_each_does_alone(scheme, clamp) -> None:
    """Bit for bit: three copies with their own currents, of two neurons with their own thresholds, spikes included."""
    model = parse_model(REFRACTORY.replace("CLAMP", clamp), "refractory.toml")
    system = build_population([model, model.with_parameters(theta="-48 mV")])
    currents = np.array([[0.5], [2.5], [5.0]])
    together = integrate(system.copied(3), scheme, 50.0, DT, Step(currents), BRIAN2)
    assert [[len(train) > 0 for train in copy] for copy in together.spike_times_ms] == [[False] * 2, [True] * 2, [True] * 2]
    for copy, current in enumerate(currents):
        alone = integrate(system, scheme, 50.0, DT, Step(current), BRIAN2)
        assert np.array_equal(together.states[:, :, copy], alone.states)
        for name in ("spike_times_ms", "raw_spike_times_ms"):
            for found, expected in zip(getattr(together, name)[copy], getattr(alone, name), strict=True):
                assert np.array_equal(found, expected)


def test_divergence_says_when_and_what_to_try() -> None:
    """Explicit Euler far beyond its stability limit."""
    stiff = System(("x",), (1.0,), lambda y, u: (-1e6 * y[0] ** 3,))
    with pytest.raises(DivergenceError, match=r"^the solution left the numbers at t = .* ms \(.*\); try a smaller dt$"):
        integrate(stiff, "forward_euler", 10.0, 0.1)


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        ("exponential_euler", "exponential_euler needs every equation to be linear in its own variable"),
        ("backward_euler", "a staggered scheme needs a membrane potential"),
        ("cnexp", "cnexp needs every equation to be linear in its own variable"),
        ("iteration", "iteration is for maps; equations in time need an integration scheme"),
    ],
)
def test_a_scheme_refuses_what_it_cannot_integrate(scheme, message) -> None:
    """By the property that is missing."""
    with pytest.raises(SchemeError) as error:
        integrate(System(("x",), (1.0,), lambda y, u: (-(y[0] ** 3),)), scheme, 1.0, 0.1)
    assert str(error.value) == message


@pytest.mark.parametrize("scheme", MEMBRANE_LESS)
def test_a_scheme_of_mechanisms_refuses_a_membrane(scheme) -> None:
    """And names one that takes it."""
    membrane = leaky_integrate_and_fire.system()
    with pytest.raises(SchemeError, match=f"^{scheme} alone is for models without a membrane; with one, use ") as error:
        integrate(membrane, scheme, 1.0, 0.1)
    for other in str(error.value).partition(" use ")[2].split(" or "):
        SCHEMES[other].check(membrane)
