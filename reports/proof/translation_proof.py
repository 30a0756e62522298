"""The translation proof: does the engine do the arithmetic of its scheme on this very model?

The reference runs the same scheme with the same step. What remains is round-off, so the limit can be
tiny. The *step defect* asks one step at a time: from the engine's own state at step k, where does the
reference go, and where did the engine go? Errors cannot accumulate, and the variable that breaks its
limit names the equation that is wrong.

A run in single precision is held to the reference in single precision, and its limit is what rounding does there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import Engine, EngineScheme
from spikebridge.bridge.engines.reference_engine import stepped
from spikebridge.bridge.system import build_system, interpret_system
from spikebridge.reference.integrate import Convention
from spikebridge.reference.jumps import Rules
from spikebridge.reference.march import step_of
from spikebridge.reference.recording import Recording
from spikebridge.reference.schemes import SCHEMES, Scheme
from spikebridge.reference.system import State, System
from spikebridge.reports.proof.oracles import oracle

# What rounding does to a step is measured in single precision, where it shows. So many times what is seen there, scaled
# back by 2**-29, bounds two orders of the same operations in double precision; and, as it is seen, in single precision,
# where each of two programs errs by up to that much: the most found is 2.0 times, over the catalogue under all schemes.
TIMES_SEEN = {Precision.DOUBLE: 32.0 * 2.0**-29, Precision.SINGLE: 4.0}
# a value that is held or set exactly still carries the rounding of its unit conversion, of so many epsilons
_CONVERSION = {Precision.DOUBLE: 4.0, Precision.SINGLE: 2.0}
_STEP_FACTORS = (1.0, 0.97, 1.04)
# of a variable's range: a scheme-matched run that stays within it is the same run
MATCH = 1e-9
_MATCH = {Precision.DOUBLE: MATCH, Precision.SINGLE: 1e-3}
_TINY = float(np.finfo(float).tiny)  # a variable that is nought all the time has no motion and no limit


@dataclass(frozen=True)
class TranslationProof:
    """Per variable, in its own unit: largest distance to the scheme-matched run, and per step.

    ``against`` says what the engine was compared with.
    """

    max_abs: dict[str, float]
    step_defect: dict[str, float]
    limit: dict[str, float]
    passed: bool
    against: str
    residual: np.ndarray | None = None  # of the observed signal against the matched run, in its unit, shape (samples,)
    units: Mapping[str, str] = field(default_factory=dict)
    motion: Mapping[str, float] = field(default_factory=dict)  # the furthest each variable moves in one step
    # of the range of the variable that strays most: how far the whole run strays from the matched one
    straying: float = 0.0
    # until when whole runs can be compared: by then a start one rounding away has strayed by 1e-9 too; None: to the end
    horizon_ms: float | None = None

    @property
    def worst(self) -> str:
        """The variable whose equation is to blame.

        Others may break their limits too, which are tiny, where they see the wrong one within a step: NEURON's
        gates follow the new voltage, Runge-Kutta's stages mix all. Theirs is a smaller share of their own motion.
        """
        beyond = [name for name in self.limit if self.step_defect[name] > self.limit[name]] or list(self.limit)
        return max(beyond, key=lambda n: self.step_defect[n] / max(self.motion.get(n, 0.0), self.limit[n], _TINY))


@dataclass(frozen=True)
class Twin:
    """The reference doing what an engine should do: the run to match, and one to step from any state.

    ``system`` makes the System for one neuron (None) or a population; ``states`` is the matched run in
    coherent units, shape (variables, samples); ``spike_times_ms`` are its spikes.
    """

    system: Callable[[int | None], System]
    scheme: str
    against: str
    states: np.ndarray
    spike_times_ms: np.ndarray = field(default_factory=lambda: np.array([]))


def run_twin(experiment: Experiment, engine: Engine[Any], scheme: EngineScheme) -> Twin | None:
    """Run the reference as this engine should run; None for an adaptive integrator, which has no twin.

    Raises
    ------
    SchemeError, DivergenceError : the scheme cannot integrate this model, or not at this step
    """
    name = engine.twin(experiment.model, scheme)
    if name is None:
        return None
    system, against = maker(experiment, engine, name)
    run = stepped(experiment, system(None), name, engine.convention)
    return Twin(system, name, against, run.states, np.asarray(run.spike_times_ms))


def prove_translation(
    experiment: Experiment, engine: Engine[Any], scheme: EngineScheme, recording: Recording, twin: Twin
) -> TranslationProof:
    """Compare a recording with the reference under the same scheme."""
    model, step = experiment.model, SCHEMES[twin.scheme]
    states = _coherent(model, recording)
    residual = states - twin.states
    limit, judged = _round_off(experiment, step, engine.convention, recording)
    defect = _step_defects(experiment, step, engine.convention, twin.system(1), recording, judged)
    limit = limit + engine.slack(model, scheme, experiment.dt_ms)
    motion = np.nan_to_num(np.abs(np.diff(states))).max(axis=1)
    names, factors = model.state_names, [model.factor(s) for s in model.state_names]
    in_units = [dict(zip(names, (float(x) / f for x, f in zip(values, factors, strict=True)), strict=True))
                for values in (np.abs(residual).max(axis=1), defect, limit, motion)]  # fmt: skip
    passed = bool(np.all(defect <= limit)) and bool(judged.any())
    straying = _straying(residual, twin.states)
    apart = float(np.max(straying, initial=0.0))
    horizon = _horizon(experiment, engine.convention, twin) if apart > _MATCH[experiment.precision] else None
    return TranslationProof(
        in_units[0], in_units[1], in_units[2], passed, twin.against, experiment.observed_of(residual), recording.units,
        in_units[3], apart, horizon,
    )  # fmt: skip


def _straying(residual: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Distance at every sample, of the range of the variable that strays most, shape (samples,)."""
    # a variable that hardly moves still carries the round-off of its size
    sizes = np.maximum(np.ptp(states, axis=1), 1e-3 * np.abs(states).max(axis=1))
    distances: np.ndarray = np.max(np.abs(residual) / np.maximum(sizes, _TINY)[:, None], axis=0)
    return distances


