"""Experiments: what can be run, and the files they are read from."""

from __future__ import annotations

import ast
import inspect
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import pulses, step
from spikebridge.bridge.definition.experiment import MAX_STEPS, Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import catalogue, load, parse_model
from spikebridge.bridge.errors import DefinitionError, UsageError
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.quantity import ms
from spikebridge.bridge.expressions.units import Unit

NAME = "leaky_integrate_and_fire"
STEP = '[[stimulus]]\nkind = "step"\namplitude = "1 nA"\n'


def refusal(make) -> str:
    with pytest.raises(DefinitionError) as error:
        make()
    return str(error.value)


@pytest.fixture
def refused(tmp_path):
    """The refusal of an experiment file with that text."""

    def read(text: str) -> str:
        path = tmp_path / "x.toml"
        path.write_text(text)
        return refusal(lambda: load_experiment(path))

    return read


# in Python ------------------------------------------------------------------------------------------


def test_an_experiment_may_name_its_model() -> None:
    """A catalogue name stands for the model; one part of a stimulus for several; states are recorded."""
    experiment = Experiment("hodgkin_huxley", step("10 uA/cm2", "5 ms"), "20 ms", "0.1 ms")
    assert (experiment.model.name, experiment.name) == ("hodgkin_huxley", "hodgkin_huxley")
    assert len(experiment.stimulus) == 1 and experiment.record == ("v", "m", "h", "n")
    assert (experiment.duration_ms, experiment.dt_ms, experiment.steps) == (20.0, 0.1, 200)


def test_parts_of_a_stimulus_add_up() -> None:
    """In coherent units of the model."""
    drive = Experiment(NAME, step("1 nA", "1 ms") + pulses("500 pA", "2 ms", "1 ms", "2 ms", 2), "10 ms").drive
    assert np.allclose(drive.at([0.5, 1.5, 2.5, 3.5, 4.5, 9.0]), [0.0, 1.0, 1.5, 1.0, 1.5, 1.0], rtol=0, atol=1e-15)


def test_times_may_be_in_any_unit_of_time() -> None:
    """0.1 s are 100 ms."""
    assert Experiment(NAME, (), "0.1 s", "10 us").steps == 10_000


def test_at_dt_changes_the_step_only() -> None:
    """Exactly, however odd the number."""
    experiment = Experiment(NAME, step("1 nA"), "9 ms", "0.3 ms")
    finer = experiment.at_dt(0.3 / 8)
    assert finer.dt_ms == 0.3 / 8 and str(finer.duration) == "9 ms" and finer.stimulus == experiment.stimulus


TIMES = [
    ("10 ms", "11 ms", "dt = 11 ms is larger than the duration of 10 ms"),
    ("10 ms", "0.3 ms", "duration: 10 ms is not a whole number of steps of 0.3 ms"),
    ("10 ms", "1e-9 ms", f"10 ms at dt = 1e-9 ms are more than {MAX_STEPS} steps"),
    ("10 ms", "1e-320 ms", f"10 ms at dt = 1e-320 ms are more than {MAX_STEPS} steps"),
    ("1e90 s", "1 ms", f"1e90 s at dt = 1 ms are more than {MAX_STEPS} steps"),
    ("10 ms", "0 ms", "dt: must be longer than 0 ms, found '0 ms'"),
    ("10 ms", "1e-330 ms", "dt: must be longer than 0 ms, found '1e-330 ms'"),
    ("-1 ms", "1 ms", "duration: must be longer than 0 ms, found '-1 ms'"),
    ("nan ms", "1 ms", "duration: the value must be a finite number, found 'nan'"),
    ("1e307 s", "1e307 s", "dt: the value must not be larger than 1e+100, found '1e307'"),
    ("10 mV", "1 ms", "duration: expected a time such as \"10 ms\", found '10 mV'"),
    (10, "1 ms", 'duration=10: a plain number has no unit; write duration="10 ms"'),
    ("10 ms", ["1 ms"], "dt: expected text such as \"10 ms\", found ['1 ms']"),
]  # fmt: skip


@pytest.mark.parametrize(("duration", "dt", "message"), TIMES, ids=range(len(TIMES)))
def test_times_that_cannot_be_are_refused(duration, dt, message) -> None:
    """In one sentence that says which of the two is wrong."""
    assert refusal(lambda: Experiment(NAME, (), duration, dt)) == f"{NAME}: {message}"


