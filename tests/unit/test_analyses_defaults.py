"""Every analysis asked about a model alone: sensible defaults, a table with units, a picture, a description."""

import doctest
import inspect
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import spikebridge
from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import default_experiment
from spikebridge.bridge.definition.model_file import catalogue, load
from spikebridge.bridge.errors import DefinitionError, InputError
from spikebridge.reports import analyses
from spikebridge.reports.analyses.defaults import nice, range_of
from spikebridge.reports.analyses.result import Analysed
from spikebridge.reports.analyses.subject import experiment_of, model_of

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "analyses.md").read_text()
NAMES = [
    name for name in analyses.__all__ if inspect.isfunction(getattr(analyses, name))
    if not name.startswith("plot_") and name not in ("at_rest", "starting_at")
]  # fmt: skip
# what makes the default quick here, not what is needed; empty subjects are asked elsewhere in this file
QUICK = {
    "rheobase": {"window_ms": 200.0, "tolerance": 1e-3}, "refractoriness": {"delays_ms": [20.0, 60.0]},
    "lowest_sustained": {"window_ms": 300.0, "tail_ms": 100.0, "tolerance": 1e-2}, "staircase": {"dwell_ms": 100.0},
    "strength_duration": {"durations_ms": [1.0, 10.0], "tolerance": 1e-3},
}  # fmt: skip
OF_ANOTHER = {
    "clamp_family": "morris_lecar",
    "iv_curve": "morris_lecar",
    "fit_onset": "",
    "on_circle": "",
    "cycle_branch": "",
    "f_i_curve": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_needs_nothing_but_a_subject(name) -> None:
    """All other arguments have defaults, with which FitzHugh-Nagumo or Morris-Lecar gives a table with units and a picture."""
    _, *others = inspect.signature(getattr(analyses, name)).parameters.values()
    assert all(p.default is not p.empty for p in others), name
    subject = OF_ANOTHER.get(name, "fitzhugh_nagumo")
    if not subject:
        return
    found = getattr(analyses, name)(subject, **QUICK.get(name, {}))
    if isinstance(found, float):
        assert name.endswith("_hz") and found > 0.0
        return
    assert isinstance(found, Analysed)
    assert len(found.to_frame()) and found.plot().axes[0].has_data()


@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_is_described(name) -> None:
    """With an example in its description, by name on the page of analyses, and with a picture there unless it is a number."""
    assert ">>> " in getattr(analyses, name).__doc__
    assert re.search(rf"^### .*`{name}`", PAGE, flags=re.M)
    if not name.endswith("_rate_hz"):
        assert f"sb.analyses.{name}(" in PAGE and f"](analyses/{name}.png)" in PAGE
        assert (DOCS / "analyses" / f"{name}.png").stat().st_size > 3000


def test_what_is_found_is_what_is_known() -> None:
    """FitzHugh-Nagumo rests at -1.19941 and -0.62426; Hodgkin-Huxley's rheobase is 2.24 uA/cm2; a neuron at a threshold of 15 mV over
    10 Mohm fires from 1.5 nA."""
    (rest,) = analyses.phase_plane("fitzhugh_nagumo", points=41).fixed_points
    assert [rest.state["v"], rest.state["w"]] == pytest.approx([-1.199408, -0.624260], abs=1e-6)
    axon = analyses.rheobase("hodgkin_huxley", window_ms=40.0, tolerance=1e-2)
    assert axon.value == pytest.approx(2.24, abs=0.05) and axon.sides.above.spike_times_ms.size == 1
    lif = analyses.f_i_curve("leaky_integrate_and_fire", duration_ms=100.0)
    assert lif.amplitude[0] == 0.0 and lif.amplitude[-1] == 6.0
    assert np.all(lif.rate_hz[lif.amplitude < 1.5] == 0.0) and np.all(lif.rate_hz[lif.amplitude > 1.6] > 0.0)


def test_ranges_reach_beyond_where_rest_changes() -> None:
    """Hopf points at 9.78 and 154.5 uA/cm2, at 0.3313 and 1.4187, at 93.9 and 212 uA/cm2; a half more and less of a parameter."""
    assert range_of("hodgkin_huxley") == (0.0, 200.0)
    assert range_of("fitzhugh_nagumo") == (0.0, 2.0)
    assert range_of("morris_lecar") == (0.0, 250.0)
    assert range_of("hodgkin_huxley", "g_Na") == (60.0, 180.0)
    assert [nice(x) for x in (0.21, 1.0, 1.2, 97.0)] == [0.25, 1.0, 1.5, 100.0]


def test_a_subject_is_a_name_a_path_a_model_or_an_experiment(tmp_path) -> None:
    """One reader for all of them; a clamped experiment is refused."""
    path = tmp_path / "mine.toml"
    path.write_text('model = "fitzhugh_nagumo"\nduration = "5 ms"\n')
    model = load("fitzhugh_nagumo")
    for subject in ("fitzhugh_nagumo", str(path), path, model, Experiment(model)):
        assert model_of(subject).name == "fitzhugh_nagumo" and experiment_of(subject).model.name == "fitzhugh_nagumo"
    assert experiment_of(path).duration_ms == 5.0
    with pytest.raises(DefinitionError, match=r"its experiment clamps v; give the model alone"):
        model_of(Experiment(load("morris_lecar"), step("-20 mV"), "5 ms", clamp="v"))


def test_what_makes_no_sense_is_refused_in_a_line() -> None:
    """A map has no plane, a membrane that is reset no cycle and no clamp, a passive one no spikes."""
    for name, subject, said in (
        ("phase_plane", "rulkov", "a map has no vector field"), ("limit_cycle", "leaky_integrate_and_fire", "a spike resets it"),
        ("clamp_family", "leaky_integrate_and_fire", "cannot be clamped"), ("f_i_curve", "passive_membrane", "there is no spike rule"),
        ("bursts", "passive_membrane", "there is no spike rule"), ("on_circle", "fitzhugh_nagumo", "there is no saddle-node"),
    ):  # fmt: skip
        with pytest.raises(DefinitionError, match=said) as told:
            getattr(analyses, name)(subject)
        assert "\n" not in str(told.value)


def test_every_model_has_an_experiment_to_take_defaults_from() -> None:
    """With a step and a duration."""
    assert all(default_experiment(load(name)).dt_ms > 0 for name in list(catalogue())[::6])


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_an_analysis_runs(name) -> None:
    """As it is written in its description."""
    function = inspect.unwrap(getattr(analyses, name))
    (example,) = doctest.DocTestFinder(recurse=False).find(function, name, globs={"sb": spikebridge, "np": np})
    told: list[str] = []
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=told.append).failed == 0, "".join(told)


@pytest.mark.parametrize(
    ("ask", "model"),
    [
        (partial(analyses.fixed_points, low=1.0, high=-1.0), "fitzhugh_nagumo"),
        (partial(analyses.limit_cycle, settle_ms=20.0), "gap_pair"),
        (partial(analyses.rheobase, window_ms=5.0, high=0.1), "leaky_integrate_and_fire"),
        (analyses.adaptation, [1.0, 2.0]),
    ],
)
def test_what_has_no_answer_is_said_as_every_error_is(ask, model) -> None:
    """One class for who calls, whichever analysis finds out that what is asked cannot be."""
    with pytest.raises(InputError):
        ask(model)
