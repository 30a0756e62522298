"""What every analysis gives back introduces itself shortly, in text and in a notebook, whatever it holds."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

from spikebridge.reports import analyses
from spikebridge.reports.formats.cards import html
from spikebridge.reports.result import Result, in_short
from tests.pages import harmless

HOSTILE = "</style><script>alert(1)</script>\u202e" * 30
# what an analysis is given, or works with
GIVEN = {"Field", "Pulse", "PulsePair", "Search", "Vary"}
MODULES = [importlib.import_module(f"{analyses.__name__}.{each.name}") for each in pkgutil.iter_modules(analyses.__path__)]
CLASSES = {
    name: found
    for module in MODULES for name, found in vars(module).items()
    if inspect.isclass(found) and found.__module__ == module.__name__ and dataclasses.is_dataclass(found) and name[0] != "_"
}  # fmt: skip
RESULTS = sorted(set(CLASSES) - GIVEN)


def filled(kind: type) -> object:
    """One whose every part is large, or somebody else's text."""
    found = object.__new__(kind)
    for each in dataclasses.fields(kind):
        object.__setattr__(found, each.name, large(str(each.type)))
    return found


def large(kind: str) -> object:
    if kind.startswith("tuple"):
        return tuple(np.arange(1000.0) for _ in range(100))
    if kind.startswith("Mapping"):
        return {f"{HOSTILE}{k}": np.arange(1000.0) for k in range(100)}
    return {"np.ndarray": np.linspace(0, 1, 10_000), "float": 1 / 3, "str": HOSTILE}.get(kind, HOSTILE)


def test_all_results_are_looked_at() -> None:
    """Every public dataclass of an analysis is one, but for what it is given."""
    assert len(RESULTS) > 15 and set(CLASSES) >= GIVEN
    assert [name for name in RESULTS if not issubclass(CLASSES[name], Result)] == []


@pytest.mark.parametrize("name", RESULTS)
def test_its_description_is_short(name) -> None:
    """Under 500 characters on one line, with the names of its parts."""
    said = repr(filled(CLASSES[name]))
    assert len(said) < 500 and said.startswith(f"{name}(") and said.isprintable()


@pytest.mark.parametrize("name", RESULTS)
def test_in_a_notebook_it_is_text(name) -> None:
    """No markup of somebody else's."""
    harmless(html(filled(CLASSES[name])))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.linspace(0, 20, 61), "61 from 0 to 20"), (np.zeros((3, 4)), "3 x 4 from 0 to 0"), (np.array([]), "0 values"),
        (np.array([1.0, 2.5]), "[1, 2.5]"), (np.full(9, np.nan), "9 values"), (np.array([1 + 2j, 1 - 2j]), "[1+2j, 1-2j]"),
        ({"v": 1.5, "m": np.arange(9)}, "v: 1.5, m: 9 from 0 to 8"), ((1.0, "a"), "[1, a]"), ((np.arange(5),) * 7, "7 of ndarray"),
        (0.1 + 0.2, "0.3"), (None, "None"),
    ],
)  # fmt: skip
def test_values_are_said_in_a_few_words(value, said) -> None:
    """Arrays by their size and range, few numbers as they are."""
    assert in_short(value) == said
