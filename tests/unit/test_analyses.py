"""The package of analyses as a whole: its names, that it loads lazily, and that everything draws."""

import inspect
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.errors import NotRun
from spikebridge.reports import analyses

ROOT = Path(__file__).resolve().parents[2]
TRAIN = np.array([1.0, 3.0, 20.0, 22.0, 24.0, 60.0])


def test_every_public_name_is_there() -> None:
    """And none is the name of a module, which would hide it once imported."""
    modules = {path.stem for path in (ROOT / "reports" / "analyses").glob("*.py")}
    assert not modules & set(analyses.__all__)
    for name in dir(analyses):
        assert getattr(analyses, name).__doc__, name
    with pytest.raises(AttributeError, match=r"module 'spikebridge\.reports\.analyses' has no attribute 'bifurcate'"):
        analyses.bifurcate


def test_functions_of_arrays_say_their_shapes() -> None:
    """And name each array under Parameters, with its unit."""
    functions = {name: f for name in dir(analyses) if inspect.isfunction(f := getattr(analyses, name))}
    takes = {
        name: {key for key, kind in f.__annotations__.items() if re.search("ndarray|^Train$", str(kind)) and key != "return"}
        for name, f in functions.items()
        if not name.startswith("plot_")
    }
    assert sum(map(len, takes.values())) > 10
    for name, arrays in takes.items():
        _, _, told = functions[name].__doc__.partition("Parameters")
        assert not arrays or "shape (" in told, name
        assert all(re.search(rf"\b{array}\b", told) for array in arrays), name


def test_importing_the_package_loads_no_plots_tables_or_simulators() -> None:
    """They come with the first use."""
    code = (
        "import sys\nimport spikebridge.reports.analyses as a\na.steady_rate_hz([1.0, 2.0])\n"
        "print(sorted({'matplotlib', 'pandas', 'scipy', 'brian2', 'neuron'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def drawings() -> dict:
    """One of each plot, on small runs."""
    ml, lif = load("morris_lecar").with_regime("hopf"), load("leaky_integrate_and_fire")
    curve = analyses.f_i_curve(lif, [1.6, 1.7, 1.8], 200.0, dt_ms=0.05)
    duration = analyses.strength_duration(lif, [5.0, 10.0], 5.0, window_ms=1.0, tolerance=1e-2, dt_ms=0.05)
    later = analyses.refractoriness(
        lif, [8.0], analyses.PulsePair(2.0, window_ms=5.0), analyses.Search(20.0, tolerance=1e-2), dt_ms=0.05
    )
    orbit = analyses.limit_cycle(ml, 100.0, settle_ms=300.0, dt_ms=0.1)
    cycles = analyses.cycle_branch(ml, 100.0, 98.0, 102.0, most=2, settle_ms=300.0, dt_ms=0.1)
    family = analyses.clamp_family("morris_lecar", -60.0, [-20.0, 0.0], 5.0, dt_ms=0.05)
    plane = analyses.phase_plane(ml, (-70.0, 50.0), (0.0, 0.6), stimulus=100.0, points=61)
    return {
        "plot_bursts": lambda: analyses.plot_bursts(TRAIN, 10.0),
        "plot_instantaneous_rate": lambda: analyses.plot_instantaneous_rate(TRAIN),
        "plot_interval_histogram": lambda: analyses.plot_interval_histogram(TRAIN, 2.0),
        "plot_return_map": lambda: analyses.plot_return_map(TRAIN),
        "plot_f_i_curve": lambda: analyses.plot_f_i_curve({"lif": curve}, analyses.fit_onset(curve)),
        "plot_staircase": lambda: analyses.plot_staircase(analyses.staircase(lif, [1.0, 2.0], 50.0, dt_ms=0.05)),
        "plot_strength_duration": lambda: analyses.plot_strength_duration(duration),
        "plot_refractoriness": lambda: analyses.plot_refractoriness(later),
        "plot_excursions": lambda: analyses.plot_excursions([analyses.excursion(ml, 5.0, dt_ms=0.1)]),
        "plot_eigenvalues": lambda: analyses.plot_eigenvalues(analyses.steady_state(ml)),
        "plot_branches": lambda: analyses.plot_branches(analyses.fixed_point_branches(ml, 0.0, 250.0)),
        "plot_cycle_branch": lambda: analyses.plot_cycle_branch(cycles),
        "plot_period": lambda: analyses.plot_period(cycles),
        "plot_phase_plane": lambda: analyses.plot_phase_plane(plane, [orbit.orbit]),
        "plot_projection": lambda: analyses.plot_projection([orbit.orbit], "v", "w"),
        "plot_clamp_family": lambda: analyses.plot_clamp_family(family),
        "plot_iv_curve": lambda: analyses.plot_iv_curve(analyses.iv_curve(family)),
        "plot_impedance": lambda: analyses.plot_impedance(analyses.impedance(ml, np.linspace(1.0, 50.0, 20))),
    }


def test_every_analysis_draws() -> None:
    """A figure each, with both axes labelled, that can be written."""
    plots = drawings()
    assert set(plots) == {name for name in analyses.__all__ if name.startswith("plot_")}
    for name, plot in plots.items():
        figure = plot()
        assert figure.axes[0].get_xlabel(), name
        figure.savefig(io.BytesIO(), format="svg")


def test_plots_go_where_the_caller_wants_them() -> None:
    """Onto given axes, the figure of which comes back."""
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.subplots()
    assert analyses.plot_return_map(TRAIN, axes=axes) is figure and len(axes.lines) == 2


def test_any_engine_serves() -> None:
    """A simulator gives the rate of the reference, to the order of its scheme; two currents on one process."""
    amplitudes = [2.0, 3.0]
    ours = analyses.f_i_curve("leaky_integrate_and_fire", amplitudes, 60.0, dt_ms=0.05)
    theirs = analyses.f_i_curve("leaky_integrate_and_fire", amplitudes, 60.0, engine="brian2_numpy", dt_ms=0.05)
    assert find_engine("brian2_numpy").module
    assert theirs.rate_hz == pytest.approx(ours.rate_hz, rel=2e-2)
    assert [len(t) for t in theirs.spike_times_ms] == [len(t) for t in ours.spike_times_ms]


def test_an_engine_that_does_not_run_says_why() -> None:
    """Instead of a rate of zero."""
    with pytest.raises(NotRun):
        analyses.f_i_curve("hodgkin_huxley", [10.0], 40.0, dt_ms=0.5)


def test_the_page_of_analyses_names_functions_that_exist() -> None:
    """All of them that return numbers, and no other."""
    table = [line for line in (ROOT / "docs" / "analyses.md").read_text().splitlines() if line.startswith("| ")]
    named = {name for line in table for name in re.findall(r"`(\w+)`", line)}
    functions = {name for name in analyses.__all__ if callable(getattr(analyses, name)) and name[0].islower()}
    assert named - {"plot_projection"} == {n for n in functions if not n.startswith("plot_")} - {"at_rest", "starting_at"}
