"""Neuron-steps per second on Hodgkin-Huxley: the reference beside Brian2 (cython) and NEURON.

Each simulator against the reference running the same scheme, N = 1 and N = 10,000, nothing recorded.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.engines.neuron_build import build_mechanism
from spikebridge.bridge.system import build_system
from spikebridge.bridge.translate.brian2_equations import SAMPLES, Brian2Equations
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.reference.schemes import SCHEMES

DT_MS = 0.01
CURRENT = 10.0
STEPS = {1: 20_000, 10_000: 300}
ROUNDS = 3


def rate(advance: Callable[[], None], neurons: int) -> float:
    """Best neuron-steps per second of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        advance()
        best = min(best, time.perf_counter() - began)
    return neurons * STEPS[neurons] / best


def reference(neurons: int, scheme: str) -> float:
    """The numpy translation; plain floats for one neuron."""
    system = build_system(load("hodgkin_huxley"), None if neurons == 1 else neurons)
    step = SCHEMES[scheme].step

    def advance() -> None:
        y = system.initial
        for _ in range(STEPS[neurons]):
            y = step(system, y, CURRENT, DT_MS)

    return rate(advance, neurons)


def brian2(neurons: int) -> float:
    """The generated equations, exponential Euler, cython."""
    import brian2 as b2

    b2.prefs.codegen.target = "cython"
    model = load("hodgkin_huxley")
    translation = Brian2Equations(model)
    namespace = {
        name: p.value * b2.mS / b2.cm2 if name.startswith("g") else p.value * b2.mV for name, p in model.parameters.items()
    }
    namespace |= {"C_m": 1 * b2.uF / b2.cm2, SAMPLES: b2.TimedArray([CURRENT] * b2.uA / b2.cm2, dt=1 * b2.second)}
    group = b2.NeuronGroup(neurons, translation.equations, method="exponential_euler", namespace=namespace, dt=DT_MS * b2.ms)
    for name, value in model.initial_values.items():
        setattr(group, name, value * b2.mV if name == "v" else value)
    network = b2.Network(group)
    network.run(DT_MS * b2.ms)
    return rate(lambda: network.run(STEPS[neurons] * DT_MS * b2.ms, namespace={}), neurons)


def neuron(neurons: int) -> float:
    """The generated mechanism, NEURON's default fixed step."""
    from neuron import h

    model = load("hodgkin_huxley")
    mechanism = Nmodl(model)
    with tempfile.TemporaryDirectory() as name:
        build_mechanism(mechanism.text, mechanism.suffix, Path(name))
        h.nrn_load_dll(str(Path(name) / "libnrnmech.so"))
    sections, clamps = [], []
    for _ in range(neurons):
        section = h.Section()
        section.L, section.diam, section.cm = 10.0, 10.0 / np.pi, 1.0
        section.insert(mechanism.suffix)
        clamp = h.IClamp(section(0.5))
        clamp.delay, clamp.dur, clamp.amp = 0.0, 1e9, CURRENT * 1e-3
        sections.append(section)
        clamps.append(clamp)
    h.dt = DT_MS
    parallel = h.ParallelContext()
    parallel.set_maxstep(10)

    def advance() -> None:
        h.finitialize(-65.0)
        parallel.psolve(STEPS[neurons] * DT_MS)

    return rate(advance, neurons)


def in_a_process_of_its_own(simulator: str, neurons: int) -> float:
    """Simulators keep global state."""
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    command = [sys.executable, __file__, simulator, str(neurons)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=tempfile.gettempdir())
    return float(done.stdout.split()[-1])


def main() -> None:
    """Print both comparisons."""
    if len(sys.argv) == 3:
        print({"brian2": brian2, "neuron": neuron}[sys.argv[1]](int(sys.argv[2])))
        return
    for neurons in STEPS:
        for simulator, scheme in (("brian2", "exponential_euler"), ("neuron", "backward_euler")):
            ours, theirs = reference(neurons, scheme), in_a_process_of_its_own(simulator, neurons)
            print(
                f"N = {neurons:6}: reference {scheme:18} {ours:.3g} neuron-steps/s ({1e9 / ours:.0f} ns each), "
                f"{simulator:6} {theirs:.3g} ({1e9 / theirs:.0f} ns): reference is {ours / theirs:.2f} times as fast"
            )


if __name__ == "__main__":
    main()
