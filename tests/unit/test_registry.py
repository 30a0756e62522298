"""Engines of other packages: loaded when they are asked for, and told in one line where they cannot be."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from spikebridge.bridge.engines import registry
from spikebridge.bridge.engines.base import Occasion
from spikebridge.bridge.engines.reference_engine import ReferenceEngine
from spikebridge.bridge.engines.registry import (
    ENGINES,
    GROUP,
    broken_engines,
    engine_names,
    engines_for,
    every_engine,
    find_engine,
)
from spikebridge.bridge.errors import NotRun, UsageError
from spikebridge.reports.commands.compare import tell_broken_engines


class Outside(ReferenceEngine):
    """An engine of another package."""

    name = "outside"
    occasions = frozenset({Occasion.COMPARISON})


class Unfinished(Outside):
    """It asks for what is not there."""

    def __init__(self) -> None:
        raise RuntimeError("not\nyet")


@pytest.fixture
def brought(monkeypatch):
    """Lets packages bring these engines: called with entry points, name=object."""
    module = ModuleType("outside_module")
    monkeypatch.setitem(sys.modules, "outside_module", module)

    def bring(*entries: EntryPoint, **objects: object) -> None:
        vars(module).update(objects)
        found = [*entries, *(EntryPoint(name, f"outside_module:{name}", GROUP) for name in objects)]
        monkeypatch.setattr(registry, "entry_points", lambda group: found if group == GROUP else [])
        registry._offered.cache_clear()
        registry._brought.cache_clear()

    yield bring
    monkeypatch.undo()
    registry._offered.cache_clear()
    registry._brought.cache_clear()


def test_an_engine_of_another_package_is_one_like_others(brought) -> None:
    """Found by its name, listed behind those that come with spikebridge, part of what it declares and of nothing else."""
    outside = Outside()
    brought(outside=outside)
    assert find_engine("outside") is outside and list(every_engine()) == [*ENGINES, "outside"]
    assert [o for o in Occasion if "outside" in engines_for(o)] == [Occasion.COMPARISON]
    assert broken_engines() == {} and "outside" not in ENGINES


def test_names_are_known_without_loading_anything(brought) -> None:
    """A misspelled one is put right with an engine that may well be broken."""
    brought(EntryPoint("outside", "no_such_module:ENGINE", GROUP))
    assert engine_names() == [*ENGINES, "outside"]
    with pytest.raises(UsageError, match=r"^there is no engine 'outsid'\. Did you mean 'outside'\?$"):
        find_engine("outsid")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no_such_module:ENGINE", " cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
        ("outside_module:nothing", " cannot be loaded: AttributeError: module 'outside_module' has no attribute 'nothing'"),
        ("outside_module:text", ": outside_module:text is no Engine as spikebridge.bridge.engines.base describes one"),
        ("outside_module:kind", ": outside_module:kind is no Engine as spikebridge.bridge.engines.base describes one"),
        ("outside_module:other", ": outside_module:other calls itself 'outside'; the entry point must have the same name"),
    ],
)
def test_what_cannot_be_loaded_says_why(brought, capsys, value, why) -> None:
    """In one line, when it is asked for; those beside it are none the worse."""
    brought(EntryPoint("broken", value, GROUP), text="an engine", kind=Outside, other=Outside(), outside=Outside())
    expected = f"the engine 'broken' of an installed package{why}"
    with pytest.raises(NotRun) as error:
        find_engine("broken")
    assert str(error.value) == expected
    assert broken_engines()["broken"] == expected and "broken" not in every_engine() and "outside" in every_engine()
    tell_broken_engines()
    assert f"spikebridge: {expected}\n" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["neuron", "exact", "two words"])
def test_a_name_that_is_taken_or_no_word_is_refused(brought, name) -> None:
    """What comes with spikebridge stays what it is."""
    brought(EntryPoint(name, "outside_module:outside", GROUP), outside=Outside())
    (reason,) = broken_engines().values()
    assert (
        reason == f"the engine {name!r} of an installed package: its name must be a word, and not exact or that of another engine"
    )
    assert every_engine() == {**ENGINES, "outside": find_engine("outside")}


def test_two_packages_that_bring_the_same_name_are_refused(brought) -> None:
    """Which of them would run must not be a matter of luck."""
    brought(EntryPoint("outside", "elsewhere:ENGINE", GROUP), outside=Outside())
    with pytest.raises(NotRun, match=r": another package brings an engine of that name too$"):
        find_engine("outside")


def test_metadata_that_cannot_be_read_leaves_the_other_engines(monkeypatch) -> None:
    """Of whichever installed package it is."""

    def unreadable(group: str) -> list:
        raise TypeError("a line without\nan equals sign")

    monkeypatch.setattr(registry, "entry_points", unreadable)
    registry._offered.cache_clear()
    try:
        assert every_engine() == ENGINES
        assert list(broken_engines().values()) == [
            "the entry points of installed packages cannot be read: TypeError: a line without an equals sign"
        ]
    finally:
        registry._offered.cache_clear()
        registry._brought.cache_clear()
