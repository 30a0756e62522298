"""Hostile files through the command line: each is one line on standard error and status 2, whatever kind of file it is."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.engines.running import Runner
from spikebridge.reports.cli import main

LEAK = load("passive_membrane").text
BRACKETS = "(" * 100_000 + "1" + ")" * 100_000
EXPERIMENT = 'model = "passive_membrane"\nduration = "5 ms"\ndt = "0.1 ms"\n'


def stimulus(**keys: str) -> str:
    """An experiment with one stimulus of these keys."""
    return EXPERIMENT + "[[stimulus]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())


FILES: dict[str, str] = {
    "1,500 dotted keys": LEAK.replace("[parameters]", ".".join(["a"] * 1500) + " = 1\n[parameters]", 1),
    "1,500 dotted keys in a known table": LEAK.replace("[parameters]", "[parameters]\n" + ".".join(["g_L"] * 1500) + ' = "1"', 1),
    "a seed of 4,400 digits": stimulus(kind='"noise"', seed="9" * 4400, interval='"1 ms"', sigma='"1 pA"'),
    "a seed of 4,000 digits": stimulus(kind='"noise"', seed="9" * 4000, interval='"1 ms"', sigma='"1 pA"'),
    "a whole number of 4,400 digits": "name = " + "9" * 4400,
    "brackets in an equation": LEAK.replace("equations = \"\"\"", f'equations = """\nx = {BRACKETS} : 1', 1),
    "brackets in a parameter": LEAK.replace("[parameters]", f'[parameters]\nx = "{BRACKETS} mV"', 1),
    "brackets in a unit": LEAK.replace("[parameters]", f'[parameters]\nx = "1 {BRACKETS}"', 1),
    "brackets in an initial value": LEAK.replace("[initial]", f'[initial]\nq = "{BRACKETS}"', 1),
    "brackets in a rule": LEAK.replace("equations = \"\"\"", f'spike = "{BRACKETS} > 1"\nequations = """', 1),
    "brackets in a reset": LEAK.replace("equations = \"\"\"", f'spike = "v > 0*mV"\nreset = "v = {BRACKETS}"\nequations = """', 1),
    "brackets in a duration": EXPERIMENT.replace("5 ms", BRACKETS),
    "brackets in a stimulus": stimulus(kind='"step"', amplitude=f'"{BRACKETS}"'),
    "lists in lists": EXPERIMENT + "record = " + "[" * 5000 + "]" * 5000,
    "a mark of direction in a title": LEAK.replace('title = "', 'title = "\u202e', 1),
    "half a character in a name": LEAK.replace('name = "', 'name = "\\u202e', 1),
    "a regime that leads out": LEAK + '\n[regimes."../../../x"]\ng_L = "1 mS/cm2"\n',
    "a newline in a key": LEAK.replace("[parameters]", '"a\\nb\\u001b[31m" = 1\n[parameters]', 1),
}  # fmt: skip


def refusal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a command is refused with."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert ended.value.code == 2, err[:500]
    usage, _, said = err.rstrip("\n").rpartition("\n")
    assert out == "" and said.isprintable(), err[:500]
    assert not usage or usage.startswith("Usage: "), err[:500]
    return said


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_one_line(name, tmp_path, capsys) -> None:
    """Which names the file, and echoes no more than a little of it."""
    path = tmp_path / "hostile.toml"
    path.write_text(FILES[name], encoding="utf-8")
    said = refusal(["run", str(path), "--engine", "reference"], capsys)
    assert "hostile" in said and len(said) < 1200


@pytest.mark.parametrize("size", [200_000, 3_000_000])
def test_a_field_longer_than_a_csv_may_have(size, tmp_path, capsys) -> None:
    """It is no number."""
    (tmp_path / "samples.csv").write_text("t,i\n0,1\n" + "9" * size + ",2\n")
    path = tmp_path / "hostile.toml"
    path.write_text(stimulus(kind='"samples"', file='"samples.csv"', interval='"1 ms"', unit='"pA"'))
    assert "samples.csv" in refusal(["run", str(path), "--engine", "reference"], capsys)


@pytest.mark.parametrize(
    "argument", ["a\0b.toml", "x" * 5000, "x" * 5000 + ".toml", os.fsdecode(b"caf\xe9.toml"), "/dev/zero", "/dev/stdin/x.toml"]
)
def test_a_hostile_name_is_one_line(argument, capsys) -> None:
    """Of a file that is not there, or is none."""
    assert len(refusal(["show", argument], capsys)) < 6000


OUTPUTS: dict[str, Callable[[Path], list[str]]] = {
    "a folder below a file": lambda at: ["compare", "hodgkin_huxley", "--output", str(at / "file" / "x")],
    "a file for a folder": lambda at: ["compare", "hodgkin_huxley", "--output", str(at / "file")],
    "a folder for a file": lambda at: ["compare", "hodgkin_huxley", "--junit", str(at / "folder")],
    "a table for a folder": lambda at: ["run", "hodgkin_huxley", "--engine", "reference", "--output", str(at / "dir.csv")],
    "pages of the catalogue": lambda at: ["compare", "--all", "--output", str(at / "file")],
    "pages of a suite": lambda at: ["check", str(at / "suite.toml"), "--output", str(at / "file")],
    "figures": lambda at: ["figure", "hh_action_potential", "--output", str(at / "file")],
    "scripts": lambda at: ["export", "hodgkin_huxley", "--to", str(at / "file")],
    "a sweep": lambda at: ["sweep", "hodgkin_huxley", "--vary", "g_L=0:1:3mS/cm2", "--output", str(at / "file" / "x.csv")],
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_are_checked_before_anything_runs(name, tmp_path, capsys, monkeypatch) -> None:
    """Nobody waits for a run whose result has no place."""
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    (tmp_path / "dir.csv").mkdir()
    (tmp_path / "suite.toml").write_text('[[experiment]]\nrun = "hodgkin_huxley"\n')

    def ran(*_: object, **__: object) -> None:
        raise AssertionError("something ran")

    monkeypatch.setattr(Runner, "__init__", ran)
    assert str(tmp_path) in refusal(OUTPUTS[name](tmp_path), capsys)
    assert (tmp_path / "file").read_text() == "kept"


def test_a_suite_writes_no_baseline_outside_its_folder(tmp_path, capsys) -> None:
    """Only the command line may lead there."""
    (tmp_path / "inside").mkdir()
    suite = tmp_path / "inside" / "suite.toml"
    suite.write_text('baseline = "../elsewhere"\n[[experiment]]\nrun = "passive_membrane"\nengines = ["reference"]\n')
    said = refusal(["check", str(suite), "--update"], capsys)
    assert said.endswith("leads out of the suite's own folder; if that is meant, say --baseline ../elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_a_baseline_no_folder_can_be_called_is_one_line(tmp_path, capsys) -> None:
    """Systems end a name at a null character."""
    suite = tmp_path / "suite.toml"
    suite.write_text('baseline = "\\u0000"\n[[experiment]]\nrun = "passive_membrane"\n')
    assert "baseline: expected the name of a folder" in refusal(["check", str(suite)], capsys)
