"""Who takes part: engines under schemes, recordings; what cannot be is refused before anything runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from runs import spiking

from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines.base import Occasion
from spikebridge.bridge.engines.registry import ENGINES, engines_for
from spikebridge.bridge.errors import UsageError
from spikebridge.reports.proof.samples import Samples
from spikebridge.reports.proof.taking_part import Choice, taking_part

LIF = "leaky_integrate_and_fire"


def test_the_name_of_an_engine_is_taken() -> None:
    """A recording called neuron would be mistaken for NEURON."""
    for name in (*ENGINES, "exact", "two words"):
        with pytest.raises(UsageError, match="must be a word, and not exact or the name of an engine"):
            Choice(("reference",), recordings={name: "lab.csv"})


def test_without_names_those_take_part_that_say_so_of_themselves() -> None:
    """In the order of the registry; named ones in the order they are named, each once."""
    assert tuple(engine.name for engine in taking_part((), {})) == engines_for(Occasion.COMPARISON)
    assert [engine.name for engine in taking_part(("neuron", "reference", "neuron"), {})] == ["neuron", "reference"]


def test_all_schemes_are_those_that_suit_model_and_precision() -> None:
    """A scheme named beside them counts once; an adaptive integrator has no part in single precision."""
    choice = Choice(("neuron", "reference"), {"neuron": ["cvode", "all"]})
    parts = [(p.name, p.scheme.name) for p in choice.participants(spiking(LIF, "2 ms"))]
    assert parts == [("neuron", "cvode"), ("neuron", "backward_euler"), ("neuron", "crank_nicolson"), ("reference", "rk4")]
    single = choice.participants(replace(spiking(LIF, "2 ms"), precision=Precision.SINGLE))
    assert [p.scheme.name for p in single] == ["cvode", "backward_euler", "crank_nicolson", "rk4"]
    named = Choice(("neuron",), {"neuron": "all"}).participants(replace(spiking(LIF, "2 ms"), precision=Precision.SINGLE))
    assert [p.scheme.name for p in named] == ["backward_euler", "crank_nicolson"]


def test_recordings_stand_behind_the_engines() -> None:
    """Under the names they were given."""
    samples = Samples(np.arange(0, 3.0), np.zeros(3), "mV", "v", "a test")
    choice = Choice(("reference",), recordings={"lab": samples, "other": samples})
    parts = choice.participants(spiking(LIF, "2 ms"))
    assert [(p.name, p.scheme.name, p.engine is None) for p in parts] == [
        ("reference", "rk4", False), ("lab", "recorded", True), ("other", "recorded", True),
    ]  # fmt: skip
