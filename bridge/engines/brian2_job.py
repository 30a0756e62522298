"""One run of Brian2 as it travels to the worker: texts in Brian2's language, numbers in SI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spikebridge.bridge.engines.base import Job


@dataclass(frozen=True)
class ArrivalRound:
    """At most one arrival a step, all in the same slot of it: condition and statements of an event, and the weights in SI with
    the powers of their dimension; ``who`` and ``weights`` have shape (steps,)."""

    slot: str
    condition: str
    statements: str
    who: np.ndarray
    weights: np.ndarray
    dimension: tuple[int, ...]


@dataclass(frozen=True)
class Brian2Job(Job):
    """A group of one neuron, what drives it, and for how long.

    Attributes
    ----------
    target : ``numpy`` or ``cython`` code; empty for what finishes first
    operations : of one step, on one number
    namespace : parameters, in SI, each with the powers of its dimension
    states, initial : state variables and their values at t = 0, in SI
    update : statements of every step, where they move the states on instead of an integrator
    events : condition and statements of each event beside the spike
    looks : statements that remember, at the end of every step, which rules were above their levels
    above_at_start : what they remember at t = 0
    refractory : a period by its name: Brian2 would write its value into the code, and compile again for another
    spike_variables : those that are to be known at a spike before its reset
    stimulus : what each step sees, in SI, shape (steps,)
    arrivals : in the order in which they act
    """

    target: str
    precision: str
    method: str
    operations: int
    equations: str
    namespace: Mapping[str, tuple[float, tuple[int, ...]]]
    states: tuple[str, ...]
    initial: tuple[float, ...]
    update: str | None
    events: Mapping[str, tuple[str, str]]
    threshold: str | None
    reset: str | None
    looks: tuple[str, ...]
    above_at_start: Mapping[str, bool]
    refractory: str | None
    spike_variables: tuple[str, ...]
    stimulus: np.ndarray
    stimulus_dimension: tuple[int, ...]
    dt_ms: float
    steps: int
    arrivals: tuple[ArrivalRound, ...] = ()
