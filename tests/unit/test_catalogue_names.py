"""What the catalogue's models are called every day."""

from __future__ import annotations

import tomllib

import pytest

from spikebridge.bridge.definition.catalogue import ALIASES, aliases_of, catalogue, mechanisms
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.errors import DefinitionError


def test_every_other_name_is_of_one_model_and_of_nothing_else() -> None:
    """Neither a model nor a mechanism has it for its own."""
    assert set(ALIASES.values()) <= set(catalogue())
    assert not set(ALIASES) & {*catalogue(), *mechanisms()}


def test_the_table_has_the_names_that_definitions_give_themselves() -> None:
    """So that a name is found without reading any of them."""
    for name, path in catalogue().items():
        assert set(tomllib.loads(path.read_text()).get("aliases", [])) <= set(aliases_of(name))


@pytest.mark.parametrize(
    ("alias", "name"),
    [("hh", "hodgkin_huxley"), ("lif", "leaky_integrate_and_fire"), ("fhn", "fitzhugh_nagumo"), ("ml", "morris_lecar"),
     ("hr", "hindmarsh_rose"), ("izh", "izhikevich"), ("wb", "wang_buzsaki")],
)  # fmt: skip
def test_everyday_names_are_known(alias, name) -> None:
    """Whatever is done with the model, it is called by its own name."""
    assert load(alias) == load(name) and load(alias).name == name


def test_an_unknown_name_is_told_the_nearest_of_all() -> None:
    """Those of every day among them."""
    with pytest.raises(DefinitionError, match=r"there is no model 'izhi' in the catalogue\. Did you mean 'izh'"):
        load("izhi")
