"""Arguments of analyses as quantities: the numbers that the argument's description means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import brian2
import numpy as np
import pint
import pytest

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.errors import DefinitionError, UsageError
from spikebridge.reports import analyses
from spikebridge.reports.analyses.arguments import reading_quantities

U = pint.UnitRegistry()
HH = load("hodgkin_huxley")


@reading_quantities
def asked(
    model: Any, amplitudes: Sequence[float] = (), duration_ms: float = 1.0, level: float | None = None, value: float = 0.0,
    parameter: str = "I_stim", x_range: tuple[float, float] = (0.0, 1.0), others: Mapping[str, Any] | None = None, engine: str = "",
    up_to_hz: float = 1.0,
) -> dict[str, Any]:  # fmt: skip
    """An analysis that gives back what it is asked."""
    return dict(locals())


@pytest.mark.parametrize(
    ("name", "given", "number"),
    [
        ("duration_ms", "0.5 s", 500.0),
        ("duration_ms", 5 * brian2.ms, 5.0),
        ("up_to_hz", U.Quantity(2, "kHz"), 2000.0),
        ("amplitudes", ["6 uA/cm2", "0.01 mA/cm2", 7], [6.0, 10.0, 7.0]),
        ("amplitudes", np.array([1.0, 2.0]) * U("uA/cm**2"), [1.0, 2.0]),
        ("amplitudes", [1, 2] * brian2.uA / brian2.cm**2, [1.0, 2.0]),
        ("level", "-0.02 V", -20.0),
        ("x_range", ("-80 mV", "0.04 V"), [-80.0, 40.0]),
    ],
)
def test_a_quantity_is_a_number_in_the_arguments_own_unit(name, given, number) -> None:
    """By the end of its name, or by what it is of the model."""
    found = asked("hodgkin_huxley", **{name: given})[name]
    assert np.array_equal(found, number), found


def test_a_parameters_value_is_in_its_unit_and_each_variable_in_its_own() -> None:
    """``"steady"`` stays, and so does a number."""
    assert asked(HH, value="0.1 S/cm2", parameter="g_Na")["value"] == 100.0
    assert asked(HH, others={"n": "steady", "m": 0.5, "v": "-0.06 V"})["others"] == {"n": "steady", "m": 0.5, "v": -60.0}


def test_numbers_are_handed_on_as_they_are() -> None:
    """The very same object."""
    amplitudes = np.array([1.0, 2.0])
    assert asked(HH, amplitudes, engine="neuron")["amplitudes"] is amplitudes


def test_currents_into_the_soma_of_an_experiment_are_densities() -> None:
    """1 nA on 100000 um2 is 1 uA/cm2."""
    experiment = Experiment(HH, (), soma={"area": "100000 um2"})
    assert asked(experiment, ["2 nA", "3 uA/cm2"])["amplitudes"].tolist() == pytest.approx([2.0, 3.0], rel=1e-15)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("duration_ms", "5 mV", "duration_ms is measured in ms, but '5 mV' is not"),
        ("amplitudes", ["2 nA"], "amplitudes is measured in uA/cm2, but '2 nA' is not"),
        ("duration_ms", "soon", "duration_ms: expected a number and a unit such as \"10 ms\", found 'soon'"),
    ],
)
def test_another_unit_is_refused_by_the_arguments_name(name, given, message) -> None:
    """Before anything runs."""
    with pytest.raises(DefinitionError) as error:
        asked(HH, **{name: given})
    assert str(error.value) == message


def test_every_analysis_reads_them() -> None:
    """What is reached by the front door: a rate at a current in pA, a fixed point under a stimulus."""
    curve = analyses.f_i_curve("leaky_integrate_and_fire", ["3000 pA"], "0.1 s", dt_ms="0.1 ms")
    assert curve.amplitude.tolist() == [3.0] and len(curve.spike_times_ms[0]) > 3
    assert analyses.f_i_curve is analyses.f_i_curve


@pytest.mark.parametrize(
    "given", [True, np.True_, object(), 1j, 10**400, float("nan"), [1.0, None], [[1.0], [float("inf")]], b"1"]
)
def test_what_is_no_number_is_refused_by_the_arguments_name(given) -> None:
    """None alone stands for a default; of an array, every value counts."""
    with pytest.raises(UsageError, match="amplitudes: expected finite numbers or quantities"):
        asked(HH, given)
    assert asked(HH, None)["amplitudes"] is None
