"""Somebody's own script: it is run at several steps, held to limits, read, and judged like any participant."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.engines import program as program_home
from spikebridge.bridge.engines.handed_over import record
from spikebridge.bridge.engines.program import Program, ProgramLadder, ProgramRun
from spikebridge.bridge.engines.program_findings import sources
from spikebridge.bridge.engines.program_keeper import Limits
from spikebridge.bridge.errors import DefinitionError, NotRun, UsageError
from spikebridge.reports.commands.compare import compare_engines
from spikebridge.reports.formats.json_format import comparison_document
from spikebridge.reports.proof import taking_part
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.program_samples import the_signal
from spikebridge.reports.proof.verdict import Verdict
from tests.processes import left, soon

CHARGING = """
import os
import numpy as np
dt = float(os.environ["SPIKEBRIDGE_DT"])
t = np.arange(round(20.0/dt) + 1)*dt
v = np.full(len(t), -70.0)
for k in range(len(t) - 1):
    v[k + 1] = v[k] + dt*(10.0*(dt*(k + 0.5) > 10) - (v[k] + 70))/TAU
"""


def script(folder: Path, text: str, name: str = "run.py") -> Program:
    """A program of that text."""
    path = folder / name
    path.write_text(text)
    return Program.parse("mine", path)


def reason(folder: Path, text: str, limit_s: float = 30.0) -> str:
    """Why a program of that text did not run."""
    found = ProgramLadder(script(folder, text), (0.1,), 20.0).run(limit_s)
    assert isinstance(found, NotRun)
    return str(found)


def charging() -> Experiment:
    """What ``CHARGING`` computes with a time constant of 10 ms."""
    model = load_experiment("passive_membrane")
    return Experiment(model.model, model.stimulus, "20 ms", "0.5 ms")


def test_a_program_is_judged_by_the_limit_of_its_steps(tmp_path: Path) -> None:
    """Forward Euler with the right time constant is the same neuron, with twice as long a one it is another, and the constant is
    named; the document has both like any participant; nothing is left beside the scripts."""
    for name, tau in (("right", "10.0"), ("wrong", "20.0")):
        (tmp_path / f"{name}.py").write_text(CHARGING.replace("TAU", tau))
    own = {name: f"{tmp_path}/{name}.py" for name in ("right", "wrong")}
    found = compare(charging(), ["reference"], programs=own)
    assert (found["right"].verdict, found["wrong"].verdict) == (Verdict.AGREE, Verdict.OTHER_LIMIT)
    assert found["wrong"].convergence is not None and found["wrong"].convergence.order == pytest.approx(1, abs=0.1)
    assert found["wrong"].convergence.ladder.steps == (0.5, 0.25, 0.125, 0.0625)
    assert {culprit.name for culprit in found["wrong"].culprits} & {"C", "g_L"}
    document = comparison_document(found)["engines"]["right"]
    assert (document["status"], document["scheme"]) == ("ran", "program") and document["version"].startswith("Python 3.")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["right.py", "wrong.py"]


def test_a_script_that_keeps_to_its_own_step_runs_twice_and_is_one_recording(tmp_path: Path) -> None:
    """The second run gives the same bits, and no third is made."""
    text = CHARGING.replace("TAU", "10.0").replace('float(os.environ["SPIKEBRIDGE_DT"])', "0.5")
    found = ProgramLadder(script(tmp_path, text), (0.5, 0.25, 0.125), 20.0).run(30.0)
    assert isinstance(found, tuple) and [run.dt_ms for run in found] == [0.5]


def test_what_goes_wrong_in_a_script_is_one_line(tmp_path: Path) -> None:
    """With the line of the script; a program that ends itself says so, and one that hangs is ended."""
    assert reason(tmp_path, "import os\nx = 1\ny = x/0\n") == "run.py, line 3: ZeroDivisionError: division by zero"
    assert reason(tmp_path, "def f(:\n").startswith("run.py, line 1: SyntaxError: ")
    assert reason(tmp_path, "quit(3)") == "it ended itself with status 3"
    said = reason(tmp_path, "import os\nprint('so long', flush=True)\nos._exit(0)")
    assert said == "it ended itself with status 0 before there was anything to read; it printed last: so long"
    assert reason(tmp_path, "while True: pass", 0.5).startswith("no end within 0.5 s; give more with --limit")


def test_a_hostile_program_leaves_one_line_and_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that prints without end, one that multiplies into sessions of its own, one that takes all memory, and one that kills
    its keeper; what they have started goes with them."""
    monkeypatch.setenv("MARK_OF_A_TEST", f"program {tmp_path}")
    printing = "import sys\nwhile True: sys.stdout.write('x'*1000000)"
    bomb = "import os, time\nfor _ in range(200):\n    if os.fork() == 0:\n        os.setsid(); time.sleep(60)\ntime.sleep(60)"
    assert reason(tmp_path, printing) == "it has printed more than 50 MB"
    assert reason(tmp_path, bomb) == f"it has started more than {Limits(1, 1).processes} processes"
    monkeypatch.setenv("SPIKEBRIDGE_MEMORY", "300 MB")
    assert "MemoryError" in reason(tmp_path, "import numpy as np\nx = np.ones(10**9)")
    said = reason(tmp_path, "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(60)")
    assert said == "its processes were ended before there was anything to read"
    assert soon(lambda: not left(f"program {tmp_path}"))


