"""Equations taken apart as Brian2's exponential_euler does: the same ones refused, the same A and B."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from spikebridge.bridge.definition.conditional import conditionally_linear
from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import Verdict

# whether Brian2 takes each; beside the first power of x there may be one other, which it forgets unless it is the constant
TAKEN = {
    "1 - x": True,
    "1 - x + exp(x)": True,
    "1 - x + 0.1*exp((x - 0.5)/c)": True,
    "1 - exp(x)": False,
    "x*exp(-x) + c": True,
    "c*(1 - x)/(1 + exp(-x))": True,
    "(1 - x)/(1 + x)": True,
    "1/x - x": True,
    "1/x + c - x": False,
    "x*(1 - x)": True,
    "x*(c - x) + y": False,
    "x - x**3": True,
    "x - x**3/3 - y": False,
    "(x + 1)**2": False,
    "(x + 1)**2 - x**2": True,
    "sqrt(x) - x": True,
    "tanh(x) - x": True,
    "tanh(x)": False,
    "y*x if y > 0 else c*x**2 - x": True,
    "c - x if x < 0.5 else c - 2*x": True,
    "d*x + c": True,
    "exprel(x) - c*x": True,
}
_VALUES = {"x": 0.37, "y": 0.8, "c": 1.3, "tau": 1.0}


def model_of(rate: str) -> Model:
    lines = [f"dx/dt = ({rate})/tau : 1", "dy/dt = -y/tau : 1", "d = tanh(x) + y : 1", "I_stim : 1/s"]
    text = '[parameters]\nc = "1.3"\ntau = "1 s"\n[initial]\nx = "0.37"\ny = "0.8"\n'
    return parse_model('name = "apart"\nequations = """\n' + "\n".join(lines) + f'\n"""\n{text}', "apart.toml")


@pytest.mark.parametrize("rate", TAKEN)
def test_brian2_finds_the_same_parts(rate) -> None:
    """Asked of Brian2 itself: accepted or refused, and both parts to round-off where accepted."""
    brian2 = pytest.importorskip("brian2")
    updater = pytest.importorskip("brian2.stateupdaters.exponential_euler")
    model = model_of(rate)
    form = conditionally_linear(model.regular["x"], "x", model.regular_definitions)
    assert (form is not None) == TAKEN[rate]
    equations = brian2.Equations(Brian2Equations(model).equations)
    if form is None:
        with pytest.raises(ValueError, match="could not be separated"):
            updater.get_conditionally_linear_system(equations)
        return
    theirs = updater.get_conditionally_linear_system(equations)["x"]
    known = {**model.parameter_values, **model.initial_values}
    known["d"] = evaluate(model.definitions["d"], known, model.coherent)
    per_second = 1000.0  # a rate is coherent in 1/ms
    for ours, part in zip((form.slope, form.offset), theirs, strict=True):
        assert evaluate(ours, known, model.coherent) * per_second == pytest.approx(_value(part), rel=1e-12, abs=1e-14)


def _value(part: object) -> float:
    """Of a part as Brian2 would write it into its code."""
    sympytools = pytest.importorskip("brian2.parsing.sympytools")
    functions = {"exp": math.exp, "tanh": math.tanh, "sqrt": math.sqrt, "exprel": lambda x: math.expm1(x) / x, "int": int}
    return float(eval(sympytools.sympy_to_str(part) if part else "0", functions, _VALUES))


def test_a_hidden_exponential_runs_under_exponential_euler() -> None:
    """Brian2 and its twin to round-off, on an integrate-and-fire neuron whose upstroke is the exponential; its default stays rk4."""
    experiment = replace(load_experiment("eif"), stimulus=step("1 nA", "1 ms"), duration="5 ms")
    assert find_engine("brian2").default_scheme(experiment.model) == "rk4"
    (entry,) = compare(experiment, ["brian2_numpy"], {"brian2_numpy": "exponential_euler"}, quick=True).entries
    assert entry.translation is not None and entry.translation.passed and entry.verdict is not Verdict.OTHER_LIMIT


def test_a_power_that_brian2_forgets_is_found_by_the_ladder() -> None:
    """It runs dx/dt = x (1 - x) as dx/dt = x without a word; the proof of one step agrees that it does, and the limit is another."""
    experiment = Experiment(model_of("x*(1 - x)"), (), "0.5 s", "5 ms")
    (entry,) = compare(experiment, ["brian2_numpy"], {"brian2_numpy": "exponential_euler"}).entries
    assert entry.translation is not None and entry.translation.passed
    assert entry.verdict is Verdict.OTHER_LIMIT


def test_what_brian2_refuses_is_refused_by_the_name_of_the_equation() -> None:
    """Before anything runs."""
    model = model_of("x - x**3/3 - y")
    engine = find_engine("brian2")
    with pytest.raises(TranslationError, match=r"^exponential_euler needs equations linear in their own variable; dx/dt is not$"):
        engine.check(model, find_scheme(engine, "exponential_euler", model))
