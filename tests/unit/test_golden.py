"""Generated text, as a person reads it, held to the files in tests/golden."""

import os
from pathlib import Path

import pytest

from bridge.model_file import catalogue, load
from bridge.translate.brian2_equations import Brian2Equations
from bridge.translate.nmodl import Nmodl
from bridge.translate.numpy_source import NumpySource

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
TARGETS = {"brian2.txt": Brian2Equations, "mod": Nmodl, "numpy.py.txt": NumpySource}
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
    from bridge.system import build_system

    text = NumpySource(load(name)).text
    assert "bridge" not in text
    scope: dict = {}
    exec(compile(text, "listing", "exec"), scope)
    system = build_system(load(name))
    assert scope["rates"](system.initial, 1.0) == pytest.approx(system.rates(system.initial, 1.0), rel=1e-13)