def _horizon(experiment: Experiment, convention: Convention, twin: Twin) -> float | None:
    """When the matched run and one that starts one rounding away have parted, in ms; None where they stay together."""
    system = twin.system(None)
    beside = replace(system, initial=tuple(type(x)(np.nextafter(x, np.inf)) for x in system.initial))
    run = stepped(experiment, beside, twin.scheme, convention)
    parted = _straying(run.states - twin.states, twin.states) > _MATCH[experiment.precision]
    return float(run.t_ms[np.argmax(parted)]) if parted.any() else None


def maker(experiment: Experiment, engine: Engine[Any], scheme: str) -> tuple[Callable[[int | None], System], str]:
    """Maker of the System the engine must match, for one neuron or a population, in the experiment's precision; and what it
    is called."""
    model, dtype = experiment.model, experiment.precision.dtype
    if not engine.runs_reference:
        return (lambda neurons: build_system(model, neurons, dtype)), f"the reference's {scheme}"
    by_hand = oracle(model)
    if by_hand is not None and SCHEMES[scheme].has_all_of(by_hand(None)):
        return (lambda neurons: by_hand(neurons, dtype)), f"the hand-written {model.name}"
    return (lambda neurons: interpret_system(model, neurons, dtype)), "the definition evaluated node by node"


def _coherent(model: Model, recording: Recording) -> np.ndarray:
    """Recorded states in coherent units, shape (variables, samples)."""
    return np.array([recording[s] * model.factor(s) for s in model.state_names])


def _step_defects(
    experiment: Experiment, scheme: Scheme, convention: Convention, system: System, recording: Recording, judged: np.ndarray
) -> np.ndarray:
    """Largest distance, per variable, between the engine's next state and one reference step from its last, in the judged steps."""
    states = _coherent(experiment.model, recording)
    ahead, _ = one_step(experiment, scheme, convention, system, recording, states[:, :-1])
    defect = np.abs(np.array(ahead) - states[:, 1:])[:, judged].max(axis=1, initial=0.0)
    start = np.array([x[0] for x in system.initial], dtype=float)  # of the one unit
    defects: np.ndarray = np.maximum(np.nan_to_num(defect, nan=np.inf), np.abs(states[:, 0] - start))
    return defects


def _round_off(
    experiment: Experiment, scheme: Scheme, convention: Convention, recording: Recording
) -> tuple[np.ndarray, np.ndarray]:
    """What rounding can do to the worst step from these states, and in which steps it can be measured."""
    errors, measurable = rounding(experiment, scheme, convention, recording)
    return errors.max(axis=1, initial=0.0), measurable


