"""Single precision by choice: what computes in it does so in every operation, what cannot says so, what judges stays in double."""

import numpy as np
import pytest
from runs import REFERENCE, recording_of, spiking

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import check_precision, find_scheme
from spikebridge.bridge.engines.reference_engine import exact_solution
from spikebridge.bridge.engines.registry import ENGINES
from spikebridge.bridge.engines.scripts import script_files
from spikebridge.bridge.errors import DefinitionError, TranslationError
from spikebridge.bridge.system import build_system, interpret_system
from spikebridge.reference.integrate import integrate
from spikebridge.reference.schemes import SCHEMES, Scheme, SchemeError
from spikebridge.reference.stimulus import Step
from spikebridge.reports.proof.oracles import oracle
from spikebridge.reports.regression.baseline import definition_of

FLOAT = np.float32
HH, LIF = "hodgkin_huxley", "leaky_integrate_and_fire"
# choices and steady states, exprel, a reset, an exponential, a map, concentrations
MODELS = (HH, LIF, "connor_stevens", "adex", "izhikevich", "rulkov", "pinsky_rinzel", "ghk_membrane")
NUMBERS = '''
name = "numbers"
equations = """
dx/dt = (exp(1) + sqrt(2)/3 - (1/3)**2*x)/ms : 1
"""
[initial]
x = "0.1"
'''


def single(name: str, **changes) -> Experiment:
    return Experiment(load(name), step("20 uA/cm2" if name == HH else "2 nA", "1 ms"), "20 ms", precision="float32", **changes)


# every operation --------------------------------------------------------------------------------------------


def kinds(values) -> set[type]:
    return {type(x) for x in values}


def systems(name: str) -> dict[str, object]:
    model = load(name)
    found = {"printed": build_system(model, dtype=FLOAT), "by node": interpret_system(model, dtype=FLOAT)}
    by_hand = oracle(model)
    return found | ({"by hand": by_hand(None, FLOAT)} if by_hand else {})


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", MODELS)
def test_one_neuron_stays_in_single_precision(name, scheme) -> None:
    """Under every scheme, in the printed source, node by node and by hand: twenty steps, each state a float32."""
    for which, system in systems(name).items():
        y = system.initial
        assert kinds(y) == {FLOAT} and not system.plain and system.neurons is None
        with np.errstate(all="ignore"):
            for _ in range(20):
                try:
                    SCHEMES[scheme].check(system)
                    y = SCHEMES[scheme].step(system, y, FLOAT(0.1), FLOAT(0.01))
                except (SchemeError, ArithmeticError):
                    return
                assert kinds(y) == {FLOAT}, which


@pytest.mark.parametrize("name", MODELS)
def test_every_function_gives_single_precision(name) -> None:
    """Rates, levels and resets; nothing on the way is in double, or numpy would have kept it there."""
    system = build_system(load(name), dtype=FLOAT)
    given = (system.advance or system.rates)(system.initial, FLOAT(0.1))
    assert kinds(np.asarray(x).dtype.type(x) for x in given) == {FLOAT}
    for rule in system.rules:
        assert np.asarray(rule.level(system.initial)).dtype == FLOAT
        assert rule.reset is None or kinds(rule.reset(system.initial)) == {FLOAT}


def test_what_is_made_of_numbers_alone_is_in_single_precision_too() -> None:
    """exp(1), which Python and numpy alike would compute in double."""
    model = parse_model(NUMBERS, "numbers.toml")
    x, one, three = FLOAT(0.1), FLOAT(1), FLOAT(3)
    expected = np.exp(one) + np.sqrt(FLOAT(2)) / three - (one / three) ** 2 * x
    for neurons in (None, 2):
        (rate,) = build_system(model, neurons, FLOAT).rates((x if neurons is None else np.full(2, x),), FLOAT(0))
        assert np.asarray(rate).dtype == FLOAT and np.all(rate == expected)
    double = build_system(model).rates((0.1,), 0.0)[0]
    assert FLOAT(double) != expected or double != float(expected)


def test_stimulus_and_step_are_in_single_precision() -> None:
    """As a scheme is handed them; in double precision they are Python's own floats."""
    for dtype, kind in ((np.float32, np.float32), (np.float64, float)):
        handed = []

        def spy(system, y, stimulus, dt_ms, handed=handed):
            handed.append((type(stimulus), type(dt_ms)))
            return y

        integrate(build_system(load(HH), dtype=dtype), Scheme("spy", 1, spy, ""), 0.05, 0.01, Step(1.0))
        assert set(handed) == {(kind, kind)}


@pytest.mark.parametrize(("name", "scheme"), [(LIF, "rk4"), (LIF, "exponential_euler"), (LIF, "backward_euler"), ("adex", "rk4")])
def test_one_neuron_does_what_a_population_of_one_does(name, scheme) -> None:
    """To the last bit, through resets and refractory periods; which double precision does not."""
    experiment = single(name)
    alone, together, double = (
        integrate(build_system(experiment.model, neurons, dtype), scheme, 20.0, 0.01, experiment.drive)
        for neurons, dtype in ((None, FLOAT), (1, FLOAT), (None, np.float64))
    )
    assert alone.states.dtype == together.states.dtype == FLOAT
    assert np.array_equal(alone.states, together.states[..., 0])
    assert np.array_equal(alone.spike_times_ms, together.spike_times_ms[0]) and len(alone.spike_times_ms)
    assert not np.array_equal(alone.states, double.states.astype(FLOAT))


