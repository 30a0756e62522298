"""The nouns: a kind of analysis, a number that it gives, one analysis of a figure, and a question about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.voltage_clamp import CURRENT
from spikebridge.reports.analyses.field import scanned_name
from spikebridge.reports.analyses.resonance import ratio_unit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

EQUATIONS = "is found on the equations, of which every engine gets the same; no run shows it"
# units that depend on the model, on the analysis or on what is asked
UNITS = ("current", "voltage", "parameter", "variable", "symbol", "impedance")


@dataclass(frozen=True)
class Site:
    """Where an analysis that runs the neuron does so: on an engine, with a scheme of its own and a step.

    ``exact`` is what the exact solution gave, near which an engine's search starts; None for the exact solution itself.
    """

    engine: str
    scheme: str | None
    dt_ms: float
    exact: Any = None


@dataclass(frozen=True)
class Quantity:
    """A number that an analysis gives.

    Attributes
    ----------
    unit : in plain text, or one of UNITS
    words : with ``{k}``, ``{at}``, ``{variable}``, ``{way}`` and ``{n}`` where the question has them
    find : from the result and the question; None where there is no such thing
    takes : what a question must be told, each with its unit, or ``position``, ``state`` or ``way``
    bracket : how far off the answer may be for the bracket it was found in; None where there is no bracket
    wait : how far waiting for the grid may move the answer where each reset happens at the end of a step, by the answer
        and the step in ms
    discrete : whether things are counted, or one of a list is found
    """

    unit: str
    words: str
    find: Callable[[Any, Mapping[str, Any]], float | None]
    takes: Mapping[str, str] = field(default_factory=dict)
    bracket: Callable[[Any, Mapping[str, Any]], float | None] | None = None
    wait: Callable[[float, float], float] = lambda answer, dt_ms: 0.0
    discrete: bool = False


@dataclass(frozen=True)
class Option:
    """A key of an analysis in a figure file: how it is read (a name in READERS) and what it is where it is not given."""

    reader: str
    default: Any = None
    needed: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of analysis.

    Attributes
    ----------
    options : keys beside the model's
    find : the result; where the neuron is run, at the site
    quantities : what can be claimed, by name
    looks : how it can be drawn, by name, the first by default
    table : its numbers
    runs : whether it runs the neuron, so that engines can be asked
    """

    words: str
    options: Mapping[str, Option]
    find: Callable[[FigureAnalysis, Site], Any]
    quantities: Mapping[str, Quantity]
    looks: Mapping[str, Callable[[Any, FigureAnalysis, Axes], object]]
    table: Callable[[Any, FigureAnalysis], pd.DataFrame]
    runs: bool = False


@dataclass(frozen=True)
class FigureAnalysis:
    """One analysis of a figure.

    Attributes
    ----------
    given : its options, numbers in the units of the model
    dt_ms : the step of engines
    exact_only : why engines are not asked; empty where they are
    where : the file and the place in it, for messages
    """

    name: str
    label: str
    kind: Kind
    model: Model
    given: Mapping[str, Any]
    dt_ms: float
    exact_only: str = ""
    where: str = ""

    def unit(self, name: str, question: Mapping[str, Any]) -> str:
        """A unit in plain text, of those in UNITS the one that is meant here."""
        model = self.model
        if name == "impedance":
            named = ratio_unit(self.unit("voltage", {}), str(model.stimulus_unit)).replace(" ", "*")
            ratio = model.unit_of(scanned_name(model)) * model.stimulus_unit**-1
            return named if named in ("kohm*cm2", "Mohm", "kohm") else str(ratio)
        symbols = {
            "current": STIMULUS,
            "voltage": scanned_name(model),
            "parameter": self.given.get("parameter"),
            "variable": question.get("variable"),
            "symbol": STIMULUS if self.given.get("symbol") == CURRENT else self.given.get("symbol"),
        }
        return str(model.unit_of(str(symbols[name]))) if name in symbols else name

    def found(self, site: Site) -> Any:
        """The result."""
        return self.kind.find(self, site)


@dataclass(frozen=True)
class AnalysisQuestion:
    """A quantity of an analysis and what it must be told."""

    analysis: FigureAnalysis
    what: str
    given: Mapping[str, Any]

    @property
    def quantity(self) -> Quantity:
        return self.analysis.kind.quantities[self.what]

    @property
    def unit_text(self) -> str:
        """Of the answer."""
        return self.analysis.unit(self.quantity.unit, self.given)

    @property
    def discrete(self) -> bool:
        """Whether the answer is a count, or one of a list."""
        return self.quantity.discrete

    def answer(self, result: Any) -> float | None:
        """The number; None where the result has none."""
        found = self.quantity.find(result, self.given)
        return None if found is None or found != found else float(found)

    def bracket(self, result: Any) -> float:
        """How far off the answer may be for the bracket it was found in."""
        found = self.quantity.bracket(result, self.given) if self.quantity.bracket else None
        return 0.0 if found is None or found != found else abs(found)

    def wait(self, answer: float) -> float:
        """How far waiting for the grid may move the answer, where a spike resets the model."""
        return self.quantity.wait(answer, self.analysis.dt_ms) if self.analysis.model.resets else 0.0

    def described(self) -> str:
        """The question in words."""
        shown: dict[str, Any] = {"k": 1, **self.given}
        if "at" in self.given:
            unit = self.analysis.unit(self.quantity.takes["at"], self.given)
            shown["at"] = f"{self.given['at']:.6g}" + ("" if unit == "1" else f" {unit}")
        return self.quantity.words.format(**shown)


def options_of(here: FigureAnalysis, *left_out: str) -> dict[str, Any]:
    """Those that are given, for the function that does it, but for what is passed in another way."""
    return {key: value for key, value in here.given.items() if key not in left_out and value is not None}


def drawn_by(plot: Callable[..., object]) -> Callable[[Any, FigureAnalysis, Axes], object]:
    """A look that needs nothing but the result."""
    return lambda result, here, axes: plot(result, axes=axes)


def nearest(positions: np.ndarray, values: np.ndarray, at: float) -> float | None:
    """The value at that position, which must be one of those there are, and be there once.

    Parameters
    ----------
    positions, values : shape (points,)
    """
    size = float(np.max(np.abs(positions), initial=0.0))
    match = np.flatnonzero(np.isclose(positions, at, rtol=1e-9, atol=1e-12 * size))
    return float(values[match[0]]) if len(match) == 1 else None


def listed(positions: str, values: Callable[[Any], np.ndarray]) -> Callable[[Any, Mapping[str, Any]], float | None]:
    """The number at the position ``at`` of the question, one of those in that attribute of the result.

    Parameters
    ----------
    positions : the attribute of a result that holds them, shape (points,)
    values : the numbers of a result, shape (points,)
    """
    return lambda result, question: nearest(getattr(result, positions), values(result), question["at"])
