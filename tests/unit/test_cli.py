"""The command line: exit statuses, what goes to stdout, help that tells the truth, files written whole."""

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from runs import FITZHUGH_NAGUMO, as_neuron, mutated

from spikebridge.bridge.definition.model_file import catalogue, load, mechanisms
from spikebridge.bridge.engines import registry
from spikebridge.bridge.engines.base import Occasion
from spikebridge.bridge.engines.reference_engine import ReferenceEngine
from spikebridge.reference.version import __version__
from spikebridge.reports.cli import DEFAULT_ENGINES, VARIANTS, cli, main

ROOT = Path(__file__).resolve().parents[2]
LIF = "leaky_integrate_and_fire"
QUICK = ["--engine", "reference", "--quick", "--duration", "20 ms", "--dt", "0.05 ms"]
REPORT = ["comparison.json", "comparison.png", "comparison.svg", "report.html"]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch) -> None:
    """Reports are written where the user stands."""
    monkeypatch.chdir(tmp_path)


def status(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code


def spikebridge(*arguments: str, **options) -> subprocess.CompletedProcess:
    code = "from spikebridge.reports.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, **options
    )


# exit statuses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["compare", LIF, *QUICK], 0),
        (["compare", LIF, *QUICK, "--scheme", "reference=exact"], 0),
        (["run", LIF, "--engine", "reference"], 0),
        (["models"], 0),
        (["show", LIF], 0),
        (["--help"], 0),
        (["compare", "-h"], 0),
        (["--version"], 0),
        (["compare", "hodgkin_huxley", "--engine", "reference", "--quick", "--dt", "0.2 ms"], 3),
        (["run", "hodgkin_huxley", "--engine", "reference", "--dt", "0.2 ms"], 3),
    ],
)
def test_exit_status(arguments, expected) -> None:
    """0 for agreement and for integration error alike; 3 where an engine did not get to the end."""
    assert status(*arguments) == expected


def test_single_precision_by_choice(capsys) -> None:
    """Of a comparison, a run and a sweep; an engine that has none says so: the others still run."""
    single = ["--precision", "float32"]
    assert status("compare", LIF, *QUICK, *single, "--engine", "neuron", "--json") == 3
    document = json.loads(capsys.readouterr().out)
    assert document["experiment"]["precision"] == "float32"
    why = "NEURON computes in double precision only; it runs with --precision float64"
    assert [engine["reason"] for engine in document["engines"].values()] == [None, why]
    assert status("run", LIF, "--engine", "reference", *single) == 0
    assert "dt = 0.01 ms, float32: 5 spikes" in capsys.readouterr().out
    assert status("run", LIF, "--engine", "neuron", *single) == 3
    assert capsys.readouterr().err == f"spikebridge: {why}\n"
    assert status("sweep", LIF, "--vary", "theta=-55:-50:2mV", "--duration", "20 ms", "--json", *single) == 0
    assert json.loads(capsys.readouterr().out)["precision"] == "float32"
    assert status("compare", "--all", *single) == 2
    assert capsys.readouterr().err == "spikebridge: --precision: not with --all, which runs every model's own experiment\n"


