"""Exported scripts, run where nothing of spikebridge is in reach, give the recording of the engine they stand for."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from definitions import DEFINITIONS

from spikebridge.bridge.definition.drive import step, stimulus
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import default_experiment, load_experiment
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.engines import neuron_build
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import ENGINES
from spikebridge.bridge.engines.running import Run, Runner, run_one
from spikebridge.bridge.engines.scripts import script_files
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import INTEGRATORS, MEMBRANE_LESS

pytestmark = pytest.mark.xdist_group("export")
# round-off of parameters' units, grown over the run; of each variable's range
MATCH = 1e-9
FULL = bool(os.environ.get("SPIKEBRIDGE_AGREEMENT"))
RUN = """
import runpy, sys
import numpy as np
for path in sys.argv[1:]:
    found = runpy.run_path(path, run_name="__main__")
    np.save(path + ".npy", found.get("spike_times", []))
assert "spikebridge" not in sys.modules
"""


def shortened(name: str, duration: str) -> Experiment:
    return replace(load_experiment(name), duration=duration)


def of(name: str, *parts, duration: str = "20 ms", dt: str = "0.05 ms", **more) -> Experiment:
    return Experiment(load(name), parts, duration, dt, **more)


def defined(name: str) -> Experiment:
    return default_experiment(parse_model(DEFINITIONS[name], name))


@cache
def cases() -> dict[str, Experiment]:
    """One of every kind of neuron, stimulus and event."""
    pulses = stimulus("pulses", amplitude="20 uA/cm2", start="1 ms", width="0.5 ms", period="6 ms", count=3)
    noise = stimulus("noise", sigma="3 nA", interval="0.1 ms", seed=3, mean="2 nA")
    found = {
        "steps": of("hodgkin_huxley", step("20 uA/cm2", "1 ms", "9 ms"), step("-3 uA/cm2", "12 ms")),
        "pulses": of("hodgkin_huxley", pulses, record=("v", "I_Na")),
        "adex": of("adex", step("1500 pA", "1 ms"), duration="40 ms"),
        "noise into a refractory neuron": of("leaky_integrate_and_fire", noise, duration="30 ms"),
        "izhikevich": of("izhikevich", step("20 mV/ms", "1 ms"), duration="30 ms"),
        "pinsky_rinzel": shortened("pinsky_rinzel", "30 ms"),
        "rulkov": shortened("rulkov", "400 ms"),
        "wilson_cowan": shortened("wilson_cowan", "20 ms"),
        "clamp": of("hodgkin_huxley", step("-65 mV"), step("60 mV", "2 ms", "9 ms"), duration="12 ms", clamp="v"),
        "current_clamp": defined("current_clamp"),
        **{name: defined(name) for name in ("several_events", "once_an_excursion", "rests_above", "released_above")},
        **{name: defined(name) for name in ("arriving_conductance", "arriving_jumps", "arriving_per_area")},
    }
    return {name: replace(e, name=f"of {name}") for name, e in found.items()}


# a simulator's script says equations and stimulus in words that its own recordings are made of, or that other cases have
PARTLY = ("steps", "noise into a refractory neuron", "rulkov", "clamp", "several_events", "once_an_excursion", "rests_above",
          "arriving_conductance", "arriving_jumps")  # fmt: skip
ON_ENGINES = [
    (engine, name)
    for engine in ("reference", "brian2_numpy", "neuron")
    for name in cases()
    if FULL or engine == "reference" or name in PARTLY
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, dict[str, tuple[Recording, Path]]]:
    """What each engine records, and the script that ran, for every case."""
    return {}


def header() -> list[str]:
    """For nrnivmodl: what all mechanisms read first, where it has been compiled for another test; the compiler would read the same."""
    return ["-incflags", option.removeprefix("READ_FIRST=")] if (option := next(iter(neuron_build._header()), "")) else []


def outcomes_of(engine_name: str, folder: Path, made: dict) -> dict[str, tuple[Recording, Path]]:
    """Export its cases, compile the mechanisms in one go, run the scripts with nothing but installed packages in reach."""
    if engine_name in made:
        return made[engine_name]
    engine = ENGINES[engine_name]
    chosen = {name: cases()[name] for on, name in ON_ENGINES if on == engine_name}
    schemes = {name: find_scheme(engine, None, e.model) for name, e in chosen.items()}
    scripts = {}
    for name, experiment in chosen.items():
        for file, text in script_files(experiment, engine, schemes[name]).items():
            (folder / file).write_text(text)
            if file.endswith(".py"):
                scripts[name] = folder / file
    if engine_name == "neuron":
        beside = Path(sys.executable).parent  # of an environment that need not be activated
        path = f"{beside}{os.pathsep}{os.environ['PATH']}"
        build = [beside / "nrnivmodl", *header()]
        subprocess.run(build, cwd=folder, check=True, capture_output=True, env=os.environ | {"PATH": path})
    # a simulator with global state gets a process a script
    batches = [[p] for p in scripts.values()] if engine_name == "neuron" else [list(scripts.values())]
    elsewhere = folder.parent
    for batch in batches:
        done = subprocess.run([sys.executable, "-I", "-c", RUN, *map(str, batch)], capture_output=True, text=True, cwd=elsewhere)
        assert done.returncode == 0, done.stderr
    with Runner([engine]) as runner:
        recordings = runner.start([Run(e, engine, schemes[name]) for name, e in chosen.items()])()
    made[engine_name] = {name: (r, scripts[name]) for name, r in zip(chosen, recordings, strict=True)}
    return made[engine_name]


@pytest.mark.parametrize(("engine", "name"), ON_ENGINES)
def test_a_script_gives_what_the_engine_records(name, engine, outcomes, tmp_path_factory) -> None:
    """Every sample of every variable, and every spike, to round-off; the columns are named as spikebridge names them."""
    recording, path = outcomes_of(engine, tmp_path_factory.mktemp(engine), outcomes)[name]
    assert isinstance(recording, Recording), recording
    header, *_ = path.with_suffix(".csv").read_text().partition("\n")
    samples = np.loadtxt(path.with_suffix(".csv"), delimiter=",", skiprows=1)
    columns = dict(zip(header.split(","), samples.T, strict=True))
    assert columns.pop("t_ms") == pytest.approx(recording.t_ms, rel=1e-12)
    for variable, expected in recording.values.items():
        unit = recording.units[variable]
        distance = np.max(np.abs(columns.pop(variable if unit == "1" else f"{variable} ({unit})") - expected))
        print(f"{engine} {name} {variable}: {distance:.1e}")
        assert distance <= MATCH * np.ptp(expected) + 1e-12 * np.max(np.abs(expected)), variable
    assert not columns
    assert np.load(f"{path}.npy") == pytest.approx(recording.spike_times_ms, abs=1e-9)


@pytest.mark.parametrize("scheme", [s for s in INTEGRATORS if s not in MEMBRANE_LESS])
def test_a_numpy_script_takes_the_steps_of_every_scheme(scheme, tmp_path) -> None:
    """Those of the reference, to round-off: of an axon, and of a neuron whose refractory period holds its voltage."""
    engine = ENGINES["reference"]
    for name in ("pulses", "noise into a refractory neuron"):
        experiment = replace(cases()[name], dt="0.01 ms")
        files = script_files(experiment, engine, find_scheme(engine, scheme, experiment.model))
        for file, text in files.items():
            (tmp_path / file).write_text(text)
        (path,) = (tmp_path / file for file in files if file.endswith(".py"))
        done = subprocess.run([sys.executable, "-I", path], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        recording = run_one(experiment, engine, find_scheme(engine, scheme, experiment.model))
        v = np.loadtxt(path.with_suffix(".csv"), delimiter=",", skiprows=1)[:, 1]
        assert np.max(np.abs(v - recording["v"])) <= MATCH * np.ptp(v)


def test_the_cases_spike() -> None:
    """Or nothing would be said about spikes: all but the clamp and Wilson and Cowan's populations."""
    with Runner([ENGINES["reference"]]) as runner:
        engine = ENGINES["reference"]
        runs = [Run(e, engine, find_scheme(engine, None, e.model)) for e in cases().values()]
        counts = {name: len(r.spike_times_ms) for name, r in zip(cases(), runner.start(runs)(), strict=True)}
    assert {name for name, count in counts.items() if not count} == {"wilson_cowan", "clamp"}, counts