def test_the_start_must_be_a_number() -> None:
    """A model is run only where initial values and rates can be found."""
    model = load(NAME).with_parameters(tau_m="0 ms")
    assert refusal(lambda: Experiment(model)) == f"{NAME}: dv/dt has no value at t = 0: it divides by tau_m, which is 0"


@pytest.mark.parametrize(("symbol", "hint"), [("vv", " Did you mean 'v'?"), ("R_m", " Known: v."), ("I_stim", " Known: v.")])
def test_only_variables_are_recorded(symbol, hint) -> None:
    """Neither parameters nor the stimulus."""
    assert refusal(lambda: Experiment(NAME, (), record=(symbol,))) == f"{NAME}: record: there is no variable {symbol!r}.{hint}"


@pytest.mark.parametrize("count", [10_001, 10**9])
def test_a_train_has_an_end(count) -> None:
    """A thousand million pulses would fill the memory."""
    message = refusal(lambda: Experiment(NAME, pulses("1 nA", "0 ms", "1 ms", "1 ms", count), "10 ms"))
    assert message == f"{NAME}: stimulus 1: count: at most 10000, found {count}"


# numbers ----------------------------------------------------------------------------------------------


def test_text_and_numbers_make_the_same_experiment() -> None:
    """Text is read when the experiment is made, and is how its numbers are shown."""
    text = Experiment(NAME, step("1.0 nA", "1e0 ms"), "10.0 ms", "0.10 ms")
    numbers = Experiment(NAME, step(Quantity(1.0, Unit.parse("nA")), ms(1)), ms(10), ms(0.1))
    assert (text.stimulus, text.duration, text.dt) == (numbers.stimulus, numbers.duration, numbers.dt)
    assert np.array_equal(text.seen, numbers.seen) and np.array_equal(text.t_ms, numbers.t_ms)
    assert dict(text.described())["stimulus"] == "step of 1.0 nA from 1e0 ms to the end"
    assert dict(numbers.described()) == {"duration": "10 ms", "dt": "0.1 ms", "stimulus": "step of 1 nA from 1 ms to the end"}


def test_an_experiment_that_is_made_reads_no_text_again(monkeypatch) -> None:
    """Of every catalogue model: another step, another duration, its stimulus, its run."""
    experiments = [load_experiment(name) for name in catalogue()]

    def refuse(text, unit=""):
        raise AssertionError(f"{text!r} is read again")

    monkeypatch.setattr("spikebridge.bridge.expressions.quantity.read_quantity", refuse)
    for experiment in experiments:
        finer = replace(experiment.at_dt(experiment.dt_ms / 2), duration=ms(10 * experiment.dt_ms))
        assert finer.steps == 20 and len(finer.seen) == 20
        assert finer.dt_ms == experiment.dt_ms / 2 and finer.described()


def test_the_grid_and_the_stimulus_are_made_once() -> None:
    """Whoever asks gets the same arrays, which nobody can change; the same step is the same experiment."""
    experiment = Experiment(NAME, step("1 nA", "1 ms"), "10 ms", "0.1 ms")
    assert experiment.t_ms is experiment.t_ms and experiment.seen is experiment.seen
    assert experiment.at_dt(experiment.dt_ms) is experiment
    assert experiment.seen.shape == (100,) and experiment.seen_at_samples.shape == experiment.t_ms.shape == (101,)
    assert not (experiment.t_ms.flags.writeable or experiment.seen.flags.writeable or experiment.seen_at_samples.flags.writeable)


# what is observed -------------------------------------------------------------------------------------


def test_the_membrane_potential_is_observed() -> None:
    """Of every catalogue model, or the first state where there is none; under a clamp that is a gate."""
    for name in catalogue():
        experiment = load_experiment(name)
        model = experiment.model
        assert experiment.observed == (model.voltage or model.state_names[0]) == model.observed
        assert "observed" not in dict(experiment.described())
    clamped = Experiment("hodgkin_huxley", step("-20 mV"), "5 ms", clamp="v")
    assert clamped.observed == clamped.model.state_names[0] == "m"


