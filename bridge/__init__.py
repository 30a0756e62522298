"""The middle floor: model definitions, their translation, and running them on an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.drive import pulses, step, stimulus
    from bridge.errors import DefinitionError, NotRun
    from bridge.experiment import Experiment, load_experiment
    from bridge.model import Model
    from bridge.model_file import catalogue, load

_HOMES = {
    "DefinitionError": "bridge.errors",
    "Experiment": "bridge.experiment",
    "NotRun": "bridge.errors",
    "load_experiment": "bridge.experiment",
    "pulses": "bridge.drive",
    "step": "bridge.drive",
    "stimulus": "bridge.drive",
    "Model": "bridge.model",
    "catalogue": "bridge.model_file",
    "load": "bridge.model_file",
}
__all__ = [
    "DefinitionError",
    "Experiment",
    "Model",
    "NotRun",
    "catalogue",
    "load",
    "load_experiment",
    "pulses",
    "step",
    "stimulus",
]


def __getattr__(name: str) -> Any:
    """Import on first use: a worker process needs its engine, not the whole bridge."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'bridge' has no attribute {name!r}")
