"""Which hand-written neuron stands beside which catalogue model, and how their parameters are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from bridge.model import Model
from reference.neurons import hodgkin_huxley, leaky_integrate_and_fire
from reference.system import System

Maker = Callable[[int | None], System]


def _hodgkin_huxley(p: dict[str, float]) -> System | None:
    if (p["E_Na"], p["E_K"]) != (50.0, -77.0):
        return None
    return hodgkin_huxley.system(-65.0, p["E_L"], p["C_m"], g_Na=p["g_Na"], g_K=p["g_K"], g_L=p["g_L"])


def _hodgkin_huxley_relative(p: dict[str, float]) -> System | None:
    if (p["V_Na"], p["V_K"]) != (115.0, -12.0):
        return None
    return hodgkin_huxley.system(0.0, p["V_l"], p["C_m"], level=50.0, g_Na=p["g_Na"], g_K=p["g_K"], g_L=p["g_l"])


def _leaky_integrate_and_fire(p: dict[str, float]) -> System | None:
    return leaky_integrate_and_fire.system(p["E_L"], p["R_m"], p["tau_m"], p["theta"], p["v_reset"], p["tau_refrac"])


ORACLES: dict[str, Callable[[dict[str, float]], System | None]] = {
    "hodgkin_huxley": _hodgkin_huxley,
    "hodgkin_huxley_relative": _hodgkin_huxley_relative,
    "leaky_integrate_and_fire": _leaky_integrate_and_fire,
}


def oracle(model: Model) -> Maker | None:
    """Maker of the hand-written neuron with this model's parameters and initial state; None where there is none.

    The maker takes the number of neurons, None for one in plain floats.
    """
    if model.name not in ORACLES or model.origin != f"{model.name}.toml":
        return None
    system = ORACLES[model.name](model.parameter_values)
    if system is None:
        return None
    start: tuple[Any, ...] = tuple(model.initial_values[s] for s in model.state_names)

    def make(neurons: int | None) -> System:
        return replace(system, initial=start if neurons is None else tuple(np.full(neurons, x) for x in start))

    return make
