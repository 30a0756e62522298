"""One change behind all step defects: found from recordings that were made with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.engines.reference_engine import ReferenceEngine
from spikebridge.bridge.system import build_system
from spikebridge.reference.integrate import NEURON, integrate
from spikebridge.reference.recording import Recording
from spikebridge.reference.system import System
from spikebridge.reports.proof.culprits import _hurried, _tabulated, find_culprit
from spikebridge.reports.proof.translation_proof import run_twin

HH = Experiment("hodgkin_huxley", step("20 uA/cm2", "1 ms"), "15 ms", "0.01 ms")
LIF = Experiment(load("leaky_integrate_and_fire").with_parameters(tau_refrac="2 ms"), step("5 nA", "1 ms"), "40 ms", "0.05 ms")
ENGINE = ReferenceEngine()


def recorded(experiment: Experiment, system: System, scheme: str, convention=NEURON) -> Recording:
    """A run of some system under a scheme, passed off as one of the experiment's model."""
    run = integrate(system, scheme, experiment.duration_ms, experiment.dt_ms, experiment.drive, convention)
    model, one = experiment.model, run.states if run.states.ndim == 2 else run.states[..., 0].astype(float)
    values = {s: x / model.factor(s) for s, x in zip(model.state_names, one, strict=True)}
    spikes = [t if isinstance(t, np.ndarray) else t[0] for t in (run.spike_times_ms, run.raw_spike_times_ms)]
    units = {s: str(model.unit_of(s)) for s in values}
    return Recording(run.t_ms, values, units, spikes[0], spikes[1], "test", "0", scheme, experiment.dt_ms)


def culprit(experiment: Experiment, recording: Recording, scheme: str) -> str:
    twin = run_twin(experiment, ENGINE, ENGINE.schemes[scheme])
    return str(find_culprit(experiment, ENGINE, recording, twin) or "")


@pytest.mark.parametrize("scheme", ["backward_euler", "exponential_euler", "rk4"])
def test_another_temperature_is_recognised(scheme) -> None:
    """All gates 3**0.02 times as fast: 0.2 degC."""
    run = recorded(HH, _hurried(build_system(HH.model), 3**0.02), scheme)
    assert culprit(HH, run, scheme) == (
        "another temperature, with all rates but that of v times 1.0222, explains 100 % of its step defects"
    )


def test_a_rate_table_is_recognised() -> None:
    """One entry a millivolt, under NEURON's scheme."""
    table = _tabulated(build_system(HH.model))
    one = replace(table, relax=lambda y, u, dt: tuple(float(x) for x in table.relax(y, u, dt)))
    found = culprit(HH, recorded(HH, one, "backward_euler"), "backward_euler")
    assert found == "a table of the rates with one entry a millivolt explains 100 % of its step defects"


def test_single_precision_is_recognised() -> None:
    """From what is left of each step beyond 24 bits."""
    run = recorded(HH, build_system(HH.model, neurons=1, dtype=np.float32), "rk4")
    assert culprit(HH, run, "rk4").startswith("single precision explains")


@pytest.mark.parametrize(("steps", "word"), [(1, "longer"), (-1, "shorter")])
def test_a_refractory_period_off_by_one_step_is_recognised(steps, word) -> None:
    """Counted from the recording's own spikes."""
    wrong = replace(NEURON, refractory_steps=lambda period, dt: NEURON.refractory_steps(period, dt) + steps)
    run = recorded(LIF, build_system(LIF.model), "forward_euler", wrong)
    assert culprit(LIF, run, "forward_euler") == f"a refractory period one step {word} explains 100 % of its step defects"


def test_nothing_is_blamed_where_nothing_is_wrong() -> None:
    """Nor where the fault is of no kind that is known."""
    run = recorded(HH, build_system(HH.model), "rk4")
    assert culprit(HH, run, "rk4") == ""
    odd = {**run.values, "v": run["v"] + 1e-3 * np.sin(run.t_ms)}
    assert culprit(HH, replace(run, values=odd), "rk4") == ""
