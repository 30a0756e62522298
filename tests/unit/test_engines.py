"""Engines without their simulators: registry, schemes, jobs as plain data, answers read back."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step, stimulus
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import catalogue, load
from spikebridge.bridge.engines.base import Engine, Job, Occasion, find_scheme
from spikebridge.bridge.engines.features import features_of
from spikebridge.bridge.engines.neuron_hh_engine import NeuronHhEngine, is_squid_axon
from spikebridge.bridge.engines.reference_engine import exact_solution
from spikebridge.bridge.engines.registry import ENGINES, engines_for, find_engine
from spikebridge.bridge.engines.running import Runner
from spikebridge.bridge.errors import TranslationError, UsageError
from spikebridge.reference.integrate import integrate
from spikebridge.reference.schemes import EXACT, SCHEMES

ROOT = Path(__file__).resolve().parents[2]
HH, LIF, FITZHUGH = load("hodgkin_huxley"), load("leaky_integrate_and_fire"), load("fitzhugh_nagumo")
PAIRS = [(engine, scheme) for engine in ENGINES.values() for scheme in engine.schemes.values()]
MODULES = re.compile(r"spikebridge\.[\w.]+")
SIMULATORS = [engine for engine in ENGINES.values() if engine.module]


def names(pair: object) -> str:
    return pair if isinstance(pair, str) else getattr(pair, "name", "")


# registry -------------------------------------------------------------------------------------------


def test_every_engine_is_found_by_its_name() -> None:
    """And those that take part unasked are among them: the reference and one setting of each simulator."""
    assert all(find_engine(name) is engine and engine.name == name for name, engine in ENGINES.items())
    for occasion in Occasion:
        named = [ENGINES[name] for name in engines_for(occasion)]
        assert [engine.variant_of or engine.name for engine in named] == ["reference", "brian2", "neuron"]
    assert engines_for(Occasion.COMPARISON) == ("reference", "brian2", "neuron")


def test_every_file_of_an_engine_is_registered() -> None:
    """A new engine is one file and one line: neither without the other."""
    files = {f"spikebridge.bridge.engines.{path.stem}" for path in (ROOT / "bridge" / "engines").glob("*_engine.py")}
    assert {type(engine).__module__ for engine in ENGINES.values()} == files


@pytest.mark.parametrize("name", ["brian", "Neuron", ""])
def test_an_unknown_engine_lists_what_there_is(name) -> None:
    """Or proposes the nearest."""
    hints = {"brian": "Did you mean 'brian2'?", "Neuron": "Did you mean 'neuron'?"}
    hint = hints.get(
        name,
        "Known: brian2, brian2_cython, brian2_numpy, brian2_standalone, coreneuron, neuron, neuron_hh, neuron_hh_notable, reference.",
    )
    with pytest.raises(UsageError) as error:
        find_engine(name)
    assert str(error.value) == f"there is no engine {name!r}. {hint}"


@pytest.mark.parametrize("engine", ENGINES.values(), ids=names)
def test_an_engine_describes_itself(engine: Engine) -> None:
    """Names are keys, every default exists, every twin is a scheme of the reference and of the same order."""
    assert engine.about and all(s.name == name and s.about for name, s in engine.schemes.items())
    for model in map(load, catalogue()):
        assert engine.default_scheme(model) in engine.schemes
    for scheme in engine.schemes.values():
        assert (scheme.twin is None) == (scheme.order is None)
        assert scheme.twin is None or SCHEMES[scheme.twin].order == scheme.order


@pytest.mark.parametrize("engine", ENGINES.values(), ids=names)
def test_a_variant_is_the_same_program_in_another_setting(engine: Engine) -> None:
    """It needs the same packages, and is no variant of a variant."""
    if engine.variant_of:
        first = ENGINES[engine.variant_of]
        assert (first.packages, first.variant_of) == (engine.packages, "")


@pytest.mark.parametrize("engine", ENGINES.values(), ids=names)
def test_no_two_schemes_share_a_name_or_alias(engine: Engine) -> None:
    """Each name finds one scheme, each alias the one it stands for."""
    spelled = [name for s in engine.schemes.values() for name in (s.name, *s.aliases)]
    assert len(spelled) == len(set(spelled))
    for scheme in engine.schemes.values():
        assert all(find_scheme(engine, name, HH) is scheme for name in (scheme.name, *scheme.aliases))


@pytest.mark.parametrize(
    ("engine", "alias", "name"),
    [
        ("reference", "euler", "forward_euler"),
        ("brian2", "forward_euler", "euler"),
        ("neuron", "default", "backward_euler"),
        ("neuron", "secondorder_2", "crank_nicolson"),
    ],
)
def test_schemes_are_known_by_their_other_names(engine, alias, name) -> None:
    """Those a user of the simulator knows."""
    assert find_scheme(find_engine(engine), alias, HH).name == name


def test_an_unknown_scheme_lists_what_there_is() -> None:
    """Under the engine's name."""
    with pytest.raises(UsageError) as error:
        find_scheme(find_engine("neuron"), "rk4", HH)
    assert str(error.value) == "neuron: there is no scheme 'rk4'. Known: backward_euler, crank_nicolson, cvode, iteration."


