"""What a model becomes in NEURON: a density mechanism or a point process, which solver its states have, what is held and how."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from spikebridge.bridge.definition.membrane import Membrane, membrane
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.expressions.expression import Name, names
from spikebridge.bridge.expressions.units import CURRENT_DENSITY_DIMENSION


@dataclass(frozen=True)
class MechanismKind:
    """What is decided of a mechanism before a line of it is written."""

    model: Model

    @cached_property
    def membrane(self) -> Membrane:
        """The membrane equation, taken apart."""
        return membrane(self.model)

    @cached_property
    def has_membrane(self) -> bool:
        """Whether the membrane equation is NEURON's own; else the mechanism integrates every state itself."""
        return self.model.voltage is not None

    @cached_property
    def point_process(self) -> bool:
        """A point process, which may have events; a density mechanism otherwise."""
        # a reset needs NET_RECEIVE, which a density mechanism cannot have
        return not self.has_membrane or not self.per_area or self.has_reset or self.model.input is not None

    @cached_property
    def per_area(self) -> bool:
        """Whether the model's currents are densities; a point process multiplies them with the area."""
        return self.model.stimulus_unit.dimension == CURRENT_DENSITY_DIMENSION

    @property
    def has_reset(self) -> bool:
        """Whether anything maps the state."""
        return self.model.resets

    @cached_property
    def watched(self) -> tuple[str, float] | None:
        """The state whose upward crossing of a level, which comes with it, is the spike; None where the rule is not about
        one state, or resets."""
        spike, model = self.model.spike, self.model
        if spike is None or spike.reset or not isinstance(spike.left, Name) or spike.left.id not in model.state_names:
            return None
        if any(name not in model.parameters for name in names(spike.right)):
            return None
        return spike.left.id, model.value(spike.right)

    @cached_property
    def silences(self) -> bool:
        """Whether the refractory period keeps the stimulus out, which then has to reach the mechanism itself."""
        return self.holds and self.model.spike is not None and self.model.spike.clamp == "current"

    @cached_property
    def own_stimulus(self) -> bool:
        """Whether the stimulus is a variable of the mechanism; else it is injected into the section."""
        return not self.has_membrane or self.silences

    @cached_property
    def holds_voltage(self) -> bool:
        """Whether a refractory period keeps the voltage where it is."""
        return self.has_membrane and self.model.voltage in self.model.held

    @cached_property
    def method(self) -> str | None:
        """cnexp where every rate is linear in its own state while definitions stand still, as they do in a step of
        cnexp; derivimplicit otherwise; None without states."""
        states = self.mechanism_states
        if not states or self.model.discrete:
            return None
        # a held variable has a rate of zero, which cnexp divides by
        frozen = all(self.model.frozen[s] and s not in self.model.held for s in states)
        return "cnexp" if frozen else "derivimplicit"

    @cached_property
    def mechanism_states(self) -> tuple[str, ...]:
        """The states that the mechanism integrates: all but the voltage."""
        return tuple(s for s in self.model.state_names if s != self.model.voltage)

    @property
    def holds(self) -> bool:
        """Whether there is a refractory period."""
        return self.model.spike is not None and self.model.spike.refractory is not None

    @property
    def hold_unit(self) -> str:
        """Of the conductance that holds the voltage."""
        unit = {1e-9: "uS", 1e-12: "nS"}.get(self.model.coherent.ampere, "mS")
        return f"{unit}/cm2" if self.per_area else unit

    @property
    def current_unit(self) -> str:
        """In which NEURON wants the current ``i``."""
        return "nA" if self.point_process else "mA/cm2"
