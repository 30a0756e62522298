"""Where a recording jumps: resets that its samples show, and those of variables it does not hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.linearity import depends
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.spike_rule import SpikeRule
from spikebridge.bridge.system import Family, build_system
from spikebridge.reference.integrate import Trajectory, integrate
from spikebridge.reference.system import State

_LARGE = 0.1  # of the range: what moves by less in a step and is reset is not told from the flow


def jumps_seen(experiment: Experiment, family: Family, recorded: Mapping[int, np.ndarray], dt_ms: float) -> dict[int, list[int]]:
    """The rules that act within each step of a recording, by the step's first sample.

    Parameters
    ----------
    recorded : samples of states, coherent, shape (samples,) each, by their place among the states
    """
    model, found = experiment.model, dict[int, list[int]]()
    own: Trajectory | None = None
    for rule, written in enumerate(model.rules):
        if not written.reset:
            continue
        fallen = _falling(model, written, recorded)
        if fallen is not None:
            steps = _by_falls(family, recorded, fallen, rule)
        elif level_is_recorded(model, written, recorded):
            steps = _by_level(family, recorded, rule)
        else:
            own = own or _own_run(experiment, dt_ms, len(next(iter(recorded.values()))))
            steps = _as_shown(model, family, recorded, rule, _by_own_run(family, own, rule))
        for step in steps.tolist():
            found.setdefault(step, []).append(rule)
    return found


def _state(family: Family, recorded: Mapping[int, np.ndarray]) -> State:
    """The recorded states, all others at their initial values."""
    samples = len(next(iter(recorded.values())))
    start = family.model.initial_values
    return tuple(recorded.get(i, np.full(samples, start[name])) for i, name in enumerate(family.model.state_names))


def _falling(model: Model, rule: SpikeRule, recorded: Mapping[int, np.ndarray]) -> int | None:
    """The place of a recorded state whose own level sets the rule off and which that resets; None where there is none."""
    for place in recorded:
        name = model.state_names[place]
        if name in dict(rule.reset) and any(depends(side, name, model.definitions) for side in (rule.left, rule.right)):
            return place
    return None


def _by_falls(family: Family, recorded: Mapping[int, np.ndarray], place: int, rule: int) -> np.ndarray:
    """Steps in which a variable does what the reset would have it do: goes at least half of that way, and not far beyond."""
    wanted, large = _wanted(family, recorded, place, rule)
    return np.flatnonzero(large & (np.abs(np.diff(recorded[place]) - wanted) < 0.5 * np.abs(wanted)))


def _wanted(family: Family, recorded: Mapping[int, np.ndarray], place: int, rule: int) -> tuple[np.ndarray, np.ndarray]:
    """What a reset would move a recorded variable by in each step, and where that shows, both of shape (steps,)."""
    y = recorded[place]
    with np.errstate(all="ignore"):
        wanted = (np.broadcast_to(family.reset(rule, _state(family, recorded), {})[place], y.shape) - y)[:-1]
    return wanted, np.abs(wanted) > _LARGE * float(np.ptp(y))


def _as_shown(model: Model, family: Family, recorded: Mapping[int, np.ndarray], rule: int, own: np.ndarray) -> np.ndarray:
    """Where a rule whose level nobody recorded acts: in the steps that show it, in a state that it resets; else where the model's own
    run has it, ``own`` of shape (resets,), unless it would show there."""
    place = next((i for i in recorded if model.state_names[i] in dict(model.rules[rule].reset)), None)
    if place is None:
        return own
    _, large = _wanted(family, recorded, place, rule)
    hidden = [step for step in own.tolist() if not (0 <= step < len(large) and large[step])]
    return np.union1d(_by_falls(family, recorded, place, rule), np.array(hidden, dtype=int))


def _by_level(family: Family, recorded: Mapping[int, np.ndarray], rule: int) -> np.ndarray:
    with np.errstate(all="ignore"):
        level = np.broadcast_to(family.level(rule, _state(family, recorded), {}), next(iter(recorded.values())).shape)
    return np.flatnonzero((level[:-1] <= 0) & (level[1:] > 0))


def level_is_recorded(model: Model, rule: SpikeRule, recorded: Mapping[int, np.ndarray]) -> bool:
    """Whether the samples, shape (samples,) each, say how far a rule is from acting."""
    hidden = [name for i, name in enumerate(model.state_names) if i not in recorded]
    return not any(depends(side, name, model.definitions) for side in (rule.left, rule.right) for name in hidden)


def _own_run(experiment: Experiment, dt_ms: float, samples: int) -> Trajectory:
    """The model's own run at the recording's step, where the events of variables that are not recorded are to be had."""
    system = build_system(experiment.model)
    return integrate(system, "rk4", dt_ms * (samples - 1), dt_ms, experiment.drive, arrivals=experiment.arrivals)


def _by_own_run(family: Family, run: Trajectory, rule: int) -> np.ndarray:
    if family.model.spike and rule == 0:
        return np.rint(np.asarray(run.raw_spike_times_ms) / run.t_ms[1]).astype(int) - 1
    y = tuple(run.states)
    with np.errstate(all="ignore"):
        level = np.broadcast_to(family.level(rule, y, {}), y[0].shape)
    return np.flatnonzero(np.diff(level) < -_LARGE * float(np.ptp(level)))