# jobs -----------------------------------------------------------------------------------------------


def prepared(engine: Engine, scheme, experiment: Experiment, refinement: int = 0) -> Job:
    return engine.prepare(experiment, scheme, refinement)


@pytest.mark.parametrize(
    ("engine", "scheme", "name"),
    [(*p, name) for name in ("hodgkin_huxley", "leaky_integrate_and_fire") for p in PAIRS
     if p[0].module and p[1].order != EXACT and not isinstance(p[0], NeuronHhEngine) and features_of(load(name)) <= p[0].features],
    ids=names,
)  # fmt: skip
def test_a_job_is_plain_data(engine, scheme, name) -> None:
    """It travels to another process, and nothing of the bridge with it but what a job is."""
    job = prepared(engine, scheme, Experiment(name, step("1 nA" if name.startswith("leaky") else "1 uA/cm2"), "5 ms", "0.1 ms"))
    data = pickle.dumps(job)
    assert {module.rpartition(".")[2] for module in MODULES.findall(data.decode("latin-1"))} <= {"brian2_job", "neuron_job"}
    assert isinstance(job, Job) and repr(pickle.loads(data)) == repr(job)
    assert (
        job.steps == 50 and job.dt_ms == 0.1 and len(job.states) in (len(load(name).state_names), len(load(name).state_names) - 1)
    )


def test_preparing_imports_no_simulator() -> None:
    """Jobs are written where simulators need not be installed."""
    code = (
        "import sys; from spikebridge.bridge.engines.registry import ENGINES; from spikebridge.bridge.definition.experiment_file import load_experiment\n"
        "e = load_experiment('hodgkin_huxley')\n"
        "for g in ENGINES.values(): g.prepare(e, g.schemes[g.default_scheme(e.model)])\n"
        "print(sorted({'brian2', 'neuron', 'sympy', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("engine", [e for e in SIMULATORS if e.name.startswith("brian2")], ids=names)
def test_brian2_gets_si_units(engine) -> None:
    """Parameters, initial values and stimulus as Brian2 stores them."""
    job = prepared(engine, engine.schemes["rk4"], Experiment("hodgkin_huxley", step("10 uA/cm2", "1 ms"), "2 ms", "0.5 ms"))
    value, dimension = job.namespace["g_Na"]
    assert value == pytest.approx(1200.0, rel=1e-14) and dimension == (-4, -1, 3, 2, 0, 0)
    assert job.initial[0] == pytest.approx(-0.065, rel=1e-14)
    assert job.stimulus == pytest.approx([0.0, 0.0, 0.1, 0.1], rel=1e-14)


def test_neuron_gets_its_own_units() -> None:
    """uF/cm2 and uA/cm2 of a density mechanism, nF and nA of a point process."""
    engine = find_engine("neuron")
    scheme = engine.schemes["backward_euler"]
    density = prepared(engine, scheme, Experiment("hodgkin_huxley", step("10 uA/cm2", "1 ms", "3 ms"), "5 ms", "0.1 ms"))
    assert not density.point_process and density.capacitance == pytest.approx(1.0, rel=1e-12)
    assert np.allclose(astuple(density.clamps[0]), (10.0, 1.0, 3.0), rtol=1e-12)
    point = prepared(engine, scheme, Experiment("leaky_integrate_and_fire", step("500 pA", "1 ms", "3 ms"), "5 ms", "0.1 ms"))
    assert point.point_process and point.resets
    assert point.capacitance == pytest.approx(1.0, rel=1e-12)  # 10 ms over 10 Mohm
    assert np.allclose(astuple(point.clamps[0]), (0.5, 1.0, 3.0), rtol=1e-12)


def test_a_smooth_stimulus_is_played_into_neuron() -> None:
    """No clamp of its own, a value for every step."""
    engine = find_engine("neuron")
    sine = stimulus("sine", amplitude="1 uA/cm2", frequency="100 Hz")
    job = prepared(engine, engine.schemes["backward_euler"], Experiment("hodgkin_huxley", sine, "5 ms", "0.1 ms"))
    assert job.clamps == () and len(job.played.t_ms) == len(job.played.values) >= job.steps
    assert job.played.values[0] == pytest.approx(np.sin(2 * np.pi * 0.1 * 0.05), rel=1e-9)


def test_an_adaptive_integrator_is_refined_in_its_tolerance() -> None:
    """By powers of ten; a fixed step is not."""
    engine = find_engine("neuron")
    experiment = Experiment("hodgkin_huxley", (), "1 ms", "0.1 ms")
    tolerances = [prepared(engine, engine.schemes["cvode"], experiment, k).atol for k in range(3)]
    assert tolerances[1:] == pytest.approx([tolerances[0] / 10, tolerances[0] / 100], rel=1e-12)


# what an engine cannot do ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "scheme", "message"),
    [
        ("brian2", "exponential_euler", "^exponential_euler needs equations linear in their own variable; dv/dt is not$"),
        ("neuron", "iteration", "^iteration is for maps; equations in time need an integration scheme$"),
        ("reference", "backward_euler", "^a staggered scheme needs a membrane potential$"),
    ],
)
def test_a_scheme_that_does_not_suit_a_model_says_why(engine, scheme, message) -> None:
    """FitzHugh and Nagumo's cubic is not linear, and there is no membrane; whoever runs it anyway hears the same."""
    found = find_engine(engine)
    with pytest.raises(TranslationError, match=message):
        found.check(FITZHUGH, found.schemes[scheme])
    with pytest.raises(TranslationError, match=message):
        found.prepare(Experiment(FITZHUGH, (), "1 ms"), found.schemes[scheme])


