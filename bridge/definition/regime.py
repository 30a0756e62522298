"""A regime: one of the named settings in which a model is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.quantity import Parameter
from spikebridge.bridge.shown import shown


@dataclass(frozen=True)
class Regime:
    """Parameters, initial values and experiment as far as they differ from the model's own.

    Attributes
    ----------
    initial : as text, read when the regime is taken up
    experiment : keys that replace those of the model's own experiment
    aliases : other names it is known by
    """

    parameters: Mapping[str, Parameter]
    initial: Mapping[str, Any] = field(default_factory=dict)
    experiment: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


def find_regime(regimes: Mapping[str, Regime], name: str, where: str) -> Regime:
    """The regime of that name or alias; DefinitionError beginning with ``where`` where there is none."""
    for known, regime in regimes.items():
        if name == known or name in regime.aliases:
            return regime
    raise DefinitionError(f"{where}: there is no regime {shown(name)}.{did_you_mean(name, regimes)}")
