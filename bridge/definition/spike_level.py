"""What counts as a spike in one experiment, where the model's own rule does nothing but count."""

from __future__ import annotations

from dataclasses import replace

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.rule_reader import RuleReader, check_rule
from spikebridge.bridge.errors import DefinitionError, UsageError
from spikebridge.bridge.shown import shown


def with_spike(model: Model, text: str, where: str, clamp: str = "") -> Model:
    """The model with spikes counted where ``text`` says, ``"v > -20*mV"``: nothing else changes.

    Parameters
    ----------
    clamp : the variable that a voltage clamp holds, in which nothing spikes

    Raises
    ------
    DefinitionError : beginning with ``where``: the rule cannot be, or spikes are more than counted
    """
    if not isinstance(text, str):
        raise UsageError(f'{where}: spike: expected text such as "v > -20*mV", found {shown(text)}')
    if clamp:
        raise DefinitionError(f"{where}: spike: {clamp} follows the command of the clamp, so nothing spikes; leave it out")
    if model.spike is not None and model.spike.reset:
        raise DefinitionError(
            f"{where}: spike: a spike resets {', '.join(dict(model.spike.reset))} of {model.name}, so another level makes another "
            "neuron; change it in the model's own file"
        )
    rule = RuleReader(where, frozenset(model.symbols), frozenset(model.parameters)).spike({"spike": text})
    assert rule is not None
    check_rule(rule, model, where, "spike")
    return replace(model, spike=rule)
