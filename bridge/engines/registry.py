"""All engines by name: one line each."""

from __future__ import annotations

from spikebridge.bridge.engines.base import Engine
from spikebridge.bridge.engines.brian2_engine import Brian2Engine
from spikebridge.bridge.engines.neuron_engine import NeuronEngine
from spikebridge.bridge.engines.neuron_hh_engine import NeuronHhEngine
from spikebridge.bridge.engines.reference_engine import ReferenceEngine
from spikebridge.bridge.errors import UsageError, did_you_mean

ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (
        ReferenceEngine(),
        Brian2Engine("brian2"),
        Brian2Engine("brian2_cython", "cython"),
        Brian2Engine("brian2_numpy", "numpy"),
        NeuronEngine(),
        NeuronHhEngine("neuron_hh", table=True),
        NeuronHhEngine("neuron_hh_notable", table=False),
    )
}
DEFAULT = ("reference", "brian2", "neuron")


def find_engine(name: str) -> Engine:
    """The engine of that name; UsageError lists the ones there are."""
    if name not in ENGINES:
        raise UsageError(f"there is no engine {name!r}.{did_you_mean(name, ENGINES)}")
    return ENGINES[name]
