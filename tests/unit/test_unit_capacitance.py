"""Membranes that are written unlike C dv/dt = I: an area that is a definition, and volts per time without a capacitance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.export.neuron_script import NeuronScript
from spikebridge.bridge.system import build_system
from spikebridge.reference.integrate import integrate
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.samples import Samples
from spikebridge.reports.proof.verdict import Verdict

SOMA = parse_model(
    '''name = "hh_pas_soma"
equations = """
dv/dt = (I_stim/area - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) - g_l*(v - E_l) - g_pas*(v - E_pas))/C_m : mV
dm/dt = am*(1 - m) - bm*m : 1
dh/dt = ah*(1 - h) - bh*h : 1
dn/dt = an*(1 - n) - bn*n : 1
am = 0.1/mV/ms*(v + 40*mV)/(1 - exp(-(v + 40*mV)/(10*mV))) : 1/ms
bm = 4/ms*exp(-(v + 65*mV)/(18*mV)) : 1/ms
ah = 0.07/ms*exp(-(v + 65*mV)/(20*mV)) : 1/ms
bh = 1/ms/(1 + exp(-(v + 35*mV)/(10*mV))) : 1/ms
an = 0.01/mV/ms*(v + 55*mV)/(1 - exp(-(v + 55*mV)/(10*mV))) : 1/ms
bn = 0.125/ms*exp(-(v + 65*mV)/(80*mV)) : 1/ms
area = 3.141592653589793*diam*L : um2
I_stim : nA
"""
[parameters]
C_m = "1 uF/cm2"
g_Na = "0.12 S/cm2"
g_K = "0.036 S/cm2"
g_l = "0.0003 S/cm2"
g_pas = "0.0002 S/cm2"
E_Na = "50 mV"
E_K = "-77 mV"
E_l = "-54.3 mV"
E_pas = "-70 mV"
diam = "18.8 um"
L = "18.8 um"
[initial]
v = "-65 mV"
m = "am/(am + bm)"
h = "ah/(ah + bh)"
n = "an/(an + bn)"
''',
    "soma.toml",
)
# NEURON 9.0.2 with its hh, usetable_hh = 0, and pas, 0.15 nA from 20 to 90 ms at dt 0.025 ms
RECORDED_MV = {0.025: -65.023721659462666, 22.45: 25.536457595563224, 29.95: -65.391970932289667, 50.0: -56.952344006057082}


def test_an_area_may_be_a_definition() -> None:
    """The capacitance of the whole cell is made of it; the samples are those of NEURON's own mechanisms."""
    experiment = Experiment(SOMA, step("0.15 nA", "20 ms", "90 ms"), "51 ms", "0.025 ms")
    neuron = find_engine("neuron")
    scheme = find_scheme(neuron, "backward_euler", SOMA)
    assert neuron.prepare(experiment, scheme).capacitance == pytest.approx(math.pi * 18.8**2 * 1e-5, rel=1e-12)
    assert "area_model" in NeuronScript(experiment, scheme, 1e-6).text
    run = integrate(build_system(SOMA), "backward_euler", 51.0, 0.025, experiment.drive)
    found = {t_ms: float(run.states[0, round(t_ms / 0.025)]) for t_ms in RECORDED_MV}
    assert found == pytest.approx(RECORDED_MV, abs=1e-8)


def neuron_on_volts_per_time(steps: int, start_ms: float, hidden: bool) -> np.ndarray:
    """Izhikevich's neuron, by hand, as a point process of NEURON on a membrane of capacitance one computes it at dt 0.025 ms; v in mV.

    NEURON 9.0.2's own samples after one step, with u' written out and ``hidden`` in a FUNCTION, are in RECORDED_U.
    """
    dt_ms, v, u, recorded = 0.025, -65.0, -13.0, [-65.0]
    for k in range(steps):
        current = 10.0 if (k + 0.5) * dt_ms >= start_ms else 0.0
        rate, beside = (0.04 * x * x + 5 * x + 140 - u + current for x in (v, v + 0.001))
        v += rate / (1 / dt_ms - (beside - rate) / 0.001)
        u += (0.02 * dt_ms / (1 + 0.02 * dt_ms) if hidden else 1 - math.exp(-0.02 * dt_ms)) * (0.2 * v - u)
        recorded.append(v)
        if k == 0:
            assert (v, u) == (pytest.approx(-65.074626939927242, abs=1e-11), pytest.approx(RECORDED_U[hidden], abs=1e-13))
        if v > 30.0:
            v, u = -65.0, u + 8.0
    return np.array(recorded)


RECORDED_U = {False: -13.00000746082863, True: -13.000007458964511}


def test_neurons_membrane_arithmetic_is_recognised_in_volts_per_time() -> None:
    """Of recordings that NEURON makes of such a model, whose membrane has no capacitance of its own; where cnexp cannot see through a
    FUNCTION, too."""
    experiment = Experiment("izhikevich", step("10 mV/ms", "1 ms"), "8 ms", "0.025 ms")
    samples = {
        name: Samples(0.025 * np.arange(321), neuron_on_volts_per_time(320, 1.0, name == "hidden"), "mV", "v", "a test")
        for name in ("plain", "hidden")
    }
    comparison = compare(experiment, ["reference"], quick=True, recordings=samples)
    for name, scheme in (("plain", "backward_euler"), ("hidden", "backward_euler with derivimplicit")):
        entry = comparison[name]
        assert entry.verdict is Verdict.DISCRETISATION
        assert f"it is {scheme} at dt = 0.025 ms of this very model" in entry.because


def test_a_model_with_a_membrane_is_its_own() -> None:
    """What is driven by a current needs no other reading; what is not driven in volts per time has none."""
    hodgkin_huxley, rates = load("hodgkin_huxley"), load("wilson_cowan")
    assert hodgkin_huxley.as_membrane is hodgkin_huxley
    assert rates.as_membrane.voltage is None and load("izhikevich").as_membrane.voltage == "v"
