"""Quantities: one noun for text and for numbers, which nothing turns into text to hand it on."""

import re
from pathlib import Path

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import StimulusPart
from spikebridge.bridge.definition.experiment import Experiment, default_experiment, load_experiment
from spikebridge.bridge.definition.model_file import catalogue, load
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
    "bridge/definition/model.py",
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


def test_only_readers_read_quantities() -> None:
    """Elsewhere numbers are handed on: no module imports the reader of text, nor writes a number and a unit for another to read."""
    files = [path for floor in ("bridge", "reports") for path in (ROOT / floor).rglob("*.py")]
    text = {path.relative_to(ROOT).as_posix(): path.read_text() for path in files}
    assert {name for name, source in text.items() if "read_quantity" in source} == READERS
    assert not {name for name, source in text.items() if re.search(r"!r\} (ms\"|\{unit\})", source)}
