"""How a script is told its step: in its environment, and in the simulators that it imports, as soon as it does."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

DT, DURATION = "SPIKEBRIDGE_DT", "SPIKEBRIDGE_DURATION"  # both in ms


def prepare(dt_ms: float) -> dict[str, str]:
    """Set the step in Brian2 and NEURON when they are imported.

    Returns
    -------
    what each NEURON vector records, by the vector's name, as it comes to be known
    """
    pointers: dict[str, str] = {}
    sys.meta_path.insert(
        0, _AfterImport({"brian2": lambda m: _brian2(m, dt_ms), "neuron": lambda m: _neuron(m, dt_ms, pointers)})
    )
    return pointers


class _AfterImport(MetaPathFinder, Loader):
    """Imports a module as it would be without this, and then does something with it."""

    def __init__(self, then: dict[str, Callable[[ModuleType], None]]) -> None:
        self.then = then

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in self.then:
            return None
        then = self.then.pop(name)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def and_then(module: ModuleType) -> None:
            execute(module)
            then(module)

        spec.loader.exec_module = and_then  # type: ignore[method-assign]
        return spec


def _brian2(brian2: Any, dt_ms: float) -> None:
    brian2.defaultclock.dt = dt_ms * brian2.ms


def _neuron(neuron: Any, dt_ms: float, pointers: dict[str, str]) -> None:
    """``stdrun.hoc`` keeps a step of its own beside ``dt``, and is loaded first, so that whoever loads it finds both set."""
    h = neuron.h
    h.load_file("stdrun.hoc")
    h.dt = dt_ms
    h.steps_per_ms = 1.0 / dt_ms
    _listen(h, pointers)


def _listen(h: Any, pointers: dict[str, str]) -> None:
    """Note what vectors record. Those of hoc, and of NEURON before 9, whose vectors have no type of their own, go by their values."""
    kind = type(h.Vector())
    if kind.__name__ != "Vector":
        return
    times = str(h._ref_t)

    def record(vector: Any, *given: Any) -> Any:
        del kind.record
        try:
            answer = vector.record(*given)
        finally:
            kind.record = record
        said = str(given[0]) if given else ""
        pointers[vector.hname()] = "t" if said == times else _variable(said)
        return answer

    kind.record = record


def _variable(said: str) -> str:
    """The variable that a pointer describes itself as: ``Node::field::Voltage`` or ``cont=hh m row=0/1``."""
    if "Voltage" in said:
        return "v"
    _, found, rest = said.partition("cont=")
    words = rest.split()
    return words[1] if found and len(words) > 1 else ""


def run_hoc(script: Path) -> None:
    """A script of hoc, which NEURON reads; its error is NEURON's."""
    import neuron

    if not neuron.h.load_file(str(script)):
        raise RuntimeError("NEURON could not read it; what it says is printed above")
