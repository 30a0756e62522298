"""Runners: engines work side by side, each at one thing after another."""

from dataclasses import replace

import pytest

from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Run, Runner, at_hand, staying
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reference.recording import Recording
from spikebridge.reports.textbook import figure_pool
from spikebridge.reports.textbook.figure_file import load_figure


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
    really = figure_pool.make_figure

    def begun(file, engines, runner):
        if file.name == "lif_sine_rest":
            raise DefinitionError("lif_sine_rest.toml: it cannot be")
        return really(file, engines, runner)

    monkeypatch.setattr(figure_pool, "make_figure", begun)
    files = [load_figure(name) for name in ("lif_constant", "lif_sine_rest", "lif_two_inputs")]
    told: list[str] = []
    made = figure_pool.make_figures(
        files, [find_engine("brian2_numpy")], 100.0, lambda name: told.append(f"begin {name}"),
        lambda figure, _: told.append(f"done {figure.file.name}"), lambda error: told.append(f"left {error}"),
        processes=1,
    )  # fmt: skip
    assert [figure.status for figure in made] == [0, 0]
    assert told == [
        "begin lif_constant", "done lif_constant", "begin lif_sine_rest", "left lif_sine_rest.toml: it cannot be",
        "begin lif_two_inputs", "done lif_two_inputs",
    ]  # fmt: skip


def test_figures_made_on_several_cores_are_the_same_figures(tmp_path) -> None:
    """One that cannot be made and three that can: in their order, with what was made of each where it was made."""
    files = [load_figure(name) for name in ("lif_constant", "hh_rest", "lif_two_inputs")]
    broken = replace(files[0], name="broken", runs={k: replace(r, scheme="nonsense") for k, r in files[0].runs.items()})
    told: list[str] = []
    engines = [find_engine("reference")]

    def told_by(processes: int) -> tuple[list[str], list]:
        told.clear()
        made = figure_pool.make_figures(
            [*files, broken], engines, 100.0, told.append, lambda figure, where: told.append(f"{figure.file.name} {where}"),
            lambda error: told.append(str(error)), lambda made: len(made.findings), processes,
        )  # fmt: skip
        return list(told), [[(f.engine, f.found, f.passed) for f in figure.findings] for figure in made]

    words, findings = told_by(2)
    assert (words, findings) == told_by(1)
    assert [word.split(" ")[0] for word in words[:6:2]] == [file.name for file in files] and "nonsense" in words[-1]
    assert len(findings) == 3 and all(findings)


def test_analyses_of_a_figure_use_the_workers_at_hand() -> None:
    """No simulator is imported once more for each of them."""
    engine = find_engine("brian2_numpy")
    with Runner([engine], stays=True) as runner:
        with at_hand(runner), staying(engine) as given:
            assert given is runner
        with at_hand(runner), staying(find_engine("neuron")) as own:
            assert own is not runner
    with staying(engine) as own:
        assert own is not runner