def test_another_signal_is_observed_by_choice(capsys) -> None:
    """Of a comparison, a run and a sweep; a name that is none is refused with those that are."""
    gate = ["--duration", "5 ms", "--observe", "n"]
    assert status("compare", "hodgkin_huxley", *QUICK, *gate, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["experiment"]["observed"] == "n" and "max_abs_1" in document["engines"]["reference"]["accuracy"]
    assert status("run", "hodgkin_huxley", "--engine", "reference", *gate) == 0
    assert "\nn: from 0." in capsys.readouterr().out
    assert status("sweep", "hodgkin_huxley", "--vary", "amplitude=0:5:2uA/cm2", *gate, "--json") == 0
    assert {"min n", "max n"} <= set(json.loads(capsys.readouterr().out)["rows"][0])
    assert status("run", "hodgkin_huxley", "--engine", "reference", "--observe", "nn") == 2
    assert (
        capsys.readouterr().err == "spikebridge: hodgkin_huxley: observed: there is no state variable 'nn'. Did you mean 'n'?\n"
    )
    assert status("compare", "--all", *gate[2:]) == 2
    assert "--observe: not with --all" in capsys.readouterr().err


def test_the_precision_is_in_every_format(tmp_path) -> None:
    """Page, terminal, table and Markdown."""
    files = ["--table", "x.csv", "--markdown", "x.md", "--output", "out"]
    done = spikebridge("compare", LIF, *QUICK, "--precision", "float32", *files, capture_output=True, text=True, check=True)
    assert "; precision: float32" in " ".join(done.stdout.split())
    assert "precision: float32" in (tmp_path / "x.md").read_text()
    assert ",reference,rk4,float32," in (tmp_path / "x.csv").read_text()
    assert "<dt>precision</dt><dd>float32</dd>" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("quick", [["--quick"], []])
def test_a_disagreement_is_status_1(quick, monkeypatch, capsys) -> None:
    """An engine with another time constant."""
    wrong = as_neuron(ReferenceEngine(), mutated(load(LIF), ('tau_m = "10 ms"', 'tau_m = "10.5 ms"')))
    monkeypatch.setitem(registry.ENGINES, "reference", wrong)
    assert status("compare", LIF, "--engine", "reference", "--duration", "40 ms", *quick) == 1
    assert "converge to different limits: reference computes another neuron." in " ".join(capsys.readouterr().out.split())


BAD = {
    "no model": (["compare"], "Missing argument 'MODEL|EXPERIMENT.toml'"),
    "unknown command": (["compute"], "No such command 'compute'"),
    "unknown option": (["compare", LIF, "--fast"], "No such option"),
    "unknown model": (["compare", "nope"], "there is no model 'nope' in the catalogue"),
    "no such file": (["compare", "nope.toml"], "spikebridge: nope.toml: No such file or directory"),
    "unknown engine": (["compare", LIF, "--engine", "nest"], "there is no engine 'nest'"),
    "unknown scheme": (["compare", LIF, "--engine", "reference", "--scheme", "reference=rk5"], "reference: there is no scheme 'rk5'"),
    "scheme without engine": (["compare", LIF, "--scheme", "rk4"], "--scheme: expected ENGINE=NAME, found 'rk4'"),
    "setting without value": (["compare", LIF, "--set", "tau_m"], "--set: expected NAME=\"VALUE UNIT\", found 'tau_m'"),
    "unknown parameter": (["compare", LIF, "--set", "tau=1 ms"], "neither a parameter nor a stimulus with 'tau'. Did you mean 'tau_m'? There is: E_L,"),
    "setting without unit": (["run", LIF, "--set", "amplitude=3"], "--set: 'amplitude' is measured in nA, and the unit is missing; write amplitude=\"3 nA\""),
    "wrong unit of a stimulus": (["run", LIF, "--set", "amplitude=3 mV"], "driven in nA, but '3 mV' is not"),
    "a variable": (["run", LIF, "--set", "v=-60 mV"], "'v' is a variable; write initial.v for its initial value"),
    "wrong unit": (["compare", LIF, "--set", "tau_m=10 mV"], "tau_m is measured in ms, but '10 mV' is not"),
    "unknown regime": (["compare", LIF, "--regime", "x"], "there is no regime 'x'"),
    "uneven step": (["compare", LIF, "--dt", "0.03 ms"], "100 ms is not a whole number of steps of 0.03 ms"),
    "no unit of time": (["run", LIF, "--engine", "reference", "--duration", "100"], 'expected a time such as "10 ms"'),
    "unknown translation": (["show", LIF, "--as", "neuroml"], "'neuroml' is not one of"),
    "unknown kind of file": (["run", LIF, "--engine", "reference", "--output", "x.txt"], "--output: x.txt: write a .csv or a .parquet file"),
    "no time at all": (["compare", LIF, "--limit", "0"], "Invalid value for '--limit'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_status_2_and_says_what_to_change(case, capsys) -> None:
    """On stderr, without a traceback, and nothing on stdout; nothing is written."""
    arguments, message = BAD[case]
    assert status(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert not os.listdir()


def test_a_report_that_cannot_be_written_names_the_file(capsys) -> None:
    """The one asked for, and what stands in its way."""
    Path("taken").write_text("")
    assert status("run", LIF, "--engine", "reference", "--output", "taken/run.csv") == 2
    assert capsys.readouterr().err == "spikebridge: --output: taken/run.csv: taken is no folder\n"


def test_parquet_without_pyarrow_is_refused_before_anything_runs(monkeypatch, capsys) -> None:
    """Status 3, and how to get it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(ReferenceEngine, "execute", lambda *_: pytest.fail("it ran"))
    assert status("run", LIF, "--engine", "reference", "--output", "run.parquet") == 3
    assert "pip install" in capsys.readouterr().err


# standard output --------------------------------------------------------------------------------------


def test_json_is_one_document_and_nothing_else() -> None:
    """From a process of its own: stdout parses, stderr is empty, no file is written."""
    done = spikebridge("compare", LIF, *QUICK, "--json", capture_output=True, text=True)
    assert done.returncode == 0
    assert json.loads(done.stdout)["model"] == LIF
    assert done.stderr == ""
    assert not os.listdir()


def test_json_with_output_writes_the_same_document(capsys) -> None:
    """And the other files of the report."""
    assert status("compare", LIF, *QUICK, "--json", "--output", "out") == 0
    assert capsys.readouterr().out == Path("out/comparison.json").read_text()
    assert sorted(os.listdir("out")) == REPORT


@pytest.mark.parametrize("command", [["models"], ["doctor"]])
def test_other_commands_have_a_document_too(command, capsys) -> None:
    """With its schema."""
    status(*command, "--json")
    assert json.loads(capsys.readouterr().out)["schema"] == 1


@pytest.mark.parametrize("arguments", [["models"], ["compare", LIF, *QUICK], ["compare", LIF, *QUICK, "--json"]])
def test_a_reader_that_leaves_is_no_disagreement(arguments) -> None:
    """The status is a shell's for a broken pipe, 128 + 13, never 1; and no word about it."""
    read, write = os.pipe()
    os.close(read)
    done = spikebridge(*arguments, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
@pytest.mark.parametrize("arguments", [["models"], ["show", LIF], ["compare", LIF, *QUICK, "--json"]])
def test_a_full_disk_is_one_line(arguments) -> None:
    """Status 2 and no traceback."""
    with open("/dev/full", "w") as full:
        done = spikebridge(*arguments, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (2, "spikebridge: standard output: No space left on device\n")


def test_a_run_prints_spikes_and_writes_what_it_says(capsys) -> None:
    """2 nA from 5 ms: the first spike 10 ln 4 later, up to what rk4's straight line costs."""
    assert status("run", LIF, "--engine", "reference", "--output", "run.csv", "--duration", "20 ms") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"reference {__version__}, rk4, dt = 0.01 ms: 1 spike in 20 ms"
    assert out[1] == "spike times (ms): 18.8629"
    assert out[2] == "wrote run.csv: 2001 samples of v"
    assert len(Path("run.csv").read_text().splitlines()) == 2002


# the report -------------------------------------------------------------------------------------------


def test_the_report_is_written_whole_where_it_is_said_to_be(capsys) -> None:
    """Four files, no temporary one, and the last line of the output is where the page is."""
    assert status("compare", LIF, *QUICK) == 0
    folder = Path("spikebridge-output") / LIF
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {folder / 'report.html'}"
    assert sorted(os.listdir(folder)) == REPORT
    assert (folder / "report.html").read_text().rstrip().endswith("</html>")
    assert (folder / "comparison.svg").read_text().rstrip().endswith("</svg>")
    assert (folder / "comparison.png").read_bytes().endswith(b"IEND\xaeB`\x82")
    json.loads((folder / "comparison.json").read_text())


def test_changes_reach_the_experiment(capsys) -> None:
    """A regime, then a setting on top of it, duration and step."""
    changes = [
        "--regime",
        "neurodynex",
        "--set",
        'R_m="12 Mohm"',
        "--set",
        "theta=-51 mV",
        "--duration",
        "30 ms",
        "--dt",
        "0.05 ms",
    ]
    assert status("compare", LIF, "--engine", "reference", "--quick", "--json", *changes) == 0
    experiment = json.loads(capsys.readouterr().out)["experiment"]
    assert (experiment["duration_ms"], experiment["dt_ms"]) == (30.0, 0.05)
    found = {name: experiment["parameters"][name] for name in ("E_L", "tau_m", "R_m", "theta", "v_reset")}
    assert found == {"E_L": "-70 mV", "tau_m": "8 ms", "R_m": "12 Mohm", "theta": "-51 mV", "v_reset": "-65 mV"}


def test_settings_reach_the_stimulus_and_the_start(capsys) -> None:
    """By the short name where it is the only one, else by the full one; all together, so that none is wrong for a while."""
    moved = ["--set", "start=50 ms", "--set", "stimulus.stop=60 ms", "--set", "amplitude=4 nA", "--set", "initial.v=-60 mV"]
    assert status("run", LIF, "--output", "run.csv", *moved) == 0
    assert capsys.readouterr().out.startswith(f"reference {__version__}, rk4, dt = 0.01 ms: 1 spike in 100 ms\n")
    assert Path("run.csv").read_text().splitlines()[1] == "0.0,-60.0"


def test_a_name_of_two_things_is_refused_with_both(capsys) -> None:
    """A parameter and a key of the stimulus; either full name reaches its own."""
    Path("two.toml").write_text(
        FITZHUGH_NAGUMO.replace("0.08", "amplitude").replace("[initial]", '[parameters]\namplitude = "0.08"\n[initial]')
    )
    assert status("run", "two.toml", "--set", "amplitude=10") == 2
    assert "'amplitude' is both parameters.amplitude and stimulus.amplitude; write one of these" in capsys.readouterr().err
    assert (
        status("run", "two.toml", "--duration", "2 ms", "--set", "parameters.amplitude=10", "--set", "stimulus.amplitude=0.1")
        == 0
    )


def test_several_engines_and_schemes(capsys) -> None:
    """Keys in the order asked for."""
    chosen = ["--scheme", "reference=rk2", "--scheme", "reference=rk4", "--json"]
    assert status("compare", LIF, *QUICK, *chosen) == 0
    assert list(json.loads(capsys.readouterr().out)["engines"]) == ["reference/rk2", "reference/rk4"]


def test_a_model_file_of_ones_own(capsys) -> None:
    """One page of TOML, and an experiment file that names it."""
    Path("my_neuron.toml").write_text(FITZHUGH_NAGUMO)
    assert status("compare", "my_neuron.toml", *QUICK) == 0
    Path("short.toml").write_text('model = "my_neuron.toml"\nduration = "2 ms"\n')
    assert status("run", "short.toml", "--engine", "reference") == 0
    assert capsys.readouterr().out.endswith("0 spikes in 2 ms\n")


# help -------------------------------------------------------------------------------------------------


def test_help_names_the_commands_there_are(capsys) -> None:
    """Each of them has help of its own, with a word about every option and argument."""
    assert status("--help") == 0
    listed = re.findall(r"^  ([a-z]+) {2,}\S", capsys.readouterr().out.split("Commands:")[1], re.MULTILINE)
    known = [
        "cache",
        "check",
        "compare",
        "completion",
        "diff",
        "doctor",
        "export",
        "figure",
        "import",
        "models",
        "run",
        "show",
        "sweep",
    ]
    assert listed == sorted(cli.commands) == known
    for name in listed:
        assert status(name, "--help") == 0
        text = capsys.readouterr().out
        for option in cli.commands[name].params:
            if option.param_type_name == "option":
                assert option.opts[0] in text
                assert option.help


def test_the_readme_shows_commands_that_exist() -> None:
    """Every line of it that starts with spikebridge parses."""
    lines = re.findall(r"^ {4}(spikebridge .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        name, *arguments = shlex.split(line, comments=True)[1:]
        cli.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("target", ["toml", "brian2", "nmodl", "numpy", "latex", "html"])
def test_every_translation_is_shown(target, capsys) -> None:
    """It names the model's time constant, and ends with a newline."""
    assert status("show", LIF, "--as", target, "--regime", "neurodynex") == 0
    out = capsys.readouterr().out
    assert "tau" in out
    assert out.endswith("\n")


def test_the_catalogue_is_listed_whole(capsys) -> None:
    """Every name on one line, with its regimes and source."""
    assert status("models") == 0
    lines = capsys.readouterr().out.splitlines()
    firsts = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    apart = firsts.index("mechanisms:")
    assert firsts[:apart] == sorted(catalogue()) and firsts[apart + 1 :] == sorted(mechanisms())
    assert any("regimes: dayan_abbott, neurodynex" in line for line in lines) and any(
        line.strip() == "also: hh" for line in lines
    )
    assert not any("…" in line for line in lines)


def test_help_names_the_engines_that_there_are() -> None:
    """Written down once more, for nothing is loaded to answer: those that take part unasked, and the others."""
    assert tuple(DEFAULT_ENGINES.split()) == registry.engines_for(Occasion.COMPARISON)
    assert {*DEFAULT_ENGINES.split(), *VARIANTS.split(", ")} == set(registry.ENGINES)
    assert all(registry.ENGINES[name].variant_of for name in VARIANTS.split(", "))


def test_doctor_names_every_engine(monkeypatch, capsys) -> None:
    """One setting of each; of an engine whose package is missing, how to get that."""
    monkeypatch.setattr(registry.ENGINES["neuron"], "packages", ("neuron", "no-such-package"), raising=False)
    assert status("doctor", "--json") == 3
    findings = {f["what"]: f for f in json.loads(capsys.readouterr().out)["findings"]}
    assert {what for what in findings if what.startswith("engine ")} == {"engine reference", "engine brian2", "engine neuron"}
    assert findings["engine brian2"]["found"] == "Brian2, cython or numpy code"
    assert findings["engine neuron"] == {
        "what": "engine neuron", "found": None, "needed": True, "remedy": "pip install no-such-package"
    }  # fmt: skip
    assert not findings["no-such-package"]["found"]


def test_doctor_works_where_spikebridge_cannot(monkeypatch, capsys) -> None:
    """Without numpy there are no engines to ask, and numpy is what is missing."""
    monkeypatch.setitem(sys.modules, "spikebridge.reports.commands.engine_findings", None)
    status("doctor", "--json")
    what = [finding["what"] for finding in json.loads(capsys.readouterr().out)["findings"]]
    assert "numpy" in what and not any(each.startswith("engine ") for each in what)


def test_doctor_says_what_is_missing_and_how_to_get_it(monkeypatch, capsys) -> None:
    """With nothing on PATH there is no make and no g++: status 3; perl is missed by exported scripts alone."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert status("doctor", "--json") == 3
    found = json.loads(capsys.readouterr().out)
    missing = {finding["what"]: finding for finding in found["findings"] if not finding["found"]}
    assert {"make": True, "g++": True, "perl": False}.items() <= {what: f["needed"] for what, f in missing.items()}.items()
    assert all(finding["remedy"] for finding in missing.values())
    assert found["healthy"] is False
    assert status("doctor") == 3
    assert "some engines cannot run" in capsys.readouterr().out
