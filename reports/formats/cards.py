"""What a notebook shows of an object: its title, equations, tables and a small picture.

There is no script in it, and whatever a definition brings comes out as text: through ``plain``, then escaped by the template.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

import numpy as np
from jinja2 import Environment

from spikebridge.bridge.definition.drive import StimulusPart
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import default_experiment
from spikebridge.bridge.definition.mechanism import Mechanism
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.expressions.expression import Expression, Quantity
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.expressions.units import Unit
from spikebridge.bridge.shown import plain, shown
from spikebridge.bridge.translate.mathml import equations
from spikebridge.reference.recording import Recording
from spikebridge.reports.formats.difference_words import pair_words
from spikebridge.reports.formats.difference_words import sentence as sentence_of
from spikebridge.reports.formats.html import MARKS, environment, style_of, trusted
from spikebridge.reports.formats.sketch import sketch
from spikebridge.reports.formats.wording import cells, sentence
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.equivalence.difference import Difference
from spikebridge.reports.proof.verdict import Verdict
from spikebridge.reports.result import Result

_OPEN = 12  # rows of a table that need not be folded
_MEASURED = ("translation", "spikes", "max spike shift", "max error", "observed order", "limit gap")


@dataclass(frozen=True)
class Table:
    """Rows of text under a heading; the first of each row is what the others are about."""

    caption: str
    rows: tuple[tuple[str, ...], ...]
    head: tuple[str, ...] = ()

    @property
    def folded(self) -> bool:
        return len(self.rows) > _OPEN


@dataclass(frozen=True)
class Card:
    """All text but ``equations``, which are MathML, and ``pictures``, which are SVG, both of our own making."""

    title: str
    about: tuple[str, ...] = ()
    verdict: str = ""
    because: str = ""
    equations: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


def html(thing: Any) -> str:
    """The card of one object, to stand in somebody else's page."""
    return _rendered(card(thing), style_of("card.css"))


def definition_page(given: Model | Mechanism) -> str:
    """A complete HTML document of a definition and its default experiment, without any script: their cards, nothing folded.

    Raises
    ------
    DefinitionError : a mechanism reads what no patch of membrane has, so that it cannot run on its own
    """
    experiment = default_experiment(given if isinstance(given, Model) else given.in_patch)
    found, run = card(given), card(experiment)
    own, its = replace(found, title="", about=()), replace(run, title="", about=())
    return _templates().get_template("definition.html.j2").render(
        title=found.title, name=given.name, source=given.source,
        definition=trusted(_rendered(own, folds=False)), experiment=trusted(_rendered(its, folds=False)),
        css=style_of("common.css", "scroll.css", "card.css", "definition.css"),
    )  # fmt: skip


def _rendered(found: Card, css: str = "", folds: bool = True) -> str:
    """A card, with its style where the page around it has none; ``folds`` long tables behind their heading."""
    return _templates().get_template("card.html.j2").render(
        card=found, equations=[trusted(each) for each in found.equations], pictures=[trusted(each) for each in found.pictures],
        css=css, words=tuple(MARKS), folds=folds,
    )  # fmt: skip


def _templates() -> Environment:
    templates = environment()
    templates.filters["plain"] = plain
    return templates


@singledispatch
def card(thing: Any) -> Card:
    """What is shown of it; objects of which nothing is known are described by their text."""
    return Card(shown(thing))


@card.register
def _(model: Model) -> Card:
    start = tuple((name, _start(model, name), _unit(model.unit_of(name))) for name in model.state_names)
    parameters = tuple(_parameter(model, name) for name in model.parameters)
    tables = (Table("Parameters", parameters), Table("Initial values", start), _regimes(model))
    return Card(model.title, _lines(model.name, model.source, model.patch), equations=tuple(equations(model)), tables=tables)


def _start(model: Model, name: str) -> str:
    """As it is written; where a model begins at rest, what is given is where that is looked for."""
    written = _text(model.initial[name]) if name in model.initial else ""
    return f"at rest{', near ' * bool(written)}{written}" if model.steady_state else written


def _text(expression: Expression) -> str:
    return str(expression) if isinstance(expression, Quantity) else Printer().text(expression)


def _unit(unit: Unit) -> str:
    return "no unit" if str(unit) == "1" else str(unit)


def _parameter(model: Model, name: str) -> tuple[str, str]:
    now, written = str(model.parameters[name]), str(model.written[name])
    return name, now if now == written else f"{now} (changed from {written})"


def _regimes(model: Model) -> Table:
    return Table("Regimes", tuple((name, _pairs(regime.parameters)) for name, regime in model.regimes.items()))