def test_the_rest_of_a_comparison_stands_where_a_program_does_not_run(tmp_path: Path) -> None:
    """No recording, or one that is no number: not run, with the reason."""
    (tmp_path / "none.py").write_text("x = 1")
    (tmp_path / "nan.py").write_text(CHARGING.replace("TAU", "10.0") + "v[3] = np.nan")
    found = compare(charging(), ["reference"], quick=True, programs={n: f"{tmp_path}/{n}.py" for n in ("none", "nan")})
    assert found["reference"].verdict is Verdict.AGREE
    assert {found[n].verdict for n in ("none", "nan")} == {Verdict.NOT_RUN}
    assert "it left no times with samples beside them" in found["none"].because
    assert "the value of sample 4 is nan" in found["nan"].because


def test_several_things_that_could_be_meant_are_told(tmp_path: Path) -> None:
    """With what to write; what is written is taken."""
    left_behind = {"t": [0.0, 1.0, 2.0], "y": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}
    run = ProgramRun(0.1, "", tuple(sources(left_behind, {})))
    program = script(tmp_path, "")
    with pytest.raises(DefinitionError, match=r"it recorded y\[0\], y\[1\]; choose with --program mine=run\.py:y\[0\]"):
        the_signal(program, run, ["v"])
    chosen = the_signal(Program("mine", program.script, "y[1]"), run, ["v"])[1]
    assert list(chosen.values) == [2.0, 4.0, 6.0]


def test_what_is_handed_over_comes_first_and_dictionaries_are_read() -> None:
    """``record`` is believed before names; a dictionary, as ``solve_ivp`` gives it, has its times with it; numpy's own objects, which
    ``from brian2 import *`` brings, are no arrays though they have items without end."""
    found = sources({"sol": {"t": [0.0, 1.0], "y": [[3.0, 4.0]]}, "r_": np.r_, "t": np.c_}, {})
    assert [(s.kind, s.columns[1].label) for s in found] == [("a dictionary", "sol.y")]
    record(t=[0.0, 1.0, 2.0], v=[1.0, 2.0, 3.0])
    assert [s.kind for s in sources({"t": [0.0, 1.0], "v": [5.0, 6.0]}, {})] == ["sb.record", "names"]


def test_a_program_is_named_by_a_person_in_one_form(tmp_path: Path) -> None:
    """``SCRIPT.py[:COLUMN][@PYTHON]``; a file that is none, or no such Python, is refused before anything runs."""
    path = tmp_path / "run.py"
    path.write_text("")
    found = Program.parse("mine", f"{path}:mon.v[0]")
    assert (found.script, found.column, found.python) == (path, "mon.v[0]", "")
    with pytest.raises(UsageError, match=r"--program mine: .* is no file; expected the Python of an environment"):
        Program.parse("mine", f"{path}@/no/such/python")
    for wrong in ("run.sh", f"{tmp_path}/none.py"):
        with pytest.raises(UsageError, match="--program mine: "):
            Program.parse("mine", wrong)


def test_the_command_takes_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--program`` by name, beside the engines, in the JSON document too."""
    program = script(tmp_path, CHARGING.replace("TAU", "10.0")).script
    options = {"duration": "20 ms", "dt": "0.5 ms", "settings": (), "regime": None, "observe": None, "precision": None}
    status = compare_engines(
        "passive_membrane", ["reference"], (), True, (), (f"mine={program}",), None, 30.0, None, True, **options
    )  # fmt: skip
    document = json.loads(capsys.readouterr().out)
    assert set(document["engines"]) == {"reference", "mine"} and status in (0, 4)


def test_no_file_can_name_a_program() -> None:
    """The readers of experiments and suites know no such key; only the command line and a call in Python do."""
    homes = [Path(home.__file__).resolve().parents[1] for home in (program_home, taking_part)]
    named = [p.name for home in homes for p in home.rglob("*.py") if "Program.parse" in p.read_text()]
    assert named == ["taking_part.py"]
