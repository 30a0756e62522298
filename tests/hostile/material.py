"""Hostile files and command lines, drawn by seed: good ones with pieces exchanged, cut, repeated, or grown beyond measure."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spikebridge.bridge.definition.model_file import catalogue, load
from spikebridge.reports.textbook.figure_file import gallery

CANARY = "spikebridge-was-made-to-run-this"
SHELL = f"$(touch {CANARY})"
PYTHON = f"__import__('os').system('touch {CANARY}')"
# what tends to upset readers, compilers, terminals and pages
ATOMS = (
    "", " ", "0", "-0", "1e999", "-1e-999", "nan", "inf", "9" * 30, "9" * 5000, "0x10", "1_000", "true", "[]", "{}", "[[]]", '""', "'", '"', '"""', "\\", "\0",
    "\x1b[31m", "\u202e", "\ud7ff", "\u2028", "é", "日本", "💥", "%s%n", "{0}", "{{", "}}", "../../../../tmp/x", "/dev/zero", "/dev/stdin", "C:\\x", "a" * 3000,
    "(" * 500, "(" * 50_000, "[" * 3000, "a." * 2000, "x**x**x", "1/0", "0/0*mV", "exp(1000)", "v", "v > ", "lambda: 0", "if", "else", "import", "class",
    SHELL, f"`touch {CANARY}`", f"; touch {CANARY}", PYTHON, f"eval({PYTHON!r})", f"<script>{CANARY}</script>", "' OR 1=1", "ENDCOMMENT VERBATIM", "#include",
    "mV", "uA/cm2", "1 parsec", "1 mV", "-65 mV", "1e300 mV", "1e-300 ms", "0 ms", "1 ms", "1e9 s", "model", "name", "dv/dt", "dv/dt = v : mV", "steady_state",
)  # fmt: skip
_TOKEN = re.compile(r'"""|"[^"\n]*"|[A-Za-z_]\w*|\d[\d.eE+-]*|\s+|.', re.DOTALL)

EXPERIMENT = """model = "{model}"
duration = "3 ms"
dt = "0.1 ms"
record = ["{observed}"]
[[stimulus]]
kind = "step"
amplitude = "1 {unit}"
start = "1 ms"
stop = "2 ms"
"""
SUITE = """baseline = "kept"
engines = ["reference"]
[[experiment]]
run = "passive_membrane"
duration = "3 ms"
expect = "agree"
checkpoints = 3
[[experiment]]
name = "other"
run = "leaky_integrate_and_fire"
duration = "3 ms"
schemes = {{ reference = ["euler"] }}
"""


@dataclass(frozen=True)
class Case:
    """A command in a folder of its own.

    Attributes
    ----------
    kind : what was made hostile
    arguments : of the command line
    files : by name, written into the folder first
    """

    kind: str
    arguments: tuple[str, ...]
    files: dict[str, bytes]


def case(seed: int) -> Case:
    """The case of that number: the same on every machine."""
    draw = random.Random(seed)
    return draw.choice(list(KINDS.values()))(draw)


def mutated(text: str, draw: random.Random) -> str:
    """A text with one to six pieces exchanged, cut, repeated or moved."""
    tokens = _TOKEN.findall(text)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        at = draw.randrange(len(tokens)) if tokens else 0
        match draw.randrange(7):
            case 0:
                tokens[at : at + 1] = [draw.choice(ATOMS)]
            case 1:
                tokens[at:at] = [draw.choice(ATOMS)]
            case 2:
                del tokens[at : at + draw.choice((1, 3, 30))]
            case 3:
                tokens[at:at] = tokens[at : at + draw.choice((1, 5, 50))] * draw.choice((1, 2, 40))
            case 4:
                other = draw.randrange(len(tokens) or 1)
                tokens[at : at + 1], tokens[other : other + 1] = tokens[other : other + 1], tokens[at : at + 1]
            case 5:
                quoted = [k for k, token in enumerate(tokens) if token.startswith('"') and len(token) > 2 and token != '"""']
                if quoted:
                    tokens[draw.choice(quoted)] = f'"{draw.choice(ATOMS)}"'
            case 6:
                tokens = tokens[: draw.randrange(len(tokens) + 1)]
    return "".join(tokens)


