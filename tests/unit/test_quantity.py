"""Quantities: one noun for text and for numbers, which nothing turns into text to hand it on."""

import re
from pathlib import Path

import brian2
import numpy as np
import pint
import pytest

from spikebridge.bridge.definition.drive import StimulusPart, step, stimulus
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import default_experiment, load_experiment
from spikebridge.bridge.definition.mechanism import Mechanism
from spikebridge.bridge.definition.model_file import catalogue, compose, load
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.quantity import MAX_VALUE, MS, ms, quantity_in, quantity_of, read_quantity, time_ms
from spikebridge.bridge.expressions.units import Unit

ROOT = Path(__file__).resolve().parents[2]
# who reads text: definitions, their parameters, and the one door that keeps what was written
READERS = {
    "bridge/expressions/quantity.py",
    "bridge/definition/composition.py",
    "bridge/definition/mechanism.py",
    "bridge/definition/model_reader.py",
    "bridge/definition/rule_reader.py",
}


def experiments() -> list[Experiment]:
    """Of every catalogue model, and of each of its regimes."""
    models = [load(name) for name in catalogue()]
    regimes = [default_experiment(model.with_regime(name)) for model in models for name in model.regimes]
    return [*map(load_experiment, catalogue()), *regimes]


def quantities(parts: tuple[StimulusPart, ...]) -> list[Quantity]:
    """All that a stimulus was told in numbers with units."""
    return [value for part in parts for _, value in part.values if isinstance(value, Quantity)]


def test_text_of_the_catalogue_becomes_the_same_number_again() -> None:
    """As it was written, and written anew with as few digits as hold it: for every experiment and regime."""
    found = [q for e in experiments() for q in (e.duration, e.dt, *quantities(e.stimulus))]
    assert len(found) > 200
    for quantity in found:
        anew = str(Quantity(quantity.value, quantity.unit))
        assert read_quantity(str(quantity)) == quantity == read_quantity(anew)
        assert quantity.written in ("", str(quantity))


def test_a_quantity_is_shown_as_it_was_written() -> None:
    """Two texts of one number are one quantity."""
    assert [str(quantity_of(text)) for text in ("0.010 ms", "1e-2 ms")] == ["0.010 ms", "1e-2 ms"]
    assert quantity_of("0.010 ms") == quantity_of("1e-2 ms") == ms(0.01)
    assert [str(ms(0.01)), str(ms(5)), str(Quantity(0.5))] == ["0.01 ms", "5 ms", "0.5"]


@pytest.mark.parametrize("value", [0.123, 250.25, 31.4, 1 / 3, 1e-9, 123456.789])
def test_a_time_is_the_same_as_text_and_as_a_number(value) -> None:
    """To the last bit, which the size of the unit moves in both or in neither."""
    assert time_ms(ms(value)) == time_ms(quantity_of(f"{value!r} ms"))
    assert time_ms(ms(np.float64(value))) == time_ms(ms(value))


def test_what_is_no_time_is_refused() -> None:
    """With the text that was given."""
    with pytest.raises(DefinitionError, match=re.escape("""expected a time such as "10 ms", found '1.0 mV'""")):
        time_ms(quantity_of("1.0 mV"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -2 * MAX_VALUE])
def test_numbers_are_held_to_what_text_is(value) -> None:
    """In the same words."""
    said = []
    for given in (
        lambda: quantity_of(Quantity(value, MS)),
        lambda: quantity_of(f"{value!r} ms"),
        lambda: quantity_in(value, "ms"),
    ):
        with pytest.raises(DefinitionError) as error:
            given()
        said.append(str(error.value))
    assert len(set(said)) == 1 and "must" in said[0]


def test_degrees_are_a_point_on_a_scale() -> None:
    """As a number too: 6.3 degC are 279.45 K, and below absolute zero there is nothing."""
    assert quantity_in(6.3, "degC") == read_quantity("6.3 degC") == Quantity(279.45, Unit.parse("K"))
    with pytest.raises(DefinitionError, match=r"^'-300.0 degC' lies below absolute zero$"):
        quantity_in(-300.0, "degC")


# the ways a value may be given ----------------------------------------------------------------------

