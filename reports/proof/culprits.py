"""What, changed alone, would make every step of an engine right: one constant, the temperature, a rate table, the
precision, the length of the refractory period. Judged on step defects, so nothing has time to grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import Engine
from spikebridge.bridge.expressions.quantity import Parameter
from spikebridge.bridge.system import build_system
from spikebridge.reference.integrate import Convention
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import SCHEMES
from spikebridge.reference.system import State, System, Value
from spikebridge.reports.proof.culprit import Culprit
from spikebridge.reports.proof.translation_proof import Twin, one_step

_NUDGE = 1e-4  # of a constant, to see what it would change
# of the squared defects; in single precision round-off is part of them
_EXPLAINS = {Precision.DOUBLE: 0.9999, Precision.SINGLE: 0.99}
_EXPLAINS_ROUNDING = 0.5
_SINGLE = "single precision"
_TABLE_MV = 1.0  # NEURON's hh has an entry a millivolt


@dataclass(frozen=True)
class Blamed:
    """The one change that explains the step defects, and the same in words."""

    culprit: Culprit
    words: str

    def __str__(self) -> str:
        return f"{self.words} explains {100 * self.culprit.explains:.4g} % of its step defects"


@dataclass(frozen=True)
class _Case:
    """One engine's recording, scaled so that every variable counts alike."""

    experiment: Experiment
    engine: Engine
    recording: Recording
    twin: Twin
    states: np.ndarray
    scale: np.ndarray

    def ahead(self, system: System, convention: Convention | None = None) -> np.ndarray:
        """Where one step of the twin's scheme leads from every recorded state, scaled, shape (variables, steps)."""
        scheme, counted = SCHEMES[self.twin.scheme], convention or self.engine.convention
        step, _ = one_step(self.experiment, scheme, counted, system, self.recording, self.states[:, :-1])
        return np.array(step, dtype=float) / self.scale

    @property
    def wanted(self) -> np.ndarray:
        return self.states[:, 1:] / self.scale

    def missed(self, ahead: np.ndarray) -> float:
        gap = self.wanted - ahead
        return float(np.sum(gap[np.isfinite(gap)] ** 2))

    def system(self, model: Model | None = None, dtype: type = np.float64) -> System:
        return build_system(model or self.experiment.model, 1, dtype)


def find_culprit(experiment: Experiment, engine: Engine, recording: Recording, twin: Twin) -> Blamed | None:
    """The one change that explains the step defects; None where none does."""
    model = experiment.model
    states = np.array([recording[s] * model.factor(s) for s in model.state_names])
    scale = np.maximum(np.abs(np.diff(states)).max(axis=1, initial=0.0), np.finfo(float).tiny)[:, None]
    case = _Case(experiment, engine, recording, twin, states, scale)
    total = case.missed(case.ahead(case.system()))
    if total == 0.0 or not np.isfinite(total):
        return None
    tried = (*_constants(case, total), *_others(case, total))
    best = max(tried, key=lambda blamed: (blamed.culprit.explains, blamed.words), default=None)
    if best is None:
        return None
    # two programs round the last of 24 bits differently, here and there
    enough = _EXPLAINS_ROUNDING if best.words == _SINGLE else _EXPLAINS[experiment.precision]
    return best if best.culprit.explains >= enough else None


# constants, and the speed of all rates beside the voltage's ------------------------------------------------


def _constants(case: _Case, total: float) -> Iterator[Blamed]:
    model = case.experiment.model
    for name, given in model.parameters.items():

        def with_value(value: float, name: str = name, given: Parameter = given) -> System:
            return case.system(model.with_parameters({name: Parameter(value, given.unit)}))

        fitted = _fitted(case, with_value, given.value)
        if fitted is not None:
            found = str(Parameter(float(f"{fitted[1]:.5g}"), given.unit))
            yield Blamed(
                Culprit("constant", name, str(given), found, 1.0 - fitted[0] / total),
                f"{name} = {fitted[1]:.5g} instead of {given}",
            )
    if model.voltage is not None and len(model.state_names) > 1:
        fitted = _fitted(case, lambda speed: _hurried(case.system(), speed), 1.0)
        if fitted is not None:
            rates = f"all rates but that of {model.voltage}"
            yield Blamed(
                Culprit("temperature", rates, "1", f"{fitted[1]:.5g}", 1.0 - fitted[0] / total),
                f"another temperature, with {rates} times {fitted[1]:.5g},",
            )


