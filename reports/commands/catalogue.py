"""``spikebridge models`` and ``spikebridge show``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from rich.table import Table
from rich.text import Text

from spikebridge.bridge.definition.catalogue import aliases_of
from spikebridge.bridge.definition.mechanism import Mechanism
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import catalogue, load, load_definition, load_mechanism, mechanisms
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.latex import Latex
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.bridge.translate.numpy_source import NumpySource
from spikebridge.reports.commands.console import terminal
from spikebridge.reports.formats.cards import definition_page

_TRANSLATIONS: dict[str, Callable[[Model], str]] = {
    "toml": lambda model: model.text,
    "brian2": lambda model: Brian2Equations(model).text,
    "nmodl": lambda model: Nmodl(model).text,
    "numpy": lambda model: NumpySource(model).text,
    "latex": lambda model: Latex(model).text,
}


PAGE = "html"


def list_models(as_json: bool) -> int:
    """Print every model of the catalogue, and apart from them every mechanism."""
    found = [load(name) for name in catalogue()]
    parts = [load_mechanism(name) for name in mechanisms()]
    if as_json:
        listed = {"models": [_described(model) for model in found], "mechanisms": [_described_part(part) for part in parts]}
        print(json.dumps({"schema": 1, **listed}, indent=2))
        return 0
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 1, 0))
    table.add_column(overflow="fold", max_width=30)
    table.add_column(overflow="fold")
    for model in found:
        lines = {"also": aliases_of(model.name), "regimes": list(model.regimes)}
        _add_row(table, model, "".join(f"\n{what}: {', '.join(names)}" for what, names in lines.items() if names))
    table.add_row(Text("mechanisms:", "bold"), "parts of models, which run alone in a patch of membrane too")
    for part in parts:
        _add_row(table, part, f"\nreads: {', '.join(f'{name} ({unit})' for name, unit in part.reads.items())}")
    terminal().print(table)
    return 0


def _add_row(table: Table, listed: Model | Mechanism, more: str) -> None:
    table.add_row(Text(listed.name, "bold"), Text.assemble(listed.title, more, (f"\n{listed.source}", "dim")))


def _described_part(part: Mechanism) -> dict[str, object]:
    return {
        "name": part.name,
        "title": part.title,
        "source": part.source,
        "currents": list(part.currents),
        "reads": dict(part.reads),
        "parameters": dict(part.parameters),
        "patch": part.in_patch.patch,
    }


def _described(model: Model) -> dict[str, object]:
    return {
        "name": model.name,
        "aliases": aliases_of(model.name),
        "title": model.title,
        "source": model.source,
        "states": {s: str(model.unit_of(s)) for s in model.state_names},
        "parameters": {name: str(p) for name, p in model.parameters.items()},
        "regimes": {name: {k: str(p) for k, p in regime.parameters.items()} for name, regime in model.regimes.items()},
        "regime_aliases": {alias: name for name, regime in model.regimes.items() for alias in regime.aliases},
        "stimulus_unit": str(model.stimulus_unit),
    }


def show_model(name: str, target: str, regime: str | None) -> int:
    """Print a definition or its translation."""
    text = _page(name, regime) if target == PAGE else _TRANSLATIONS[target](_model(name, regime))
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    return 0


def _model(name: str, regime: str | None) -> Model:
    model = load(name)
    return model if regime is None else model.with_regime(regime)


def _page(name: str, regime: str | None) -> str:
    """The definition as one page; a mechanism as what it is, unless a regime is asked of it, which it has none of."""
    found = load_definition(name)
    return definition_page(found if isinstance(found, Mechanism) and regime is None else _model(name, regime))
