"""A model under an ideal voltage clamp: the command is its stimulus, and what the clamp supplies is recorded.

The membrane potential follows the command without series resistance, so the current is the ionic current; what charges
the capacitance at a jump of the command is an instant and not part of it. Hodgkin, Huxley & Katz 1952, J Physiol 116:424.
"""

from __future__ import annotations

from dataclasses import replace

from spikebridge.bridge.definition.equation import Equation
from spikebridge.bridge.definition.linearity import depends
from spikebridge.bridge.definition.membrane import membrane
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.errors import DefinitionError, TranslationError, did_you_mean
from spikebridge.bridge.expressions.expression import Name
from spikebridge.bridge.shown import shown

CURRENT = "I_clamp"


def voltage_clamped(model: Model, voltage: str) -> Model:
    """The model with ``voltage`` following the stimulus; ``I_clamp`` is the current that takes, outward positive.

    Raises
    ------
    DefinitionError : ``voltage`` is not the membrane potential, or the model leaves nothing to clamp
    """
    where = f"{model.name}: clamp"
    if voltage not in model.state_names:
        raise DefinitionError(f"{where}: there is no state variable {shown(voltage)}.{did_you_mean(voltage, model.state_names)}")
    if voltage != model.voltage:
        raise DefinitionError(
            f"{where}: {shown(voltage)} is not a membrane potential driven by {STIMULUS}, which an electrode could clamp"
        )
    if model.resets:
        raise DefinitionError(f"{where}: a spike resets {model.name}, so its voltage cannot be clamped")
    if model.input and voltage in dict(model.input.reset):
        raise DefinitionError(f"{where}: spikes that arrive move {voltage}, so it cannot be clamped")
    others = [e for e in model.states if e.name != voltage]
    if not others:
        raise DefinitionError(f"{where}: nothing but {voltage} varies in {model.name}; there is nothing left to integrate")
    if CURRENT in model.symbols:
        raise DefinitionError(f"{where}: the name {CURRENT} is taken by the model; the clamp current is called so")
    for equation in others:
        if depends(equation.expression, STIMULUS, model.definitions):
            raise DefinitionError(f"{where}: {STIMULUS} enters d{equation.name}/dt too")
    try:
        ionic = membrane(model).current
    except TranslationError as error:
        raise DefinitionError(f"{where}: {error}") from None
    unit = model.unit_of(voltage)
    equations = (
        Equation(voltage, Name(STIMULUS), unit),
        Equation(CURRENT, ionic, model.stimulus_unit),
        *(e for e in model.equations if e.name != voltage),
    )
    initial = {name: value for name, value in model.initial.items() if name != voltage}
    return replace(
        model, name=f"{model.name}_clamped", equations=equations, initial=initial, stimulus_unit=unit, spike=None, origin=""
    )
