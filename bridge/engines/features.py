"""What a definition may ask for and an engine may not have, by the name that messages use."""

from __future__ import annotations

from enum import StrEnum

from spikebridge.bridge.definition.model import Model


class Feature(StrEnum):
    """Beyond smooth equations in time, which every engine has."""

    MAPS = "maps"
    RESETS = "resets"
    REFRACTORY = "refractory periods"
    EVENTS = "events beside the spike"
    INPUT = "events set off by arriving spikes"


EVERYTHING = frozenset(Feature)


def features_of(model: Model) -> frozenset[Feature]:
    """What this model asks for."""
    asked = {
        Feature.MAPS: model.discrete,
        Feature.RESETS: model.resets,
        Feature.REFRACTORY: model.spike is not None and model.spike.refractory is not None,
        Feature.EVENTS: bool(model.events),
        Feature.INPUT: model.input is not None,
    }
    return frozenset(feature for feature, there in asked.items() if there)
