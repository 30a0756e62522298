"""Which hand-written neuron stands beside which catalogue model, and how their parameters are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.definition.rule_memory import remembering
from spikebridge.bridge.system import initial_state
from spikebridge.reference.neurons import (
    adex,
    connor_stevens,
    eif,
    fitzhugh_nagumo,
    hindmarsh_rose,
    hodgkin_huxley,
    izhikevich,
    izhikevich_2007,
    leaky_integrate_and_fire,
    morris_lecar,
    passive_membrane,
    perfect_integrate_and_fire,
    reduced_traub_miles,
    wang_buzsaki,
)
from spikebridge.reference.system import System

Maker = Callable[..., System]
Oracle = Callable[[dict[str, float]], System | None]


def _hodgkin_huxley(p: dict[str, float]) -> System | None:
    if (p["E_Na"], p["E_K"]) != (50.0, -77.0):
        return None
    phi = 3 ** ((p["T"] - p["T_rates"]) / 10)
    return hodgkin_huxley.system(-65.0, p["E_L"], p["C_m"], phi=phi, g_Na=p["g_Na"], g_K=p["g_K"], g_L=p["g_L"])


def _hodgkin_huxley_relative(p: dict[str, float]) -> System | None:
    if (p["V_Na"], p["V_K"]) != (115.0, -12.0):
        return None
    return hodgkin_huxley.system(0.0, p["V_l"], p["C_m"], level=50.0, g_Na=p["g_Na"], g_K=p["g_K"], g_L=p["g_l"])


def _named(system: Callable[..., System], **renamed: str) -> Oracle:
    """A neuron whose parameters have the model's names, but for those ``renamed`` from the model's to its own."""
    return lambda p: system(**{renamed.get(name, name): value for name, value in p.items()})


ORACLES: dict[str, Oracle] = {
    "adex": _named(adex.system),
    "connor_stevens": _named(connor_stevens.system),
    "eif": _named(eif.system, R_m="R", tau_refrac="tau_ref"),
    "fitzhugh_nagumo": _named(fitzhugh_nagumo.system),
    "hindmarsh_rose": _named(hindmarsh_rose.system),
    "hodgkin_huxley": _hodgkin_huxley,
    "hodgkin_huxley_relative": _hodgkin_huxley_relative,
    "izhikevich": _named(izhikevich.system),
    "izhikevich_2007": _named(izhikevich_2007.system),
    "leaky_integrate_and_fire": _named(leaky_integrate_and_fire.system, R_m="R", tau_refrac="tau_ref"),
    "morris_lecar": _named(morris_lecar.system),
    "passive_membrane": _named(passive_membrane.system),
    "perfect_integrate_and_fire": _named(perfect_integrate_and_fire.system, tau_refrac="tau_ref"),
    "reduced_traub_miles": _named(reduced_traub_miles.system),
    "wang_buzsaki": _named(wang_buzsaki.system),
}


def oracle(model: Model) -> Maker | None:
    """Maker of the hand-written neuron with this model's parameters and initial state; None where there is none.

    The maker takes the number of neurons, None for one, and the dtype of their state; what is made of parameters alone is in
    double precision.
    """
    if model.name not in ORACLES or not _is_the_catalogue_model(model):
        return None
    system = ORACLES[model.name](model.parameter_values)
    if system is None:
        return None

    if system.event and system.event.reset:  # with these parameters the reset may not take the level down
        system = replace(system, event=replace(system.event, remembers=remembering(model)[0]))

    def make(neurons: int | None, dtype: Any = np.float64) -> System:
        return replace(system, initial=initial_state(model, neurons, dtype))

    return make


def _is_the_catalogue_model(model: Model) -> bool:
    """Whether the definition is the catalogue's own, not a user's copy under its name with other equations."""
    return model.origin == f"{model.name}.toml" and model.text == load(model.name).text
