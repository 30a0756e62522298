"""A spike level of an experiment's own: other crossings are counted, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.scripts import script_files
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.front_door import run
from spikebridge.reports.proof.comparison import exact_solution

HH = Experiment("hodgkin_huxley", step("20 uA/cm2", "1 ms"), "10 ms")
LOW = replace(HH, spike="v > -40*mV")


def test_spikes_are_counted_at_the_level_that_is_given() -> None:
    """In runs and in the exact solution, earlier than at 0 mV; the voltage is the same to the last bit."""
    low, high = run(LOW), run(HH)
    assert np.array_equal(low.values["v"], high.values["v"]) and len(low.spike_times_ms) == 1
    exact, other = exact_solution(LOW), exact_solution(HH)
    assert low.spike_times_ms[0] == pytest.approx(exact.spike_times_ms[0], abs=1e-3)
    assert exact.spike_times_ms[0] < other.spike_times_ms[0] - 0.05
    level = np.interp(low.spike_times_ms[0], LOW.t_ms, low.values["v"])
    assert level == pytest.approx(-40, abs=0.2)


def test_a_reader_is_told() -> None:
    """By the experiment, by its scripts, and in a file's key."""
    assert dict(LOW.described())["spike"] == "v > -40*mV" and "spike" not in dict(HH.described())
    for engine in ("reference", "brian2", "neuron"):
        chosen = find_engine(engine)
        assert any("v + 40" in text for text in script_files(LOW, chosen, find_scheme(chosen, None, LOW.model)).values())


def test_a_file_may_say_it(tmp_path) -> None:
    """Also the experiment that a model file carries has the key."""
    path = tmp_path / "low.toml"
    path.write_text('model = "hodgkin_huxley"\nduration = "10 ms"\nspike = "v > -40*mV"\n')
    assert load_experiment(path).model.spike == LOW.model.spike


def test_a_model_without_a_rule_gets_one() -> None:
    """Where nothing was counted."""
    silent = replace(HH.model, spike=None)
    assert Experiment(silent, step("20 uA/cm2"), "10 ms", spike="v > -40*mV").model.spike == LOW.model.spike


@pytest.mark.parametrize(
    ("model", "spike", "more", "message"),
    [
        ("leaky_integrate_and_fire", "v > 0*mV", {}, "a spike resets v of leaky_integrate_and_fire, so another level makes another neuron; change it in the model's own file"),
        ("hodgkin_huxley", "v > 3*ms", {}, "expected mV, but '3*ms' is ms"),
        ("hodgkin_huxley", "v < 3*mV", {}, "expected 'variable > level', found 'v < 3*mV'"),
        ("hodgkin_huxley", "g_Na > 3*mS/cm2", {}, "mentions no state variable, so it can never change"),
        ("hodgkin_huxley", "u > 3*mV", {}, "'u' is used but never defined. Known: C_m"),
        ("hodgkin_huxley", "v > 0*mV", {"clamp": "v"}, "v follows the command of the clamp, so nothing spikes; leave it out"),
    ],
)  # fmt: skip
def test_a_level_that_cannot_be_is_refused(model, spike, more, message) -> None:
    """With the reason, when the experiment is made."""
    with pytest.raises(DefinitionError) as error:
        Experiment(model, (), spike=spike, **more)
    assert str(error.value).startswith(f"{model}: spike: {message}")