U = pint.UnitRegistry()
WAYS = {
    "text": ("100 mS/cm2", "-70 mV", "10 uA/cm2", "5 ms", "20 ms"),
    "pint": (U.Quantity(100, "mS/cm**2"), U.Quantity(-70, "mV"), U.Quantity(10, "uA/cm**2"), 5 * U.ms, U.Quantity(np.array(20), "ms")),
    "brian2": (100 * brian2.mS / brian2.cm**2, -70 * brian2.mV, 10 * brian2.uA / brian2.cm**2, 5 * brian2.ms, 20 * brian2.ms),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_value_is_one_however_it_is_given(way) -> None:
    """Parameters, initial values, stimulus and times, as text, by Pint or by Brian2: the same experiment."""
    conductance, potential, current, start, duration = WAYS[way]
    model = load("hodgkin_huxley").with_parameters(g_Na=conductance).with_initial(v=potential)
    found = Experiment(model, step(current, start), duration)
    own = tuple(map(quantity_of, WAYS["text"]))
    expected = load("hodgkin_huxley").with_parameters(g_Na=own[0]).with_initial(v=own[1])
    assert found.model.parameter_values == expected.parameter_values and found.model.initial_values == expected.initial_values
    assert found.stimulus == Experiment(expected, step(own[2], own[3]), own[4]).stimulus and found.duration == own[4]


@pytest.mark.parametrize("way", WAYS)
def test_definitions_made_in_python_take_them_too(way) -> None:
    """A mechanism's parameters, which become text as in a file, and those of a composed model."""
    conductance, potential, *_ = WAYS[way]
    leak = Mechanism("leak", "I_x = g_x*(v - E_x) : uA/cm2", {"v": "mV"}, ("I_x",), {"g_x": conductance, "E_x": "-65 mV"})
    leak = leak.with_parameters(E_x=potential)
    cell = compose("cell", "dv/dt = (I_stim - I_x)/C_m : mV", [leak], parameters={"C_m": "1 uF/cm2"}, initial={"v": potential})
    assert cell.parameter_values == {"C_m": 1.0, "g_x": 100.0, "E_x": -70.0} and cell.initial_values == {"v": -70.0}


PLAIN = [
    (lambda: load("hodgkin_huxley").with_parameters(g_Na=100), 'hodgkin_huxley: g_Na=100: a plain number has no unit; write g_Na="100 mS/cm2"'),
    (lambda: load("hodgkin_huxley").with_initial(v=np.float64(-70)), 'hodgkin_huxley: initial: v=-70: a plain number has no unit; write v="-70 mV"'),
    (lambda: step("10 uA/cm2", np.int64(5)), 'stimulus: start=5: a plain number has no unit; write start="5 ms"'),
    (lambda: step("10 uA/cm2", "5 mV"), "stimulus: start is measured in ms, but '5 mV' is not"),
    (lambda: stimulus("sine", amplitude="1 nA", frequency="3 ms"), "stimulus: frequency is measured in Hz, but '3 ms' is not"),
    (lambda: step("10 micro", "5 ms"), "stimulus: amplitude: 'micro' is not a unit; write for example mV, ms, uA/cm2, mS/cm2, nA, Mohm, 1"),
    (lambda: Experiment("hodgkin_huxley", step(10)), 'hodgkin_huxley: stimulus 1: amplitude=10: a plain number has no unit; write amplitude="10 uA/cm2"'),
    (lambda: Experiment("hodgkin_huxley", (), 100), 'hodgkin_huxley: duration=100: a plain number has no unit; write duration="100 ms"'),
    (lambda: Experiment("hodgkin_huxley", (), "100 ms", 0.01 * U.mV), "hodgkin_huxley: dt: expected a time such as \"10 ms\", found '0.01 mV'"),
    (lambda: load("hodgkin_huxley").with_parameters(g_Na=3 * brian2.mV), "hodgkin_huxley: g_Na is measured in mS/cm2, but '3 mV' is not"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), PLAIN, ids=range(len(PLAIN)))
def test_what_does_not_fit_is_refused_when_it_is_given(make, message) -> None:
    """With the text to write instead, or with what was expected and found."""
    with pytest.raises(DefinitionError) as error:
        make()
    assert str(error.value) == message


def test_a_plain_number_is_right_where_nothing_has_a_unit() -> None:
    """A parameter, an initial value and a current of FitzHugh's neuron; numpy's numbers too."""
    model = load("fitzhugh_nagumo").with_initial(v=np.array(-1.5), w=-1)
    experiment = Experiment(model, step(np.float64(0.5)), "1 ms")
    assert model.initial_values == {"v": -1.5, "w": -1.0} and experiment.drive.at(0.0) == 0.5
    name = next(n for n, p in model.parameters.items() if not p.unit.powers)
    assert model.with_parameters({name: 1}).parameter_values[name] == 1.0


def test_only_readers_read_quantities() -> None:
    """Elsewhere numbers are handed on: no module imports the reader of text, nor writes a number and a unit for another to read."""
    files = [path for floor in ("bridge", "reports") for path in (ROOT / floor).rglob("*.py")]
    text = {path.relative_to(ROOT).as_posix(): path.read_text() for path in files}
    assert {name for name, source in text.items() if "read_quantity" in source} == READERS
    assert not {name for name, source in text.items() if re.search(r"!r\} (ms\"|\{unit\})", source)}
