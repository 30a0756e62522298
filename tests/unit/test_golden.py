"""Generated text, as a person reads it, held to the files in tests/golden."""

import ast
import math
import os
from pathlib import Path

import pytest

from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import catalogue, load
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import ENGINES
from spikebridge.bridge.engines.scripts import script_files
from spikebridge.bridge.plain_rates import rewritten
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.bridge.translate.numpy_source import NumpySource
from spikebridge.reference.dop853_source import source

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
TARGETS = {"brian2.txt": Brian2Equations, "mod": Nmodl, "numpy.py.txt": NumpySource}
SCRIPTS = ("hodgkin_huxley", "leaky_integrate_and_fire", "lif_noisy")
MODELS = ("hodgkin_huxley", "hodgkin_huxley_relative", "leaky_integrate_and_fire", "fitzhugh_nagumo")


def held(path: Path, text: str) -> None:
    """Letter by letter. To accept a change: run with RENEW_GOLDEN=1 and read the difference."""
    if os.environ.get("RENEW_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text(), f"{path} differs; RENEW_GOLDEN=1 rewrites it, git diff shows how"


@pytest.mark.parametrize("suffix", TARGETS)
@pytest.mark.parametrize("name", MODELS)
def test_the_translation_reads_as_it_did(name, suffix) -> None:
    """The listing of the model for this target, letter by letter."""
    held(GOLDEN / f"{name}.{suffix}", TARGETS[suffix](load(name)).text)


@pytest.mark.parametrize("engine", ["reference", "brian2", "neuron"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_script_reads_as_it_did(name, engine) -> None:
    """The default experiment under the engine's default scheme, exported."""
    experiment = load_experiment(name)
    files = script_files(experiment, ENGINES[engine], find_scheme(ENGINES[engine], None, experiment.model))
    (script,) = (file for file in files if file.endswith(".py"))
    held(GOLDEN / f"{script}.txt", files[script])


def test_a_step_of_the_exact_solution_reads_as_it_did() -> None:
    """For two variables under a stimulus that varies."""
    held(GOLDEN / "dop853_of_two.py.txt", source(2, constant=False))


def test_rates_rewritten_for_plain_floats_read_as_they_did() -> None:
    """A model whose temperature factor is made of parameters, with exp and exprel; as the tree of Python, not all of whose names are
    ones that could be written."""
    model = load("thalamic_relay")
    printed = NumpySource(model, scalar=True)
    numbers = {printed.identifiers[name]: value for name, value in model.parameter_values.items()}
    tree = rewritten(printed.functions["rates"], {"exp": math.exp}, numbers)
    held(GOLDEN / "thalamic_relay.plain_rates.txt", ast.unparse(tree) + "\n")


@pytest.mark.parametrize("name", catalogue())
def test_brian2_reads_the_equations(name) -> None:
    """The whole listing, comments and all, is what brian2.Equations accepts."""
    equations = pytest.importorskip("brian2").Equations(Brian2Equations(load(name)).text)
    # the variables of a map are none of equations in time
    read = equations.parameter_names if load(name).discrete else equations.diff_eq_names
    assert set(load(name).state_names) <= {n.removesuffix("_model") for n in read}


@pytest.mark.parametrize("name", MODELS)
def test_the_numpy_listing_runs_alone(name) -> None:
    """Nothing of spikebridge in it; rates at the initial state equal the system's."""
    from spikebridge.bridge.system import build_system

    text = NumpySource(load(name)).text
    assert "bridge" not in text
    scope: dict = {}
    exec(compile(text, "listing", "exec"), scope)
    system = build_system(load(name))
    assert scope["rates"](system.initial, 1.0) == pytest.approx(system.rates(system.initial, 1.0), rel=1e-13)
