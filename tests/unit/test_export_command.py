"""``spikebridge export``: which files, which status, and what is said of an engine that is left out."""

import pytest

from spikebridge.reports.cli import main

# the square of the stimulus is no current that NEURON could inject
SQUARED = '''name = "squared"
title = "squared"
equations = """
dv/dt = (R*I_stim*abs(I_stim)/A - v)/tau : mV
I_stim : nA
"""
[parameters]
R = "10 Mohm"
A = "1 nA"
tau = "10 ms"
[initial]
v = "0 mV"
[experiment]
duration = "1 ms"
[[experiment.stimulus]]
kind = "step"
amplitude = "1 nA"
'''
LIF = "leaky_integrate_and_fire"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the user stands."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "squared.toml").write_text(SQUARED)
    return tmp_path


def status(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["export", *arguments])
    return ended.value.code


def written(folder) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_three_scripts_and_a_mechanism(folder, capsys) -> None:
    """Each named on standard output; changes are in them."""
    assert status(LIF, "--to", "out", "--set", 'theta="-48 mV"', "--dt", "0.05 ms", "--duration", "20 ms") == 0
    files = {f"{LIF}_numpy.py", f"{LIF}_brian2.py", f"{LIF}_neuron.py", f"{LIF}.mod"}
    assert written(folder / "out") == files
    assert {line.removeprefix("wrote out/") for line in capsys.readouterr().out.splitlines()} == files
    numpy_script = (folder / "out" / f"{LIF}_numpy.py").read_text()
    assert "theta = -48  # mV" in numpy_script
    assert "dt = 0.05  # ms\nsteps = 400  # 20 ms" in numpy_script


def test_engines_and_schemes_are_chosen_as_in_compare(folder) -> None:
    """One script an engine."""
    assert status(LIF, "--to", "out", "--engine", "brian2_numpy", "--scheme", "brian2_numpy=rk4") == 0
    assert written(folder / "out") == {f"{LIF}_brian2_numpy.py"}
    text = (folder / "out" / f"{LIF}_brian2_numpy.py").read_text()
    assert 'method="rk4"' in text and 'prefs.codegen.target = "numpy"' in text


def test_an_engine_that_cannot_is_left_out_and_why_is_said(folder, capsys) -> None:
    """The others are written."""
    assert status("squared.toml", "--to", "out") == 0
    assert written(folder / "out") == {"squared_numpy.py", "squared_brian2.py"}
    error = capsys.readouterr().err
    assert error.startswith("spikebridge: neuron is left out: squared: I_stim must enter dv/dt")
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "expected", "words"),
    [
        (("squared.toml", "--engine", "neuron"), 3, "neuron: squared: I_stim must enter dv/dt"),
        ((LIF, "--scheme", "reference=exact"), 3, "reference: exact chooses its own steps"),
        ((LIF, "--scheme", "reference=rk9"), 2, "there is no scheme 'rk9'"),
        ((LIF, "--scheme", "brian2_numpy=rk4"), 2, "a scheme is given for brian2_numpy, which does not take part"),
        (
            (LIF, "--scheme", "brian2=rk4", "--scheme", "brian2=rk2"),
            2,
            "a script has one scheme, but brian2 is given rk4 and rk2",
        ),
        ((LIF, "--engine", "neurn"), 2, "there is no engine 'neurn'. Did you mean 'neuron'?"),
        ((LIF, "--regime", "nope"), 2, "there is no regime 'nope'"),
        (("nope",), 2, "there is no model 'nope'"),
    ],
)
def test_what_was_asked_for_and_cannot_be(folder, capsys, arguments, expected, words) -> None:
    """Status 3 for an engine that cannot, as ``run`` has it, 2 for bad input; one line, and nothing is written."""
    assert status(*arguments, "--to", "out") == expected
    error = capsys.readouterr().err
    assert words in error and len(error.splitlines()) == 1
    assert not written(folder / "out")


def test_a_folder_is_needed(folder, capsys) -> None:
    """A file in its place is named."""
    assert status(LIF) == 2
    (folder / "file").write_text("")
    assert status(LIF, "--to", "file") == 2
    assert "file" in capsys.readouterr().err