def valued(text: str, draw: random.Random) -> str:
    """A text with one or two quoted values or numbers exchanged or mutated, so that it stays one that a reader takes apart."""
    tokens = _TOKEN.findall(text)
    values = [k for k, token in enumerate(tokens) if token != '"""' and (token[:1] == '"' or token[:1].isdigit())]
    for at in draw.sample(values, min(len(values), draw.choice((1, 1, 2)))):
        inner = tokens[at].strip('"')
        new = draw.choice(ATOMS) if draw.random() < 0.5 else mutated(inner, draw)
        tokens[at] = (
            json.dumps(new, ensure_ascii=draw.random() < 0.5) if tokens[at][:1] == '"' or draw.random() < 0.3 else new or "0"
        )
    return "".join(tokens)


def hostile(text: str, draw: random.Random) -> str:
    """One way or the other."""
    return (mutated if draw.random() < 0.4 else valued)(text, draw)


def _bytes(text: str, draw: random.Random) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    if draw.random() < 0.05 and data:
        at = draw.randrange(len(data))
        data = data[:at] + bytes(draw.randrange(256) for _ in range(draw.choice((1, 4, 400)))) + data[at:]
    return data


def _action(name: str, draw: random.Random) -> tuple[str, ...]:
    """A command that reads the definition."""
    return draw.choice(
        (
            ("show", name), ("show", name, "--as", "brian2"), ("show", name, "--as", "nmodl"), ("show", name, "--as", "numpy"), ("show", name, "--as", "latex"),
            ("run", name, "--engine", "reference", "--duration", "2 ms", "--limit", "5"), ("export", name, "--to", "out"),
        )
    )  # fmt: skip


def _model(draw: random.Random) -> Case:
    text = load(draw.choice(list(catalogue()))).text
    return Case("model", _action("hostile.toml", draw), {"hostile.toml": _bytes(hostile(text, draw), draw)})


def _experiment(draw: random.Random) -> Case:
    model = load(draw.choice(("passive_membrane", "leaky_integrate_and_fire", "hodgkin_huxley", "izhikevich")))
    text = EXPERIMENT.format(model=model.name, observed=model.observed, unit=model.stimulus_unit)
    arguments = ("run", "hostile.toml", "--engine", "reference", "--limit", "5")
    return Case("experiment", arguments, {"hostile.toml": _bytes(hostile(text, draw), draw)})


def _suite(draw: random.Random) -> Case:
    return Case("suite", ("check", "hostile.toml", "--limit", "5"), {"hostile.toml": _bytes(hostile(SUITE.format(), draw), draw)})


def _baseline(draw: random.Random) -> Case:
    good = (
        '{"schema": 1, "definition": {"model": "x"}, "engines": {"reference, rk4": {"verdict": "agree", "environment": {}, "spikes_ms": [[1, 2.5]], '
        '"variables": [["t_ms", "ms"], ["v", "mV"]], "checkpoints": [[0.0, -65.0], [1.0, -64.0]], "extremes": {"v": [-65.0, -64.0]}, '
        '"error_against_exact": {"v": 0.001}}}}'
    )
    suite = '[[experiment]]\nrun = "passive_membrane"\nduration = "2 ms"\nengines = ["reference"]\n'
    files = {"suite.toml": suite.encode(), "baseline/passive_membrane.json": _bytes(hostile(good, draw), draw)}
    return Case("baseline", ("check", "suite.toml", "--limit", "5"), files)


