"""Generated text, as a person reads it, held to the files in tests/golden."""

import os
from pathlib import Path

import pytest

from spikebridge.bridge.definition.experiment import load_experiment
from spikebridge.bridge.definition.model_file import catalogue, load
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import ENGINES
from spikebridge.bridge.engines.scripts import script_files
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.bridge.translate.numpy_source import NumpySource

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
TARGETS = {"brian2.txt": Brian2Equations, "mod": Nmodl, "numpy.py.txt": NumpySource}
SCRIPTS = ("hodgkin_huxley", "leaky_integrate_and_fire", "lif_noisy")
MODELS = ("hodgkin_huxley", "hodgkin_huxley_relative", "leaky_integrate_and_fire", "fitzhugh_nagumo")


@pytest.mark.parametrize("suffix", TARGETS)
@pytest.mark.parametrize("name", MODELS)
def test_the_translation_reads_as_it_did(name, suffix) -> None:
    """Letter by letter. To accept a change: run with RENEW_GOLDEN=1 and read the difference."""
    path = GOLDEN / f"{name}.{suffix}"
    text = TARGETS[suffix](load(name)).text
    if os.environ.get("RENEW_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text(), f"{path} differs; RENEW_GOLDEN=1 rewrites it, git diff shows how"


@pytest.mark.parametrize("engine", ["reference", "brian2", "neuron"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_script_reads_as_it_did(name, engine) -> None:
    """The default experiment under the engine's default scheme, exported."""
    experiment = load_experiment(name)
    files = script_files(experiment, ENGINES[engine], find_scheme(ENGINES[engine], None, experiment.model))
    (script,) = (file for file in files if file.endswith(".py"))
    path = GOLDEN / f"{script}.txt"
    if os.environ.get("RENEW_GOLDEN"):
        path.write_text(files[script])
    assert files[script] == path.read_text(), f"{path} differs; RENEW_GOLDEN=1 rewrites it, git diff shows how"


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