def _fitted(case: _Case, with_value: Callable[[float], System], start: float) -> tuple[float, float] | None:
    """(what is left, value) of the best value of one constant, after two steps of Gauss and Newton; None without one."""
    value = start
    for _ in range(2):
        base = case.ahead(with_value(value))
        nudge = _NUDGE * (abs(value) or 1.0)
        slope = (case.ahead(with_value(value + nudge)) - base) / nudge
        gap = case.wanted - base
        usable = np.isfinite(slope) & np.isfinite(gap)
        steep = float(np.sum(slope[usable] ** 2))
        if steep == 0.0:
            return None
        value += float(np.sum(slope[usable] * gap[usable])) / steep
        if not np.isfinite(value) or abs(value - start) > 10 * abs(start or 1.0):
            return None
    return case.missed(case.ahead(with_value(value))), value


def _hurried(system: System, speed: float) -> System:
    """The system with every variable but the voltage ``speed`` times as fast."""
    rates, linear, relax, v = system.rates, system.linear, system.relax, system.voltage

    def faster(values: State) -> State:
        return tuple(x if i == v else speed * x for i, x in enumerate(values))

    def both(y: State, stimulus: Value) -> tuple[State, State]:
        slopes, offsets = linear(y, stimulus)  # type: ignore[misc]
        return faster(slopes), faster(offsets)

    return replace(
        system,
        rates=lambda y, stimulus: faster(rates(y, stimulus)),
        linear=both if linear else None,
        relax=(lambda y, stimulus, dt: relax(y, stimulus, speed * dt)) if relax else None,
    )


# what has no value to fit -----------------------------------------------------------------------------------


def _others(case: _Case, total: float) -> Iterator[Blamed]:
    def blamed(kind: str, name: str, expected: str, found: str, words: str, ahead: np.ndarray) -> Blamed:
        return Blamed(Culprit(kind, name, expected, found, 1.0 - case.missed(ahead) / total), words)

    if case.experiment.precision is Precision.DOUBLE:
        single = case.ahead(case.system(dtype=np.float32))
        yield blamed("precision", "precision", "double precision", _SINGLE, _SINGLE, single)
    tabulated = _tabulated(case.system())
    if tabulated is not None:
        table = "a table with one entry a millivolt"
        words = "a table of the rates with one entry a millivolt"
        yield blamed("table", "rates", "as functions of the voltage", table, words, case.ahead(tabulated))
    spike = case.experiment.model.spike
    if spike is not None and spike.refractory is not None:
        period = case.experiment.model.value(spike.refractory)
        for more, word in ((1, "longer"), (-1, "shorter")):
            found = f"{period + more * case.experiment.dt_ms:.6g} ms, 1 step {word}"
            waited = case.ahead(case.system(), _waiting(case.engine.convention, more))
            words = f"a refractory period one step {word}"
            yield blamed("refractory", "refractory period", f"{period:.6g} ms", found, words, waited)


def _waiting(convention: Convention, more: int) -> Convention:
    return replace(convention, refractory_steps=lambda period, dt: max(convention.refractory_steps(period, dt) + more, 0))


def _tabulated(system: System) -> System | None:
    """Steady states and time constants interpolated between whole millivolts, as NEURON's hh does; None where the
    variables beside the voltage are not gates of it alone."""
    v, linear = system.voltage, system.linear
    if v is None or linear is None or system.relax is None:
        return None

    def relax(y: State, stimulus: Value, dt: float) -> State:
        low = np.floor(np.asarray(y[v]) / _TABLE_MV) * _TABLE_MV
        share = (np.asarray(y[v]) - low) / _TABLE_MV
        entries = []
        for at in (low, low + _TABLE_MV):
            slopes, offsets = linear(tuple(at if i == v else x for i, x in enumerate(y)), stimulus)
            entries.append([(-b / a, -1 / a) if np.all(a) else (b, None) for a, b in zip(slopes, offsets, strict=True)])
        new = []
        for i, x in enumerate(y):
            if i == v:
                new.append(x)
                continue
            if entries[0][i][1] is None or entries[1][i][1] is None:  # no gate: its slope is zero
                new.append(x + dt * linear(y, stimulus)[1][i])
                continue
            steady, tau = ((1 - share) * p + share * q for p, q in zip(entries[0][i], entries[1][i], strict=True))
            new.append(x + (1 - np.exp(-dt / tau)) * (steady - x))
        return tuple(new)

    return replace(system, relax=relax)
