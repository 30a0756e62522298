"""Do two simulators compute the same neuron, and if not, where and why?

``import spikebridge as sb`` is light: simulators, pandas, matplotlib and scipy load when something needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spikebridge.reference.version import __version__

if TYPE_CHECKING:
    from spikebridge.bridge.drive import pulses, step, stimulus
    from spikebridge.bridge.errors import DefinitionError, NotRun
    from spikebridge.bridge.experiment import Experiment, load_experiment
    from spikebridge.bridge.model import Model
    from spikebridge.bridge.model_file import catalogue, load
    from spikebridge.reports import analyses
    from spikebridge.reports.comparison import compare
    from spikebridge.reports.figure_run import figure
    from spikebridge.reports.front_door import run, sweep

_HOMES = {
    "DefinitionError": "bridge.errors",
    "Experiment": "bridge.experiment",
    "Model": "bridge.model",
    "NotRun": "bridge.errors",
    "analyses": "reports",
    "catalogue": "bridge.model_file",
    "compare": "reports.comparison",
    "figure": "reports.figure_run",
    "load": "bridge.model_file",
    "load_experiment": "bridge.experiment",
    "pulses": "bridge.drive",
    "run": "reports.front_door",
    "step": "bridge.drive",
    "stimulus": "bridge.drive",
    "sweep": "reports.front_door",
}
__all__ = [
    "DefinitionError", "Experiment", "Model", "NotRun", "__version__", "analyses", "catalogue", "compare", "figure", "load",
    "load_experiment", "pulses", "run", "step", "stimulus", "sweep",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """Import on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'spikebridge' has no attribute {name!r}")
    home = import_module(f"spikebridge.{_HOMES[name]}")
    # a folder, such as analyses, is itself what is asked for
    found = import_module(f"{home.__name__}.{name}") if _HOMES[name] == "reports" else getattr(home, name)
    globals()[name] = found
    return found
