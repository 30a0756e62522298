"""A .mod file as somebody wrote it, run in NEURON: what travels to the worker, in NEURON's units."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from spikebridge.bridge.engines.base import Job


@dataclass(frozen=True)
class Start:
    """Where one membrane begins: voltage, states and ions' concentrations, which stand still where nothing writes them."""

    v_mV: float
    states: tuple[tuple[str, float], ...] = ()
    ions: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class OriginalJob(Job):
    """One mechanism in membranes that know nothing of each other: a step from each of many starts, and one whole run.

    Attributes
    ----------
    text, suffix : of the file, whose VERBATIM blocks have been taken out
    ions : names of the ions whose current it reads, each with the mA/cm2 that a helper carries
    leak : S/cm2 and mV of a passive leak beside it
    diam_um, length_um, cm : of the membrane, uF/cm2
    parameters : of the file that are set
    read : variables of ions that are reported, as the mechanism sees them
    states : variables that are reported, of the mechanism or of its ions
    table : whether it may read its tables
    warm : steps to take before the one that counts, so that what a block leaves for the next step is there
    starts : of single steps; the first also begins the run
    clamp : nA, on and off in ms, of the run
    """

    text: str
    suffix: str
    point_process: bool
    ions: tuple[tuple[str, float], ...]
    leak: tuple[float, float]
    diam_um: float
    length_um: float
    cm: float
    celsius: float
    parameters: tuple[tuple[str, float], ...]
    read: tuple[str, ...]
    states: tuple[str, ...]
    table: bool
    warm: int
    starts: tuple[Start, ...]
    dt_ms: float
    steps: int
    clamp: tuple[float, float, float]


@dataclass(frozen=True)
class OriginalAnswer:
    """What came of it.

    Attributes
    ----------
    before, after : v and each state at the starts and a step later, shape (starts, 1 + states)
    read : what was read of ions at the starts, shape (starts, read)
    run : v and each state, shape (samples, 1 + states); the first sample is that after INITIAL
    run_read : what was read of ions when the run began
    has_table : whether the file has a table that can be switched off
    """

    before: np.ndarray
    after: np.ndarray
    read: np.ndarray
    run: np.ndarray
    run_read: np.ndarray
    has_table: bool
    unset: tuple[str, ...] = field(default=())
