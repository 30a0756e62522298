"""Textbook analyses of a neuron: f-I curves, thresholds, fixed points, bifurcations, voltage clamp, impedance.

Every analysis is a function that returns its numbers, with a function beside it that plots them.

Examples
--------
>>> recording = sb.run("leaky_integrate_and_fire", duration="30 ms")
>>> sb.analyses.mean_rate_hz(recording.spike_times_ms, start_ms=0, stop_ms=20)
50.0
"""

from __future__ import annotations

from importlib import import_module
from inspect import isfunction
from typing import Any

from spikebridge.bridge.shown import shown

_HOMES = {
    "spike_train": (
        "adaptation", "instantaneous_rate", "interval_histogram", "mean_rate_hz", "plot_instantaneous_rate",
        "plot_interval_histogram", "plot_return_map", "return_map", "steady_rate_hz",
    ),
    "burst": ("bursts", "plot_bursts"),
    "response": ("Bench", "Pulse", "Response", "Threshold", "at_rest", "starting_at"),
    "f_i": ("f_i_curve", "fit_onset", "lowest_sustained", "plot_f_i_curve", "rheobase"),
    "stairs": ("plot_staircase", "staircase"),
    "threshold": ("displacement_threshold", "excursion", "plot_excursions", "plot_strength_duration", "strength_duration"),
    "refractory": ("PulsePair", "Search", "plot_refractoriness", "refractoriness"),
    "fixed_point": ("fixed_points", "plot_eigenvalues", "steady_state"),
    "plane": ("phase_plane", "plot_phase_plane", "plot_projection"),
    "branch": ("fixed_point_branches", "special_points"),
    "diagram": ("plot_branches",),
    "homoclinic": ("on_circle",),
    "shooting": ("NoCycleError",),
    "cycle": ("cycle_branch", "limit_cycle", "plot_cycle_branch", "plot_period"),
    "clamp": ("clamp_family", "iv_curve", "plot_clamp_family", "plot_iv_curve"),
    "resonance": ("impedance", "impedance_on_engine", "plot_impedance"),
    "root": ("ScipyMissing",),
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}

# a module must not bear the name of a function: once imported it would hide it
__all__ = sorted(_HOME)


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """Import on first use: most analyses need only some of numpy, scipy, pandas and matplotlib."""
    if name in _HOME:
        found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        return import_module(f"{__name__}.arguments").reading_quantities(found) if isfunction(found) else found
    raise AttributeError(f"module 'spikebridge.reports.analyses' has no attribute {shown(name)}")