def rounding(
    experiment: Experiment, scheme: Scheme, convention: Convention, recording: Recording
) -> tuple[np.ndarray, np.ndarray]:
    """What rounding can do to one step from every recorded state in the experiment's precision, measured in single precision; and
    in which steps it can be.

    A factor that never varies, such as exp(-dt/tau), rounds only once, perhaps by luck to nothing: dt is varied a little.

    Returns
    -------
    coherent, shape (variables, steps); and shape (steps,)
    """
    states, precision = _coherent(experiment.model, recording)[:, :-1], experiment.precision
    errors, measurable = np.zeros_like(states), np.ones(experiment.steps, dtype=bool)
    double, single = (build_system(experiment.model, 1, kind) for kind in (np.float64, np.float32))
    for factor in _STEP_FACTORS:
        dt_ms = experiment.dt_ms * factor
        fine, fired = one_step(experiment, scheme, convention, double, recording, states, dt_ms)
        rough, fired_rough = one_step(experiment, scheme, convention, single, recording, states, dt_ms)
        # a step that resets in one precision only says nothing about rounding
        quiet = fired == fired_rough
        # nor does one that leaves single precision: a run that blows up is not judged there
        measurable &= np.all(np.isfinite(np.array(rough)), axis=0)
        if precision is Precision.SINGLE and factor == 1.0:
            measurable &= quiet  # nor is one whose end lies so near a level that rounding decides
        found = np.abs(np.array(fine) - np.array(rough, dtype=float))
        errors = np.maximum(errors, np.where(quiet & measurable, found, 0.0))
    floor = _CONVERSION[precision] * np.finfo(precision.dtype).eps * np.abs(states).max(axis=1)
    return np.maximum(TIMES_SEEN[precision] * np.nan_to_num(errors), floor[:, None]), measurable


def one_step(
    experiment: Experiment, scheme: Scheme, convention: Convention, system: System, recording: Recording, states: np.ndarray,
    dt_ms: float | None = None,
) -> tuple[State, np.ndarray]:  # fmt: skip
    """One reference step from every recorded state at once, the steps as copies of one unit, in the system's precision.

    Parameters
    ----------
    system : of one unit, kept in arrays
    states : coherent, shape (variables, steps)

    Returns
    -------
    the states after the step, each of shape (steps,); and which steps ended in a jump
    """
    seen = experiment.seen.astype(system.dtype)[:, None]
    dt = step_of(system, dt_ms or experiment.dt_ms)
    with np.errstate(all="ignore"):  # a run that diverges leaves single precision first
        start = tuple(states.astype(system.dtype)[..., None])
        rules, y = Rules(system), _arrived(experiment, system, start, at_end=False)
        if not system.jumps:
            new, fired = scheme.step(system, y, seen, dt), np.zeros((experiment.steps, 1), dtype=bool)
            new = _arrived(experiment, system, new, at_end=True)
        else:
            resting = _resting(experiment, convention, recording, system)
            new = rules.at_rest(resting, y, scheme.step(system.hold(resting), y, seen, dt))
            new = _arrived(experiment, system, new, at_end=True)
            acting = _acting(rules, start, new, resting)
            fired = np.any([when for rule, when in zip(system.rules, acting, strict=True) if rule.reset], axis=0)
            new = rules.act(new, acting)
    return tuple(x[:, 0] for x in new), fired[:, 0]


def _arrived(experiment: Experiment, system: System, y: State, at_end: bool) -> State:
    """The states, one a step, after the spikes that arrive at this end of the steps."""
    rules = Rules(system)
    for each in experiment.arrivals.rounds(experiment.grid):
        if each.at_end is at_end:
            y = rules.arrive(y, each.weights.astype(system.dtype)[:, None], each.who[:, None])
    return y


def _acting(rules: Rules, y: State, new: State, resting: np.ndarray) -> list[np.ndarray]:
    """Which rules act at the end of which step; what each remembers is what it saw at the end of the step before."""
    levels = rules.levels(new)
    seen = rules.remembered(levels, resting)
    at_start = rules.remembered(rules.levels(tuple(x[:1] for x in y)), np.zeros((1, 1), dtype=bool))
    was_above = [np.concatenate([first, above[:-1]]) for first, above in zip(at_start, seen, strict=True)]
    return rules.acting(levels, was_above, resting)


def _resting(experiment: Experiment, convention: Convention, recording: Recording, system: System) -> np.ndarray:
    """Which steps fall into a refractory period, counted from the engine's own spikes, shape (steps, 1)."""
    resting = np.zeros((experiment.steps, 1), dtype=bool)
    if system.event is None or system.event.reset is None:
        return resting
    wait = convention.refractory_steps(system.event.refractory_ms, experiment.dt_ms)
    ends = np.round(np.asarray(recording.raw_spike_times_ms) / experiment.dt_ms).astype(int) - convention.raw_shift_steps
    for end in ends:
        resting[end : end + wait] = True
    return resting
