"""Many steps in one function: what the scheme does step by step, to the last bit, and a stop where something acts."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from definitions import DEFINITIONS

from spikebridge.bridge import stretches
from spikebridge.bridge.definition.model_file import catalogue, load, parse_model
from spikebridge.bridge.stretches import WORTH, printed_functions, stretch_of
from spikebridge.bridge.system import build_population, build_system, interpret_system
from spikebridge.bridge.translate.operations import Operations
from spikebridge.bridge.translate.stretch_source import StretchSource
from spikebridge.bridge.translate.tracing import traced
from spikebridge.reference.arrivals import NONE, Arrivals
from spikebridge.reference.integrate import NEURON, DivergenceError, integrate
from spikebridge.reference.jumps import Rules
from spikebridge.reference.march import LEFT_THE_NUMBERS
from spikebridge.reference.schemes import SCHEMES, Scheme, SchemeError
from spikebridge.reference.stimulus import Step
from spikebridge.reference.system import State, System

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "hodgkin_huxley.backward_euler.py.txt"
DT = 0.0125
MODELS = {**dict.fromkeys(catalogue()), **DEFINITIONS}


@pytest.fixture(autouse=True)
def at_once(monkeypatch) -> None:
    """Functions are made for a single step already."""
    monkeypatch.setattr(stretches, "WORTH", 0)


def system_of(name: str) -> System:
    """A system of the catalogue, or of a small definition."""
    text = MODELS[name]
    return build_system(load(name) if text is None else parse_model(text, name))


def schemes_for(system: System) -> list[Scheme]:
    """Those that can integrate it; of the longest methods of Runge-Kutta, which are longer data for the same text, only where the
    system is small."""
    found = []
    for scheme in SCHEMES.values():
        try:
            scheme.check(system)
        except SchemeError:
            continue
        if len(system.names) < 3 or scheme.order < 5:
            found.append(scheme)
    return found


def one_by_one(
    system: System, scheme: Scheme, stimuli: list[float], columns: list[list[float]], resting: bool
) -> State | str | None:
    """A Stretch by the scheme's own function; the name of an exception that it ends in."""
    rules, y = Rules(system), system.initial
    for stimulus in stimuli:
        try:
            after = scheme.step(system.hold(True) if resting else system, y, stimulus, DT)
            y = rules.at_rest(True, y, after) if resting else after
            if not rules.none_above(rules.levels(y)):
                return y
        except LEFT_THE_NUMBERS as error:
            return type(error).__name__
        for column, x in zip(columns, y, strict=True):
            column.append(x)
    return None


def bits(numbers) -> bytes:
    """Of floats; the name of an exception and None stand for themselves."""
    return (np.array(numbers, dtype=float) if isinstance(numbers, (list, tuple)) else np.array(repr(numbers))).tobytes()


@pytest.mark.parametrize("name", MODELS)
def test_a_stretch_does_what_the_scheme_does_step_by_step(name) -> None:
    """To the last bit, under every scheme, from random states with a random stimulus, awake and, where there is such a thing, in a
    refractory period."""
    system, rng, tried = system_of(name), np.random.default_rng(len(name)), 0
    for scheme in schemes_for(system):
        for resting in [False, True] if system.event and system.event.refractory_ms else [False]:
            start = tuple(x * (1.0 + 0.1 * rng.normal()) + 0.01 * rng.normal() for x in system.initial)
            stimuli = (10.0 ** rng.uniform(-2, 1.5, 6) * rng.choice([-1.0, 1.0], 6)).tolist()
            begun, ours, theirs = replace(system, initial=start), *([[x] for x in start] for _ in range(2))
            stretch = stretch_of(begun, scheme.name, resting, 1)
            if stretch is None:
                assert scheme.name.startswith("implicit") or not system.relax  # so that it is Newton's method
                continue
            expected = one_by_one(begun, scheme, stimuli, theirs, resting)
            try:
                found = stretch(start, stimuli, DT, ours)
            except LEFT_THE_NUMBERS as error:
                found = type(error).__name__
            assert (bits(ours), bits(found)) == (bits(theirs), bits(expected)), scheme.name
            tried += 1
    assert tried


