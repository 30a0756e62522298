"""Functions that are called with what they cannot take: one line and an exception of ours, never one of Python's."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import spikebridge as sb
from spikebridge.bridge.errors import BridgeError

BAD: dict[str, Any] = {
    "nothing": None, "a number": 1.5, "bytes": b"x", "an object": object(), "a table": {}, "an empty text": "", "a null character": "\0",
    "half a character": "\ud800", "no file": Path("nothing.toml"), "a file of bytes": "bytes.toml", "a folder": "folder.toml",
    "a pipe": "pipe.toml", "brackets": "brackets.toml",
}  # fmt: skip
LEAK = "passive_membrane"


def short() -> sb.Experiment:
    return sb.Experiment(LEAK, sb.step("1 pA", "1 ms"), "2 ms")


CALLS: dict[str, Callable[[Any], object]] = {
    "load": sb.load,
    "load_mechanism": sb.load_mechanism,
    "load_experiment": sb.load_experiment,
    "run": sb.run,
    "compare": lambda bad: sb.compare(bad, ["reference"], quick=True),
    "sweep": lambda bad: sb.sweep(bad, "g_L=1:2:2nS"),
    "figure": sb.figure,
    "Experiment: model": lambda bad: sb.Experiment(bad, (), "2 ms"),
    "Experiment: stimulus": lambda bad: sb.Experiment(LEAK, [bad], "2 ms"),
    "Experiment: duration": lambda bad: sb.Experiment(LEAK, (), bad),
    "Experiment: record": lambda bad: sb.Experiment(LEAK, (), "2 ms", record=[bad]),
    "run: engine": lambda bad: sb.run(short(), bad),
    "run: scheme": lambda bad: sb.run(short(), "reference", [bad]),
    "run: limit": lambda bad: sb.run(short(), limit_s=[bad]),
    "sweep: vary": lambda bad: sb.sweep(short(), bad),
    "compare: engines": lambda bad: sb.compare(short(), [bad], quick=True),
    "compare: an engine": lambda bad: sb.compare(short(), "neuron", quick=True),
    "compare: a recording": lambda bad: sb.compare(short(), ["reference"], quick=True, recordings={"lab": bad}),
    "step": lambda bad: sb.Experiment(LEAK, sb.step(bad, "1 ms"), "2 ms"),
    "with_parameters": lambda bad: sb.load(LEAK).with_parameters(g_L=bad),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_cannot_be_is_one_line(name, tmp_path, monkeypatch) -> None:
    """Whether a file, a text or another kind of thing."""
    monkeypatch.chdir(tmp_path)
    Path("bytes.toml").write_bytes(b"\xff\xfe\x00")
    Path("brackets.toml").write_text("x = " + "[" * 5000)
    Path("folder.toml").mkdir()
    os.mkfifo("pipe.toml")
    for kind, bad in BAD.items():
        with pytest.raises(BridgeError) as error:
            CALLS[name](bad)
        said = str(error.value)
        assert said and said.isprintable() and len(said) < 5000, (kind, said)
