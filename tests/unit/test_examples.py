"""The examples in the docstrings of the front door are what a session shows."""

from __future__ import annotations

import doctest

import pytest

import spikebridge as sb

OFFERED = [name for name in dir(sb) if name != "__version__"]


def examples(name: str) -> list[doctest.Example]:
    """What is typed, and what it answers, in the docstring of one thing that ``import spikebridge as sb`` shows."""
    return doctest.DocTestParser().get_examples(getattr(sb, name).__doc__ or "")


@pytest.mark.xdist_group("examples")
@pytest.mark.parametrize("name", OFFERED)
def test_the_example_of_each_name_is_true(name: str, tmp_path, monkeypatch) -> None:
    """Every name that `dir` shows has one, and it answers what its docstring says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("spikebridge.bridge.engines.handed_over._held", {})  # what sb.record was given stays in a process
    found = examples(name)
    assert found, f"sb.{name} has no example"
    said: list[str] = []
    doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(
        doctest.DocTest(found, {"sb": sb}, name, None, None, None), out=said.append
    )
    assert not said, "".join(said)