def test_a_population_in_single_precision_is_still_one() -> None:
    """Implicit steps too, whose solver knows both precisions."""
    system = build_system(load("hindmarsh_rose"), 3, FLOAT)
    run = integrate(system, "implicit_euler", 20.0, 0.05, Step(np.array([0.0, 2.0, 3.0], FLOAT)))
    double = integrate(build_system(load("hindmarsh_rose"), 3), "implicit_euler", 20.0, 0.05, Step(np.array([0.0, 2.0, 3.0])))
    assert run.states.dtype == FLOAT
    assert 0 < np.max(np.abs(run.states - double.states)) < 1e-3


# what judges ------------------------------------------------------------------------------------------------


def test_the_exact_solution_stays_in_double_precision() -> None:
    """The same to the last bit."""
    experiment = single(HH)
    ours, theirs = (exact_solution(e) for e in (experiment, Experiment(experiment.model, experiment.stimulus, "20 ms")))
    assert ours.states.dtype == np.float64 and np.array_equal(ours.states, theirs.states)


def test_a_recording_is_kept_in_double_precision() -> None:
    """Its states are float32 numbers; what is computed from them is not."""
    recording = recording_of(single(HH, record=("v", "I_Na")), "rk4")
    assert {x.dtype for x in recording.values.values()} == {np.dtype(np.float64)}
    assert np.array_equal(recording["v"], recording["v"].astype(FLOAT))
    assert not np.array_equal(recording["I_Na"], recording["I_Na"].astype(FLOAT))


# who can ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES.values(), ids=lambda e: e.name)
def test_an_engine_says_in_which_precisions_it_computes(engine) -> None:
    """All in double; those that have no other say so in one line, by the program's name, with what to do."""
    assert Precision.DOUBLE in engine.precisions
    experiment = single(HH)
    if Precision.SINGLE not in engine.precisions:
        with pytest.raises(TranslationError) as error:
            check_precision(engine, find_scheme(engine, None, experiment.model), experiment)
        program = engine.about.partition(",")[0]
        assert str(error.value) == f"{program} computes in double precision only; it runs with --precision float64"
    assert {e.name for e in ENGINES.values() if e.precisions == (Precision.DOUBLE,)} == {
        "coreneuron",
        "neuron",
        "neuron_hh",
        "neuron_hh_notable",
    }


def test_an_adaptive_integrator_needs_double_precision() -> None:
    """Its tolerance is finer than single precision is."""
    with pytest.raises(
        TranslationError, match="exact keeps to a tolerance finer than single precision; take a scheme of fixed steps"
    ):
        check_precision(REFERENCE, REFERENCE.schemes["exact"], single(HH))
    check_precision(REFERENCE, REFERENCE.schemes["exact"], spiking(HH))


def test_scripts_say_the_precision_or_that_there_is_none() -> None:
    """Brian2's own preference; a numpy script for plain floats has no other precision, nor has NEURON."""
    experiment = single(HH)
    (text,) = script_files(experiment, ENGINES["brian2"], find_scheme(ENGINES["brian2"], None, experiment.model)).values()
    assert "\nprefs.core.default_float_dtype = np.float32  # single precision\n" in text and ", prefs," in text
    for name, message in (
        ("reference", "a numpy script computes in double precision only"),
        ("neuron", "NEURON computes in double"),
    ):
        with pytest.raises(TranslationError, match=message):
            script_files(experiment, ENGINES[name], find_scheme(ENGINES[name], None, experiment.model))


# where it is said -------------------------------------------------------------------------------------------


def test_an_experiment_has_a_precision() -> None:
    """Double unless something else is said; a word that is none is refused with those there are."""
    assert Experiment(load(LIF)).precision is Precision.DOUBLE
    assert single(HH).precision is Precision.SINGLE and single(HH).at_dt(0.1).precision is Precision.SINGLE
    with pytest.raises(DefinitionError) as error:
        Experiment(load(LIF), precision="float16")
    assert str(error.value) == f"{LIF}: precision: expected float64 or float32, found 'float16'"


def test_a_file_may_say_it(tmp_path) -> None:
    """Under the key precision."""
    path = tmp_path / "x.toml"
    path.write_text(f'model = "{LIF}"\nduration = "5 ms"\nprecision = "float32"\n')
    assert load_experiment(path).precision is Precision.SINGLE
    path.write_text(f'model = "{LIF}"\nduration = "5 ms"\nprecision = 32\n')
    with pytest.raises(DefinitionError) as error:
        load_experiment(path)
    assert str(error.value) == "x.toml: precision: expected float64 or float32, found 32"


def test_it_is_part_of_the_definition() -> None:
    """So a baseline made in the other precision is of another experiment; of double precision nothing is said."""
    assert definition_of(single(HH))["precision"] == "float32"
    assert "precision" not in definition_of(spiking(HH))
    assert ("precision", "float32") in single(HH).described()
