"""Runners: engines work side by side, each at one thing after another."""

from dataclasses import replace

import pytest

from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.experiment import load_experiment
from spikebridge.bridge.running import Run, Runner
from spikebridge.reference.recording import Recording
from spikebridge.reports import figure_run
from spikebridge.reports.figure_file import load_figure


def runs(*durations_ms: float) -> list[Run]:
    engine = find_engine("brian2_numpy")
    experiment = load_experiment("lif")
    return [Run(replace(experiment, duration=f"{ms} ms", stimulus=()), engine, engine.schemes["euler"]) for ms in durations_ms]


def test_what_is_started_while_an_engine_is_busy_waits_its_turn() -> None:
    """Two lots on one worker, asked for in the other order: each gets its own answers."""
    with Runner([find_engine("brian2_numpy")], stays=True) as runner:
        first, second = runner.start(runs(3.0, 1.0)), runner.start(runs(2.0))
        later, earlier = second(), first()
    lengths = [r.t_ms[-1] if isinstance(r, Recording) else str(r) for r in (*earlier, *later)]
    assert lengths == pytest.approx([3.0, 1.0, 2.0])


def test_a_figure_that_cannot_be_begun_leaves_the_others(monkeypatch) -> None:
    """It is named in its turn; the ones before and after it are made."""
    really = figure_run._begun

    def begun(file, engines, runner):
        if file.name == "lif_sine_rest":
            raise DefinitionError("lif_sine_rest.toml: it cannot be")
        return really(file, engines, runner)

    monkeypatch.setattr(figure_run, "_begun", begun)
    files = [load_figure(name) for name in ("lif_constant", "lif_sine_rest", "lif_two_inputs")]
    told: list[str] = []
    made = figure_run.make_figures(
        files, [find_engine("brian2_numpy")], 100.0, lambda name: told.append(f"begin {name}"),
        lambda figure: told.append(f"done {figure.file.name}"), lambda error: told.append(f"left {error}"),
    )  # fmt: skip
    assert [figure.status for figure in made] == [0, 0]
    assert told == [
        "begin lif_constant", "done lif_constant", "begin lif_sine_rest", "left lif_sine_rest.toml: it cannot be",
        "begin lif_two_inputs", "done lif_two_inputs",
    ]  # fmt: skip
