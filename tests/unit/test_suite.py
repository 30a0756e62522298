"""Suite files: what they say, and what is refused."""

from __future__ import annotations

import pytest

from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.proof.verdict import Verdict
from spikebridge.reports.regression.suite import read_suite


def suite_of(tmp_path, text: str):
    path = tmp_path / "suite.toml"
    path.write_text(text)
    return read_suite(path)


def test_what_all_cases_share_is_said_once(tmp_path) -> None:
    """Engines, schemes and ladder stand at the top; a case may say otherwise."""
    suite = suite_of(
        tmp_path,
        """
        engines = ["reference", "neuron"]
        schemes = { neuron = "all" }
        [[experiment]]
        run = "hodgkin_huxley"
        [[experiment]]
        run = "lif"
        regime = "borgers"
        engines = ["reference"]
        ladder = true
        expect = "converge to different limits"
        [[experiment]]
        run = "cells/mine.experiment.toml"
        """,
    )
    first, second, third = suite.cases
    assert (first.name, first.engines, first.schemes, first.ladder) == (
        "hodgkin_huxley",
        ("reference", "neuron"),
        {"neuron": ("all",)},
        False,
    )
    assert (second.name, second.regime, second.engines, second.schemes, second.ladder) == (
        "lif-borgers",
        "borgers",
        ("reference",),
        {},
        True,
    )
    assert second.accepts(Verdict.OTHER_LIMIT) and not first.accepts(Verdict.OTHER_LIMIT) and not second.accepts(Verdict.NOT_RUN)
    assert third.name == "mine" and third.run == str(tmp_path / "cells/mine.experiment.toml")
    assert suite.baseline == tmp_path / "baseline" and suite.name == "suite"


def test_a_case_may_be_shorter_than_its_experiment(tmp_path) -> None:
    """Its duration is the case's own; the model, the stimulus and the step stay those of the experiment."""
    suite = suite_of(tmp_path, '[[experiment]]\nrun = "lif"\n[[experiment]]\nrun = "lif"\nname = "short"\nduration = "12 ms"\n')
    whole, short = (case.load() for case in suite.cases)
    assert short.duration_ms == 12.0 < whole.duration_ms
    assert (short.model, short.stimulus, short.dt) == (whole.model, whole.stimulus, whole.dt)


def test_how_many_checkpoints_are_kept_is_said_for_all_or_for_one(tmp_path) -> None:
    """Twenty where nothing is said."""
    case = '[[experiment]]\nrun = "lif"\n'
    assert suite_of(tmp_path, case).cases[0].checkpoints == 20
    suite = suite_of(tmp_path, f'checkpoints = 4\n{case}[[experiment]]\nrun = "hodgkin_huxley"\ncheckpoints = 7\n')
    assert [c.checkpoints for c in suite.cases] == [4, 7]


def test_another_folder_or_none(tmp_path) -> None:
    """The baseline is the file's, the caller's, or there is none."""
    case = '[[experiment]]\nrun = "lif"\n'
    assert suite_of(tmp_path, f'baseline = "kept"\n{case}').baseline == tmp_path / "kept"
    assert suite_of(tmp_path, f"baseline = false\n{case}").baseline is None
    assert read_suite(tmp_path / "suite.toml", tmp_path / "other").baseline == tmp_path / "other"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "suite.toml: the file is empty"),
        ("engines = []", 'suite.toml: there are no experiments; write for example [[experiment]] with run = "hodgkin_huxley"'),
        ("experiment = 3", "suite.toml: there are no experiments"),
        ("[[experiment]]\nrum = 'lif'", "suite.toml: experiment 1: unknown key 'rum'. Did you mean 'run'?"),
        (
            "[[experiment]]",
            "suite.toml: experiment 1: run: expected a model's name, or the path of a model or experiment file, found None",
        ),
        ("[[experiment]]\nrun='lif'\n[[experiment]]\nrun='lif'", "there are two experiments called 'lif'; give one another name"),
        ("[[experiment]]\nrun='lif'\n[[experiment]]\nrun='x'\nname='LIF'", "there are two experiments called 'lif'"),
        ("[[experiment]]\nrun='lif'\nname='../up'", "suite.toml: experiment 1: name: expected letters, digits"),
        ("[[experiment]]\nrun='lif'\nengines=['nest']", "suite.toml: experiment 1: engines: there is no engine 'nest'"),
        ("[[experiment]]\nrun='lif'\nengines=[3]", "experiment 1: engines: expected a list of names, found [3]"),
        ("[[experiment]]\nrun='lif'\nschemes='all'", "experiment 1: schemes: expected a table"),
        (
            "[[experiment]]\nrun='lif'\nengines=['neuron']\nschemes={brian2='rk4'}",
            "schemes: 'brian2' does not take part; the engines are neuron",
        ),
        ("schemes={nest='rk4'}\n[[experiment]]\nrun='lif'", "there is no engine 'nest'"),
        ("[[experiment]]\nrun='lif'\nladder='yes'", "experiment 1: ladder: expected true or false, found 'yes'"),
        ("[[experiment]]\nrun='lif'\nregime=2", "experiment 1: regime: expected a name, found 2"),
        ("[[experiment]]\nrun='lif'\nduration=20", 'experiment 1: duration: expected a time such as "10 ms", found 20'),
        (
            "checkpoints=0\n[[experiment]]\nrun='lif'",
            "experiment 1: checkpoints: expected a whole number from 1 to 1000, found 0",
        ),
        ("[[experiment]]\nrun='lif'\ncheckpoints=true", "checkpoints: expected a whole number from 1 to 1000, found True"),
        ("duration='1 ms'\n[[experiment]]\nrun='lif'", "suite.toml: unknown key 'duration'"),
        (
            "[[experiment]]\nrun='lif'\nexpect='agreed'",
            "experiment 1: expect: expected a verdict, found 'agreed'. Did you mean 'agree'?",
        ),
        ("[[experiment]]\nrun='lif'\nexpect='not run'", "expect: expected a verdict, found 'not run'"),
        (
            "baseline = 3\n[[experiment]]\nrun='lif'",
            "suite.toml: baseline: expected the name of a folder, or false for none, found 3",
        ),
    ],
)
def test_mistakes_are_named(tmp_path, text, message) -> None:
    """With the file, the number of the experiment, and the key."""
    with pytest.raises(DefinitionError) as error:
        suite_of(tmp_path, text)
    assert message in str(error.value)


def test_a_case_that_cannot_be_loaded_says_which(tmp_path) -> None:
    """By its name in the suite."""
    suite = suite_of(tmp_path, '[[experiment]]\nrun = "lif_of_nobody"\nname = "mine"')
    with pytest.raises(DefinitionError, match="mine: there is no model 'lif_of_nobody' in the catalogue"):
        suite.cases[0].load()


@pytest.mark.parametrize(
    ("duration", "message"),
    [("20", "mine: leaky_integrate_and_fire: duration: "), ("20 mV", "expected a time such as \"10 ms\", found '20 mV'")],
)
def test_a_duration_that_is_none_is_named(tmp_path, duration, message) -> None:
    """With the case's name, as soon as it is loaded."""
    suite = suite_of(tmp_path, f'[[experiment]]\nrun = "lif"\nname = "mine"\nduration = "{duration}"')
    with pytest.raises(DefinitionError) as error:
        suite.cases[0].load()
    assert message in str(error.value)