def test_the_function_reads_as_it_did() -> None:
    """Letter by letter. To accept a change: run with RENEW_GOLDEN=1 and read the difference."""
    text = StretchSource(traced(printed_functions(system_of("hodgkin_huxley")), "backward_euler", False)).text
    if os.environ.get("RENEW_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


REST = '''name = "rest"
equations = """
dv/dt = (E - v + R*I_stim - w)/tau : mV
dw/dt = -w/(5*tau)                 : mV
I_stim : nA
"""
spike = "v > theta"
reset = """
v = -70*mV
w += 2*mV
"""
refractory = "3 ms"
{more}
[[event]]
on = "input"
weight = "mV"
reset = "w -= weight"
[parameters]
E = "-65 mV"
R = "10 Mohm"
tau = "10 ms"
theta = "-50 mV"
[initial]
v = "E"
w = "1 mV"
'''
MORE = {"state": "", "current": 'refractory_clamp = "current"'}
SPIKES = Arrivals(np.array([1.0, 3.02, 3.03, 20.01, 20.02, 33.3]), np.array([1.0, 12.0, 20.0, -3.0, 5.0, 14.0]))


@pytest.mark.parametrize("arrivals", [NONE, SPIKES], ids=["alone", "driven"])
@pytest.mark.parametrize("scheme", ["exponential_euler", "rk4", "backward_euler"])
@pytest.mark.parametrize("clamp", MORE)
def test_a_run_in_stretches_is_the_run_step_by_step(clamp, scheme, arrivals) -> None:
    """Samples, spikes and labels, with resets, refractory periods and spikes that arrive in and out of them."""
    system = build_system(parse_model(REST.format(more=MORE[clamp]), "rest.toml"))
    both = [integrate(s, scheme, 60.0, 0.025, Step(2.2), NEURON, arrivals) for s in (system, replace(system, stretch=None))]
    assert len(both[0].spike_times_ms) > 2
    for ours, theirs in zip(*((run.states, run.spike_times_ms, run.raw_spike_times_ms) for run in both), strict=True):
        assert np.array_equal(ours, theirs)


def switching(rate: str) -> System:
    """One variable, and a clock beside it."""
    return build_system(
        parse_model(
            f'name = "switching"\nequations = """\ndx/dt = {rate}/ms + I_stim : 1\ndclock/dt = 1 : ms\nI_stim : 1/ms\n"""\n'
            '[initial]\nx = "1"\nclock = "0 ms"\n',
            "switching.toml",
        )
    )


def test_a_step_that_a_stretch_cannot_do_is_done_by_the_scheme() -> None:
    """Exponential Euler divides by the slope; where that is 0, the scheme does without, and the stretch goes on thereafter."""
    system = switching("(x*(0 if clock > 1*ms and clock < 1.5*ms else -1) + 1)")
    tried = []

    def counted(*arguments):
        stretch = stretch_of(*arguments)
        return lambda *these: (tried.append(len(these[3][0])), stretch(*these))[1]

    ours = integrate(replace(system, stretch=counted), "exponential_euler", 3.0, 0.1)
    assert np.array_equal(ours.states, integrate(replace(system, stretch=None), "exponential_euler", 3.0, 0.1).states)
    assert 3 <= len(tried) < 12 and tried[0] == 1


@pytest.mark.parametrize(("scheme", "rate"), [("rk4", "x**3"), ("ordered_euler", "x**2"), ("ordered_euler", "log(x - 0.5)")])
def test_a_run_that_leaves_the_numbers_says_so_as_before(scheme, rate) -> None:
    """When, and what it was, to the letter."""
    system, said = switching(rate), []
    for each in (system, replace(system, stretch=None)):
        with pytest.raises(DivergenceError) as refusal:
            integrate(each, scheme, 50.0, 0.1)
        said.append(str(refusal.value))
    assert said[0] == said[1]


def test_what_may_raise_is_done_though_nobody_asks_for_it() -> None:
    """One variable after another needs one rate at a time; the others are computed all the same, and may be no numbers."""
    system = build_system(
        parse_model(
            'name = "pair"\nequations = """\ndx/dt = -x/ms : 1\ndy/dt = sqrt(x - 0.5)/ms + I_stim : 1\nI_stim : 1/ms\n"""\n'
            '[initial]\nx = "1"\ny = "0"\n',
            "pair.toml",
        )
    )
    text = StretchSource(traced(printed_functions(system), "ordered_euler", False)).text
    assert text.count("sqrt(x") == 2


def test_nothing_that_is_simplified_changes_a_bit() -> None:
    """1 as a factor or a divisor goes, and a sign moves into a divisor that is known before; the sign of zero stays."""
    operations = Operations()
    x, tau = operations.name("x"), operations.name("tau", fixed=True)
    assert 1.0 * x is x and x / 1 is x
    assert (-x / 10.0).of == (x, operations.value(-10.0)) and (-x / tau).of == (x, -tau)
    assert operations.value(0.0) is not operations.value(-0.0)
    assert (x + 0.0).operation == "+" and (x * 0).operation == "*"


def test_only_functions_that_were_printed_are_read() -> None:
    """A system with another level, one in arrays or single precision, one of an interpreter, and a scheme of someone's own are
    stepped one by one."""
    model = load("izhikevich")
    system = build_system(model)
    assert system.stretch and printed_functions(system)
    other = replace(system, event=replace(system.event, level=lambda y: y[0] - 1.0))
    assert stretch_of(other, "rk4", False, 1) is None
    rest = (build_system(model, 2), build_system(model, dtype=np.float32), build_population([model]), interpret_system(model))
    assert not [each for each in rest if each.stretch]
    seen = []

    def spy(system, y, stimulus, dt_ms):
        seen.append(y)
        return y

    integrate(system, Scheme("rk4", 1, spy, ""), 1.0, 0.1)
    assert len(seen) == 10


def test_a_short_run_has_no_function_made_for_it(monkeypatch) -> None:
    """Until there have been enough steps of the same equations."""
    monkeypatch.setattr(stretches, "WORTH", WORTH)
    text = 'name = "short"\nequations = """\ndx/dt = (I_stim - 1.2345*x)/ms : 1\nI_stim : 1\n"""\n[initial]\nx = "1"\n'
    made = [stretch_of(build_system(parse_model(text, "short.toml")), "rk4", False, WORTH // 2) for _ in range(2)]
    assert made[0] is None and made[1] is not None
