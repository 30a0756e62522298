"""Running by name: what is taken for an experiment, what is changed on the way, and what is refused in one line."""

from pathlib import Path

import pytest

import spikebridge as sb
from spikebridge.reports import methods

MODELS = Path(sb.__file__).parent / "bridge" / "models"


def test_whatever_names_an_experiment_is_run() -> None:
    """A catalogue name, the path of a file, a model that carries one, and an experiment."""
    given = ["passive_membrane", MODELS / "passive_membrane.toml", str(MODELS / "passive_membrane.toml"), sb.load("passive_membrane"),
             sb.load_experiment("passive_membrane")]  # fmt: skip
    lasts = {sb.run(each, dt="1 ms").t_ms[-1] for each in given}
    assert lasts == {sb.load_experiment("passive_membrane").duration_ms}


def test_step_duration_and_precision_are_changed_on_the_way() -> None:
    """The experiment stays what it was."""
    experiment = sb.load_experiment("hodgkin_huxley")
    recording = experiment.run(duration="5 ms", dt="0.5 ms", precision="float32")
    assert len(recording.t_ms) == 11 and recording.dt_ms == 0.5 and str(recording.experiment.precision) == "float32"
    assert experiment.duration_ms == 100.0


def test_an_experiment_runs_and_compares_as_the_front_door_does() -> None:
    """With its parameters, positional and named."""
    experiment = sb.Experiment("passive_membrane", sb.step("1 pA"), "5 ms", "0.1 ms")
    assert experiment.run("reference", "rk4").scheme == "rk4"
    comparison = experiment.compare(["reference"], {"reference": "rk4"}, quick=True)
    assert [entry.key for entry in comparison.entries] == ["reference"] and hasattr(comparison, "table")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("hodgkin_huxley", "neuro"), r"there is no engine 'neuro'\. Did you mean 'neuron'\?"),
        (("hodgkin_huxley", "brian2", "rk9"), r"brian2: there is no scheme 'rk9'\. Did you mean 'rk4'\?"),
        ((3,), "experiment: expected an experiment, a model, or the name or path of one, found 3"),
    ],
)
def test_what_there_is_not_is_refused_in_one_line(given, said) -> None:
    """With what there is."""
    with pytest.raises(sb.InputError, match=f"^{said}$"):
        sb.run(*given)


def test_every_method_that_is_done_upstairs_is_there() -> None:
    """The names that the floors below ask for."""
    floors = Path(sb.__file__).resolve().parents[2]
    asked = {
        line.partition('upstairs("')[2].partition('"')[0]
        for floor in ("reference", "bridge", "reports") for path in (floors / floor).rglob("*.py")
        for line in path.read_text().splitlines() if 'upstairs("' in line
    }  # fmt: skip
    assert asked == set(methods.__all__) and all(callable(getattr(methods, name)) for name in asked)