def _pairs(given: Any) -> str:
    return ", ".join(f"{name} = {value}" for name, value in given.items())


def _lines(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


@card.register
def _(mechanism: Mechanism) -> Card:
    model = mechanism.alone
    tables = (
        Table("Reads from its cell", tuple(mechanism.reads.items())),
        Table("Currents", tuple((name, str(model.unit_of(name))) for name in mechanism.currents)),
        Table("Parameters", tuple(mechanism.parameters.items())),
        Table("Initial values", tuple((name, text, _unit(model.unit_of(name))) for name, text in mechanism.initial.items())),
    )
    own = tuple(equations(model, tuple(mechanism.equation_lines)))
    return Card(mechanism.title or mechanism.name, _lines(mechanism.name, mechanism.source), equations=own, tables=tables)


@card.register
def _(part: StimulusPart) -> Card:
    return Card(f"Stimulus: {part}", tables=(Table("", tuple((name, str(value)) for name, value in part.values)),))


@card.register
def _(experiment: Experiment) -> Card:
    model = experiment.model
    changed = tuple(_parameter(model, n) for n in model.parameters if str(model.parameters[n]) != str(model.written[n]))
    rows = (*experiment.described(), ("records", ", ".join(experiment.record)))
    tables = (Table("", rows), Table("Changed parameters", changed))
    title = experiment.name if experiment.name == model.name else f"{experiment.name}, of {model.name}"
    return Card(f"Experiment {title}", _lines(model.title), pictures=_stimulus(experiment), tables=tables)


def _stimulus(experiment: Experiment) -> tuple[str, ...]:
    """The current, or the command of a clamp, against time."""
    if not experiment.currents:
        return ()
    model, t_ms = experiment.model, experiment.t_ms
    name = experiment.clamp or STIMULUS
    return (sketch(t_ms, experiment.drive.at(t_ms) / model.factor(name), name, str(model.unit_of(name))),)


@card.register
def _(recording: Recording) -> Card:
    experiment = recording.experiment
    name = experiment.observed if isinstance(experiment, Experiment) and experiment.observed in recording.values else ""
    name = name or next(iter(recording.values))
    trains = recording.spike_times_ms if isinstance(recording.spike_times_ms, tuple) else (recording.spike_times_ms,)
    samples = np.asarray(recording[name], dtype=float).reshape(len(recording.t_ms), -1)[:, 0]
    picture = sketch(recording.t_ms, samples, name, recording.units[name], trains[0])
    times = ", ".join(f"{t:.6g}" for t in trains[0][:12]) + (", ..." if len(trains[0]) > 12 else "")
    rows = (
        ("scheme", f"{recording.scheme}, dt = {recording.dt_ms:g} ms"), ("spikes", recording.counted_spikes),
        ("spike times (ms)", times), ("recorded", ", ".join(recording.values)), ("took", f"{recording.wall_s:.2g} s"),
        *(("note", note) for note in recording.notes),
    )  # fmt: skip
    of = experiment.name if experiment is not None else "Recording"
    return Card(f"{of}, {recording.engine} {recording.version}", pictures=(picture,), tables=(Table("", rows),))


@card.register
def _(comparison: Comparison) -> Card:
    rows, columns = [], _MEASURED[:-2] if comparison.quick else _MEASURED
    for entry in comparison.entries:
        measured = cells(comparison, entry)
        rows.append((entry.key, entry.scheme.name, str(entry.verdict), *(measured.get(column, "-") for column in columns)))
    experiment = comparison.experiment
    about = "; ".join(f"{name}: {text}" for name, text in experiment.described())
    tables = (
        Table("", tuple(rows), ("engine", "scheme", "verdict", *columns)),
        Table("Why", tuple((entry.key, entry.because) for entry in comparison.entries)),
    )
    return Card(experiment.model.title, (about,), str(comparison.verdict), sentence(comparison), tables=tables)


@card.register
def _(verdict: Verdict) -> Card:
    return Card("", verdict=str(verdict))


@card.register
def _(found: Difference) -> Card:
    rows = tuple((pair.name, pair.other, pair_words(pair)) for pair in found.equations)
    constants = tuple((c.name, c.other, *c.values) for c in found.constants)
    heads = (("A", "B", ""), ("A", "B", "in A", "in B"))
    tables = (Table("Equations", rows, heads[0]), Table("Parameters", constants, heads[1]))
    return Card(f"{found.a.label} (A), {found.b.label} (B)", (sentence_of(found),), tables=tables)


@card.register
def _(result: Result) -> Card:
    return Card(type(result).__name__, tables=(Table("", tuple(result.summary())),))
