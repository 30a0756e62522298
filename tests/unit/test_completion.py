"""What shells complete: asked as a shell asks, through the variables that its script sets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from runs import FITZHUGH_NAGUMO

from spikebridge.bridge.definition.catalogue import ALIASES, catalogue, mechanisms
from spikebridge.bridge.engines import registry
from spikebridge.reports.cli import cli
from spikebridge.reports.commands.completion import ENGINE_GROUP, SCHEMES, VARIABLE, script
from spikebridge.reports.textbook.gallery_files import gallery

SHELLS = ("bash", "zsh", "fish")


def offered(monkeypatch, capsys, *words: str, shell: str = "bash") -> list[str]:
    """What is offered for the last word."""
    monkeypatch.setenv(VARIABLE, f"{shell}_complete")
    # fish gives the words up to the cursor and the one at it, the others all words and the number of that one
    monkeypatch.setenv("COMP_WORDS", "\n".join(["spikebridge", *words]))
    monkeypatch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words)))
    with pytest.raises(SystemExit) as ended:
        cli.main(prog_name="spikebridge", standalone_mode=False)
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    if shell == "zsh":  # type, value and help in three lines
        return [value for kind, value in zip(lines[::3], lines[1::3], strict=True) if kind == "plain"]
    return [line.partition(",")[2].partition("\t")[0] for line in lines if line.startswith("plain,")]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_completes_every_kind_of_name(shell, monkeypatch, capsys) -> None:
    """Commands, subjects with their everyday names, regimes of the subject given, figures, engines and schemes."""

    def found(*words: str) -> list[str]:
        return offered(monkeypatch, capsys, *words, shell=shell)

    assert found("sw") == ["sweep"]
    assert found("run", "hodgkin_huxley_") == ["hodgkin_huxley_patch", "hodgkin_huxley_relative"]
    assert found("compare", "m_c") == ["m_current"] and found("show", "fh") == ["fhn"]
    assert found("diff", "hh", "m_c") == ["m_current"] and found("import", "h") == []
    assert found("run", "fhn", "--regime", "n") == ["neurodynex"]
    assert found("show", "izhikevich", "--regime", "type_TC") == ["type_TC", "type_TC_rebound"]
    assert found("figure", "two_pulses", "hh_f_i") == ["hh_f_i", "hh_f_i_hysteresis"]
    assert found("export", "hh", "--engine", "brian2_") == ["brian2_cython", "brian2_numpy", "brian2_standalone"]
    assert found("run", "hh", "--engine", "neuron", "--scheme", "c") == ["crank_nicolson", "cvode"]
    assert found("sweep", "hh", "--scheme", "rk") == ["rk2", "rk4", "rk5_neun", "rk6"]
    assert found("compare", "hh", "--scheme", "neu") == ["neuron=", "neuron_hh=", "neuron_hh_notable="]


def test_regimes_of_a_file_and_of_the_model_it_names(monkeypatch, capsys, tmp_path) -> None:
    """An experiment's, beside which the model lies; a file that is damaged or not there has none, without a word."""
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(FITZHUGH_NAGUMO + '[regimes.slow]\nepsilon = "1"\n')
    Path("sub").mkdir()
    Path("sub/own.toml").write_text('model = "../mine.toml"\n')
    Path("sub/known.toml").write_text('model = "fitzhugh_nagumo"\n')
    Path("bad.toml").write_text("= [")
    expected = {
        "mine.toml": ["slow"],
        "sub/own.toml": ["slow"],
        "sub/known.toml": ["standard", "neurodynex", "borgers"],
        "bad.toml": [],
        "no.toml": [],
    }
    for file, regimes in expected.items():
        assert offered(monkeypatch, capsys, "run", file, "--regime", "") == regimes


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (("--scheme", "neuron", "=", "cv"), ["cvode"]),
        (("--scheme", "neuron", "="), ["all", "backward_euler", "crank_nicolson", "iteration", "cvode"]),
        (("--scheme", "neuron=cv"), ["neuron=cvode"]),  # a bash that does not part words there
        (("--engine", "=", "core"), ["coreneuron"]),
    ],
)
def test_bash_completes_behind_an_equals_sign(words, values, monkeypatch, capsys) -> None:
    """It has three words there, and replaces only the last."""
    assert offered(monkeypatch, capsys, "compare", "hh", *words) == values


def test_the_names_are_those_there_are(monkeypatch, capsys) -> None:
    """Written down once more, for nothing is loaded to answer; engines of other packages by their names."""
    assert {name: list(schemes) for name, schemes in SCHEMES.items()} == {n: list(e.schemes) for n, e in registry.ENGINES.items()}
    assert ENGINE_GROUP == registry.GROUP
    assert offered(monkeypatch, capsys, "figure", "") == list(gallery())
    assert offered(monkeypatch, capsys, "show", "") == [*catalogue(), *mechanisms(), *ALIASES]


def test_bash_itself_is_answered_without_numpy(tmp_path) -> None:
    """Its function, from the script it is given, fills in the words; what answers has loaded neither numpy nor a simulator."""
    answering = tmp_path / "spikebridge"
    code = "import sys; from spikebridge.reports.cli import main\ntry: main()\nfinally: assert 'numpy' not in sys.modules"
    answering.write_text(f"#!{sys.executable}\n{code}\n")
    answering.chmod(0o755)
    (tmp_path / "script").write_text(script(cli, "bash"))
    asked = "COMP_WORDS=(spikebridge compare hh --scheme neuron = cv) COMP_CWORD=6; _spikebridge_completion spikebridge; echo ${COMPREPLY[@]}"
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = ["bash", "--norc", "-c", f"source {tmp_path}/script; {asked}"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("cvode\n", "")


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete -o nosort"), ("zsh", "#compdef spikebridge"), ("fish", "complete --no-files")]
)
def test_the_command_prints_what_a_shell_reads(shell, word) -> None:
    """In that shell's own words, asking by the variable of ours."""
    assert word in script(cli, shell) and f"{VARIABLE}={shell}_complete" in script(cli, shell)
