"""Do two simulators compute the same neuron, and if not, where and why?

``import spikebridge as sb`` is light: simulators, pandas, matplotlib and scipy load when something needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spikebridge.reference import upstairs
from spikebridge.reference.version import __version__

upstairs.home = "spikebridge.reports.methods"

if TYPE_CHECKING:
    from spikebridge.bridge.definition.drive import pulses, step, stimulus
    from spikebridge.bridge.definition.experiment import Experiment
    from spikebridge.bridge.definition.experiment_file import load_experiment
    from spikebridge.bridge.definition.mechanism import Mechanism
    from spikebridge.bridge.definition.model import Model
    from spikebridge.bridge.definition.model_file import catalogue, compose, load, load_mechanism, mechanisms
    from spikebridge.bridge.engines.handed_over import record
    from spikebridge.bridge.errors import DefinitionError, InputError, NotRun, UsageError
    from spikebridge.reports import analyses
    from spikebridge.reports.front_door import compare, diff, run, sweep
    from spikebridge.reports.textbook.figure_run import figure

_HOMES = {
    "DefinitionError": "bridge.errors",
    "Experiment": "bridge.definition.experiment",
    "InputError": "bridge.errors",
    "Mechanism": "bridge.definition.mechanism",
    "Model": "bridge.definition.model",
    "NotRun": "bridge.errors",
    "UsageError": "bridge.errors",
    "analyses": "reports",
    "catalogue": "bridge.definition.model_file",
    "compare": "reports.front_door",
    "compose": "bridge.definition.model_file",
    "diff": "reports.front_door",
    "figure": "reports.textbook.figure_run",
    "load": "bridge.definition.model_file",
    "load_experiment": "bridge.definition.experiment_file",
    "load_mechanism": "bridge.definition.model_file",
    "mechanisms": "bridge.definition.model_file",
    "pulses": "bridge.definition.drive",
    "record": "bridge.engines.handed_over",
    "run": "reports.front_door",
    "step": "bridge.definition.drive",
    "stimulus": "bridge.definition.drive",
    "sweep": "reports.front_door",
}
__all__ = [
    "DefinitionError", "Experiment", "InputError", "Mechanism", "Model", "NotRun", "UsageError", "__version__", "analyses", "catalogue",
    "compare", "compose", "diff", "figure", "load", "load_experiment", "load_mechanism", "mechanisms", "pulses", "record", "run", "step", "stimulus",
    "sweep",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # a checker has seen the imports above, and is to say of any other name that there is none

    def __getattr__(name: str) -> Any:
        """Import on first use."""
        if name not in _HOMES:
            raise AttributeError(f"module 'spikebridge' has no attribute {name!r}")
        home = import_module(f"spikebridge.{_HOMES[name]}")
        # a folder, such as analyses, is itself what is asked for
        found = import_module(f"{home.__name__}.{name}") if _HOMES[name] == "reports" else getattr(home, name)
        globals()[name] = found
        return found
