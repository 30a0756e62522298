"""Runs that tests share: recordings and comparisons on the reference, which needs no simulator; and mutated models."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.engines.base import Engine
from spikebridge.bridge.engines.reference_engine import ReferenceEngine
from spikebridge.reference.recording import Recording
from spikebridge.reports.proof.comparison import Comparison, compare

REFERENCE = ReferenceEngine()
FITZHUGH_NAGUMO = """
name = "fitzhugh_nagumo"
title = "A neuron without units [bold]"
equations = '''
dv/dt = (v - v**3/3 - w + I_stim)/ms : 1
dw/dt = 0.08*(v + 0.7 - 0.8*w)/ms : 1
I_stim : 1
'''
[initial]
v = "-1"
w = "-0.5"
[experiment]
duration = "20 ms"
[[experiment.stimulus]]
kind = "step"
amplitude = "0.5"
"""


def mutated(model: Model, *replacements: tuple[str, str]) -> Model:
    """The model with its text changed; every change must be found, once."""
    text = model.text
    for old, new in replacements:
        assert text.count(old) == 1, (old, text.count(old))
        text = text.replace(old, new)
    return parse_model(text, f"mutated {model.name}")


def spiking(name: str, duration: str = "20 ms", dt: str = "0.01 ms") -> Experiment:
    """A catalogue neuron that fires within ``duration``."""
    amplitude = {"nA": "5 nA", "uA/cm2": "20 uA/cm2"}[str(load(name).stimulus_unit)]
    return Experiment(load(name), step(amplitude, "1 ms"), duration, dt)


def recording_of(experiment: Experiment, scheme: str, engine: ReferenceEngine = REFERENCE) -> Recording:
    """What the reference records under one of its schemes."""
    chosen = engine.schemes[scheme]
    return engine.read(experiment, chosen, engine.execute(engine.prepare(experiment, chosen)))


def as_neuron(engine: Engine, model: Model) -> Engine:
    """The engine, but every model it is given is taken for ``model``: a translation gone wrong."""
    prepare = engine.prepare

    class Mistaken(type(engine)):  # type: ignore[misc]
        def prepare(self, experiment, scheme, refinement=0):
            return prepare(replace(experiment, model=model), scheme, refinement)

    mistaken = Mistaken.__new__(Mistaken)
    mistaken.__dict__.update(engine.__dict__)
    return mistaken


@cache
def compared(name: str, quick: bool = False, schemes: tuple[str, ...] = ("rk4", "forward_euler")) -> Comparison:
    """A short comparison of the reference with itself, made once a process."""
    if name == "fitzhugh_nagumo":
        model = parse_model(FITZHUGH_NAGUMO, "fitzhugh_nagumo.toml")
        experiment = Experiment(model, step("0.5"), "20 ms", "0.05 ms")
    else:
        experiment = spiking(name, dt="0.025 ms")
    return compare(experiment, ["reference"], {"reference": list(schemes)}, quick, command=f"spikebridge compare {name}")
