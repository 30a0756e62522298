"""What a definition asks for, and an engine that does not have it says so by name."""

from __future__ import annotations

import pytest

from spikebridge.bridge.definition.model_file import catalogue, load
from spikebridge.bridge.engines.base import Occasion, check_features
from spikebridge.bridge.engines.features import Feature, features_of
from spikebridge.bridge.engines.reference_engine import ReferenceEngine
from spikebridge.bridge.engines.registry import engines_for, find_engine
from spikebridge.bridge.errors import TranslationError


class Plain(ReferenceEngine):
    """Smooth equations only."""

    name = "plain"
    features = frozenset()


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("hodgkin_huxley", set()),
        ("rulkov", {Feature.MAPS}),
        ("izhikevich", {Feature.RESETS}),
        ("leaky_integrate_and_fire", {Feature.RESETS, Feature.REFRACTORY}),
    ],
)
def test_a_model_asks_for_what_it_uses(name, asked) -> None:
    """And an engine without it is named, with what it lacks."""
    model = load(name)
    assert features_of(model) == asked
    if not asked:
        return check_features(Plain(), model)
    with pytest.raises(TranslationError) as error:
        Plain().check(model, Plain.schemes["rk4"])
    assert str(error.value) == f"plain has no {' and no '.join(sorted(asked))}, which {name} needs"


def test_every_feature_is_asked_for_by_some_model() -> None:
    """Or nobody would miss it."""
    from definitions import DEFINITIONS

    from spikebridge.bridge.definition.model_file import parse_model

    models = [*map(load, catalogue()), *(parse_model(text, name) for name, text in DEFINITIONS.items())]
    assert {feature for model in models for feature in features_of(model)} == set(Feature)


def test_the_engines_of_a_comparison_have_everything() -> None:
    """What they cannot do is a property of a scheme, and said by it."""
    for engine in map(find_engine, engines_for(Occasion.COMPARISON)):
        assert engine.features == set(Feature)
