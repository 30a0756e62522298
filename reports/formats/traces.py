"""What a comparison has to show over time: the voltage, the other states, the currents a model defines, the residuals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.voltage_clamp import CURRENT
from spikebridge.bridge.engines.base import recorded
from spikebridge.bridge.expressions.units import CURRENT_DENSITY_DIMENSION, CURRENT_DIMENSION
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.entry import Entry

EXACT = "exact"
MOST_VARIABLES = 6  # that one plot shows in colours of their own
MOST_APART = 25  # how much larger one variable may be than another beside it


@dataclass(frozen=True)
class Trace:
    """One curve: a variable as one engine has it, in the variable's unit, shape (samples,).

    ``place`` is the engine's among those that take part, None for the exact solution.
    """

    variable: str
    label: str
    place: int | None
    samples: np.ndarray


@dataclass(frozen=True)
class Plot:
    """Curves over one axis.

    ``several`` where they are of several variables, which then have the colours.
    """

    id: str
    title: str
    y_label: str
    note: str
    traces: tuple[Trace, ...]
    several: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(trace.variable for trace in self.traces))


def plots(comparison: Comparison) -> list[Plot]:
    """The picture of the comparison first; then states, currents and residuals."""
    model, values = comparison.experiment.model, _values(comparison)
    main = CURRENT if comparison.experiment.clamp else comparison.experiment.observed
    title = "Clamp current" if main == CURRENT else "Membrane potential" if model.voltage == main else main
    first = Plot("voltage", title, labelled(model, main), "Every engine over the exact solution.", _traces(values, [main]))
    others = [s for s in model.state_names if s != main]
    currents = [] if main == CURRENT else _currents(model)
    return [
        first,
        *_states(model, values, others),
        *_current_plots(model, values, currents),
        *_residuals(comparison),
    ]


def label(entry: Entry) -> str:
    """An engine and its scheme."""
    return f"{entry.name} {entry.scheme.name}"


def labelled(model: Model, name: str) -> str:
    """A symbol with its unit; a pure number has none."""
    unit = str(model.unit_of(name))
    return name if unit == "1" else f"{name} ({unit})"


Values = Sequence[tuple[str, int | None, Mapping[str, np.ndarray]]]


def _values(comparison: Comparison) -> Values:
    """Who, its place, and every state and current by name, in its unit."""
    experiment = comparison.experiment
    model = experiment.model
    seen, currents = experiment.seen_at_samples, _currents(model)
    truth = recorded(experiment, dict(zip(model.state_names, comparison.exact.states, strict=True)), currents)
    # all engines see the same stimulus: it stands beside the exact solution alone
    found: list[tuple[str, int | None, Mapping[str, np.ndarray]]]
    found = [(EXACT, None, {**truth, STIMULUS: seen / model.factor(STIMULUS)})]
    for place, entry in enumerate(comparison.entries):
        if entry.recording is None:
            continue
        values = dict(entry.recording.values)
        if all(s in values and np.all(np.isfinite(values[s])) for s in model.state_names):
            values = {**recorded(experiment, {s: values[s] * model.factor(s) for s in model.state_names}, currents), **values}
        found.append((label(entry), place, values))
    return found


def _currents(model: Model) -> list[str]:
    """The definitions that are currents; a model without units has none that could be told from others."""
    kinds = (CURRENT_DIMENSION, CURRENT_DENSITY_DIMENSION)
    return [name for name in model.definitions if model.unit_of(name).dimension in kinds]


def _traces(values: Values, variables: Sequence[str]) -> tuple[Trace, ...]:
    return tuple(Trace(v, who, place, of[v]) for v in variables for who, place, of in values if v in of)


def _states(model: Model, values: Values, names: Sequence[str]) -> Iterator[Plot]:
    """A concentration of hundreds would press gates flat, though neither has a unit: they have plots of their own."""
    truth = values[0][2]
    for unit, of_unit in _by_unit(model, names).items():
        while of_unit:
            # gates are of one kind however little they open
            sizes = {name: max(_size(truth[name]), 1.0 if unit == "1" else 0.0) for name in of_unit}
            together = [name for name in of_unit if sizes[name] * MOST_APART >= max(sizes.values())]
            of_unit = [name for name in of_unit if name not in together]
            yield from _several("states", unit, together, values, "Wide: exact solution.")


def _current_plots(model: Model, values: Values, names: Sequence[str]) -> Iterator[Plot]:
    note = "Wide: exact solution. Computed from the recorded states by the model's definitions."
    for unit, of_unit in _by_unit(model, names).items():
        injected = model.stimulus_unit.dimension == model.unit_of(of_unit[0]).dimension
        yield from _several("currents", unit, [STIMULUS, *of_unit] if injected else of_unit, values, note)


def _by_unit(model: Model, names: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(str(model.unit_of(name)), []).append(name)
    return found


def _size(samples: np.ndarray) -> float:
    return float(np.max(np.abs(samples), initial=0.0))


def _several(kind: str, unit: str, names: Sequence[str], values: Values, note: str) -> Iterator[Plot]:
    """Variables that share a unit, as many in a plot as there are colours, the plots about equally full."""
    plots = -(-len(names) // MOST_VARIABLES)
    for shown in (names[k * len(names) // plots : (k + 1) * len(names) // plots] for k in range(plots)):
        title = ", ".join(shown) if unit == "1" else f"{', '.join(shown)} ({unit})"
        yield Plot(f"{kind}-{shown[0]}", title, "" if unit == "1" else unit, note, _traces(values, shown), several=True)


def _residuals(comparison: Comparison) -> Iterator[Plot]:
    model, name = comparison.experiment.model, comparison.experiment.observed
    ran = [(k, entry, entry.recording) for k, entry in enumerate(comparison.entries) if entry.recording is not None]
    proofs = [(k, entry, entry.translation) for k, entry, _ in ran if entry.translation is not None]
    matched = tuple(Trace(name, label(e), k, p.residual) for k, e, p in proofs if p.residual is not None)
    if matched:
        note = "The reference runs the engine's own scheme at the same step: what remains is round-off, or a wrong translation."
        yield Plot("translation", "Residual against the scheme-matched reference", f"Δ{labelled(model, name)}", note, matched)
    exact = comparison.exact_trace()
    errors = tuple(Trace(name, label(e), k, r[name] - exact) for k, e, r in ran)
    if errors:
        yield Plot(
            "accuracy",
            "Residual against the exact solution",
            f"Δ{labelled(model, name)}",
            "Integration error at this step.",
            errors,
        )