def test_the_membrane_potential_need_not_come_first() -> None:
    """Whatever the order in which a file writes its equations down."""
    model = load("hodgkin_huxley")
    reordered = replace(model, equations=tuple(sorted(model.equations, key=lambda e: e.name == "v")))
    assert reordered.state_names[-1] == "v" and Experiment(reordered, duration="5 ms").observed == "v"


def test_another_state_is_observed_by_its_name() -> None:
    """It stays with the experiment, has its own unit, and is told."""
    experiment = Experiment("hodgkin_huxley", duration="5 ms", observed="n")
    states = np.arange(8.0).reshape(4, 2)
    assert experiment.at_dt(0.005).observed == "n" and ("observed", "n") in experiment.described()
    assert experiment.observed_index == 3 and np.array_equal(experiment.observed_of(states), [6.0, 7.0])


def test_what_is_observed_has_the_unit_of_its_definition() -> None:
    """A voltage in V is coherent in mV."""
    model = parse_model(load(NAME).text.replace(": mV", ": V", 1), "volts")
    assert np.allclose(Experiment(model, duration="5 ms").observed_of(np.array([[-65.0]])), [-0.065], rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "hint"), [("vv", " Did you mean 'v'?"), ("I_Na", " Known: h, m, n, v."), ("g_Na", " Known: h, m, n, v.")]
)
def test_only_a_state_is_observed(name, hint) -> None:
    """The others are named."""
    message = refusal(lambda: Experiment("hodgkin_huxley", observed=name))
    assert message == f"hodgkin_huxley: observed: there is no state variable {name!r}.{hint}"


# files ----------------------------------------------------------------------------------------------

HEAD = f'model = "{NAME}"\nduration = "10 ms"\ndt = "0.1 ms"\n'
FILES = {
    'model = 3\nduration = "1 ms"\n': "x.toml: model: expected text, found 3",
    'model.x = "leak"\nduration = "1 ms"\n': "x.toml: model: expected text, found {'x': 'leak'}",
    'model = "leaky"\nduration = "1 ms"\n': "there is no model 'leaky' in the catalogue. ",
    f'model = "{NAME}"\n': "x.toml: the key 'duration' is missing",
    HEAD + "colour = 1\n": "x.toml: unknown key 'colour'. ",
    HEAD + 'regime = "nope"\n': f"x.toml: {NAME}: there is no regime 'nope'. ",
    HEAD + "parameters = [1]\n": "x.toml: parameters: expected a table, found [1]",
    HEAD + '[parameters]\ntheta = "3 ms"\n': f"x.toml: {NAME}: theta is measured in mV, but '3 ms' is not",
    HEAD + "initial = 1\n": "x.toml: initial: expected a table, found 1",
    HEAD + '[initial]\nv = "E_L/(tau_m - tau_m)*tau_m"\n': f"x.toml: {NAME}: v has no value at t = 0: it divides by tau_m - tau_m, which is 0 at tau_m = 10 ms",
    HEAD + 'record = "v"\n': "x.toml: record: expected a list of names such as [\"v\"], found 'v'",
    HEAD + 'observed = "w"\n': "x.toml: observed: there is no state variable 'w'. Known: v.",
    HEAD + "observed = 1\n": 'x.toml: observed: expected the name of a state such as "v", found 1',
    HEAD + 'stimulus = "x"\n': "x.toml: stimulus: expected tables, written [[stimulus]]",
    HEAD + 'stimulus = ["x"]\n': "x.toml: stimulus: expected tables, written [[stimulus]]",
    HEAD + '[stimulus]\nkind = "step"\n': "x.toml: stimulus: expected tables, written [[stimulus]]",
    HEAD + '[[stimulus]]\namplitude = "1 nA"\n': "x.toml: stimulus 1: kind: is missing. One of step, pulses, ",
    HEAD + '[[stimulus]]\nkind = "stepp"\n': "x.toml: stimulus 1: kind: there is no 'stepp'. Did you mean 'step'?",
    HEAD + '[[stimulus]]\nkind = ["step"]\n': "x.toml: stimulus 1: kind: there is no ['step'].",
    HEAD + '[[stimulus]]\nkind = "step"\n': "x.toml: stimulus 1: the key 'amplitude' is missing",
    HEAD + STEP + "colour = 1\n": "x.toml: stimulus 1: unknown key 'colour'. ",
    HEAD + STEP + 'start = "1 mV"\n': "x.toml: stimulus 1: start: expected a time such as \"10 ms\", found '1 mV'",
    HEAD + STEP + "start = 1\n": 'x.toml: stimulus 1: start=1: a plain number has no unit; write start="1 ms"',
    HEAD + STEP + 'start = "2 ms"\nstop = "1 ms"\n': "x.toml: stimulus 1: a step from 2 ms must stop later than it starts, not at 1 ms",
    HEAD + STEP.replace('"1 nA"', '"1 mV"'): f"x.toml: stimulus 1: amplitude: {NAME} is driven in nA, but '1 mV' is not",
    HEAD + STEP.replace('"1 nA"', "1"): 'x.toml: stimulus 1: amplitude=1: a plain number has no unit; write amplitude="1 nA"',
    HEAD + STEP.replace('"1 nA"', '"1e308 A"'): "x.toml: stimulus 1: amplitude: the value must not be larger than 1e+100, found '1e308'",
    HEAD + STEP + STEP.replace('"1 nA"', "true"): 'x.toml: stimulus 2: amplitude: expected text such as "10 nA", found True',
}  # fmt: skip


