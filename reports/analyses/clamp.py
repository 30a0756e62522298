"""Voltage clamp: families of currents under steps of the voltage, and I-V curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.voltage_clamp import CURRENT
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Run, staying
from spikebridge.bridge.errors import DefinitionError, NotRun
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.quantity import ms
from spikebridge.bridge.shown import shown
from spikebridge.reference.recording import Recording
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.defaults import clamped_voltages
from spikebridge.reports.analyses.fixed_point import steady_state
from spikebridge.reports.analyses.response import EXACT
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.subject import Subject, model_of
from spikebridge.reports.metrics.extrema import highest, lowest
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ClampFamily(Result):
    """Responses to steps of the clamped voltage.

    Attributes
    ----------
    command : the voltages stepped to, shape (commands,), in ``voltage_unit``
    t_ms : since the step, shape (samples,), the first at 0
    values : by symbol, shape (commands, samples)
    units : of the symbols
    """

    command: np.ndarray
    voltage_unit: str
    t_ms: np.ndarray
    values: Mapping[str, np.ndarray]
    units: Mapping[str, str]

    def __getitem__(self, symbol: str) -> np.ndarray:
        if symbol not in self.values:
            raise KeyError(f"{shown(symbol)} was not recorded; there are {', '.join(self.values)}")
        return self.values[symbol]

    def to_frame(self) -> pd.DataFrame:
        """One row a command and sample."""
        columns = {with_unit(symbol, self.units[symbol]): values.ravel() for symbol, values in self.values.items()}
        command, t_ms = np.repeat(self.command, len(self.t_ms)), np.tile(self.t_ms, len(self.command))
        return frame({with_unit("command", self.voltage_unit): command, "t_ms": t_ms, **columns})

    def plot(self, axes: Axes | None = None) -> Figure:
        """The first symbol against time, a line a command."""
        return plot_clamp_family(self, next(iter(self.values)), axes)

    def conductance(self, symbol: str, reversal: float) -> np.ndarray:
        """A current by its driving force, ``I/(V - reversal)``, shape (commands, samples); nan where there is none."""
        force = self.command[:, None] - reversal
        return self[symbol] / np.where(force == 0, np.nan, force)


def clamp_family(
    subject: Subject, hold: float | None = None, commands: Sequence[float] | np.ndarray | None = None, duration_ms: float = 20.0,
    record: Sequence[str] = (),
    engine: str = "reference", scheme: str | None = None, dt_ms: float = 0.005,
) -> ClampFamily:  # fmt: skip
    """Steps from a holding voltage, at which everything rests, to each command, under an ideal clamp.

    ``I_clamp`` is always recorded: the ionic current, outward positive.

    Parameters
    ----------
    hold, commands : in the unit of the membrane potential; a number, and shape (commands,); by default the resting potential, and
        steps of 10 mV from 30 mV below it to 110 mV above it
    record : further symbols, such as the single currents
    engine : ``reference``, ``exact``, or a simulator

    Raises
    ------
    DefinitionError : the model has no membrane potential to clamp, or a spike resets it
    NotRun : the engine did not run

    Examples
    --------
    >>> family = sb.analyses.clamp_family("morris_lecar", hold=-60, commands=[-20, 0], duration_ms=5)
    >>> family["I_clamp"].shape, family.units["I_clamp"]
    ((2, 1001), 'uA/cm2')
    """
    model = model_of(subject)
    voltage = model.voltage
    if voltage is None:
        raise DefinitionError(f"{model.name}: there is no membrane potential driven by a current, which an electrode could clamp")
    unit, onset_ms = model.unit_of(voltage), 100 * dt_ms  # long enough for a simulator to have begun
    if voltage in record:
        raise DefinitionError(f"{model.name}: {voltage} is what the clamp holds; record a current or a gate")
    hold = steady_state(model).state[voltage] if hold is None else hold
    commands = clamped_voltages(model, hold) if commands is None else commands
    symbols = dict.fromkeys((CURRENT, *record))
    resting = replace(model, steady_state=True)
    experiments = [
        Experiment(
            resting,
            (step(Quantity(float(hold), unit), stop=ms(onset_ms)), step(Quantity(float(command), unit), start=ms(onset_ms))),
            ms(onset_ms + duration_ms), ms(dt_ms), tuple(symbols), clamp=voltage,
        )
        for command in commands
    ]  # fmt: skip
    runs = _ran(experiments, engine, scheme)
    first = round(onset_ms / dt_ms)
    values = {s: np.array([run[s][first:] for run in runs]) for s in symbols}
    t_ms = runs[0].t_ms[first:] - runs[0].t_ms[first]
    return ClampFamily(np.asarray(commands, dtype=float), str(unit), t_ms, values, {s: runs[0].units[s] for s in symbols})


def _ran(experiments: list[Experiment], engine: str, scheme: str | None) -> list[Recording]:
    found = find_engine("reference" if engine == EXACT else engine)
    named = EXACT if engine == EXACT else scheme
    with staying(found) as runner:
        outcomes = runner.start([Run(e, found, find_scheme(found, named, e.model)) for e in experiments])()
    recordings = []
    for outcome in outcomes:
        if isinstance(outcome, NotRun):
            raise outcome
        recordings.append(outcome)
    return recordings


@dataclass(frozen=True)
class IVCurve(Result):
    """One number a command: the most negative and the most positive value, when, and the value at the end.

    The first sample, at the step itself, belongs to neither.

    Attributes
    ----------
    command : the voltages stepped to, shape (commands,), in ``voltage_unit``
    least, greatest, steady : of ``symbol``, shape (commands,), in ``unit``
    least_ms, greatest_ms : when, since the step, shape (commands,)
    """

    command: np.ndarray
    least: np.ndarray
    least_ms: np.ndarray
    greatest: np.ndarray
    greatest_ms: np.ndarray
    steady: np.ndarray
    unit: str
    voltage_unit: str
    symbol: str

    def to_frame(self) -> pd.DataFrame:
        """One row a command."""
        unit = self.unit
        return frame(
            {
                with_unit("command", self.voltage_unit): self.command, with_unit("least", unit): self.least,
                "least_ms": self.least_ms, with_unit("greatest", unit): self.greatest, "greatest_ms": self.greatest_ms,
                with_unit("steady", unit): self.steady,
            }
        )  # fmt: skip

    def plot(self, axes: Axes | None = None) -> Figure:
        """Inward peak and steady value against the command."""
        return plot_iv_curve(self, axes)


def iv_curve(
    family: ClampFamily | Subject,
    symbol: str = CURRENT,
    engine: str = "reference",
    scheme: str | None = None,
    dt_ms: float = 0.005,
) -> IVCurve:
    """Peaks, between samples, and steady values of one recorded symbol.

    Parameters
    ----------
    family : or a subject, of which the default one is taken
    engine, scheme, dt_ms : of that, as for ``clamp_family``

    Examples
    --------
    >>> sb.analyses.iv_curve("morris_lecar").to_frame().columns[[0, -1]].tolist()
    ['command (mV)', 'steady (uA/cm2)']
    """
    if not isinstance(family, ClampFamily):
        record = () if symbol == CURRENT else (symbol,)
        family = clamp_family(family, record=record, engine=engine, scheme=scheme, dt_ms=dt_ms)
    traces = family[symbol][:, 1:]
    t_ms = family.t_ms[1:]
    greatest_ms, greatest = np.transpose([highest(t_ms, trace) for trace in traces])
    least_ms, least = np.transpose([lowest(t_ms, trace) for trace in traces])
    return IVCurve(
        family.command, least, least_ms, greatest, greatest_ms, traces[:, -1],
        family.units[symbol], family.voltage_unit, symbol,
    )  # fmt: skip


def plot_clamp_family(family: ClampFamily, symbol: str = CURRENT, axes: Axes | None = None) -> Figure:
    """One line a command against time."""
    axes, style = axes_of(axes, "time since the step (ms)", with_unit(symbol, family.units[symbol]))
    for index, (command, trace) in enumerate(zip(family.command, family[symbol], strict=True)):
        axes.plot(family.t_ms, trace, linewidth=1.0, label=f"{command:g} {family.voltage_unit}", **style(index))
    axes.legend(frameon=False, fontsize="small", ncols=2)
    return axes.figure  # type: ignore[return-value]


def plot_iv_curve(curve: IVCurve, axes: Axes | None = None) -> Figure:
    """Least and steady value against the command."""
    axes, style = axes_of(axes, with_unit("command", curve.voltage_unit), with_unit(curve.symbol, curve.unit))
    axes.axhline(0.0, color="0.35", linewidth=0.8)
    for index, (name, values) in enumerate((("inward peak", curve.least), ("steady", curve.steady))):
        axes.plot(curve.command, values, marker="o", markersize=3.5, linewidth=1.0, label=name, **style(index))
    axes.legend(frameon=False, fontsize="small")
    return axes.figure  # type: ignore[return-value]