def test_a_reset_makes_a_point_process() -> None:
    """A density mechanism has no events: currents per area are multiplied with the area instead."""
    model = replace(HH, spike=replace(HH.spike, reset=(("v", HH.initial["v"]),)))
    engine = find_engine("neuron")
    job = engine.prepare(Experiment(model, (), "1 ms"), engine.schemes["backward_euler"])
    assert job.point_process and job.per_area and "(1e-05)*area*(" in job.mod


# answers --------------------------------------------------------------------------------------------


def neuron_answer(experiment: Experiment) -> dict:
    """What NEURON would answer, made by the reference."""
    from spikebridge.bridge.system import build_system

    run = integrate(build_system(experiment.model), "backward_euler", experiment.duration_ms, experiment.dt_ms, experiment.drive)
    v, *others = run.states
    return {"v": v, "states": others, "spikes_ms": run.raw_spike_times_ms, "version": "0", "wall_s": 0.0}


def test_neurons_answer_becomes_a_recording() -> None:
    """States in their units, intermediate symbols computed from them, spikes placed between samples."""
    experiment = Experiment("hodgkin_huxley", step("10 uA/cm2", "1 ms"), "10 ms", "0.01 ms", ("v", "I_Na"))
    engine = find_engine("neuron")
    answer = neuron_answer(experiment)
    recording = engine.read(experiment, engine.schemes["backward_euler"], answer)
    assert np.array_equal(recording["v"], answer["v"]) and set(recording.values) == {"v", "m", "h", "n", "I_Na"}
    m, h, _ = answer["states"]
    assert recording["I_Na"] == pytest.approx(120.0 * m**3 * h * (answer["v"] - 50.0), rel=1e-12)
    assert recording.units["I_Na"] == "uA/cm2"
    (spike,), (label,) = recording.spike_times_ms, recording.raw_spike_times_ms
    assert 0 <= label - spike <= 0.01


def test_one_build_serves_all_values_of_a_parameter() -> None:
    """What differs is set in the mechanism when it has been made."""
    engine = find_engine("neuron")
    scheme = engine.schemes["backward_euler"]
    for name, change in (("hodgkin_huxley", {"g_Na": "121 mS/cm2"}), ("leaky_integrate_and_fire", {"tau_refrac": "3 ms"})):
        model = load(name)
        jobs = [engine.prepare(Experiment(m, (), "1 ms", "0.01 ms"), scheme) for m in (model, model.with_parameters(change))]
        assert jobs[0].mod == jobs[1].mod and jobs[0].parameters != jobs[1].parameters
        value = model.with_parameters(change).parameter_values[next(iter(change))]
        assert value in dict(jobs[1].parameters).values()


