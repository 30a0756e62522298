"""All engines by name: one line each, and those that other packages bring."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from spikebridge.bridge.engines.base import Engine, Occasion
from spikebridge.bridge.engines.brian2_engine import Brian2Engine
from spikebridge.bridge.engines.brian2_standalone_engine import Brian2StandaloneEngine
from spikebridge.bridge.engines.coreneuron_engine import CoreNeuronEngine
from spikebridge.bridge.engines.neuron_engine import NeuronEngine
from spikebridge.bridge.engines.neuron_hh_engine import NeuronHhEngine
from spikebridge.bridge.engines.reference_engine import ReferenceEngine
from spikebridge.bridge.errors import NotRun, UsageError, did_you_mean
from spikebridge.bridge.shown import shown

GROUP = "spikebridge.engines"  # of the entry points through which a package brings an engine
# those that come with spikebridge
ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (
        ReferenceEngine(),
        Brian2Engine("brian2", occasions=[Occasion.COMPARISON]),
        Brian2Engine("brian2_cython", "cython", [Occasion.SPINE]),
        Brian2Engine("brian2_numpy", "numpy", [Occasion.PROOFS]),
        Brian2StandaloneEngine(),
        NeuronEngine(),
        CoreNeuronEngine(),
        NeuronHhEngine("neuron_hh", table=True),
        NeuronHhEngine("neuron_hh_notable", table=False),
    )
}


def engine_names() -> list[str]:
    """All names, those of engines included that other packages bring; nothing is loaded."""
    return [*ENGINES, *_offered()]


def find_engine(name: str) -> Engine:
    """The engine of that name.

    Raises
    ------
    UsageError : there is none; lists the ones there are
    NotRun : another package brings one that cannot be had, and why
    """
    if "=" in name:
        raise UsageError(f"{shown(name)}: an engine in another Python takes part in compare, run and sweep, by --engine only")
    if name in ENGINES:
        return ENGINES[name]
    if name not in _offered():
        raise UsageError(f"there is no engine {shown(name)}.{did_you_mean(name, engine_names())}")
    found = _brought(name)
    if isinstance(found, str):
        raise NotRun(found)
    return found


def every_engine() -> dict[str, Engine]:
    """All engines that can be had, those of other packages behind."""
    brought = {name: _brought(name) for name in _offered()}
    return ENGINES | {name: engine for name, engine in brought.items() if not isinstance(engine, str)}


def broken_engines() -> dict[str, str]:
    """Why an engine that another package brings cannot be had, in one line, by name."""
    return {name: found for name in _offered() if isinstance(found := _brought(name), str)}


def engines_for(occasion: Occasion) -> tuple[str, ...]:
    """The names of the engines that take part in this without being asked for."""
    return tuple(name for name, engine in every_engine().items() if occasion in engine.occasions)


# engines of other packages ----------------------------------------------------------------------------


@cache
def _offered() -> Mapping[str, EntryPoint | str]:
    """What other packages bring, by the name they give it, not loaded yet; or what is wrong with it already."""
    try:
        found = entry_points(group=GROUP)
    except Exception as error:  # of whichever installed package
        return {GROUP: f"the entry points of installed packages cannot be read: {_said(error)}"}
    offered: dict[str, EntryPoint | str] = {}
    for entry in found:
        if entry.name in ENGINES or entry.name == "exact" or not entry.name.isidentifier():
            offered[repr(entry.name)] = f"{_origin(entry)}: its name must be a word, and not exact or that of another engine"
        elif entry.name in offered:
            offered[entry.name] = f"{_origin(entry)}: another package brings an engine of that name too"
        else:
            offered[entry.name] = entry
    return offered


@cache
def _brought(name: str) -> Engine | str:
    """The engine that another package brings under this name, or why it cannot be had."""
    offered = _offered()[name]
    if isinstance(offered, str):
        return offered
    try:
        found = offered.load()
        if isinstance(found, type) or not isinstance(found, Engine):
            return f"{_origin(offered)}: {offered.value} is no Engine as spikebridge.bridge.engines.base describes one"
        named = found.name
    except (Exception, SystemExit) as error:  # whatever another package's code does when it is imported
        return f"{_origin(offered)} cannot be loaded: {_said(error)}"
    if named != name:
        return f"{_origin(offered)}: {offered.value} calls itself {shown(named)}; the entry point must have the same name"
    return found


def _origin(entry: EntryPoint) -> str:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an installed package"
    return f"the engine {shown(entry.name)} of {package}"


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
