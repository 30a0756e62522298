"""One run of NEURON as it travels to the worker: a mechanism, its compartment, what drives and watches it, in NEURON's units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spikebridge.bridge.engines.base import Job


@dataclass(frozen=True)
class Clamp:
    """A rectangle of current, in nA, or in uA/cm2 of a mechanism per area."""

    amplitude: float
    start_ms: float
    stop_ms: float


@dataclass(frozen=True)
class Played:
    """Values at given times, shape (samples,) each; interpolated between them where ``continuous``."""

    t_ms: np.ndarray
    values: np.ndarray
    continuous: bool


@dataclass(frozen=True)
class Spikes:
    """Times, by NEURON's own clock, at which one weight reaches the mechanism, shape (spikes,)."""

    t_ms: np.ndarray
    weight: float


@dataclass(frozen=True)
class BuiltinHh:
    """NEURON's own ``hh`` in place of a mechanism: with its rate table or without, its parameters, those of its ions, its temperature."""

    table: bool
    mechanism: Mapping[str, float]
    ions: Mapping[str, float]
    celsius: float = 6.3


@dataclass(frozen=True)
class NeuronJob(Job):
    """A mechanism in one compartment, what drives it, and for how long.

    Attributes
    ----------
    atol : absolute tolerance of CVODE
    mod, suffix : the mechanism's text, and the name it registers under
    capacitance : uF/cm2 of a mechanism per area, else nF
    played : the stimulus as values: of the mechanism's variable ``driven``, or where that is empty of an IClamp
    parameters : those whose values are not the mechanism's own
    states : the mechanism's states and their values at t = 0
    watched : the state a NetCon watches, and its level; None where the rule is not about one state, or resets
    builtin : what runs instead of the mechanism
    spikes : that arrive from outside, one entry a weight
    """

    scheme: str
    atol: float
    mod: str
    suffix: str
    point_process: bool
    per_area: bool
    resets: bool
    capacitance: float
    clamps: tuple[Clamp, ...]
    driven: str
    played: Played | None
    v_init: float
    parameters: tuple[tuple[str, float], ...]
    states: tuple[tuple[str, float], ...]
    watched: tuple[str, float] | None
    dt_ms: float
    steps: int
    builtin: BuiltinHh | None = None
    spikes: tuple[Spikes, ...] = ()