def test_an_answer_without_spikes_is_a_recording_too() -> None:
    """A neuron may stay silent."""
    experiment = Experiment("leaky_integrate_and_fire", step("0.1 nA"), "5 ms", "0.1 ms")
    engine = find_engine("neuron")
    recording = engine.read(experiment, engine.schemes["backward_euler"], neuron_answer(experiment))
    assert len(recording.spike_times_ms) == len(recording.raw_spike_times_ms) == 0
    assert len(recording["v"]) == len(recording.t_ms) == 51


def test_the_sample_at_a_reset_is_the_one_after_it() -> None:
    """NEURON's own sample there holds the value before; a recording has the same convention for every engine."""
    experiment = Experiment("leaky_integrate_and_fire", step("4 nA"), "30 ms", "0.1 ms")
    answer = neuron_answer(experiment)
    ends = np.round(answer["spikes_ms"] / 0.1).astype(int)
    after, answer["v"] = answer["v"].copy(), answer["v"].copy()
    answer["v"][ends] = -49.9
    engine = find_engine("neuron")
    recording = engine.read(experiment, engine.schemes["backward_euler"], answer)
    assert len(ends) > 1 and np.array_equal(recording["v"], after)
    assert np.all(np.diff(recording.spike_times_ms) > 2.0)


def test_the_reference_answers_where_it_stands() -> None:
    """No worker: the exact solution and a scheme at the same samples."""
    engine = find_engine("reference")
    experiment = Experiment("hodgkin_huxley", step("10 uA/cm2", "1 ms"), "10 ms", "0.01 ms")
    found = {}
    for name in ("rk4", "exact"):
        job = engine.prepare(experiment, engine.schemes[name])
        found[name] = engine.read(experiment, engine.schemes[name], engine.execute(job))
    assert np.max(np.abs(found["rk4"]["v"] - found["exact"]["v"])) < 1.0
    assert found["rk4"].spike_times_ms == pytest.approx(found["exact"].spike_times_ms, abs=0.01)


def test_the_exact_solution_of_one_experiment_is_found_once() -> None:
    """The ladder asks for it on every rung; what is shared cannot be written to. Another step has samples of its own."""
    experiment = Experiment("leaky_integrate_and_fire", step("3 nA", "1 ms"), "10 ms", "0.1 ms")
    solution = exact_solution(experiment)
    assert exact_solution(experiment) is solution
    with pytest.raises(ValueError, match="read-only"):
        solution.states[0, 0] = 0.0
    assert exact_solution(experiment.at_dt(0.05)).states.shape == (1, 201)


@pytest.mark.parametrize("limit_s", [0.0, -1.0, float("nan"), float("inf"), 1e300])
def test_a_limit_that_cannot_be_waited_for_is_refused(limit_s) -> None:
    """Before any worker starts."""
    with pytest.raises(UsageError, match=r"^limit: expected seconds, above 0 and up to 1e\+06, found "):
        Runner(list(ENGINES.values()), limit_s)


def test_doctor_tries_the_cache_before_it_praises_it(tmp_path, monkeypatch) -> None:
    """A file is no folder, whatever its permissions say."""
    from spikebridge.reports.commands.doctor import _cache

    (tmp_path / "file").write_text("")
    for folder, found in (("file", None), ("file/below", None), ("new/below", str(tmp_path / "new" / "below"))):
        monkeypatch.setenv("SPIKEBRIDGE_CACHE", str(tmp_path / folder))
        assert _cache().found == found
    assert not (tmp_path / "new").exists()


# NEURON's own hh --------------------------------------------------------------------------------------


def test_neurons_hh_is_the_squid_axon_and_nothing_else() -> None:
    """With any conductances, in any regime; not relative to rest, not another cell."""
    assert is_squid_axon(HH) and is_squid_axon(HH.with_regime("rounded")) and is_squid_axon(HH.with_parameters(g_Na="90 mS/cm2"))
    assert not any(
        is_squid_axon(load(name)) for name in ("hodgkin_huxley_relative", "connor_stevens", "leaky_integrate_and_fire")
    )
    engine = find_engine("neuron_hh")
    with pytest.raises(
        TranslationError, match=r"^NEURON's hh is the membrane of hodgkin_huxley, and wang_buzsaki is another one$"
    ):
        engine.check(load("wang_buzsaki"), engine.schemes["backward_euler"])
