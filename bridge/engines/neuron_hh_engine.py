"""NEURON's built-in ``hh``, as a variant of the NEURON engine for the one model it is.

It reads its rates from a table with one entry a millivolt unless ``usetable_hh`` is 0, and so converges to another
limit than the equations: the demonstration of what a comparison should find.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.engines.base import EngineScheme, Occasion
from spikebridge.bridge.engines.neuron_engine import NeuronEngine
from spikebridge.bridge.engines.neuron_job import BuiltinHh, NeuronJob
from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.system import build_system
from spikebridge.reference.neurons import hodgkin_huxley
from spikebridge.reference.recording import Recording

_NEEDED = ("g_Na", "g_K", "g_L", "E_Na", "E_K", "E_L", "C_m")


class NeuronHhEngine(NeuronEngine):
    """``hh`` with its rate table, or without."""

    variant_of = "neuron"
    occasions: frozenset[Occasion] = frozenset()

    def __init__(self, name: str, table: bool) -> None:
        self.name, self.table = name, table
        self.about = f"NEURON's built-in hh{'' if table else ', usetable_hh = 0'}"
        # what a reader should know first where this engine computes another neuron
        self.suspicion = (
            "NEURON's hh reads its rates from a table with one entry a millivolt; usetable_hh = 0 cures it" if table else ""
        )

    def check(self, model: Model, scheme: EngineScheme) -> None:
        super().check(model, scheme)
        if not is_squid_axon(model):
            raise TranslationError(f"NEURON's hh is the membrane of hodgkin_huxley, and {model.name} is another one")

    def prepare(self, experiment: Experiment, scheme: EngineScheme, refinement: int = 0) -> NeuronJob:
        job = super().prepare(experiment, scheme, refinement)
        value = experiment.model.parameter_values
        parameters = {"gnabar": value["g_Na"] * 1e-3, "gkbar": value["g_K"] * 1e-3, "gl": value["g_L"] * 1e-3, "el": value["E_L"]}
        own = BuiltinHh(self.table, parameters, {"ena": value["E_Na"], "ek": value["E_K"]}, 6.3 + _warmer(experiment.model))
        return replace(job, builtin=own)

    def compiled(self, recording: Recording) -> bool:
        return False  # it came with NEURON

    def script(self, experiment: Experiment, scheme: EngineScheme) -> dict[str, str]:
        raise TranslationError("there is no script for this engine; its model is no translation of the definition")


def _warmer(model: Model) -> float:
    """By how many degrees the model is warmer than the axon whose rates were measured; 0 for one without a temperature."""
    value = model.parameter_values
    return value["T"] - value["T_rates"] if {"T", "T_rates"} <= set(value) else 0.0


def is_squid_axon(model: Model) -> bool:
    """Whether the model has the rates of Hodgkin & Huxley at -65 mV, under names NEURON's hh can be given."""
    if model.state_names != ("v", "m", "h", "n") or any(name not in model.parameters for name in _NEEDED):
        return False
    value = model.parameter_values
    reversals = {"E_Na": 50.0, "E_K": -77.0}
    system = build_system(model.with_parameters({name: f"{x} mV" for name, x in reversals.items()}), 50)
    phi = 3 ** (_warmer(model) / 10)
    expected = hodgkin_huxley.system(
        -65.0, value["E_L"], value["C_m"], phi=phi, g_Na=value["g_Na"], g_K=value["g_K"], g_L=value["g_L"]
    )
    rng = np.random.default_rng(6)
    states = (rng.uniform(-90, 60, 50), *(rng.uniform(0, 1, 50) for _ in range(3)))
    pairs = zip(system.rates(states, 1.0), expected.rates(states, 1.0), strict=True)
    return all(np.allclose(a, b, rtol=1e-9, atol=1e-9) for a, b in pairs)