@pytest.mark.parametrize("text", FILES, ids=range(len(FILES)))
def test_an_experiment_file_that_cannot_be_is_named_in_one_line(text, refused) -> None:
    """With the file, the key, what was expected and what was found."""
    message = refused(text)
    assert message.startswith(FILES[text]) and "\n" not in message


def test_what_is_an_experiment_is_decided_by_its_keys(tmp_path) -> None:
    """However they are written, and whatever stands inside texts."""
    path = tmp_path / "x.toml"
    path.write_text(f'"model" = "{NAME}"\n"duration" = "1 ms"\n')
    assert str(load_experiment(path).duration) == "1 ms"
    path.write_text(load("passive_membrane").text.replace("source = ", 'source = """\nmodel = x\n""" #', 1))
    assert load_experiment(path).model.name == "passive_membrane"


def test_an_experiment_finds_its_model_beside_itself(tmp_path) -> None:
    """A path is taken from the experiment's own folder; the name is the file's."""
    (tmp_path / "mine.toml").write_text(load(NAME).text)
    path = tmp_path / "try.experiment.toml"
    path.write_text(f'model = "mine.toml"\nduration = "1 ms"\n[parameters]\ntheta = "-40 mV"\n[initial]\nv = "-50 mV"\n{STEP}')
    experiment = load_experiment(path)
    assert (experiment.name, experiment.model.parameter_values["theta"]) == ("try", -40.0)
    assert experiment.model.initial_values == {"v": -50.0}


def test_a_model_without_an_experiment_says_how_to_write_one(tmp_path) -> None:
    """With its own name."""
    path = tmp_path / "mine.toml"
    path.write_text(load(NAME).text.split("[experiment]")[0])
    assert refusal(lambda: load_experiment(path)) == (
        f'mine.toml: there is no [experiment]; write one, or an experiment file with model = "{NAME}"'
    )


def test_every_experiment_of_the_catalogue_can_be(tmp_path) -> None:
    """A catalogue name and its file are the same experiment."""
    folder = Path(__file__).resolve().parents[2] / "bridge" / "models"
    for path in sorted(folder.glob("*.toml")):
        assert load_experiment(path.stem).described() == load_experiment(path).described()


def test_what_a_checker_sees_of_an_experiment_is_what_it_has() -> None:
    """The signature that is written for checkers has every field, in their order."""
    (shown,) = (n for n in ast.walk(ast.parse(inspect.getsource(Experiment))) if getattr(n, "name", "") == "__init__")
    assert [a.arg for a in shown.args.args] == ["self", *(f.name for f in fields(Experiment))]


@pytest.mark.parametrize("key", ["name", "clamp", "observed", "spike"])
@pytest.mark.parametrize("given", [3, ["v"], np.array([1.0, 2.0])], ids=["number", "list", "array"])
def test_what_is_text_is_refused_where_it_is_none(key, given) -> None:
    """By the argument's name; what is not given is None or empty."""
    with pytest.raises(UsageError, match=f"{key}: expected text"):
        Experiment("hodgkin_huxley", **{key: given})
    assert Experiment("hodgkin_huxley", **{key: None}) == Experiment("hodgkin_huxley")