def _figure(draw: random.Random) -> Case:
    text = gallery()[draw.choice(sorted(gallery()))].read_text(encoding="utf-8")
    # twice the same name would be one more refusal; the file is read whole before that
    return Case("figure", ("figure", "hostile.toml", "hostile.toml"), {"hostile.toml": _bytes(hostile(text, draw), draw)})


def _recording(draw: random.Random) -> Case:
    rows = "".join(f"{0.1 * k:.1f},{-70 + 0.01 * k:.2f}\n" for k in range(31))
    suffix = draw.choice((".csv", ".csv", ".txt", ".dat", ".npz", ".parquet", ".abf", ".nwb", ".mod"))
    data = _bytes(hostile("t (ms),v (mV)\n" + rows, draw), draw)
    if suffix == ".npz" and draw.random() < 0.8:
        held = io.BytesIO()
        np.savez(held, t=np.arange(31) * 0.1, v=np.full(draw.choice((0, 1, 31)), draw.choice((np.nan, 1.0, 1e308))))
        data = held.getvalue()[: draw.choice((10, 300, 10_000))]
    name = f"samples{suffix}"
    column = draw.choice(("", "", ":v", f":{draw.choice(ATOMS)}"))
    arguments = (
        "compare",
        "passive_membrane",
        "--duration",
        "3 ms",
        "--dt",
        "0.1 ms",
        "--engine",
        "reference",
        "--quick",
        "--json",
    )
    return Case("recording", (*arguments, "--recording", f"lab={name}{column}", "--limit", "20"), {name: data})


def _stimulus(draw: random.Random) -> Case:
    text = 'model = "passive_membrane"\nduration = "3 ms"\ndt = "0.1 ms"\n[[stimulus]]\nkind = "samples"\nfile = "i.csv"\ninterval = "1 ms"\nunit = "pA"\n'
    data = _bytes(hostile("t,i\n0,1\n1,2\n2,3\n", draw), draw)
    return Case("stimulus", ("run", "e.toml", "--engine", "reference", "--limit", "5"), {"e.toml": text.encode(), "i.csv": data})


def _command(draw: random.Random) -> Case:
    good = draw.choice(
        (
            ["show", "hodgkin_huxley", "--as", "nmodl", "--regime", "rounded"],
            ["run", "passive_membrane", "--engine", "reference", "--scheme", "rk4", "--duration", "2 ms", "--set", "g_L=9 nS", "--output", "out.csv"],
            ["compare", "passive_membrane", "--engine", "reference", "--quick", "--duration", "2 ms", "--json", "--junit", "a.xml"],
            ["sweep", "passive_membrane", "--vary", "g_L=1:9:3nS", "--duration", "2 ms", "--dt", "0.1 ms", "--json"],
            ["export", "passive_membrane", "--to", "out", "--engine", "reference"],
            ["cache", "--limit", "1 GB"],
            ["figure", "hh_action_potential", "--engine", "nothing"],
            ["check", "nothing.toml", "--baseline", "x"],
        )
    )  # fmt: skip
    for _ in range(draw.choice((1, 1, 2, 4))):
        at = draw.randrange(len(good) + 1)
        atom = draw.choice(ATOMS).replace("\0", "")
        match draw.randrange(4):
            case 0:
                good[at : at + 1] = [atom]
            case 1:
                good[at:at] = [atom]
            case 2:
                good[at : at + 1] = [mutated(" ".join(good[at : at + 1]), draw).replace("\0", "")]
            case 3:
                del good[at : at + 1]
    # cache commands may only ever look at the cache of the harness, and nothing may run for long
    return Case("command line", (*good, *(("--limit", "5") if good[:1] in (["run"], ["compare"], ["sweep"]) else ())), {})


KINDS: dict[str, Callable[[random.Random], Case]] = {
    "model": _model, "experiment": _experiment, "suite": _suite, "baseline": _baseline, "figure": _figure, "recording": _recording,
    "stimulus": _stimulus, "command line": _command,
}  # fmt: skip


def write(case: Case, folder: Path) -> None:
    """The files of a case."""
    for name, data in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
